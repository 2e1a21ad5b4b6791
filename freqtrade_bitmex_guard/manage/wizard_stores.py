"""Where the credentials will live: chosen first, so that nobody makes a key that cannot be stored."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from freqtrade_bitmex_guard.config.parse import GuardState
from freqtrade_bitmex_guard.config.stores import FileStoreConfig
from freqtrade_bitmex_guard.credentials import open_store
from freqtrade_bitmex_guard.credentials.access import load, load_if_present, write
from freqtrade_bitmex_guard.credentials.files import default_file_name
from freqtrade_bitmex_guard.credentials.writable import open_writable_store
from freqtrade_bitmex_guard.manage import instructions, keyring_services
from freqtrade_bitmex_guard.manage.bot_context import BotContext
from freqtrade_bitmex_guard.manage.terminal import Terminal
from freqtrade_bitmex_guard.model.credentials import Credentials
from freqtrade_bitmex_guard.model.findings import GuardError, fail
from freqtrade_bitmex_guard.redaction.paths import sanitize_path

StoreSection = dict[str, Any]


def choose_store(bot: BotContext, terminal: Terminal) -> tuple[StoreSection, Credentials | None]:
    """Ask for a store, unless the config names one.

    Returns:
        `api_key_guard.credentials` as it is or will be written, and what the store already holds for this bot.

    Raises:
        GuardError: misconfigured, if the store that the config names cannot be read.
    """
    if bot.state is not GuardState.ABSENT:
        return dict(bot.section_source.get("credentials", {})), load_if_present(bot.store, bot.profile)
    choices: dict[str, Callable[..., StoreSection]] = {
        **_file_choices(bot),
        "files, as systemd, Docker or Podman provide them": _ask_file_store,
        "a program that prints them: pass, op, vault, sops": _ask_command_store,
    }
    try:
        choices = {**_keyring_choices(bot, terminal), **choices}
    except GuardError as end:
        terminal.print(f"This keyring cannot be used: {end.findings[0].message}")
    store = terminal.choose("Where should the credentials be stored?", choices)(bot, terminal)
    config = bot.parse_section({"credentials": store}).credentials
    return store, load_if_present(open_store(config, bot.profile.id), bot.profile)


def _keyring_choices(bot: BotContext, terminal: Terminal) -> dict[str, Callable[..., StoreSection]]:
    """Return the services to choose from: the first free one, then those that hold a key, perhaps this bot's.

    The free one comes first because Enter chooses the first, and that must not share another bot's key.
    """
    choices: dict[str, Callable[..., StoreSection]] = {}
    for service, stored in keyring_services.candidate_services(bot):
        store: StoreSection = {"store": "keyring", "service": service}
        if stored is None:
            free = f"one key for each bot: store this bot's as {service!r}" if choices else "this user's keyring"
            return {free: lambda *_, store=store: store, **choices}
        terminal.print(f"The keyring already has a key: {stored.masked_id} (service {service!r}).")
        choices[f"{stored.masked_id} ({service!r}) is this bot's: use it"] = lambda *_, store=store: store
    return choices


def _file_choices(bot: BotContext) -> dict[str, Callable[..., StoreSection]]:
    """Return the files to choose from, as `_keyring_choices` does; which one another bot uses nobody knows."""
    choices: dict[str, Callable[..., StoreSection]] = {}
    for path, stored in keyring_services.candidate_files(bot):
        store: StoreSection = {"store": "files", "file": path}
        shown = sanitize_path(path)
        if stored is None:
            return {f"a file of this user alone: {shown}": lambda *_, store=store: store, **choices}
        choices[f"{stored.masked_id} ({shown}) is this bot's: use it"] = lambda *_, store=store: store
    return choices


def store_credentials(bot: BotContext, store: Mapping[str, Any], credentials: Credentials, terminal: Terminal) -> None:
    """Store credentials, or show how to, and read them back.

    Args:
        bot: the bot that will use them.
        store: `api_key_guard.credentials` as it will be written.
        credentials: admitted by a check.
        terminal: the person's.

    Raises:
        GuardError: misconfigured, if they do not come back.
    """
    config = bot.parse_section({"credentials": store}).credentials
    writable = open_writable_store(config, bot.profile.id)
    if writable is not None:
        write(writable, partial(writable.add, credentials))
        return
    read_only = instructions.require_read_only(config)
    steps = [f"    {line}" for line in instructions.store_steps(read_only, bot.profile)]
    terminal.print("In another terminal:", *steps)
    if isinstance(read_only, FileStoreConfig) and instructions.is_orchestrator_managed(read_only, bot.profile):
        terminal.print(
            "Only the bot's own unit or container gets these files: they cannot be read back here. Check it in there:"
        )
        terminal.print(f"    freqtrade-bitmex-guard --check-only {bot.config_options}")
        if not terminal.confirm("Have you stored all of them?"):
            _fail_not_stored()
        return
    reader = open_store(config, bot.profile.id)
    question = f"Have you created all {len(bot.profile.credentials)} of them?"
    while terminal.confirm(question, default=True):
        try:
            if load(reader, bot.profile).matches(credentials):
                return
            terminal.print("The store returns something else than the credentials that were just checked.")
        except GuardError as end:
            terminal.print_findings(end.findings)
        terminal.print("Once more, in another terminal:", *steps)  # they may have left the screen
    _fail_not_stored()


def _fail_not_stored() -> NoReturn:
    fail(
        "store-not-written",
        "The key was admitted, but it is not in the store.",
        "Store it with the commands above, then run setup again: it continues from there.",
    )


def _ask_file_store(bot: BotContext, terminal: Terminal) -> StoreSection:
    folder = terminal.ask("Folder for the files (blank: where systemd or Compose mounts them):")
    if not folder:
        return {"store": "files"}
    path = Path(folder).expanduser().absolute()
    files = {f"{field.name}_file": path / default_file_name(bot.profile.id, field) for field in bot.profile.credentials}
    return {"store": "files", **{name: str(file) for name, file in files.items()}}


def _ask_command_store(bot: BotContext, terminal: Terminal) -> StoreSection:
    store: StoreSection = {"store": "command"}
    for field in bot.profile.credentials:
        default = f"pass show {bot.profile.id}/{keyring_services.bot_name(bot.config)}/{field.name}"
        command = terminal.ask(f"Command that prints the {field.label} alone:", default, _validate_command)
        store[f"{field.name}_command"] = shlex.split(command)
    return store


def _validate_command(text: str) -> bool | str:
    try:
        return bool(shlex.split(text)) or "Write a command."
    except ValueError:
        return "A quote is not closed."
