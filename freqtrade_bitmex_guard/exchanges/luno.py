"""Luno, which has no way to report what a key may do.

Sources: www.luno.com/developers (API page), github.com/luno/luno-python.
A signed read proves that key and secret belong together, and nothing more.
"""

from __future__ import annotations

from typing import Any

from freqtrade_bitmex_guard.client.errors import ErrorCause
from freqtrade_bitmex_guard.exchanges.interface import CannotVerify
from freqtrade_bitmex_guard.model.key import PermissionKind
from freqtrade_bitmex_guard.model.profile import UNVERIFIABLE, Default, ExchangeProfile, KeyPage, PermissionSpec

PROFILE = ExchangeProfile(
    id="luno",
    title="Luno",
    permissions=(
        PermissionSpec("Perm_R_Balance", PermissionKind.READ, "Read balance", Default.REQUIRED),
        PermissionSpec("Perm_R_Orders", PermissionKind.READ, "Read orders", Default.ALLOWED),
        PermissionSpec("Perm_W_Orders", PermissionKind.TRADE, "Write orders", Default.REQUIRED),
        PermissionSpec("Perm_W_Send", PermissionKind.WITHDRAW, "Write send"),
    ),
    hosts=("api.luno.com",),
    websocket_hosts=("ws.luno.com",),
    page=KeyPage(
        location="the page API keys (www.luno.com/wallet/security/api_keys)",
        create="Press Create API key, and choose its permissions.",
        name_field="Name",
        permissions_field="permissions",
        ip_field="",
        two_factor="In the security settings of the account, switch on two-factor authentication.",
    ),
    signature_headers=frozenset({"authorization"}),
    cannot_report=UNVERIFIABLE,
)

_UNKNOWN = (
    "key-unknown",
    "Luno does not accept the credentials: the key id was mistyped or deleted, or the stored secret is not this key's.",
    PROFILE.page.how_to_compare_key_id,
)
_CAUSES = (
    ErrorCause(*_UNKNOWN, code="ErrUnauthorised"),
    ErrorCause(
        "access-denied",
        "The key may not read the balance, so nothing shows that it works.",
        "Make a key that may read balances.",
        code="ErrInsufficientPerms",
    ),
    ErrorCause(*_UNKNOWN, status=401),
    ErrorCause("rate-limited", code="ErrTooManyRequests"),
    ErrorCause("maintenance", code="ErrUnderMaintenance"),
)


class Luno(CannotVerify):
    """Makes one signed read."""

    profile = PROFILE
    causes = _CAUSES
    call = ("balance", "GET", "private")
    error_fields = ("error_code", "error")

    def is_success(self, content: Any) -> bool:
        """Return whether the answer is the account's balances; see `CannotVerify.is_success`."""
        return isinstance(content, dict) and isinstance(content.get("balance"), list)


ADAPTER = Luno()
