"""A check by this process: read the key's permissions from the exchange and apply the rules to them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from freqtrade_bitmex_guard import rules
from freqtrade_bitmex_guard.check.account_reader import AccountReader
from freqtrade_bitmex_guard.check.admission import Admission
from freqtrade_bitmex_guard.check.interface import CheckResult
from freqtrade_bitmex_guard.check.prepare import PreparedCheck, exchange_label, prepare
from freqtrade_bitmex_guard.config.store_label import describe_store
from freqtrade_bitmex_guard.exchanges.interface import KeyListing
from freqtrade_bitmex_guard.model.account import AccountFacts, AccountQuery, Evidence
from freqtrade_bitmex_guard.model.bot import BotLabel
from freqtrade_bitmex_guard.model.credentials import Credentials
from freqtrade_bitmex_guard.model.findings import Finding, GuardError, Severity, fail, failures_as_findings
from freqtrade_bitmex_guard.model.key import KeyFacts, merge_entries
from freqtrade_bitmex_guard.model.verdict import Verdict, sort_findings
from freqtrade_bitmex_guard.redaction.opaque import opaque
from freqtrade_bitmex_guard.redaction.sanitize import fingerprint


@dataclass(repr=False)
class _Progress:
    """What a check has found so far."""

    bot: BotLabel
    started: float = field(default_factory=time.monotonic)
    checked_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    findings: list[Finding] = field(default_factory=list)
    facts: tuple[KeyFacts, ...] = ()
    exchange: str | None = None
    key: str | None = None
    fingerprint: str | None = None
    servers: tuple[str, ...] = ()
    requests: Callable[[], int] = lambda: 0
    unverified: tuple[str, ...] = ()
    store: str | None = None
    admission: Admission | None = None
    evidence: Evidence | None = None
    listing: KeyListing | None = None

    def verdict(self) -> Verdict:
        return Verdict(
            findings=sort_findings(self.findings),
            facts=self.facts,
            exchange=self.exchange,
            key=self.key,
            servers=self.servers,
            unverified=self.unverified,
            requests=self.requests(),
            checked_at=self.checked_at,
            duration_ms=round((time.monotonic() - self.started) * 1000),
            bot=self.bot,
            store=self.store,
        )

    def result(self) -> CheckResult:
        verdict = self.verdict()
        admission = self.admission if verdict.admitted else None
        return CheckResult(verdict, admission, self.evidence, self.listing, self.fingerprint)


@opaque
class LocalCheck:
    """One check of one bot's key."""

    def __init__(
        self,
        config: Mapping[str, Any],
        credentials: Credentials | None = None,
        audit_since: datetime | None = None,
        prepared: Callable[[], PreparedCheck] | None = None,
    ) -> None:
        """Keep the arguments; nothing is read or sent yet.

        Args:
            config: freqtrade's whole, merged config.
            credentials: a candidate to check instead of what the store has.
            audit_since: for an audit: query the account even if the key fails, and follow its events this far back. By
                default the account is queried only once the key has passed.
            prepared: returns what it takes to query the exchange, if that was read from the config already.
        """
        self._config = config
        self._credentials = credentials
        self._audit_since = audit_since
        self._take_prepared = prepared
        self._prepared: PreparedCheck | None = None
        self._bot = BotLabel.of(config)

    def run(self) -> CheckResult:
        """Check the key; see `Check.run`."""
        progress = _Progress(self._bot)
        with failures_as_findings(progress.findings):
            self._run(progress)
        return progress.result()

    def recheck(self) -> Verdict:
        """Check the key in memory again, for no longer than one request may take; see `Check.recheck`."""
        progress = _Progress(self._bot)
        with failures_as_findings(progress.findings):
            prepared = self._prepared
            if prepared is None:
                fail("internal-error", "There is no key to check again: none was read.", "Please report this.")
            seconds = min(prepared.section.timeout_seconds, prepared.client.one_request_seconds)
            listing, _ = _read_key(prepared, progress, seconds, retry=False)
            _judge_entries(prepared, progress, listing)
            progress.facts = listing.entries
        return progress.verdict()

    def _run(self, progress: _Progress) -> None:
        progress.exchange = exchange_label(self._config)
        take = self._take_prepared or (lambda: prepare(self._config, self._credentials))
        prepared = self._prepared = take()
        listing, remaining_seconds = _read_key(prepared, progress, prepared.section.timeout_seconds, retry=True)
        if self._audit_since or not _has_errors(progress.findings):
            self._read_account(prepared, progress, listing, remaining_seconds)
        progress.admission = Admission(
            prepared.credentials, prepared.client.connection, prepared.adapter.profile, prepared.section, self.recheck
        )
        # Last: a verdict without facts cannot admit, whatever fails above.
        progress.facts = listing.entries

    def _read_account(self, prepared: PreparedCheck, progress: _Progress, listing: KeyListing, seconds: float) -> None:
        policy, profile = prepared.section.policy, prepared.adapter.profile
        reader = AccountReader(prepared.adapter, prepared.client, prepared.credentials, seconds)
        key_requests, progress.requests = progress.requests(), lambda: key_requests + reader.request_count
        queries = frozenset(AccountQuery) if self._audit_since else rules.queries_for(policy)
        account = reader.read(listing, queries, self._audit_since)
        evidence = Evidence(merge_entries(listing.entries), account, progress.checked_at)
        progress.evidence, progress.listing = evidence, listing
        progress.findings += rules.evaluate(rules.rules_for(configurable=True), evidence, policy, profile)
        _judge_entries(prepared, progress, listing)


def _read_key(prepared: PreparedCheck, progress: _Progress, seconds: float, *, retry: bool) -> tuple[KeyListing, float]:
    """Query the exchange about the key and judge what it may do.

    Returns:
        What the exchange reported, and the seconds that remain.
    """
    profile = prepared.adapter.profile
    key_id = prepared.credentials.key_id.reveal()
    progress.exchange, progress.key = profile.id, prepared.credentials.masked_id
    progress.fingerprint = fingerprint(key_id)
    progress.store = describe_store(prepared.section.credentials)
    progress.servers = tuple(map(str, sorted(prepared.client.connection.servers)))
    session = prepared.client.open_session(prepared.credentials, seconds, retry=retry)
    progress.requests = lambda: session.request_count
    accepted = prepared.section.policy.accept_unverifiable
    progress.unverified = tuple(subject for subject in profile.cannot_report if subject in accepted)
    try:
        listing = prepared.adapter.read_key(session, key_id)
    except GuardError as problem:
        if session.is_unheard:
            raise GuardError(*(_unheard(finding) for finding in problem.findings)) from None
        raise
    for entry in (*listing.entries, merge_entries(listing.entries)):
        evidence = Evidence(entry, AccountFacts(), progress.checked_at)
        own_rules = rules.rules_for(configurable=False)
        progress.findings += rules.evaluate(own_rules, evidence, prepared.section.policy, profile)
    return listing, session.remaining_seconds


def _unheard(finding: Finding) -> Finding:
    """Mark a finding about an answer that no exchange gave; two names rest on no answer."""
    return finding if finding.name in ("internal-error", "exchange-cannot-tell") else replace(finding, unheard=True)


def _judge_entries(prepared: PreparedCheck, progress: _Progress, listing: KeyListing) -> None:
    """Judge each entry by itself, if the key is listed more than once; its permissions were judged together."""
    key_rules = rules.rules_for(rules.Scope.KEY, configurable=True)
    for entry in listing.entries:
        evidence = Evidence(entry, AccountFacts(), progress.checked_at)
        progress.findings += rules.evaluate(key_rules, evidence, prepared.section.policy, prepared.adapter.profile)


def _has_errors(findings: Sequence[Finding]) -> bool:
    return any(finding.severity is Severity.ERROR for finding in findings)
