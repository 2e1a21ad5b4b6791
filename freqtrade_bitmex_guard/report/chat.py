"""The verdict as a short message for Telegram, a webhook or Discord."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from freqtrade_bitmex_guard.model.bot import BotLabel
from freqtrade_bitmex_guard.model.findings import HELP_PAGE, Finding
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.redaction.registry import redact
from freqtrade_bitmex_guard.redaction.sanitize import join_limited, sanitize
from freqtrade_bitmex_guard.report import advice
from freqtrade_bitmex_guard.report.faults import headline
from freqtrade_bitmex_guard.report.text import describe_minutes

# Discord takes 1,024 characters; freqtrade shows a status to Telegram as code, which a backtick would end.
_MAX_CHARACTERS = 1_000

_MAX_CAUSE = 320


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
    """What became of a bot whose key no longer passes, as a message begins and goes on."""

    PAUSED = "is paused"
    STOPPED = "is stopped"
    STOPPED_ALREADY = "stays stopped"

    @property
    def meaning(self) -> str:
        """What it means for the money."""
        if self is BotState.PAUSED:
            return "It opens no new trade and still manages the open ones."
        return "No bot manages the open trades."


def start_refused(verdict: Verdict, bot: BotLabel) -> str:
    """Return the message about a start that was refused.

    Args:
        verdict: why.
        bot: which one.
    """
    money = ["Open trades stay on the exchange, and no bot manages them."]
    return _message(f"{bot} was not started: ", replace(verdict, bot=bot), money)


def start_warnings(verdict: Verdict, findings: Sequence[Finding], bot: BotLabel) -> str:
    """Return the message about a bot that was started, though there are warnings.

    Args:
        verdict: that admitted it.
        findings: the warnings that are new.
        bot: which one.
    """
    first, *others = (finding.message for finding in findings)
    verdict = replace(verdict, bot=bot, findings=tuple(findings))
    lines = [_shortened(f"{bot} was started, with a warning: {first}"), *_subject(verdict)]
    lines += [f"Also: {' '.join(others)}"] if others else []
    lines += [f"What to do: {advice.join_fixes(advice.fixes(verdict, running=True))}"]
    command = bot.fill_in("freqtrade-bitmex-guard audit -c CONFIG")
    return _bounded(lines, f"\nType: {command}{_help_line(findings)}")


def violation(
    verdict: Verdict,
    state: BotState,
    bot: BotLabel,
    *,
    unreachable_minutes: float | None,
    entries: Entries = Entries(),
) -> str:
    """Return the message about a running bot whose key no longer passes.

    Args:
        verdict: why.
        state: what became of the bot.
        bot: which one.
        entries: what became of its open entries.
        unreachable_minutes: for how long the key could not be checked, if that is why.
    """
    subject = f"{bot} {state}: "
    if unreachable_minutes is not None:
        subject += f"the key could not be checked for {_duration(unreachable_minutes)}. "
    outlook = "It goes on only after you send /start, and only once the key passes: the guard reports that."
    money = [f"{state.meaning}{entries} {outlook}"]
    return _message(subject, replace(verdict, bot=bot), money, running=True)


def key_recovered(bot: BotLabel) -> str:
    """Return the message that the key passes again, while the bot is still paused or stopped."""
    return _clean(f"{bot}: the key passes again. Nothing was resumed: send /start if you want the bot to go on.")


def start_denied(verdict: Verdict, bot: BotLabel, *, stops: bool) -> str:
    """Return the answer to `/start` while the guard holds the bot.

    Args:
        verdict: why.
        bot: which one.
        stops: whether it is stopped; else it is paused.
    """
    state = BotState.STOPPED if stops else BotState.PAUSED
    money = [f"{state.meaning} Send /start again once the guard reports that the key passes."]
    subject = f"{bot} was not started and {state}: "
    return _message(subject, replace(verdict, bot=bot), money, running=True)


def reload_refused(verdict: Verdict, bot: BotLabel, *, stopped: bool, entries: Entries = Entries()) -> str:
    """Return the message about a reload that was refused.

    Args:
        verdict: why.
        bot: which one.
        entries: what became of the bot's open entries.
        stopped: whether the bot was stopped before, and so still is.
    """
    state = "stopped, as it was" if stopped else "paused: it opens no new trade and still manages the open ones"
    first = f"It runs on with the old config and is {state}.{entries}"
    return _message(f"{bot} did not load the new config: ", replace(verdict, bot=bot), [first], running=True)


def _pairs(pairs: Sequence[str]) -> str:
    return join_limited(sorted(set(pairs)), lambda pair: sanitize(pair, 40))


def _duration(minutes: float) -> str:
    text = describe_minutes(minutes)
    return f"a {text}" if text == "minute" else text


def _message(subject: str, verdict: Verdict, money: Sequence[str], *, running: bool = False) -> str:
    """Return a message: who and why, what it means for the money, what to do, the command, the page.

    What is too long loses the end of its reasons and fixes, but neither the command nor the page.
    """
    errors = advice.errors_of(verdict)
    messages = list(dict.fromkeys(finding.message for finding in errors)) or [headline(verdict)]
    suspicion = advice.somebody_else(verdict) if running else ""
    first = f"{subject}{messages[0]}"
    lines = [_shortened(first), *filter(None, [suspicion]), *money, *_subject(verdict)]
    lines += [f"Also: {' '.join(messages[1:])}"] if messages[1:] else []
    command = advice.command(verdict)
    texts = [
        fix.replace(f"`{command}`", "the command below")
        for finding, fix in zip(verdict.findings, advice.fixes(verdict, running=running), strict=True)
        if finding in errors
    ]
    lines += [f"What to do: {advice.join_fixes(texts)}"] if texts else []
    return _bounded(lines, f"\nType: {command}{_help_line(errors)}")


def _bounded(lines: Sequence[str], end: str) -> str:
    end, text = _clean(end), _clean("\n".join(lines))
    room = _MAX_CHARACTERS - len(end)
    return (text if len(text) <= room else text[: max(0, room - 1)] + "…") + end


def _shortened(text: str) -> str:
    return text if len(text) <= _MAX_CAUSE else text[: _MAX_CAUSE - 1] + "…"


def _subject(verdict: Verdict) -> list[str]:
    if verdict.key is None:
        return []
    place = f", from {verdict.store}" if verdict.store else ""
    return [f"Key {verdict.key} on {verdict.exchange}{place}."]


def _help_line(errors: Sequence[Finding]) -> str:
    names = list(dict.fromkeys(finding.name for finding in errors))
    return f"\nHelp: {HELP_PAGE}{join_limited(names, lambda name: f'#{name}')}" if names else ""


def _clean(text: str) -> str:
    return redact(text).replace("`", "'")
