"""What is wrong with a config file is told by its place, and nothing that stands in it is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from freqtrade.commands.arguments import Arguments

from freqtrade_bitmex_guard.cli.freqtrade_args import parse_as_freqtrade
from freqtrade_bitmex_guard.cli.parser import HelpShown
from freqtrade_bitmex_guard.config.files import _position, read_config
from freqtrade_bitmex_guard.model.findings import Finding, GuardError

WRONG = {
    '{"a": "ü€",\n "b": 7,,}': "Missing a name for object member, at line 2, column 9",
    '{"a": 1,\r\n // x\r\n "b" 7}': "Missing a colon after a name of object member, at line 3, column 6",
    "{": "Missing a name for object member, at line 1, column 2",
    '\ufeff{"a": 1}': "Invalid value, at line 1, column 1",
}


def complaint(file: Path) -> Finding:
    with pytest.raises(GuardError) as stopped:
        read_config([str(file)])
    (finding,) = stopped.value.findings
    assert finding.name == "config-unreadable"
    return finding


@pytest.mark.parametrize("text", WRONG, ids=["two commas", "CRLF and a comment", "cut off", "a byte order mark"])
def test_a_syntax_error_is_reported_by_line_and_column(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.json"
    file.write_bytes(text.encode())
    finding = complaint(file)
    assert f"{WRONG[text]} of {file}." in finding.message
    assert ("byte order mark" in finding.fix) is text.startswith("\ufeff")


def test_a_syntax_error_names_the_included_file(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    (tmp_path / "good.json").write_text('{"add_config_files": null}')
    (tmp_path / "bad.json").write_text('{\n"a" 1}')
    file.write_text('{"add_config_files": ["good.json", "bad.json"]}')
    assert f"at line 2, column 5 of {tmp_path / 'bad.json'}." in complaint(file).message


def test_a_file_that_vanished_is_reported_by_the_offset() -> None:
    assert _position(Path("gone.json"), 7) == _position(None, 7) == "at offset 7"


@pytest.mark.parametrize(
    "arguments",
    [
        ["-c", "one.json", "--config", "two.json", "--userdir", "elsewhere"],
        ["--dry-run", "--dry-run-wallet", "100", "--fee", "0.1", "--db-url", "sqlite://", "--sd-notify"],
        [
            "-s",
            "Strategy",
            "--strategy-path",
            "there",
            "--freqaimodel",
            "Model",
            "-vv",
            "--logfile",
            "log",
            "-d",
            "data",
        ],
        [],
    ],
    ids=["configs", "trading", "strategy", "nothing"],
)
def test_arguments_are_parsed_like_freqtrades_own_parser(arguments: list[str]) -> None:
    assert parse_as_freqtrade(arguments) == Arguments(["trade", *arguments]).get_parsed_arg()


def test_the_help_for_trade_is_freqtrades_own(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(HelpShown):
        parse_as_freqtrade(["--help"])
    ours = capsys.readouterr().out
    with pytest.raises(SystemExit):
        Arguments(["trade", "--help"]).get_parsed_arg()
    assert ours == capsys.readouterr().out
    assert "--dry-run" in ours
