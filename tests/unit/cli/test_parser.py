"""Wrong usage is told by what is wrong, and nothing that was typed is told with it."""

from __future__ import annotations

import pytest

from freqtrade_bitmex_guard.cli import dispatch
from freqtrade_bitmex_guard.cli.parser import option_name
from tests.support.factories import KEY_ID, SECRET
from tests.support.leak_search import secrets_in

SHORT = "hunter-2"  # nothing about it looks like a token


FIRST = "a command (trade, audit, setup, credentials, demo) or --check-only comes first."


MINUTES = "--wait-for-exchange: give minutes from 1 to 10080."


WRONG = {
    "--check-only --secret {}": "it does not know --secret.",
    "--check-only --secret={}": "it does not know --secret.",
    "--check-only -p{}": "it does not know -p.",
    "--check-only --{}": "it does not know ",
    "--check-only {}": "one is no option, and no option's value.",
    "--check-only={}": "--check-only: give it no value.",
    "--check-only --dry-run-wallet {}": "--dry-run-wallet/--starting-balance: its value will not do.",
    "--check-only --s={}": "it does not know --s.",
    "--check-only {} -c": "-c/--config: a value is missing.",
    "--check-only --key {} --secret {}": "it does not know --key and --secret.",
    "audit {}": "one is no option, and no option's value.",
    "trade --key {}": "it does not know --key.",
    "--days {} audit": "--days: give days from 1 to 3650.",
    "audit --days 0": "--days: give days from 1 to 3650.",
    "--format {} audit": "--format: give text, json or markdown.",
    "--format={} audit": "--format: give text, json or markdown.",
    "trade --wait-for-exchange {}": MINUTES,
    "trade --wait-for-exchange abc": MINUTES,
    "trade --wait-for-exchange 10081": MINUTES,
    "trade --wait-for-exchange": MINUTES,
    "--version={}": "--version: give it no value.",
    "{}": FIRST,
    "--{}": FIRST,
    "--check-onyl": FIRST,
    "-c config.json trade": FIRST,
    "": FIRST,
    "demo {}": "demo takes no arguments.",
    "setup {}": "something in it is not known here.",
    "setup --secret={}": "something in it is not known here.",
    "credentials": "behind credentials, the action is missing: set, show, delete, migrate, rotate.",
    "credentials -c config.json": "behind credentials, the action is missing: ",
    "credentials show --yes": "--yes belongs to credentials delete.",
    "credentials {}": "something in it is not known here.",
    "credentials set -c": "-c/--config: give a config file.",
    "credentials delete --yes={}": "-y/--yes: give it no value.",
}


@pytest.mark.parametrize("form", [[], ["--format=json"]])
@pytest.mark.parametrize("typed", WRONG)
def test_it_is_told_what_is_wrong_and_nothing_that_was_typed(
    typed: str, form: list[str], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    form = form if typed.startswith("--check-only") and "{}" in typed else []
    for secret in (SECRET, SHORT, KEY_ID, f"x error: argument --{SHORT}: expected one argument"):
        given = [part.format(secret) for part in typed.split()]
        assert dispatch.main([*given, *form]) == 4
        shown = "".join(capfd.readouterr())
        assert secrets_in(shown) == []
        assert WRONG[typed] in shown.replace("\n", "")
        if "--{}" not in typed:  # the name of an option that is not known may be shown, if it could be no token
            assert SHORT not in shown


def test_the_name_of_an_option_is_shown_without_a_value_and_never_a_token() -> None:
    assert option_name("--secret=x") == "--secret"
    assert option_name("-px") == "-p"
    assert option_name(f"--{SECRET}") == "…"
    assert option_name("--[red]") == "--?red?"
