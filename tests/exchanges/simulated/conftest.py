"""Leaves out, unless they are asked for, the bots that start here without the guard."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the slow tests of this folder, unless GUARD_TESTS_UNGUARDED is set.

    The contract of each exchange starts the same bots with the guard, so these matter only where a simulator changes.
    """
    if os.environ.get("GUARD_TESTS_UNGUARDED"):
        return
    left_out = [item for item in items if HERE in item.path.parents and item.get_closest_marker("slow")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]
