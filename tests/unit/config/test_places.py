"""Where a credential was written, and what a config file is that freqtrade does not read."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.config.edit import find_line
from freqtrade_bitmex_guard.config.files import read_config
from freqtrade_bitmex_guard.config.places import where_written
from freqtrade_bitmex_guard.model.findings import GuardError
from tests.support.factories import KEY_ID, SECRET, allow_secrets_in

SECTION = {"api_key_guard": {}, "exchange": {"name": "bitmex"}}


def written(path: Path, **exchange: object) -> str:
    allow_secrets_in(path)
    path.write_text(json.dumps({"exchange": exchange}))
    return str(path)


def findings(*files: str) -> list[str]:
    """Return the messages about credentials that a check of merged config files gives."""
    verdict = LocalCheck(read_config(list(files))).run().verdict
    return [finding.message for finding in verdict.findings if finding.name == "credentials-in-config"]


def test_the_one_of_several_files_is_named_that_has_a_credential(tmp_path: Path) -> None:
    (tmp_path / "base.json").write_text(json.dumps(SECTION))
    private = written(tmp_path / "private.json", key=KEY_ID, ccxt_config={"secret": SECRET})
    middle = tmp_path / "middle.json"
    middle.write_text('{"add_config_files": ["private.json"], "exchange": {"ccxt_config": {}}}')

    messages = findings(str(tmp_path / "base.json"), str(middle))

    assert len(messages) == 2
    assert f"exchange.key ({private})" in messages[0]
    assert f"exchange.ccxt_config.secret ({private})" in messages[1]
    assert "base.json" not in "".join(messages)


def test_each_place_of_a_credential_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FREQTRADE__EXCHANGE__SECRET", SECRET)
    monkeypatch.setenv("FREQTRADE__EXCHANGE__CCXT_CONFIG__apiKey", KEY_ID)
    files = [written(tmp_path / name, secret=SECRET) for name in ("a.json", "b.json")]
    (tmp_path / "base.json").write_text(json.dumps(SECTION))

    first, second = findings(str(tmp_path / "base.json"), *files)

    for place in (*files, "the variable FREQTRADE__EXCHANGE__SECRET"):
        assert place in first
    assert "(the variable FREQTRADE__EXCHANGE__CCXT_CONFIG__apiKey)" in second


def test_a_pipe_is_not_read_again(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert where_written({"config_files": [str(pipe), 7, None, "-"]}, ("exchange", "key")) == ""


FORMATS = {
    "YAML": ("exchange:\n  name: bitmex\n  key: KEY\n", "it is YAML"),
    "YAML with a comment": ("# mine\n---\nexchange:\n", "it is YAML"),
    "TOML": ("[exchange]\nname = 'bitmex'\n", "it is TOML"),
    "variables": ("FREQTRADE__EXCHANGE__KEY=KEY\n", "variables"),
    "a web page": ("<!DOCTYPE html>\n<html>", "it is a web page"),
    "nothing": ("\n", "it is empty"),
    "a cipher text": ("$ANSIBLE_VAULT;1.1;AES256\n3030", "encrypted"),
    "a byte order mark": ("\ufeff{}", "it begins with a byte order mark"),
}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("is_included", [False, True], ids=["named", "included"])
def test_another_format_is_called_by_its_name(tmp_path: Path, name: str, is_included: bool) -> None:
    text, words = FORMATS[name]
    file = tmp_path / "other.json"
    allow_secrets_in(file)
    file.write_text(text.replace("KEY", KEY_ID))
    top = tmp_path / "top.json"
    top.write_text('{"add_config_files": ["other.json"]}')

    with pytest.raises(GuardError) as stopped:
        read_config([str(top if is_included else file)])

    (finding,) = stopped.value.findings
    assert finding.name == "config-unreadable"
    assert words in finding.message
    assert str(file) in finding.message
    assert ("byte order mark" in finding.message + finding.fix) is (name == "a byte order mark")
    assert KEY_ID not in finding.message + finding.fix


def test_utf_16_is_called_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_bytes("{}".encode("utf-16"))
    with pytest.raises(GuardError, match="it is in UTF-16"):
        read_config([str(file)])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["unix", "windows", "old mac"])
def test_the_line_of_a_value_is_the_last_one_that_counts(end: str, tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    lines = ["{", "  // exchange", '  "exchange": {', '    "key": "A",', '    "key":', '      "B"', "  }", "}"]
    file.write_bytes(end.join(lines).encode())

    assert find_line(str(file), ("exchange", "key")) == 6
    assert find_line(str(file), ("exchange", "secret")) is None
    assert find_line(str(tmp_path / "missing.json"), ("exchange",)) is None
    config = {"config_files": [str(file)]}
    assert where_written(config, ("exchange", "key"), find_line) == f"{file}, line 6"
