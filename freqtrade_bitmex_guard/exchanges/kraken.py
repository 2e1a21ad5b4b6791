"""Kraken, spot. Keys of Kraken Futures are others: see `krakenfutures`.

Sources: docs.kraken.com, "Get API Key Info", which documents names in camel case; recorded answers have snake case.
Errors: support.kraken.com, article 360001491786. Every answer has the HTTP status 200.
"""

from __future__ import annotations

import re
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
from freqtrade_bitmex_guard.model.profile import Default, ExchangeProfile, KeyPage, PermissionSpec
from freqtrade_bitmex_guard.redaction.opaque import same_text

PROFILE = ExchangeProfile(
    id="kraken",
    title="Kraken",
    permissions=(
        PermissionSpec("query-funds", PermissionKind.READ, "Funds: Query", Default.REQUIRED),
        PermissionSpec("query-open-trades", PermissionKind.READ, "Query open orders & trades", Default.REQUIRED),
        PermissionSpec("query-closed-trades", PermissionKind.READ, "Query closed orders & trades", Default.REQUIRED),
        PermissionSpec("modify-trades", PermissionKind.TRADE, "Create & modify orders", Default.REQUIRED),
        PermissionSpec("close-trades", PermissionKind.CANCEL, "Cancel & close orders", Default.REQUIRED),
        PermissionSpec("query-ledger", PermissionKind.READ, "Data: Query ledger entries", Default.ALLOWED),
        PermissionSpec("export-data", PermissionKind.READ, "Data: Export data", Default.ALLOWED),
        PermissionSpec("create-ws-token", PermissionKind.READ, "WebSocket interface: On", Default.ALLOWED),
        PermissionSpec("add-funds", PermissionKind.READ, "Funds: Deposit", note="It also makes new deposit addresses."),
        PermissionSpec("withdraw-funds", PermissionKind.WITHDRAW, "Funds: Withdraw"),
        PermissionSpec("add-withdraw-address", PermissionKind.WITHDRAW, "Funds: Add withdrawal addresses"),
        PermissionSpec("update-withdraw-address", PermissionKind.WITHDRAW, "Funds: Update withdrawal addresses"),
        PermissionSpec("earn-funds", PermissionKind.TRANSFER, "Funds: Earn"),
    ),
    # ccxt reads texts of the help pages from the second one, unsigned.
    hosts=("api.kraken.com", "kraken.zendesk.com"),
    websocket_hosts=("ws.kraken.com", "ws-auth.kraken.com", "beta-ws.kraken.com", "beta-ws-auth.kraken.com"),
    page=KeyPage(
        location="the page API (Settings, Connections & API: www.kraken.com/u/security/api)",
        create="Press Create API key.",
        name_field="Key name",
        permissions_field="Permissions",
        ip_field="IP address restriction",
        two_factor="In Kraken's settings, under Security, switch on two-factor authentication for signing in.",
        edit="Edit the key on Kraken's page API (Settings, Connections & API).",
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
    signature_headers=frozenset({"API-Key", "API-Sign"}),
    status_page="status.kraken.com",
    reports_expiry=True,
)

_CAUSES = (
    ErrorCause(
        "clock-skew",
        "Kraken does not accept the request's number (nonce): it must be higher than in every earlier request of this "
        "key, and ccxt takes the time for it. Either this machine's clock was set back, or another program uses the "
        "same key and counts higher.",
        "Set the clock: `timedatectl set-ntp true`, or start chrony or ntpd; in a container, on its host. If the clock "
        f"is right, make a key that only this bot uses. {PROFILE.how_to_replace()}",
        text="EAPI:Invalid nonce",
    ),
    ErrorCause("rate-limited", text="EAPI:Rate limit exceeded"),
    ErrorCause("rate-limited", text="EService:Throttled"),
    ErrorCause(
        "key-unknown",
        "Kraken does not know this key id. In the order to look at: it was mistyped or deleted; it is a key of Kraken "
        "Futures, which works only there; it has ended. What Kraken answers to a key that may not be used from this "
        "address is not documented; it may be the same.",
        "Compare the first four characters with the page API, look whether the key has ended and which addresses it "
        "allows, then store it again. Do not try again and again: Kraken locks the address out for that.",
        text="EAPI:Invalid key",
    ),
    ErrorCause(
        "signature-invalid",
        "Kraken knows the key id but does not accept the signature: the stored secret is not this key's.",
        "Store the secret again: 88 characters, all of them. Kraken shows it only once; if it is lost, make a new key.",
        text="EAPI:Invalid signature",
    ),
    ErrorCause(
        "access-denied",
        "Kraken does not even let the key see itself, for which no permission is needed, so nothing shows what else it "
        "may do. The key may be restricted to other addresses.",
        f"Look at the key on the page API, its IP address restriction first. {PROFILE.how_to_replace()}",
        text="EGeneral:Permission denied",
    ),
    ErrorCause(
        "address-banned",
        "Kraken has locked this machine's address out for a while, after too many failed requests.",
        "Stop everything that talks to Kraken from here, wait 15 minutes, then start again.",
        text="EGeneral:Temporary lockout",
    ),
    ErrorCause(
        "account-restricted",
        "Kraken has disabled the account for the time being.",
        "Sign in to Kraken and follow what it says there.",
        text="EAuth:Account temporary disabled",
    ),
    ErrorCause(
        "account-restricted",
        "Kraken has locked the account.",
        "Sign in to Kraken and follow what it says there.",
        text="ETrade:User Locked",
    ),
    ErrorCause("maintenance", text="EService:Unavailable"),
    ErrorCause("maintenance", text="EService:Market in"),
    ErrorCause("overloaded", text="EService:Busy"),
    ErrorCause("overloaded", text="EService:Deadline elapsed"),
    ErrorCause("server-error", text="EGeneral:Internal error"),
    ErrorCause(
        "exchange-error",
        "Kraken does not know the request for what a key may do: its API has changed, or a proxy changes requests.",
        "Update freqtrade-bitmex-guard; if it stays, report it.",
        text="EGeneral:Unknown method",
    ),
    ErrorCause(
        "exchange-error",
        "Kraken has switched off the request for what a key may do.",
        "Look at status.kraken.com, and start again later; if it stays, report it.",
        text="EAPI:Feature disabled",
    ),
)

_MAX_PERMISSIONS = 50
_MAX_NETWORKS = 250
_MAX_WORD_LENGTH = 64

_Seconds = Annotated[str, Field(pattern="^[0-9]{1,11}$")]


class _Answer(StrictModel):
    error: list[str]
    result: dict[str, Any] | None = None


class _Key(StrictModel):
    """The part of the answer that the verdict rests on; the names are the fields' letters."""

    apikey: str
    apikeyname: str
    permissions: list[Annotated[str, Field(max_length=_MAX_WORD_LENGTH)]] = Field(max_length=_MAX_PERMISSIONS)
    ipallowlist: list[str] = Field(max_length=_MAX_NETWORKS)
    createdtime: _Seconds
    validuntil: _Seconds


class Kraken(ExchangeAdapter):
    """Reads GetApiKeyInfo, which reports the key that signed and no other."""

    profile = PROFILE

    def read_key(self, session: Session, key_id: str) -> KeyListing:
        """Read what the key may do; see `ExchangeAdapter.read_key`."""
        result = _parse_success(session.request("GetApiKeyInfo", "POST"))
        key = parse_body(_Key, _by_letters(result), PROFILE)
        if not same_text(key.apikey, key_id):
            fail_other_key(PROFILE)
        facts = KeyFacts(
            permissions=frozenset(map(PROFILE.permission, key.permissions)),
            ip_restriction=_ip_restriction(key.ipallowlist),
            name=key.apikeyname,
            created=_parse_time(key.createdtime),
            expires=_parse_time(key.validuntil),
        )
        return KeyListing((facts,))


ADAPTER = Kraken()


def _parse_success(response: Response) -> dict[str, Any]:
    content = read_json(response)
    errors = content.get("error") if isinstance(content, dict) else None
    if response.status != 200 or (isinstance(errors, list) and errors):
        texts = [text for text in errors if isinstance(text, str)] if isinstance(errors, list) else []
        fail_for(response, PROFILE, _CAUSES, text="; ".join(texts) or None)
    answer = parse_body(_Answer, content, PROFILE)
    if answer.result is None:
        fail_invalid(PROFILE, "says nothing about the key")
    return answer.result


def _by_letters(result: dict[str, Any]) -> dict[str, Any]:
    """Name the fields by their letters alone: apiKey and api_key are the same field.

    Raises:
        GuardError: unverified, if that makes one of two fields, of which every reader would take another.
    """
    fields = {re.sub("[^a-z0-9]", "", name.lower()): value for name, value in result.items() if name.isascii()}
    if len(fields) != len(result):
        fail_invalid(PROFILE, "describes the key in two fields of the same name, or in one that is not ASCII")
    reject_lookalikes(fields, _Key.model_fields, PROFILE, "validuntil|expir")
    return fields


def _ip_restriction(blocks: list[str]) -> IpRestriction:
    # [""] was recorded for "any address"; one blank among others counts as the same.
    if not all(block.strip() for block in blocks):
        return Unrestricted("IP address restriction is blank")
    if not blocks:
        return Unrestricted("IP address restriction is off")
    return RestrictedTo.from_texts(blocks)


def _parse_time(seconds: str) -> datetime | None:
    """Read Unix seconds; "0" is none."""
    return datetime.fromtimestamp(int(seconds), UTC) if int(seconds) else None
