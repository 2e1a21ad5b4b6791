"""Wrong usage: the message says what is wrong, and repeats nothing that was typed."""

from __future__ import annotations

import pytest

from freqtrade_bitmex_guard.cli import dispatch
from freqtrade_bitmex_guard.cli.parser import option_name
from tests.support.factories import KEY_ID, SECRET
from tests.support.leak_search import secrets_in

SHORT = "hunter-2"  # nothing about it looks like a token


ALL = "check, doctor, trade, audit, fleet, health, setup, credentials, agent, demo, version or help"


COMMAND = f"expected a command: {ALL}."


MINUTES = "--wait-for-exchange: expected a number from 1 to 10080."


SUBCOMMANDS = "set, show, delete, migrate or rotate."


WRONG = {
    "check --secret {}": "unknown option --secret.",
    "check {}": "unexpected argument.",
    "check --format {}": "--format: expected text or json.",
    "check --format markdown": "--format: expected text or json.",
    "--check-only --secret {}": "unknown option --secret.",
    "--check-only --secret={}": "unknown option --secret.",
    "--check-only -p{}": "unknown option -p.",
    "--check-only --{}": "unknown option ",
    "--check-only {}": "unexpected argument.",
    "--check-only={}": " command: check, doctor, ",
    "--check-only --dry-run-wallet {}": "--dry-run-wallet/--starting-balance: invalid value.",
    "--check-only --s={}": "unknown option --s.",
    "--check-only {} -c": "-c/--config: expected a value.",
    "--check-only --key {} --secret {}": "unknown option --key and --secret.",
    "--check-only --days 7": "unknown option --days.",
    "--check-only --fromat json": "unknown option --fromat (did you mean --format?).",
    "chekc -c config.json": f"expected a command: {ALL} (did you mean check?).",
    "backtestng": f"expected a command: {ALL} (did you mean backtesting?).",
    "credentials shwo": f"expected a subcommand: {SUBCOMMANDS[:-1]} (did you mean show?).",
    "setup --cofnig config.json": "unknown option --cofnig (did you mean --config?).",
    "--check-only audit --days 7": "unknown option --check-only.",
    "--check-only demo": "unknown option --check-only.",
    "trade --check-only --secret {}": "unknown option --secret.",
    "audit {}": "unexpected argument.",
    "audit --check-only": "unknown option --check-only.",
    "audit --days {}": "--days: expected a number from 1 to 3650.",
    "audit --days 0": "--days: expected a number from 1 to 3650.",
    "audit --format {}": "--format: expected text, json or markdown.",
    "audit --format={}": "--format: expected text, json or markdown.",
    "trade --key {}": "unknown option --key.",
    "trade --format text": "unknown option --format.",
    "trade --wait-for-exchange {}": MINUTES,
    "trade --wait-for-exchange abc": MINUTES,
    "trade --wait-for-exchange nan": MINUTES,
    "trade --wait-for-exchange 10081": MINUTES,
    "trade --wait-for-exchange": MINUTES,
    "--version={}": "--version: takes no argument.",
    "--print-completion {}": "--print-completion: expected bash, zsh or fish.",
    "--nosuch trade {}": "unknown option --nosuch.",
    "--{}": " command: check, doctor, ",
    "--check-onyl": "missing command: ",
    "{}": COMMAND,
    "-c config.json trade": COMMAND,
    "": f"missing command: {ALL}.",
    "demo {}": "unexpected argument.",
    "setup {}": "unexpected argument.",
    "setup --secret={}": "unknown option --secret.",
    "credentials": f"missing subcommand: {SUBCOMMANDS}",
    "credentials -c config.json": f"expected a subcommand: {SUBCOMMANDS}",
    "credentials show --yes": "unknown option --yes.",
    "credentials {}": f"expected a subcommand: {SUBCOMMANDS}",
    "credentials set -c": "-c/--config: expected CONFIG.",
    "credentials delete --yes={}": "-y/--yes: takes no argument.",
}


@pytest.mark.parametrize("form", [[], ["--format=json"]])
@pytest.mark.parametrize("typed", WRONG)
def test_wrong_usage_is_named_and_nothing_typed_is_repeated(
    typed: str, form: list[str], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    form = form if typed.startswith("--check-only ") and "{}" in typed else []
    for secret in (SECRET, SHORT, KEY_ID, f"x error: argument --{SHORT}: expected one argument"):
        arguments = [part.format(secret) for part in typed.split()]

        assert dispatch.main([*arguments, *form]) == 4

        printed = "".join(capfd.readouterr())
        assert secrets_in(printed) == []
        assert WRONG[typed] in printed.replace("\n", "")
        if "--{}" not in typed:  # the name of an unknown option may be shown, if it could be no token
            assert SHORT not in printed


def test_only_what_resembles_a_secret_is_called_exposed(capsys: pytest.CaptureFixture[str]) -> None:
    warning = "counts as exposed"
    harmless = (
        "chekc",
        "check --fromat json",
        "check --strategy MyAwesomeStrategy2 extra",
        "demo config-2026-bot.json",
    )
    for typed in harmless:
        assert dispatch.main(typed.split()) == 4
        assert warning not in " ".join(capsys.readouterr().out.replace("│", " ").split()), typed
    for typed in ("check {}", "{}", "--secret={}", "credentials {}", "demo {}", "audit --days {}"):
        assert dispatch.main(typed.format(SECRET).split()) == 4
        assert warning in " ".join(capsys.readouterr().out.replace("│", " ").split()), typed


def test_an_option_is_named_without_its_value_and_without_tokens() -> None:
    assert option_name("--secret=x") == "--secret"
    assert option_name("-px") == "-p"
    assert option_name(f"--{SECRET}") == "…"
    assert option_name("--[red]") == "--?red?"
