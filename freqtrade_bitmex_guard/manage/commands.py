"""What `setup` and `credentials` do, up to their exit code."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
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
from freqtrade_bitmex_guard.model.bot import BotLabel
from freqtrade_bitmex_guard.model.credentials import Credentials
from freqtrade_bitmex_guard.model.findings import GuardError, fail
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.redaction import output
from freqtrade_bitmex_guard.report.json import to_dict


def run_setup(files: Sequence[str]) -> int:
    """Run `setup`.

    Args:
        files: the bot's config files.

    Returns:
        The exit code.
    """
    return _run(lambda terminal: wizard.run_wizard(files, terminal), files)


def run_credentials(action: str, files: Sequence[str], *, assume_yes: bool, as_json: bool) -> int:
    """Run a subcommand of `credentials`.

    Args:
        action: its name.
        files: the bot's config files.
        assume_yes: whether `delete` asks nothing.
        as_json: whether `show` prints JSON.

    Returns:
        The exit code.
    """
    actions: dict[str, Callable[[BotContext, Terminal], int]] = {
        "set": _set,
        "show": partial(_show, as_json=as_json),
        "delete": partial(_delete, assume_yes=assume_yes),
        "migrate": migrate,
        "rotate": _rotate,
    }
    return _run(lambda terminal: actions[action](BotContext.read(files), terminal), files, as_json=as_json)


def _run(work: Callable[[Terminal], int], files: Sequence[str], *, as_json: bool = False) -> int:
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    output.install()
    terminal = Terminal()
    try:
        return work(terminal)
    except EOFError:  # Ctrl-D at a question
        raise KeyboardInterrupt from None
    except GuardError as problem:
        bot = BotLabel.of({}, files)
        verdict = Verdict(findings=problem.findings, bot=bot)
        if as_json:
            terminal.print_document(to_dict(verdict))
        else:
            terminal.print_findings([replace(finding, fix=bot.fill_in(finding.fix)) for finding in problem.findings])
        return verdict.exit_code


def _set(bot: BotContext, terminal: Terminal) -> int:
    store = bot.writable_store or _fail_with_instructions(bot, "set")
    with _way_out_of_malformed(bot):
        stored = load_if_present(store, bot.profile)
    if stored is not None and terminal.is_attended:
        terminal.print(f"The key {stored.masked_id} is already in {bot.store_label}. Enter the same one, or Ctrl-C.")
    credentials = terminal.credentials(bot.profile)
    if stored is not None:
        return _confirm_stored(bot, stored, credentials, terminal)
    write(store, partial(store.add, credentials))
    terminal.print(
        f"Stored: the key {credentials.masked_id} in {bot.store_label}. It was not checked.",
        f"Check it: freqtrade-bitmex-guard --check-only {bot.config_options}",
    )
    return 0


def _confirm_stored(bot: BotContext, stored: Credentials, typed: Credentials, terminal: Terminal) -> int:
    """End well if the very key is stored already, so that a script may run twice; never replace another one.

    Raises:
        GuardError: misconfigured, if another key is stored.
    """
    if not stored.matches(typed):
        fail(
            "credentials-conflict",
            f"Another key is already in {bot.store_label}, {stored.masked_id}; it may be another bot's.",
            f"If it is this bot's, `freqtrade-bitmex-guard credentials rotate {bot.config_options}` replaces it by a "
            "new one that is checked first. If it is not, give this bot an entry of its own, and try again: "
            f"{keyring_services.own_service_advice(bot)}.",
        )
    terminal.print(f"The key {stored.masked_id} is already in {bot.store_label}, the same in every part.")
    return 0


def _show(bot: BotContext, terminal: Terminal, *, as_json: bool) -> int:
    credentials = load(bot.store, bot.profile)
    verdict = check_candidate(bot, credentials)
    store = bot.writable_store
    stored_at = with_timeout(store, store.stored_at) if store else None
    if as_json:
        stored = {"store": bot.store_label, "stored_at": stored_at.isoformat() if stored_at else None}
        terminal.print_document({**to_dict(verdict), **stored})
        return verdict.exit_code
    terminal.print(
        f"key     {credentials.masked_id}",
        f"store   {bot.store_label}",
        f"stored  {describe_age(stored_at)}",
        *(f"made    {describe_age(facts.created)}" for facts in verdict.facts),
    )
    terminal.report(verdict)
    return verdict.exit_code


def _delete(bot: BotContext, terminal: Terminal, *, assume_yes: bool) -> int:
    _require_section(bot)
    store = bot.writable_store or _fail_with_instructions(bot, "delete")
    contents = _describe_contents(bot, store)
    if not assume_yes:
        if not terminal.is_attended:
            fail("usage", "There is no terminal to ask whether to delete.", "Confirm it with --yes.")
        question = f"Delete {contents} from {bot.store_label}? The exchange shows a secret only once."
        if not terminal.confirm(question):
            terminal.print("Nothing was deleted.")
            return 0
    if not write(store, store.delete):
        fail("credentials-missing", f"There is nothing in {bot.store_label}.", "There is nothing to do.")
    terminal.print(
        f"Deleted: {contents} from {bot.store_label}. The bot does not start again without a key.",
        f"If nothing else uses the key, delete it on the exchange, too: {bot.profile.page.location}.",
    )
    return 0


def _require_section(bot: BotContext) -> None:
    """Fail where the config does not name the store: nothing is deleted or replaced on a guess.

    Raises:
        GuardError: misconfigured, without a section.
    """
    if bot.state is GuardState.ABSENT:
        fail(
            "section-missing",
            f"The config has no {SECTION} section, so it does not say which key in the store is this bot's: the "
            "default entry may be another bot's only one.",
            f"Write the section first, with `freqtrade-bitmex-guard setup {bot.config_options}` or by hand, with the "
            f'service of this bot: "{SECTION}": {{"credentials": {{"store": "keyring", "service": "…"}}}}. Then '
            "`freqtrade-bitmex-guard credentials show -c CONFIG` names the key in it.",
        )


def _describe_contents(bot: BotContext, store: WritableStore) -> str:
    """Describe what a store holds; what cannot be read as a whole key is deleted all the same."""
    try:
        stored = load(store, bot.profile)
    except GuardError as problem:
        if any(finding.name not in ("credentials-missing", "credentials-malformed") for finding in problem.findings):
            raise
        return "the remains of a key"
    return f"the key {stored.masked_id} with its secret"


def _rotate(bot: BotContext, terminal: Terminal) -> int:
    _require_section(bot)
    store = bot.writable_store or _fail_with_instructions(bot, "rotate")
    with _way_out_of_malformed(bot):
        old = load(store, bot.profile)
    terminal.print(
        f"In use: the key {old.masked_id}. Make a new one on {bot.profile.page.location}; leave the old one there."
    )
    while True:
        new = terminal.credentials(bot.profile)
        if new.is_same_key(old):
            fail("credentials-conflict", f"This is the key in use, {old.masked_id}.", "Make a new key, then try again.")
        verdict = check_candidate(bot, new)
        terminal.report(verdict)
        if verdict.admitted or not terminal.is_attended or not terminal.confirm("Enter the credentials again?"):
            break
    if not verdict.admitted:
        terminal.print(f"The old key {old.masked_id} stays in use; nothing was stored.", style="bold")
        return verdict.exit_code
    write(store, partial(store.replace, old, new))
    terminal.print(
        f"Stored: the key {new.masked_id} in {bot.store_label}.",
        "Now, in this order:",
        f"1. Restart the bot: until then it trades with the old key {old.masked_id}, which it has in memory.",
        f"2. Once it runs, delete the key {old.masked_id} on {bot.profile.page.location}.",
    )
    return 0


@contextmanager
def _way_out_of_malformed(bot: BotContext) -> Iterator[None]:
    """Say of a malformed entry that it has to be deleted first: it cannot be replaced as a key."""
    try:
        yield
    except GuardError as end:
        if not all(finding.name == "credentials-malformed" for finding in end.findings):
            raise
        way_out = (
            f"Delete what is stored with `freqtrade-bitmex-guard credentials delete {bot.config_options}`, then store "
            f"the key anew with `freqtrade-bitmex-guard credentials set {bot.config_options}`."
        )
        raise GuardError(*(replace(finding, fix=way_out) for finding in end.findings)) from None


def _fail_with_instructions(bot: BotContext, action: str) -> WritableStore:
    """Fail with what to run instead, for a store that is only read here.

    Raises:
        GuardError: misconfigured, always.
    """
    store = instructions.require_read_only(bot.section.credentials)
    steps: dict[str, Sequence[str]] = {
        "set": instructions.store_steps(store, bot.profile),
        "rotate": instructions.replace_steps(store, bot.profile, bot.config_options),
        "delete": instructions.delete_steps(store, bot.profile),
    }
    lines = "\n".join(f"    {line}" for line in steps[action])
    instructions.fail_read_only(store, f"Run instead, as the user that the bot runs as:\n{lines}")


def describe_age(moment: datetime | None) -> str:
    """Return a moment as its day and how long ago that was."""
    if moment is None:
        return "not known"
    days = (datetime.now(UTC) - moment).days
    return f"{moment:%Y-%m-%d}, {days} day{'' if days == 1 else 's'} ago"
