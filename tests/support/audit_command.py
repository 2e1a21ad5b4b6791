"""`freqtrade-bitmex-guard audit`, run in the tests' own process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.cli import dispatch
from freqtrade_bitmex_guard.simulator.bitmex import Key
from tests.support.factories import KEY_ID, OTHER_ID, SECRET, other_key


class AuditCommand:
    """The command for one config; its output is searched for secrets."""

    def __init__(self, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._config = config
        self._capsys = capsys

    def __call__(self, *arguments: str) -> tuple[int, str]:
        """Run the command.

        Returns:
            Its exit code and what it printed.
        """
        code = dispatch.main(["audit", "-c", str(self._config), *arguments])
        printed = self._capsys.readouterr()
        for secret in (SECRET, SECRET[:6], KEY_ID, KEY_ID[:6], OTHER_ID, OTHER_ID[:6]):
            assert secret not in printed.out + printed.err
        return code, printed.out

    def json(self, *arguments: str) -> Any:
        """Run the command and return its JSON."""
        return json.loads(self(*arguments, "--format", "json")[1])


def sibling(**changes: Any) -> Key:
    """Return another key of the account that works from one address, with something changed."""
    return other_key(**{"cidr": "203.0.113.7", "name": "freqtrade-eth", **changes})


def audit_record(config: Path) -> Path:
    """Return the one record that the audits of a config left."""
    (path,) = (config.parent / "user_data" / "api_key_guard").glob("audit-*.json")
    return path
