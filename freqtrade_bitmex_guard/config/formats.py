"""What a config file is that freqtrade does not read: the usual other formats and encodings, by their signs."""

from __future__ import annotations

import re
from pathlib import Path

_BEGINNING_BYTES = 4096

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_UTF_8_MARK = b"\xef\xbb\xbf"

_YAML_LINE = re.compile(r"(?:---\s*|-\s+\S.*|[\w./-]+\s*:(?:\s.*)?)")
_TOML_LINE = re.compile(r"\[\[?[\w.\"' -]+\]\]?\s*|[\w.\"-]+\s*=\s*\S.*")

_JSON_ONLY = "freqtrade reads JSON only"


def describe_format(path: Path | None) -> tuple[str, str] | None:
    """Return what a file is instead of JSON and what to do, or None if no sign shows it.

    Args:
        path: a file that could not be read as JSON, if it is known. Nothing of its content is returned.
    """
    if path is None or not path.is_file():  # a pipe has been read
        return None
    try:
        with path.open("rb") as file:
            beginning = file.read(_BEGINNING_BYTES)
    except OSError:
        return None
    if beginning.startswith(_UTF_16) or b"\0" in beginning[:4]:
        return "it is in UTF-16", "Save it as UTF-8, without a byte order mark."
    if beginning.startswith(_UTF_8_MARK):
        return "it begins with a byte order mark", "Save it without a byte order mark."
    return _describe_text(path, beginning.decode("utf-8", "replace").strip())


def _describe_text(path: Path, text: str) -> tuple[str, str] | None:
    if not text:
        return "it is empty", "Name the bot's config: -c config.json"
    if "\ufffd" in text[:200] or text.startswith(("age-encryption.org/", "-----BEGIN", "$ANSIBLE_VAULT")):
        return "it is not text, or still encrypted", "Name a file that holds the JSON itself."
    if re.match(r"(?i)<!doctype|<html|<\?xml|<", text):
        return "it is a web page or XML", "Download the file itself, such as by the button Raw."
    return _describe_lines(path, text)


def _describe_lines(path: Path, text: str) -> tuple[str, str] | None:
    if text[0] == "{":
        return None
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith(("#", "//", " "))]
    lines = [line for line in lines if line[:1].strip()] or [text]
    if path.suffix.lower() in (".yml", ".yaml") or _YAML_LINE.fullmatch(lines[0].rstrip()):
        return f"it is YAML, and {_JSON_ONLY}", "Write the same as JSON, for example with `yq -o=json . FILE`."
    if path.suffix.lower() in (".toml", ".ini", ".env", ".cfg") or _TOML_LINE.fullmatch(lines[0].rstrip()):
        return f"it is TOML, INI or a list of variables, and {_JSON_ONLY}", "Write the same as JSON."
    return None
