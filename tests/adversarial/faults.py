"""Runs a real check for every fault of the exchange and of the connection, and measures it.

    python -m tests.adversarial.faults > docs/pages/evidence/faults.md

writes the table in the documentation; `test_faults.py` compares it with what comes out today.
"""

from __future__ import annotations

import contextlib
import io
import logging
import multiprocessing
import os
import ssl
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.report import json, text
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.adversarial.fault_table import FAULTS, Fault
from tests.support.factories import bot_config, key, trusted_authority

TIMEOUT_SECONDS = 2
MAX_MILLISECONDS = 1000 * (TIMEOUT_SECONDS + 2)
MAX_MEGABYTES = 100


@dataclass(frozen=True)
class Measured:
    """The outcome of a check with a fault.

    Attributes:
        verdict: of the check.
        exit_code: of the verdict.
        received: how many requests the simulated exchange received.
        megabytes: the most memory, above what the process had before.
        threads: how many of the guard's threads were left.
        shown: the log at the lowest level, what was printed, and the verdict in every form.
    """

    verdict: Verdict
    exit_code: int
    received: int
    megabytes: float
    threads: int
    shown: str

    @property
    def cells(self) -> list[str]:
        """The cells of a row that are the same each time."""
        causes = ", ".join(dict.fromkeys(f"`{finding.name}`" for finding in self.verdict.findings)) or "–"
        return [self.verdict.outcome.value, str(self.exit_code), causes, str(self.verdict.requests)]


def measure(fault: Fault, folder: Path) -> Measured:
    """Run a real check with a fault, in a new process.

    In an old process, memory that was given back hides what is taken.

    Args:
        fault: of the exchange or the connection.
        folder: an empty one, for the credential files.
    """
    fresh = multiprocessing.get_context("forkserver")
    fresh.set_forkserver_preload(["ccxt", "requests", "tests.adversarial.faults"])
    with ProcessPoolExecutor(1, fresh, max_tasks_per_child=1) as process:
        return process.submit(_measure, fault.name, folder).result()


def _measure(name: str, folder: Path) -> Measured:
    _check_with(FAULTS[0], folder)  # the imports of the first check count for no fault
    return _check_with(next(fault for fault in FAULTS if fault.name == name), folder)


def _check_with(fault: Fault, folder: Path) -> Measured:
    with contextlib.ExitStack() as stack:
        tls = None
        if fault.certificate:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            fault.certificate(stack.enter_context(trusted_authority(folder))).configure_cert(tls)
        exchange = stack.enter_context(SimulatedBitMEX([key()], tls=tls))
        if fault.reaction:
            exchange.respond_always("/apiKey", fault.reaction)
        if fault.arrange:
            fault.arrange(exchange)
        config = bot_config(folder, exchange, timeout_seconds=TIMEOUT_SECONDS, policy=fault.policy)
        if fault.server:
            url = stack.enter_context(fault.server())
            config["exchange"]["ccxt_config"] = {"urls": {"api": {"public": url, "private": url}}}
        output = stack.enter_context(_captured_output())
        idle = _peak_memory(forget=True)
        verdict = LocalCheck(config).run().verdict
        megabytes = (_peak_memory() - idle) / 1024
        leftover = [thread for thread in threading.enumerate() if thread.name == "freqtrade-bitmex-guard"]
        shown = "\n".join(
            [output.getvalue(), text.render(verdict), text.render_plain(verdict), json.to_json(verdict), repr(verdict)]
        )
        return Measured(verdict, verdict.exit_code, len(exchange.requests), megabytes, len(leftover), shown)


@contextlib.contextmanager
def _captured_output() -> Iterator[io.StringIO]:
    """Capture everything that this process logs, at every level, and prints."""
    output = io.StringIO()
    handler = logging.StreamHandler(output)
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.NOTSET + 1)
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            yield output
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def _peak_memory(*, forget: bool = False) -> int:
    """Return the most memory that this process had resident, in KB, since the peak was reset (proc_pid_clear_refs(5)).

    Args:
        forget: whether to reset the peak first.
    """
    if forget:
        Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


HEAD = f"""# Every fault, and what the check made of it

`python -m tests.adversarial.faults > docs/pages/evidence/faults.md` wrote this page.
Each row is one real check, with real ccxt, BitMEX simulated, and `"timeout_seconds": {TIMEOUT_SECONDS}`.
`tests/adversarial/test_faults.py` compares all but the last two columns with what comes out today.
It holds those two to their bounds: {MAX_MILLISECONDS:,} ms, and {MAX_MEGABYTES} MB above what the process had before.
A check that took longer is made once more, for the machine may have been busy.

| fault | verdict | exit code | cause | requests | ms | MB |
|---|---|---|---|---|---|---|
"""


def main() -> None:
    """Print the page."""
    os.environ["PYTHONWARNINGS"] = "ignore::RuntimeWarning:runpy"  # each child warns about its main module
    sys.stdout.write(HEAD)
    with tempfile.TemporaryDirectory() as folder:
        for fault in FAULTS:
            measured = measure(fault, Path(folder))
            numbers = [f"{measured.verdict.duration_ms:,}", f"{max(0, measured.megabytes):.1f}"]
            print("|", " | ".join([fault.name, *measured.cells, *numbers]), "|")


if __name__ == "__main__":
    main()
