"""What to run instead, for stores that somebody else keeps and this project only reads."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import NoReturn

from freqtrade_bitmex_guard.config.stores import CommandStoreConfig, FileStoreConfig, ReadOnlyStoreConfig, StoreConfig
from freqtrade_bitmex_guard.credentials.files import FileStore, default_file_name
from freqtrade_bitmex_guard.model.credentials import PARTS
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.redaction.sanitize import sanitize_tokens

_VARIABLE = "FREQTRADE__API_KEY_GUARD__CREDENTIALS__"


def require_read_only(config: StoreConfig) -> ReadOnlyStoreConfig:
    """A store, as one that is only read here.

    Args:
        config: `api_key_guard.credentials`.

    Raises:
        TypeError: if it is written, too, and nobody need run anything else: a bug.
    """
    if not isinstance(config, ReadOnlyStoreConfig):
        raise TypeError("this store is written, too")
    return config


def fail_read_only(store: ReadOnlyStoreConfig, fix: str) -> NoReturn:
    """Say that a store is not ours to change.

    Raises:
        GuardError: misconfigured, always.
    """
    fail("store-read-only", f"The store {store.store!r} is managed externally; it is read-only here.", fix)


def store_steps(store: ReadOnlyStoreConfig, exchange: str) -> list[str]:
    """Commands that put a first key into the store. None of them takes a value as an argument.

    Args:
        store: `api_key_guard.credentials`.
        exchange: the exchange's ccxt id.
    """
    if isinstance(store, CommandStoreConfig):
        return [_store_step(command, name) for name, command in _commands(store).items()]
    if is_orchestrator_managed(store):
        return _orchestrator_steps(exchange)
    paths = _paths(store, exchange)
    folders = dict.fromkeys(str(path.parent) for path in paths.values())
    return [*(f"mkdir -p -m 700 {shlex.quote(folder)}" for folder in folders), *_write_file_lines(paths)]


def replace_steps(store: ReadOnlyStoreConfig, exchange: str, config: str) -> list[str]:
    """Commands that put a new key beside the old one, check it, and only then let it take the old one's place."""
    check = f"freqtrade-bitmex-guard --check-only {config}"
    if isinstance(store, CommandStoreConfig):
        commands = _commands(store)
        given = " ".join(
            f"{_VARIABLE}{name.upper()}_COMMAND={_new_command(command)}" for name, command in commands.items()
        )
        remark = "" if all(map(_is_pass, commands.values())) else "   # for …: what prints the new one"
        inserted = [_store_new_step(command, name) for name, command in commands.items()]
        moved = [_rename_step(command, name) for name, command in commands.items()]
        return [*inserted, f"{given} {check}{remark}", *moved]
    if is_orchestrator_managed(store):
        return [*_orchestrator_steps(exchange), check]
    paths = _paths(store, exchange)
    beside = {name: path.with_name(f"{path.name}.new") for name, path in paths.items()}
    given = " ".join(f"{_VARIABLE}{name.upper()}_FILE={shlex.quote(str(path))}" for name, path in beside.items())
    moved = [f"mv {shlex.quote(str(beside[name]))} {shlex.quote(str(path))}" for name, path in paths.items()]
    return [*_write_file_lines(beside), f"{given} {check}", " && ".join(moved)]


def delete_steps(store: ReadOnlyStoreConfig, exchange: str) -> list[str]:
    """Commands that take the key out of the store."""
    if isinstance(store, CommandStoreConfig):
        return [
            f"pass rm {shlex.quote(command[-1])}"
            if _is_pass(command)
            else f"with {_program(command)}, delete what {name}_command prints"
            for name, command in _commands(store).items()
        ]
    if is_orchestrator_managed(store):
        names = " ".join(_names(exchange).values())
        return [f"cd /etc/credstore.encrypted && rm {names}   # systemd", f"cd secrets && rm {names}   # Compose"]
    return [f"rm {' '.join(shlex.quote(str(path)) for path in _paths(store, exchange).values())}"]


def is_orchestrator_managed(store: FileStoreConfig) -> bool:
    """Whether an orchestrator puts the files where they are looked for by default."""
    return store.key_file is None or store.secret_file is None


def _names(exchange: str) -> dict[str, str]:
    return {name: default_file_name(exchange, name) for name in PARTS}


def _orchestrator_steps(exchange: str) -> list[str]:
    lines = ["systemd, as root, for LoadCredentialEncrypted= in the unit:"]
    for part, name in _names(exchange).items():
        into = f"/etc/credstore.encrypted/{name}"
        ask = f'systemd-ask-password -n "{PARTS[part].capitalize()}:"'
        lines.append(f"  {ask} | systemd-creds encrypt --name={name} - {into}")
    lines.append("Docker or Podman Compose, in the folder of compose.yaml, as its owner, for its `secrets:`:")
    inside = {part: Path("secrets") / name for part, name in _names(exchange).items()}
    return [*lines, "  mkdir -p -m 700 secrets", *(f"  {line}" for line in _write_file_lines(inside))]


def _paths(store: FileStoreConfig, exchange: str) -> dict[str, Path]:
    files = FileStore(store, exchange)
    return {"key": files.key, "secret": files.secret}


def _write_file_lines(paths: dict[str, Path]) -> list[str]:
    return [
        f"(umask 077; trap 'stty echo' 0; stty -echo; cat > {shlex.quote(str(path))})"
        f"   # paste the {PARTS[name]}, Enter, Ctrl-D"
        for name, path in paths.items()
    ]


def _commands(store: CommandStoreConfig) -> dict[str, list[str]]:
    return {"key": store.key_command, "secret": store.secret_command}


def _is_pass(command: list[str]) -> bool:
    return len(command) == 3 and Path(command[0]).name == "pass" and command[1] == "show"


def _program(command: list[str]) -> str:
    """All that is shown of a command: what stands behind the program's name may be a secret, or in its place."""
    return sanitize_tokens(Path(command[0]).name)


def _store_step(command: list[str], name: str) -> str:
    if _is_pass(command):
        return f"pass insert {shlex.quote(command[-1])}   # asks for the {PARTS[name]}"
    return f"with {_program(command)}, store the {PARTS[name]} so that {name}_command prints it alone"


def _store_new_step(command: list[str], name: str) -> str:
    if _is_pass(command):
        return _store_step(_new_entry(command), name)
    return f"with {_program(command)}, store the new {PARTS[name]} beside the old one, under another name"


def _rename_step(command: list[str], name: str) -> str:
    if _is_pass(command):
        return f"pass mv -f {shlex.quote(_new_entry(command)[-1])} {shlex.quote(command[-1])}"
    return f"with {_program(command)}, have {name}_command print the new {PARTS[name]}"


def _new_entry(command: list[str]) -> list[str]:
    return [*command[:-1], f"{command[-1]}.new"]


def _new_command(command: list[str]) -> str:
    if _is_pass(command):
        return shlex.quote(json.dumps(_new_entry(command)))
    return shlex.quote(json.dumps([_program(command), "…"], ensure_ascii=False))
