"""The decision whether freqtrade may build a bot from a config."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from freqtrade.exceptions import OperationalException

from freqtrade_bitmex_guard.check.admission import Admission, holds_credentials
from freqtrade_bitmex_guard.check.interface import CheckResult
from freqtrade_bitmex_guard.check.open import open_check
from freqtrade_bitmex_guard.client.exchange_client import SILENT_LOGGER
from freqtrade_bitmex_guard.config.parse import GuardState, guard_state
from freqtrade_bitmex_guard.model.bot import BotLabel
from freqtrade_bitmex_guard.model.findings import GuardError, Severity, internal_error
from freqtrade_bitmex_guard.model.verdict import Verdict, sort_findings
from freqtrade_bitmex_guard.plugin import unguarded
from freqtrade_bitmex_guard.plugin.shape import fail_unsupported
from freqtrade_bitmex_guard.report import text
from freqtrade_bitmex_guard.util.systemd import keep_alive

logger = logging.getLogger("freqtrade_bitmex_guard")

_FIRST_WAIT_SECONDS = 30.0

_MAX_WAIT_SECONDS = 300.0

# The requests of one check (`timeout_seconds` is 300 at most, for the key and again for the account) and its store.
_MAX_CHECK_SECONDS = 900.0


class StartRefused(OperationalException):  # type: ignore[misc]
    """The guard keeps a bot from starting.

    freqtrade ends with exit code 2 on this one; `install` checks the two facts that this rests on.

    Attributes:
        verdict: the reason.
    """

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(_report(verdict))
        self.verdict = verdict


@contextmanager
def fail_closed(config: Mapping[str, Any] | None = None) -> Iterator[None]:
    """Refuse the start if anything fails inside.

    This is the one boundary between the guard and freqtrade, which swallows some exceptions and goes on without us.

    Args:
        config: of the bot, so that the refusal names it.

    Raises:
        StartRefused: for every exception but KeyboardInterrupt.
    """
    try:
        yield
    except (KeyboardInterrupt, StartRefused):
        raise
    except BaseException as problem:
        raise StartRefused(_verdict_of(problem, config)) from None


class StartGuard:
    """The guard of one process: it admits a config, or refuses to have a bot built from it.

    Attributes:
        require_guard: whether a live start without an enabled guard is refused, as the launcher wants it.
        wait_seconds: how long the first start may repeat the check while its cause to fail is transient.
        admission: what the bot of this process was admitted with; None if it is not guarded.
        clients: the ccxt clients that were compared with the admission.
        last_refusal: the verdict that kept the last bot from being built; None if it was built.
        admitted_with: the verdict of the last admission.
        was_guarded: whether any config of this process had the guard enabled, in dry-run too. It never becomes false
            again.
        built_count: how many bots were built, guarded or not.
    """

    def __init__(self) -> None:
        self.require_guard = False
        self.wait_seconds = 0.0
        self.admission: Admission | None = None
        self.clients: list[Any] = []
        self.last_refusal: Verdict | None = None
        self.admitted_with: Verdict | None = None
        self.was_guarded = False
        self.built_count = 0
        self._handed_on: tuple[dict[str, Any], Admission] | None = None

    def admit(self, config: dict[str, Any]) -> Admission | None:
        """Check the key of a config, before a bot is built from it.

        Returns:
            The admission, or None if nothing is guarded: in dry-run, or if the operator did not ask for it.

        Raises:
            StartRefused: in every other case.
        """
        self.admission, self.clients, self.last_refusal = None, [], None
        handed_on, self._handed_on = self._handed_on, None
        if handed_on is not None and handed_on[0] is config:
            self.admission = handed_on[1]
        else:
            with fail_closed(config):
                self.admission = self._check(config)
        return self.admission

    def precheck(self, config: dict[str, Any]) -> Admission | None:
        """Check a config that another bot is about to be reloaded with, while that bot still runs.

        Returns:
            The admission, or None if nothing is guarded; see `admit`.

        Raises:
            StartRefused: if no bot may be built from the config.
        """
        self.wait_seconds = 0.0  # a start may wait for the exchange; a running bot may not
        with fail_closed(config):
            return self._check(config)

    @contextmanager
    def handing_on(self, config: dict[str, Any], admission: Admission | None) -> Iterator[None]:
        """Spare the next bot the check that `precheck` made.

        Inside, the very next `admit` returns this admission, if it is called for this very object. Nothing else is
        handed on: where nothing is guarded, `admit` decides again.

        Args:
            config: that was checked.
            admission: what `precheck` returned.
        """
        self._handed_on = None if admission is None else (config, admission)
        try:
            yield
        finally:
            self._handed_on = None

    def verify_client(self, client: Any) -> None:
        """Compare a ccxt client that freqtrade just built with the admission, before its first request.

        Raises:
            GuardError: misconfigured, if it differs.
        """
        if self.admission is None:
            return
        if not holds_credentials(client, self.admission.profile):  # a strategy may build one for public data
            return
        differences = list(self.admission.verify_client(client))
        if differences:
            raise GuardError(*differences)
        self.admission.attach(client)
        client.logger = SILENT_LOGGER  # at -vvv ccxt logs the key id and every signature
        self.clients.append(client)

    def verify_bot_clients(self, exchange: Any) -> None:
        """Verify that each client of a finished bot was compared.

        Args:
            exchange: the bot's, as freqtrade built it.

        Raises:
            GuardError: misconfigured, if one was not.
        """
        clients = [exchange._api, exchange._api_async]
        websocket_client = getattr(exchange, "_ws_async", None)
        if websocket_client is not None:
            clients.append(websocket_client)
        for client in clients:
            if not any(client is compared for compared in self.clients):
                fail_unsupported("freqtrade built a client in a way that the guard did not see.")
            if self.admission is not None and not self.admission.is_attached(client):
                fail_unsupported("A client that was built for the signing agent does not use it.")

    def _check(self, config: dict[str, Any]) -> Admission | None:
        # freqtrade strips the credentials only where this is true; anything odd counts as live.
        if config.get("dry_run") is True:
            self.was_guarded |= unguarded.log_dry_run(config)
            return None
        state = guard_state(config)
        self.was_guarded |= state is GuardState.ENABLED
        if state is not GuardState.ENABLED:
            # A reload that has lost the section is no decision to go on unguarded; `"enabled": false` is one.
            if self.require_guard or (state is GuardState.ABSENT and self.was_guarded):
                unguarded.fail_requested(state)
            if state is GuardState.ABSENT:
                unguarded.log_no_section(config)
            return None
        with keep_alive(self.wait_seconds + _MAX_CHECK_SECONDS):
            result = self._run_check(config)
        if result.admission is None:
            raise StartRefused(result.verdict)
        for finding in result.verdict.findings:
            level = logging.WARNING if finding.severity is Severity.WARNING else logging.INFO
            logger.log(level, "API key guard: %s", text.describe_finding(finding))
        logger.info(text.summary_line(result.verdict))
        self.admitted_with = result.verdict
        return result.admission

    def _run_check(self, config: dict[str, Any]) -> CheckResult:
        """Run the check, again and again while its cause to fail is transient and time remains."""
        deadline = time.monotonic() + self.wait_seconds
        wait = _FIRST_WAIT_SECONDS
        while True:
            result = open_check(config).run()
            remaining = deadline - time.monotonic()
            if not result.verdict.transient or remaining <= 0:
                self.wait_seconds = 0.0
                return result
            wait = min(wait, remaining)
            logger.warning(
                "API key guard: %s. Next check in %.0f seconds; the guard keeps trying for another %s.",
                text.describe_finding(result.verdict.findings[0]),
                wait,
                text.describe_minutes(remaining / 60),
            )
            time.sleep(wait)
            wait = min(wait * 2, _MAX_WAIT_SECONDS)


START_GUARD = StartGuard()
"""The one of this process, which `install` puts around freqtrade's classes."""


def _verdict_of(problem: BaseException, config: Mapping[str, Any] | None) -> Verdict:
    try:
        findings = problem.findings if isinstance(problem, GuardError) else (internal_error(problem),)
        bot = None if config is None else BotLabel.of(config)
        return Verdict(findings=sort_findings(findings), bot=bot)
    except KeyboardInterrupt:
        raise
    except BaseException:
        return Verdict(findings=())  # which is unverified


def _report(verdict: Verdict) -> str:
    try:
        return text.render_plain(verdict)
    except KeyboardInterrupt:
        raise
    except BaseException:
        return "API key guard: nothing was started, and the report about it failed, too."
