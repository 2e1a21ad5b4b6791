"""The verdict as a short message for Telegram, a webhook or Discord."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from freqtrade_bitmex_guard.model.findings import HELP_PAGE, Finding, Severity
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.redaction.registry import redact
from freqtrade_bitmex_guard.redaction.sanitize import join_limited
from freqtrade_bitmex_guard.report.text import describe_minutes, headline

# Discord takes 1,024 characters; freqtrade shows a status to Telegram as code, which a backtick would end.
_MAX_CHARACTERS = 1_000


class BotState(StrEnum):
    """What became of a bot whose key no longer passes."""

    PAUSED = "The bot is paused: it opens no new trade and still manages the open ones."
    STOPPED = "The bot is stopped: no bot manages the open trades."
    STOPPED_ALREADY = "The bot was stopped already, and stays so: no bot manages the open trades."


def start_refused(verdict: Verdict, bot: str) -> str:
    """Return the message about a start that was refused.

    Args:
        verdict: why.
        bot: the bot's name.
    """
    return _message(
        [
            f"{bot} was not started.",
            f"API key guard: {headline(verdict)}",
            "Open trades stay on the exchange, and no bot manages them.",
        ],
        verdict,
    )


def violation(verdict: Verdict, state: BotState, *, unreachable_minutes: float | None) -> str:
    """Return the message about a running bot whose key no longer passes.

    Args:
        verdict: why.
        state: what became of the bot.
        unreachable_minutes: for how long the key could not be checked, if that is why.
    """
    if unreachable_minutes is not None:
        reason = f"the key could not be checked for {_duration(unreachable_minutes)}"
    elif verdict.facts:
        reason = "the key now breaks the policy"
    else:
        reason = "the key can no longer be verified"
    outlook = "It stays so until you start it again, which works only once the key passes."
    return _message([f"API key guard: {reason}. {state} {outlook}"], verdict)


def key_recovered() -> str:
    """Return the message that the key passes again, while the bot is still paused or stopped."""
    return "API key guard: the key passes again. Nothing was resumed: send /start if you want the bot to go on."


def reload_refused(verdict: Verdict, *, stopped: bool) -> str:
    """Return the message about a reload that was refused.

    Args:
        verdict: why.
        stopped: whether the bot was stopped before, and so still is.
    """
    state = "stopped, as it was" if stopped else "paused: it opens no new trade and still manages the open ones"
    first = f"API key guard: the new config was not loaded. The bot runs on with the old one and is {state}."
    return _message([first], verdict)


def _duration(minutes: float) -> str:
    text = describe_minutes(minutes)
    return f"a {text}" if text == "minute" else text


def _message(lines: Sequence[str], verdict: Verdict) -> str:
    """Join lines, reasons and fixes; what is too long loses its last fixes and reasons, but not the page."""
    errors = [finding for finding in verdict.findings if finding.severity is Severity.ERROR]
    reasons = [f"{finding.name}: {finding.message}" for finding in errors]
    fixes = [f"What to do: {fix}" for fix in dict.fromkeys(finding.fix for finding in errors)]
    end = _clean(_help_line(errors))
    text = _clean("\n".join([*lines, *reasons, *fixes]))
    room = _MAX_CHARACTERS - len(end)
    return (text if len(text) <= room else text[: room - 1] + "…") + end


def _help_line(errors: Sequence[Finding]) -> str:
    names = list(dict.fromkeys(finding.name for finding in errors))
    return f"\nHelp: {HELP_PAGE}{join_limited(names, lambda name: f'#{name}')}" if names else ""


def _clean(text: str) -> str:
    return redact(text).replace("`", "'")
