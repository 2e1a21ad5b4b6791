"""Checks all bots of a fleet in one process."""

from __future__ import annotations

import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from freqtrade_bitmex_guard.check import environment
from freqtrade_bitmex_guard.check.bot import check_config
from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.check.open import is_behind_agent
from freqtrade_bitmex_guard.check.prepare import PreparedCheck, prepare
from freqtrade_bitmex_guard.client.client_cache import ClientCache
from freqtrade_bitmex_guard.config.files import read_config
from freqtrade_bitmex_guard.fleet.across import AcrossFinding, Observation, SeverityChoice, find_across, require_known
from freqtrade_bitmex_guard.fleet.bots import Bot, require_distinct
from freqtrade_bitmex_guard.fleet.environment import read_variables, variables_set
from freqtrade_bitmex_guard.fleet.hosts import MAX_CONCURRENT, HostGate, Route, fail_out_of_time
from freqtrade_bitmex_guard.fleet.shared_key import SharedKey, question_of
from freqtrade_bitmex_guard.fleet.subject import Subject, describe_bot, plain_credentials
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import Finding, GuardError, internal_error
from freqtrade_bitmex_guard.model.verdict import (
    EXIT_CODES,
    EXIT_INTERNAL_ERROR,
    EXIT_INTERRUPTED,
    Verdict,
)
from freqtrade_bitmex_guard.redaction import output
from freqtrade_bitmex_guard.redaction.opaque import opaque, opaque_dataclass

DEFAULT_SECONDS = 600.0
_POLL_SECONDS = 0.5
_URGENCY = (Outcome.REFUSED, Outcome.MISCONFIGURED, Outcome.UNVERIFIED, Outcome.ADMITTED)


@dataclass(frozen=True, slots=True)
class FleetVerdict:
    """The end of a check of many bots.

    Attributes:
        bots: each bot's name and the verdict on it, the most urgent first.
        across: what holds across bots, the most severe first.
        not_checked: the names of the bots that were not checked, because the check was interrupted.
        checked_at: when it began.
        duration_ms: how long it took, in milliseconds.
    """

    bots: tuple[tuple[str, Verdict], ...]
    across: tuple[AcrossFinding, ...] = ()
    not_checked: tuple[str, ...] = ()
    checked_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    duration_ms: int = 0

    @property
    def outcome(self) -> Outcome:
        """The worst verdict, in the order in which a single check's findings count; unverified if a bot is missing."""
        outcomes = {verdict.outcome for _, verdict in self.bots} | {each.finding.outcome for each in self.across}
        if self.not_checked or not self.bots:
            outcomes.add(Outcome.UNVERIFIED)
        return next(outcome for outcome in Outcome if outcome in outcomes)

    @property
    def exit_code(self) -> int:
        """The exit code of the worst verdict; 130 if the check was interrupted."""
        if self.not_checked:
            return EXIT_INTERRUPTED
        if self.outcome is Outcome.UNVERIFIED and any(verdict.is_internal_error for _, verdict in self.bots):
            return EXIT_INTERNAL_ERROR
        return EXIT_CODES[self.outcome]

    @property
    def counts(self) -> dict[str, int]:
        """How many bots have each verdict."""
        return {outcome.value: sum(verdict.outcome is outcome for _, verdict in self.bots) for outcome in Outcome}

    @property
    def requests(self) -> int:
        """How many requests were sent."""
        return sum(verdict.requests for _, verdict in self.bots)


@opaque_dataclass
class _Waiting:
    """A bot that is ready to be checked."""

    subject: Subject
    config: Mapping[str, Any]
    prepared: PreparedCheck
    shared: SharedKey


OnChecked = Callable[[str, Verdict], None]
"""Called with each bot's name and verdict, in the thread that runs the check of the fleet."""


def check_bots(
    bots: Sequence[Bot],
    *,
    seconds: float = DEFAULT_SECONDS,
    severities: Mapping[str, SeverityChoice] | None = None,
    on_checked: OnChecked | None = None,
) -> FleetVerdict:
    """Check the keys of many bots.

    Args:
        bots: each with a name of its own.
        seconds: the time limit for everything.
        severities: of the rules across bots, where they are not the default.
        on_checked: called once for each bot, as soon as the verdict on it is known.

    Returns:
        The verdicts. Every failure is a part of them; so is Ctrl-C, which leaves the rest of the bots unchecked.

    Raises:
        GuardError: misconfigured, if there is no bot, or if two have one name.
        ValueError: if `severities` has a name or a word that is none.
    """
    require_distinct(bots)
    require_known(severities or {})
    fleet = _Fleet(seconds, on_checked or _ignore)
    interrupted = False
    try:
        fleet.check(bots)
    except KeyboardInterrupt:
        interrupted = True
    return fleet.verdict(bots, severities or {}, interrupted=interrupted)


@opaque
class _Fleet:
    """One check of a fleet: first every config and store is read, then the exchanges are queried."""

    def __init__(self, seconds: float, on_checked: OnChecked) -> None:
        self._started, self._checked_at = time.monotonic(), datetime.now(UTC)
        self._gate = HostGate(seconds)
        self._on_checked = on_checked
        self._clients = ClientCache()
        self._shared: dict[str, SharedKey] = {}
        self._known: dict[str, Observation] = {}
        self._pending: dict[str, _Waiting] = {}
        self._done: queue.SimpleQueue[Observation] = queue.SimpleQueue()

    def check(self, bots: Sequence[Bot]) -> None:
        output.install()
        for bot in bots:
            # One after the other, because each bot's variables are the process's own meanwhile.
            if (ready := self._prepare(bot)) is not None:
                self._pending[bot.name] = ready
        self._start()
        while self._pending:
            try:
                self._note(self._done.get(timeout=_POLL_SECONDS))
            except queue.Empty:
                if self._gate.remaining_seconds < -_POLL_SECONDS:
                    break
        for ready in list(self._pending.values()):
            self._note(Observation(ready.subject, _failed(ready.config, fail_out_of_time)))

    def verdict(
        self, bots: Sequence[Bot], severities: Mapping[str, SeverityChoice], *, interrupted: bool
    ) -> FleetVerdict:
        known = sorted(self._known.values(), key=_urgency)
        return FleetVerdict(
            bots=tuple((each.name, each.verdict) for each in known),
            across=tuple(find_across([self._known[bot.name] for bot in bots if bot.name in self._known], severities)),
            not_checked=tuple(bot.name for bot in bots if bot.name not in self._known) if interrupted else (),
            checked_at=self._checked_at,
            duration_ms=round((time.monotonic() - self._started) * 1000),
        )

    def _note(self, checked: Observation) -> None:
        checked = replace(checked, verdict=replace(checked.verdict, bot=checked.subject.bot.label))
        self._known[checked.name] = checked
        self._pending.pop(checked.name, None)
        self._on_checked(checked.name, checked.verdict)

    def _prepare(self, bot: Bot) -> _Waiting | None:
        """Read a bot's config and key; what keeps it from being checked is its verdict."""
        config: Mapping[str, Any] = {}
        subject = Subject(bot)
        try:
            if self._gate.remaining_seconds <= 0:
                fail_out_of_time()
            with variables_set(read_variables(bot)):
                config = read_config(list(bot.config_files))
                list(plain_credentials(config))
                subject = describe_bot(bot, config, None)
                if is_behind_agent(config):  # which asks the exchange by its own timer, not for us
                    self._note(Observation(subject, check_config(config)))
                    return None
                prepared = prepare(config, build_client=self._clients.build_client)
            subject = describe_bot(bot, config, prepared)
            return _Waiting(subject, config, prepared, self._shared_key(prepared, config["exchange"]))
        except KeyboardInterrupt:
            raise
        except BaseException as problem:
            findings = problem.findings if isinstance(problem, GuardError) else (internal_error(problem),)
            self._note(Observation(subject, _failed(config, lambda: _raise(findings))))
            return None

    def _shared_key(self, prepared: PreparedCheck, exchange: Mapping[str, Any]) -> SharedKey:
        question = question_of(prepared, exchange)
        if question not in self._shared:
            route = Route.of(prepared.client.connection)
            self._shared[question] = SharedKey(prepared.adapter, self._gate, route)
        return self._shared[question]

    def _start(self) -> None:
        """Start a few threads for each exchange: one that is slow or down holds up no other."""
        queues: defaultdict[Route, queue.SimpleQueue[_Waiting]] = defaultdict(queue.SimpleQueue)
        for ready in self._pending.values():
            queues[ready.shared.route].put(ready)
        for todo in queues.values():
            for _ in range(min(MAX_CONCURRENT, todo.qsize())):
                # Daemons, so that an interrupt ends the process without waiting for them.
                threading.Thread(target=self._work, args=(todo,), daemon=True).start()

    def _work(self, todo: queue.SimpleQueue[_Waiting]) -> None:
        while True:
            try:
                ready = todo.get_nowait()
            except queue.Empty:
                return
            verdict = self._check(ready)
            if any(finding.name == "rate-limited" for finding in verdict.findings) and self._gate.is_paused(
                ready.shared.route
            ):
                ready.shared.forget_failures()
                verdict = self._check(ready)
            self._done.put(Observation(ready.subject, verdict))

    def _check(self, ready: _Waiting) -> Verdict:
        def prepared() -> PreparedCheck:
            client = ready.prepared.client.for_one_check(self._gate.observer(ready.shared.route))
            return PreparedCheck(ready.shared, ready.prepared.section, client, ready.prepared.credentials)

        verdict = LocalCheck(ready.config, prepared=prepared).run().verdict
        return verdict.with_findings(*environment.find_disabled(ready.config))


def _ignore(_name: str, _verdict: Verdict) -> None:
    """Take no notice of a bot that was checked."""


def _raise(findings: Sequence[Finding]) -> PreparedCheck:
    raise GuardError(*findings)


def _failed(config: Mapping[str, Any], fail: Callable[[], PreparedCheck]) -> Verdict:
    """Return the verdict on a bot that cannot be checked, with the exchange that its config names."""
    return LocalCheck(config, prepared=fail).run().verdict.with_findings(*environment.find_disabled(config))


def _urgency(checked: Observation) -> tuple[int, bool, str]:
    """Return the place of a bot in a report: what may cost money today comes first."""
    return _URGENCY.index(checked.verdict.outcome), not checked.verdict.findings, checked.name
