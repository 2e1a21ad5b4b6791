"""`--check-only` as a real process from an installed wheel."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard import __version__
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from freqtrade_bitmex_guard.simulator.bot import DemoBot
from freqtrade_bitmex_guard.simulator.responses import Hang
from tests.e2e.commands import guard, preflight, rules, run
from tests.support.factories import CHECK_REQUESTS, SECRET, allow_secrets_in, key, keyring_backend, wait_until

pytestmark = pytest.mark.slow


def test_the_preflight_admits_a_good_key_and_writes_nothing(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path
) -> None:
    path = str(bot.write())
    before = {each: each.stat().st_mtime_ns for each in bot.folder.rglob("*")}
    code, report = preflight(wheel, bot, "-c", path)
    assert code == 0
    assert report["verdict"] == "admitted"
    assert report["exchange"] == "bitmex"
    assert report["key"] == "LAqU\u2026"
    assert report["findings"] == []
    assert report["requests"] == 4
    assert report["facts"][0]["permissions"] == [{"name": "order", "kind": "trade", "note": ""}]
    assert report["facts"][0]["addresses"] == {
        "kind": "restricted",
        "everywhere": False,
        "blocks": ["127.0.0.1/32"],
        "count": 1,
    }
    assert 0 < report["duration_ms"] < 30_000
    assert set(exchange.paths()) == CHECK_REQUESTS
    assert len(exchange.requests) == 4
    assert {each: each.stat().st_mtime_ns for each in bot.folder.rglob("*")} == before


@pytest.mark.parametrize(
    ("changed", "code", "verdict", "rule"),
    [
        ({"permissions": ["order", "withdraw"]}, 2, "refused", "withdraw-permission"),
        ({"cidr": ""}, 2, "refused", "ip-unrestricted"),
        ({"enabled": False}, 2, "refused", "key-disabled"),
        ({"cidr": "203.0.113.7"}, 3, "unverified", "address-not-allowed"),
        ({"overrides": {"permissions": 7}}, 3, "unverified", "response-invalid"),
    ],
)
def test_the_exit_code_is_the_verdict(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path, changed: dict[str, Any], code: int, verdict: str, rule: str
) -> None:
    exchange.keys[:] = [key(**changed)]
    ended, report = preflight(wheel, bot, "-c", str(bot.write()))
    assert (ended, report["verdict"], rules(report)) == (code, verdict, [rule])


def test_a_text_report_in_a_pipe_has_no_colours(bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path) -> None:
    exchange.keys[:] = [key(permissions=["order", "withdraw"])]
    done = run(wheel, bot, "--check-only", "-c", str(bot.write()))
    assert done.returncode == 2
    assert ": REFUSED: the key breaks the policy." in done.stdout.splitlines()[0]
    assert "withdraw-permission" in done.stdout
    assert "\x1b" not in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_terminal_without_unicode_changes_no_exit_code(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path, encoding: str
) -> None:
    extra = {"PYTHONIOENCODING": encoding}
    assert run(wheel, bot, "--check-only", "-c", str(bot.write()), extra=extra).returncode == 0
    exchange.keys[:] = [key(cidr="")]
    done = run(wheel, bot, "--check-only", "-c", str(bot.write()), extra=extra)
    assert done.returncode == 2
    assert done.stderr == ""


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_reader_that_went_away_changes_no_exit_code(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path, form: str
) -> None:
    exchange.keys[:] = [key(cidr="")]
    command = guard(wheel, "--check-only", "--format", form, "-c", str(bot.write()))
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert process.returncode == 2


def test_the_preflight_needs_no_strategy_and_checks_in_dry_run_too(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path
) -> None:
    bot.config = {
        "dry_run": True,
        "exchange": bot.config["exchange"],
        "api_key_guard": bot.config["api_key_guard"],
        "api_server": {"enabled": True, "listen_port": 1},
        "logfile": str(bot.folder / "no" / "such" / "folder.log"),
    }
    assert preflight(wheel, bot, "-c", str(bot.write()))[0] == 0
    assert set(exchange.paths()) == CHECK_REQUESTS
    assert len(exchange.requests) == 4


def test_a_disabled_guard_is_checked_with_a_warning(bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path) -> None:
    bot.config["api_key_guard"]["enabled"] = False
    code, report = preflight(wheel, bot, "-c", str(bot.write()))
    assert (code, report["verdict"]) == (0, "admitted")
    assert [(finding["rule"], finding["severity"]) for finding in report["findings"]] == [("guard-disabled", "warning")]
    exchange.keys[:] = [key(cidr="")]
    assert preflight(wheel, bot, "-c", str(bot.write()))[0] == 2


def test_files_variables_and_standard_input_are_merged_like_freqtrade(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path
) -> None:
    section = bot.config.pop("api_key_guard")
    first = str(bot.write())
    second = bot.folder / "guard.json"
    second.write_text(json.dumps({"api_key_guard": section}) + " // a comment, as freqtrade allows")
    assert preflight(wheel, bot, "-c", first, "-c", str(second))[0] == 0
    assert preflight(wheel, bot, "--config", first)[0] == 4
    nested = bot.folder / "nested.json"
    nested.write_text(json.dumps({"add_config_files": ["config.json", "guard.json"]}))
    assert preflight(wheel, bot, "-c", str(nested))[0] == 0
    whole = json.dumps({**bot.config, "api_key_guard": section})
    assert preflight(wheel, bot, "-c", "-", stdin=whole)[0] == 0
    variable = {"FREQTRADE__API_KEY_GUARD__POLICY__REQUIRED_PERMISSIONS": '["position"]'}
    code, report = preflight(wheel, bot, "-c", str(nested), extra=variable)
    assert (code, rules(report)) == (2, ["permission-missing"])


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        (["-c", "missing.json"], "config-unreadable"),
        (["-c", "."], "config-unreadable"),
        (["-c", "broken.json"], "config-unreadable"),
        (["-c", "list.json"], "config-unreadable"),
        (["-c", "loop.json"], "config-unreadable"),
        (["-c", "bytes.json"], "config-unreadable"),
        (["--no-such-flag"], "usage"),
        (["-c"], "usage"),
        (["-c", "config.json", "surplus"], "usage"),
        (["--wait-for-exchange", "soon"], "usage"),
    ],
)
def test_unreadable_configs_and_wrong_usage_end_with_4_without_secrets(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path, arguments: list[str], rule: str
) -> None:
    allow_secrets_in(bot.folder / "broken.json")
    (bot.folder / "broken.json").write_text('{"exchange": {"secret": "' + SECRET + '",,}}')
    (bot.folder / "list.json").write_text("[]")
    (bot.folder / "loop.json").write_text('{"add_config_files": ["loop.json"]}')
    (bot.folder / "bytes.json").write_bytes(b'{"x": "\xff"}')
    bot.write()
    code, report = preflight(wheel, bot, *arguments)
    assert (code, report["verdict"], rules(report)) == (4, "misconfigured", [rule])
    assert exchange.requests == []


def test_odd_shapes_in_variables_are_misconfigured(bot: DemoBot, wheel: Path) -> None:
    path = str(bot.write())
    for variable in ("FREQTRADE__EXCHANGE", "FREQTRADE__API_KEY_GUARD", "FREQTRADE__API_KEY_GUARD__CREDENTIALS"):
        code, report = preflight(wheel, bot, "-c", path, extra={variable: "x"})
        assert (code, report["verdict"]) == (4, "misconfigured")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--format", "text"],
        ["--format", "xml"],
        ["frade"],
        ["demo", "x"],
        ["demo", "--check-only"],
        ["trade", "--format", "json"],
        ["--check-only", "--wait-for-exchange", "5"],
        ["trade", "--wait-for-exchange", "0.9"],
        ["trade", "--wait-for-exchange", "nan"],
    ],
)
def test_wrong_usage_ends_with_4_and_never_with_2(bot: DemoBot, wheel: Path, arguments: list[str]) -> None:
    done = run(wheel, bot, *arguments)
    assert done.returncode == 4
    assert "usage" in done.stdout


def test_help_and_version_end_with_0(bot: DemoBot, wheel: Path) -> None:
    told = run(wheel, bot, "--help")
    assert told.returncode == 0
    assert "exit codes: 0 admitted, 2 refused, 3 unverified, 4 misconfigured" in told.stdout
    version = run(wheel, bot, "--version")
    assert (version.returncode, version.stdout) == (0, f"freqtrade-bitmex-guard {__version__}\n")
    assert run(wheel, bot, "trade", "--help").returncode == 0


def test_what_a_library_prints_stays_out_of_the_json(bot: DemoBot, wheel: Path) -> None:
    extra = keyring_backend("print('hello from the keyring')", bot.folder)
    bot.config["api_key_guard"]["credentials"] = {}
    code, report = preflight(wheel, bot, "-c", str(bot.write()), extra=extra)
    assert (code, rules(report)) == (4, ["credentials-missing"])


def test_ctrl_c_ends_the_preflight_with_130_and_no_report(bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path) -> None:
    exchange.respond_always("/apiKey", Hang())
    with subprocess.Popen(
        guard(wheel, "--check-only", "--format", "json", "-c", str(bot.write())),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert wait_until(lambda: bool(exchange.requests), 30)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=10)
    assert process.returncode == 130
    assert out == ""


def test_a_bug_in_the_guard_ends_with_1_and_says_where(bot: DemoBot, wheel: Path) -> None:
    script = (
        "import os, sys, freqtrade_bitmex_guard.exchanges as exchanges\n"
        "def broken(*a): raise ValueError(os.environ['SAID'])\n"
        "exchanges.get_adapter = broken\n"
        "from freqtrade_bitmex_guard.cli import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    command = [str(wheel), "-c", script, "--check-only", "--format", "json", "-c", str(bot.write())]
    done = subprocess.run(command, env={**os.environ, "SAID": SECRET}, capture_output=True, text=True, check=False)
    report = json.loads(done.stdout)
    assert done.returncode == 1
    assert (report["verdict"], rules(report)) == ("unverified", ["internal-error"])
    assert SECRET not in done.stdout + done.stderr
