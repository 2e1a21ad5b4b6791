"""One program for each part, which prints it: pass, op, vault, sops."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence

from freqtrade_bitmex_guard.config.stores import CommandStoreConfig
from freqtrade_bitmex_guard.credentials.command_failures import (
    explain_exit,
    explain_start_failure,
    program_name,
)
from freqtrade_bitmex_guard.credentials.interface import STORE_TIMEOUT_SECONDS
from freqtrade_bitmex_guard.model.credentials import CredentialField, Credentials, Secret, parse_credential
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.model.pem import MAX_BYTES, is_pem

_CHUNK_BYTES = 8192

_POLL_SECONDS = 0.05

_NOTES_BELOW = ("pass", "gopass", "passage")
"""Programs whose entries have the password on the first line and notes below it, by convention."""


class CommandStore:
    """One program for each part of the credentials, run without a shell."""

    def __init__(self, config: CommandStoreConfig) -> None:
        self._config = config
        self._running: subprocess.Popen[bytes] | None = None

    def load(self, fields: Sequence[CredentialField]) -> Credentials:
        """Run each program once, with one deadline for all. What they print is never shown."""
        ends = time.monotonic() + STORE_TIMEOUT_SECONDS
        return Credentials({field: self._run(field, ends) for field in fields})

    def cancel(self) -> None:
        """Kill the running program and everything that it started."""
        running = self._running  # read once: the thread that runs it may finish meanwhile
        if running is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(running.pid, signal.SIGKILL)

    def _run(self, field: CredentialField, ends: float) -> Secret:
        command = self._config.command(field)
        program = program_name(command)
        by_hand = (
            f"Run {field.name}_command by hand as the user that the bot runs as, until it prints the {field.label} "
            "alone."
        )
        try:
            # A session of its own makes it one process group with all that it starts, which can be killed as one.
            self._running = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as problem:
            reason, fix = explain_start_failure(command, problem)
            fail("command-failed", reason, fix or by_hand)
        except ValueError:
            fail("command-failed", f"{program} cannot be run: an argument contains a null character.", by_hand)
        try:
            with self._running as process:
                try:
                    printed, errors = _read_output(process, ends)
                    code = process.wait(max(0.0, ends - time.monotonic()))
                except BaseException:
                    self.cancel()
                    raise
                self._running = None
        except (TimeoutError, subprocess.TimeoutExpired):
            fail(
                "store-timed-out",
                f"{program} did not end: all programs together have {STORE_TIMEOUT_SECONDS:.0f} seconds.",
                by_hand,
            )
        if code != 0:
            fail("command-failed", explain_exit(command, code, errors), by_hand)
        text = printed.removesuffix(b"\n").decode("latin-1")
        if program in _NOTES_BELOW and not is_pem(text):
            # Only its first line is the password; what follows are notes, and may be a line end that was pasted.
            text = text.partition("\n")[0]
        return parse_credential(text, field, f"the output of {program}")


def _read_output(process: subprocess.Popen[bytes], ends: float) -> tuple[bytes, bytes]:
    """Return what a program prints and what it writes to standard error, the beginning of each.

    Like a shell's $(…) it waits for the end of standard output, not for an agent that keeps standard error open.
    """
    kept = {process.stdout: bytearray(), process.stderr: bytearray()}
    limit = MAX_BYTES + 2  # so that what is too long is seen to be
    with selectors.DefaultSelector() as waiting:
        for stream in kept:
            if stream is not None:
                waiting.register(stream, selectors.EVENT_READ)
        while True:
            is_printing = any(entry.fileobj is process.stdout for entry in waiting.get_map().values())
            is_over = not is_printing and process.poll() is not None
            remaining = ends - time.monotonic()
            if remaining <= 0:
                raise TimeoutError
            ready = waiting.select(0 if is_over else min(remaining, _POLL_SECONDS))
            for entry, _ in ready:
                chunk = os.read(entry.fd, _CHUNK_BYTES)
                if not chunk:
                    waiting.unregister(entry.fileobj)
                content = kept[entry.fileobj]  # type: ignore[index]
                content += chunk[: limit - len(content)]
            if is_over and not ready:
                return bytes(kept[process.stdout]), bytes(kept[process.stderr])
