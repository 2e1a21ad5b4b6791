"""A check by the signing agent: the bot's process asks it for its verdict, and signs through it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, NoReturn

from freqtrade_bitmex_guard import __version__
from freqtrade_bitmex_guard.check.admission import Admission
from freqtrade_bitmex_guard.check.interface import CheckResult
from freqtrade_bitmex_guard.check.prepare import exchange_label, prepare_without_credentials
from freqtrade_bitmex_guard.client.connection import ClientConnection, Origin
from freqtrade_bitmex_guard.client.installed_ccxt import ccxt_errors, ccxt_version
from freqtrade_bitmex_guard.config.section import GuardConfig
from freqtrade_bitmex_guard.config.stores import AgentStoreConfig
from freqtrade_bitmex_guard.model.bot import BotLabel
from freqtrade_bitmex_guard.model.catalogue import FINDINGS
from freqtrade_bitmex_guard.model.credentials import Credentials, Secret
from freqtrade_bitmex_guard.model.findings import Finding, Severity, error, fail, failures_as_findings
from freqtrade_bitmex_guard.model.key import (
    IpRestriction,
    KeyFacts,
    NotReported,
    NotSupported,
    RestrictedTo,
    RestrictedUndisclosed,
    Unrestricted,
)
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.model.verdict import Verdict, sort_findings
from freqtrade_bitmex_guard.redaction.opaque import opaque
from freqtrade_bitmex_guard.redaction.sanitize import sanitize
from freqtrade_bitmex_guard.signing.client import AgentClient, AgentUnavailableError
from freqtrade_bitmex_guard.signing.shim import RemoteSigner
from freqtrade_bitmex_guard.signing.wire import PROTOCOL, WireError

_PLACEHOLDER_BYTES = 48
_RECHECK_MINUTES = 1.0
"""A standing costs no request to the exchange, so it is asked for more often than a key."""

_GRACE_SECONDS = 12 * 3600.0


@opaque
class AgentCheck:
    """One check of one bot's key by the agent that holds it."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Keep the config; nothing is read or sent yet.

        Args:
            config: freqtrade's whole, merged config.
        """
        self._config = config
        self._bot = BotLabel.of(config)
        self._agent: AgentClient | None = None
        self._profile: ExchangeProfile | None = None

    def run(self) -> CheckResult:
        """Ask the agent; see `Check.run`."""
        findings: list[Finding] = []
        started = time.monotonic()
        verdict, admission = Verdict(findings=()), None
        with failures_as_findings(findings):
            profile, section, connection = prepare_without_credentials(self._config)
            if not isinstance(section.credentials, AgentStoreConfig):
                raise TypeError("this check is for bots behind an agent")
            self._profile, self._agent = profile, AgentClient(section.credentials.socket)
            hello = self._hello()
            _require_same_route(hello, profile, connection, self._config)
            verdict = replace(_verdict_of(hello, profile, started), bot=self._bot)
            signer = RemoteSigner(self._agent, hello["mode"], hello["apis"], ccxt_errors())
            placeholders = {field: Secret(secrets.token_urlsafe(_PLACEHOLDER_BYTES)) for field in profile.credentials}
            credentials = Credentials(placeholders)
            credentials.register_for_redaction()
            admission = Admission(credentials, connection, profile, _often(section), self.recheck, signer)
        if findings:
            verdict = self._failed(findings)
        return CheckResult(verdict, admission if verdict.admitted else None)

    def recheck(self) -> Verdict:
        """Ask the agent again; see `Check.recheck`."""
        findings: list[Finding] = []
        with failures_as_findings(findings):
            if self._profile is None:
                fail("internal-error", "There is no agent to ask again: none was asked.", "Please report this.")
            verdict = _verdict_of(self._hello(), self._profile, time.monotonic())
            return replace(verdict, bot=self._bot)
        return self._failed(findings)

    def _failed(self, findings: list[Finding]) -> Verdict:
        return Verdict(findings=sort_findings(findings), exchange=exchange_label(self._config), bot=self._bot)

    def _hello(self) -> Mapping[str, Any]:
        if self._agent is None or self._profile is None:
            raise TypeError("the agent is asked before it is known")
        reply: Mapping[str, Any] = {}
        try:
            reply = self._agent.hello(self._profile.id, ccxt_version(), __version__)
        except AgentUnavailableError as problem:
            fail(
                "agent-unavailable",
                f"{str(problem)[:1].upper()}{str(problem)[1:]}. The bot has no key of its own, so it can do nothing "
                "on the exchange.",
                "Start the agent: `systemctl start freqtrade-agent@NAME`, or `freqtrade-bitmex-guard agent run -c "
                "AGENT_CONFIG`. See that the bot's user is in the socket's group. `freqtrade-bitmex-guard trade "
                "--wait-for-exchange 60` waits for an agent, too.",
            )
        except WireError as problem:
            _fail_mismatch(f"it does not speak the guard's protocol ({problem})")
        hello, refusal = reply.get("hello"), reply.get("error")
        if not isinstance(hello, Mapping):
            text = sanitize(str(refusal.get("text")), 200) if isinstance(refusal, Mapping) else "it did not say why"
            fail(
                "agent-refused",
                f"The signing agent does not serve this process: {text}.",
                "Run bot and agent as two users, neither of them root, and one bot for each agent.",
            )
        return hello


def _often(section: GuardConfig) -> GuardConfig:
    minutes = min(section.recheck_minutes or _RECHECK_MINUTES, _RECHECK_MINUTES)
    return section.model_copy(update={"recheck_minutes": minutes})


def _require_same_route(
    hello: Mapping[str, Any], profile: ExchangeProfile, connection: ClientConnection, config: Mapping[str, Any]
) -> None:
    """Refuse an agent that is for another exchange, server or trading mode than the bot's own clients."""
    if hello.get("protocol") != PROTOCOL:
        _fail_mismatch(f"its protocol is not {PROTOCOL}")
    if hello.get("exchange") != profile.id:
        _fail_mismatch(f"it is for {sanitize(str(hello.get('exchange')))}, and the bot is for {profile.id}")
    mode = str(config.get("trading_mode") or "spot")
    if hello.get("trading_mode") != mode:
        _fail_mismatch(f"its trading mode is {sanitize(str(hello.get('trading_mode')))}, and the bot's is {mode}")
    if hello.get("mode") not in ("carry", "sign") or not isinstance(hello.get("apis"), list) or not hello["apis"]:
        _fail_mismatch("it does not say what it signs")
    servers = set(_servers(hello.get("servers")))
    if not servers or not servers <= connection.origins_by_api:
        _fail_mismatch("it uses other servers than the bot")


def _servers(listed: Any) -> Iterator[tuple[str, Origin]]:
    for line in listed if isinstance(listed, list) else ():
        api, _, url = str(line).partition(" ")
        try:
            yield f"/{api}", Origin.of(url)
        except ValueError:
            _fail_mismatch("it names a server that is no plain URL")


def _fail_mismatch(reason: str) -> NoReturn:
    fail(
        "agent-mismatch",
        f"The signing agent is not this bot's: {reason}.",
        "Compare credentials.socket, exchange and trading_mode in the bot's config and the agent's, and install the "
        "same version of the guard for both.",
    )


def _verdict_of(hello: Mapping[str, Any], profile: ExchangeProfile, started: float) -> Verdict:
    """Return the agent's verdict as the bot's. What is odd in it never admits."""
    document = hello.get("verdict")
    if not isinstance(document, Mapping):
        fail("agent-not-admitted", "The signing agent reports no verdict.", "Restart the agent, or report this.")
    findings = list(_findings_of(document))
    facts = tuple(_facts_of(entry, profile) for entry in document.get("facts") or ())
    admitted = document.get("verdict") == "admitted"
    forbidden = [word for entry in facts for word in entry.permissions or () if profile.forbids(word)]
    age, interval = hello.get("age_seconds"), hello.get("recheck_minutes")
    is_fresh = isinstance(age, int) and isinstance(interval, int | float)
    is_fresh = is_fresh and (not interval or age <= 60 * interval + _GRACE_SECONDS)
    if not admitted or forbidden or not is_fresh:
        message = "The signing agent has not admitted its key" if is_fresh else "The agent's verdict is too old"
        fix = "Run `freqtrade-bitmex-guard check -c AGENT_CONFIG` as the agent's user."
        findings.append(error("agent-not-admitted", f"{message}.", fix))
    return Verdict(
        findings=sort_findings(findings),
        facts=facts,
        exchange=profile.id,
        key=sanitize(str(document.get("key"))),
        servers=tuple(sanitize(str(server)) for server in document.get("servers") or ()),
        unverified=tuple(name for name in profile.cannot_report if name in (document.get("unverified") or ())),
        duration_ms=round((time.monotonic() - started) * 1000),
    )


def _findings_of(document: Mapping[str, Any]) -> Iterator[Finding]:
    for entry in document.get("findings") or ():
        name = entry["rule"] if entry["rule"] in FINDINGS else "internal-error"
        # Anything but a warning counts as an error.
        severity = Severity.WARNING if entry["severity"] == "warning" else Severity.ERROR
        yield Finding(name, severity, sanitize(str(entry["message"]), 500), sanitize(str(entry["fix"]), 500))


def _facts_of(entry: Mapping[str, Any], profile: ExchangeProfile) -> KeyFacts:
    permissions = entry["permissions"]
    names = None if permissions is None else frozenset(profile.permission(str(word["name"])) for word in permissions)
    return KeyFacts(
        permissions=names,
        ip_restriction=_restriction_of(entry["addresses"]),
        enabled=entry["enabled"] if isinstance(entry["enabled"], bool) else None,
        name=entry["name"] if isinstance(entry["name"], str) else None,
        created=datetime.fromisoformat(entry["created"]) if entry["created"] else None,
        expires=datetime.fromisoformat(entry["expires"]) if entry["expires"] else None,
    )


def _restriction_of(addresses: Mapping[str, Any]) -> IpRestriction:
    reason = "so the signing agent reports"
    kinds: dict[str, IpRestriction] = {
        "restricted": RestrictedTo.from_texts(map(str, addresses["blocks"])),
        "undisclosed": RestrictedUndisclosed(reason),
        "not-told": NotReported(reason),
        "not-supported": NotSupported(reason),
    }
    return kinds.get(str(addresses["kind"]), Unrestricted(reason))
