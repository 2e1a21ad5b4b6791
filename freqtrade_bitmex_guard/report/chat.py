"""The verdict as a short message for Telegram, a webhook or Discord."""

from __future__ import annotations

from enum import StrEnum

from freqtrade_bitmex_guard.model.findings import Severity
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.redaction.registry import redact
from freqtrade_bitmex_guard.report.text import headline

# Discord takes 1,024 characters; freqtrade shows a status to Telegram as code, which a backtick would end.
_MAX_CHARACTERS = 1_000


def start_refused(verdict: Verdict, bot: str) -> str:
    """A start that was refused.

    Args:
        verdict: why.
        bot: the bot's name.
    """
    return _limited(
        [
            f"{bot} was not started.",
            f"API key guard: {headline(verdict)}",
            "Open trades stay on the exchange, and no bot manages them.",
            *_reasons(verdict),
        ]
    )


class BotState(StrEnum):
    """What became of a bot whose key is not fine any more."""

    PAUSED = "The bot is paused: it opens no new trade and still manages the open ones."
    STOPPED = "The bot is stopped: no bot manages the open trades."
    STOPPED_ALREADY = "The bot was stopped already, and stays so: no bot manages the open trades."


def violation(verdict: Verdict, held: BotState, *, silent_minutes: float | None) -> str:
    """A running bot whose key may no longer trade as before.

    Args:
        verdict: why.
        held: what became of the bot.
        silent_minutes: for how long the key could not be checked, if that is why.
    """
    why = "the key now breaks the policy" if silent_minutes is None else f"no check for {silent_minutes:.0f} minutes"
    if silent_minutes is None and verdict.facts == ():
        why = "the key cannot be shown to be fine any more"
    after = "It stays so until you start it again, and cannot be started while this stands."
    return _limited([f"API key guard: {why}. {held} {after}", *_reasons(verdict)])


def key_recovered() -> str:
    """The key is fine again, and the bot is still paused or stopped."""
    return "API key guard: the key is fine again. Nothing was resumed: send /start if you want the bot to go on."


def reload_refused(verdict: Verdict, *, stopped: bool) -> str:
    """A reload that was refused.

    Args:
        verdict: why.
        stopped: whether the bot was stopped before, and so still is.
    """
    what = "stopped, as it was" if stopped else "paused: it opens no new trade and still manages the open ones"
    return _limited(
        [
            f"API key guard: the new config was not taken. The bot runs on with the old one and is {what}.",
            *_reasons(verdict),
        ]
    )


def _reasons(verdict: Verdict) -> list[str]:
    errors = [finding for finding in verdict.findings if finding.severity is Severity.ERROR]
    lines = [f"{finding.name}: {finding.message}" for finding in errors]
    return [*lines, *(f"What to do: {fix}" for fix in dict.fromkeys(finding.fix for finding in errors))]


def _limited(lines: list[str]) -> str:
    message = redact("\n".join(lines)).replace("`", "'")
    return message if len(message) <= _MAX_CHARACTERS else message[: _MAX_CHARACTERS - 1] + "…"
