"""Crypto.com Exchange, which has no way to report what a key may do.

Sources: exchange-docs.crypto.com (response codes).
A signed read proves that key and secret belong together, and nothing more.
"""

from __future__ import annotations

from typing import Any

from freqtrade_bitmex_guard.client.errors import ErrorCause
from freqtrade_bitmex_guard.exchanges.interface import CannotVerify
from freqtrade_bitmex_guard.model.key import PermissionKind
from freqtrade_bitmex_guard.model.profile import UNVERIFIABLE, Default, ExchangeProfile, KeyPage, PermissionSpec

PROFILE = ExchangeProfile(
    id="cryptocom",
    title="Crypto.com Exchange",
    permissions=(
        PermissionSpec("read", PermissionKind.READ, "Can Read", Default.ALLOWED),
        PermissionSpec("trade", PermissionKind.TRADE, "Enable Trading", Default.REQUIRED),
        PermissionSpec("withdraw", PermissionKind.WITHDRAW, "Enable Withdrawal"),
    ),
    hosts=("api.crypto.com", "deriv-api.crypto.com"),
    websocket_hosts=("stream.crypto.com",),
    page=KeyPage(
        location="the tab API of the User Center on crypto.com/exchange",
        create="Press Create a new API key.",
        name_field="Label",
        permissions_field="permissions",
        ip_field="IP whitelist",
        two_factor="In the security settings of the account, switch on two-factor authentication.",
    ),
    signature_headers=frozenset(set[str]()),
    cannot_report=UNVERIFIABLE,
)

_CAUSES = (
    ErrorCause(
        "access-denied",
        "Crypto.com rejects the key. In the order to look at: the key id was mistyped or deleted; the stored secret "
        "is not this key's; the key may not read.",
        PROFILE.page.how_to_compare_key_id,
        code="40101",
    ),
    ErrorCause(
        "access-denied",
        "Crypto.com rejects the key. In the order to look at: the key id was mistyped or deleted; the stored secret "
        "is not this key's; the key may not read.",
        PROFILE.page.how_to_compare_key_id,
        code="10002",
    ),
    ErrorCause("clock-skew", code="40102"),
    ErrorCause(
        "address-not-allowed",
        "The key does not work from this machine's address.",
        PROFILE.page.how_to_add_address,
        code="40103",
    ),
    ErrorCause(
        "address-not-allowed",
        "The key does not work from this machine's address.",
        PROFILE.page.how_to_add_address,
        code="10003",
    ),
    ErrorCause(
        "account-restricted",
        "The account's tier may not do this.",
        "Log in to Crypto.com and follow what it says there.",
        code="40104",
    ),
    ErrorCause("rate-limited", code="42901"),
    ErrorCause("rate-limited", code="10006"),
)


class CryptoCom(CannotVerify):
    """Makes one signed read."""

    profile = PROFILE
    causes = _CAUSES
    call = ("private/user-balance", "POST", ("v1", "private"))
    error_fields = ("code", "message")

    def is_success(self, content: Any) -> bool:
        """Return whether the answer is the account's balances; see `CannotVerify.is_success`."""
        return isinstance(content, dict) and type(content.get("code")) is int and content["code"] == 0


ADAPTER = CryptoCom()
