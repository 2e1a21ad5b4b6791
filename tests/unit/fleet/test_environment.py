"""A bot's variables: read strictly, set shortly, put back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.fleet.bots import Bot
from freqtrade_bitmex_guard.fleet.environment import read_variables, variables_set
from freqtrade_bitmex_guard.model.findings import GuardError


def read(folder: Path, text: str | bytes | None) -> dict[str, str]:
    if text is not None:
        (folder / ".env").write_bytes(text.encode() if isinstance(text, str) else text)
    return read_variables(Bot("bot", (str(folder / "config.json"),), ".env"))


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("NAME=value", "value"),
        ("export NAME = value  # why", "value"),
        ("NAME=a#b", "a#b"),
        ("NAME=", ""),
        ("NAME='a $b # c'", "a $b # c"),
        (r'NAME="a\n\"b\\"  # why', 'a\n"b\\'),
        ("NAME=a=b", "a=b"),
        ("NAME=cost $", "cost $"),
        ("NAME=[\"a\", 'b']", "[\"a\", 'b']"),
    ],
)
def test_a_line_is_read_as_its_writer_means_it(line: str, value: str, tmp_path: Path) -> None:
    assert read(tmp_path, f"# a comment\n\n{line}\n") == {"NAME": value}


@pytest.mark.parametrize(
    "line",
    ["NAME", "1NAME=x", "NAME='x", 'NAME="x" y', "NAME=${OTHER}", 'NAME="$OTHER"', "=x", "NAME=a\0b", b"NAME=\xff"],
)
def test_a_doubtful_line_is_an_error_that_shows_no_value(line: str | bytes, tmp_path: Path) -> None:
    with pytest.raises(GuardError) as caught:
        read(tmp_path, line)

    assert caught.value.findings[0].name == "config-unreadable"
    assert "OTHER" not in caught.value.findings[0].message


def test_a_bot_without_the_file_has_no_variables(tmp_path: Path) -> None:
    assert read(tmp_path, None) == {}
    assert read_variables(Bot("bot", (str(tmp_path / "config.json"),))) == {}


def test_variables_are_put_back_even_after_an_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEPT", "before")
    monkeypatch.delenv("NEW", raising=False)

    with pytest.raises(KeyboardInterrupt), variables_set({"KEPT": "during", "NEW": "during"}):
        assert (os.environ["KEPT"], os.environ["NEW"]) == ("during", "during")
        raise KeyboardInterrupt

    assert os.environ["KEPT"] == "before"
    assert "NEW" not in os.environ
