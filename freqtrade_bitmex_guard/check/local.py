"""The one story: load the credentials, ask the exchange, apply the rules, hand out the verdict."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from freqtrade_bitmex_guard import exchanges, rules
from freqtrade_bitmex_guard.check.account_reader import AccountReader
from freqtrade_bitmex_guard.check.admission import Admission
from freqtrade_bitmex_guard.client import exchange_client
from freqtrade_bitmex_guard.client.exchange_client import ExchangeClient
from freqtrade_bitmex_guard.config.parse import GuardState, guard_state, parse_section
from freqtrade_bitmex_guard.config.section import SECTION, GuardConfig
from freqtrade_bitmex_guard.credentials import open_store
from freqtrade_bitmex_guard.credentials.access import load
from freqtrade_bitmex_guard.exchanges.interface import ExchangeAdapter, KeyListing
from freqtrade_bitmex_guard.model.account import AccountFacts, AccountQuery, Evidence
from freqtrade_bitmex_guard.model.credentials import Credentials
from freqtrade_bitmex_guard.model.findings import Finding, GuardError, Severity, fail, internal_error
from freqtrade_bitmex_guard.model.key import KeyFacts, merge_entries
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.model.verdict import Verdict, sort_findings
from freqtrade_bitmex_guard.redaction import output
from freqtrade_bitmex_guard.redaction.opaque import opaque, opaque_dataclass
from freqtrade_bitmex_guard.redaction.sanitize import fingerprint, sanitize
from freqtrade_bitmex_guard.util import lazy_packages


@dataclass
class _Progress:
    """What a check has come to, while it is under way."""

    started: float = field(default_factory=time.monotonic)
    checked_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    findings: list[Finding] = field(default_factory=list)
    facts: tuple[KeyFacts, ...] = ()
    exchange: str | None = None
    key: str | None = None
    servers: tuple[str, ...] = ()
    requests: Callable[[], int] = lambda: 0

    def verdict(self) -> Verdict:
        return Verdict(
            findings=sort_findings(self.findings),
            facts=self.facts,
            exchange=self.exchange,
            key=self.key,
            servers=self.servers,
            requests=self.requests(),
            checked_at=self.checked_at,
            duration_ms=round((time.monotonic() - self.started) * 1000),
        )


@opaque_dataclass
class PreparedCheck:
    """What it takes to ask about a key: the exchange, the operator's section, a fit client, the key."""

    adapter: ExchangeAdapter
    section: GuardConfig
    client: ExchangeClient
    credentials: Credentials


@opaque
class LocalCheck:
    """One check of one bot's key.

    Attributes:
        proven: the key and the route that were shown to be fine, once `run` has admitted them.
        listing: what the exchange told of the account's keys, if it came to that.
        account: what it told of the account around them, if it came to that.
    """

    def __init__(self, config: Mapping[str, Any], *, audit_since: datetime | None = None) -> None:
        """Take what is needed; nothing is read or asked yet.

        Args:
            config: freqtrade's whole, merged config.
            audit_since: for an audit: ask about the account whatever the key is like, and follow its events so far
                back. By default the account is asked about only once the key has passed.
        """
        self.proven: Admission | None = None
        self.listing: KeyListing | None = None
        self.account = AccountFacts()
        self._config = config
        self._audit_since = audit_since
        self._means: PreparedCheck | None = None

    @property
    def section(self) -> GuardConfig:
        """The operator's section, once `run` has admitted the key.

        Raises:
            GuardError: if it was not read.
        """
        return self._reached().section

    @property
    def profile(self) -> ExchangeProfile | None:
        """The exchange's words, once `run` got as far as reading the key."""
        return self._means.adapter.profile if self._means else None

    @property
    def fingerprint(self) -> str:
        """What tells the key from all others without showing its id.

        Raises:
            GuardError: if `run` did not get as far as reading it.
        """
        return fingerprint(self._reached().credentials.key_id.reveal())

    def _reached(self) -> PreparedCheck:
        if self._means is None:
            fail("internal-error", "The check did not get that far.", "Please report this.")
        return self._means

    def run(self) -> Verdict:
        """Carry the check out, once.

        Returns:
            The verdict. Every failure becomes one, the guard's own bugs included; only KeyboardInterrupt gets out.
        """
        course = _Progress()
        with _failures_as_findings(course.findings):
            self._carry_out(course)
        verdict = course.verdict()
        if not verdict.admitted:
            self.proven = None
        return verdict

    def recheck(self) -> Verdict:
        """Ask once more about the key in memory, for no longer than one request may take.

        No store and no config is read, and nothing is asked about the account.

        Returns:
            The verdict. Every failure becomes one.
        """
        course = _Progress()
        with _failures_as_findings(course.findings):
            means = self._reached()
            one_request_seconds = min(means.section.timeout_seconds, means.client.one_request_seconds)
            listing, _ = self._ask(means, course, one_request_seconds, retry=False)
            self._judge_each_entry(means, course, listing)
            course.facts = listing.entries
        return course.verdict()

    def _carry_out(self, course: _Progress) -> None:
        means = self._means = self._prepare(course)
        listing, left_seconds = self._ask(means, course, means.section.timeout_seconds, retry=True)
        if self._audit_since or not _has_errors(course.findings):
            self._ask_about_the_account(means, course, listing, left_seconds)
        hosts = tuple(means.section.allowed_hosts)
        self.proven = Admission(means.credentials, means.client.connection, means.adapter.profile, hosts)
        # Only now: a verdict without facts cannot admit, whatever fails above.
        course.facts = listing.entries

    def _prepare(self, course: _Progress) -> PreparedCheck:
        exchange = self._exchange()
        course.exchange = sanitize(str(exchange.get("name", ""))).lower() or None
        if guard_state(self._config) is GuardState.ABSENT:
            fail(
                "section-missing",
                "The config has no api_key_guard section, so a bot started with it is not guarded.",
                'Run `freqtrade-bitmex-guard setup -c CONFIG`, which writes it; or add "api_key_guard": {} for a key '
                "in the system's keyring. The README has the other stores.",
            )
        venue = exchanges.get_adapter(exchange.get("name"))
        section = parse_section(self._config[SECTION], venue.profile, self._config.get("trading_mode"))
        line = exchange_client.build_client(exchange, venue.profile, section.allowed_hosts)
        lazy_packages.end_import_phase()
        output.install()
        credentials = self._credentials(section, venue.profile)
        return PreparedCheck(venue, section, line, credentials)

    def _ask(self, means: PreparedCheck, course: _Progress, seconds: float, *, retry: bool) -> tuple[KeyListing, float]:
        """Ask about the key, and judge what the exchange tells of it."""
        course.exchange, course.key = means.adapter.profile.id, means.credentials.masked_id
        course.servers = tuple(map(str, sorted(means.client.connection.servers)))
        conversation = means.client.open_session(means.credentials, seconds, retry=retry)
        course.requests = lambda: conversation.request_count
        listing = means.adapter.read_key(conversation, means.credentials.key_id.reveal())
        policy, terms = means.section.policy, means.adapter.profile
        for entry in (*listing.entries, merge_entries(listing.entries)):
            course.findings += rules.evaluate_key(entry, policy, terms)
        return listing, conversation.remaining_seconds

    def _ask_about_the_account(
        self, means: PreparedCheck, course: _Progress, listing: KeyListing, seconds: float
    ) -> None:
        policy, terms = means.section.policy, means.adapter.profile
        inquiry = AccountReader(means.adapter, means.client, means.credentials, seconds)
        about_the_key, course.requests = course.requests(), lambda: about_the_key + inquiry.request_count
        topics = frozenset(AccountQuery) if self._audit_since else rules.queries_for(policy)
        self.listing = listing
        self.account = inquiry.read(listing, topics, self._audit_since)
        course.findings += rules.evaluate_account(
            Evidence(merge_entries(listing.entries), self.account, course.checked_at), policy, terms
        )
        self._judge_each_entry(means, course, listing)

    @staticmethod
    def _judge_each_entry(means: PreparedCheck, course: _Progress, listing: KeyListing) -> None:
        """Judge what a key that is listed twice says of itself in each place; what it may do was judged together."""
        for entry in listing.entries:
            posture = Evidence(entry, AccountFacts(), course.checked_at)
            course.findings += rules.evaluate_key_posture(posture, means.section.policy, means.adapter.profile)

    def _exchange(self) -> Mapping[str, Any]:
        exchange = self._config.get("exchange")
        if not isinstance(exchange, dict):
            fail("exchange-unsupported", "The config has no exchange section.", 'Write "exchange": {"name": …}.')
        return exchange

    @staticmethod
    def _credentials(section: GuardConfig, profile: ExchangeProfile) -> Credentials:
        return load(open_store(section.credentials, profile.id), profile.credentials)


def _has_errors(findings: Sequence[Finding]) -> bool:
    return any(finding.severity is Severity.ERROR for finding in findings)


@contextmanager
def _failures_as_findings(findings: list[Finding]) -> Iterator[None]:
    try:
        yield
    except GuardError as end:
        findings += end.findings
    except KeyboardInterrupt:
        raise
    except BaseException as bug:
        findings.append(internal_error(bug))
