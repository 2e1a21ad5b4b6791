"""One file for each part, as systemd, Docker, Podman and Kubernetes hand secrets over."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from freqtrade_bitmex_guard.config.paths import as_written
from freqtrade_bitmex_guard.config.stores import FileStoreConfig
from freqtrade_bitmex_guard.credentials.file_privacy import require_private
from freqtrade_bitmex_guard.model.credentials import CredentialField, Credentials, Secret, parse_credential
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


class FileStore:
    """One file for each part of the credentials."""

    def __init__(self, config: FileStoreConfig, exchange: str) -> None:
        self._config = config
        self._exchange = exchange
        self._folder = Path(os.environ.get("CREDENTIALS_DIRECTORY") or _RUN_SECRETS)

    def path(self, field: CredentialField) -> Path:
        """Return the file of a part."""
        return Path(self._config.file(field) or self._folder / default_file_name(self._exchange, field))

    def _label(self, field: CredentialField) -> str:
        path, written = self.path(field), self._config.file(field)
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
            require_private(path, state, label, field, is_managed=_is_orchestrator_file(path))
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
