"""The commands `setup` and `credentials`, from their arguments to their exit code."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial

from freqtrade_bitmex_guard.config.parse import GuardState
from freqtrade_bitmex_guard.config.section import SECTION
from freqtrade_bitmex_guard.credentials.access import load, load_if_present, with_timeout, write
from freqtrade_bitmex_guard.credentials.interface import WritableStore
from freqtrade_bitmex_guard.manage import instructions, keyring_services, wizard
from freqtrade_bitmex_guard.manage.bot_context import BotContext, check_candidate
from freqtrade_bitmex_guard.manage.migration import migrate
from freqtrade_bitmex_guard.manage.terminal import Terminal
from freqtrade_bitmex_guard.model.findings import GuardError, fail
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.redaction import output


def run_setup(files: Sequence[str]) -> int:
    """Run `setup`.

    Args:
        files: the bot's config files.

    Returns:
        The exit code.
    """
    return _run(lambda terminal: wizard.run_wizard(files, terminal))


def run_credentials(action: str, files: Sequence[str], *, assume_yes: bool) -> int:
    """Run a subcommand of `credentials`.

    Args:
        action: its name.
        files: the bot's config files.
        assume_yes: whether `delete` asks nothing.

    Returns:
        The exit code.
    """
    actions: dict[str, Callable[[BotContext, Terminal], int]] = {
        "set": _set,
        "show": _show,
        "delete": partial(_delete, assume_yes=assume_yes),
        "migrate": migrate,
        "rotate": _rotate,
    }
    return _run(lambda terminal: actions[action](BotContext.read(files), terminal))


def _run(work: Callable[[Terminal], int]) -> int:
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    output.install()
    terminal = Terminal()
    try:
        return work(terminal)
    except EOFError:  # Ctrl-D at a question
        raise KeyboardInterrupt from None
    except GuardError as end:
        terminal.print_findings(end.findings)
        return Verdict(findings=end.findings).exit_code


def _set(subject: BotContext, terminal: Terminal) -> int:
    keeper = subject.writable_store or _fail_with_instructions(subject, "to_store")
    if (there := load_if_present(keeper, subject.profile.credentials)) is not None:
        fail(
            "credentials-conflict",
            f"The key {there.masked_id} lies in {subject.store_label} already; it may be another bot's.",
            f"If it is this bot's, `freqtrade-bitmex-guard credentials rotate {subject.config_options}` replaces it "
            "by a "
            "new one that is checked first. If it is not, give this bot an entry of its own, and try again: "
            f"{keyring_services.own_service_advice(subject)}.",
        )
    given = terminal.credentials(subject.profile.credentials)
    write(keeper, partial(keeper.add, given))
    terminal.print(
        f"Stored: the key {given.masked_id} in {subject.store_label}. It was not checked.",
        f"Check it: freqtrade-bitmex-guard --check-only {subject.config_options}",
    )
    return 0


def _show(subject: BotContext, terminal: Terminal) -> int:
    credentials = load(subject.store, subject.profile.credentials)
    verdict = check_candidate(subject, credentials)
    keeper = subject.writable_store
    terminal.print(
        f"key     {credentials.masked_id}",
        f"store   {subject.store_label}",
        f"stored  {describe_age(with_timeout(keeper, keeper.stored_at) if keeper else None)}",
        *(f"made    {describe_age(facts.created)}" for facts in verdict.facts),
    )
    terminal.report(verdict)
    return verdict.exit_code


def _delete(subject: BotContext, terminal: Terminal, *, assume_yes: bool) -> int:
    _require_section(subject)
    keeper = subject.writable_store or _fail_with_instructions(subject, "to_delete")
    what = _describe_contents(subject, keeper)
    if not assume_yes:
        if not terminal.is_attended:
            fail("usage", "Nobody can be asked here whether to delete.", "Say so on the command line: --yes")
        question = f"Delete {what} from {subject.store_label}? The exchange shows a secret only once."
        if not terminal.confirm(question):
            terminal.print("Nothing was deleted.")
            return 0
    if not write(keeper, keeper.delete):
        fail("credentials-missing", f"There is nothing in {subject.store_label}.", "Nothing is to be done.")
    terminal.print(
        f"Deleted: {what} from {subject.store_label}. The bot does not start again without a key.",
        f"If nothing else uses the key, delete it on the exchange, too: {subject.profile.page.location}.",
    )
    return 0


def _require_section(subject: BotContext) -> None:
    """Take nothing out of a store on a guess.

    Raises:
        GuardError: misconfigured, if the config does not say where its key lies.
    """
    if subject.state is GuardState.ABSENT:
        fail(
            "section-missing",
            f"The config has no {SECTION} section, so nothing tells which key in the store is this bot's: the usual "
            "entry may be another bot's only one.",
            f"Write the section first, by `freqtrade-bitmex-guard setup {subject.config_options}` or by hand, with the "
            f'service of this bot: "{SECTION}": {{"credentials": {{"store": "keyring", "service": "…"}}}}. Then '
            "`freqtrade-bitmex-guard credentials show` names the key in there.",
        )


def _describe_contents(subject: BotContext, keeper: WritableStore) -> str:
    """What a store holds, for a person; what cannot be read as a whole key is deleted all the same."""
    try:
        there = load(keeper, subject.profile.credentials)
    except GuardError as end:
        if any(finding.name not in ("credentials-missing", "credentials-malformed") for finding in end.findings):
            raise
        return "what is left of a key"
    return f"the key {there.masked_id} with its secret"


def _rotate(subject: BotContext, terminal: Terminal) -> int:
    _require_section(subject)
    keeper = subject.writable_store or _fail_with_instructions(subject, "to_replace")
    old = load(keeper, subject.profile.credentials)
    terminal.print(
        f"In use: the key {old.masked_id}. Make a new one on {subject.profile.page.location}; leave the old one there."
    )
    new = terminal.credentials(subject.profile.credentials)
    if new.is_same_key(old):
        fail(
            "credentials-conflict",
            f"This is the key in use, {old.masked_id}, again.",
            "Make a new key, then try again.",
        )
    verdict = check_candidate(subject, new)
    terminal.report(verdict)
    if not verdict.admitted:
        terminal.print(f"The old key {old.masked_id} stays in use; nothing was stored.", style="bold")
        return verdict.exit_code
    write(keeper, partial(keeper.replace, old, new))
    terminal.print(
        f"Stored: the key {new.masked_id} in {subject.store_label}.",
        "Now, in this order:",
        f"1. Restart the bot: until then it trades with the old key {old.masked_id}, which it has in memory.",
        f"2. Once it runs, delete the key {old.masked_id} on {subject.profile.page.location}.",
    )
    return 0


def _fail_with_instructions(subject: BotContext, action: str) -> WritableStore:
    """Say what to run instead, for a store that is only read.

    Raises:
        GuardError: always.
    """
    store = instructions.require_read_only(subject.section.credentials)
    lines: dict[str, Sequence[str]] = {
        "to_store": instructions.store_steps(store, subject.profile),
        "to_replace": instructions.replace_steps(store, subject.profile, subject.config_options),
        "to_delete": instructions.delete_steps(store, subject.profile),
    }
    instead = "\n".join(f"    {line}" for line in lines[action])
    instructions.fail_read_only(store, f"Run instead, as the user that the bot runs as:\n{instead}")


def describe_age(moment: datetime | None) -> str:
    """A moment as a day and how long ago it was."""
    if moment is None:
        return "not known"
    days = (datetime.now(UTC) - moment).days
    return f"{moment:%Y-%m-%d}, {days} day{'' if days == 1 else 's'} ago"
