"""KuCoin, spot, with a classic or a unified account.

Sources: www.kucoin.com/docs-new, "Get Apikey Info" and the table of error codes, and recordings of answers and errors.
The answer shows only parts of the allowed addresses, and not when the key ends.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field

from freqtrade_bitmex_guard.client.comma_lists import split_networks, split_words
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
from freqtrade_bitmex_guard.model.credentials import KEY, PASSWORD, SECRET
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

PROFILE = ExchangeProfile(
    id="kucoin",
    title="KuCoin",
    permissions=(
        PermissionSpec(
            "General",
            PermissionKind.READ,
            "General",
            Default.REQUIRED,
            note=(
                "In a main account it also makes and changes the keys of sub-accounts; KuCoin does not split that from "
                "reading. A key made inside a sub-account reaches the least."
            ),
        ),
        PermissionSpec("Spot", PermissionKind.TRADE, "Spot (on a unified account: Unified)", Default.REQUIRED),
        PermissionSpec("Unified", PermissionKind.TRADE, "Unified", Default.ALLOWED, replaces=("Spot",)),
        PermissionSpec("Margin", PermissionKind.TRADE, "Margin", note="It also takes loans."),
        PermissionSpec("Futures", PermissionKind.TRADE, "Futures"),
        PermissionSpec("LeadtradeFutures", PermissionKind.TRADE, "Futures (lead trading)"),
        PermissionSpec("Trade", PermissionKind.TRADE, "Trade (of older keys)"),
        PermissionSpec("Earn", PermissionKind.TRANSFER, "Earn"),
        PermissionSpec("InnerTransfer", PermissionKind.TRANSFER, "FlexTransfers"),
        PermissionSpec("Transfer", PermissionKind.WITHDRAW, "Withdrawal", note="No two-factor code is asked for."),
    ),
    # ccxt signs nothing for the last one.
    hosts=("api.kucoin.com", "api-futures.kucoin.com", "api-broker.kucoin.com", "kucoin.com"),
    websocket_hosts=("x-push-spot.kucoin.com", "x-push-futures.kucoin.com", "wsapi-push.kucoin.com"),
    page=KeyPage(
        location="the page API Management (in the menu of the avatar on www.kucoin.com)",
        create="Press Create API, then API Trading, and choose a passphrase that is used nowhere else.",
        name_field="API Name",
        permissions_field="API Restrictions",
        ip_field="IP Restriction",
        two_factor="In KuCoin's security settings, switch on two-factor authentication.",
        edit="Edit the key on KuCoin's page API Management.",
    ),
    signature_headers=frozenset(
        {
            *(f"KC-API-{part}" for part in ("KEY", "SIGN", "TIMESTAMP", "PASSPHRASE", "KEY-VERSION")),
            *(f"KC-API-PARTNER{part}" for part in ("", "-SIGN", "-VERIFY")),
        }
    ),
    ip_free_keys=(
        "KuCoin deletes keys that can trade and have no IP restriction, or takes their trading away, after 30 days "
        "without use."
    ),
    credentials=(KEY, SECRET, PASSWORD),
    hides_ip_list=True,
)

_CAUSES = (
    ErrorCause("clock-skew", code="400002"),
    ErrorCause(
        "rate-limited",
        "KuCoin asks for fewer requests; it counts them in windows of 30 seconds.",
        "Wait a minute, then start again. Do not restart the bot in a tight loop.",
        code="429000",
    ),
    ErrorCause("rate-limited", code="200002"),
    ErrorCause(
        "rate-limited",
        "KuCoin asks for fewer requests, and answers none for five minutes.",
        "Stop everything that uses this key, wait five minutes, then start again.",
        code="200002",
        status=403,
    ),
    ErrorCause(
        "key-unknown",
        "KuCoin does not know this key. In the order to look at: the key id was mistyped; the key was deleted or has "
        "ended, as keys without an IP restriction do after 30 days without use; the stored API password is not this "
        "key's.",
        f"{PROFILE.page.how_to_compare_key_id} If that is right, store the API password again, or make a new key.",
        code="400003",
    ),
    ErrorCause(
        "signature-invalid",
        "KuCoin knows the key id but does not accept the passphrase, which ccxt signs with the secret. Either the "
        "stored API password is not the one that was chosen when the key was made (it is not the password of the "
        "account), or the stored secret is not this key's.",
        "Store the API password and the secret again. KuCoin shows neither again; if one is lost, make a new key.",
        code="400004",
    ),
    ErrorCause(
        "signature-invalid",
        "KuCoin knows the key id but does not accept the signature: the stored secret is not this key's.",
        "Store the secret again. KuCoin shows it only once; if it is lost, make a new key.",
        code="400005",
    ),
    ErrorCause(
        "address-not-allowed",
        "The key does not work from this machine's address: it is not in the key's IP Restriction.",
        f"{PROFILE.page.how_to_add_address} If it is there already, try again. Never leave the list empty.",
        code="400006",
    ),
    ErrorCause(
        "access-denied",
        "KuCoin does not let the key see what it may do itself, so nothing shows that it can only trade.",
        PROFILE.how_to_change("Under API Restrictions, tick General."),
        code="400007",
    ),
    ErrorCause(
        "account-restricted",
        "KuCoin has frozen the account.",
        "Sign in to KuCoin and follow what it says there, or ask its support.",
        code="411100",
    ),
    ErrorCause(
        "address-banned",
        "KuCoin does not serve the place that this machine's address belongs to.",
        "Run the bot from a place where KuCoin offers its service to you.",
        code="400500",
    ),
    ErrorCause(
        "exchange-error",
        "KuCoin got a request without key id, signature, time or passphrase: something on the way takes headers out, "
        "or ccxt signs in another way now.",
        "Look for a proxy in between, and try another version of ccxt; if it stays, report it.",
        code="400001",
    ),
    ErrorCause("server-error", code="500000"),
    ErrorCause("maintenance", code="503000"),
)

_MAX_LENGTH = 10_000
_LAST_MILLIS = 10**14
# KuCoin shows 203.**.154 of an address. What begins with 0 is no address but every address.
_MASKED = re.compile(r"[1-9][0-9]{0,2}\.\*{2}\.[0-9]{1,3}")


class _Key(StrictModel):
    """The part of the answer that the verdict rests on. Anything odd in it is an error."""

    api_key: str = Field(alias="apiKey")
    permission: Annotated[str, Field(max_length=_MAX_LENGTH)]
    # It is left out of a key without a restriction.
    ip_whitelist: Annotated[str, Field(max_length=_MAX_LENGTH)] = Field(default="", alias="ipWhitelist")
    remark: str | None = None
    created_at: Annotated[int, Field(ge=0, le=_LAST_MILLIS)] = Field(alias="createdAt")
    uid: int


_FIELDS = frozenset(field.alias or name for name, field in _Key.model_fields.items())


class KuCoin(ExchangeAdapter):
    """Reads user/api-key, which reports the key that signed and no other."""

    profile = PROFILE

    def read_key(self, session: Session, key_id: str) -> KeyListing:
        """Read what the key may do; see `ExchangeAdapter.read_key`."""
        data = _parse_success(session.request("user/api-key"))
        reject_lookalikes(data, _FIELDS, PROFILE)
        key = parse_body(_Key, data, PROFILE)
        if not same_text(key.api_key, key_id):
            fail_other_key(PROFILE)
        facts = KeyFacts(
            permissions=frozenset(map(PROFILE.permission, split_words(key.permission, PROFILE, "permission"))),
            ip_restriction=_ip_restriction(key.ip_whitelist),
            name=key.remark,
            created=datetime.fromtimestamp(key.created_at / 1000, UTC),
            user_id=str(key.uid),
        )
        return KeyListing((facts,))


ADAPTER = KuCoin()


def _parse_success(response: Response) -> dict[str, Any]:
    content = read_json(response)
    envelope = content if isinstance(content, dict) else {}
    code = envelope.get("code")
    if response.status != 200 or (isinstance(code, str) and code != "200000"):
        fail_for(response, PROFILE, _CAUSES, code=code if isinstance(code, str) else "", text=envelope.get("msg"))
    data = envelope.get("data")
    if code != "200000" or not isinstance(data, dict):
        fail_invalid(PROFILE, "is not the documented JSON")
    return data


def _ip_restriction(addresses: str) -> IpRestriction:
    blocks = split_networks(addresses, PROFILE, "ipWhitelist")
    if not blocks:
        return Unrestricted("IP Restriction is empty")
    if all(map(_MASKED.fullmatch, blocks)):
        count = "one address" if len(blocks) == 1 else f"{len(blocks)} addresses"
        return RestrictedUndisclosed(f"it shows only parts of {count}")
    return RestrictedTo.from_texts(blocks)
