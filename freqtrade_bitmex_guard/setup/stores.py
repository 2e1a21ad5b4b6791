"""Where the credentials are to live: chosen at the beginning, so that nobody makes a key that finds no place."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from freqtrade_bitmex_guard.config import FileStore
from freqtrade_bitmex_guard.credentials import open_store
from freqtrade_bitmex_guard.credentials.access import held, in_time
from freqtrade_bitmex_guard.credentials.files import usual_name
from freqtrade_bitmex_guard.credentials.interface import Seen
from freqtrade_bitmex_guard.credentials.keyring_keeper import open_keeper
from freqtrade_bitmex_guard.credentials.secret import PARTS, Credentials
from freqtrade_bitmex_guard.custody import elsewhere, entries
from freqtrade_bitmex_guard.custody.subject import Subject
from freqtrade_bitmex_guard.findings import Stopped, stop
from freqtrade_bitmex_guard.terminal import Terminal

Written = dict[str, Any]


def choose(subject: Subject, terminal: Terminal) -> tuple[Written, Credentials | None]:
    """Have a store chosen, if the config names none.

    Returns:
        `api_key_guard.credentials` as it is or will be written, and what the store holds of this bot already.

    Raises:
        Stopped: misconfigured, if the store that the config names cannot be read.
    """
    if subject.written is not None:
        return dict(subject.written.get("credentials", {})), held(subject.store)
    ways = {
        "two files, as systemd, Docker or Podman hand them over": _files,
        "a program that prints them: pass, op, vault, sops": _programs,
    }
    try:
        ways = {**_entries(subject, terminal), **ways}
    except Stopped as end:
        terminal.say(f"This machine's keyring will not do: {end.findings[0].message}")
    store = terminal.choose("Where are id and secret to be kept?", ways)(subject, terminal)
    return store, _held(subject, store)


def _entries(subject: Subject, terminal: Terminal) -> dict[str, Callable[..., Written]]:
    """The keyring's entries to choose from: the first free one, and those that hold a key, which may be this bot's.

    In this order, for the first one is what Enter takes, and that must not share another bot's key.
    """
    ways: dict[str, Callable[..., Written]] = {}
    for service, there in entries.known(subject):
        store: Written = {"store": "keyring", "service": service}
        if there is None:
            free = f"one key for each bot: keep this bot's as {service!r}" if ways else "this user's keyring"
            return {free: lambda *_, store=store: store, **ways}
        terminal.say(f"The keyring holds a key already: {there.masked} (service {service!r}).")
        ways[f"{there.masked} ({service!r}) is this bot's: go on with it"] = lambda *_, store=store: store
    return ways


def keep(subject: Subject, store: Mapping[str, Any], credentials: Credentials, terminal: Terminal) -> None:
    """Have credentials put into a store, and read them back.

    Raises:
        Stopped: misconfigured, if they do not come back.
    """
    config = subject.with_section({"credentials": store}).credentials
    keeper = open_keeper(config)
    if keeper is not None:
        in_time(keeper, lambda: keeper.put(credentials, Seen(None)), writes=True)
        return
    kept_elsewhere = elsewhere.only_read(config)
    terminal.say("In another terminal:")
    terminal.say(*(f"    {line}" for line in elsewhere.to_store(kept_elsewhere, subject.terms.exchange)))
    if isinstance(kept_elsewhere, FileStore) and elsewhere.is_handed_over(kept_elsewhere):
        terminal.say(
            "Only the bot's own unit or container gets these files: they cannot be read back here. Check it in there:"
        )
        terminal.say(f"    freqtrade-bitmex-guard --check-only {subject.arguments}")
        if not terminal.confirm("Have you stored both?"):
            _not_there()
        return
    reader = open_store(config, subject.terms.exchange)
    while terminal.confirm("Is it there?", default=True):
        try:
            if in_time(reader, reader.load).match(credentials):
                return
            terminal.say("The store gives something else than the id and secret that were just checked.")
        except Stopped as end:
            terminal.complain(end.findings)
    _not_there()


def _not_there() -> NoReturn:
    stop(
        "store-not-written",
        "The key was admitted, but it is not in the store.",
        "Put it there with the commands above, then run setup again: it goes on from there.",
    )


def _held(subject: Subject, store: Mapping[str, Any]) -> Credentials | None:
    return held(open_store(subject.with_section({"credentials": store}).credentials, subject.terms.exchange))


def _files(subject: Subject, terminal: Terminal) -> Written:
    folder = terminal.ask("Folder for the two files (blank: where systemd or Compose mounts them):")
    if not folder:
        return {"store": "files"}
    path = Path(folder).expanduser().absolute()
    names = {f"{part}_file": str(path / usual_name(subject.terms.exchange, part)) for part in PARTS}
    return {"store": "files", **names}


def _programs(subject: Subject, terminal: Terminal) -> Written:
    written: Written = {"store": "command"}
    for part, shown in PARTS.items():
        usual = f"pass show {subject.terms.exchange}/{entries.bot_name(subject.config)}/{part}"
        command = terminal.ask(f"Command that prints the {shown} alone:", usual, _is_command)
        written[f"{part}_command"] = shlex.split(command)
    return written


def _is_command(text: str) -> bool | str:
    try:
        return bool(shlex.split(text)) or "Write a command."
    except ValueError:
        return "A quote is not closed."
