"""Whether git has a file, and so every secret that ever stood in it."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

from freqtrade_bitmex_guard.redaction.sanitize import sanitize

_TIMEOUT_SECONDS = 10.0


def log_command(file: Path) -> str:
    """What a person types to see the commits that hold a file."""
    return shlex.join(_log(file))


def history_note(file: Path) -> str:
    """Whether a file is in git's history, in a sentence.

    Args:
        file: by its real path.
    """
    shown = sanitize(str(file), 200)
    try:
        listed, logged = (
            subprocess.run(asked, capture_output=True, text=True, check=False, timeout=_TIMEOUT_SECONDS)
            for asked in (_git(file, "ls-files"), _log(file))
        )
    except (OSError, subprocess.TimeoutExpired):
        return f"{shown}: git could not be asked; look yourself: {log_command(file)}"
    if listed.returncode != 0:
        return f"{shown} lies in no git repository, or git does not tell."
    commits = len(logged.stdout.splitlines())
    if not commits and not listed.stdout:
        return f"{shown} is not tracked by git, and in none of its commits."
    return (
        f"{shown} is tracked by git, or was: {commits} commit{'' if commits == 1 else 's'} touched it. Whoever has a "
        f"clone has the secret. See {log_command(file)}"
    )


def _log(file: Path) -> list[str]:
    return _git(file, "log", "--all", "--oneline")


def _git(file: Path, *what: str) -> list[str]:
    # Without the program that a repository's own config may have git run.
    return ["git", "-C", str(file.parent), "-c", "core.fsmonitor=false", *what, "--", file.name]
