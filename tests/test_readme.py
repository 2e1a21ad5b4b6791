"""What the README shows is what happens."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard import cli, exit_codes, rules
from freqtrade_bitmex_guard.audit import record
from freqtrade_bitmex_guard.config import read
from freqtrade_bitmex_guard.custody.arguments import ACTIONS
from freqtrade_bitmex_guard.findings import PUBLISHED, Outcome
from freqtrade_bitmex_guard.freqtrade_hook import Gate
from freqtrade_bitmex_guard.policy import Policy
from freqtrade_bitmex_guard.posture import Topic
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from freqtrade_bitmex_guard.venues.bitmex import TERMS
from tests.support import bot_config, key

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def table(header: str) -> list[list[str]]:
    rows = README.split(f"{header}\n", 1)[1].splitlines()
    body = rows[1 : next(number for number, row in enumerate(rows) if not row.startswith("|"))]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in body]


def refused(folder: Path, *arguments: str) -> str:
    """What the real command prints about a key that can withdraw."""
    with SimulatedBitMEX([key(permissions=["order", "withdraw"])]) as exchange:
        path = folder / "config.json"
        path.write_text(json.dumps(bot_config(folder, exchange)))
        command = [sys.executable, "-m", "freqtrade_bitmex_guard.cli", "--check-only", "-c", str(path), *arguments]
        done = subprocess.run(
            command, env={**os.environ, "COLUMNS": "100"}, capture_output=True, text=True, check=False
        )
    assert done.returncode == exit_codes.OF[Outcome.REFUSED]
    return done.stdout


def without_time(text: str) -> str:
    for varies in (r"1 in \d+ ms", r"127\.0\.0\.1:\d+"):
        text = re.sub(varies, "N", text)
    return "\n".join(line.rstrip() for line in text.splitlines())


def test_the_report_it_shows_is_the_real_one(tmp_path: Path) -> None:
    (shown,) = (block for block in blocks("") if block.startswith("REFUSED"))
    assert without_time(shown) == without_time(refused(tmp_path))


def test_the_json_it_shows_is_the_real_one(tmp_path: Path) -> None:
    (shown,) = (json.loads(block) for block in blocks("json") if "verdict" in block)
    real = json.loads(refused(tmp_path, "--format", "json"))
    varying: dict[str, Any] = {"checked_at": 0, "duration_ms": 0}
    for told in (shown, real):
        assert told["facts"][0].pop("created")
        told["asked"] = [without_time(server) for server in told["asked"]]
    assert {**shown, **varying} == {**real, **varying}
    assert list(shown) == list(real)


def test_the_section_it_shows_is_the_default() -> None:
    (shown,) = (json.loads(block) for block in blocks("json") if '"policy": {}' in block)
    assert read(shown["api_key_guard"], TERMS).model_dump() == read({}, TERMS).model_dump()


def test_its_policy_table_has_every_field_with_its_default() -> None:
    policy = read({}, TERMS).policy
    rows = {name.strip("`"): default for name, default, _ in table("| field | default | meaning |")}
    assert list(rows) == list(type(policy).model_fields)
    assert json.loads(rows["allowed_permissions"].strip("`")) == policy.allowed_permissions
    assert json.loads(rows["required_permissions"].strip("`")) == policy.required_permissions
    assert rows["max_ip_addresses"].startswith(f"`{policy.most_addresses}`")
    for name in ("ip_within", "key_name", "expected_user_id", "expected_target_account_id"):
        assert rows[name] == "not given"
        assert name not in policy.model_fields_set
    for name in ("max_key_age_days", "event_days", "severity", "severity_not_told"):
        assert json.loads(rows[name].strip("`")) == getattr(policy, name)


def test_its_posture_table_has_every_rule_with_its_default_and_its_source() -> None:
    rows = table("| rule | default | not fine | from |")
    assert [(name.strip("`"), default.split(";")[0]) for name, default, _, _ in rows] == [
        (rule.name, rule.severity.value) for rule in rules.POSTURE
    ]
    source = {Topic.TWO_FACTOR: "/user", Topic.WITHDRAWAL_ADDRESSES: "/address", Topic.EVENTS: "/userEvent"}
    for rule, (_, _, _, told) in zip(rules.POSTURE, rows, strict=True):
        assert told.startswith(f"`{source[rule.topic] if rule.topic else '/apiKey'}`")
    assert re.findall(r"`(\w+)`", README.split("wrote what must be so:")[1].split(" `severity` decides")[0]) == list(
        dict.fromkeys(name for rule in rules.POSTURE for name in rule.expects)
    )


def test_it_lists_everything_that_can_be_found_with_its_verdict() -> None:
    listed: dict[str, tuple[str, str]] = {}
    for outcome in (Outcome.REFUSED, Outcome.UNVERIFIED, Outcome.MISCONFIGURED):
        part = README.split(f"\n**{outcome.capitalize()}**", 1)[1].split("\n\n", 2)[1]
        for row in part.splitlines()[2:]:
            name, meaning = (cell.strip() for cell in row.strip("|").split("|"))
            listed[name.strip("`")] = (outcome, meaning)
    passing = " *Passing.*"
    published = {
        name: (rule.outcome, rule.meaning + (passing if rule.passing else "")) for name, rule in PUBLISHED.items()
    }
    assert listed == published


def test_its_exit_codes_are_the_real_ones() -> None:
    codes = {
        int(code): meaning.split(":")[0].split(",")[0]
        for code, meaning in table(
            "| exit code | of `--check-only`, `audit`, and of `trade`, where the guard stopped it |"
        )
    }
    expected = {code: outcome.value for outcome, code in exit_codes.OF.items()}
    assert codes == {**expected, exit_codes.BUG: "a bug in the guard", exit_codes.INTERRUPTED: "interrupted"}
    for code in codes:
        assert str(code) in cli._EXIT_CODES_HELP


@pytest.mark.parametrize("file", re.findall(r"\]\(([^)#]+)\)", README))
def test_it_links_to_files_that_exist(file: str) -> None:
    assert (ROOT / file).exists()


def test_every_command_of_ours_that_it_shows_is_one_that_exists() -> None:
    parser = cli._parser()
    options = {option for action in parser._actions for option in action.option_strings}
    commands = {"trade", "demo", "audit", "setup", *(f"credentials {action}" for action in ACTIONS), *options}
    pattern = r"freqtrade-bitmex-guard (--?[a-z-]+|credentials [a-z]+|[a-z]+)((?: --[a-z-]+)*)"
    shown = re.findall(pattern, "\n".join(blocks("sh")))
    assert len(shown) >= 5
    for command, flags in shown:
        assert command in commands
        assert set(flags.split()) <= options


def test_it_lists_every_action_of_credentials() -> None:
    assert {name.strip("`") for name, _ in table("| `credentials …` | does |")} == set(ACTIONS)


def test_the_table_of_the_guide_names_only_rules_commands_and_settings_that_exist() -> None:
    rows = table("| the guide | what does it |")
    assert len(rows) >= 10
    for _, does in rows:
        named = set(re.findall(r"`([^`]+)`", does))
        assert named
        known = {*PUBLISHED, "setup", "audit", *(f"credentials {action}" for action in ACTIONS), *Policy.model_fields}
        assert named <= known


def test_two_commands_do_all_set_up_and_ci_runs_both_to_the_letter() -> None:
    demo, tests = (block.strip() for block in blocks("sh") if "venv" in block and "&&" in block)
    assert demo.endswith("/freqtrade-bitmex-guard demo")
    assert tests.endswith("/python -m pytest")
    script = (ROOT / ".ci" / "run").read_text()
    assert "README.md" in script
    for end in ("guard demo", "-m pytest"):
        assert end in script


def test_an_admitted_start_logs_what_it_says(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert "an admitted start logs one line, and before it its warnings" in README
    for age_days, warnings in ((20, 0), (200, 1)):
        caplog.clear()
        with SimulatedBitMEX([key(age_days=age_days)]) as exchange:
            Gate().admit(bot_config(tmp_path, exchange))
        assert [line.levelno for line in caplog.records] == [*[logging.WARNING] * warnings, logging.INFO]


def test_what_stays_after_an_uninstall_is_named() -> None:
    uninstall = README.split("\n## Uninstall\n")[1].split("\n## ")[0]
    folder = record.path(Path("user_data"), "bitmex", "1").parent
    assert f"`{folder}/` stays" in uninstall
    assert "ccxt stays" in uninstall


def test_it_says_the_truth_about_bitmex_and_ccxt() -> None:
    assert "BitMEX closed on 2026-09-23" in README
    project = (ROOT / "pyproject.toml").read_text()
    assert '"ccxt>=4.5.76,<4.5.84"' in project
    assert "ccxt 4.5.76 to 4.5.83" in README
