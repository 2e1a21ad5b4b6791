"""Answers and errors of an exchange, documented, recorded or built from its documentation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parents[1] / "exchanges" / "data"


def samples(exchange: str, endpoint: str = "") -> dict[str, Any]:
    """Return the bodies of good answers by what is special about them.

    Args:
        exchange: its ccxt id.
        endpoint: what the endpoint ends with.
    """
    listed = [entry for entry in _load(exchange)["samples"] if entry["kind"] != "error"]
    return {entry["note"]: entry["body"] for entry in listed if entry["endpoint"].endswith(endpoint)}


def errors(exchange: str) -> dict[str, dict[str, Any]]:
    """Return the errors that are known by their names, with `status` (None if that is unknown) and `body`."""
    return {entry["name"]: entry for entry in _load(exchange)["errors"] if entry["body"] is not None}


def _load(exchange: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((_FOLDER / f"{exchange}.json").read_text(encoding="utf-8"))
    return content
