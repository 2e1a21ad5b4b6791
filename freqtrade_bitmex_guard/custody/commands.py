"""The commands `setup` and `credentials`, from their arguments to their exit code."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial

from freqtrade_bitmex_guard import exit_codes, outlets
from freqtrade_bitmex_guard.config import KeyringStore
from freqtrade_bitmex_guard.credentials.access import held, in_time
from freqtrade_bitmex_guard.credentials.interface import Keeper, Seen
from freqtrade_bitmex_guard.custody import arguments, elsewhere
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
            f"The store already holds the key {there.masked}.",
            "Use `freqtrade-bitmex-guard credentials rotate` to replace it by a new one that is checked first.",
        )
    given = terminal.credentials()
    in_time(keeper, lambda: keeper.put(given, Seen(None)))
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
    keeper = subject.keeper or _only_read(subject, "to_delete")
    if not is_sure:
        if not terminal.is_attended:
            stop("usage", "Nobody can be asked here whether to delete.", "Say so on the command line: --yes")
        question = f"Delete key and secret from {subject.where}? The exchange shows a secret only once."
        if not terminal.confirm(question):
            terminal.say("Nothing was deleted.")
            return 0
    if not in_time(keeper, keeper.erase):
        stop("credentials-missing", f"There is nothing in {subject.where}.", "Nothing is to be done.")
    terminal.say(
        f"Deleted from {subject.where}. The bot does not start again without a key.",
        f"If nothing else uses the key, delete it on the exchange, too: {subject.terms.keys_page}.",
    )
    return 0


def _rotate(subject: Subject, terminal: Terminal) -> int:
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
    in_time(keeper, lambda: keeper.put(new, Seen(old)))
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
    store = subject.section.credentials
    if isinstance(store, KeyringStore):
        raise TypeError("a keyring is written, too")
    lines: dict[str, Sequence[str]] = {
        "to_store": elsewhere.to_store(store, subject.terms.exchange),
        "to_replace": elsewhere.to_replace(store, subject.terms.exchange, subject.arguments),
        "to_delete": elsewhere.to_delete(store, subject.terms.exchange),
    }
    stop(
        "store-not-written",
        f"The store {store.store!r} is kept by somebody else; the guard only reads it.",
        "Run instead, as the user that the bot runs as:\n" + "\n".join(f"    {line}" for line in lines[action]),
    )


def age(moment: datetime | None) -> str:
    """A moment as a day and how long ago it was."""
    if moment is None:
        return "not known"
    days = (datetime.now(UTC) - moment).days
    return f"{moment:%Y-%m-%d}, {days} day{'' if days == 1 else 's'} ago"
