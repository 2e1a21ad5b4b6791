"""The command `fleet` in this process: what it takes, and what it prints in each format."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from freqtrade_bitmex_guard.cli import dispatch
from freqtrade_bitmex_guard.simulator.keys import Kind
from tests.support.farm import Farm, documents, farm, unguard

Command = Callable[..., tuple[int, str]]


@pytest.fixture
def bots(tmp_path: Path) -> Iterator[Farm]:
    """Five bots: one can withdraw, one is broken, one is unguarded, two share a key."""
    with farm(tmp_path, "kraken", "okx") as running:
        running.add("bad", "okx")[1].permissions = [Kind.READ, Kind.TRADE, Kind.WITHDRAW]
        running.break_config("broken")
        unguard(running.add("open")[0])
        _, key = running.add("left")
        running.add("right", key=key)
        yield running


@pytest.fixture
def fleet(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs the command; returns its exit code and what it printed."""
    monkeypatch.setenv("COLUMNS", "150")

    def run(*arguments: str) -> tuple[int, str]:
        code = dispatch.main(["fleet", *arguments])
        return code, capsys.readouterr().out

    return run


def test_the_first_screen_says_all_that_matters(bots: Farm, fleet: Command) -> None:
    code, printed = fleet(bots.pattern)

    lines = printed.splitlines()
    rows = [line.split("│")[1].strip() for line in lines if "│" in line and line.split("│")[4].strip()]
    assert code == 4
    assert lines[0] == "5 bots: 2 misconfigured, 1 refused, 2 admitted."
    assert rows[:3] == ["bad", "broken", "open"]
    assert rows[3].startswith("2 bots: left,")
    assert len(lines) <= 50
    assert "[warning] key-shared: left, right use one key" in printed
    assert lines[-1].endswith("2 misconfigured, 1 refused, 2 admitted.")


def test_json_holds_a_checks_document_for_each_bot(bots: Farm, fleet: Command) -> None:
    code, printed = fleet(bots.pattern, "--format", "json")
    report = json.loads(printed)

    assert (code, report["verdict"]) == (4, "misconfigured")
    assert [bot["bot"]["name"] for bot in report["bots"]] == ["bad", "broken", "open", "left", "right"]
    assert report["bots"][0]["findings"][0]["rule"] == "withdraw-permission"
    assert {each["rule"]: each["bots"] for each in report["across"]} == {
        "bot-unguarded": ["open"],
        "key-shared": ["left", "right"],
    }
    assert report["counts"] == {"misconfigured": 2, "refused": 1, "unverified": 0, "admitted": 2}
    assert (report["requests"], report["not_checked"]) == (2, [])


def test_json_lines_come_while_it_goes_on_and_end_with_the_whole(bots: Farm, fleet: Command) -> None:
    _, printed = fleet(bots.pattern, "--format", "jsonl")
    *checked, summary = documents(printed)

    assert {each["bot"]["name"] for each in checked} == {"bad", "broken", "open", "left", "right"}
    assert checked[0]["bot"]["name"] == "broken"  # its config is read before any exchange is asked
    assert summary["bot"] is None
    assert summary["verdict"] == "misconfigured"


def test_junit_has_a_case_for_each_bot_and_each_rule_across(bots: Farm, fleet: Command) -> None:
    _, printed = fleet(bots.pattern, "--format", "junit")
    suites = {suite.get("name"): suite for suite in ElementTree.fromstring(printed)}
    failed = [case.get("name") for case in suites["bots"] if case.find("failure") is not None]

    assert sorted(filter(None, failed)) == ["bad", "broken", "open"]
    assert suites["bots"].attrib | {"tests": "5", "failures": "3", "errors": "0"} == suites["bots"].attrib
    assert [case.get("name") for case in suites["across bots"] if case.find("failure") is not None] == ["bot-unguarded"]
    assert "key-shared" in (suites["across bots"].findtext("testcase/system-out") or "")


def test_prometheus_reads_the_metrics_and_sees_no_key(bots: Farm, fleet: Command) -> None:
    parser = pytest.importorskip("prometheus_client.parser")
    _, printed = fleet(bots.pattern, "--format", "prometheus")
    samples: dict[Any, float] = {
        (sample.name.removeprefix("freqtrade_guard_"), *sorted(sample.labels.values())): sample.value
        for family in parser.text_string_to_metric_families(printed)
        for sample in family.samples
    }

    assert samples["verdict", "bad", "okx", "refused"] == 1
    assert samples["verdict", "admitted", "bad", "okx"] == 0
    assert samples["findings", "bad", "error", "okx", "withdraw-permission"] == 1
    assert samples["across_findings", "key-shared", "warning"] == 1
    assert samples["check_requests", "kraken", "left"] + samples["check_requests", "kraken", "right"] == 1
    assert samples["check_timestamp_seconds", "bad", "okx"] > 1.7e9
    assert samples[("fleet_bots",)] == 5
    assert "…" not in printed


def test_a_report_is_written_whole_and_for_a_collector_to_read(bots: Farm, fleet: Command, tmp_path: Path) -> None:
    target = tmp_path / "metrics" / "guard.prom"

    code, printed = fleet(bots.pattern, "--format", "prometheus", "--output", str(target))

    assert (code, printed) == (4, "")
    assert stat.S_IMODE(target.stat().st_mode) == 0o644
    assert target.read_text().startswith("# HELP")
    assert [path.name for path in target.parent.iterdir()] == ["guard.prom"]


def test_a_list_names_bots_by_freqtrades_own_arguments(bots: Farm, fleet: Command, tmp_path: Path) -> None:
    extra = tmp_path / "extra.json"
    extra.write_text('{"api_key_guard": {"timeout_seconds": 0}}')
    (tmp_path / "bots.txt").write_text(
        "# name: arguments\n\n"
        f"first: -c {bots.folder}/left/config.json\n"
        f"with extra: --config {bots.folder}/right/config.json -c {extra} --userdir {tmp_path}\n"
        f"-c '{bots.folder}/bad/config.json'\n"
    )

    _, printed = fleet("--list", str(tmp_path / "bots.txt"), "--format", "json")

    verdicts = {bot["bot"]["name"]: bot["verdict"] for bot in json.loads(printed)["bots"]}
    assert verdicts == {"bad": "refused", "with extra": "misconfigured", "first": "admitted"}


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("a: --help", "line 1 of"),
        ("a:", "line 1 of"),
        ("a: -c -", "names no config file"),
        ("a: --nope", "unknown option --nope"),
        ("a: -c 'x", "names no config file"),
    ],
)
def test_a_line_that_is_none_ends_before_anything_is_asked(
    line: str, what: str, bots: Farm, fleet: Command, tmp_path: Path
) -> None:
    (tmp_path / "bots.txt").write_text(f"{line}\n")

    code, printed = fleet("--list", str(tmp_path / "bots.txt"), "--format", "json")

    finding = json.loads(printed)["findings"][0]
    assert (code, finding["rule"], bots.requests()) == (4, "usage", [])
    assert what in finding["message"]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("no/such/*/config.json",),
        ("x.json", "--severity", "key-shared=off"),
        ("x.json", "--severity", "withdraw-permission=ignore"),
        ("x.json", "--timeout", "0"),
        ("--list", "no-such-file"),
    ],
)
def test_wrong_usage_is_never_a_good_fleet(arguments: tuple[str, ...], fleet: Command) -> None:
    code, printed = fleet(*arguments)

    assert code == 4
    assert "usage" in printed


def test_a_file_that_is_missing_is_that_bots_result(bots: Farm, fleet: Command) -> None:
    code, printed = fleet(bots.pattern, str(bots.folder / "gone" / "config.json"), "--format", "json")

    gone = next(bot for bot in json.loads(printed)["bots"] if bot["bot"]["name"] == "gone")
    assert code == 4
    assert gone["findings"][0]["rule"] == "config-unreadable"
