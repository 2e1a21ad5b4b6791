"""Redaction in the processes that this one starts by `multiprocessing`.

A forked child has this process's memory. One that is spawned, or forked by a server (Python 3.14's default), begins
anew and is sent its work through a pipe. The secrets to redact are sent along, before the work is read.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from multiprocessing.context import get_spawning_popen
from multiprocessing.process import BaseProcess
from typing import Any

from freqtrade_bitmex_guard.redaction import registry

TakeOver = Callable[[tuple[tuple[str, str], ...]], object]
"""A function of a module: registers secrets in a child, each with its replacement."""

_HANDS_ON = "_hands_on_secrets"


class _Handover:
    """Becomes the registered secrets of a child, where the object is read there."""

    def __init__(self, take_over: TakeOver) -> None:
        self._take_over = take_over

    def __reduce__(self) -> tuple[TakeOver, tuple[Any, ...]]:
        # Written for anything but a child, it holds nothing.
        return self._take_over, (registry.registered_values() if get_spawning_popen() else (),)


def install(take_over: TakeOver) -> None:
    """Have each process object carry the secrets to its child. Safe to repeat.

    Args:
        take_over: called in the child.
    """
    if not hasattr(BaseProcess.__init__, _HANDS_ON):
        BaseProcess.__init__ = _wrap_init(BaseProcess.__init__, take_over)  # type: ignore[method-assign]


def _wrap_init(build: Callable[..., None], take_over: TakeOver) -> Callable[..., None]:
    @functools.wraps(build)
    def handing_on(self: Any, *args: Any, **options: Any) -> None:
        # The first of its fields, so that it is read before the arguments of the work.
        self._guard_redaction = _Handover(take_over)
        build(self, *args, **options)

    setattr(handing_on, _HANDS_ON, True)
    return handing_on
