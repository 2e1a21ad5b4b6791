"""CoinEx, which has no way to report what a key may do.

Sources: docs.coinex.com (API v2, errors and FAQ).
A signed read proves that key and secret belong together, and nothing more.
"""

from __future__ import annotations

from typing import Any

from freqtrade_bitmex_guard.client.errors import ErrorCause
from freqtrade_bitmex_guard.exchanges.interface import CannotVerify
from freqtrade_bitmex_guard.model.key import PermissionKind
from freqtrade_bitmex_guard.model.profile import UNVERIFIABLE, Default, ExchangeProfile, KeyPage, PermissionSpec

PROFILE = ExchangeProfile(
    id="coinex",
    title="CoinEx",
    permissions=(
        PermissionSpec("trade_enabled", PermissionKind.TRADE, "Trade", Default.REQUIRED),
        PermissionSpec("withdraw_enabled", PermissionKind.WITHDRAW, "Withdraw"),
    ),
    hosts=("api.coinex.com",),
    websocket_hosts=("socket.coinex.com", "perpetual.coinex.com"),
    page=KeyPage(
        location="the page API (www.coinex.com/apikey)",
        create="Press Create API.",
        name_field="Remark",
        permissions_field="permissions",
        ip_field="IP whitelist",
        two_factor="In the security settings of the account, switch on two-factor authentication.",
    ),
    signature_headers=frozenset({"X-COINEX-KEY", "X-COINEX-SIGN", "X-COINEX-TIMESTAMP"}),
    cannot_report=UNVERIFIABLE,
    last_ccxt="4.5.86",
    ip_free_keys="CoinEx ends a key without addresses after three months.",
)

_STORE_AGAIN = "Store the secret again; if it is lost, make a new key."
_CAUSES = (
    ErrorCause(
        "key-unknown",
        "CoinEx does not know this key id: it was mistyped or deleted, or it was made less than ten minutes ago.",
        PROFILE.page.how_to_compare_key_id,
        code="4005",
    ),
    ErrorCause(
        "address-not-allowed",
        "The key does not work from this machine's address.",
        PROFILE.page.how_to_add_address,
        code="4007",
    ),
    ErrorCause(
        "signature-invalid",
        "CoinEx does not accept the signature: the stored secret is not this key's.",
        _STORE_AGAIN,
        code="4006",
    ),
    ErrorCause(
        "signature-invalid",
        "CoinEx does not accept the signature: the stored secret is not this key's.",
        _STORE_AGAIN,
        code="4008",
    ),
    ErrorCause("clock-skew", code="4010"),
    ErrorCause("clock-skew", code="4017"),
    ErrorCause(
        "account-restricted",
        "CoinEx has restricted the account.",
        "Log in to CoinEx and follow what it says there.",
        code="4011",
    ),
    ErrorCause(
        "account-restricted",
        "CoinEx has restricted the account.",
        "Log in to CoinEx and follow what it says there.",
        code="4115",
    ),
    ErrorCause("rate-limited", code="4213"),
    ErrorCause("rate-limited", code="4123"),
    ErrorCause("maintenance", code="4001"),
)


class CoinEx(CannotVerify):
    """Makes one signed read."""

    profile = PROFILE
    causes = _CAUSES
    call = ("assets/spot/balance", "GET", ("v2", "private"))
    error_fields = ("code", "message")

    def is_success(self, content: Any) -> bool:
        """Return whether the answer is the account's balances; see `CannotVerify.is_success`."""
        return isinstance(content, dict) and type(content.get("code")) is int and content["code"] == 0


ADAPTER = CoinEx()
