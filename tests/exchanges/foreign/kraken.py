"""A second exchange as the one new file it takes; it would lie in `freqtrade_bitmex_guard/venues/`.

It is here and not there because nobody has run it against Kraken itself: a guard that was never seen to refuse a real
key of an exchange must not say that it knows that exchange. Source: docs.kraken.com/api/docs/rest-api/get-api-key-info.
"""

from __future__ import annotations

from typing import Any, NoReturn

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from freqtrade_bitmex_guard.exchanges.interface import ExchangeAdapter, KeyListing, Session
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.model.key import (
    IpRestriction,
    KeyFacts,
    PermissionKind,
    RestrictedTo,
    Unrestricted,
)
from freqtrade_bitmex_guard.model.profile import Default, ExchangeProfile, KeyPage, PermissionSpec
from freqtrade_bitmex_guard.redaction.sanitize import sanitize

PROFILE = ExchangeProfile(
    id="kraken",
    title="Kraken",
    permissions=(
        PermissionSpec("query-funds", PermissionKind.READ, "Query", Default.ALLOWED),
        PermissionSpec("query-open-trades", PermissionKind.READ, "Query open orders & trades", Default.ALLOWED),
        PermissionSpec("query-closed-trades", PermissionKind.READ, "Query closed orders & trades", Default.ALLOWED),
        PermissionSpec("query-ledger", PermissionKind.READ, "Query ledger entries"),
        PermissionSpec("modify-trades", PermissionKind.TRADE, "Create & modify orders", Default.REQUIRED),
        PermissionSpec("close-trades", PermissionKind.CANCEL, "Cancel & close orders", Default.ALLOWED),
        PermissionSpec("withdraw-funds", PermissionKind.WITHDRAW, "Withdraw"),
        PermissionSpec("earn-funds", PermissionKind.TRANSFER, "Earn"),
        PermissionSpec("add-withdraw-address", PermissionKind.MANAGE_KEYS, "Add withdrawal addresses"),
        PermissionSpec("update-withdraw-address", PermissionKind.MANAGE_KEYS, "Update withdrawal addresses"),
    ),
    hosts=("api.kraken.com", "kraken.zendesk.com"),
    websocket_hosts=("ws.kraken.com", "ws-auth.kraken.com"),
    page=KeyPage(
        location="the page API (Settings, Connections & API)",
        create="Press Create API key.",
        name_field="Key name",
        permissions_field="API Permissions",
        ip_field="IP address restriction",
        two_factor="In Settings, Security, switch on two-factor authentication.",
        edit="Edit the key on Kraken's page API.",
    ),
    signature_headers=frozenset({"API-Key", "API-Sign"}),
)


class _Key(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)

    api_key: str
    permissions: list[str]
    ip_allowlist: list[str] = Field(default=[])


class Kraken(ExchangeAdapter):
    """Kraken's answers about the one key that asks."""

    profile = PROFILE

    def read_key(self, session: Session, key_id: str) -> KeyListing:
        """See `Venue.read_key`. Kraken tells of this key only."""
        answer = session.request("GetApiKeyInfo", "POST")
        try:
            content = answer.json()
            errors = content["error"]
            key = None if errors else _Key.model_validate(_snake(content["result"]))
        except (ValueError, TypeError, KeyError, ValidationError):
            errors, key = [], None
        if key is None or answer.status != 200:
            _explain(errors)
        if key.api_key != key_id:
            fail("key-not-listed", "Kraken answered about another key.", "Report it.")
        rights = frozenset(map(PROFILE.permission, key.permissions))
        return KeyListing((KeyFacts(rights, _addresses(key.ip_allowlist)),))


ADAPTER = Kraken()


def _snake(result: dict[str, Any]) -> dict[str, Any]:
    """The documentation says camelCase, real answers are in snake_case: take either."""
    return {"".join("_" + char.lower() if char.isupper() else char for char in name): result[name] for name in result}


def _addresses(listed: list[str]) -> IpRestriction:
    if not any(block.strip() for block in listed):
        return Unrestricted("no IP address restriction")
    return RestrictedTo.from_texts(listed)


def _explain(errors: Any) -> NoReturn:
    said = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], str) else ""
    if said == "EAPI:Invalid key":
        fail("key-unknown", "Kraken does not know this key id.", "Store it again.")
    if said == "EGeneral:Permission denied":
        fail("access-denied", "Kraken does not even let the key see itself.", "Give it the right to query.")
    fail(
        "response-invalid", f"Kraken's answer cannot be relied on ({sanitize(said) or 'not as documented'}).", "Retry."
    )
