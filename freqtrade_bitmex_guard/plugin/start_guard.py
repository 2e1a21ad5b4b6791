"""The guard between a config and a bot."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from freqtrade.exceptions import OperationalException

from freqtrade_bitmex_guard.check.admission import Admission, holds_credentials
from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.client import settings
from freqtrade_bitmex_guard.client.exchange_client import SILENT_LOGGER
from freqtrade_bitmex_guard.config.parse import GuardState, guard_state
from freqtrade_bitmex_guard.model.findings import GuardError, Severity, fail, internal_error
from freqtrade_bitmex_guard.model.verdict import Verdict, sort_findings
from freqtrade_bitmex_guard.plugin.shape import fail_unsupported
from freqtrade_bitmex_guard.report import text

logger = logging.getLogger("freqtrade_bitmex_guard")


_FIRST_WAIT_SECONDS = 30.0


_MAX_WAIT_SECONDS = 300.0


_Admitted = tuple[LocalCheck, Admission]


class StartGuard:
    """What stands between a config and a bot, one for each process.

    Attributes:
        require_guard: whether a live start without an enabled guard is misconfigured, as the launcher wants it.
        wait_seconds: how long the first start may keep asking while the exchange is unverified for a passing cause.
        stopped: the verdict with which anything was refused last, since the last admission.
        last_refusal: the verdict that kept a bot from being built, once it has.
        proven: what the bot of this process was admitted with.
        clients: the ccxt clients that were compared with it, since that admission.
    """

    def __init__(self) -> None:
        self.require_guard = False
        self.wait_seconds = 0.0
        self.stopped: Verdict | None = None
        self.last_refusal: Verdict | None = None
        self.proven: Admission | None = None
        self.clients: list[Any] = []
        self._ahead: tuple[dict[str, Any], _Admitted | None] | None = None

    def admit(self, config: dict[str, Any]) -> _Admitted | None:
        """Check the key of a config before a bot is built from it.

        Returns:
            The check and what it proved, or None where there is nothing to guard: dry-run, or the operator did not
            ask for it.

        Raises:
            GuardError, OperationalException: in every other case.
        """
        self.stopped, self.proven, self.clients = None, None, []
        ahead, self._ahead = self._ahead, None
        admitted = ahead[1] if ahead is not None and ahead[0] is config else self._admitted(config)
        self.proven = None if admitted is None else admitted[1]
        return admitted

    def precheck(self, config: dict[str, Any]) -> None:
        """Check a config while another bot is still running; `admit` then takes the outcome for this very config.

        Raises:
            OperationalException: if no bot may be built from it.
        """
        self._ahead = None
        self.wait_seconds = 0.0  # a start may wait for the exchange; a bot that runs may not
        with self.fail_closed():
            self._ahead = (config, self._admitted(config))

    def _admitted(self, config: dict[str, Any]) -> _Admitted | None:
        # freqtrade strips the credentials only where this is true; anything odd counts as live.
        if config.get("dry_run") is True:
            _log_dry_run(config)
            return None
        state = guard_state(config)
        if state in (GuardState.ABSENT, GuardState.DISABLED):
            # On a reload, a section that is gone is no decision to go on unguarded; `enabled` as false is one.
            if self.require_guard or (state is GuardState.ABSENT and self.proven is not None):
                _fail_unguarded(state)
            return None
        check, verdict = self._checked(config)
        if not verdict.admitted or check.proven is None:
            self.refuse(verdict)
        for finding in verdict.findings:
            logger.log(logging.WARNING if finding.severity is Severity.WARNING else logging.INFO, finding.message)
        logger.info(text.summary_line(verdict))
        return check, check.proven

    def _checked(self, config: dict[str, Any]) -> tuple[LocalCheck, Verdict]:
        ends = time.monotonic() + self.wait_seconds
        wait = _FIRST_WAIT_SECONDS
        while True:
            check = LocalCheck(config)
            verdict = check.run()
            left = ends - time.monotonic()
            if not verdict.transient or left <= 0:
                self.wait_seconds = 0.0
                return check, verdict
            wait = min(wait, left)
            logger.warning(
                "API key guard: %s: %s Asking again in %.0f seconds, for %.0f more minutes.",
                verdict.findings[0].name,
                verdict.findings[0].message,
                wait,
                left / 60,
            )
            time.sleep(wait)
            wait = min(wait * 2, _MAX_WAIT_SECONDS)

    def verify_client(self, client: Any) -> None:
        """Compare a ccxt client that freqtrade just built with what was proven, before its first request.

        Raises:
            GuardError: misconfigured, if it differs.
        """
        # A strategy may make a client of its own, for public data.
        if self.proven is None or not holds_credentials(client, self.proven.profile):
            return
        found = list(self.proven.verify_client(client))
        if found:
            raise GuardError(*found)
        client.logger = SILENT_LOGGER  # at -vvv ccxt logs the key id and every signature
        self.clients.append(client)

    def verify_bot_clients(self, exchange: Any) -> None:
        """Make sure that the clients a bot ended up with are those that were compared.

        Raises:
            GuardError: misconfigured, if one is not.
        """
        held = [exchange._api, exchange._api_async, getattr(exchange, "_ws_async", None)]
        for client in held[:2] if held[2] is None else held:
            if not any(client is compared for compared in self.clients):
                fail_unsupported("freqtrade built a client in a way that the guard did not see.")

    def refuse(self, verdict: Verdict) -> NoReturn:
        """Keep the bot from starting.

        Raises:
            OperationalException: always.
        """
        self.stopped = verdict
        try:
            report = text.render_plain(verdict)
        except KeyboardInterrupt:
            raise
        except BaseException:
            report = "API key guard: nothing was started, and the report about it failed, too."
        raise OperationalException(report) from None

    @contextmanager
    def fail_closed(self) -> Iterator[None]:
        """Turn whatever fails inside into a refusal; only KeyboardInterrupt stays one.

        Raises:
            OperationalException: for everything else.
        """
        try:
            yield
        except KeyboardInterrupt:
            raise
        except GuardError as end:
            self.refuse(Verdict(findings=sort_findings(end.findings)))
        except BaseException as bug:
            # Exactly this one is a refusal: freqtrade ends with 0 on a heir of it, ConfigurationError.
            if type(bug) is OperationalException:
                raise
            self.refuse(Verdict(findings=(internal_error(bug),)))


START_GUARD = StartGuard()


def _log_dry_run(config: dict[str, Any]) -> None:
    try:
        if guard_state(config) is GuardState.ENABLED:
            logger.info("API key guard: dry-run, so no key is read and nothing is checked.")
            # freqtrade strips those that it knows itself, and ccxt signs with all others.
            for finding in settings.find_credentials(config.get("exchange") or {}, None):
                logger.warning("API key guard: %s: %s %s", finding.name, finding.message, finding.fix)
    except GuardError as end:
        logger.warning("API key guard: dry-run, so nothing is checked; a live start would be refused: %s", end)


def _fail_unguarded(state: GuardState) -> NoReturn:
    if state is GuardState.ABSENT:
        fail(
            "section-missing",
            "A guarded bot was asked for, but the config has no api_key_guard section.",
            'Run `freqtrade-bitmex-guard setup -c CONFIG`, which writes it; or add "api_key_guard": {} to the config; '
            "or start plain `freqtrade trade` to run unguarded.",
        )
    fix = "Set it to true, or start plain `freqtrade trade` to run unguarded."
    fail("guard-disabled", "A guarded bot was asked for, but api_key_guard.enabled is false.", fix)
