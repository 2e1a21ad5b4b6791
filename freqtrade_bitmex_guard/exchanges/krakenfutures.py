"""Kraken Futures. Keys of Kraken's spot exchange are others: see `kraken`.

Sources: docs.kraken.com, "Check V3 API Key", of which every field is documented as required, and the list of errors.
ccxt does not list the call.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
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
from freqtrade_bitmex_guard.client.lookalikes import reject_lookalikes
from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.exchanges.interface import ExchangeAdapter, KeyListing, Session
from freqtrade_bitmex_guard.model.key import IpRestriction, KeyFacts, PermissionKind, RestrictedTo, Unrestricted
from freqtrade_bitmex_guard.model.part_shape import PartShape
from freqtrade_bitmex_guard.model.profile import Default, ExchangeProfile, ExtraApi, KeyPage, PermissionSpec
from freqtrade_bitmex_guard.redaction.opaque import same_text

_PATH = "api-keys/v3/check"

PROFILE = ExchangeProfile(
    id="krakenfutures",
    title="Kraken Futures",
    # The exchange has two permissions with a level each; what the policy names is both.
    permissions=(
        PermissionSpec("general:READ_ONLY", PermissionKind.READ, "General API: Read Only", Default.ALLOWED),
        PermissionSpec(
            "general:FULL_ACCESS",
            PermissionKind.TRADE,
            "General API: Full Access",
            Default.REQUIRED,
            note="It also moves money between the account's own wallets and sub-accounts.",
        ),
        PermissionSpec("transfer:READ_ONLY", PermissionKind.READ, "Withdrawal API: Read Only", Default.ALLOWED),
        PermissionSpec("transfer:FULL_ACCESS", PermissionKind.WITHDRAW, "Withdrawal API: Full Access"),
    ),
    # The last one is for customers whose addresses Kraken has allowed.
    hosts=("futures.kraken.com", "demo-futures.kraken.com", "api.futures.kraken.com"),
    websocket_hosts=("futures.kraken.com", "demo-futures.kraken.com"),
    page=KeyPage(
        location="the page Futures trading API (Kraken Pro, Settings, Connections & API)",
        create="Press Create API key.",
        name_field="the key's name",
        permissions_field="Permissions",
        ip_field="IP address restriction",
        two_factor="In Kraken's settings, under Security, switch on two-factor authentication for signing in.",
    ),
    # ccxt decodes the secret; the lengths are those of the documented examples.
    shapes={
        "key": PartShape("", usual="[A-Za-z0-9+/]{56}"),
        "secret": PartShape(
            "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
            "the form of base64",
            usual="[A-Za-z0-9+/]{86}==",
        ),
    },
    signature_headers=frozenset({"APIKey", "Authent", "Nonce"}),
    extra_apis=(
        ExtraApi(
            "auth",
            beside="private",
            path="/api/auth/",
            options={
                "versions": {"auth": {"GET": {_PATH: "v1"}}},
                "access": {"auth": {"GET": {_PATH: "private"}}},
            },
        ),
    ),
    status_page="status.kraken.com",
)

_NONCE = (
    "Kraken Futures does not accept the number (nonce) of the request, though ccxt sends none: a proxy changes "
    "requests, or the API has changed.",
    "Take the proxy out, if there is one; if it stays, report it.",
)
_CAUSES = (
    ErrorCause("rate-limited", code="apiLimitExceeded"),
    ErrorCause(
        "key-unknown",
        "Kraken Futures does not know this key id, or does not accept the signature; it does not say which. In the "
        "order to look at: id or secret was mistyped, or the key was deleted; it is a key of Kraken's spot exchange, "
        "which does not work here; id and secret are of two keys. What Kraken answers to a key that may not be used "
        "from this address is not documented; it may be the same.",
        f"Compare the first four characters with {PROFILE.page.location}, look which addresses the key allows, and "
        "store id and secret again. The secret is shown only once; if it is lost, make a new key.",
        code="authenticationError",
    ),
    ErrorCause(
        "account-restricted",
        "Kraken Futures takes the account for inactive.",
        "Sign in to Kraken Pro and follow what it says there.",
        code="accountInactive",
    ),
    ErrorCause("maintenance", code="Unavailable"),
    ErrorCause("maintenance", code="unavailable"),
    ErrorCause("server-error", code="Server Error"),
    ErrorCause("server-error", code="unknownError"),
    ErrorCause("exchange-error", *_NONCE, code="nonceBelowThreshold"),
    ErrorCause("exchange-error", *_NONCE, code="nonceDuplicate"),
    ErrorCause(
        "exchange-error",
        "Kraken Futures does not know the request for what a key may do: its API has changed, or a proxy changes "
        "requests.",
        "Update freqtrade-bitmex-guard; if it stays, report it.",
        code="notFound",
    ),
)

_NO_ACCESS = "NO_ACCESS"
_Word = Annotated[str, Field(max_length=64)]


class _Key(StrictModel):
    api_key: str = Field(alias="apiKey")
    account_uid: str = Field(alias="accountUid", pattern="^[0-9A-Za-z-]{1,64}$")
    created_at: str = Field(alias="createdAt")
    permissions: dict[_Word, _Word] = Field(max_length=20)
    allowed_block: str | None = Field(alias="allowedCidrBlock")
    allowed_blocks: list[str] = Field(alias="allowedCidrBlocks", max_length=250)


class KrakenFutures(ExchangeAdapter):
    """Reads the check of a key, which reports the key that signed and no other."""

    profile = PROFILE

    def read_key(self, session: Session, key_id: str) -> KeyListing:
        """Read what the key may do; see `ExchangeAdapter.read_key`."""
        answer = _parse_success(session.request(_PATH, api="auth"))
        key = parse_body(_Key, answer, PROFILE)
        known = {field.alias or name for name, field in _Key.model_fields.items()}
        reject_lookalikes(answer, known, PROFILE)
        if not same_text(key.api_key, key_id):
            fail_other_key(PROFILE)
        facts = KeyFacts(
            permissions=frozenset(map(PROFILE.permission, _words(key.permissions))),
            ip_restriction=_ip_restriction(key.allowed_block, key.allowed_blocks),
            created=_parse_time(key.created_at),
            account_id=key.account_uid,
        )
        return KeyListing((facts,))


ADAPTER = KrakenFutures()


def _parse_success(response: Response) -> Any:
    content = read_json(response)
    is_error = isinstance(content, dict) and "error" in content
    if response.status != 200 or is_error:
        words = [content.get(name) if is_error else None for name in ("error", "message")]
        code, text = (word if isinstance(word, str) else None for word in words)
        fail_for(response, PROFILE, _CAUSES, code or "", text)
    return content


def _words(levels: Mapping[str, str]) -> list[str]:
    """Return each permission with its level, but for those that allow nothing.

    Raises:
        GuardError: unverified, if one of the two that are documented is not there.
    """
    if not {"general", "transfer"} <= set(levels):
        fail_invalid(PROFILE, "does not name the key's permissions")
    return [f"{name}:{level}" for name, level in levels.items() if level != _NO_ACCESS]


def _ip_restriction(block: str | None, blocks: list[str]) -> IpRestriction:
    """Return what both fields admit together; which of them would win is documented nowhere."""
    both = [*([] if block is None else [block]), *blocks]
    if not both:
        return Unrestricted("IP address restriction is off")
    if not all(each.strip() for each in both):
        return Unrestricted("IP address restriction is blank")
    return RestrictedTo.from_texts(dict.fromkeys(both))


def _parse_time(text: str) -> datetime:
    """Read a time in ISO 8601 with its time zone.

    Raises:
        GuardError: unverified, if it is none.
    """
    try:
        moment = datetime.fromisoformat(text) if re.fullmatch(r"[0-9T:.Z+-]{1,40}", text, re.ASCII) else None
        in_utc = moment.astimezone(UTC) if moment and moment.tzinfo else None
    except (ValueError, OverflowError):
        in_utc = None
    if in_utc is None:
        fail_invalid(PROFILE, "describes the key oddly: createdAt")
    return in_utc
