"""Out of plain text on a machine without a keyring."""

from __future__ import annotations

import json
import re
from pathlib import Path

import keyring
import pytest
from keyring.backends import fail

from tests.support.factories import KEY_ID, SECRET, allow_secrets_in
from tests.unit.manage.conftest import Run


def migrated(run: Run, path: Path, code: int) -> str:
    ended, printed = run("credentials", "migrate", "-c", str(path))
    assert ended == code, printed
    return printed


def test_without_a_keyring_the_named_file_is_the_way_out(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    allow_secrets_in(tmp_path / "home")
    keyring.set_keyring(fail.Keyring())  # type: ignore[no-untyped-call] # the fixture `vault` puts the old one back
    path = tmp_path / "config.json"
    allow_secrets_in(path)
    path.write_text(json.dumps({"exchange": {"name": "bitmex", "key": KEY_ID, "secret": SECRET}, "dry_run": False}))

    printed = migrated(run, path, code=4)
    (advice,) = re.findall(r"write (\"api_key_guard\": .*?) into the config, then run `(.*?)` again", printed)
    path.write_text(path.read_text().replace('"dry_run"', f'{advice[0]}, "dry_run"'))
    assert advice[1] == f"freqtrade-bitmex-guard credentials migrate -c {path}"
    migrated(run, path, code=0)

    (file,) = (tmp_path / "home").rglob("*.json")
    assert json.loads(file.read_text())["secret"] == SECRET
    assert SECRET not in path.read_text()
