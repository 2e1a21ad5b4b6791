"""Examines a bot without asking its exchange: takes the steps of `prepare`, and goes on after one that fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from freqtrade_bitmex_guard import rules
from freqtrade_bitmex_guard.check import environment, prepare
from freqtrade_bitmex_guard.check.remote import AgentCheck
from freqtrade_bitmex_guard.client import settings
from freqtrade_bitmex_guard.client.exchange_client import ExchangeClient, request_hosts
from freqtrade_bitmex_guard.client.installed_ccxt import exchange_class
from freqtrade_bitmex_guard.client.proxies import require_socks_packages
from freqtrade_bitmex_guard.config.files import read_config
from freqtrade_bitmex_guard.config.parse import parse_valid_fields
from freqtrade_bitmex_guard.config.policy import Policy
from freqtrade_bitmex_guard.config.section import SECTION, GuardConfig
from freqtrade_bitmex_guard.config.store_label import describe_store
from freqtrade_bitmex_guard.config.stores import AgentStoreConfig
from freqtrade_bitmex_guard.exchanges.interface import ExchangeAdapter
from freqtrade_bitmex_guard.model.account import AccountFacts, Evidence
from freqtrade_bitmex_guard.model.bot import BotLabel
from freqtrade_bitmex_guard.model.diagnosis import Diagnosis, State, Subject
from freqtrade_bitmex_guard.model.findings import Finding, GuardError, Severity, error, failures_as_findings
from freqtrade_bitmex_guard.model.key import KeyFacts, NotReported
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.model.verdict import Verdict, sort_findings
from freqtrade_bitmex_guard.redaction.opaque import opaque_dataclass
from freqtrade_bitmex_guard.redaction.paths import sanitize_path
from freqtrade_bitmex_guard.redaction.sanitize import join_limited
from freqtrade_bitmex_guard.util.clock import read_clock

SUBJECTS = (
    *("config", "exchange", "ccxt", "section", "policy", "settings", "hosts", "proxies", "store", "credentials"),
    *("plug-in", "clock"),
)
"""What is examined, in the order of a report: what one needs is above it."""

# A finding belongs to the subject of its step, but for these.
_SUBJECT_OF = {
    "ccxt-class-missing": "ccxt",
    "credentials-in-config": "credentials",
    "credentials-malformed": "credentials",
    "credentials-missing": "credentials",
    "host-not-allowed": "hosts",
    "origin-insecure": "hosts",
    "endpoint-mismatch": "hosts",
    "proxy-mismatch": "proxies",
    "proxy-relay": "proxies",
}

# All of these are looked for together, once the settings are known to be fine.
_JUDGED_WITH_HOSTS = frozenset(
    [
        *("host-not-allowed", "origin-insecure", "endpoint-mismatch", "proxy-mismatch", "proxy-relay"),
        *("tls-not-verified", "verbose-client"),
    ]
)

# The rules that judge what the operator wrote, not what the exchange reports.
_RULES_ABOUT_POLICY = {"exchange-cannot-tell": "exchange", "policy-wide": "policy"}

_AGAIN = "freqtrade-bitmex-guard doctor -c CONFIG"

_ABOUT_A_KEY_IN_PLAIN_TEXT = (
    " To check that key as it is now: `freqtrade-bitmex-guard check --as-is -c CONFIG`. After that, "
    "`freqtrade-bitmex-guard setup -c CONFIG` leads through the rest."
)


def examine(files: Sequence[str]) -> Diagnosis:
    """Examine a bot, and open no connection to its exchange.

    Args:
        files: the bot's config files, as freqtrade takes them.
    """
    examination = _Examination(files)
    examination.run()
    return examination.diagnosis()


@opaque_dataclass
class _Part:
    """As much of the section as is valid.

    Attributes:
        section: with the defaults in the place of what is not; None if there is nothing to judge by.
        broken: the names of the fields that are not valid.
    """

    section: GuardConfig | None
    broken: frozenset[str] = frozenset()

    def valid(self, name: str) -> Any:
        """Return a field, or None if it is not valid."""
        return None if self.section is None or name in self.broken else getattr(self.section, name)


class _Examination:
    """One run; each step notes what it found, and the next ones use what is there."""

    def __init__(self, files: Sequence[str]) -> None:
        self._files = list(files)
        self._started = datetime.now(UTC)
        self._found: list[tuple[str, Finding]] = []
        self._details: dict[str, str] = {}
        self._unknown: set[str] = set()
        self._config: dict[str, Any] | None = None
        self._verdict: dict[str, Any] = {}

    def run(self) -> None:
        with self._examining("config"):
            self._config = read_config(self._files)
            self._details["config"] = join_limited(self._files, sanitize_path)
        if self._config is not None:
            self._verdict["exchange"] = prepare.exchange_label(self._config)
            self._examine_bot(self._config)
        self._examine_machine()

    def diagnosis(self) -> Diagnosis:
        config, files = (self._config, None) if self._config is not None else ({}, self._files)
        verdict = Verdict(
            findings=sort_findings([finding for _, finding in self._found]),
            checked_at=self._started,
            duration_ms=round((datetime.now(UTC) - self._started).total_seconds() * 1000),
            bot=BotLabel.of(config, files),
            **self._verdict,
        )
        diagnosis = Diagnosis(verdict, tuple(map(self._subject, SUBJECTS)))
        return diagnosis if diagnosis.is_ready else replace(diagnosis, verdict=replace(verdict, again=_AGAIN))

    def _subject(self, name: str) -> Subject:
        findings = tuple(dict.fromkeys(finding for subject, finding in self._found if subject == name))
        if any(finding.severity is Severity.ERROR for finding in findings):
            state = State.ERROR
        elif name not in self._details:
            state = State.NOT_EXAMINED
        elif findings:
            state = State.WARNING
        else:
            state = State.UNKNOWN if name in self._unknown else State.OK
        return Subject(name, state, self._details.get(name, ""), findings)

    @contextmanager
    def _examining(self, subject: str) -> Iterator[None]:
        findings: list[Finding] = []
        with failures_as_findings(findings):
            yield
        self._add(subject, *findings)

    def _add(self, subject: str, *findings: Finding) -> None:
        for found in findings:
            finding = found
            is_policy = finding.message.startswith(f"{SECTION}.policy")
            if finding.name == "credentials-in-config" and "section-missing" not in self._names():
                finding = replace(finding, fix=finding.fix + _ABOUT_A_KEY_IN_PLAIN_TEXT)
            self._found.append(("policy" if is_policy else _SUBJECT_OF.get(finding.name, subject), finding))

    def _names(self) -> set[str]:
        return {finding.name for _, finding in self._found}

    # The bot

    def _examine_bot(self, config: Mapping[str, Any]) -> None:
        adapter: ExchangeAdapter | None = None
        with self._examining("exchange"):
            adapter = prepare.find_adapter(config)
            self._verdict["exchange"] = adapter.profile.id
            self._details["exchange"] = f"{adapter.profile.title} is supported"
        if adapter is None:
            return  # where it is not supported, nothing else helps
        profile = adapter.profile
        part = self._examine_section(config, profile)
        client = self._examine_client(config, profile, part.valid("allowed_hosts"))
        with self._examining("ccxt"):
            exchange_class(profile)
            self._details["ccxt"] = f"ccxt {version('ccxt')} has {profile.id}"
        if part.section is not None and part.valid("credentials") is not None:
            self._examine_store(part.section, profile)
        with self._examining("proxies"):
            if client is not None:
                require_socks_packages(client.connection.proxies)
        if part.valid("policy") is not None:
            self._examine_policy(part.valid("policy"), profile)

    def _examine_section(self, config: Mapping[str, Any], profile: ExchangeProfile) -> _Part:
        section: GuardConfig | None = None
        with self._examining("section"):
            section = prepare.read_section(config, profile)
            self._details["section"] = f"{SECTION} is valid"
            if config.get("dry_run", True):
                self._details["section"] += "; dry_run is on, and in dry-run the guard checks nothing"
        self._add("section", *environment.find_disabled(config))
        return _Part(*parse_valid_fields(config, profile)) if section is None else _Part(section)

    def _examine_client(
        self, config: Mapping[str, Any], profile: ExchangeProfile, allowed_hosts: list[str] | None
    ) -> ExchangeClient | None:
        exchange = config["exchange"]
        hosts: list[str] = []
        with suppress(GuardError):  # the client says why
            hosts = request_hosts(exchange, profile)
        # Without a list that the operator wrote, only what is unsafe on every server is an error.
        allowed = [*profile.hosts, *hosts] if allowed_hosts is None else allowed_hosts
        client: ExchangeClient | None = None
        with self._examining("settings"):
            client = prepare.make_client(config, profile, allowed)
        if client is None and "credentials-in-config" in self._names():
            with self._examining("settings"):
                bare = {**config, "exchange": settings.without_credentials(exchange)}
                client = prepare.make_client(bare, profile, allowed)
        if client is not None or _JUDGED_WITH_HOSTS & self._names():
            self._details["settings"] = "nothing in ccxt_config weakens the connection"
            self._details["hosts"] = join_limited(hosts) + ("" if allowed_hosts else "; no valid section allows them")
            self._details["proxies"] = "all clients use the same, or none"
        if client is not None:
            self._verdict["servers"] = tuple(map(str, sorted(client.connection.servers)))
        if profile.notice and set(hosts) & set(profile.hosts):
            self._add("exchange", error("unreachable", profile.notice, "Trade on another exchange."))
        return client

    def _examine_store(self, section: GuardConfig, profile: ExchangeProfile) -> None:
        self._verdict["store"] = label = describe_store(section.credentials)
        if isinstance(section.credentials, AgentStoreConfig):
            self._ask_agent(label)
            return
        prepare.protect_output()
        before = len(self._found)
        with self._examining("store"):
            credentials = prepare.load_credentials(section, profile)
            self._verdict["key"] = credentials.masked_id
            parts = ", ".join(field.label for field in credentials.fields)
            self._details["credentials"] = f"well formed: {parts}; the key is {credentials.masked_id}"
            self._details["store"] = f"{label} can be read"
        if {subject for subject, _ in self._found[before:]} == {"credentials"}:
            self._details["store"] = label

    def _ask_agent(self, label: str) -> None:
        """Ask the signing agent, which holds the key, for its verdict; it asks the exchange by its own timer only."""
        with self._examining("store"):
            verdict = AgentCheck(self._config or {}).run().verdict
            self._verdict["key"] = verdict.key
            self._add("store", *verdict.findings)
            self._details["store"] = f"{label} answers"
            self._details["credentials"] = "the signing agent holds them"

    def _examine_policy(self, policy: Policy, profile: ExchangeProfile) -> None:
        """Judge the policy, and what the exchange can report at all, by the rules that need no key for that."""
        self._details["policy"] = (
            f"allows {join_limited(policy.allowed_permissions) or 'no permission'}; requires "
            f"{join_limited(policy.required_permissions) or 'none'}; addresses: {policy.max_addresses} at most"
        )
        accepted = policy.accept_unverifiable
        self._verdict["unverified"] = tuple(subject for subject in profile.cannot_report if subject in accepted)
        nothing = Evidence(KeyFacts(None, NotReported("not queried")), AccountFacts(), self._started)
        for rule in rules.rules_for(configurable=False):
            if rule.name in _RULES_ABOUT_POLICY:
                findings = rules.evaluate([rule], nothing, policy, profile)
                self._add(_RULES_ABOUT_POLICY[rule.name], *findings)

    # The machine

    def _examine_machine(self) -> None:
        with self._examining("plug-in"):
            self._add("plug-in", *environment.find_not_armed())
            self._details["plug-in"] = "plain `freqtrade trade` is guarded in this environment"
        with self._examining("clock"):
            clock = read_clock()
            self._details["clock"] = clock.detail
            if clock.is_synchronized is None:
                self._unknown.add("clock")
            elif not clock.is_synchronized:
                self._add("clock", environment.clock_warning(clock.detail))
