"""The command line of this process, with all that it works on."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.cli import dispatch
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.support.factories import bot_config

DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{8,}(?![0-9a-f])")


class Machine:
    """A simulated exchange, a keyring, a user-data folder, and the command line in this process."""

    def __init__(
        self, folder: Path, exchange: SimulatedBitMEX, vault: Path, patch: pytest.MonkeyPatch, capture: Any
    ) -> None:
        self.folder, self.exchange, self.vault, self.patch, self._capture = folder, exchange, vault, patch, capture
        self.user_data = folder / "user_data"
        self.user_data.mkdir()

    def config(self, **section: Any) -> str:
        content = bot_config(self.folder, self.exchange, **section)
        path = self.folder / "config.json"
        path.write_text(json.dumps({**content, "user_data_dir": str(self.user_data)}))
        return str(path)

    def store_entries(self, **entries: str) -> None:
        self.vault.write_text(json.dumps({f"freqtrade-bitmex/{name}": value for name, value in entries.items()}))

    def run(self, *arguments: str, stdin: str = "") -> tuple[int, str]:
        self.patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8"))
        self.patch.setenv("COLUMNS", "200")
        try:
            code = dispatch.main(list(arguments))
        except SystemExit as end:  # after help
            code = int(end.code or 0)
        printed = self._capture.readouterr()
        return code, printed.out or printed.err

    def fields(self, *arguments: str) -> set[str]:
        return set(fields(json.loads(self.run(*arguments, "--format", "json")[1])))


def fields(value: Any, path: str = "") -> Iterator[str]:
    """Yield each field of a JSON document with the type of its value; all digests look the same."""
    kinds = {type(None): "null", bool: "yes or no", int: "number", float: "number", str: "text", list: "list"}
    if path:
        yield f"{path}: {kinds.get(type(value), 'object')}"
    for name, inside in value.items() if isinstance(value, dict) else ():
        yield from fields(inside, f"{path}.{DIGEST.sub('DIGEST', name)}".lstrip("."))
    for inside in value if isinstance(value, list) else ():
        yield from fields(inside, f"{path}[]")
