"""A bot's own variables: read from its file, and set for as long as its config and its key are read."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from freqtrade_bitmex_guard.fleet.bots import Bot
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.redaction.sanitize import sanitize
from freqtrade_bitmex_guard.util.atomic_file import read_limited

_MAX_BYTES = 1_000_000
_LINE = re.compile(r"(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*=\s*(?P<value>.*)")
_QUOTED = re.compile(r"""(?P<quote>["'])(?P<text>(?:\\.|(?!(?P=quote)).)*)(?P=quote)\s*(?:#.*)?""")
_COMMENT = re.compile(r"\s+#.*")
_ESCAPE = re.compile(r"\\(.)")
_REFERENCE = re.compile(r"\$[{(A-Za-z_]")


def read_variables(bot: Bot) -> dict[str, str]:
    """Return the variables that a bot's file sets; none if it has no file.

    Raises:
        GuardError: misconfigured, if the file cannot be read or has a line that is not of the form NAME=VALUE. No value
            is shown.
    """
    if bot.env_file is None:
        return {}
    path = bot.folder / bot.env_file
    try:
        text = read_limited(path, _MAX_BYTES).decode("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as problem:
        _fail_unreadable(path, type(problem).__name__)
    variables: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        match = _LINE.fullmatch(stripped)
        if match is None:
            _fail_unreadable(path, f"line {number} is not of the form NAME=VALUE")
        variables[match["name"]] = _parse_value(match["value"], path, number)
    return variables


def _parse_value(written: str, path: Path, number: int) -> str:
    if not written.startswith(('"', "'")):
        value, is_literal = _COMMENT.sub("", f" {written}").strip(), False
    elif quoted := _QUOTED.fullmatch(written):
        is_literal = quoted["quote"] == "'"
        value = quoted["text"] if is_literal else _ESCAPE.sub(_unescape, quoted["text"])
    else:
        _fail_unreadable(path, f"line {number} has a quote that does not end on it")
    if not is_literal and _REFERENCE.search(written):
        # Docker Compose, systemd and shells each put another value there.
        _fail_unreadable(path, f"line {number} refers to another variable, which is not expanded here")
    if "\0" in value:
        _fail_unreadable(path, f"line {number} holds a null character")
    return value


def _unescape(match: re.Match[str]) -> str:
    return {"n": "\n", "t": "\t"}.get(match[1], match[1])


def _fail_unreadable(path: Path, reason: str) -> NoReturn:
    fail(
        "config-unreadable",
        f"The bot's variables cannot be read ({sanitize(str(path), 200)}): {reason}.",
        "Write one NAME=VALUE a line, in UTF-8; or leave --env-file out if the bot does not use it.",
    )


@contextmanager
def variables_set(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables of this process, and put it back as it was.

    Config and store read the process's own; so only one bot's are set at a time, and no other bot is read meanwhile.
    """
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
