"""Credentials in memory: named parts that are hard to print or to copy to disk by accident."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, final

from freqtrade_bitmex_guard.model.credential_signs import MAX_LENGTH, Sign, find_sign
from freqtrade_bitmex_guard.model.findings import Finding, GuardError, error
from freqtrade_bitmex_guard.model.pem import ADVICE as PEM_ADVICE
from freqtrade_bitmex_guard.model.pem import KEY_TYPES, is_pem, normalize_pem, secret_lines
from freqtrade_bitmex_guard.model.placeholders import is_placeholder
from freqtrade_bitmex_guard.redaction.opaque import opaque, same_text
from freqtrade_bitmex_guard.redaction.registry import register_secret
from freqtrade_bitmex_guard.redaction.sanitize import mask_id

_ONE_VISIBLE_LINE = re.compile(r"[\x21-\x7e]{1,%d}" % MAX_LENGTH)  # noqa: UP031 - braces are the pattern's


@dataclass(frozen=True, slots=True)
class CredentialField:
    """A part of the credentials that an exchange issues.

    Attributes:
        name: in stores, and at the beginning of config fields.
        label: for a person.
        ccxt_name: the attribute of a ccxt client.
        freqtrade_names: its spellings in freqtrade's `exchange` section; the guard writes the first.
        identifies: whether it is public and tells the key from others.
        multiline: whether it may be a private key as a PEM text of several lines.
        key_types: which types of private keys it may be then.
        file_prefix: what stands between the exchange and the name in a default file name.
        is_chosen: whether a person chooses it, so that it may have any visible character.
    """

    name: str
    label: str
    ccxt_name: str
    freqtrade_names: tuple[str, ...]
    identifies: bool = False
    multiline: bool = False
    key_types: tuple[str, ...] = KEY_TYPES
    file_prefix: str = "api_"
    is_chosen: bool = False


KEY = CredentialField("key", "key id", "apiKey", ("key", "apiKey", "api_key"), identifies=True)

SECRET = CredentialField("secret", "secret", "secret", ("secret", "apiSecret"))

PEM_SECRET = CredentialField("secret", "secret", "secret", ("secret", "apiSecret"), multiline=True)

RSA_SECRET = CredentialField("secret", "secret", "secret", ("secret", "apiSecret"), multiline=True, key_types=("RSA",))

PASSWORD = CredentialField("password", "API password (passphrase)", "password", ("password",), is_chosen=True)

WALLET_ADDRESS = CredentialField(
    "wallet_address",
    "wallet address",
    "walletAddress",
    ("wallet_address", "walletAddress"),
    identifies=True,
    file_prefix="",
)

PRIVATE_KEY = CredentialField("private_key", "private key", "privateKey", ("private_key", "privateKey"), file_prefix="")

STORED_FIELDS = (KEY, SECRET, PASSWORD, WALLET_ADDRESS, PRIVATE_KEY)
"""Every part that a store may hold, by its name."""

KNOWN_FIELDS = (
    *STORED_FIELDS,
    CredentialField("uid", "user id", "uid", ("uid",)),
    CredentialField("account_id", "account id", "accountId", ("account_id", "accountId")),
    CredentialField("login", "login", "login", ("login",)),
    CredentialField("token", "token", "token", ("token",)),
    CredentialField("twofa", "two-factor code", "twofa", ("twofa",)),
)
"""Every part that freqtrade or ccxt knows. A client signs with those of its exchange and must hold no other."""


@final
@opaque
class Secret:
    """A value that shows itself only when asked by name.

    Attributes:
        source: where it came from, for a person; empty if that is not known.
    """

    __slots__ = ("__value", "source")

    def __init__(self, value: str, source: str = "") -> None:
        self.__value = value
        self.source = source

    def reveal(self) -> str:
        """Return the value itself. Hand it on at once, and never to anything that prints."""
        return self.__value

    def matches(self, value: object) -> bool:
        """Return whether a value is the same."""
        return same_text(self.__value, value)

    # `matches` says what is compared, and hashing would put secrets into sets and caches.
    __eq__ = None  # type: ignore[assignment]
    __hash__ = None  # type: ignore[assignment]


@final
@opaque
class Credentials:
    """All parts that one exchange issued for one key.

    Nothing is registered for redaction here: whoever takes credentials from outside calls `register_for_redaction`.
    """

    __slots__ = ("__parts",)

    def __init__(self, parts: Mapping[CredentialField, Secret]) -> None:
        """Take the parts; the first that identifies is the key's id.

        Raises:
            ValueError: if no part identifies the key: a bug.
        """
        if not any(field.identifies for field in parts):
            raise ValueError("no part of the credentials identifies the key")
        self.__parts = dict(parts)

    @property
    def fields(self) -> tuple[CredentialField, ...]:
        """The fields of which these are the values."""
        return tuple(self.__parts)

    @property
    def key_id(self) -> Secret:
        """The part by which the exchange knows the key."""
        return next(secret for field, secret in self.__parts.items() if field.identifies)

    @property
    def masked_id(self) -> str:
        """The key id as it may be shown."""
        return mask_id(self.key_id.reveal())

    def part(self, name: str) -> Secret:
        """Return one part by its name.

        Raises:
            KeyError: if the exchange does not issue such a part.
        """
        return {field.name: secret for field, secret in self.__parts.items()}[name]

    @property
    def parts(self) -> Mapping[CredentialField, Secret]:
        """The parts by their fields."""
        return dict(self.__parts)

    def for_store(self) -> dict[str, str]:
        """Return the values by the names of their store entries. Hand them on at once."""
        return {field.name: secret.reveal() for field, secret in self.__parts.items()}

    def for_ccxt(self) -> dict[str, str]:
        """Return the values by the attributes of a ccxt client. Hand them on at once."""
        return {field.ccxt_name: secret.reveal() for field, secret in self.__parts.items()}

    def for_freqtrade(self) -> dict[str, str]:
        """Return the values by their names in freqtrade's `exchange` section. Hand them on at once."""
        return {field.freqtrade_names[0]: secret.reveal() for field, secret in self.__parts.items()}

    def matches(self, credentials: Credentials) -> bool:
        """Return whether other credentials have the same parts."""
        ours, theirs = self.for_store(), credentials.for_store()
        different = [name for name, value in ours.items() if not same_text(value, theirs.get(name))]
        return not different and ours.keys() == theirs.keys()

    def is_same_key(self, credentials: Credentials) -> bool:
        """Return whether the exchange knows other credentials as the same key.

        Where the id is an account's address, several keys share it, and all parts are compared.
        """
        if KEY in self.__parts:
            return self.key_id.matches(credentials.key_id.reveal())
        return self.matches(credentials)

    def differs_from(self, client: Any) -> list[str]:
        """Return the attributes in which a ccxt client does not hold these parts and no others.

        Args:
            client: of ccxt, of any class.
        """
        ours = {field.ccxt_name: secret for field, secret in self.__parts.items()}
        different = [name for name, secret in ours.items() if not secret.matches(getattr(client, name, None))]
        return different + [name for name in held_by_client(client) if name not in ours]

    def register_for_redaction(self, *, show_id: bool = True) -> None:
        """Keep every part out of all output from now on.

        Args:
            show_id: whether four characters of the key's id stay. They must not where it may be the secret.
        """
        for field, secret in self.__parts.items():
            register_for_redaction(secret.reveal(), field, show_id=show_id)

    def __repr__(self) -> str:
        return f"Credentials({self.masked_id})"


def held_by_client(client: Any) -> list[str]:
    """Return the attributes of a ccxt client that hold something to sign with."""
    return [field.ccxt_name for field in KNOWN_FIELDS if getattr(client, field.ccxt_name, None)]


def register_for_redaction(value: str, field: CredentialField, *, show_id: bool = True) -> None:
    """Keep a value out of all output from now on; of an id four characters stay.

    Args:
        value: as it was found, also if it is no whole credential.
        field: the part that it is.
        show_id: whether the four characters stay.
    """
    if is_placeholder(value):
        return  # its words are those of messages, and it is no secret
    if not is_pem(value):
        register_secret(value, mask_id(value) if field.identifies and show_id else "…")
        return
    lines = secret_lines(value)
    for line in (*lines, "".join(lines)):
        register_secret(line)


def parse_credential(value: str, field: CredentialField, source: str) -> Secret:
    """Take a value from a store, a config or a terminal, if it can be a credential at all.

    Whether it is one of an exchange's is for `model.shape.require_shapes` to say, once all parts are there.

    Args:
        value: as the source gave it.
        field: the part that it should be.
        source: where it came from, for a person; no secret.

    Returns:
        The value, wrapped. Of a PEM text the lines are stripped, so that the same key is the same value.

    Raises:
        GuardError: misconfigured, if it is neither one line of visible ASCII nor, where the field allows it, a private
            key in PEM form. The value is not shown.
    """
    if field.multiline and is_pem(value):
        try:
            return Secret(normalize_pem(value, field.key_types), source)
        except ValueError as problem:
            sign = Sign(str(problem), PEM_ADVICE)
    elif _ONE_VISIBLE_LINE.fullmatch(value):
        return Secret(value, source)
    else:
        sign = find_sign(value, is_chosen=field.is_chosen, is_multiline=field.multiline) or Sign("is no text")
    # Not within the exception above, which may quote what it read.
    raise GuardError(malformed(field, source, sign)) from None


def malformed(field: CredentialField, source: str, sign: Sign) -> Finding:
    """Return the finding that a part of the credentials is something else.

    Args:
        field: the part.
        source: where its value came from, for a person; may be empty.
        sign: what it is instead.
    """
    usual = f"Store the {field.label} again, exactly as the exchange showed it, on one line."
    where = f" in {source}" if source else ""
    return error("credentials-malformed", f"The {field.label}{where} {sign.problem}.", sign.fix or usual)


def fields_by_name(fields: Iterable[CredentialField]) -> dict[str, CredentialField]:
    """Return fields by their names."""
    return {field.name: field for field in fields}
