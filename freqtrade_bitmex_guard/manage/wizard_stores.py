"""Where the credentials are to live: chosen at the beginning, so that nobody makes a key that finds no place."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from freqtrade_bitmex_guard.config.parse import GuardState
from freqtrade_bitmex_guard.config.stores import FileStoreConfig
from freqtrade_bitmex_guard.credentials import open_store
from freqtrade_bitmex_guard.credentials.access import load_if_present, with_timeout
from freqtrade_bitmex_guard.credentials.files import default_file_name
from freqtrade_bitmex_guard.credentials.interface import Seen
from freqtrade_bitmex_guard.credentials.keyring_writer import open_writable_store
from freqtrade_bitmex_guard.manage import instructions, keyring_services
from freqtrade_bitmex_guard.manage.bot_context import BotContext
from freqtrade_bitmex_guard.manage.terminal import Terminal
from freqtrade_bitmex_guard.model.credentials import PARTS, Credentials
from freqtrade_bitmex_guard.model.findings import GuardError, fail

StoreSection = dict[str, Any]


def choose_store(subject: BotContext, terminal: Terminal) -> tuple[StoreSection, Credentials | None]:
    """Have a store chosen, if the config names none.

    Returns:
        `api_key_guard.credentials` as it is or will be written, and what the store holds of this bot already.

    Raises:
        GuardError: misconfigured, if the store that the config names cannot be read.
    """
    if subject.state is not GuardState.ABSENT:
        return dict(subject.section_source.get("credentials", {})), load_if_present(subject.store)
    ways = {
        "two files, as systemd, Docker or Podman hand them over": _ask_file_store,
        "a program that prints them: pass, op, vault, sops": _ask_command_store,
    }
    try:
        ways = {**_keyring_choices(subject, terminal), **ways}
    except GuardError as end:
        terminal.print(f"This machine's keyring will not do: {end.findings[0].message}")
    store = terminal.choose("Where are id and secret to be kept?", ways)(subject, terminal)
    return store, _load_stored(subject, store)


def _keyring_choices(subject: BotContext, terminal: Terminal) -> dict[str, Callable[..., StoreSection]]:
    """The keyring's entries to choose from: the first free one, and those that hold a key, which may be this bot's.

    In this order, for the first one is what Enter takes, and that must not share another bot's key.
    """
    ways: dict[str, Callable[..., StoreSection]] = {}
    for service, there in keyring_services.candidate_services(subject):
        store: StoreSection = {"store": "keyring", "service": service}
        if there is None:
            free = f"one key for each bot: keep this bot's as {service!r}" if ways else "this user's keyring"
            return {free: lambda *_, store=store: store, **ways}
        terminal.print(f"The keyring holds a key already: {there.masked_id} (service {service!r}).")
        ways[f"{there.masked_id} ({service!r}) is this bot's: go on with it"] = lambda *_, store=store: store
    return ways


def store_credentials(
    subject: BotContext, store: Mapping[str, Any], credentials: Credentials, terminal: Terminal
) -> None:
    """Have credentials put into a store, and read them back.

    Raises:
        GuardError: misconfigured, if they do not come back.
    """
    config = subject.parse_section({"credentials": store}).credentials
    keeper = open_writable_store(config)
    if keeper is not None:
        with_timeout(keeper, lambda: keeper.put(credentials, Seen(None)), writes=True)
        return
    kept_elsewhere = instructions.require_read_only(config)
    terminal.print("In another terminal:")
    terminal.print(*(f"    {line}" for line in instructions.store_steps(kept_elsewhere, subject.profile.id)))
    if isinstance(kept_elsewhere, FileStoreConfig) and instructions.is_orchestrator_managed(kept_elsewhere):
        terminal.print(
            "Only the bot's own unit or container gets these files: they cannot be read back here. Check it in there:"
        )
        terminal.print(f"    freqtrade-bitmex-guard --check-only {subject.config_options}")
        if not terminal.confirm("Have you stored both?"):
            _fail_not_stored()
        return
    reader = open_store(config, subject.profile.id)
    while terminal.confirm("Is it there?", default=True):
        try:
            if with_timeout(reader, reader.load).matches(credentials):
                return
            terminal.print("The store gives something else than the id and secret that were just checked.")
        except GuardError as end:
            terminal.print_findings(end.findings)
    _fail_not_stored()


def _fail_not_stored() -> NoReturn:
    fail(
        "store-not-written",
        "The key was admitted, but it is not in the store.",
        "Put it there with the commands above, then run setup again: it goes on from there.",
    )


def _load_stored(subject: BotContext, store: Mapping[str, Any]) -> Credentials | None:
    return load_if_present(open_store(subject.parse_section({"credentials": store}).credentials, subject.profile.id))


def _ask_file_store(subject: BotContext, terminal: Terminal) -> StoreSection:
    folder = terminal.ask("Folder for the two files (blank: where systemd or Compose mounts them):")
    if not folder:
        return {"store": "files"}
    path = Path(folder).expanduser().absolute()
    names = {f"{part}_file": str(path / default_file_name(subject.profile.id, part)) for part in PARTS}
    return {"store": "files", **names}


def _ask_command_store(subject: BotContext, terminal: Terminal) -> StoreSection:
    written: StoreSection = {"store": "command"}
    for part, shown in PARTS.items():
        usual = f"pass show {subject.profile.id}/{keyring_services.bot_name(subject.config)}/{part}"
        command = terminal.ask(f"Command that prints the {shown} alone:", usual, _is_command)
        written[f"{part}_command"] = shlex.split(command)
    return written


def _is_command(text: str) -> bool | str:
    try:
        return bool(shlex.split(text)) or "Write a command."
    except ValueError:
        return "A quote is not closed."
