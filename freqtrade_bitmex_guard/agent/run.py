"""`agent run`: checks the key as a start does, then serves the bot."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from freqtrade_bitmex_guard import __version__
from freqtrade_bitmex_guard.agent import boundary, routes
from freqtrade_bitmex_guard.agent.budget import Budgets
from freqtrade_bitmex_guard.agent.config_file import AgentFile
from freqtrade_bitmex_guard.agent.desk import Desk
from freqtrade_bitmex_guard.agent.judge import Judge
from freqtrade_bitmex_guard.agent.market_data import MarketData
from freqtrade_bitmex_guard.agent.public_client import public_client
from freqtrade_bitmex_guard.agent.record import Record
from freqtrade_bitmex_guard.agent.server import Server
from freqtrade_bitmex_guard.agent.signer import Signer
from freqtrade_bitmex_guard.agent.standing import KeyStanding
from freqtrade_bitmex_guard.agent.table import RouteTable
from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.check.prepare import prepare
from freqtrade_bitmex_guard.client.installed_ccxt import ccxt_version
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.report import json as report_json
from freqtrade_bitmex_guard.report import text
from freqtrade_bitmex_guard.signing import wire

logger = logging.getLogger("freqtrade_bitmex_guard")


class Agent:
    """One agent, from its config to its end.

    Attributes:
        record: of this run, once it is open.
    """

    def __init__(self, file: AgentFile) -> None:
        """Keep the config; nothing is read or sent yet.

        Args:
            file: the agent's config.
        """
        self._file = file
        self._ended = threading.Event()
        self._server: Server | None = None
        self.record: Record | None = None

    @property
    def is_serving(self) -> bool:
        """Whether the key was admitted and the socket is served."""
        return self._server is not None

    def run(self) -> Verdict:
        """Check the key, and serve until a signal ends it.

        Returns:
            The verdict of the first check; if it is not admitted, nothing was served.

        Raises:
            GuardError: misconfigured, if the agent cannot serve as configured.
        """
        boundary.protect_memory()
        boundary.require_private_config(self._file.path)
        section = self._file.agent
        table = routes.get_table(self._file.exchange, section.trading_mode, section.mode)
        with ExitStack() as ending:
            listener, lock = boundary.listen(Path(section.socket))
            ending.callback(os.close, lock)
            ending.callback(Path(section.socket).unlink, missing_ok=True)
            ending.callback(listener.close)
            record = self.record = Record(self._file.record_folder())
            ending.callback(record.close)
            return self._serve(table, listener, record)

    def end(self) -> None:
        """Stop serving."""
        self._ended.set()
        if self._server is not None:
            self._server.end()

    def _serve(self, table: RouteTable, listener: Any, record: Record) -> Verdict:
        section = self._file.agent
        result = LocalCheck(self._file.guard_config()).run()
        admission = result.admission
        if admission is None:
            return result.verdict
        prepared = prepare(self._file.guard_config(), admission.credentials)
        if prepared.client.connection != admission.connection:
            fail("client-changed", "The agent would use another connection than the checked one.", "Report this.")
        signer = Signer(prepared.client, admission.credentials, admission.profile, table)
        market_client = public_client(self._file.guard_config(), admission.connection)
        market_data = MarketData(market_client, table, section.pairs, section.trading_mode, self._file.stake_currency)
        _load_markets(market_data, admission.profile.title)
        budgets = Budgets(section.limits)
        standing = KeyStanding(result.verdict, admission.recheck, admission.section)
        desk = Desk(Judge(section, table, market_data), budgets, record, signer, standing)
        self._server = Server(
            listener, desk, standing, lambda: self._describe(standing, table, signer), list(section.allow_peers)
        )
        desk.note("start", version=__version__, ccxt=ccxt_version())
        logger.info(text.summary_line(result.verdict))
        logger.info("Signing agent: serving %s; record head %s.", section.socket, record.head)
        threading.Thread(target=standing.watch, daemon=True).start()
        _notify_ready()
        if not self._ended.is_set():
            self._server.serve()
        standing.end()
        signer.carrier.close()
        desk.flush_counts(now=True)
        desk.note("stop")
        logger.info("Signing agent: ended; record head %s.", record.head)
        return result.verdict

    def _describe(self, standing: KeyStanding, table: RouteTable, signer: Signer) -> dict[str, Any]:
        section = self._file.agent
        return {
            "protocol": wire.PROTOCOL,
            "version": __version__,
            "ccxt": ccxt_version(),
            "exchange": table.exchange,
            "mode": section.mode,
            "trading_mode": section.trading_mode,
            "apis": table.apis,
            "servers": sorted("/".join(api) + " " + url for api, url in signer.server_by_api.items()),
            "verdict": report_json.to_dict(standing.shown_verdict),
            "age_seconds": standing.age_seconds,
            "recheck_minutes": standing.recheck_minutes,
        }


def _notify_ready() -> None:
    """Tell systemd, if it started this process, that bots may connect now (sd_notify(3))."""
    path = os.environ.get("NOTIFY_SOCKET", "")
    if path.startswith(("/", "@")):
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notification:
            notification.connect(path.replace("@", "\0", 1) if path.startswith("@") else path)
            notification.sendall(b"READY=1")


def _load_markets(market_data: MarketData, title: str) -> None:
    try:
        market_data.load()
    except Exception as problem:
        fail(
            "unreachable",
            f"{title}'s list of markets could not be read ({type(problem).__name__}), so no order could be judged.",
            "Look at the exchange's status and this machine's network, then start the agent again.",
        )


def run_agent(file: AgentFile) -> Verdict:
    """Run an agent in the main thread, until SIGTERM or SIGINT."""
    agent = Agent(file)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: agent.end())
    return agent.run()
