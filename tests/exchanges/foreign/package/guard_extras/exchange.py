"""Bitstamp as somebody else would bring it; what it answers about a key is made up."""

from __future__ import annotations

from typing import Any

from freqtrade_bitmex_guard.client.errors import ErrorCause, StrictModel, fail_for, parse_body, read_json
from freqtrade_bitmex_guard.client.lookalikes import reject_lookalikes
from freqtrade_bitmex_guard.exchanges.interface import ExchangeAdapter, KeyListing, Session
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.model.key import KeyFacts, PermissionKind, RestrictedTo, Unrestricted
from freqtrade_bitmex_guard.model.profile import Default, ExchangeProfile, KeyPage, PermissionSpec

PROFILE = ExchangeProfile(
    id="bitstamp",
    title="Bitstamp",
    permissions=(
        PermissionSpec("view", PermissionKind.READ, "View", Default.ALLOWED),
        PermissionSpec("order", PermissionKind.TRADE, "Orders", Default.REQUIRED),
        PermissionSpec("payout", PermissionKind.WITHDRAW, "Withdrawals"),
    ),
    hosts=("www.bitstamp.net", "sandbox.bitstamp.net"),
    websocket_hosts=("ws.bitstamp.net",),
    page=KeyPage(
        location="the page API access",
        create="Press New API key.",
        name_field="Label",
        permissions_field="Permissions",
        ip_field="Whitelisted addresses",
        two_factor="Switch on two-factor authentication in the settings.",
        edit="Press Edit beside the key.",
    ),
    signature_headers=frozenset({"X-Auth", "X-Auth-Nonce", "X-Auth-Signature", "X-Auth-Timestamp", "X-Auth-Version"}),
)
_CAUSES = (
    ErrorCause("clock-skew", code="API0017"),
    ErrorCause("key-unknown", "Bitstamp does not know this key.", "Store it again.", code="API0001"),
    ErrorCause("signature-invalid", "The secret is not this key's.", "Store it again.", code="API0005"),
    ErrorCause("address-not-allowed", "The key does not allow this address.", "Add it to the key.", code="API0002"),
)


class _Key(StrictModel):
    key: str
    permissions: list[str]
    addresses: list[str]


class Bitstamp(ExchangeAdapter):
    """Reads a made-up call."""

    profile = PROFILE

    def read_key(self, session: Session, key_id: str) -> KeyListing:
        """Read what the key may do; see `ExchangeAdapter.read_key`."""
        response = session.request("key_info/", "POST")
        content: Any = read_json(response)
        if response.status != 200 or (isinstance(content, dict) and "code" in content):
            fields = content if isinstance(content, dict) else {}
            fail_for(response, PROFILE, _CAUSES, code=str(fields.get("code", "")), text=fields.get("reason"))
        key = parse_body(_Key, content, PROFILE)
        reject_lookalikes(content, _Key.model_fields, PROFILE, "address|key")
        if key.key != key_id:
            fail("key-not-listed", "Bitstamp answered about another key.", "Report it.")
        networks = RestrictedTo.from_texts(key.addresses) if key.addresses else Unrestricted("no addresses")
        return KeyListing((KeyFacts(frozenset(map(PROFILE.permission, key.permissions)), networks),))


ADAPTER = Bitstamp()
