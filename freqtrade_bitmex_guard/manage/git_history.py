"""Whether git has a file, and so every secret that was ever in it."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

from freqtrade_bitmex_guard.redaction.sanitize import sanitize

_TIMEOUT_SECONDS = 10.0


def log_command(file: Path) -> str:
    """Return what a person types to see the commits that contain a file."""
    return shlex.join(_log_arguments(file))


def history_note(file: Path) -> str:
    """Say in a sentence whether a file is in git's history.

    Args:
        file: by its real path.
    """
    label = sanitize(str(file), 200)
    try:
        listed, logged = (
            subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=_TIMEOUT_SECONDS)
            for arguments in (_git_arguments(file, "ls-files"), _log_arguments(file))
        )
    except (OSError, subprocess.TimeoutExpired):
        return f"{label}: git could not be queried; look yourself: {log_command(file)}"
    if listed.returncode != 0:
        return f"{label} is in no git repository, or git does not report it."
    commits = len(logged.stdout.splitlines())
    if not commits and not listed.stdout:
        return f"{label} is not tracked by git, and in none of its commits."
    return (
        f"{label} is tracked by git, or was: {commits} commit{'' if commits == 1 else 's'} touched it. Anyone with a "
        f"clone has the secret. See {log_command(file)}"
    )


def _log_arguments(file: Path) -> list[str]:
    return _git_arguments(file, "log", "--all", "--oneline")


def _git_arguments(file: Path, *command: str) -> list[str]:
    # A repository's own config may name a program that git runs; this keeps it from that.
    return ["git", "-C", str(file.parent), "-c", "core.fsmonitor=false", *command, "--", file.name]
