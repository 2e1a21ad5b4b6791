"""What other packages bring by entry point."""

from __future__ import annotations

import importlib.metadata


class EntryPointError(Exception):
    """What another package brings cannot be used; the text fits a message, as the end of a sentence."""


def entry_point_names(group: str) -> list[str]:
    """Return the names that other packages bring, each once."""
    return sorted({entry.name for entry in importlib.metadata.entry_points(group=group)})


def load_entry_point(group: str, name: str) -> object | None:
    """Load what another package brings under a name.

    Args:
        group: of entry points.
        name: of the entry point, exactly.

    Returns:
        It, or None if no package brings it.

    Raises:
        EntryPointError: if several packages bring it, or if it cannot be loaded.
    """
    entries = {entry.value: entry for entry in importlib.metadata.entry_points(group=group, name=name)}
    if not entries:
        return None
    if len(entries) > 1:
        raise EntryPointError("several packages bring it")
    try:
        loaded: object = next(iter(entries.values())).load()
    except Exception as end:  # whatever somebody else's module raises
        problem = type(end).__name__
    else:
        return loaded
    raise EntryPointError(f"its package cannot be imported ({problem})")
