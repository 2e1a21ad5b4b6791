"""Real freqtrade processes: how they are started, and how a refused one has to end."""

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
    """Return a port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def start_after(python: Path, bot: DemoBot, script: str, *arguments: str) -> Process:
    """Start `freqtrade trade` in an interpreter that runs a script first."""
    whole_script = f"import sys\n{script}\nfrom freqtrade.main import main\nmain(sys.argv[1:])"
    return Process([str(python), "-c", whole_script, "trade", "-c", str(bot.write()), *arguments], bot.folder)


def assert_refused(process: Process, exchange: SimulatedBitMEX, rule: str, *, queried: bool = True) -> None:
    """Wait for a refused start: it names the rule, sends no request but the check's, and shows no secret."""
    assert process.wait() == 2, process.output
    assert f"[error] {rule}:" in process.output, process.output
    assert "What to do:" in process.output
    assert "Traceback" not in process.output
    assert "to: RUNNING" not in process.output
    assert set(exchange.paths()) <= {*CHECK_REQUESTS, "GET /apiKey/self"}
    assert bool(exchange.requests) is queried
    assert_no_secret(process.output)


def assert_no_secret(output: str) -> None:
    """Assert that no part of key or secret is in an output."""
    for secret in (SECRET, SECRET[:8], KEY_ID, KEY_ID[:5]):
        assert secret not in output
