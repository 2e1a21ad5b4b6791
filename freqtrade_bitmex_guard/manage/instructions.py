"""What to run instead, for stores that are managed externally and only read here.

No command takes a value as an argument: other users of the machine could read it there.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from freqtrade_bitmex_guard.config.stores import (
    CommandStoreConfig,
    FileStoreConfig,
    ForeignStoreConfig,
    ReadOnlyStoreConfig,
    StoreConfig,
)
from freqtrade_bitmex_guard.credentials.command_failures import program_name
from freqtrade_bitmex_guard.credentials.files import FileStore, default_file_name
from freqtrade_bitmex_guard.model.credentials import CredentialField
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.redaction.paths import sanitize_path
from freqtrade_bitmex_guard.redaction.sanitize import sanitize

_VARIABLE = "FREQTRADE__API_KEY_GUARD__CREDENTIALS__"


def require_read_only(config: StoreConfig) -> ReadOnlyStoreConfig:
    """Return the store as one that is only read here.

    Args:
        config: `api_key_guard.credentials`.

    Raises:
        TypeError: if this project writes it, so that nothing else has to be run: a bug.
    """
    if not isinstance(config, ReadOnlyStoreConfig):
        raise TypeError("this store is written here")
    return config


def fail_read_only(store: ReadOnlyStoreConfig, fix: str) -> NoReturn:
    """Say that this project does not write a store.

    Raises:
        GuardError: misconfigured, always.
    """
    fail("store-read-only", f"The store {sanitize(store.store)!r} is managed externally; it is read-only here.", fix)


def store_steps(store: ReadOnlyStoreConfig, profile: ExchangeProfile) -> list[str]:
    """Return the commands that store the first credentials.

    Args:
        store: `api_key_guard.credentials`.
        profile: of the exchange.
    """
    if isinstance(store, CommandStoreConfig):
        return [_store_step(store.command(field), field) for field in profile.credentials]
    if isinstance(store, ForeignStoreConfig):
        return [_foreign_step(store, f"store {list_labels(profile.credentials)}")]
    if store.file is not None:
        return [_handed_in_step(store.file, profile)]
    if is_orchestrator_managed(store, profile):
        return _orchestrator_steps(profile)
    paths = _paths(store, profile)
    folders = dict.fromkeys(str(path.parent) for path in paths.values())
    return [*(f"mkdir -p -m 700 {shlex.quote(folder)}" for folder in folders), *_write_file_steps(paths)]


def replace_steps(store: ReadOnlyStoreConfig, profile: ExchangeProfile, config_options: str) -> list[str]:
    """Return the commands that store new credentials beside the old, check them, and only then replace the old.

    Args:
        store: `api_key_guard.credentials`.
        profile: of the exchange.
        config_options: the arguments that name the bot's config.
    """
    check = f"freqtrade-bitmex-guard --check-only {config_options}"
    if isinstance(store, CommandStoreConfig):
        commands = {field: store.command(field) for field in profile.credentials}
        variables = " ".join(
            f"{_VARIABLE}{field.name.upper()}_COMMAND={_new_command(command)}" for field, command in commands.items()
        )
        remark = "" if all(map(_is_pass, commands.values())) else "   # for …: what prints the new one"
        stored = [_store_new_step(command, field) for field, command in commands.items()]
        moved = [_rename_step(command, field) for field, command in commands.items()]
        return [*stored, f"{variables} {check}{remark}", *moved]
    if isinstance(store, ForeignStoreConfig):
        return [_foreign_step(store, f"replace {list_labels(profile.credentials)}"), check]
    if store.file is not None:
        return [_handed_in_step(store.file, profile), check]
    if is_orchestrator_managed(store, profile):
        return [*_orchestrator_steps(profile), check]
    paths = _paths(store, profile)
    new_paths = {field: path.with_name(f"{path.name}.new") for field, path in paths.items()}
    variables = " ".join(
        f"{_VARIABLE}{field.name.upper()}_FILE={shlex.quote(str(path))}" for field, path in new_paths.items()
    )
    moved = [f"mv {shlex.quote(str(new_paths[field]))} {shlex.quote(str(path))}" for field, path in paths.items()]
    return [*_write_file_steps(new_paths), f"{variables} {check}", " && ".join(moved)]


def delete_steps(store: ReadOnlyStoreConfig, profile: ExchangeProfile) -> list[str]:
    """Return the commands that delete the credentials from the store."""
    if isinstance(store, CommandStoreConfig):
        return [
            f"pass rm {shlex.quote(command[-1])}"
            if _is_pass(command)
            else f"with {program_name(command)}, delete what {field.name}_command prints"
            for field in profile.credentials
            if (command := store.command(field))
        ]
    if isinstance(store, ForeignStoreConfig):
        return [_foreign_step(store, f"delete {list_labels(profile.credentials)}")]
    if store.file is not None:
        return [f"delete {sanitize_path(store.file)} where it is handed in from"]
    if is_orchestrator_managed(store, profile):
        names = " ".join(_file_names(profile).values())
        return [
            f"cd /etc/credstore && rm {names}   # systemd",
            f"cd /etc/credstore.encrypted && rm {names}   # systemd, encrypted",
            f"cd secrets && rm {names}   # Compose",
        ]
    return [f"rm {' '.join(shlex.quote(str(path)) for path in _paths(store, profile).values())}"]


def is_orchestrator_managed(store: FileStoreConfig, profile: ExchangeProfile) -> bool:
    """Return whether an orchestrator puts the files where they are expected by default."""
    return any(store.part_file(field) is None for field in profile.credentials)


def list_labels(fields: Sequence[CredentialField]) -> str:
    """Return the parts of the credentials for a person, as in "key id and secret"."""
    *others, last = (field.label for field in fields)
    return f"{', '.join(others)} and {last}" if others else last


def _file_names(profile: ExchangeProfile) -> dict[CredentialField, str]:
    return {field: default_file_name(profile.id, field) for field in profile.credentials}


def _orchestrator_steps(profile: ExchangeProfile) -> list[str]:
    names = _file_names(profile)
    plain = {field: Path("/etc/credstore", name) for field, name in names.items()}
    lines = [
        "systemd, as root, for LoadCredential= in the unit:",
        "  mkdir -p -m 700 /etc/credstore",
        *(f"  {line}" for line in _write_file_steps(plain)),
        *(f"  in the unit: LoadCredential={path.name}:{path}" for path in plain.values()),
        "the same, encrypted for this machine, for LoadCredentialEncrypted= (systemd 250):",
        "  mkdir -p -m 700 /etc/credstore.encrypted",
    ]
    for field, name in names.items():
        encrypt = f"systemd-creds encrypt --name={name} - /etc/credstore.encrypted/{name}"
        if field.multiline:
            lines.append(f"  (trap 'stty echo' 0; stty -echo; {encrypt})   # paste the {field.label}, Enter, Ctrl-D")
        else:
            lines.append(f'  systemd-ask-password -n "{_capitalized(field)}:" | {encrypt}')
    lines.append("Docker or Podman Compose, in the folder of compose.yaml, as its owner, for its `secrets:`:")
    paths = {field: Path("secrets") / name for field, name in names.items()}
    return [*lines, "  mkdir -p -m 700 secrets", *(f"  {line}" for line in _write_file_steps(paths))]


def _handed_in_step(path: str, profile: ExchangeProfile) -> str:
    parts = json.dumps({field.name: "…" for field in profile.credentials}, ensure_ascii=False)
    return f"hand {sanitize_path(path)} in with this content: {parts}"


def _capitalized(field: CredentialField) -> str:
    return field.label[:1].upper() + field.label[1:]


def _paths(store: FileStoreConfig, profile: ExchangeProfile) -> dict[CredentialField, Path]:
    files = FileStore(store, profile.id)
    return {field: files.path(field) for field in profile.credentials}


def _write_file_steps(paths: dict[CredentialField, Path]) -> list[str]:
    return [
        # `>` would keep the mode of a file that exists.
        f"(trap 'stty echo' 0; stty -echo; install -m 600 /dev/stdin {shlex.quote(str(path))})"
        f"   # paste the {field.label}, Enter, Ctrl-D"
        for field, path in paths.items()
    ]


def _foreign_step(store: ForeignStoreConfig, action: str) -> str:
    return f"with the program of the store {sanitize(store.store)!r}, {action}"


def _is_pass(command: list[str]) -> bool:
    return len(command) == 3 and Path(command[0]).name == "pass" and command[1] == "show"


def _store_step(command: list[str], field: CredentialField) -> str:
    if not _is_pass(command):
        return f"with {program_name(command)}, store the {field.label} so that {field.name}_command prints it alone"
    entry = shlex.quote(command[-1])
    if field.multiline:
        return f"(trap 'stty echo' 0; stty -echo; pass insert -m {entry})   # paste the {field.label}, Enter, Ctrl-D"
    return f"pass insert {entry}   # asks for the {field.label}"


def _store_new_step(command: list[str], field: CredentialField) -> str:
    if _is_pass(command):
        return _store_step(_new_entry(command), field)
    return f"with {program_name(command)}, store the new {field.label} beside the old one, under another name"


def _rename_step(command: list[str], field: CredentialField) -> str:
    if _is_pass(command):
        return f"pass mv -f {shlex.quote(_new_entry(command)[-1])} {shlex.quote(command[-1])}"
    return f"with {program_name(command)}, have {field.name}_command print the new {field.label}"


def _new_entry(command: list[str]) -> list[str]:
    return [*command[:-1], f"{command[-1]}.new"]


def _new_command(command: list[str]) -> str:
    if _is_pass(command):
        return shlex.quote(json.dumps(_new_entry(command)))
    return shlex.quote(json.dumps([program_name(command), "…"], ensure_ascii=False))
