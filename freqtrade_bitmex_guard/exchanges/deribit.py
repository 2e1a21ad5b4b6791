"""Deribit, spot.

Sources: docs.deribit.com, "private/list_api_keys", "Access Scope", "Security Keys" and the list of errors. The answer
about a key lists the secret of every key of the account: they are dropped before anything else is looked at. Requests
are signed in a header; `public/auth`, which has id and secret in its URL, is never asked.
"""

from __future__ import annotations

import re
from typing import Any

from pydantic import Field

from freqtrade_bitmex_guard.client.errors import ErrorCause, StrictModel, fail_for, fail_invalid, parse_body, read_json
from freqtrade_bitmex_guard.client.lookalikes import reject_lookalikes
from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.exchanges.interface import ExchangeAdapter, KeyListing, Session
from freqtrade_bitmex_guard.model.account import SiblingKey
from freqtrade_bitmex_guard.model.findings import GuardError, fail
from freqtrade_bitmex_guard.model.key import (
    IpRestriction,
    KeyFacts,
    NotReported,
    PermissionKind,
    RestrictedTo,
    Unrestricted,
)
from freqtrade_bitmex_guard.model.profile import Default, ExchangeProfile, KeyPage, PermissionSpec
from freqtrade_bitmex_guard.redaction.opaque import same_text
from freqtrade_bitmex_guard.redaction.sanitize import fingerprint, mask_id

_READS = ("account", "trade", "wallet", "block_trade", "block_rfq", "custody")
_WRITES = {
    "account": PermissionKind.MANAGE_KEYS,
    "trade": PermissionKind.TRADE,
    "wallet": PermissionKind.WITHDRAW,
    "block_trade": PermissionKind.TRADE,
    "block_rfq": PermissionKind.TRADE,
    "custody": PermissionKind.WITHDRAW,
}
_REQUIRED = ("account:read", "trade:read_write")


def _spec(name: str, level: str, kind: PermissionKind) -> PermissionSpec:
    word = f"{name}:{level}"
    default = Default.ALLOWED if kind is PermissionKind.READ else Default.REFUSED
    default = Default.REQUIRED if word in _REQUIRED else default
    replaces = ("account:read",) if word == "account:read_write" else ()
    return PermissionSpec(word, kind, f"{name}: {level}", default, replaces=replaces)


PROFILE = ExchangeProfile(
    id="deribit",
    title="Deribit",
    permissions=(
        *(_spec(name, "read", PermissionKind.READ) for name in _READS),
        *(_spec(name, "read_write", kind) for name, kind in _WRITES.items()),
    ),
    hosts=("www.deribit.com", "test.deribit.com"),
    websocket_hosts=("www.deribit.com", "test.deribit.com"),
    page=KeyPage(
        location="the page API (www.deribit.com/account/BTC/api)",
        create="Press Add new key and choose Deribit-generated key.",
        name_field="Name",
        permissions_field="the scopes",
        ip_field="IP whitelist",
        two_factor=(
            "In Deribit's account settings, add a security key and assign it to login and wallet. If it guards the API "
            "keys too, Deribit does not list them to a bot, and the guard cannot verify any."
        ),
        edit="Edit the key on Deribit's page API.",
    ),
    signature_headers=frozenset({"Authorization"}),
    reports_siblings=True,
)

_SECOND_FACTOR = (
    "Deribit asks for the second factor before it lists the account's keys, so nothing shows what this key may do. The "
    "guard never asks for that factor: it belongs on no server.",
    "Look in Deribit's account settings to what the security key is assigned; login and wallet should keep it. While "
    "Deribit asks for it here, the bot can only run unguarded, without the api_key_guard section.",
)
_CAUSES = (
    ErrorCause("rate-limited", code="10028"),
    ErrorCause(
        "key-unknown",
        "Deribit does not accept key id and signature; it does not say why. In the order to look at: id or secret was "
        "mistyped, or the key was deleted; this machine's clock is off by more than a minute; the key is one of the "
        "test network, or the other way round; Deribit has banned this address for a short time. What it answers to a "
        "disabled key, or from an address that is not in the IP whitelist, is not documented; it may be the same.",
        f"Compare the first four characters with {PROFILE.page.location}, look at the clock (`timedatectl`) and at the "
        "IP whitelist, and store id and secret again.",
        code="13004",
    ),
    ErrorCause(
        "key-unknown",
        "Deribit does not accept the authorization. A key that is limited to other addresses has been seen to get this "
        "answer; a deleted key may get it, too.",
        f"Look whether the key is still on {PROFILE.page.location}, and whether its IP whitelist has this machine's "
        "public address.",
        code="13009",
    ),
    ErrorCause(
        "key-unknown",
        "Deribit does not accept key id and secret: one of them was mistyped, or the key was deleted.",
        PROFILE.page.how_to_compare_key_id,
        # The older list, which ccxt follows, has the code for a general failure.
        code="10001",
        text="invalid_credentials",
    ),
    ErrorCause(
        "exchange-error",
        "Deribit got a request without a signature: something on the way takes headers out, or ccxt signs in another "
        "way now.",
        "Look for a proxy in between, and try another version of ccxt; if it stays, report it.",
        code="10000",
    ),
    ErrorCause(
        "access-denied",
        "The key lacks the scope account: read, without which Deribit reports nothing about it.",
        PROFILE.how_to_change("Set account to read."),
        code="13021",
    ),
    ErrorCause("access-denied", *_SECOND_FACTOR, code="13003"),
    ErrorCause(
        "subaccount-key",
        "The key belongs to a sub-account that may not list its keys.",
        "Look on Deribit's page Subaccounts what the sub-account may do, or make a key in the main account.",
        code="13012",
    ),
    *(
        ErrorCause("account-restricted", f"Deribit {did}.", f"Sign in to Deribit: {fix}.", code=code)
        for code, did, fix in (
            ("13002", "has blocked the account", "follow what it says there, or ask its support"),
            ("10019", "has locked the account", "follow what it says there, or ask its support"),
            ("9999", "has switched the API off for this account", "switch it on, or ask its support"),
        )
    ),
    ErrorCause("maintenance", code="11051"),
    ErrorCause("overloaded", code="13028"),
    ErrorCause(
        "address-banned",
        "Deribit does not serve the country that this machine's address belongs to.",
        "Run the bot from a place where Deribit offers its service to you.",
        code="12005",
    ),
)

_WORD = re.compile("[A-Za-z_]{1,30}(:[a-z_]{1,20})?")
_MESSAGE = re.compile("[A-Za-z]?[a-z_ ]{1,60}")
_CODE = re.compile("-?[0-9]{1,6}")
_NO_LEVEL = ":none"
_MAX_SIBLINGS = 2_000


class _Key(StrictModel):
    max_scope: str = Field(max_length=2_000)
    enabled: bool
    name: str
    ip_whitelist: list[str] = Field(default=[], max_length=250)


# What is kept of a listed key; of all else, such as its secret, only the name.
_KEPT = ("client_id", *_Key.model_fields)


class Deribit(ExchangeAdapter):
    """Reads the list of the account's keys, in which the own one is found by its id."""

    profile = PROFILE

    def read_key(self, session: Session, key_id: str) -> KeyListing:
        """Read what the key may do; see `ExchangeAdapter.read_key`."""
        own: list[dict[str, Any]] = []
        others: list[dict[str, Any]] = []
        for entry in _parse_list(session.request("list_api_keys")):
            is_own = same_text(key_id, entry.get("client_id"))
            (own if is_own else others).append(entry)
        if not own:
            fail(
                "key-not-listed",
                "Deribit answered, but the list does not hold the key that signed the request.",
                "Try again; if it stays, a proxy answers with somebody else's data, or the API has changed: report it.",
            )
        siblings = _siblings(others)
        return KeyListing(tuple(map(_facts, own)), lambda: siblings)


ADAPTER = Deribit()


def _parse_list(response: Response) -> list[dict[str, Any]]:
    """Return the listed keys without their secrets, which are in fields that nobody reads."""
    result = _parse_success(response)
    if isinstance(result, dict) and result.get("security_key_authorization_required") is True:
        fail("access-denied", *_SECOND_FACTOR)
    if not isinstance(result, list) or not all(isinstance(entry, dict) for entry in result):
        fail_invalid(PROFILE, "lists something that is not a key")
    return [{name: value if name in _KEPT else None for name, value in entry.items()} for entry in result]


def _parse_success(response: Response) -> Any:
    content = read_json(response)
    envelope = content if isinstance(content, dict) else {}
    if response.status != 200 or "error" in envelope:
        error = envelope.get("error")
        words = error if isinstance(error, dict) else {}
        # Nothing of an error is shown that could be anything else than Deribit's own words.
        code, text = str(words.get("code", "")), words.get("message")
        fail_for(
            response,
            PROFILE,
            _CAUSES,
            code=code if _CODE.fullmatch(code) else "",
            text=text if isinstance(text, str) and _MESSAGE.fullmatch(text) else None,
        )
    if "result" not in envelope:
        fail_invalid(PROFILE, "is not the documented JSON")
    return envelope["result"]


def _facts(entry: dict[str, Any]) -> KeyFacts:
    reject_lookalikes(entry, (*_Key.model_fields, "enabled_features"), PROFILE, "disabled")
    key = parse_body(_Key, entry, PROFILE)
    words = key.max_scope.split(" ") if key.max_scope else []
    if not all(map(_WORD.fullmatch, words)):
        fail_invalid(PROFILE, "describes the key oddly: max_scope")
    words = [word for word in words if not word.endswith(_NO_LEVEL)]
    return KeyFacts(
        permissions=frozenset(map(PROFILE.permission, words)),
        ip_restriction=_ip_restriction(key.ip_whitelist),
        enabled=key.enabled,
        name=key.name,
    )


def _ip_restriction(addresses: list[str]) -> IpRestriction:
    if not addresses or not all(address.strip() for address in addresses):
        return Unrestricted("IP whitelist is empty")
    return RestrictedTo.from_texts(addresses)


def _siblings(entries: list[dict[str, Any]]) -> tuple[SiblingKey, ...] | NotReported:
    if len(entries) > _MAX_SIBLINGS:
        return NotReported(f"Deribit listed {len(entries):,} of them")
    return tuple(map(_sibling, entries))


def _sibling(entry: dict[str, Any]) -> SiblingKey:
    key_id = entry.get("client_id")
    shown = key_id if isinstance(key_id, str) else ""
    try:
        facts = _facts(entry)
    except GuardError:
        facts = None
    return SiblingKey(mask_id(shown), fingerprint(shown), facts)
