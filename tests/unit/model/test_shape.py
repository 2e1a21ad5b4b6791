"""What the parts of a key look like: what is refused before anything is sent, and that no real key is."""

from __future__ import annotations

import base64
import json
import string
import uuid
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.credentials import (
    KEY,
    PASSWORD,
    PEM_SECRET,
    PRIVATE_KEY,
    SECRET,
    WALLET_ADDRESS,
    CredentialField,
    Credentials,
    parse_credential,
)
from freqtrade_bitmex_guard.model.findings import Finding, GuardError
from freqtrade_bitmex_guard.model.part_shape import usual_shapes
from freqtrade_bitmex_guard.model.placeholders import is_placeholder
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.model.shape import require_shapes
from freqtrade_bitmex_guard.redaction import registry
from tests.support import factories
from tests.support.factories import BINANCE_ID, BINANCE_SECRET, KEY_ID, WALLET, WALLET_KEY
from tests.support.factories import PASSWORD as PASSPHRASE
from tests.support.other_profiles import WITH_WALLET
from tests.support.pem_key import PEM

BITMEX_SECRET = factories.SECRET
BINANCE = exchanges.get_adapter("binance").profile
OKX = exchanges.get_adapter("okx").profile
KRAKEN = exchanges.get_adapter("kraken").profile


def examine(profile: ExchangeProfile, *values: str) -> list[Finding]:
    """Return what is wrong with the parts of a key, as a store would find it."""
    try:
        parts = {
            field: parse_credential(value, field, f"the {field.name} file")
            for field, value in zip(profile.credentials, values, strict=True)
        }
        require_shapes(Credentials(parts), profile)
    except GuardError as end:
        return list(end.findings)
    return []


def refusal(profile: ExchangeProfile, *values: str) -> str:
    findings = examine(profile, *values)
    assert {finding.name for finding in findings} == {"credentials-malformed"}
    text = " ".join(f"{finding.message} {finding.fix}" for finding in findings)
    for value in values:
        assert not any(value[at : at + 4] in text for at in range(0, len(value) - 3, 4) if value[at : at + 4].isalnum())
    return text


def utf16(value: str) -> str:
    return value.encode("utf-16").decode("latin-1")


# How a good text is spoilt, and the words that say so. The two are those of Binance, of which nothing is certain.
SPOILT: dict[str, tuple[Callable[[str], str], str]] = {
    "double quotes": (lambda value: f'"{value}"', "quotation marks"),
    "single quotes": (lambda value: f"'{value}'", "quotation marks"),
    "typographic quotes": (lambda value: f"\u201c{value}\u201d", "quotation marks"),
    "quotes and a comma": (lambda value: f'"{value}",', "quotation marks"),
    "a name": (lambda value: f"BINANCE_KEY={value}", "NAME=value"),
    "an exported name": (lambda value: f'export API_KEY="{value}"', "NAME=value"),
    "a name of YAML": (lambda value: f"api_key: {value}", "NAME=value"),
    "a name of JSON": (lambda value: f'"apiKey": "{value}",', "NAME=value"),
    "a JSON text": (lambda value: json.dumps({"key": value}), "JSON"),
    "a JSON list": (lambda value: json.dumps([value]), "JSON"),
    "base64": (lambda value: base64.b64encode(value.encode()).decode(), "base64"),
    "base64 of a line": (lambda value: base64.b64encode(f"{value}\n".encode()).decode(), "base64"),
    "base64 without padding": (lambda value: base64.urlsafe_b64encode(value.encode()).decode().rstrip("="), "base64"),
    "CRLF": (lambda value: f"{value}\r", "CRLF"),
    "a byte order mark": (lambda value: f"\ufeff{value}", "byte order mark"),
    "a byte order mark as bytes": (lambda value: f"\ufeff{value}".encode().decode("latin-1"), "byte order mark"),
    "UTF-16": (utf16, "UTF-16"),
    "UTF-16 without a mark": (lambda value: value.encode("utf-16-le").decode("latin-1"), "UTF-16"),
    "two lines": (lambda value: f"{value}\n{value[::-1]}", "two lines"),
    "a blank line": (lambda value: f"{value}\n", "blank line"),
    "a space": (lambda value: f"{value} ", "space"),
    "a tab": (lambda value: f"\t{value}", "space"),
    "a space inside": (lambda value: f"{value[:9]} {value[9:]}", "space"),
    "a letter of another alphabet": (lambda value: f"{value[:9]}\u0430{value[9:]}", "not ASCII"),
    "an invisible letter": (lambda value: f"{value}\u200b", "not ASCII"),
    "an escaped sign": (lambda value: f"{value[:9]}%2B{value[9:]}", "URL"),
    "a bracket": (lambda value: f"<{value}", "no key has"),
}
PLACEHOLDERS = """
    your_exchange_key YOUR_API_KEY_HERE your-kraken-subaccount-secret <key> <your-key> ${KEY} $SECRET {{key}} xxx
    xxxx-xxxx XXXXXXXXXXXXXXXXXXXXXXXX changeme change_me CHANGE-ME null None undefined TODO *** ... %KEY% REDACTED
    apiKey secret insert_secret_here [secret] dein_api_key example_key_1 n/a kraken_api_key
    BINANCE_SECRET
""".split()  # noqa: SIM905 - easier to read like this


@pytest.mark.parametrize("spoil", SPOILT)
@pytest.mark.parametrize("position", [0, 1], ids=["key id", "secret"])
def test_a_spoilt_part_is_named_and_not_shown(spoil: str, position: int) -> None:
    values = [BINANCE_ID, BINANCE_SECRET]
    change, words = SPOILT[spoil]
    values[position] = change(values[position])

    text = refusal(BINANCE, *values)

    assert words in text
    assert ("the key file" if position == 0 else "the secret file") in text


@pytest.mark.parametrize("placeholder", [*PLACEHOLDERS, "PUT YOUR KEY HERE", '"your_key"'])
def test_a_placeholder_is_named_as_such(placeholder: str) -> None:
    assert "is a placeholder" in examine(BINANCE, placeholder, BINANCE_SECRET)[0].message
    assert "is a placeholder" in examine(OKX, str(uuid.uuid4()), "0A1B" * 8, placeholder)[0].message


def test_both_parts_in_one_object_are_named() -> None:
    both = json.dumps({"key": BINANCE_ID, "secret": BINANCE_SECRET})
    compact = both.replace(" ", "")
    pretty = json.dumps({"key": BINANCE_ID, "secret": BINANCE_SECRET}, indent=2)
    for text in (both, compact, pretty):
        assert "several parts" in refusal(BINANCE, text, BINANCE_SECRET)
    assert ".env" in refusal(BINANCE, f"# mine\nKEY={BINANCE_ID}\nSECRET={BINANCE_SECRET}", BINANCE_SECRET)


@pytest.mark.parametrize(
    "reference",
    ["op://bots/binance/key", "/run/secrets/binance_api_key", "~/vault/binance-3", "vault:v1:8SDd3WHDOjf7mq69"],
)
def test_a_reference_or_a_cipher_text_is_named(reference: str) -> None:
    text = examine(BINANCE, reference, BINANCE_SECRET)[0].message
    assert "path" in text or "encrypted" in text


SWAPPED = {
    "BitMEX": (PROFILE, (BITMEX_SECRET, KEY_ID)),
    "a wallet": (WITH_WALLET, (WALLET_KEY, WALLET)),
    "OKX": (OKX, ("0A1B" * 8, "6f7a1c0e-1f62-4c5e-9a51-0f4f7f0a9b11", PASSPHRASE)),
    "Gate": (exchanges.get_adapter("gateeu").profile, ("0f" * 32, "1e" * 16)),
    "Bybit": (exchanges.get_adapter("bybiteu").profile, ("aB3" * 12, "xY9" * 6)),
}


@pytest.mark.parametrize("name", SWAPPED)
def test_swapped_parts_are_named_and_nothing_of_them_is_shown(name: str) -> None:
    profile, values = SWAPPED[name]

    assert "swapped" in refusal(profile, *values)

    for value in values[:2]:
        assert registry.redact(f"({value})") == "(…)"


def test_the_same_text_twice_is_named() -> None:
    assert "same text" in refusal(BINANCE, BINANCE_SECRET, BINANCE_SECRET)


@pytest.mark.parametrize("cut", [1, 5, 12])
def test_a_part_of_another_length_is_named_where_the_length_is_certain(cut: int) -> None:
    assert f"24 letters, digits, - and _; this has {24 - cut}" in refusal(PROFILE, KEY_ID[cut:], BITMEX_SECRET)
    assert f"this has {48 - cut}" in refusal(PROFILE, KEY_ID, BITMEX_SECRET[cut:])


@pytest.mark.parametrize(
    "wallet", [WALLET[2:], WALLET[:-1], WALLET.replace("0x", "0X"), f"{WALLET}0"], ids=["no 0x", "cut", "0X", "long"]
)
def test_a_wallet_address_has_forty_digits_after_its_0x(wallet: str) -> None:
    assert "0x and 40" in refusal(WITH_WALLET, wallet, WALLET_KEY)


def test_a_private_key_of_a_wallet_has_32_bytes() -> None:
    assert not examine(WITH_WALLET, WALLET, WALLET_KEY)
    assert not examine(WITH_WALLET, WALLET, WALLET_KEY.removeprefix("0x"))
    assert "0x and 64" in refusal(WITH_WALLET, WALLET, WALLET_KEY[:-1])


def test_a_secret_that_was_encoded_once_more_is_named() -> None:
    secret = base64.b64encode(bytes(range(64))).decode()
    assert not examine(KRAKEN, factories.KRAKEN_ID, secret)
    assert "once too often" in refusal(KRAKEN, factories.KRAKEN_ID, base64.b64encode(secret.encode()).decode())


def test_a_private_key_in_the_place_of_another_part_is_named() -> None:
    assert "PEM" in refusal(BINANCE, PEM, BINANCE_SECRET)
    assert "PEM" in refusal(OKX, "6f7a1c0e-1f62-4c5e-9a51-0f4f7f0a9b11", PEM, PASSPHRASE)
    assert not examine(BINANCE, BINANCE_ID, PEM)


# Real keys: random texts of the alphabets that exchanges use.
LETTERS = string.ascii_letters + string.digits
ALPHABETS = {
    "hexadecimal": "0123456789abcdef",
    "upper-case hexadecimal": "0123456789ABCDEF",
    "letters and digits": LETTERS,
    "small letters and digits": string.ascii_lowercase + string.digits,
    "base64url": f"{LETTERS}-_",
}


def texts(alphabet: str) -> st.SearchStrategy[str]:
    """Return random texts; hypothesis itself would draw words of this repository, which no exchange issues."""
    return st.tuples(st.integers(0, 2**64), st.integers(16, 128)).map(
        lambda drawn: "".join(Random(drawn[0]).choices(alphabet, k=drawn[1]))
    )


@pytest.mark.parametrize("alphabet", ALPHABETS.values(), ids=list(ALPHABETS))
@given(data=st.data())
def test_no_random_key_is_refused_by_a_general_sign(alphabet: str, data: st.DataObject) -> None:
    values = [data.draw(texts(alphabet), label="a part") for _ in range(2)]
    assume(values[0] != values[1])
    assert not examine(BINANCE, *values)


@given(st.binary(min_size=16, max_size=64), st.binary(min_size=32, max_size=64))
def test_no_random_base64_is_refused(key: bytes, secret: bytes) -> None:
    assume(not all(byte < 128 for byte in key + secret) and key != secret)
    assume(not any(all(32 < byte < 127 for byte in part) for part in (key, secret)))
    assume((len(key), len(secret)) != (64, 42))  # exactly the lengths of Kraken's two parts, swapped
    values = [base64.b64encode(part).decode() for part in (key, secret)]
    assert not examine(BINANCE, *values)
    assert not examine(KRAKEN, *values)


@given(st.uuids(), st.uuids(), st.text(string.printable.strip(), min_size=8, max_size=32).filter(str.strip))
def test_uuids_and_passwords_of_any_signs_are_taken(key: uuid.UUID, secret: uuid.UUID, password: str) -> None:
    assume(key != secret and not is_placeholder(password) and not set(password) & set("\"'`<[{*.#?$%@="))
    assert not examine(replace(OKX, shapes={}), str(key), str(secret), password)


@given(texts(ALPHABETS["base64url"]), texts(ALPHABETS["base64url"]))
def test_what_is_only_usual_refuses_no_key(key: str, secret: str) -> None:
    assume(key != secret)
    profile = replace(BINANCE, shapes=usual_shapes("[0-9a-f]{32}", "[0-9a-f]{64}"))
    assert not examine(profile, key, secret)


@given(
    st.text(ALPHABETS["base64url"], min_size=24, max_size=24), st.text(ALPHABETS["base64url"], min_size=48, max_size=48)
)
def test_every_key_of_the_documented_form_is_taken(key: str, secret: str) -> None:
    assert not examine(PROFILE, key, secret)


@pytest.mark.parametrize("field", [KEY, SECRET, PEM_SECRET, PASSWORD, WALLET_ADDRESS, PRIVATE_KEY])
def test_only_a_password_is_chosen_by_a_person(field: CredentialField) -> None:
    assert field.is_chosen is (field is PASSWORD)
