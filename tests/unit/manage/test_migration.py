"""Out of plain text, by the command itself: what is moved, what is blanked, and what is left alone."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import keyring
import pytest

from freqtrade_bitmex_guard.manage.bot_context import BotContext
from tests.support.factories import KEY_ID, OTHER_ID, OTHER_SECRET, SECRET, allow_secrets_in, store_files
from tests.unit.manage.conftest import Run

CONFIG = """\
{
    // The bot of the north.
    "exchange": {
        "name": "bitmex",
        "key": "KEY",   /* made in May */
        "secret": "SECRET",
        "ccxt_config": {"enableRateLimit": true,},
    },
    "dry_run": false, // really
}
"""


def config(folder: Path, text: str = CONFIG, name: str = "config.json") -> Path:
    path = folder / name
    allow_secrets_in(path)
    path.write_bytes(text.replace("KEY", KEY_ID).replace("SECRET", SECRET).encode())
    return path


def blanked(text: str = CONFIG) -> bytes:
    return text.replace("KEY", "").replace("SECRET", "").encode()


def stored(service: str = "freqtrade-bitmex") -> dict[str, str]:
    entry = json.loads(keyring.get_password(service, "credentials") or "{}")
    return {name: entry.get(name) for name in ("key", "secret")}


def migrated(run: Run, path: Path, code: int = 0) -> str:
    ended, printed = run("credentials", "migrate", "-c", str(path))
    assert ended == code, printed
    for hidden in (SECRET[:8], KEY_ID[:5]):
        assert hidden not in printed
    return printed


def untouched(run: Run, path: Path, rule: str) -> str:
    before = path.read_bytes()
    printed = migrated(run, path, code=4)
    assert rule in printed
    assert path.read_bytes() == before
    assert stored() == {"key": None, "secret": None}
    return printed


VARIANTS = {
    "as people write it": CONFIG,
    "with CRLF": CONFIG.replace("\n", "\r\n"),
    "on one line": '{"exchange": {"name": "bitmex", "key": "KEY", "secret": "SECRET"}}',
    "with tabs and no last line end": CONFIG.replace("    ", "\t").rstrip("\n"),
    "twice in one object": CONFIG.replace('"secret": "SECRET",', '"secret": "SECRET",\n        "secret": "SECRET",'),
    "twice, once for ccxt": CONFIG.replace("true,}", 'true, "apiKey": "KEY", "secret": "SECRET"}'),
    "once more in a comment": CONFIG.replace("// really", '// "secret": "SECRET" of KEY'),
    "once more in a block comment": CONFIG.replace("made in May", "was SECRET\n before"),
    "with names in other spellings": CONFIG.replace('"key"', '"api_key"').replace('"secret"', '"apiSecret"'),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_key_and_secret_move_and_nothing_else_changes(run: Run, tmp_path: Path, name: str) -> None:
    path = config(tmp_path, VARIANTS[name])
    migrated(run, path)
    assert path.read_bytes() == blanked(VARIANTS[name])
    assert stored() == {"key": KEY_ID, "secret": SECRET}
    assert sorted(each.name for each in tmp_path.iterdir()) == ["config.json", "vault.json"]


def test_a_secret_that_is_written_with_escapes_moves_as_what_it_means(run: Run, tmp_path: Path) -> None:
    escaped = "".join(f"\\u{ord(character):04x}" for character in SECRET)
    path = config(tmp_path, CONFIG.replace("SECRET", escaped))
    migrated(run, path)
    assert path.read_bytes() == blanked()
    assert stored()["secret"] == SECRET


def nested(folder: Path) -> list[Path]:
    """The key in one file, the secret in another that a third includes."""
    (folder / "private").mkdir()
    secret = config(folder, '{"exchange": {"secret": "SECRET"}} // deep', "private/secret.json")
    middle = config(folder, '{"add_config_files": ["private/secret.json"]}', "middle.json")
    top = config(
        folder, '{"exchange": {"name": "bitmex", "key": "KEY"}, "add_config_files": ["middle.json", "middle.json"]}'
    )
    return [top, middle, secret]


def test_they_are_found_in_the_files_that_a_config_includes(run: Run, tmp_path: Path) -> None:
    files = nested(tmp_path)
    migrated(run, files[0])
    assert stored() == {"key": KEY_ID, "secret": SECRET}
    assert not any(value in file.read_text() for file in files for value in (KEY_ID, SECRET))
    assert files[2].read_text() == '{"exchange": {"secret": ""}} // deep'


def test_the_next_run_finishes_one_that_was_killed_between_files(run: Run, tmp_path: Path) -> None:
    files = nested(tmp_path)
    migrated(run, files[0])
    config(tmp_path, '{"exchange": {"secret": "SECRET"}} // deep', "private/secret.json")
    assert "read back and found the same" in migrated(run, files[0])
    assert SECRET not in files[2].read_text()


def test_afterwards_there_is_nothing_left_to_move(run: Run, tmp_path: Path) -> None:
    path = config(tmp_path)
    migrated(run, path)
    assert "nothing to move" in migrated(run, path)


def test_it_says_that_the_secret_counts_as_exposed_and_what_to_do(run: Run, tmp_path: Path) -> None:
    printed = migrated(run, config(tmp_path))
    for word in (
        "exposed",
        "backups",
        "git",
        "shell",
        "credentials rotate",
        "log --all --oneline",
        "freqtrade-bitmex-guard setup -c",
    ):
        assert word in printed


def test_a_byte_order_mark_is_told_for_freqtrade_does_not_read_it(run: Run, tmp_path: Path) -> None:
    assert "byte order mark" in untouched(run, config(tmp_path, "\ufeff" + CONFIG), "config-unreadable")


def test_a_read_only_file_is_not_changed_and_nothing_is_stored(run: Run, tmp_path: Path) -> None:
    path = config(tmp_path)
    path.chmod(0o400)
    assert "chmod u+w" in untouched(run, path, "config-not-written")


def test_what_was_stored_before_a_file_could_not_be_replaced_is_told(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(new: Path, old: Path) -> None:
        if old == path:
            raise PermissionError(13, "Permission denied")
        really(new, old)

    really, path = os.replace, config(tmp_path)
    monkeypatch.setattr(os, "replace", denied)
    printed = migrated(run, path, code=4)
    assert "is in this user's keyring" in printed
    assert "Nothing" not in printed
    assert stored() == {"key": KEY_ID, "secret": SECRET}
    assert SECRET in path.read_text()


def test_what_nobody_has_stored_is_not_blanked(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BotContext, "writable_store", None)  # as if somebody had forgotten how to write this store
    path = config(tmp_path)
    migrated(run, path, code=1)
    assert SECRET in path.read_text()


def test_two_different_secrets_are_both_left_where_they_are(run: Run, tmp_path: Path) -> None:
    text = CONFIG.replace("true,}", f'true, "secret": "{OTHER_SECRET}"}}')
    printed = untouched(run, config(tmp_path, text), "credentials-conflict")
    assert "exchange.ccxt_config.secret" in printed
    assert OTHER_SECRET not in printed


def test_a_secret_that_is_also_used_elsewhere_is_left_alone(run: Run, tmp_path: Path) -> None:
    text = CONFIG.replace('"dry_run"', '"api_server": {"password": "SECRET"},\n    "dry_run"')
    assert "api_server" in untouched(run, config(tmp_path, text), "credentials-conflict")


@pytest.mark.parametrize("spelt", [r"Zm9v\/b\/c+d==", "Zm9v%2Fb%2Fc%2Bd%3D%3D"], ids=["as JSON may", "as in a URL"])
@pytest.mark.parametrize("place", ["// was SPELT", '"x": "of SPELT",'], ids=["in a comment", "in another value"])
def test_a_secret_elsewhere_in_another_spelling_is_left_alone(run: Run, tmp_path: Path, spelt: str, place: str) -> None:
    text = CONFIG.replace("bitmex", "kraken").replace("SECRET", "Zm9v/b/c+d==")
    text = text.replace('"dry_run"', f'{place.replace("SPELT", spelt)}\n    "dry_run"')
    untouched(run, config(tmp_path, text), "credentials-conflict")


@pytest.mark.parametrize("part", ["key", "secret"])
def test_half_a_pair_is_left_where_it_is(run: Run, tmp_path: Path, part: str) -> None:
    text = CONFIG.replace(f'"{part}": "{part.upper()}"', f'"{part}": ""')
    untouched(run, config(tmp_path, text), "credentials-missing")


@pytest.mark.parametrize("value", ["7", '{"a": 1}', '"two words"', "[1]", "true"])
def test_what_is_no_credential_is_left_where_it_is(run: Run, tmp_path: Path, value: str) -> None:
    untouched(run, config(tmp_path, CONFIG.replace('"SECRET"', value)), "credentials-malformed")


def test_a_credential_in_a_variable_is_told(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FREQTRADE__EXCHANGE__SECRET", SECRET)
    assert "variable" in untouched(run, config(tmp_path), "credentials-in-config")


def test_another_key_in_the_store_is_not_overwritten(run: Run, tmp_path: Path) -> None:
    run("credentials", "set", "-c", str(config(tmp_path, blanked().decode())), stdin=f"{OTHER_ID}\n{OTHER_SECRET}\n")
    before = stored()
    path = config(tmp_path)
    assert "credentials-conflict" in migrated(run, path, code=4)
    assert path.read_bytes() == config(tmp_path).read_bytes()
    assert stored() == before == {"key": OTHER_ID, "secret": OTHER_SECRET}


def test_the_advice_for_a_second_bot_gives_it_its_own_entry(run: Run, tmp_path: Path) -> None:
    run("credentials", "set", "-c", str(config(tmp_path, blanked().decode())), stdin=f"{OTHER_ID}\n{OTHER_SECRET}\n")
    path = config(tmp_path, CONFIG.replace('"dry_run"', '"bot_name": "ETH bot", "dry_run"'))
    printed = migrated(run, path, code=4)
    assert "another bot's" in printed
    assert "delete" not in printed
    (section,) = re.findall(r'write ("api_key_guard": {.*}) into the config', printed)
    assert json.loads(f"{{{section}}}")["api_key_guard"]["credentials"]["service"] == "freqtrade-bitmex-eth-bot"
    migrated(run, config(tmp_path, path.read_text().replace('"dry_run"', f'{section}, "dry_run"')))
    assert stored() == {"key": OTHER_ID, "secret": OTHER_SECRET}
    assert stored("freqtrade-bitmex-eth-bot") == {"key": KEY_ID, "secret": SECRET}


@pytest.mark.parametrize(
    ("credentials", "way_out"),
    [
        ({"service": "north"}, 'write "service": "freqtrade-bitmex-freqtrade" into api_key_guard.credentials'),
        (None, "name another store for this bot in api_key_guard.credentials"),
    ],
    ids=["another service", "another store"],
)
def test_a_section_whose_store_has_another_key_should_name_a_free_one(
    run: Run, tmp_path: Path, credentials: dict[str, str] | None, way_out: str
) -> None:
    entry = json.dumps({"key": OTHER_ID, "secret": OTHER_SECRET})
    keyring.set_password("north", "credentials", entry)
    section = json.dumps({"credentials": credentials or store_files(tmp_path, OTHER_ID, OTHER_SECRET)})
    printed = migrated(run, config(tmp_path, CONFIG.replace('"dry_run"', f'"api_key_guard": {section}, "dry_run"')), 4)
    assert way_out in printed
    assert "delete" not in printed


def test_a_read_only_store_is_filled_by_hand_and_then_compared(run: Run, tmp_path: Path) -> None:
    credentials: dict[str, Any] = {**store_files(tmp_path), "key_file": str(tmp_path / "no" / "key")}
    text = CONFIG.replace('"dry_run"', f'"api_key_guard": {{"credentials": {json.dumps(credentials)}}},\n    "dry_run"')
    printed = untouched(run, config(tmp_path, text), "store-read-only")
    (tmp_path / "no").mkdir()
    allow_secrets_in(tmp_path / "no" / "key")
    (line,) = (line.strip() for line in printed.splitlines() if "no/key" in line)
    subprocess.run(["sh", "-uc", line.partition("  #")[0]], input=f"{KEY_ID}\n", text=True, check=True)
    path = config(tmp_path, text)
    migrated(run, path)
    assert path.read_bytes() == blanked(text)
