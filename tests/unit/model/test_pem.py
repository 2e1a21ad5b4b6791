"""Private keys as PEM texts."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from freqtrade_bitmex_guard.model.credentials import PEM_SECRET, SECRET, parse_credential
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.model.pem import is_unfinished_pem, normalize_pem
from tests.support.pem_key import PEM, PEM_SECRET_PART

LINES = PEM.splitlines()


def in_pem(encryption: serialization.KeySerializationEncryption) -> str:
    key = ed25519.Ed25519PrivateKey.generate()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption).decode()


@pytest.mark.parametrize("line_end", ["\n", "\r\n", " \n  "], ids=["lf", "crlf", "indented"])
def test_the_same_key_is_the_same_text_however_its_lines_end(line_end: str) -> None:
    value = parse_credential(f"\n{line_end.join(LINES)}{line_end}", PEM_SECRET, "a test")
    assert value.matches(PEM)


def test_keys_of_both_kinds_that_exchanges_take_are_read() -> None:
    assert normalize_pem(PEM) == PEM
    text = in_pem(serialization.NoEncryption())
    assert normalize_pem(text) == text.strip()


DAMAGED = {
    "without its end": "\n".join(LINES[:-1]),
    "without a line": "\n".join([*LINES[:3], *LINES[4:]]),
    "with a changed character": PEM.replace(LINES[2], "!" + LINES[2][1:]),
    "with something after it": f"{PEM}\nmore",
    "on one line": "\\n".join(LINES),
    "only its frame": f"{LINES[0]}\n{LINES[-1]}",
    "a public key": PEM.replace("PRIVATE", "PUBLIC"),
    "not ASCII": PEM.replace(LINES[2], "ü" + LINES[2][1:]),
    "far too long": PEM.replace(LINES[2], LINES[2] * 300),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_key_is_misconfigured_and_not_shown(name: str) -> None:
    with pytest.raises(GuardError, match="not a whole private key") as stopped:
        parse_credential(DAMAGED[name], PEM_SECRET, "a test")
    assert stopped.value.findings[0].name == "credentials-malformed"
    assert PEM_SECRET_PART[:8] not in str(stopped.value)
    assert stopped.value.__context__ is None


def test_an_encrypted_key_is_misconfigured_with_that_reason() -> None:
    text = in_pem(serialization.BestAvailableEncryption(b"a passphrase"))
    with pytest.raises(GuardError, match="encrypted with a passphrase"):
        parse_credential(text, PEM_SECRET, "a test")


def test_where_an_exchange_takes_no_pem_text_it_is_no_secret() -> None:
    with pytest.raises(GuardError, match="is a PEM text"):
        parse_credential(PEM, SECRET, "a test")


def test_a_text_is_unfinished_until_its_last_line() -> None:
    assert all(is_unfinished_pem("\n".join(LINES[:count])) for count in range(1, len(LINES)))
    assert not is_unfinished_pem(PEM)
    assert not is_unfinished_pem("a secret")
