"""BingX, spot.

Sources: bingx-api.github.io/docs, "Query user API Key permissions" (a list of numbers) and BingX-API/api-ai-skills (a
flag for each permission): two documented answers of the same request, so both are read. Recordings of errors. Most
errors have the HTTP status 200, and ccxt's class misleads for some of them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field

from freqtrade_bitmex_guard.client.errors import (
    ErrorCause,
    StrictModel,
    fail_for,
    fail_invalid,
    fail_other_key,
    parse_body,
    read_json,
)
from freqtrade_bitmex_guard.client.lookalikes import COULD_DECIDE
from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.exchanges.interface import ExchangeAdapter, KeyListing, Session
from freqtrade_bitmex_guard.model.key import (
    IpRestriction,
    KeyFacts,
    PermissionKind,
    RestrictedTo,
    RestrictedUndisclosed,
    Unrestricted,
)
from freqtrade_bitmex_guard.model.profile import Default, ExchangeProfile, KeyPage, PermissionSpec
from freqtrade_bitmex_guard.redaction.opaque import same_text
from freqtrade_bitmex_guard.redaction.sanitize import join_limited, sanitize

PROFILE = ExchangeProfile(
    id="bingx",
    title="BingX",
    permissions=(
        PermissionSpec("2", PermissionKind.READ, "Read", Default.REQUIRED),
        PermissionSpec("1", PermissionKind.TRADE, "Spot Trading", Default.REQUIRED),
        PermissionSpec("3", PermissionKind.TRADE, "Perpetual Futures Trading", Default.ALLOWED),
        PermissionSpec("enableVanillaOptions", PermissionKind.TRADE, "Options"),
        PermissionSpec("4", PermissionKind.TRANSFER, "Universal Transfer"),
        PermissionSpec("7", PermissionKind.TRANSFER, "Allow internal transfer"),
        PermissionSpec("5", PermissionKind.WITHDRAW, "Withdraw"),
    ),
    hosts=tuple(f"open-api{part}.bingx.{domain}" for part in ("", "-vst") for domain in ("com", "pro")),
    websocket_hosts=(
        *("open-api-ws.bingx.com", "open-api-swap.bingx.com", "open-api-cswap-ws.bingx.com"),
        "vst-open-api-ws.bingx.com",
    ),
    page=KeyPage(
        location="the page API Management (bingx.com/en/accounts/api)",
        create="Press Create API. The new key can only read at first; then edit it.",
        name_field="the name of the key",
        permissions_field="the permissions of the key",
        ip_field="the IP addresses of the key",
        two_factor="In the security settings of the account, switch on two-factor authentication with an app.",
        edit="Edit the key on BingX's page API Management.",
    ),
    signature_headers=frozenset({"X-BX-APIKEY"}),
    signature_lifetimes={"recvWindow": 60_000},
    ip_free_keys="BingX deletes keys that can trade and have no IP address after 14 days without use.",
)

_SIGN_IN = "Sign in to BingX and follow what it says there, or ask its support."
_CAUSES = (
    ErrorCause("clock-skew", code="100421"),
    ErrorCause("clock-skew", code="80014"),
    ErrorCause(
        "clock-skew",
        "BingX does not accept the request's only parameter, which is its time: this machine's clock is off by more "
        "than five seconds.",
        "Set the clock: `timedatectl set-ntp true`, or start chrony or ntpd; in a container, on its host. If it is "
        "right, report this.",
        code="109400",
    ),
    ErrorCause("rate-limited", code="100410"),
    ErrorCause(
        "address-banned",
        "BingX blocks this machine's address for a while, because requests went on after it had asked for fewer.",
        "Stop everything that talks to BingX from here, wait an hour, then start again.",
        status=418,
    ),
    ErrorCause(
        "key-unknown",
        "BingX does not know this key id: it was mistyped or deleted. BingX itself deletes keys without an IP address "
        "after 14 days without use. What it answers to a key that was switched off is not documented; it may be this.",
        PROFILE.page.how_to_compare_key_id,
        code="100413",
    ),
    ErrorCause(
        "signature-invalid",
        "BingX knows the key id but does not accept the signature: the stored secret is not this key's.",
        "Store the secret again; if it is lost, make a new key.",
        code="100001",
    ),
    ErrorCause(
        "exchange-error",
        "BingX got a request without a signature: something on the way changes requests, or ccxt signs in another way "
        "now.",
        "Look for a proxy in between, and try another version of ccxt; if it stays, report it.",
        code="100412",
    ),
    ErrorCause(
        "address-not-allowed",
        "The key does not work from this machine's address: it is not among the IP addresses of the key.",
        f"{PROFILE.page.how_to_add_address} Never leave them empty.",
        code="100419",
    ),
    ErrorCause(
        "access-denied",
        "BingX does not let the key see what it may do itself, so nothing shows that it can only trade.",
        PROFILE.how_to_change("Tick Read."),
        code="100004",
    ),
    ErrorCause(
        "access-denied",
        "BingX lets only the main account's keys see what they may do, though it documents this request for all keys.",
        "Use a key of the main account, and report this.",
        code="100403",
    ),
    *(
        ErrorCause("account-restricted", f"BingX has {did}.", _SIGN_IN, code=code)
        for code, did in (
            ("100414", "stopped the account (risk control)"),
            ("100441", "marked the account as abnormal"),
            ("101210", "restricted the account"),
        )
    ),
    ErrorCause("overloaded", code="100500"),
)

_FLAGS = {
    "enableReading": "2",
    "enableSpotAndMarginTrading": "1",
    "enableFutures": "3",
    "permitsUniversalTransfer": "4",
    "enableWithdrawals": "5",
    "enableInternalTransfer": "7",
}
# A key may have one of these unless BingX says that it does not.
_MUST_BE_REPORTED = ("permitsUniversalTransfer", "enableWithdrawals", "enableInternalTransfer")
# The documented fields that are no permission.
_OTHERS = ("apiKey", "permissions", "ipAddresses", "note", "ipRestrict", "createTime", "updateTime")
_MAX_FIELDS = 100
_MAX_NAME_LENGTH = 64
# What decides, as another field could say it.
_DECISIVE = re.compile(f"enable|manage|trad|apikey|expire|status|{COULD_DECIDE}")

# A number as a text is documented nowhere, and its like is another word for the policy.
_Word = Annotated[int, Field(ge=0, lt=10_000)] | Annotated[str, Field(pattern="^[A-Za-z][!-~]{0,63}$")]


class _List(StrictModel):
    """The answer with a list of numbers. Anything odd in it is an error."""

    api_key: str = Field(alias="apiKey", max_length=200)
    permissions: list[_Word] = Field(max_length=100)
    addresses: list[str] = Field(alias="ipAddresses", max_length=250)
    note: str | None = None


class _Flags(StrictModel):
    """The answer with a flag for each permission, in the part that is none."""

    api_key: str | None = Field(default=None, alias="apiKey", max_length=200)
    ip_restrict: bool = Field(alias="ipRestrict")
    created: Annotated[int, Field(ge=0, lt=10**14)] | None = Field(default=None, alias="createTime")
    note: str | None = None


class BingX(ExchangeAdapter):
    """Reads apiPermissions, which is about the key that signed, in either of its documented shapes."""

    profile = PROFILE

    def read_key(self, session: Session, key_id: str) -> KeyListing:
        """Read what the key may do; see `ExchangeAdapter.read_key`."""
        content = _parse_success(session.request("account/apiPermissions", api=("account", "v1", "private")))
        switched_on = _switched_on(content)
        facts = []
        if "permissions" in content or "ipAddresses" in content:
            facts.append(_read_list(content, key_id, switched_on))
        if "ipRestrict" in content or not _FLAGS.keys().isdisjoint(content):
            facts.append(_read_flags(content, key_id, switched_on))
        if not facts:
            fail_invalid(PROFILE, "does not say what the key may do")
        first, last = facts[0], facts[-1]
        is_limited = [not isinstance(each.ip_restriction, Unrestricted) for each in (first, last)]
        if first.permissions != last.permissions or is_limited[0] != is_limited[1]:
            fail_invalid(PROFILE, "says in one place what it denies in another")
        return KeyListing((replace(first, created=last.created),))


ADAPTER = BingX()


def _parse_success(response: Response) -> dict[str, Any]:
    """Return the part of the answer about the key: all of it, or what is in the usual envelope."""
    content = read_json(response)
    envelope = content if isinstance(content, dict) else {}
    code = envelope.get("code", 0)
    is_error = type(code) in (int, str) and code not in (0, "0")
    if response.status != 200 or is_error:
        fail_for(response, PROFILE, _CAUSES, str(code) if is_error else "", envelope.get("msg"))
    data = envelope.get("data") if "code" in envelope else envelope
    if type(code) is not int or envelope.get("success", True) is not True or not isinstance(data, dict):
        fail_invalid(PROFILE, "is not the documented JSON")
    return data


def _switched_on(content: dict[str, Any]) -> list[str]:
    """Return the fields that are true and so are permissions, whether they are documented or new."""
    if len(content) > _MAX_FIELDS or not all(name.isascii() and len(name) <= _MAX_NAME_LENGTH for name in content):
        fail_invalid(PROFILE, "describes the key in more fields, or longer ones, than any")
    if len(set(map(_letters, content))) != len(content):
        fail_invalid(PROFILE, "describes the key in two fields of the same name")
    flags = {name: value for name, value in content.items() if name not in _OTHERS}
    odd = [name for name, value in flags.items() if type(value) is not bool and _DECISIVE.search(_letters(name))]
    if odd:
        fail_invalid(PROFILE, f"describes the key oddly: {join_limited(odd, sanitize)}")
    return [name for name, value in flags.items() if value is True]


def _letters(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())


def _read_list(content: dict[str, Any], key_id: str, switched_on: list[str]) -> KeyFacts:
    key = parse_body(_List, content, PROFILE)
    _check_id(key.api_key, key_id)
    words = [*map(str, key.permissions), *(name for name in switched_on if name not in _FLAGS)]
    return KeyFacts(frozenset(map(PROFILE.permission, words)), _ip_restriction(key.addresses), name=key.note)


def _read_flags(content: dict[str, Any], key_id: str, switched_on: list[str]) -> KeyFacts:
    key = parse_body(_Flags, content, PROFILE)
    if key.api_key is not None:
        _check_id(key.api_key, key_id)
    if missing := [name for name in _MUST_BE_REPORTED if name not in content]:
        fail_invalid(PROFILE, f"does not say whether the key has {', '.join(missing)}")
    limited = RestrictedUndisclosed("ipRestrict is on, and the answer does not hold the list")
    return KeyFacts(
        permissions=frozenset(PROFILE.permission(_FLAGS.get(name, name)) for name in switched_on),
        ip_restriction=limited if key.ip_restrict else Unrestricted("ipRestrict is off"),
        name=key.note,
        created=None if key.created is None else datetime.fromtimestamp(key.created / 1000, UTC),
    )


def _check_id(shown: str, key_id: str) -> None:
    """End the check if the id in the answer, whole or with its middle masked, is not the key's."""
    ends = re.fullmatch(r"([0-9A-Za-z_-]{2,})\*+([0-9A-Za-z_-]{2,})", shown)
    is_ours = ends and key_id.startswith(ends[1]) and key_id.endswith(ends[2]) and len(key_id) >= len(ends[1] + ends[2])
    if not is_ours and not same_text(shown, key_id):
        fail_other_key(PROFILE)


def _ip_restriction(blocks: list[str]) -> IpRestriction:
    if not blocks or not all(block.strip() for block in blocks):
        return Unrestricted("the key names no IP address")
    return RestrictedTo.from_texts(blocks)
