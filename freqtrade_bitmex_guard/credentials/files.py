"""Two files, as systemd, Docker, Podman and Kubernetes hand secrets over."""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path

from freqtrade_bitmex_guard.config.stores import FileStoreConfig
from freqtrade_bitmex_guard.model.credentials import Credentials, Secret, parse_credential
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.redaction.sanitize import sanitize, sanitize_tokens
from freqtrade_bitmex_guard.util import mounts

_RUN_SECRETS = Path("/run/secrets")


_ACCESS_BY_OTHERS = stat.S_IRGRP | stat.S_IWGRP | stat.S_IROTH | stat.S_IWOTH


_MAX_BYTES = 4096


def default_file_name(exchange: str, part: str) -> str:
    """What a file is called that holds a part of the credentials, where nobody names it otherwise.

    Args:
        exchange: the exchange's ccxt id.
        part: one of `PARTS`.
    """
    return f"{exchange}_api_{part}"


class FileStore:
    """One file for the key id, one for the secret.

    Attributes:
        key: the first one.
        secret: the other one.
    """

    def __init__(self, config: FileStoreConfig, exchange: str) -> None:
        handed_over = Path(os.environ.get("CREDENTIALS_DIRECTORY") or _RUN_SECRETS)
        self.key = Path(config.key_file or handed_over / default_file_name(exchange, "key"))
        self.secret = Path(config.secret_file or handed_over / default_file_name(exchange, "secret"))

    def load(self) -> Credentials:
        """Read both, each file once, and only files that nobody else on this machine can read or write."""
        return Credentials(_read_secret_file(self.key, "key"), _read_secret_file(self.secret, "secret"))

    def cancel(self) -> None:
        """Nothing: a file is read at once or not at all."""


def _read_secret_file(path: Path, name: str) -> Secret:
    # A name without a folder may be the value itself.
    shown = sanitize(str(path), 200) if path.is_absolute() else sanitize_tokens(str(path))
    try:
        # Not blocking, so that a pipe without a writer cannot hang us; the check below turns it away.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            # The open file is asked, not the path: what is judged is what is read.
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode):
                fail(
                    "store-unavailable", f"{shown} is not a regular file.", f"Name a file that holds the {name} alone."
                )
            if state.st_mode & _ACCESS_BY_OTHERS and not _is_orchestrator_file(path):
                fail(
                    "file-exposed",
                    f"{shown} can be read or written by other users of this machine "
                    f"(mode {stat.S_IMODE(state.st_mode):04o}).",
                    f"chmod 600 {shlex.quote(shown)}",
                )
            content = file.read(_MAX_BYTES + 2)
    except FileNotFoundError:
        fail(
            "credentials-missing",
            f"There is no file {shown}.",
            f"Put the {name} there, or name its place in {name}_file.",
        )
    except OSError as problem:
        fail(
            "store-unavailable",
            f"{shown} cannot be read: {problem.strerror or type(problem).__name__}.",
            "Give the user that the bot runs as the right to read it, and nobody else.",
        )
    return parse_credential(content.removesuffix(b"\n").decode("latin-1"), name, shown)


def _is_orchestrator_file(path: Path) -> bool:
    """Whether an orchestrator keeps this file: they mount secrets readable for all, inside a place of their own."""
    if os.name != "posix":
        return False
    real = path.resolve()
    places = [_RUN_SECRETS]
    if given := os.environ.get("CREDENTIALS_DIRECTORY"):
        places.append(Path(given))
    roots = [place.resolve() for place in places if place.is_absolute()]
    inside = any(root in real.parents for root in roots if root != Path("/"))
    return inside or mounts.is_mount_point(real) or mounts.is_in_private_memory(real)
