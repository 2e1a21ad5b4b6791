"""BitMEX's words, hosts and defaults."""

from __future__ import annotations

from datetime import UTC, datetime

from freqtrade_bitmex_guard.model.profile import ExchangeProfile

PROFILE = ExchangeProfile(
    id="bitmex",
    title="BitMEX",
    allowed_permissions=("order", "position"),
    required_permissions=("order",),
    never_allowed=frozenset({"withdraw"}),
    hosts=("www.bitmex.com", "testnet.bitmex.com"),
    websocket_hosts=("ws.bitmex.com", "ws.testnet.bitmex.com"),
    two_factor=(
        "In the security settings of the account (www.bitmex.com), switch on two-factor authentication: a hardware key "
        "or an app, not SMS."
    ),
    keys_page="the page API Keys (www.bitmex.com/app/apiKeys)",
    create_key="Press Create API Key.",
    name_field="Name",
    permissions_field="Key Permissions",
    permission_labels={
        "order": "Order",
        "position": "Position",
        "orderCancel": "Order Cancel",
        "withdraw": "Withdraw",
    },
    address_field="CIDR",
    notice="BitMEX closed on 2026-09-23, so its own hosts may never answer again.",
    last_ccxt="4.5.83",
    security_page="the page Security (www.bitmex.com/app/security)",
    # BitMEX's blog of that day: keys made before keep withdrawing without the e-mail that newer ones wait for.
    weak_keys_before=datetime(2019, 6, 10, 20, tzinfo=UTC),
    weak_keys_risk="Keys this old can withdraw without the confirmation by e-mail that newer ones need.",
)
