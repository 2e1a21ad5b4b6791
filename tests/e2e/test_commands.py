"""Our own commands, as real processes from an installed wheel."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard import __version__
from freqtrade_bitmex_guard.model.catalogue import FINDINGS
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX, error
from freqtrade_bitmex_guard.simulator.bot import DemoBot, Process
from freqtrade_bitmex_guard.simulator.responses import Hang
from tests.support.factories import CHECK_REQUESTS, KEY_ID, SECRET, belongs, key, keyring_that, soon

pytestmark = pytest.mark.slow


FIELDS = [
    *("verdict", "exchange", "key", "findings", "facts", "servers"),
    *("requests", "checked_at", "duration_ms", "version"),
]


def guard(python: Path, *arguments: str) -> list[str]:
    return [str(python.parent / "freqtrade-bitmex-guard"), *arguments]


def run(
    python: Path, bot: DemoBot, *arguments: str, stdin: str = "", extra: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    import os

    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_VERSION"}
    return subprocess.run(
        guard(python, *arguments),
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        cwd=bot.folder,
        env={**environment, **(extra or {})},
        timeout=60,
    )


def preflight(python: Path, bot: DemoBot, *arguments: str, **how: Any) -> tuple[int, dict[str, Any]]:
    """The JSON report, which must be all that goes to standard output, and the exit code."""
    done = run(python, bot, "--check-only", "--format", "json", *arguments, **how)
    report = json.loads(done.stdout)
    assert list(report) == FIELDS
    assert report["version"] == __version__
    assert all(set(finding) == {"rule", "severity", "message", "fix"} for finding in report["findings"])
    assert all(finding["rule"] in FINDINGS for finding in report["findings"])
    for hidden in (SECRET[:8], KEY_ID[:5]):
        assert hidden not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.returncode, report


def rules(report: dict[str, Any]) -> list[str]:
    return [finding["rule"] for finding in report["findings"]]


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
    assert report["facts"][0]["permissions"] == [{"name": "order", "kind": "trade"}]
    assert report["facts"][0]["addresses"] == {"everywhere": False, "blocks": ["127.0.0.1/32"], "count": 1}
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


def test_the_text_report_is_read_at_a_glance_and_has_no_colours_in_a_pipe(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path
) -> None:
    exchange.keys[:] = [key(permissions=["order", "withdraw"])]
    done = run(wheel, bot, "--check-only", "-c", str(bot.write()))
    assert done.returncode == 2
    assert done.stdout.startswith("REFUSED: the key breaks the policy.")
    assert "withdraw-permission" in done.stdout
    assert "\x1b" not in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_terminal_that_cannot_show_every_character_changes_no_exit_code(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path, encoding: str
) -> None:
    extra = {"PYTHONIOENCODING": encoding}
    assert run(wheel, bot, "--check-only", "-c", str(bot.write()), extra=extra).returncode == 0
    exchange.keys[:] = [key(cidr="")]
    done = run(wheel, bot, "--check-only", "-c", str(bot.write()), extra=extra)
    assert done.returncode == 2
    assert done.stderr == ""


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_reader_that_goes_away_changes_no_exit_code(
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


def test_the_preflight_needs_no_strategy_and_no_user_data_folder_and_checks_in_dry_run_too(
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


def test_a_guard_that_is_switched_off_is_checked_and_warned_about(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path
) -> None:
    bot.config["api_key_guard"]["enabled"] = False
    code, report = preflight(wheel, bot, "-c", str(bot.write()))
    assert (code, report["verdict"]) == (0, "admitted")
    assert [(finding["rule"], finding["severity"]) for finding in report["findings"]] == [("guard-disabled", "warning")]
    exchange.keys[:] = [key(cidr="")]
    assert preflight(wheel, bot, "-c", str(bot.write()))[0] == 2


def test_files_variables_and_standard_input_are_merged_as_freqtrade_does(
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
def test_a_config_that_cannot_be_read_and_wrong_usage_end_with_4_and_show_no_secret(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path, arguments: list[str], rule: str
) -> None:
    belongs(bot.folder / "broken.json")
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
def test_wrong_usage_of_our_own_ends_with_4_and_never_with_2(bot: DemoBot, wheel: Path, arguments: list[str]) -> None:
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


def test_what_a_library_prints_does_not_get_between_the_json(bot: DemoBot, wheel: Path) -> None:
    extra = keyring_that("print('hello from the keyring')", bot.folder)
    bot.config["api_key_guard"]["credentials"] = {}
    code, report = preflight(wheel, bot, "-c", str(bot.write()), extra=extra)
    assert (code, rules(report)) == (4, ["credentials-missing"])


def test_the_launcher_ends_with_4_where_the_guard_cannot_be_placed(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path
) -> None:
    script = (
        "import sys, freqtrade.exchange.exchange as room\n"
        "room.Exchange._init_ccxt = lambda self, config: None\n"
        "from freqtrade_bitmex_guard.cli import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    process = Process([str(wheel), "-c", script, "trade", "-c", str(bot.write())], bot.folder)
    assert process.wait() == 4, process.output
    assert "freqtrade-unsupported" in process.output
    assert exchange.requests == []


def test_ctrl_c_ends_the_preflight_with_130_and_no_report(bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path) -> None:
    exchange.respond_always("/apiKey", Hang())
    with subprocess.Popen(
        guard(wheel, "--check-only", "--format", "json", "-c", str(bot.write())),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert soon(lambda: bool(exchange.requests), 30)
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


def launched(python: Path, bot: DemoBot, *arguments: str) -> Process:
    return Process(guard(python, "trade", "-c", str(bot.write()), *arguments), bot.folder)


@pytest.mark.parametrize("kind", ["wheel", "no pth"])
def test_the_launcher_needs_no_pth_line(
    bot: DemoBot, exchange: SimulatedBitMEX, environment: Callable[[str], Path], kind: str
) -> None:
    process = launched(environment(kind), bot)
    assert process.wait_for_output(), process.output
    assert process.stop() == 130
    assert exchange.paths()[0] == "GET /apiKey"
    assert exchange.paths().count("GET /apiKey") == 1
    assert "admitted" in process.output


@pytest.mark.parametrize(
    ("change", "code", "rule"),
    [
        (lambda bot, exchange: exchange.keys.__setitem__(0, key(permissions=["withdraw"])), 2, "withdraw-permission"),
        (lambda bot, exchange: exchange.keys.clear(), 3, "key-unknown"),
        (lambda bot, exchange: bot.config["exchange"].update(key="x"), 4, "credentials-in-config"),
        (lambda bot, exchange: bot.config.pop("api_key_guard"), 4, "section-missing"),
        (lambda bot, exchange: bot.config["api_key_guard"].update(enabled=False), 4, "guard-disabled"),
        (lambda bot, exchange: bot.config["api_key_guard"].update(enabled="no"), 4, "section-invalid"),
    ],
)
@pytest.mark.parametrize("kind", ["wheel", "no pth"])
def test_the_launcher_ends_with_the_guards_own_code(
    bot: DemoBot,
    exchange: SimulatedBitMEX,
    environment: Callable[[str], Path],
    kind: str,
    change: Callable[[DemoBot, SimulatedBitMEX], Any],
    code: int,
    rule: str,
) -> None:
    change(bot, exchange)
    process = launched(environment(kind), bot)
    assert process.wait() == code, process.output
    assert f"[error] {rule}:" in process.output
    assert "to: RUNNING" not in process.output
    assert set(exchange.paths()) <= {"GET /apiKey"}


def test_the_launcher_ends_with_freqtrades_code_where_freqtrade_failed(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path
) -> None:
    bot.config["strategy"] = "NoSuchStrategy"
    assert launched(wheel, bot).wait() == 2
    bot.config["exchange"]["name"] = "nosuchexchange"
    assert launched(wheel, bot).wait() == 2


def test_the_launcher_starts_a_dry_run_without_a_check(bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path) -> None:
    bot.config["dry_run"] = True
    process = launched(wheel, bot)
    assert process.wait_for_output(), process.output
    assert process.stop() == 130
    assert "GET /apiKey" not in exchange.paths()


def test_wrong_usage_of_the_launcher_ends_with_4_where_freqtrade_itself_would_end_with_0(
    bot: DemoBot, wheel: Path
) -> None:
    assert launched(wheel, bot, "--no-such-flag").wait() == 4
    assert Process([str(wheel), "-m", "freqtrade", "trade", "--no-such-flag"], bot.folder).wait() == 0


def test_a_config_with_a_syntax_error_ends_the_launcher_with_4_and_shows_no_secret(bot: DemoBot, wheel: Path) -> None:
    belongs(bot.folder / "config.json")
    (bot.folder / "config.json").write_text('{"exchange": {"secret": "' + SECRET + '",,}}')
    done = run(wheel, bot, "trade", "-c", "config.json")
    assert done.returncode == 4
    assert "config-unreadable" in done.stdout
    assert SECRET not in done.stdout + done.stderr


def test_the_launcher_takes_a_config_from_standard_input(bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path) -> None:
    exchange.keys[:] = [key(cidr="")]
    assert run(wheel, bot, "trade", "-c", "-", stdin=bot.write().read_text()).returncode == 2


@pytest.mark.parametrize("arguments", [["trade"], ["--check-only"]])
def test_our_commands_name_the_ccxt_to_install_where_it_has_no_bitmex(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path, arguments: list[str]
) -> None:
    # As ccxt 4.5.84 is, seen from here: the class is gone and so is its name in the list.
    script = (
        "import sys, ccxt, ccxt.pro, ccxt.async_support\n"
        "for room in (ccxt, ccxt.pro, ccxt.async_support):\n"
        "    del room.bitmex\n"
        "    room.exchanges.remove('bitmex')\n"
        "from freqtrade_bitmex_guard.cli import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    command = [str(wheel), "-c", script, *arguments, "-c", str(bot.write())]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=bot.folder)
    assert done.returncode == 4, done.stdout + done.stderr
    assert "pip install 'ccxt==4.5.83'" in done.stdout


@pytest.mark.parametrize("order", [["trade", "--check-only"], ["--check-only", "trade"]])
def test_the_launcher_with_check_only_stops_before_trading(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path, order: list[str]
) -> None:
    done = run(wheel, bot, *order, "-c", str(bot.write()))
    assert done.returncode == 0
    assert done.stdout.startswith("ADMITTED")
    assert set(exchange.paths()) == CHECK_REQUESTS
    assert len(exchange.requests) == 4


def test_the_launcher_waits_for_an_exchange_that_is_down_for_a_passing_cause(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path
) -> None:
    # The waits are half a minute and more; here they are made short, in the process itself.
    script = (
        "import sys, freqtrade_bitmex_guard.plugin.start_guard as hook\n"
        "hook._FIRST_WAIT_SECONDS = 0.5\n"
        "from freqtrade_bitmex_guard.cli import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    bot.config["api_key_guard"]["timeout_seconds"] = 1
    command = [str(wheel), "-c", script, "trade", "--wait-for-exchange", "1", "-c", str(bot.write())]
    exchange.respond_next("/apiKey", *[error(503, "down for maintenance")] * 3)
    process = Process(command, bot.folder)
    assert process.wait_for_output(), process.output
    process.stop()
    assert process.output.count("Asking again in") >= 1
    assert exchange.paths().count("GET /apiKey") == 4

    exchange.keys.clear()  # a lasting cause is not waited for
    process = Process(command, bot.folder)
    assert process.wait() == 3
    assert "Asking again" not in process.output


def test_the_demo_shows_the_main_job_in_under_a_minute(bot: DemoBot, wheel: Path) -> None:
    began = time.monotonic()
    done = run(wheel, bot, "demo")
    assert done.returncode == 0, done.stdout + done.stderr
    assert time.monotonic() - began < 60
    for expected in (
        "withdraw-permission",
        "ip-unrestricted",
        "permission-missing",
        "admitted",
        "exit code 2",
        "running",
    ):
        assert expected in done.stdout
