"""One file with all parts, or one for each, as systemd, Docker, Podman and Kubernetes hand secrets over."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from freqtrade_bitmex_guard.config.paths import as_written
from freqtrade_bitmex_guard.config.stores import FileStoreConfig
from freqtrade_bitmex_guard.credentials import combined
from freqtrade_bitmex_guard.credentials.file_privacy import require_private
from freqtrade_bitmex_guard.model.credentials import (
    SECRET,
    STORED_FIELDS,
    CredentialField,
    Credentials,
    Secret,
    parse_credential,
)
from freqtrade_bitmex_guard.model.findings import Finding, GuardError, fail
from freqtrade_bitmex_guard.model.pem import MAX_BYTES
from freqtrade_bitmex_guard.redaction.paths import sanitize_written_path
from freqtrade_bitmex_guard.util import mounts

_RUN_SECRETS = Path("/run/secrets")


def default_file_name(exchange: str, field: CredentialField) -> str:
    """Return the name of a file for which the config names none.

    Args:
        exchange: the exchange's ccxt id.
        field: the part that the file holds.
    """
    return f"{exchange}_{field.file_prefix}{field.name}"


def open_file_store(config: FileStoreConfig, exchange: str) -> FileStore | CombinedFileStore:
    """Return the store of one file, or of one for each part."""
    return FileStore(config, exchange) if config.file is None else CombinedFileStore(config.file)


class CombinedFileStore:
    """One file with all parts of the credentials, which this project also writes."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._label = sanitize_written_path(self._path, as_written(path))

    def load(self, fields: Sequence[CredentialField]) -> Credentials:
        """Read the file once, if nobody else on this machine can write or read it."""
        try:
            text = self._read().decode("latin-1")
        except FileNotFoundError:
            fail(
                "credentials-missing",
                f"There is no file {self._label}.",
                "Run `freqtrade-bitmex-guard credentials set -c CONFIG` as the user that the bot runs as, or "
                "`freqtrade-bitmex-guard setup -c CONFIG`, which guides you.",
            )
        way_out = "Run `freqtrade-bitmex-guard credentials delete -c CONFIG`, then `credentials set`."
        return combined.parse(text, fields, self._label, way_out)

    def cancel(self) -> None:
        """Do nothing; reading a file cannot hang."""

    def _read(self) -> bytes:
        limit = len(STORED_FIELDS) * 2 * MAX_BYTES
        return _read_private_file(self._path, self._label, SECRET, limit)


class FileStore:
    """One file for each part of the credentials."""

    def __init__(self, config: FileStoreConfig, exchange: str) -> None:
        self._config = config
        self._exchange = exchange
        self._folder = Path(os.environ.get("CREDENTIALS_DIRECTORY") or _RUN_SECRETS)

    def path(self, field: CredentialField) -> Path:
        """Return the file of a part."""
        return Path(self._config.part_file(field) or self._folder / default_file_name(self._exchange, field))

    def _label(self, field: CredentialField) -> str:
        path, written = self.path(field), self._config.part_file(field)
        return sanitize_written_path(path, as_written(written or str(path)))

    def load(self, fields: Sequence[CredentialField]) -> Credentials:
        """Read each file once, and only files that nobody else on this machine can write or read."""
        parts: dict[CredentialField, Secret] = {}
        findings: list[Finding] = []
        for field in fields:
            try:
                parts[field] = _read_secret_file(self.path(field), self._label(field), field)
            except GuardError as problem:
                findings += problem.findings
                if any(finding.name != "file-exposed" for finding in findings):
                    break  # files that are exposed were mostly made alike, and each is named
        if findings:
            raise GuardError(*findings)
        return Credentials(parts)

    def cancel(self) -> None:
        """Do nothing; reading a file cannot hang."""


def _read_secret_file(path: Path, label: str, field: CredentialField) -> Secret:
    try:
        content = _read_private_file(path, label, field, MAX_BYTES)
    except FileNotFoundError:
        fail(
            "credentials-missing",
            f"There is no file {label}.",
            f"Put the {field.label} there, or write its path into {field.name}_file.",
        )
    return parse_credential(content.removesuffix(b"\n").decode("latin-1"), field, label)


def _read_private_file(path: Path, label: str, field: CredentialField, max_bytes: int) -> bytes:
    """Read a file that is private, and a little more than it may have, so that what is too long is seen to be.

    Args:
        path: the file.
        label: its name for a person.
        field: the part in it that matters most.
        max_bytes: that it may have.

    Raises:
        FileNotFoundError: if there is none.
        GuardError: misconfigured, if it is not private or cannot be read.
    """
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
                    f"Name a file that contains the {field.label}, and in *_file that alone.",
                )
            require_private(path, state, label, field, is_managed=is_orchestrator_file(path))
            return file.read(max_bytes + 2)
    except FileNotFoundError:
        raise
    except OSError as problem:
        fail(
            "store-unavailable",
            f"{label} cannot be read: {problem.strerror or type(problem).__name__}.",
            "Give the user that the bot runs as the right to read it, and nobody else.",
        )


def is_orchestrator_file(path: Path) -> bool:
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
