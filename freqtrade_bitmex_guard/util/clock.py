"""What this machine itself knows of its clock; no server is queried."""

from __future__ import annotations

import ctypes
import sys
from dataclasses import dataclass
from pathlib import Path

_TIMESYNCD = Path("/run/systemd/timesync")
_SYNCHRONIZED = "synchronized"  # systemd-timesyncd creates it with the first answer of a server
_MAX_ERROR_MICROSECONDS = 16_000_000  # the kernel's limit; systemd takes it, too
_UNSYNCHRONIZED = 0x40  # STA_UNSYNC of <sys/timex.h>


class _Timex(ctypes.Structure):
    """The beginning of `struct timex` of <sys/timex.h>, with room for the rest of it."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 512),
    )


@dataclass(frozen=True, slots=True)
class ClockState:
    """What is known of the clock.

    Attributes:
        is_synchronized: whether a time service keeps it right; None if that is not known.
        detail: the same as a noun phrase or clause, for a person.
    """

    is_synchronized: bool | None
    detail: str


def read_clock() -> ClockState:
    """Read what the kernel and a time service on this machine report of the clock."""
    return judge(_kernel_error_microseconds(), _TIMESYNCD)


def judge(error_microseconds: int | None, timesyncd: Path) -> ClockState:
    """Judge what the kernel reports.

    Args:
        error_microseconds: how far the clock may be off; None if nobody has set it by a time source.
        timesyncd: the folder of systemd-timesyncd, which is there while it runs.
    """
    if error_microseconds is not None:
        return ClockState(True, f"synchronized by a time service, to within {error_microseconds / 1e6:.2g} seconds")
    if timesyncd.is_dir() and not (timesyncd / _SYNCHRONIZED).exists():
        return ClockState(False, "this machine's time service has not reached a time server yet")
    return ClockState(None, "not known: no time service on this machine reports that it keeps the clock")


def _kernel_error_microseconds() -> int | None:
    """Return how far off the clock may be (adjtimex(2), which chrony, ntpd and systemd-timesyncd set)."""
    if sys.platform != "linux":
        return None
    state = _Timex()
    try:
        ended = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(state))
    except (AttributeError, OSError):
        return None
    is_off = ended < 0 or state.status & _UNSYNCHRONIZED or state.maxerror >= _MAX_ERROR_MICROSECONDS
    return None if is_off else int(state.maxerror)
