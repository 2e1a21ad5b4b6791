"""ExampleX, a made-up exchange, as the one new file that an exchange takes."""

from __future__ import annotations

from typing import Any

from freqtrade_bitmex_guard.client.errors import ErrorCause, StrictModel, fail_for, parse_body, read_json
from freqtrade_bitmex_guard.exchanges.interface import ExchangeAdapter, KeyListing, Session
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.model.key import IpRestriction, KeyFacts, PermissionKind, RestrictedTo, Unrestricted
from freqtrade_bitmex_guard.model.profile import Default, ExchangeProfile, KeyPage, PermissionSpec

PROFILE = ExchangeProfile(
    id="examplex",
    title="ExampleX",
    permissions=(
        PermissionSpec("look", PermissionKind.READ, "Look", Default.ALLOWED),
        PermissionSpec("look-back", PermissionKind.READ, "Look back"),
        PermissionSpec("trade", PermissionKind.TRADE, "Create & change orders", Default.REQUIRED),
        PermissionSpec("withdraw", PermissionKind.WITHDRAW, "Withdraw"),
        PermissionSpec("stake", PermissionKind.TRANSFER, "Stake"),
        PermissionSpec("add-address", PermissionKind.MANAGE_KEYS, "Add addresses"),
    ),
    hosts=("api.example.com",),
    websocket_hosts=(),
    page=KeyPage(
        location="the page API (example.com/api)",
        create="Press Create API key.",
        name_field="Name",
        permissions_field="API Permissions",
        ip_field="Allowed addresses",
        two_factor="In Settings, Security, switch on two-factor authentication.",
        edit="Edit the key on ExampleX's page API.",
    ),
    signature_headers=frozenset({"API-Key", "API-Sign"}),
)

_CAUSES = (
    ErrorCause("key-unknown", "ExampleX does not know this key id.", "Store it again.", text="invalid key"),
    ErrorCause(
        "access-denied", "ExampleX does not even let the key see itself.", "Make a new one.", text="permission denied"
    ),
)


class _Key(StrictModel):
    key: str
    permissions: list[str]
    addresses: list[str]


class ExampleX(ExchangeAdapter):
    """Reads GetApiKeyInfo, which reports the key that signed."""

    profile = PROFILE

    def read_key(self, session: Session, key_id: str) -> KeyListing:
        """Read what the key may do; see `ExchangeAdapter.read_key`."""
        answer = session.request("GetApiKeyInfo", "POST")
        content: Any = read_json(answer)
        if answer.status != 200 or (isinstance(content, dict) and "error" in content):
            text = content.get("error") if isinstance(content, dict) else None
            fail_for(answer, PROFILE, _CAUSES, text=text if isinstance(text, str) else None)
        key = parse_body(_Key, content, PROFILE)
        if key.key != key_id:
            fail("key-not-listed", "ExampleX answered about another key.", "Report it.")
        permissions = frozenset(map(PROFILE.permission, key.permissions))
        return KeyListing((KeyFacts(permissions, _ip_restriction(key.addresses)),))


ADAPTER = ExampleX()


def _ip_restriction(blocks: list[str]) -> IpRestriction:
    if not any(block.strip() for block in blocks):
        return Unrestricted("no allowed addresses")
    return RestrictedTo.from_texts(blocks)
