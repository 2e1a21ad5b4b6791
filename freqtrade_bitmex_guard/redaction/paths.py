"""Paths in messages: whole, unless what was written in place of one may be a secret."""

from __future__ import annotations

import os
from pathlib import Path

from freqtrade_bitmex_guard.redaction.sanitize import resembles_secret, sanitize, sanitize_tokens

_MAX_CHARACTERS = 1_000


def sanitize_path(path: object) -> str:
    """Return a path that certainly is one, whole and safe to show."""
    return sanitize(str(path), _MAX_CHARACTERS)


def sanitize_written_path(path: Path, written: str) -> str:
    """Return a path as it may be shown: whole if it exists or begins like one, else without what looks like a secret.

    Args:
        path: the absolute path.
        written: what the operator wrote; without a separator it may be the secret itself, and with one, too: base64
            has slashes.
    """
    first = f"/{written.lstrip('/').partition('/')[0]}"
    begins_like_one = written.startswith(("~", "$")) or (written.startswith("/") and os.path.lexists(first))
    if begins_like_one or _exists(path):
        return sanitize_path(path)
    known = next((parent for parent in path.parents if _exists(parent)), Path("/"))
    rest = path.relative_to(known).parts
    if os.sep not in written:
        shown = [sanitize_tokens(part) for part in rest]
    else:
        shown = ["…" if resembles_secret(part) or resembles_secret("".join(rest)) else part for part in rest]
    return sanitize_path(known.joinpath(*shown))


def sanitize_program(program: str, written: str) -> str:
    """Return the name of a program as it may be shown: as it is if it exists, else without what looks like a token.

    Args:
        program: its name, or its path.
        written: what the operator wrote.
    """
    if os.sep in program:
        return Path(sanitize_written_path(Path(program), written)).name
    return sanitize_path(program) if _is_on_path(program) else sanitize_tokens(program)


def _is_on_path(program: str) -> bool:
    return any(_exists(Path(folder, program)) for folder in os.get_exec_path() if folder)


def _exists(path: Path) -> bool:
    try:
        return os.path.lexists(path)
    except (OSError, ValueError):
        return False
