"""What an operator reads on a phone: who, why, what it means for the money, and one command."""

from __future__ import annotations

from dataclasses import replace

import pytest

from freqtrade_bitmex_guard.model.bot import BotLabel
from freqtrade_bitmex_guard.model.findings import error
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.report import advice, chat
from freqtrade_bitmex_guard.report.text import render, render_plain
from tests.support.factories import BOT, facts

ROTATE = "Create a new key on the page API Keys (x.com/a). Leave Withdraw unticked. If the old one is already stored, "
ROTATE += "`freqtrade-bitmex-guard credentials rotate -c CONFIG` replaces it; then restart the bot and delete it last."

WITHDRAW = error("withdraw-permission", "The key has the permission 'withdraw'.", ROTATE)
WIDE = error("ip-unrestricted", "The key has no IP restriction.", ROTATE.replace("Leave Withdraw", "Leave nothing"))
TWO_FACTOR = error("two-factor", "Two-factor is off.", "Switch it on. Then start again; the key can stay as it is.")
DOWN = error(
    "maintenance",
    "BitMEX is down for maintenance.",
    "Leave the key as it is and start again later; `freqtrade-bitmex-guard trade --wait-for-exchange 60 -c CONFIG`.",
)

SEVERAL = Verdict(
    (WITHDRAW, WIDE, TWO_FACTOR), (facts("order", "withdraw"),), "bitmex", "LAqU…", store="this user's keyring", bot=BOT
)


def test_a_message_says_who_why_what_it_means_and_what_to_type() -> None:
    assert chat.start_refused(replace(SEVERAL, findings=(WITHDRAW,)), BOT).splitlines() == [
        "my bot on vps1 was not started: The key has the permission 'withdraw'.",
        "Open trades stay on the exchange, and no bot manages them.",
        "Key LAqU… on bitmex, from this user's keyring.",
        "What to do: Create a new key on the page API Keys (x.com/a). Leave Withdraw unticked. If the old one is "
        "already stored, the command below replaces it; then restart the bot and delete it last.",
        "Type: freqtrade-bitmex-guard credentials rotate -c config.json",
        "Help: docs/pages/findings.md#withdraw-permission",
    ]


def test_the_cause_begins_within_120_characters_of_the_longest_names() -> None:
    bot = BotLabel.of({"bot_name": "n" * 300}, ["config.json"])
    first = chat.start_refused(SEVERAL, replace(bot, host="h" * 24))[:120]
    assert "The key has the permission 'withdraw'" in first


def test_how_a_key_is_replaced_is_said_once_and_nothing_contradicts_it() -> None:
    first, second, third = advice.fixes(SEVERAL)
    assert "Create a new key" in first
    assert second == "Likewise with the new key: Leave nothing unticked."
    assert third == "Switch it on. Then start again."


def test_the_key_can_stay_where_nothing_else_is_wrong() -> None:
    assert advice.fixes(Verdict((TWO_FACTOR,))) == [TWO_FACTOR.fix]


@pytest.mark.parametrize("finding", [DOWN, TWO_FACTOR, WITHDRAW])
def test_a_running_bot_is_told_nothing_that_only_a_start_needs(finding: object) -> None:
    verdict = replace(SEVERAL, findings=(finding,))  # type: ignore[arg-type]
    for message in (
        chat.violation(verdict, chat.BotState.PAUSED, BOT, unreachable_minutes=None),
        chat.reload_refused(verdict, BOT, stopped=False),
    ):
        assert "--wait-for-exchange" not in message
        assert "start again" not in message


def test_a_running_bots_new_permission_names_the_intruder_first() -> None:
    message = chat.violation(SEVERAL, chat.BotState.PAUSED, BOT, unreachable_minutes=None)
    assert message.splitlines()[1].endswith(advice.INTRUDER)
    without_facts = replace(SEVERAL, facts=())
    assert "somebody" not in chat.violation(without_facts, chat.BotState.PAUSED, BOT, unreachable_minutes=None)
    assert "somebody" not in chat.start_refused(SEVERAL, BOT)


def test_terminal_and_log_begin_with_the_bot_and_name_the_command() -> None:
    for shown in (render(SEVERAL), render_plain(SEVERAL)):
        assert "my bot on vps1: REFUSED: the key and the exchange account break the policy." in shown.splitlines()[0]
        assert "Type: freqtrade-bitmex-guard credentials rotate -c config.json" in shown
        assert "keeps the bot from starting" in shown or "[error]" in shown


def test_commands_name_the_config_files_as_they_were_given() -> None:
    config = {"config_files": ["b c.json", "a.json", "/etc/included.json"], "add_config_files": ["included.json"]}
    bot = BotLabel.of(config)
    assert bot.config_files == ("a.json", "b c.json")
    assert bot.fill_in("check -c CONFIG") == "check -c a.json -c 'b c.json'"
    assert BotLabel.of({}).fill_in("check -c CONFIG") == "check -c CONFIG"
