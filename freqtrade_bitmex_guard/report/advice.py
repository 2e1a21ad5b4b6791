"""What to do about a verdict: each finding's fix, without contradictions, and one command that can be pasted."""

from __future__ import annotations

import re
from collections.abc import Sequence

from freqtrade_bitmex_guard.model.findings import Finding, Severity
from freqtrade_bitmex_guard.model.verdict import Verdict

_ROTATE = "freqtrade-bitmex-guard credentials rotate -c CONFIG"

_COMMAND = re.compile(r"`((?:freqtrade-bitmex-guard|freqtrade|timedatectl|python) [^`]+)`")

# Where the fix names no command, and another one than `check` shows more.
_COMMANDS = {
    "key-unknown": "freqtrade-bitmex-guard credentials show -c CONFIG",
    "signature-invalid": "freqtrade-bitmex-guard credentials show -c CONFIG",
    "sibling-keys": "freqtrade-bitmex-guard audit -c CONFIG",
    "withdrawal-address": "freqtrade-bitmex-guard audit -c CONFIG",
    "security-event": "freqtrade-bitmex-guard audit -c CONFIG",
    "usage": "freqtrade-bitmex-guard --help",
}

_HOW_TO_REPLACE = re.compile(
    r"^(?:A key cannot be changed on [^.]+\. )?Create a new key on [^.(]*(?:\([^)]*\))?[^.(]*\. ?"
)

_HOW_TO_STORE = re.compile(rf" ?If the old one is already stored, `{_ROTATE}` replaces it; [^.]+\.")

_KEY_STAYS = re.compile(r"; the key can stay as it is|Leave the key as it is and ")

_WAITING = "Leave the key as it is. The guard checks it again by itself and reports when it passes."

_START_AGAIN = re.compile(r"(?:Then start|then start|start) again(?: later)?(?=[.;,])")

_NEW_KEY_ANYWAY = "The new key takes its place."


def errors_of(verdict: Verdict) -> list[Finding]:
    """Return the findings that keep the bot from starting, in their order."""
    return [finding for finding in verdict.findings if finding.severity is Severity.ERROR]


def fixes(verdict: Verdict, *, running: bool = False) -> list[str]:
    """Return the fix of each finding of a verdict, in the same order.

    How a key is replaced is said once; and where one finding needs a new key, no other one says that the key can stay.

    Args:
        verdict: whose findings they are.
        running: whether the bot runs: then nothing is started again, and the guard repeats its check by itself.
    """
    errors = errors_of(verdict)
    replaced = any(_ROTATE in finding.fix for finding in errors)
    was_said = False
    texts = []
    for finding in verdict.findings:
        text = _WAITING if running and finding.transient else finding.fix
        if _ROTATE in text and was_said:
            text = _without_repetition(text)
        elif _ROTATE in text:
            was_said = True
        elif replaced:
            text = _NEW_KEY_ANYWAY if finding.name == "key-disabled" else _KEY_STAYS.sub("", text)
        if running:
            text = _START_AGAIN.sub("the guard then checks again by itself", text)
        texts.append(_filled(_capitalized(text), verdict))
    return texts


def command(verdict: Verdict) -> str:
    """Return the one command to type next. It starts no bot: whoever starts this one knows its options."""
    errors = errors_of(verdict)
    if any(_ROTATE in finding.fix for finding in errors):
        return _filled(_ROTATE, verdict)
    for finding in errors[:1]:
        named = [each for each in _COMMAND.findall(finding.fix) if not _starts_a_bot(each)]
        return _filled(named[0] if named else _COMMANDS.get(finding.name, verdict.again), verdict)
    return _filled(verdict.again, verdict)


def _starts_a_bot(text: str) -> bool:
    return text.split()[1:2] == ["trade"]


def _without_repetition(text: str) -> str:
    rest = _HOW_TO_STORE.sub("", _HOW_TO_REPLACE.sub("", text)).strip()
    return f"Likewise with the new key: {rest}" if rest else _NEW_KEY_ANYWAY


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]


def _filled(text: str, verdict: Verdict) -> str:
    return verdict.bot.fill_in(text) if verdict.bot else text


def somebody_else(verdict: Verdict) -> str:
    """Return what to do first about a running bot's key that can suddenly do more; empty if it cannot.

    Every look before admitted the key, so whoever changed it was in the account since then.
    """
    if not verdict.facts or not any(finding.name in _WIDENED for finding in errors_of(verdict)):
        return ""
    return f"The key could not do this at the last look. {INTRUDER}"


_WIDENED = ("withdraw-permission", "permission-not-allowed", "ip-unrestricted", "ip-too-many", "ip-outside")

INTRUDER = (
    "If you did not do that, somebody is in your exchange account. In this order: 1. delete the key on the exchange; "
    "2. change the password and end all sessions; 3. delete keys and withdrawal addresses that you do not know; "
    "4. only then create a new key."
)


def join_fixes(texts: Sequence[str]) -> str:
    """Join fixes, each once; several are numbered."""
    once = list(dict.fromkeys(texts))
    return once[0] if len(once) == 1 else " ".join(f"{number}. {text}" for number, text in enumerate(once, 1))
