"""The one story: load the credentials, ask the exchange, apply the rules, hand out the verdict."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from freqtrade_bitmex_guard import config as configuration
from freqtrade_bitmex_guard import lean, outlets, rules, venues
from freqtrade_bitmex_guard.config import GuardConfig
from freqtrade_bitmex_guard.credentials import open_store
from freqtrade_bitmex_guard.credentials.access import in_time
from freqtrade_bitmex_guard.credentials.secret import Credentials
from freqtrade_bitmex_guard.exchange import client
from freqtrade_bitmex_guard.exchange.client import Line, Proven
from freqtrade_bitmex_guard.facts import KeyFacts, together
from freqtrade_bitmex_guard.findings import Finding, Severity, Stopped, error, stop
from freqtrade_bitmex_guard.inquiry import Inquiry
from freqtrade_bitmex_guard.posture import Account, Posture, Topic
from freqtrade_bitmex_guard.redaction import harmless, mark
from freqtrade_bitmex_guard.sealed import record, sealed
from freqtrade_bitmex_guard.terms import Terms
from freqtrade_bitmex_guard.venues.interface import Listing, Venue
from freqtrade_bitmex_guard.verdict import Verdict, ordered


@dataclass
class _Course:
    """What a check has come to, while it is under way."""

    began: float = field(default_factory=time.monotonic)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    findings: list[Finding] = field(default_factory=list)
    facts: tuple[KeyFacts, ...] = ()
    exchange: str | None = None
    key: str | None = None
    asked: tuple[str, ...] = ()
    requests: Callable[[], int] = lambda: 0

    def verdict(self) -> Verdict:
        return Verdict(
            findings=ordered(self.findings),
            facts=self.facts,
            exchange=self.exchange,
            key=self.key,
            asked=self.asked,
            requests=self.requests(),
            checked_at=self.at,
            duration_ms=round((time.monotonic() - self.began) * 1000),
        )


@record
class _Means:
    """What it takes to ask about a key: the exchange, the operator's section, a fit client, the key."""

    venue: Venue
    section: GuardConfig
    line: Line
    credentials: Credentials


@sealed
class Check:
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
        self.proven: Proven | None = None
        self.listing: Listing | None = None
        self.account = Account()
        self._config = config
        self._audit_since = audit_since
        self._means: _Means | None = None

    @property
    def section(self) -> GuardConfig:
        """The operator's section, once `run` has admitted the key.

        Raises:
            Stopped: if it was not read.
        """
        return self._reached().section

    @property
    def terms(self) -> Terms | None:
        """The exchange's words, once `run` got as far as reading the key."""
        return self._means.venue.terms if self._means else None

    @property
    def mark(self) -> str:
        """What tells the key from all others without showing its id.

        Raises:
            Stopped: if `run` did not get as far as reading it.
        """
        return mark(self._reached().credentials.key.reveal())

    def _reached(self) -> _Means:
        if self._means is None:
            stop("internal-error", "The check did not get that far.", "Please report this.")
        return self._means

    def run(self) -> Verdict:
        """Carry the check out, once.

        Returns:
            The verdict. Every failure becomes one, the guard's own bugs included; only KeyboardInterrupt gets out.
        """
        course = _Course()
        with _caught(course.findings):
            self._carry_out(course)
        verdict = course.verdict()
        if not verdict.admitted:
            self.proven = None
        return verdict

    def again(self) -> Verdict:
        """Ask once more about the key in memory, for no longer than one request may take.

        No store and no config is read, and nothing is asked about the account.

        Returns:
            The verdict. Every failure becomes one.
        """
        course = _Course()
        with _caught(course.findings):
            means = self._reached()
            one_request_seconds = min(means.section.timeout_seconds, means.line.one_request_seconds)
            listing, _ = self._ask(means, course, one_request_seconds, patient=False)
            self._judge_each_entry(means, course, listing)
            course.facts = listing.own
        return course.verdict()

    def _carry_out(self, course: _Course) -> None:
        means = self._means = self._prepare(course)
        listing, left_seconds = self._ask(means, course, means.section.timeout_seconds, patient=True)
        if self._audit_since or not _has_errors(course.findings):
            self._ask_about_the_account(means, course, listing, left_seconds)
        hosts = tuple(means.section.allowed_hosts)
        self.proven = Proven(means.credentials, means.line.route, means.venue.terms, hosts)
        # Only now: a verdict without facts cannot admit, whatever fails above.
        course.facts = listing.own

    def _prepare(self, course: _Course) -> _Means:
        exchange = self._exchange()
        course.exchange = harmless(str(exchange.get("name", ""))).lower() or None
        if configuration.wanted(self._config) is None:
            stop(
                "section-missing",
                "The config has no api_key_guard section, so a bot started with it is not guarded.",
                'Run `freqtrade-bitmex-guard setup -c CONFIG`, which writes it; or add "api_key_guard": {} for a key '
                "in the system's keyring. The README has the other stores.",
            )
        venue = venues.find(exchange.get("name"))
        section = configuration.read(self._config[configuration.SECTION], venue.terms)
        line = client.build(exchange, venue.terms, section.allowed_hosts)
        lean.imported()
        outlets.close()
        credentials = self._credentials(section, venue.terms.exchange)
        return _Means(venue, section, line, credentials)

    def _ask(self, means: _Means, course: _Course, seconds: float, *, patient: bool) -> tuple[Listing, float]:
        """Ask about the key, and judge what the exchange tells of it."""
        course.exchange, course.key = means.venue.terms.exchange, means.credentials.masked
        course.asked = tuple(map(str, sorted(means.line.route.servers)))
        conversation = means.line.conversation(means.credentials, seconds, patient=patient)
        course.requests = lambda: conversation.sent
        listing = means.venue.read_key(conversation.ask, means.credentials.key.reveal())
        policy, terms = means.section.policy, means.venue.terms
        for entry in (*listing.own, together(listing.own)):
            course.findings += rules.apply(entry, policy, terms)
        return listing, conversation.left_seconds

    def _ask_about_the_account(self, means: _Means, course: _Course, listing: Listing, seconds: float) -> None:
        policy, terms = means.section.policy, means.venue.terms
        inquiry = Inquiry(means.venue, means.line, means.credentials, seconds)
        about_the_key, course.requests = course.requests(), lambda: about_the_key + inquiry.sent
        topics = frozenset(Topic) if self._audit_since else rules.topics(policy)
        self.listing = listing
        self.account = inquiry.account(listing, topics, self._audit_since)
        course.findings += rules.apply_posture(Posture(together(listing.own), self.account, course.at), policy, terms)
        self._judge_each_entry(means, course, listing)

    @staticmethod
    def _judge_each_entry(means: _Means, course: _Course, listing: Listing) -> None:
        """Judge what a key that is listed twice says of itself in each place; what it may do was judged together."""
        for entry in listing.own:
            posture = Posture(entry, Account(), course.at)
            course.findings += rules.apply_upkeep(posture, means.section.policy, means.venue.terms)

    def _exchange(self) -> Mapping[str, Any]:
        exchange = self._config.get("exchange")
        if not isinstance(exchange, dict):
            stop("exchange-unknown", "The config has no exchange section.", 'Write "exchange": {"name": …}.')
        return exchange

    @staticmethod
    def _credentials(section: GuardConfig, exchange: str) -> Credentials:
        store = open_store(section.credentials, exchange)
        return in_time(store, store.load)


def _has_errors(findings: Sequence[Finding]) -> bool:
    return any(finding.severity is Severity.ERROR for finding in findings)


@contextmanager
def _caught(findings: list[Finding]) -> Iterator[None]:
    try:
        yield
    except Stopped as end:
        findings += end.findings
    except KeyboardInterrupt:
        raise
    except BaseException as bug:
        findings.append(internal_error(bug))


def internal_error(bug: BaseException) -> Finding:
    """The finding for a bug in the guard. Its message is left out, for nothing shows that it holds no secret."""
    trace = bug.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" in {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""
    return error(
        "internal-error",
        f"The guard itself failed: {type(bug).__name__}{where} (Python {sys.version_info[0]}.{sys.version_info[1]}). "
        "Nothing was shown to be fine, so nothing starts.",
        "Report it with this line; it holds no secret. To run unguarded, take the api_key_guard section out and put "
        "the credentials back into freqtrade's config.",
    )
