"""A command at a real terminal, and its answers."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import pexpect

ROOT = Path(__file__).parents[2]
ENTER, DOWN, INTERRUPT, END_OF_FILE = "\r", "\x1b[B", "\x03", "\x04"
_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|[()][A-Z0-9]|[=>])")


def environment(vault: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the variables for a process that uses the tests' own keyring."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTEST_VERSION"}
    return {
        **kept,
        "PYTHON_KEYRING_BACKEND": "tests.support.file_keyring.Vault",
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "VAULT": str(vault),
        "XDG_CONFIG_HOME": str(vault.parent / "xdg"),
        "PROMPT_TOOLKIT_NO_CPR": "1",
        **(extra or {}),
    }


GUARD = (sys.executable, "-m", "freqtrade_bitmex_guard")


class Session:
    """A command at a terminal of its own."""

    def __init__(self, *command: str, env: Mapping[str, str], folder: Path, size: tuple[int, int] = (60, 150)) -> None:
        how = {"encoding": "utf-8", "timeout": 60, "dimensions": size}
        self._child = pexpect.spawn(command[0], list(command[1:]), env=dict(env), cwd=str(folder), **how)
        self._seen = ""

    @property
    def pid(self) -> int:
        """The id of the command's process."""
        return int(self._child.pid)

    def answer(self, question: str, keys: str = ENTER) -> None:
        """Wait for a question, then press keys."""
        self.sees(question)
        self._child.send(keys)

    def press(self, keys: str) -> None:
        """Press keys, whatever is on the screen."""
        self._child.send(keys)

    def waits_for_silence(self) -> None:
        """Wait until the terminal shows nothing that is typed."""
        assert self._child.waitnoecho(30)

    def sees(self, text: str) -> None:
        """Wait until a text is on the screen."""
        try:
            self._child.expect_exact(text)
        except (pexpect.EOF, pexpect.TIMEOUT):
            self._keep()
            raise AssertionError(f"{text!r} never came:\n{self.shown}") from None
        self._keep()

    def end(self) -> int:
        """Wait for the end.

        Returns:
            The exit code, negative if a signal ended the command.
        """
        if not self._child.eof():
            self._child.expect(pexpect.EOF)
            self._keep()
        self._child.close()
        signal: int | None = self._child.signalstatus
        return int(self._child.exitstatus) if signal is None else -signal

    @property
    def shown(self) -> str:
        """Everything that was on the screen, without colours."""
        return _ESCAPES.sub("", self._seen)

    def _keep(self) -> None:
        after = self._child.after if isinstance(self._child.after, str) else ""
        self._seen += (self._child.before or "") + after
