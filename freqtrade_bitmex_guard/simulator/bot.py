"""A real freqtrade bot in a folder of its own that uses a simulated exchange, for the demo and the tests."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from freqtrade_bitmex_guard.simulator.interface import SimulatedExchange
from freqtrade_bitmex_guard.simulator.keys import KeyState

_RUNNING = "to: RUNNING"
_ASK_AGAIN_SECONDS = 5.0
# What freqtrade says first once an interrupt has reached it, with a bot that stands and without one.
_HEARD = ("worker found ... calling exit", "SIGINT received")


class DemoBot:
    """One bot's folder: its config, its user data, and its credentials in files that only their owner reads.

    Attributes:
        folder: holds everything.
        exchange: is used by the bot.
        config: freqtrade's config; change it before `write`.
    """

    def __init__(self, folder: Path, exchange: SimulatedExchange[Any]) -> None:
        self.folder = folder
        self.exchange = exchange
        (folder / "user_data" / "strategies").mkdir(parents=True)
        with as_file(files(__package__).joinpath("strategy.py")) as strategy:
            shutil.copy(strategy, folder / "user_data" / "strategies" / "never_trades.py")
        self.config: dict[str, Any] = {
            "dry_run": False,
            "stake_amount": 50,
            "max_open_trades": 1,
            "timeframe": "5m",
            "strategy": "NeverTrades",
            "user_data_dir": str(folder / "user_data"),
            "db_url": f"sqlite:///{folder / 'trades.sqlite'}",
            "initial_state": "running",
            "entry_pricing": {"price_side": "same", "use_order_book": True, "order_book_top": 1},
            "exit_pricing": {"price_side": "same", "use_order_book": True, "order_book_top": 1},
            "pairlists": [{"method": "StaticPairList"}],
            "internals": {"process_throttle_secs": 1},
            "api_key_guard": {
                "credentials": {
                    "store": "files",
                    **{f"{part}_file": str(folder / part) for part in exchange.credential_parts},
                },
                "allowed_hosts": ["127.0.0.1"],
            },
            **exchange.bot_config(),
        }

    def store(self, key: KeyState) -> None:
        """Put a key's credentials into the bot's files."""
        for name, value in self.exchange.credentials(key).items():
            path = self.folder / name
            path.unlink(missing_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(value + "\n")

    def write(self) -> Path:
        """Write the config; returns its path."""
        path = self.folder / "config.json"
        path.write_text(json.dumps(self.config, indent=2), encoding="utf-8")
        return path

    def trade(self, *arguments: str, python: str = sys.executable, extra: Mapping[str, str] | None = None) -> Process:
        """Start plain `freqtrade trade` as a process of its own."""
        return Process([python, "-m", "freqtrade", "trade", "-c", str(self.write()), *arguments], self.folder, extra)


class Process:
    """A process whose whole output is collected.

    Attributes:
        exit_code: once it has ended.
    """

    def __init__(self, command: list[str], folder: Path, extra: Mapping[str, str] | None = None) -> None:
        # With PYTEST_VERSION set, freqtrade leaves its logging alone; the variables of this process's own bot, if
        # there is one, are none of the new one's business.
        environment = {
            name: value
            for name, value in os.environ.items()
            if name != "PYTEST_VERSION" and not name.startswith("FREQTRADE__")
        }
        self.exit_code: int | None = None
        self._lines: list[str] = []
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env={**environment, "COLUMNS": "1000", **(extra or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        self._reader = threading.Thread(target=self._collect, daemon=True)
        self._reader.start()

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return "".join(self._lines)

    def wait(self, seconds: float = 60) -> int:
        """Wait for its end and return its exit code; a process that does not end is killed.

        Raises:
            TimeoutError: if it had to be killed.
        """
        try:
            self.exit_code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise TimeoutError(f"did not end within {seconds:.0f} s:\n{self.output}") from None
        self._reader.join(5)
        return self.exit_code

    def wait_for_output(self, text: str = _RUNNING, seconds: float = 60) -> bool:
        """Return whether a text appears in its output before it ends or the time is over."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            if text in self.output:
                return True
            if self._process.poll() is not None:
                self._reader.join(5)
                return text in self.output
            time.sleep(0.05)
        return False

    def stop(self, seconds: float = 50) -> int:
        """Interrupt it as Ctrl-C does, and return its exit code as a shell shows it.

        An interrupt is lost if Python is in a callback of its import system, or if it was started in the background of
        a script, which ignores them: then freqtrade hears SIGTERM, which it takes for the same. Once it has heard, it
        is left alone: what comes while it is ending would kill it outright.
        """
        ends = time.monotonic() + seconds
        asking = signal.SIGINT
        while self._process.poll() is None and time.monotonic() < ends:
            if not any(heard in self.output for heard in _HEARD):
                self._process.send_signal(asking)
                asking = signal.SIGTERM
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_ASK_AGAIN_SECONDS)
        code = self.wait(1)
        # Where an interrupt meets code that was compiled from text, as SQLAlchemy's is, CPython ends by the signal
        # itself, though freqtrade has dealt with it (Python/pythonrun.c, run_eval_code_obj).
        return 128 + signal.SIGINT if code == -signal.SIGINT else code

    def kill(self) -> None:
        """End it at once, whatever it is doing."""
        self._process.kill()
        self._process.wait()

    def _collect(self) -> None:
        if self._process.stdout is None:
            return
        with self._process.stdout as stream:
            for line in stream:
                self._lines.append(line)
