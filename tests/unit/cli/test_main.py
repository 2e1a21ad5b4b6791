"""The command line, where something in it breaks: no exit code but 0 says "admitted", and none of these says 0."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.cli import dispatch
from freqtrade_bitmex_guard.cli.parser import HelpShown
from freqtrade_bitmex_guard.model.verdict import EXIT_INTERNAL_ERROR
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.support.factories import bot_config

COMMANDS = {"check": ["--check-only"], "audit": ["audit"], "trade": ["trade"]}


OF_EACH = {"freqtrade_bitmex_guard.cli.freqtrade_args.parse_freqtrade_arguments": ["check", "audit", "trade"]}


OF_BOTH = [
    "freqtrade_bitmex_guard.cli.freqtrade_args.load_config",
    "freqtrade_bitmex_guard.check.local.LocalCheck.__init__",
    "freqtrade_bitmex_guard.model.verdict.Verdict.exit_code",
]


PLACES = [
    *[(command, place) for place, commands in OF_EACH.items() for command in commands],
    *[(command, place) for place in OF_BOTH for command in ("check", "audit")],
    ("check", "freqtrade_bitmex_guard.report.text.render"),
    ("audit", "freqtrade_bitmex_guard.audit.formats.render_text"),
    ("trade", "freqtrade_bitmex_guard.plugin.launch._check_config_first"),
    ("trade", "freqtrade_bitmex_guard.plugin.import_hook.install_in"),
]


@pytest.fixture
def config(tmp_path: Path, exchange: SimulatedBitMEX) -> str:
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**bot_config(tmp_path, exchange), "user_data_dir": str(tmp_path)}))
    return str(path)


@pytest.mark.parametrize("raised", [SystemExit(0), SystemExit(None), GeneratorExit(), MemoryError(), ImportError()])
@pytest.mark.parametrize(("command", "place"), PLACES)
def test_whatever_breaks_is_a_bug_and_no_admission(
    monkeypatch: pytest.MonkeyPatch, config: str, command: str, place: str, raised: BaseException
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise raised

    monkeypatch.setattr(place, property(fail) if place.endswith("exit_code") else fail)
    assert dispatch.main([*COMMANDS[command], "-c", config]) == EXIT_INTERNAL_ERROR


def test_the_help_of_a_start_ends_with_the_option_that_is_ours(capsys: pytest.CaptureFixture[str]) -> None:
    for given, is_help in ((["--help"], True), (["-h"], True), (["--version"], False)):
        with pytest.raises(HelpShown):
            dispatch.main(["trade", *given])
        shown = capsys.readouterr().out
        assert ("--wait-for-exchange MINUTES" in shown.rpartition("--strategy")[2]) is is_help


def test_without_a_fault_the_same_is_admitted(config: str) -> None:
    assert dispatch.main(["--check-only", "-c", config]) == 0
    assert dispatch.main(["audit", "-c", config]) == 0


@pytest.mark.parametrize("given", [["--version"], ["trade", "--help"], ["credentials", "--help"]])
def test_help_and_version_end_with_0(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(HelpShown) as end:
        dispatch.main(given)
    assert end.value.code == 0
    assert "freqtrade" in capsys.readouterr().out
