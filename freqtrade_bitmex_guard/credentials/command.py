"""Two programs that print the key id and the secret: pass, op, vault, sops."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from pathlib import Path

from freqtrade_bitmex_guard.config.stores import CommandStoreConfig
from freqtrade_bitmex_guard.credentials.interface import STORE_TIMEOUT_SECONDS
from freqtrade_bitmex_guard.model.credentials import Credentials, Secret, parse_credential
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.redaction.sanitize import sanitize_tokens

_MAX_BYTES = 8192


_POLL_SECONDS = 0.05


class CommandStore:
    """One program for the key id, one for the secret, run without a shell."""

    def __init__(self, config: CommandStoreConfig) -> None:
        self._key = config.key_command
        self._secret = config.secret_command
        self._running: subprocess.Popen[bytes] | None = None

    def load(self) -> Credentials:
        """Run both, each once, with one deadline for the two. What they print is never shown."""
        ends = time.monotonic() + STORE_TIMEOUT_SECONDS
        return Credentials(self._run(self._key, "key", ends), self._run(self._secret, "secret", ends))

    def cancel(self) -> None:
        """Kill the program under way and everything that it started."""
        running = self._running  # once: the thread that runs it may be done with it meanwhile
        if running is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(running.pid, signal.SIGKILL)

    def _run(self, command: list[str], name: str, ends: float) -> Secret:
        program = sanitize_tokens(Path(command[0]).name)
        by_hand = f"Run {name}_command by hand as the user that the bot runs as, until it prints the {name} alone."
        try:
            # A session of its own makes it one group with all that it starts, which can be killed as one.
            self._running = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as problem:
            fail("command-failed", f"{program} cannot be run: {problem.strerror or type(problem).__name__}.", by_hand)
        except ValueError:
            fail("command-failed", f"{program} cannot be run: an argument holds a null character.", by_hand)
        try:
            with self._running as process:
                try:
                    printed, complained = _read_output(process, ends)
                    code = process.wait(max(0.0, ends - time.monotonic()))
                except BaseException:
                    self.cancel()
                    raise
                self._running = None
        except (TimeoutError, subprocess.TimeoutExpired):
            fail(
                "store-timed-out",
                f"{program} did not end: both programs together have {STORE_TIMEOUT_SECONDS:.0f} seconds.",
                by_hand,
            )
        if code != 0:
            lines = complained.decode("utf-8", "replace").strip().splitlines()
            said = f": {sanitize_tokens(lines[0])}" if lines else ""
            fail("command-failed", f"{program} ended with exit code {code}{said}", by_hand)
        return parse_credential(printed.removesuffix(b"\n").decode("latin-1"), name, f"the output of {program}")


def _read_output(process: subprocess.Popen[bytes], ends: float) -> tuple[bytes, bytes]:
    """What a program prints and complains of, the first 8 KB of each; the rest is read and forgotten.

    As a shell's $(…) does, it waits for the end of what is printed, not for an agent that keeps only complaining.
    """
    kept = {process.stdout: bytearray(), process.stderr: bytearray()}
    with selectors.DefaultSelector() as waiting:
        for stream in kept:
            if stream is not None:
                waiting.register(stream, selectors.EVENT_READ)
        while True:
            printing = any(entry.fileobj is process.stdout for entry in waiting.get_map().values())
            is_over = not printing and process.poll() is not None
            left = ends - time.monotonic()
            if left <= 0:
                raise TimeoutError
            ready = waiting.select(0 if is_over else min(left, _POLL_SECONDS))
            for entry, _ in ready:
                chunk = os.read(entry.fd, _MAX_BYTES)
                if not chunk:
                    waiting.unregister(entry.fileobj)
                content = kept[entry.fileobj]  # type: ignore[index]
                content += chunk[: _MAX_BYTES - len(content)]
            if is_over and not ready:
                return bytes(kept[process.stdout]), bytes(kept[process.stderr])
