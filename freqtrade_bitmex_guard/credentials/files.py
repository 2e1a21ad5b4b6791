"""One file for each part, as systemd, Docker, Podman and Kubernetes hand secrets over."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Sequence
from pathlib import Path

from freqtrade_bitmex_guard.config.stores import FileStoreConfig
from freqtrade_bitmex_guard.model.credentials import CredentialField, Credentials, Secret, parse_credential
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.model.pem import MAX_BYTES
from freqtrade_bitmex_guard.redaction.sanitize import sanitize, sanitize_tokens
from freqtrade_bitmex_guard.util import mounts

_RUN_SECRETS = Path("/run/secrets")

_ACCESS_BY_OTHERS = stat.S_IRGRP | stat.S_IWGRP | stat.S_IROTH | stat.S_IWOTH


def default_file_name(exchange: str, field: CredentialField) -> str:
    """Return the name of a file for which the config names none.

    Args:
        exchange: the exchange's ccxt id.
        field: the part that the file holds.
    """
    return f"{exchange}_{field.file_prefix}{field.name}"


class FileStore:
    """One file for each part of the credentials."""

    def __init__(self, config: FileStoreConfig, exchange: str) -> None:
        self._config = config
        self._exchange = exchange
        self._folder = Path(os.environ.get("CREDENTIALS_DIRECTORY") or _RUN_SECRETS)

    def path(self, field: CredentialField) -> Path:
        """Return the file of a part."""
        return Path(self._config.file(field) or self._folder / default_file_name(self._exchange, field))

    def load(self, fields: Sequence[CredentialField]) -> Credentials:
        """Read each file once, and only files that nobody else on this machine can read or write."""
        return Credentials({field: _read_secret_file(self.path(field), field) for field in fields})

    def cancel(self) -> None:
        """Do nothing; reading a file cannot hang."""


def _read_secret_file(path: Path, field: CredentialField) -> Secret:
    # A name without a folder may be the value itself.
    label = sanitize(str(path), 200) if path.is_absolute() else sanitize_tokens(str(path))
    try:
        # Non-blocking, so that a pipe without a writer cannot hang us; the check below rejects it.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            # Judge the open file, not the path: it is the one that is read.
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode):
                fail(
                    "store-unavailable",
                    f"{label} is not a regular file.",
                    f"Name a file that contains the {field.label} alone.",
                )
            if state.st_mode & _ACCESS_BY_OTHERS and not _is_orchestrator_file(path):
                fail(
                    "file-exposed",
                    f"{label} can be read or written by other users of this machine "
                    f"(mode {stat.S_IMODE(state.st_mode):04o}).",
                    f"chmod 600 {shlex.quote(label)}",
                )
            content = file.read(MAX_BYTES + 2)
    except FileNotFoundError:
        fail(
            "credentials-missing",
            f"There is no file {label}.",
            f"Put the {field.label} there, or write its path into {field.name}_file.",
        )
    except OSError as problem:
        fail(
            "store-unavailable",
            f"{label} cannot be read: {problem.strerror or type(problem).__name__}.",
            "Give the user that the bot runs as the right to read it, and nobody else.",
        )
    return parse_credential(content.removesuffix(b"\n").decode("latin-1"), field, label)


def _is_orchestrator_file(path: Path) -> bool:
    """Return whether an orchestrator put this file there: it may be readable for all, because its folder is private."""
    if os.name != "posix":
        return False
    real_path = path.resolve()
    folders = [_RUN_SECRETS]
    if written := os.environ.get("CREDENTIALS_DIRECTORY"):
        folders.append(Path(written))
    roots = [folder.resolve() for folder in folders if folder.is_absolute()]
    is_inside = any(root in real_path.parents for root in roots if root != Path("/"))
    return is_inside or mounts.is_mount_point(real_path) or mounts.is_in_private_memory(real_path)
