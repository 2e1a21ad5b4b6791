"""The commands `setup` and `credentials`, from their arguments to their exit code."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial

from freqtrade_bitmex_guard import exit_codes, outlets
from freqtrade_bitmex_guard.config import SECTION
from freqtrade_bitmex_guard.credentials.access import held, in_time
from freqtrade_bitmex_guard.credentials.interface import Keeper, Seen
from freqtrade_bitmex_guard.custody import arguments, elsewhere, entries
from freqtrade_bitmex_guard.custody.migration import migrate
from freqtrade_bitmex_guard.custody.subject import Subject
from freqtrade_bitmex_guard.findings import Stopped, stop
from freqtrade_bitmex_guard.setup import dialogue
from freqtrade_bitmex_guard.terminal import Terminal
from freqtrade_bitmex_guard.verdict import Verdict


def run(given: list[str]) -> int:
    """Run one of the commands.

    Args:
        given: the command line, from `setup` or `credentials` on.

    Returns:
        The exit code.
    """
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    outlets.close()
    terminal = Terminal()
    try:
        request = arguments.parse(given)
        if request.command == "setup":
            return dialogue.run(request.config, terminal)
        actions: dict[str | None, Callable[[Subject, Terminal], int]] = {
            "set": _set,
            "show": _show,
            "delete": partial(_delete, is_sure=request.is_sure),
            "migrate": migrate,
            "rotate": _rotate,
        }
        return actions[request.action](Subject.read(request.config), terminal)
    except EOFError:  # Ctrl-D at a question
        raise KeyboardInterrupt from None
    except Stopped as end:
        terminal.complain(end.findings)
        return exit_codes.of(Verdict(findings=end.findings))


def _set(subject: Subject, terminal: Terminal) -> int:
    keeper = subject.keeper or _only_read(subject, "to_store")
    if (there := held(keeper)) is not None:
        stop(
            "credentials-differ",
            f"The key {there.masked} lies in {subject.where} already; it may be another bot's.",
            f"If it is this bot's, `freqtrade-bitmex-guard credentials rotate {subject.arguments}` replaces it by a "
            "new one that is checked first. If it is not, give this bot an entry of its own, and try again: "
            f"{entries.one_of_its_own(subject)}.",
        )
    given = terminal.credentials()
    in_time(keeper, lambda: keeper.put(given, Seen(None)), writes=True)
    terminal.say(
        f"Stored: the key {given.masked} in {subject.where}. It was not checked.",
        f"Check it: freqtrade-bitmex-guard --check-only {subject.arguments}",
    )
    return 0


def _show(subject: Subject, terminal: Terminal) -> int:
    store = subject.store
    credentials = in_time(store, store.load)
    verdict = subject.check(credentials)
    keeper = subject.keeper
    terminal.say(
        f"key     {credentials.masked}",
        f"store   {subject.where}",
        f"stored  {age(in_time(keeper, keeper.stored_at) if keeper else None)}",
        *(f"made    {age(facts.created)}" for facts in verdict.facts),
    )
    terminal.report(verdict)
    return exit_codes.of(verdict)


def _delete(subject: Subject, terminal: Terminal, *, is_sure: bool) -> int:
    _refuse_without_section(subject)
    keeper = subject.keeper or _only_read(subject, "to_delete")
    what = _lying_in(keeper)
    if not is_sure:
        if not terminal.is_attended:
            stop("usage", "Nobody can be asked here whether to delete.", "Say so on the command line: --yes")
        question = f"Delete {what} from {subject.where}? The exchange shows a secret only once."
        if not terminal.confirm(question):
            terminal.say("Nothing was deleted.")
            return 0
    if not in_time(keeper, keeper.erase, writes=True):
        stop("credentials-missing", f"There is nothing in {subject.where}.", "Nothing is to be done.")
    terminal.say(
        f"Deleted: {what} from {subject.where}. The bot does not start again without a key.",
        f"If nothing else uses the key, delete it on the exchange, too: {subject.terms.keys_page}.",
    )
    return 0


def _refuse_without_section(subject: Subject) -> None:
    """Take nothing out of a store on a guess.

    Raises:
        Stopped: misconfigured, if the config does not say where its key lies.
    """
    if subject.written is None:
        stop(
            "section-missing",
            f"The config has no {SECTION} section, so nothing tells which key in the store is this bot's: the usual "
            "entry may be another bot's only one.",
            f"Write the section first, by `freqtrade-bitmex-guard setup {subject.arguments}` or by hand, with the "
            f'service of this bot: "{SECTION}": {{"credentials": {{"store": "keyring", "service": "…"}}}}. Then '
            "`freqtrade-bitmex-guard credentials show` names the key in there.",
        )


def _lying_in(keeper: Keeper) -> str:
    """What a store holds, for a person; what cannot be read as a whole key is deleted all the same."""
    try:
        there = in_time(keeper, keeper.load)
    except Stopped as end:
        if any(finding.rule not in ("credentials-missing", "credentials-malformed") for finding in end.findings):
            raise
        return "what is left of a key"
    return f"the key {there.masked} with its secret"


def _rotate(subject: Subject, terminal: Terminal) -> int:
    _refuse_without_section(subject)
    keeper = subject.keeper or _only_read(subject, "to_replace")
    old = in_time(keeper, keeper.load)
    terminal.say(f"In use: the key {old.masked}. Make a new one on {subject.terms.keys_page}; leave the old one there.")
    new = terminal.credentials()
    if new.key.matches(old.key.reveal()):
        stop("credentials-differ", f"This is the key in use, {old.masked}, again.", "Make a new key, then try again.")
    verdict = subject.check(new)
    terminal.report(verdict)
    if not verdict.admitted:
        terminal.say(f"The old key {old.masked} stays in use; nothing was stored.", style="bold")
        return exit_codes.of(verdict)
    in_time(keeper, lambda: keeper.put(new, Seen(old)), writes=True)
    terminal.say(
        f"Stored: the key {new.masked} in {subject.where}.",
        "Now, in this order:",
        f"1. Restart the bot: until then it trades with the old key {old.masked}, which it has in memory.",
        f"2. Once it runs, delete the key {old.masked} on {subject.terms.keys_page}.",
    )
    return 0


def _only_read(subject: Subject, action: str) -> Keeper:
    """Say what to run instead, for a store that is only read.

    Raises:
        Stopped: always.
    """
    store = elsewhere.only_read(subject.section.credentials)
    lines: dict[str, Sequence[str]] = {
        "to_store": elsewhere.to_store(store, subject.terms.exchange),
        "to_replace": elsewhere.to_replace(store, subject.terms.exchange, subject.arguments),
        "to_delete": elsewhere.to_delete(store, subject.terms.exchange),
    }
    instead = "\n".join(f"    {line}" for line in lines[action])
    elsewhere.refuse(store, f"Run instead, as the user that the bot runs as:\n{instead}")


def age(moment: datetime | None) -> str:
    """A moment as a day and how long ago it was."""
    if moment is None:
        return "not known"
    days = (datetime.now(UTC) - moment).days
    return f"{moment:%Y-%m-%d}, {days} day{'' if days == 1 else 's'} ago"
