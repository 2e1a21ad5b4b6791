"""An agent in this process, its config, and a peer that speaks to its socket as a hostile bot would."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self
from unittest import mock

from freqtrade_bitmex_guard.agent import boundary
from freqtrade_bitmex_guard.agent.config_file import AgentFile
from freqtrade_bitmex_guard.agent.run import Agent
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.signing import wire
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from freqtrade_bitmex_guard.simulator.bitmex.trading import SpotOrders
from tests.support.factories import store_files, wait_until

PRICE = 77_000.0
BUY = {"symbol": "XBT_USDT", "side": "Buy", "orderQty": 100_000, "ordType": "Limit", "price": 77_000.0, "text": "CCXT"}
SELL = {**BUY, "side": "Sell"}
BALANCE = ("GET", "user/margin", {"currency": "all"})


class Peer:
    """One connection to the socket. Use it as a context manager."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(str(path))
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def ask(self, operation: str = "carry", seconds: float = 20, **fields: Any) -> dict[str, Any]:
        """Send one message, and return the reply."""
        self._number += 1
        wire.send_frame(self.socket, {"number": self._number, "operation": operation, **fields}, 1_000_000)
        return wire.parse_reply(wire.receive_frame(self.socket, wire.MAX_REPLY_BYTES, seconds), self._number)

    def call(self, verb: str, path: str, params: Any, operation: str = "carry", api: Any = None) -> dict[str, Any]:
        """Ask for one call of the private API."""
        return self.ask(operation, api=api or ["private"], verb=verb, path=path, params=params)

    def order(self, **changed: Any) -> dict[str, Any]:
        """Ask for a small order, with something changed."""
        return self.call("POST", "order", {**BUY, **changed})

    def raw(self, content: bytes) -> bytes:
        """Send bytes as they are, and return what comes back until the connection ends."""
        self.socket.sendall(content)
        self.socket.settimeout(10)
        received = b""
        try:
            while part := self.socket.recv(65_536):
                received += part
        except ConnectionError:
            return received
        return received


class Serving:
    """An agent of this process and user."""

    def __init__(self, folder: Path, exchange: Any) -> None:
        self.folder, self.exchange = folder / "agent", exchange
        self.folder.mkdir(mode=0o700)
        if isinstance(exchange, SimulatedBitMEX):
            exchange.trading = SpotOrders(PRICE)
        self.socket = self.folder / "run" / "agent.sock"
        self.config: dict[str, Any] = {
            # At the exchange's own pace most of the tests' time would be spent on waiting.
            "exchange": {"name": exchange.exchange_id, "ccxt_config": exchange.ccxt_config() | {"rateLimit": 1}},
            "stake_currency": "USDT",
            "api_key_guard": {
                "credentials": store_files(self.folder, exchange.keys[0].id, exchange.keys[0].secret),
                "allowed_hosts": ["127.0.0.1"],
            },
            "agent": {"socket": str(self.socket), "pairs": ["BTC/USDT"], "allow_peers": ["own-user"]},
        }
        self.agent: Agent | None = None
        self._thread: threading.Thread | None = None
        self._ended: list[Verdict | GuardError] = []

    def file(self, *, learning: bool = False) -> AgentFile:
        """Write the config, and read it as the agent does."""
        path = self.folder / "agent.json"
        path.touch(0o600)
        path.write_text(json.dumps(self.config))
        return AgentFile(path, learning=learning)

    def start(self, *, learning: bool = False, **agent: Any) -> Self:
        """Start the agent with some fields of its section changed, and wait until it serves or has ended."""
        self.config["agent"] |= agent
        running = self.agent = Agent(self.file(learning=learning))
        self._ended.clear()

        def run() -> None:
            try:
                # This process goes on to be a test: its memory stays readable.
                with mock.patch.object(boundary, "protect_memory"):
                    self._ended.append(running.run())
            except GuardError as problem:
                self._ended.append(problem)

        self._thread = threading.Thread(target=run)
        self._thread.start()
        assert wait_until(lambda: bool(self._ended) or running.is_serving, 20)
        return self

    def stop(self) -> Verdict | GuardError | None:
        """Stop the agent; return how it ended."""
        if self.agent is not None and self._thread is not None:
            self.agent.end()
            self._thread.join(10)
            assert not self._thread.is_alive()
        return self._ended[0] if self._ended else None

    def peer(self) -> Peer:
        """Connect as a bot."""
        return Peer(self.socket)

    def record(self) -> list[dict[str, Any]]:
        """Return the lines of the record."""
        files = sorted((self.folder / "record").glob("record-*.jsonl"))
        return [json.loads(line) for file in files for line in file.read_text().splitlines()]

    def sent(self) -> list[str]:
        """Return the private requests that reached the exchange since the check, without market data."""
        checked = {"GET /apiKey", "GET /user", "GET /address", "GET /userEvent"}
        market = ("GET /instrument", "GET /wallet", "GET /orderBook", "GET /trade")
        return [path for path in self.exchange.paths() if path not in checked and not path.startswith(market)]


def bots_config(serving: Serving, **section: Any) -> dict[str, Any]:
    """Return the config of a bot behind an agent."""
    store = {"store": "agent", "socket": str(serving.socket)}
    return {
        "dry_run": False,
        "exchange": {"name": "bitmex", "ccxt_config": serving.exchange.ccxt_config()},
        "api_key_guard": {"credentials": store, "allowed_hosts": ["127.0.0.1"], **section},
    }


def refusal(reply: Mapping[str, Any]) -> str:
    """Return the limit that a reply names; an answer is none."""
    assert "answer" not in reply, reply
    return str(reply["error"]["limit"])


def is_root() -> bool:
    """Return whether the tests run as root."""
    return os.geteuid() == 0
