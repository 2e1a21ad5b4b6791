"""Why a program failed, in fixed sentences: what it printed itself may hold the secret and is never repeated."""

from __future__ import annotations

import re
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path

from freqtrade_bitmex_guard.config.paths import as_written
from freqtrade_bitmex_guard.redaction.paths import sanitize_path, sanitize_program, sanitize_written_path

# The first that is found in what a program wrote to standard error, in any case. Texts of pass and gpg, op, bw,
# vault, sops, age, aws, gcloud, az, secret-tool, keepassxc-cli and systemd-creds.
_CAUSES: tuple[tuple[str, str], ...] = (
    (
        r"inappropriate ioctl|/dev/tty|pinentry|not a tty|a terminal is required|no tty|cannot prompt|no terminal"
        r"|passphrase.*(?:required|input)|non-interactive|loopback mode",
        "It asks for a passphrase, and has no terminal to ask at: unlock it before the bot starts.",
    ),
    (
        r"not (?:currently )?(?:signed|logged) in|not authenticated|sign ?in|log ?in (?:first|again)|az login"
        r"|auth login|session (?:has )?expired|token (?:is |has )?expired|missing client token"
        r"|unable to locate credentials"
        r"|could not load the default credentials|unauthori[sz]ed|authentication required|no accounts configured"
        r"|invalid token|\b401\b",
        "It is not signed in: sign in as the user that the bot runs as, or give the bot a token for services.",
    ),
    (
        r"\blocked\b|is sealed|vault is sealed|master password|unlock|agent refused",
        "Its store is locked: unlock it before the bot starts.",
    ),
    (
        r"no secret key|decryption failed|failed to get the data key|no identity matched|could not decrypt|bad decrypt"
        r"|incorrect passphrase|bad passphrase|invalid credentials were provided|hmac mismatch",
        "It cannot decrypt the entry: this user does not have the private key for it.",
    ),
    (
        r"not in the password store|isn't an item|no such entry|no value found|could not find (?:entry|item|secret)"
        r"|not found|no matching|does not exist|doesn't exist|resourcenotfound|secretnotfound|no such file|\b404\b"
        r"|no results|no entry|could not find",
        "It has no such entry, or finds no such file: compare the name in the command with its own list.",
    ),
    (
        r"permission denied|access denied|accessdenied|forbidden|not allowed|not permitted|\b403\b",
        "It may not read the entry: give the user or the token that the bot has the right to.",
    ),
    (
        r"connection refused|no such host|could not resolve|name resolution|network is unreachable|dial tcp|timed? ?out"
        r"|no route to host|certificate|x509|cannot connect|failed to connect",
        "It cannot reach its server or its agent.",
    ),
    (
        r"usage:|unknown (?:command|option|flag|subcommand)|unrecognized|invalid option|illegal option|no such command"
        r"|flag provided but not defined",
        "It does not understand its arguments: each word has to be a text of its own.",
    ),
)

_SHELL_WORDS = frozenset(["|", "||", "&&", "&", ";", ">", ">>", "<", "2>", "2>&1", "$("])


def program_name(command: Sequence[str]) -> str:
    """Return all that may be shown of a command: even the program's name may be a secret that was pasted there."""
    return sanitize_program(command[0], as_written(command[0]))


def explain_exit(command: Sequence[str], code: int, errors: bytes) -> str:
    """Return how a program failed and the usual cause of that, as whole sentences.

    Args:
        command: the program and its arguments.
        code: its exit code; negative if a signal ended it.
        errors: what it wrote to standard error; nothing of it is returned.
    """
    name = program_name(command)
    text = errors.decode("utf-8", "replace").casefold()
    cause = next((sentence for pattern, sentence in _CAUSES if re.search(pattern, text)), "")
    if any(word in _SHELL_WORDS for word in command[1:]):
        cause = "It runs without a shell, so a pipe or a redirection is only an argument to it."
    how = f"ended with exit code {code}"
    if code < 0:
        how += f" ({_signal_name(-code)})"
    return f"{name} {how}. {cause}".rstrip()


def _signal_name(number: int) -> str:
    try:
        return f"killed by {signal.Signals(number).name}"
    except ValueError:
        return "killed by a signal"


def explain_start_failure(command: Sequence[str], problem: OSError) -> tuple[str, str]:
    """Return why a program could not be started, as whole sentences, and what to do; the latter may be empty.

    Args:
        command: the program and its arguments.
        problem: what the operating system said.
    """
    program = command[0]
    reason = f"{program_name(command)} cannot be run: {problem.strerror or type(problem).__name__}."
    words = program.split()
    if len(words) > 1 and not Path(program).exists():
        # Its first word is shown only if it is a program here; the others may be anything.
        first = sanitize_path(Path(words[0]).name) if shutil.which(words[0]) else "…"
        example = ", ".join(f'"{word}"' for word in (first, *("…" for _ in words[1:])))
        return (
            "The command is one text with spaces in it, which is taken for the name of one program.",
            f"Split it, each word a text of its own: [{example}].",
        )
    if isinstance(problem, FileNotFoundError) and "/" in program:
        where = sanitize_written_path(Path(program), as_written(program))
        return reason, f"There is no {where}: correct the path, or repair what its first line names."
    if isinstance(problem, FileNotFoundError):
        return reason, "Write the program's whole path, or put its folder on the PATH that the bot has."
    if problem.strerror == "Exec format error":
        return reason, "Begin the script with a line such as #!/bin/sh."
    return reason, ""
