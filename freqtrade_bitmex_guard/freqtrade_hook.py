"""The guard around the start of freqtrade's bot; what happens while it runs is in `freqtrade_loop`.

freqtrade has no plugin entry points. The one place that only `trade` and its reload reach is the bot's `__init__`:
credentials put into the config there reach the exchange and are stripped again by freqtrade itself. Everything that
goes wrong here becomes an `OperationalException`, the only one with which freqtrade refuses properly (exit code 2).
"""

from __future__ import annotations

import functools
import inspect
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, NoReturn

from freqtrade.exceptions import FreqtradeException, OperationalException
from freqtrade.exchange import Exchange

from freqtrade_bitmex_guard import config as configuration
from freqtrade_bitmex_guard import freqtrade_loop, freqtrade_rpc, operator_news
from freqtrade_bitmex_guard.exchange import settings
from freqtrade_bitmex_guard.exchange.client import SILENT, Proven, can_sign
from freqtrade_bitmex_guard.findings import Severity, Stopped, stop, unsupported
from freqtrade_bitmex_guard.guard import Check, internal_error
from freqtrade_bitmex_guard.report import text
from freqtrade_bitmex_guard.verdict import Verdict, ordered
from freqtrade_bitmex_guard.watch import Watch

logger = logging.getLogger("freqtrade_bitmex_guard")

_FIRST_WAIT_SECONDS = 30.0
_LONGEST_WAIT_SECONDS = 300.0

_Admitted = tuple[Check, Proven]


class Gate:
    """What stands between a config and a bot, one for each process.

    Attributes:
        required: whether a live start without an enabled guard is misconfigured, as the launcher wants it.
        wait_seconds: how long the first start may keep asking while the exchange is unverified for a passing cause.
        stopped: the verdict with which anything was refused last, since the last admission.
        ended: the verdict that kept a bot from being built, once it has.
        proven: what the bot of this process was admitted with.
        clients: the ccxt clients that were compared with it, since that admission.
    """

    def __init__(self) -> None:
        self.required = False
        self.wait_seconds = 0.0
        self.stopped: Verdict | None = None
        self.ended: Verdict | None = None
        self.proven: Proven | None = None
        self.clients: list[Any] = []
        self._ahead: tuple[dict[str, Any], _Admitted | None] | None = None

    def admit(self, config: dict[str, Any]) -> _Admitted | None:
        """Check the key of a config before a bot is built from it.

        Returns:
            The check and what it proved, or None where there is nothing to guard: dry-run, or the operator did not
            ask for it.

        Raises:
            Stopped, OperationalException: in every other case.
        """
        self.stopped, self.proven, self.clients = None, None, []
        ahead, self._ahead = self._ahead, None
        admitted = ahead[1] if ahead is not None and ahead[0] is config else self._admitted(config)
        self.proven = None if admitted is None else admitted[1]
        return admitted

    def look_ahead(self, config: dict[str, Any]) -> None:
        """Check a config while another bot is still running; `admit` then takes the outcome for this very config.

        Raises:
            OperationalException: if no bot may be built from it.
        """
        self._ahead = None
        self.wait_seconds = 0.0  # a start may wait for the exchange; a bot that runs may not
        with self.closed_on_failure():
            self._ahead = (config, self._admitted(config))

    def _admitted(self, config: dict[str, Any]) -> _Admitted | None:
        # freqtrade strips the credentials only where this is true; anything odd counts as live.
        if config.get("dry_run") is True:
            _tell_of_dry_run(config)
            return None
        wanted = configuration.wanted(config)
        if not wanted:
            # On a reload, a section that is gone is no decision to go on unguarded; `enabled` as false is one.
            if self.required or (wanted is None and self.proven is not None):
                _refuse_unguarded(wanted)
            return None
        check, verdict = self._checked(config)
        if not verdict.admitted or check.proven is None:
            self.refuse(verdict)
        for finding in verdict.findings:
            logger.log(logging.WARNING if finding.severity is Severity.WARNING else logging.INFO, finding.message)
        logger.info(text.one_line(verdict))
        return check, check.proven

    def _checked(self, config: dict[str, Any]) -> tuple[Check, Verdict]:
        ends = time.monotonic() + self.wait_seconds
        wait = _FIRST_WAIT_SECONDS
        while True:
            check = Check(config)
            verdict = check.run()
            left = ends - time.monotonic()
            if not verdict.passing or left <= 0:
                self.wait_seconds = 0.0
                return check, verdict
            wait = min(wait, left)
            logger.warning(
                "API key guard: %s: %s Asking again in %.0f seconds, for %.0f more minutes.",
                verdict.findings[0].rule,
                verdict.findings[0].message,
                wait,
                left / 60,
            )
            time.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT_SECONDS)

    def judge(self, client: Any) -> None:
        """Compare a ccxt client that freqtrade just built with what was proven, before its first request.

        Raises:
            Stopped: misconfigured, if it differs.
        """
        if self.proven is None or not can_sign(client):  # a strategy may make one of its own, for public data
            return
        found = list(self.proven.objections(client, asynchronous=not client.synchronous))
        if found:
            raise Stopped(*found)
        client.logger = SILENT  # at -vvv ccxt logs the key id and every signature
        self.clients.append(client)

    def confirm(self, exchange: Any) -> None:
        """Make sure that the clients a bot ended up with are those that were compared.

        Raises:
            Stopped: misconfigured, if one is not.
        """
        held = [exchange._api, exchange._api_async, getattr(exchange, "_ws_async", None)]
        for client in held[:2] if held[2] is None else held:
            if not any(client is compared for compared in self.clients):
                unsupported("freqtrade built a client in a way that the guard did not see.")

    def refuse(self, verdict: Verdict) -> NoReturn:
        """Keep the bot from starting.

        Raises:
            OperationalException: always.
        """
        self.stopped = verdict
        try:
            report = text.plain(verdict)
        except KeyboardInterrupt:
            raise
        except BaseException:
            report = "API key guard: nothing was started, and the report about it failed, too."
        raise OperationalException(report) from None

    @contextmanager
    def closed_on_failure(self) -> Iterator[None]:
        """Turn whatever fails inside into a refusal; only KeyboardInterrupt stays one.

        Raises:
            OperationalException: for everything else.
        """
        try:
            yield
        except KeyboardInterrupt:
            raise
        except Stopped as end:
            self.refuse(Verdict(findings=ordered(end.findings)))
        except BaseException as bug:
            # Exactly this one is a refusal: freqtrade ends with 0 on a heir of it, ConfigurationError.
            if type(bug) is OperationalException:
                raise
            self.refuse(Verdict(findings=(internal_error(bug),)))


GATE = Gate()


def place(module: ModuleType) -> None:
    """Put the guard around freqtrade's bot class, once.

    Args:
        module: `freqtrade.freqtradebot`, loaded.

    Raises:
        Stopped: misconfigured, if freqtrade's shape is not the one this was written for.
    """
    bot: Any = module.FreqtradeBot
    if getattr(bot.__init__, "_is_guarded", False):
        return
    _check_shape(bot)
    freqtrade_loop.place(bot)
    freqtrade_rpc.place(module)
    bot.__init__ = _guarded(bot.__init__)
    Exchange._init_ccxt = _watched(Exchange._init_ccxt)


def _check_shape(bot: Any) -> None:
    """Everything of freqtrade's internals that the guard stands on."""
    as_expected = (
        inspect.isclass(bot)
        and list(inspect.signature(build := bot.__init__).parameters) == ["self", "config"]
        and "load_exchange" in build.__code__.co_names
        and callable(getattr(bot, "cleanup", None))
        and list(inspect.signature(Exchange._init_ccxt).parameters)
        == ["self", "exchange_config", "sync", "ccxt_kwargs"]
        and {"_init_ccxt", "_api", "_api_async"} <= set(Exchange.__init__.__code__.co_names)
        and issubclass(OperationalException, FreqtradeException)
    )
    if not as_expected:
        unsupported()


def _guarded(build: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(build)
    def guarded(self: Any, config: dict[str, Any]) -> None:
        try:
            with GATE.closed_on_failure():
                admitted = GATE.admit(config)
                freqtrade_loop.place_in_worker(GATE)
            if admitted is None:
                build(self, config)
            else:
                _build_with(*admitted, build, self, config)
        except OperationalException:
            GATE.ended = GATE.stopped
            if GATE.stopped is not None:
                operator_news.tell_of_refusal(config, GATE.stopped)
            raise

    guarded._is_guarded = True  # type: ignore[attr-defined]
    return guarded


def _build_with(check: Check, proven: Proven, build: Callable[..., None], bot: Any, config: dict[str, Any]) -> None:
    exchange = config["exchange"]
    try:
        with GATE.closed_on_failure():
            settings.place(exchange, proven.credentials.key.reveal(), proven.credentials.secret.reveal())
        build(bot, config)
    finally:
        # freqtrade has stripped its own copy by now; this is for a build that failed before.
        exchange["key"] = exchange["secret"] = None
    try:
        with GATE.closed_on_failure():
            GATE.confirm(bot.exchange)
            freqtrade_loop.watch(bot, Watch(check.again, check.section))
    except BaseException:
        # The bot stands already, its servers and threads included: freqtrade's own way to take it down.
        try:
            bot.cleanup()
        except Exception as problem:
            logger.warning("API key guard: taking the bot down failed, too (%s).", type(problem).__name__)
        raise


def _watched(init_ccxt: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(init_ccxt)
    def watched(self: Any, *args: Any, **options: Any) -> Any:
        client = init_ccxt(self, *args, **options)
        with GATE.closed_on_failure():
            GATE.judge(client)
        return client

    return watched


def _tell_of_dry_run(config: dict[str, Any]) -> None:
    try:
        if configuration.wanted(config):
            logger.info("API key guard: dry-run, so no key is read and nothing is checked.")
            # freqtrade strips those that it knows itself, and ccxt signs with all others.
            for finding in settings.credentials_in(config.get("exchange") or {}):
                logger.warning("API key guard: %s: %s %s", finding.rule, finding.message, finding.fix)
    except Stopped as end:
        logger.warning("API key guard: dry-run, so nothing is checked; a live start would be refused: %s", end)


def _refuse_unguarded(wanted: bool | None) -> NoReturn:
    if wanted is None:
        stop(
            "section-missing",
            "A guarded bot was asked for, but the config has no api_key_guard section.",
            'Run `freqtrade-bitmex-guard setup -c CONFIG`, which writes it; or add "api_key_guard": {} to the config; '
            "or start plain `freqtrade trade` to run unguarded.",
        )
    fix = "Set it to true, or start plain `freqtrade trade` to run unguarded."
    stop("guard-disabled", "A guarded bot was asked for, but api_key_guard.enabled is false.", fix)
