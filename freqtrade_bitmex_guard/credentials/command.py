"""Two programs that print the key id and the secret: pass, op, vault, sops."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from freqtrade_bitmex_guard.config import CommandStore
from freqtrade_bitmex_guard.credentials.interface import READING_SECONDS
from freqtrade_bitmex_guard.credentials.secret import Credentials, Secret, credential
from freqtrade_bitmex_guard.findings import stop
from freqtrade_bitmex_guard.redaction import harmless, without_tokens


class SecretCommands:
    """One program for the key id, one for the secret, run without a shell."""

    def __init__(self, config: CommandStore) -> None:
        self._key = config.key_command
        self._secret = config.secret_command

    def load(self) -> Credentials:
        """Run both, each once. What they print is never shown."""
        ends = time.monotonic() + READING_SECONDS
        return Credentials(_run(self._key, "key", ends), _run(self._secret, "secret", ends))


def _run(command: list[str], name: str, ends: float) -> Secret:
    program = harmless(Path(command[0]).name)
    by_hand = (
        f"Run {name}_command by hand, as the user that the bot runs as, until it prints the {name} and nothing else."
    )
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=max(0.0, ends - time.monotonic()),
            check=False,
        )
    except subprocess.TimeoutExpired:
        stop(
            "store-timed-out",
            f"{program} did not end: both programs together have {READING_SECONDS:.0f} seconds.",
            by_hand,
        )
    except OSError as problem:
        stop("command-failed", f"{program} cannot be run: {problem.strerror or type(problem).__name__}.", by_hand)
    except ValueError:
        stop("command-failed", f"{program} cannot be run: an argument holds a character no argument may hold.", by_hand)
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        said = f": {without_tokens(lines[0])}" if lines else ""
        stop("command-failed", f"{program} ended with exit code {done.returncode}{said}", by_hand)
    return credential(done.stdout.removesuffix(b"\n").decode("latin-1"), name, f"the output of {program}")
