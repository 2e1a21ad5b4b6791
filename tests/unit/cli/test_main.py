"""The command line, where something in it breaks: no exit code but 0 means "admitted", and none of these is 0."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.cli import dispatch
from freqtrade_bitmex_guard.cli.credentials import ACTIONS
from freqtrade_bitmex_guard.cli.parser import HelpShown
from freqtrade_bitmex_guard.model.verdict import EXIT_INTERNAL_ERROR
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.support.factories import bot_config

COMMANDS = {"check": ["check"], "audit": ["audit"], "doctor": ["doctor"], "trade": ["trade"]}


IN_ALL = "freqtrade_bitmex_guard.cli.freqtrade_args.parse_as_freqtrade"


IN_CHECK_AND_AUDIT = [
    "freqtrade_bitmex_guard.config.files.read_config",
    "freqtrade_bitmex_guard.check.local.LocalCheck.__init__",
    "freqtrade_bitmex_guard.model.verdict.Verdict.exit_code",
]


FAULTS = [
    *[(command, IN_ALL) for command in COMMANDS],
    *[(command, target) for target in IN_CHECK_AND_AUDIT for command in ("check", "audit")],
    ("check", "freqtrade_bitmex_guard.check.environment.find_disabled"),
    ("check", "freqtrade_bitmex_guard.check.environment.find_not_armed"),
    ("doctor", "freqtrade_bitmex_guard.check.doctor.examine"),
    ("doctor", "freqtrade_bitmex_guard.check.environment.find_disabled"),
    ("doctor", "freqtrade_bitmex_guard.check.environment.find_not_armed"),
    ("doctor", "freqtrade_bitmex_guard.report.diagnosis.render"),
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
@pytest.mark.parametrize(("command", "target"), FAULTS)
def test_whatever_breaks_is_a_bug_and_no_admission(
    monkeypatch: pytest.MonkeyPatch, config: str, command: str, target: str, raised: BaseException
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise raised

    monkeypatch.setattr(target, property(fail) if target.endswith("exit_code") else fail)

    assert dispatch.main([*COMMANDS[command], "-c", config]) == EXIT_INTERNAL_ERROR


@pytest.mark.parametrize("missing", ["add_arguments", "run"])
def test_a_command_whose_module_is_broken_admits_nothing(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.delattr(f"freqtrade_bitmex_guard.cli.check.{missing}")

    assert dispatch.main(["check"]) == EXIT_INTERNAL_ERROR


def test_without_a_fault_the_same_is_admitted(config: str) -> None:
    assert dispatch.main(["check", "-c", config]) == 0
    assert dispatch.main(["audit", "-c", config]) == 0
    assert dispatch.main(["doctor", "-c", config]) == 0


@pytest.mark.parametrize(
    "typed",
    [
        "--check-only -c CONFIG",
        "-c CONFIG --check-only",
        "trade --check-only -c CONFIG",
        "trade -c CONFIG --check-only",
    ],
)
def test_check_only_is_another_spelling_of_check(config: str, typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [config if word == "CONFIG" else word for word in typed.split()]

    assert dispatch.main([*arguments, "--format", "json"]) == 0

    assert json.loads(capsys.readouterr().out)["verdict"] == "admitted"


@pytest.mark.parametrize(("option", "is_help"), [("--help", True), ("-h", True), ("--version", False)])
def test_the_help_of_trade_ends_with_our_own_option(
    option: str, is_help: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(HelpShown):
        dispatch.main(["trade", option])

    printed = capsys.readouterr().out
    assert ("--wait-for-exchange MINUTES" in printed.rpartition("--strategy")[2]) is is_help


@pytest.mark.parametrize(
    "typed", ["--version", "--help", "trade --help", "check -h", "credentials --help", "demo --help"]
)
def test_help_and_version_end_with_0(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(HelpShown) as end:
        dispatch.main(typed.split())

    assert end.value.code == 0
    assert "freqtrade" in capsys.readouterr().out


@pytest.mark.parametrize("typed", ["check", "credentials set", "audit", "demo", "version"])
def test_help_in_front_of_a_command_shows_its_help(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    printed = []
    for arguments in (["help", *typed.split()], [*typed.split(), "--help"]):
        with pytest.raises(HelpShown):
            dispatch.main(arguments)
        printed.append(capsys.readouterr().out)

    assert printed[0] == printed[1]
    assert f"freqtrade-bitmex-guard {typed}" in printed[0]


@pytest.mark.parametrize("command", [name for name in dispatch.COMMANDS if name not in ("trade", "help")])
def test_each_example_in_a_help_is_a_command_that_parses(command: str) -> None:
    examples = import_module(f"freqtrade_bitmex_guard.cli.{command}").EXAMPLES

    for example in examples:
        arguments, unknown = dispatch.build_parser().parse_known_args(dispatch._rewrite_check_only(example.split()))
        assert arguments.command == command
        assert [word for word in unknown if word not in ("-c", "config.json", "config-private.json")] == []
    assert examples


@pytest.mark.parametrize("action", ACTIONS)
def test_the_help_of_each_subcommand_ends_with_an_example_of_it(
    action: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(HelpShown):
        dispatch.main(["credentials", action, "--help"])

    assert f"examples:\n  freqtrade-bitmex-guard credentials {action} -c config.json" in capsys.readouterr().out


def test_version_names_the_guard_freqtrade_ccxt_and_python(capsys: pytest.CaptureFixture[str]) -> None:
    assert dispatch.main(["version"]) == 0

    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert names == ["freqtrade-bitmex-guard", "freqtrade", "ccxt", "Python"]


@pytest.mark.parametrize("typed", ["list-exchanges -1", "backtesting --nosuch", "show-config -c nosuch.json"])
def test_a_command_of_freqtrades_is_passed_on_unchanged(typed: str, tmp_path: Path) -> None:
    ours, theirs = (
        subprocess.run(
            [sys.executable, "-m", module, *typed.split()], capture_output=True, text=True, cwd=tmp_path, check=False
        )
        for module in ("freqtrade_bitmex_guard", "freqtrade")
    )

    assert (ours.returncode, ours.stdout) == (theirs.returncode, theirs.stdout)


def test_only_the_module_of_the_typed_command_is_imported() -> None:
    script = (
        "import sys\nfrom freqtrade_bitmex_guard.cli import main\n"
        "try:\n    main(['credentials', '--help'])\nexcept SystemExit:\n    pass\n"
        "print(*sorted(name for name in sys.modules if name.startswith('freqtrade_bitmex_guard.cli.')), sep=' ')\n"
        "print('pydantic' in sys.modules, 'freqtrade' in sys.modules)\n"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    modules = [
        f"freqtrade_bitmex_guard.cli.{name}" for name in ("credentials", "dispatch", "no_echo", "output", "parser")
    ]
    assert done.stdout.splitlines()[-2:] == [" ".join(modules), "False False"]


def test_the_package_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "freqtrade_bitmex_guard", "--version"]

    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert done.stdout.startswith("freqtrade-bitmex-guard ")
