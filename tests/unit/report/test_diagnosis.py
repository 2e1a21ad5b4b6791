"""A diagnosis for a person, at 80 columns."""

from __future__ import annotations

import json

import pytest

from freqtrade_bitmex_guard.model.diagnosis import Diagnosis, State, Subject
from freqtrade_bitmex_guard.model.findings import error
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.report.diagnosis import render
from freqtrade_bitmex_guard.report.json import diagnosis_to_json
from tests.support.factories import BOT

FIX = "Move it: `freqtrade-bitmex-guard credentials migrate -c CONFIG`."
WRONG = tuple(error("credentials-in-config", f"A credential was found at exchange.{name}.", FIX) for name in ("a", "b"))
CONFIG = Subject("config", State.OK, "config.json")
CLOCK = Subject("clock", State.UNKNOWN, "not known: nothing reports it")


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def test_a_ready_bot_has_one_line_a_subject_between_two_verdicts() -> None:
    lines = render(Diagnosis(Verdict((), bot=BOT), (CONFIG, CLOCK))).splitlines()

    assert lines[0].startswith("my bot on vps1: READY: ")
    assert [line.split()[:2] for line in lines[-3:-1]] == [["ok", "config"], ["unknown", "clock"]]
    assert lines[-1] == "READY. Type: freqtrade-bitmex-guard check -c config.json"
    assert max(map(len, lines)) <= 80


def test_what_is_wrong_is_said_with_its_fix_and_the_next_command() -> None:
    subjects = (CONFIG, Subject("credentials", State.ERROR, "", WRONG), Subject("store", State.NOT_EXAMINED, ""))

    lines = render(Diagnosis(Verdict(WRONG, bot=BOT), subjects)).splitlines()

    command = "freqtrade-bitmex-guard credentials migrate -c config.json"
    assert lines[0].startswith("my bot on vps1: MISCONFIGURED: ")
    assert lines[-1] == f"MISCONFIGURED. Type: {command}"
    assert lines.count(f"        What to do: Move it: `{command}`.") == 1, "once for both"
    assert any(line.split()[:3] == ["skipped", "store", "not"] for line in lines)


def test_json_has_the_fields_of_a_check_and_the_subjects() -> None:
    document = json.loads(diagnosis_to_json(Diagnosis(Verdict(WRONG, bot=BOT), (CONFIG,))))

    assert (document["verdict"], document["requests"], document["facts"]) == ("misconfigured", 0, [])
    assert document["config"] == ["config.json"]
    assert {(finding["help"], finding["transient"]) for finding in document["findings"]} == {
        ("docs/pages/findings.md#credentials-in-config", False)
    }
    assert document["subjects"] == [{"name": "config", "state": "ok", "detail": "config.json", "findings": []}]


def test_without_a_subject_nothing_is_ready() -> None:
    assert Diagnosis(Verdict(()), ()).exit_code == 3
