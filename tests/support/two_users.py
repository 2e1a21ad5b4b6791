"""A signing agent and a bot as two users of this machine, on a simulated exchange."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from freqtrade_bitmex_guard.simulator.bitmex.trading import SpotOrders
from freqtrade_bitmex_guard.simulator.bot import DemoBot, Process
from tests.support.factories import allow_secrets_in, skip_or_fail, wait_until

# Numbers are enough for the kernel; no account is made.
AGENT_UID, BOT_UID, OTHER_UID = 64_001, 64_002, 64_003
SOCKET_GID = 64_010
PRICE = 77_000.0

ROOT = Path(__file__).resolve().parents[2]


def as_user(uid: int, gid: int, groups: str | None = None) -> list[str]:
    """Return the beginning of a command that runs as another user."""
    supplementary = ["--groups", groups] if groups else ["--clear-groups"]
    return ["setpriv", "--reuid", str(uid), "--regid", str(gid), *supplementary, "--"]


AS_AGENT = as_user(AGENT_UID, SOCKET_GID)
AS_BOT = as_user(BOT_UID, BOT_UID, str(SOCKET_GID))


def require_other_users() -> None:
    """Skip the test, or on CI fail it, unless a process of another user can run this Python with this package."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        skip_or_fail("root with setpriv, for another user,")
    if os.environ.get("GUARD_TESTS_STRICT"):
        # A machine that is made for one run may keep its checkout and its Python in root's own folder.
        for place in (ROOT, Path(sys.prefix), Path(sys.base_prefix)):
            for folder in (place, *place.parents):
                folder.chmod(folder.stat().st_mode | 0o011)
    command = [*AS_BOT, sys.executable, "-c", "import freqtrade_bitmex_guard, pydantic"]
    if subprocess.run(command, cwd="/", capture_output=True, check=False).returncode != 0:
        skip_or_fail("a checkout and a Python that other users may enter,")


class TwoUsers:
    """The folders of agent and bot, and their processes.

    Attributes:
        exchange: that both use.
        agent_config: of the agent; change it before `start_agent`.
        bot: with its config; change it before `start_bot`.
        agent: the agent's process, once it was started.
    """

    def __init__(self, folder: Path, exchange: Any, **agent: Any) -> None:
        self.folder, self.exchange = folder, exchange
        self.agent_folder, self.socket = folder / "agent", folder / "run" / "agent.sock"
        if isinstance(exchange, SimulatedBitMEX):
            exchange.trading = exchange.trading or SpotOrders(PRICE)
        self.agent: Process | None = None
        self.processes: list[Process] = []
        _own(self.agent_folder, AGENT_UID, SOCKET_GID, 0o700)
        _own(self.socket.parent, AGENT_UID, SOCKET_GID, 0o750)
        allow_secrets_in(self.agent_folder / "key", self.agent_folder / "secret")
        for name, value in exchange.credentials(exchange.keys[0]).items():
            _write(self.agent_folder / name, value + "\n", AGENT_UID)
        files = {f"{name}_file": str(self.agent_folder / name) for name in exchange.credential_parts}
        self.agent_config: dict[str, Any] = {
            "exchange": {"name": exchange.exchange_id, "ccxt_config": exchange.ccxt_config()},
            "stake_currency": "USDT",
            "api_key_guard": {"credentials": {"store": "files", **files}, "allowed_hosts": ["127.0.0.1"]},
            "agent": {"socket": str(self.socket), "pairs": ["BTC/USDT"], **agent},
        }
        self.bot = DemoBot(folder / "bot", exchange)
        self.bot.config["api_key_guard"] = {
            "credentials": {"store": "agent", "socket": str(self.socket)},
            "allowed_hosts": ["127.0.0.1"],
        }

    @property
    def agent_file(self) -> Path:
        """The agent's config file."""
        return self.agent_folder / "agent.json"

    def agent_command(self, action: str, *arguments: str) -> list[str]:
        """Write the agent's config, and return a command for it."""
        _write(self.agent_file, json.dumps(self.agent_config), AGENT_UID)
        return [sys.executable, "-m", "freqtrade_bitmex_guard", "agent", action, *arguments]

    def start_agent(self, action: str = "run", *, wait: bool = True) -> Process:
        """Start the agent as its user, and wait until it serves."""
        command = self.agent_command(action, "-c", str(self.agent_file))
        self.agent = self._start([*AS_AGENT, *command], self.agent_folder)
        if wait:
            process = self.agent
            assert wait_until(lambda: "Signing agent: serving" in process.output, 30), process.output
        return self.agent

    def start_bot(self, *arguments: str) -> Process:
        """Start the bot as its user."""
        config = self.bot.write()
        for path in (self.bot.folder, *self.bot.folder.rglob("*")):
            os.chown(path, BOT_UID, BOT_UID)
        command = [sys.executable, "-m", "freqtrade_bitmex_guard", "trade", "-c", str(config), *arguments]
        return self._start([*AS_BOT, *command], self.bot.folder)

    def record(self) -> list[dict[str, Any]]:
        """Return the lines of the agent's record."""
        files = sorted((self.agent_folder / "record").glob("record-*.jsonl"))
        return [json.loads(line) for file in files for line in file.read_text().splitlines()]

    def stop(self) -> None:
        """Stop every process."""
        for process in reversed(self.processes):
            process.stop()

    def _start(self, command: list[str], folder: Path) -> Process:
        process = Process(command, folder, {"HOME": str(folder), "NUMBA_CACHE_DIR": str(folder / "numba")})
        self.processes.append(process)
        return process


@contextmanager
def two_users(exchange: Any, **agent: Any) -> Iterator[TwoUsers]:
    """Give both users their folders, below one that both may enter."""
    require_other_users()
    folder = Path(tempfile.mkdtemp(prefix="guard-two-users-", dir="/tmp"))
    folder.chmod(0o755)
    users = TwoUsers(folder, exchange, **agent)
    try:
        yield users
    finally:
        users.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _own(folder: Path, uid: int, gid: int, mode: int) -> None:
    folder.mkdir()
    os.chown(folder, uid, gid)
    folder.chmod(mode)


def _write(path: Path, text: str, uid: int) -> None:
    path.unlink(missing_ok=True)
    path.touch(0o600)
    path.write_text(text)
    os.chown(path, uid, SOCKET_GID)
