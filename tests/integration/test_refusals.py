"""Thirty causes of a refusal, each read from the chat message alone; the command that it names is run."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.cli import dispatch
from freqtrade_bitmex_guard.config.files import read_config
from freqtrade_bitmex_guard.model.bot import BotLabel
from freqtrade_bitmex_guard.report import advice, chat, faults
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.integration.refusals import REFUSALS, Refusal
from tests.support.factories import allow_secrets_in, bot_config


def message_about(refusal: Refusal, exchange: SimulatedBitMEX, folder: Path) -> tuple[str, faults.Fault]:
    """Return the message that a start sends, and what the verdict says is at fault."""
    path = folder / "my config.json"
    allow_secrets_in(path)
    config = {**bot_config(folder, exchange), "bot_name": "my bot", "user_data_dir": str(folder)}
    refusal.prepare(exchange, config)
    path.write_text(json.dumps(config))
    merged = read_config([str(path)])
    verdict = LocalCheck(merged).run().verdict
    assert not verdict.admitted
    return chat.start_refused(verdict, BotLabel.of(merged)), faults.fault_of(advice.errors_of(verdict)[0])


def test_there_are_thirty() -> None:
    assert len(REFUSALS) == 30


@pytest.mark.parametrize("name", REFUSALS)
def test_the_message_alone_says_cause_money_and_command(
    name: str, exchange: SimulatedBitMEX, tmp_path: Path, capsys: pytest.CaptureFixture[str], vault: Path
) -> None:
    refusal = REFUSALS[name]
    message, fault = message_about(refusal, exchange, tmp_path)
    lines = message.splitlines()
    assert lines[0].startswith("my bot on ")
    assert refusal.cause in lines[0][:120]
    assert lines[0].index(" was not started: ") < 60, "the cause begins there"
    assert lines[1] == "Open trades stay on the exchange, and no bot manages them."
    assert fault is refusal.fault
    (typed,) = [line.removeprefix("Type: ") for line in lines if line.startswith("Type: ")]
    assert typed.startswith(refusal.command)
    assert len(message) <= 1_000
    assert len(set(lines)) == len(lines)
    run(typed, capsys)


def run(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Run a command as it would be pasted; it must be understood, and the config be found."""
    program, *arguments = shlex.split(typed)
    if program != "freqtrade-bitmex-guard":
        assert shutil.which(program) or program == "timedatectl"
        return
    code = dispatch.main(arguments)
    printed = capsys.readouterr()
    text = printed.out + printed.err
    assert code in (0, 2, 3, 4)
    assert "usage" not in text or "needs a terminal" in text
    assert "config file was not found" not in text
