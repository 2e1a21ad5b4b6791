"""General signs that a text is no credential as an exchange issues it, and what it is instead."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass

from freqtrade_bitmex_guard.model.pem import is_pem
from freqtrade_bitmex_guard.model.placeholders import is_placeholder

MAX_LENGTH = 4096

_MIN_LENGTH = 8  # the shortest key id is Deribit's

_BYTE_ORDER_MARK = "\ufeff"

# Letters, digits and the signs of both alphabets of base64: what every exchange makes its keys of.
_KEY_ALPHABET = re.compile(r"[A-Za-z0-9+/=_-]+\n?")

_NAME_AND_VALUE = re.compile(
    r"(?:(?:export|set|declare -x|env)\s+|\$env:)?[A-Za-z_][\w.-]*\s*=\s*[^=\s].*", re.DOTALL | re.IGNORECASE
)

# With a colon only names that a credential has: other texts have colons too.
_NAME_WITH_COLON = re.compile(
    r"[\"']?[\w -]{0,30}(?:key|secret|token|pass(?:word|phrase)?|id|address)[\"']?\s*:\s*(?!//)\S.*",
    re.DOTALL | re.IGNORECASE,
)

_REFERENCE = re.compile(
    r"[a-z][a-z0-9+.-]*://.* | (?:arn|env|file|ref):.* | (?:~|\.{1,2})/.* | [a-z]:\\.*"
    r"| /(?:run|etc|home|root|var|opt|mnt|srv|usr|tmp|secrets|vault)/.+ | pass\ show\ .*",
    re.VERBOSE | re.IGNORECASE,
)

_ENCRYPTED = re.compile(
    r"ENC\[.* | vault:v\d+:.* | \$ANSIBLE_VAULT.* | age-encryption\.org/.* | -----BEGIN\ (?:PGP|AGE).* | U2FsdGVkX1.*",
    re.VERBOSE | re.DOTALL,
)

_QUOTES = "\"'`\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb"

_NEVER_IN_A_KEY = re.compile(r"[\"'`<>{}\\,;$%]")


@dataclass(frozen=True, slots=True)
class Sign:
    """What a text is instead of a credential.

    Attributes:
        problem: as a sentence continues after the credential's name; it shows nothing of the text.
        fix: what to do, as whole sentences; empty for the usual advice.
    """

    problem: str
    fix: str = ""


def find_sign(value: str, *, is_chosen: bool = False, is_multiline: bool = False) -> Sign | None:
    """Return what a text is instead of a credential, or None if nothing shows that it is not one.

    Args:
        value: as a store, a config or a terminal gave it. Bytes that are not UTF-8 are decoded as Latin-1.
        is_chosen: whether a person chose it, as an API password: then it may have any visible character.
        is_multiline: whether it may be a private key in PEM form.
    """
    if sign := _find_in_encoding(value):
        return sign
    if is_multiline and is_pem(value):
        return None  # `normalize_pem` knows more of it
    text = value.strip()
    if is_placeholder(text):
        return Sign("is a placeholder, not a credential", "Put the one there that the exchange showed.")
    structure = _find_in_chosen if is_chosen else _find_in_structure
    return (
        structure(text)
        or _find_in_lines(value)
        or _find_in_characters(value)
        or (None if is_chosen else _find_in_key(value))
    )


def _find_in_encoding(value: str) -> Sign | None:
    if not value.strip():
        return Sign("is empty")
    if value.startswith(("\xff\xfe", "\xfe\xff", "\ufffe")) or "\0" in value[:4]:
        return Sign(
            "is in UTF-16, as PowerShell's `>` writes it",
            "Write it again as plain ASCII, in PowerShell with `| Out-File -Encoding ascii`, and store that.",
        )
    if value.startswith((_BYTE_ORDER_MARK, "\xef\xbb\xbf")):
        return Sign("begins with a byte order mark", "Save it again as UTF-8 without a byte order mark.")
    if len(value) > MAX_LENGTH and not is_pem(value):
        return Sign(f"is longer than {MAX_LENGTH:,} characters")
    return None


def _find_in_chosen(text: str) -> Sign | None:
    """Return what a text that a person may have chosen is instead, where that is beyond doubt."""
    if _holds_object(text):
        return _find_in_json(text)
    if len(text) > 2 and text[0] == text[-1] in _QUOTES:
        return Sign("is in quotation marks", "Store it without them.")
    name = text.partition("=")[0] if _NAME_AND_VALUE.fullmatch(text) else ""
    if re.search(r"(?i)key|secret|pass|token", name):
        return Sign("has a name before it, as in NAME=value", "Store the value alone, without the name.")
    return None


def _holds_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _find_in_structure(text: str) -> Sign | None:
    if text[0] in "{[":
        return _find_in_json(text)
    if is_pem(text):
        return Sign("is a PEM text, and no such part of a key is one", "Check whether two parts were swapped.")
    if _ENCRYPTED.match(text):
        return Sign("is still encrypted", "Store what comes out when it is decrypted.")
    return _find_name(text) or _find_around(text)


def _find_name(text: str) -> Sign | None:
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")] or [text]
    named = [bool(_NAME_AND_VALUE.fullmatch(line) or _NAME_WITH_COLON.fullmatch(line)) for line in lines]
    if len(named) > 1 and all(named):
        return Sign("is a list of names and values, like an .env file", "Store each value alone, without its name.")
    if named[0]:
        return Sign("has a name before it, as in NAME=value", "Store the value alone, without the name.")
    return None


def _find_around(text: str) -> Sign | None:
    if text[0] in _QUOTES or text.rstrip(",;")[-1:] in (*_QUOTES, ""):
        return Sign("is in quotation marks", "Store it without them.")
    if _REFERENCE.fullmatch(text):
        return Sign("is a path, an address or a command that leads to it", "Store the credential itself.")
    return None


def _find_in_json(text: str) -> Sign:
    advice = "Store each part alone, as the plain text between its quotation marks."
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return Sign("begins with a bracket, like a piece of JSON", advice)
    parts = len(content)
    return Sign("is a JSON object that holds several parts" if parts > 1 else "is JSON, not the text in it", advice)


def _find_in_lines(value: str) -> Sign | None:
    lines = value.strip("\r\n").splitlines()
    if len(lines) > 1:
        return Sign(
            "has two lines" if len(lines) == 2 else f"has {len(lines)} lines",
            "Store it alone, on one line: a second part, notes and blank lines belong elsewhere.",
        )
    if "\r" in value:
        return Sign("ends with a Windows line end (CRLF)", "Save it with Unix line ends (LF), or without a line end.")
    if "\n" in value:
        return Sign("has a blank line before or after it", "Store it alone, on one line.")
    return None


def _find_in_characters(value: str) -> Sign | None:
    if value != value.strip():
        return Sign("begins or ends with a space", "Store it without the space.")
    if not value.isascii():
        return Sign("has a character that is not ASCII, such as a letter of another alphabet or an invisible one")
    if any(char.isspace() for char in value):
        return Sign("has a space in it")
    if not value.isprintable():
        return Sign("has a control character in it")
    return None


def _find_in_key(value: str) -> Sign | None:
    if len(value) < _MIN_LENGTH:
        return Sign(f"has {len(value)} characters, fewer than any exchange issues")
    if re.search(r"%[0-9A-Fa-f]{2}|&(?:amp|#\d+|quot|lt|gt);", value):
        return Sign("is written as in a URL or on a web page, with signs as numbers", "Copy it from the page itself.")
    if _NEVER_IN_A_KEY.search(value):
        return Sign("has a sign in it that no key has, such as a quotation mark, a comma or a bracket")
    if decodes_to_key(value):
        return Sign(
            "is in base64: it decodes to another text that looks like a key",
            "Store what `base64 -d` makes of it. In a Kubernetes Secret, `stringData` takes it as it is.",
        )
    return None


def decodes_to_key(value: str, pattern: str = "") -> bool:
    """Return whether a text is base64 of another that could be a key; by chance hardly any key is.

    Args:
        value: a text.
        pattern: what the other must match; by default one of 16 or more characters of which keys consist.
    """
    if re.fullmatch(r"(?:0x)?[0-9A-Fa-f]+", value) or len(value) < 20:
        return False
    try:
        inner = base64.b64decode(value.replace("-", "+").replace("_", "/") + "=" * (-len(value) % 4), validate=True)
        text = inner.decode("ascii")
    except (binascii.Error, ValueError):
        return False
    if pattern:
        return re.fullmatch(pattern, text.rstrip("\n")) is not None
    return is_pem(text) or (len(text) >= 16 and _KEY_ALPHABET.fullmatch(text) is not None)
