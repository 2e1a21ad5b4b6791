"""A crash of this process writes no image of its memory to disk."""

from __future__ import annotations

from contextlib import suppress


def forbid() -> None:
    """Forbid core dumps of this process and its children. Safe to repeat."""
    with suppress(ImportError, OSError, ValueError):  # Windows has no such limit
        import resource  # noqa: PLC0415

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
