"""Every message that shows a finding names the place in the documentation that explains it."""

from __future__ import annotations

import re

import pytest

from freqtrade_bitmex_guard.manage.terminal import Terminal
from freqtrade_bitmex_guard.model.catalogue import FINDINGS
from freqtrade_bitmex_guard.model.findings import HELP_PAGE, error, warning
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.report import chat, json, text
from tests.support.factories import BOT, facts
from tests.support.pty import ROOT

WITHDRAW = error("withdraw-permission", "It can withdraw.", "Make a new key.")
WIDE = error("ip-unrestricted", "It works from anywhere.", "Make a new key.")
AGE = warning("key-age", "It is old.", "Make a new key.")
VERDICT = Verdict(findings=(WITHDRAW, WIDE, AGE), facts=(facts("order", "withdraw"),))

HELP = [f"{HELP_PAGE}#{finding.name}" for finding in VERDICT.findings]

HEADINGS = set(re.findall(r"^#+ `?([\w-]+)`?", (ROOT / HELP_PAGE).read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("name", FINDINGS)
def test_the_page_has_a_heading_for_each_finding(name: str) -> None:
    assert name in HEADINGS
    assert error(name, "", "").help_path == f"docs/pages/findings.md#{name}"


@pytest.mark.parametrize("width", ["40", "200"])
def test_the_table_lists_each_page_on_an_unbroken_line(monkeypatch: pytest.MonkeyPatch, width: str) -> None:
    monkeypatch.setenv("COLUMNS", width)

    lines = text.render(VERDICT).splitlines()

    assert [line.strip().removeprefix("Help: ") for line in lines if "Help" in line] == HELP


def test_the_log_of_a_refusal_names_each_page_below_its_finding() -> None:
    lines = text.render_plain(VERDICT).splitlines()

    assert [line.removeprefix("      Help: ") for line in lines if "Help" in line] == HELP
    assert lines.index(f"      Help: {HELP[0]}") == lines.index("      What to do: Make a new key.") + 1


def test_a_line_of_the_log_names_the_page() -> None:
    assert text.describe_finding(AGE) == "key-age: It is old. See docs/pages/findings.md#key-age"


def test_json_has_the_page_of_each_finding() -> None:
    assert [finding["help"] for finding in json.to_dict(VERDICT)["findings"]] == HELP


def test_a_dialogue_names_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal().print_findings([WITHDRAW, WITHDRAW])

    assert capsys.readouterr().out.splitlines()[-1] == f"Help: {HELP[0]}"


def test_a_message_names_the_pages_of_its_errors_in_its_last_line() -> None:
    for message in (
        chat.start_refused(VERDICT, BOT),
        chat.reload_refused(VERDICT, BOT, stopped=False),
        chat.violation(VERDICT, chat.BotState.PAUSED, BOT, unreachable_minutes=None),
    ):
        assert message.splitlines()[-1] == f"Help: {HELP[0]}, #ip-unrestricted"


@pytest.mark.parametrize("length", [400, 4_000])
def test_a_message_that_is_too_long_keeps_its_command_and_page(length: int) -> None:
    long = Verdict(findings=tuple(error(name, name + "x" * length, "y" * length) for name in list(FINDINGS)[:9]))

    message = chat.start_refused(long, BOT)

    assert len(message) == 1_000
    first, *_ = FINDINGS
    assert message.splitlines()[-1].startswith(f"Help: {HELP_PAGE}#{first}, ")
    assert message.splitlines()[-2] == "Type: freqtrade-bitmex-guard check -c config.json"
    assert message.splitlines()[-3].endswith("…")


def test_a_message_without_errors_names_no_page() -> None:
    assert "Help" not in chat.start_refused(Verdict(findings=()), BOT)
    assert "Help" not in chat.key_recovered(BOT)
