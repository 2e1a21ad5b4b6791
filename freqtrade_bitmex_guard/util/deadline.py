"""Work that must not take longer than it may."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

_T = TypeVar("_T")


_ABORT_GRACE_SECONDS = 1.0


def run_with_timeout(work: Callable[[], _T], seconds: float, cut: Callable[[], None] = lambda: None) -> _T:
    """Do something in a thread of its own, and stop waiting for it in time.

    Args:
        work: what to do.
        seconds: how long to wait.
        cut: makes hanging work end, for example by closing its socket; called only if it is still under way.

    Returns:
        What the work returned.

    Raises:
        TimeoutError: the time is over.
        BaseException: whatever the work raised, SystemExit included; of Ctrl-C, KeyboardInterrupt once it was cut.
    """
    returned: list[_T] = []
    raised: list[BaseException] = []
    # Not the thread's own join: one that Ctrl-C interrupts takes the thread for ended (CPython 3.11).
    ended = threading.Event()

    def carry_out() -> None:
        try:
            returned.append(work())
        except BaseException as problem:
            raised.append(problem)
        finally:
            ended.set()

    thread = threading.Thread(target=carry_out, name="freqtrade-bitmex-guard", daemon=True)
    thread.start()
    try:
        ended.wait(seconds)
    finally:
        late = not ended.is_set()
        if late:
            cut()
            ended.wait(_ABORT_GRACE_SECONDS)
    if late:
        # Whatever it came to after it was cut off, it may be the cut that made it so.
        raise TimeoutError
    if raised:
        raise raised[0]
    return returned[0]


def run_concurrently(works: Sequence[Callable[[], _T]]) -> list[_T | BaseException]:
    """Do several things at the same time, each in a thread of its own, and wait for all of them.

    Args:
        works: what to do; each bounds its own time.

    Returns:
        What each of them returned or raised, in their order.
    """
    outcomes: list[_T | BaseException] = [TimeoutError()] * len(works)

    def carry_out(number: int, work: Callable[[], _T]) -> None:
        try:
            outcomes[number] = work()
        except BaseException as problem:
            outcomes[number] = problem

    # Daemons, so that an interrupt ends the process without waiting for them.
    threads = [threading.Thread(target=carry_out, args=work, daemon=True) for work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
