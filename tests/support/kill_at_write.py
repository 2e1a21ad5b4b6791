"""Kills a process right before its n-th write.

A write is a file that is opened for writing (before and after), renamed, removed or changed in some folders, a flush to
the disk, or a change in a real Secret Service. `python -m tests.support.kill_at_write N FOLDERS COMMAND…` runs our
command this way.
"""

from __future__ import annotations

import builtins
import io
import itertools
import os
import signal
import sys
from typing import Any

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_EVENTS = ("os.rename", "os.remove", "os.chmod", "os.chown", "os.utime", "os.truncate", "os.mkdir", "os.setxattr")


class _Killer:
    def __init__(self, at: int, folders: tuple[str, ...]) -> None:
        self._at = at
        self._folders = folders
        self._count = itertools.count(1)
        self._is_opened = False

    def tick(self) -> None:
        if next(self._count) == self._at:
            os.kill(os.getpid(), signal.SIGKILL)

    def audit(self, event: str, args: tuple[Any, ...]) -> None:
        is_opened = event == "open" and isinstance(args[2], int) and bool(args[2] & _WRITES)
        if (is_opened or event in _EVENTS) and str(args[0]).startswith(self._folders):
            self.tick()
            self._is_opened = is_opened

    def before(self, act: Any) -> Any:
        def do(*args: Any) -> Any:
            self.tick()
            return act(*args)

        return do

    def after(self, act: Any) -> Any:
        """Count an opened file again: it may be empty now, and nothing is written into it yet."""

        def do(*args: Any, **options: Any) -> Any:
            done = act(*args, **options)
            if self._is_opened:
                self._is_opened = False
                self.tick()
            return done

        return do


def arm(at: int, folders: tuple[str, ...]) -> None:
    """Kill this process at one of its writes."""
    killer = _Killer(at, folders)
    sys.addaudithook(killer.audit)
    os.fsync = killer.before(os.fsync)
    os.open, io.open, builtins.open = killer.after(os.open), killer.after(io.open), killer.after(builtins.open)
    if "SecretService" in os.environ.get("PYTHON_KEYRING_BACKEND", ""):
        from keyring.backends.SecretService import Keyring

        for name in ("set_password", "delete_password"):
            setattr(Keyring, name, killer.before(getattr(Keyring, name)))


def forked(at: int, folder: str, arguments: list[str], stdin: str = "") -> int:
    """Run our command in a fork of this process, which has imported everything, and kill it at one of its writes.

    Returns:
        The exit code, negative if a signal ended it.
    """
    import ccxt  # noqa: F401 - imported once here, not in every fork
    import freqtrade.commands.arguments
    import freqtrade.configuration.environment_vars
    import freqtrade.configuration.load_config  # noqa: F401

    from freqtrade_bitmex_guard.cli import dispatch
    from freqtrade_bitmex_guard.manage import commands  # noqa: F401

    child = os.fork()
    if child == 0:
        code = 99
        try:
            sys.stdin = io.StringIO(stdin)
            arm(at, (folder,))
            code = dispatch.main(arguments)
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    from freqtrade_bitmex_guard.cli import main

    arm(int(sys.argv[1]), tuple(sys.argv[2].split(os.pathsep)))
    sys.exit(main(sys.argv[3:]))
