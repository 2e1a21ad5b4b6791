"""The small file in which a running bot writes its last look at its key, for `health` in another process."""

from __future__ import annotations

import contextlib
import json
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path

from freqtrade_bitmex_guard.config.section import SECTION
from freqtrade_bitmex_guard.util import atomic_file

_MAX_BYTES = 10_000

# A recheck and its pauses take this long at most; until then a late look is only a slow one.
_SLOW_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Health:
    """What `health` says of a bot.

    Attributes:
        healthy: whether the bot runs, its key was looked at in time, and the guard does not hold the bot.
        message: the reason, in one line.
    """

    healthy: bool
    message: str


def file_in(user_data: Path) -> Path:
    """Return the path of the file of the bot with this user-data folder."""
    return user_data / SECTION / "health.json"


def remove(user_data: Path) -> None:
    """Remove what an earlier bot wrote, so that it cannot vouch for the next one.

    Raises:
        OSError: if it is still there.
    """
    file_in(user_data).unlink(missing_ok=True)


def write(user_data: Path, findings: tuple[str, ...], *, held: bool, interval_seconds: float) -> None:
    """Write that the key was looked at just now. It holds no secret and no part of a key.

    Args:
        user_data: the bot's folder.
        findings: the names of the errors that the look showed.
        held: whether the guard holds the bot.
        interval_seconds: until the next look; 0 if there is none.

    Raises:
        OSError: if it cannot be written.
    """
    content = {
        "pid": os.getpid(),
        "looked_at": time.time(),
        "interval_seconds": interval_seconds,
        "held": held,
        "findings": findings,
    }
    atomic_file.write_atomically(file_in(user_data), json.dumps(content))


def read(user_data: Path) -> Health:
    """Judge a bot by its file; whatever is odd about the file is unhealthy."""
    try:
        content = json.loads(atomic_file.read_limited(file_in(user_data), _MAX_BYTES))
        pid, held, findings = content["pid"], content["held"], content["findings"]
        looked_at, interval = float(content["looked_at"]), float(content["interval_seconds"])
        is_sound = type(pid) is int and pid > 0 and type(held) is bool and math.isfinite(looked_at + interval)
        names = ", ".join(str(name) for name in findings)
    except FileNotFoundError:
        return Health(False, f"no guarded bot runs with the user data in {user_data}")
    except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
        is_sound = False
    if not is_sound:
        return Health(False, f"{file_in(user_data)} cannot be read")
    age = time.time() - looked_at
    if not _runs(pid):
        return Health(False, f"the bot has ended; its key was looked at {age:.0f} seconds ago")
    if held:
        return Health(False, f"the guard holds the bot ({names}); its key was looked at {age:.0f} seconds ago")
    if age < -_SLOW_SECONDS or (interval and age > 2 * interval + _SLOW_SECONDS):
        return Health(False, f"the last look at the key is {age:.0f} seconds old, and one is due every {interval:.0f}")
    silent = f"; that look failed ({names}), and the bot goes on for its grace period" if names else ""
    return Health(True, f"the bot runs; its key was looked at {age:.0f} seconds ago{silent}")


def _runs(pid: int) -> bool:
    with contextlib.suppress(PermissionError):  # of another user, but it runs
        try:
            os.kill(pid, 0)
        except (ProcessLookupError, OverflowError):
            return False
    return True
