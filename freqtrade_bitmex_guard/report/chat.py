"""The verdict as a short message for Telegram, a webhook or Discord."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from freqtrade_bitmex_guard.model.findings import HELP_PAGE, Finding, Severity
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.redaction.registry import redact
from freqtrade_bitmex_guard.redaction.sanitize import join_limited, sanitize
from freqtrade_bitmex_guard.report.text import describe_minutes, headline

# Discord takes 1,024 characters; freqtrade shows a status to Telegram as code, which a backtick would end.
_MAX_CHARACTERS = 1_000


@dataclass(frozen=True, slots=True)
class Entries:
    """What became of the open entries of a bot that is held.

    Attributes:
        cancelled: the pairs of those that were cancelled.
        remaining: the pairs of those that could not be cancelled.
        are_known: whether the bot could look them up.
    """

    cancelled: tuple[str, ...] = ()
    remaining: tuple[str, ...] = ()
    are_known: bool = True

    def __str__(self) -> str:
        """Return the sentences about them; none if there were none."""
        if not self.are_known:
            return " Its open entries could not be cancelled and may still fill: cancel them on the exchange."
        cancelled = f" Its open entries were cancelled: {_pairs(self.cancelled)}." if self.cancelled else ""
        remaining = (
            f" An open entry that could not be cancelled may still fill: {_pairs(self.remaining)}. "
            "Cancel it on the exchange."
        )
        return cancelled + (remaining if self.remaining else "")


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


def violation(
    verdict: Verdict, state: BotState, *, unreachable_minutes: float | None, entries: Entries = Entries()
) -> str:
    """Return the message about a running bot whose key no longer passes.

    Args:
        verdict: why.
        state: what became of the bot.
        entries: what became of its open entries.
        unreachable_minutes: for how long the key could not be checked, if that is why.
    """
    if unreachable_minutes is not None:
        reason = f"the key could not be checked for {_duration(unreachable_minutes)}"
    elif verdict.facts:
        reason = "the key now breaks the policy"
    else:
        reason = "the key can no longer be verified"
    outlook = "It stays so until you start it again, which works only once the key passes."
    return _message([f"API key guard: {reason}. {state}{entries} {outlook}"], verdict)


def key_recovered() -> str:
    """Return the message that the key passes again, while the bot is still paused or stopped."""
    return "API key guard: the key passes again. Nothing was resumed: send /start if you want the bot to go on."


def reload_refused(verdict: Verdict, *, stopped: bool, entries: Entries = Entries()) -> str:
    """Return the message about a reload that was refused.

    Args:
        verdict: why.
        entries: what became of the bot's open entries.
        stopped: whether the bot was stopped before, and so still is.
    """
    state = "stopped, as it was" if stopped else "paused: it opens no new trade and still manages the open ones"
    first = f"API key guard: the new config was not loaded. The bot runs on with the old one and is {state}.{entries}"
    return _message([first], verdict)


def _pairs(pairs: Sequence[str]) -> str:
    return join_limited(sorted(set(pairs)), lambda pair: sanitize(pair, 40))


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
