"""A `freqtrade trade` process, and what must be true of one that was refused."""

from __future__ import annotations

import socket
from pathlib import Path

from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from freqtrade_bitmex_guard.simulator.bot import DemoBot, Process
from tests.support.factories import CHECK_REQUESTS, KEY_ID, SECRET

API_SERVER = {
    "enabled": True,
    "listen_ip_address": "127.0.0.1",
    "listen_port": 0,
    "username": "u",
    "password": "p",
    "jwt_secret_key": "j" * 40,
    "ws_token": "w" * 40,
}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def assert_refused(process: Process, exchange: SimulatedBitMEX, rule: str, *, queried: bool = True) -> None:
    """Assert that it ended with 2, named the rule, sent nothing but the check's requests, and showed no secret."""
    assert process.wait() == 2, process.output
    assert f"[error] {rule}:" in process.output, process.output
    assert "What to do:" in process.output
    assert "Traceback" not in process.output
    assert "to: RUNNING" not in process.output
    assert set(exchange.paths()) <= {*CHECK_REQUESTS, "GET /apiKey/self"}
    assert bool(exchange.requests) is queried
    assert_no_secret(process.output)


def assert_no_secret(output: str) -> None:
    for hidden in (SECRET, SECRET[:8], KEY_ID, KEY_ID[:5]):
        assert hidden not in output


def start_with(python: Path, bot: DemoBot, before: str, *arguments: str) -> Process:
    """Start freqtrade's own main, after some code."""
    script = f"import sys\n{before}\nfrom freqtrade.main import main\nmain(sys.argv[1:])"
    return Process([str(python), "-c", script, "trade", "-c", str(bot.write()), *arguments], bot.folder)
