"""Work with a time limit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

_T = TypeVar("_T")

_ABORT_GRACE_SECONDS = 1.0


def run_with_timeout(work: Callable[[], _T], seconds: float, on_timeout: Callable[[], None] = lambda: None) -> _T:
    """Run something in a thread of its own, and stop waiting for it when the time is over.

    Args:
        work: what to run.
        seconds: how long to wait.
        on_timeout: ends hanging work, for example by closing its socket; called only if the work still runs.

    Returns:
        What the work returned.

    Raises:
        TimeoutError: the time is over.
        BaseException: whatever the work raised, SystemExit included. Ctrl-C calls `on_timeout`, then raises
            KeyboardInterrupt.
    """
    returned: list[_T] = []
    raised: list[BaseException] = []
    # Not the thread's own join: after one that Ctrl-C interrupted, CPython 3.11 believes that the thread has ended.
    ended = threading.Event()

    def run() -> None:
        try:
            returned.append(work())
        except BaseException as problem:
            raised.append(problem)
        finally:
            ended.set()

    thread = threading.Thread(target=run, name="freqtrade-bitmex-guard", daemon=True)
    thread.start()
    try:
        ended.wait(seconds)
    finally:
        is_late = not ended.is_set()
        if is_late:
            on_timeout()
            ended.wait(_ABORT_GRACE_SECONDS)
    if is_late:
        # A result that came after all may have been made by `on_timeout`.
        raise TimeoutError
    if raised:
        raise raised[0]
    return returned[0]


def run_concurrently(works: Sequence[Callable[[], _T]]) -> list[_T | BaseException]:
    """Run several things at the same time, each in a thread of its own, and wait for all of them.

    Args:
        works: what to run; each limits its own time.

    Returns:
        What each of them returned or raised, in their order.
    """
    outcomes: list[_T | BaseException] = [TimeoutError()] * len(works)

    def run(number: int, work: Callable[[], _T]) -> None:
        try:
            outcomes[number] = work()
        except BaseException as problem:
            outcomes[number] = problem

    # Daemons, so that an interrupt ends the process without waiting for them.
    threads = [threading.Thread(target=run, args=work, daemon=True) for work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
