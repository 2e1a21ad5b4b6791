"""BitMEX's permissions, hosts and pages."""

from __future__ import annotations

from datetime import UTC, datetime

from freqtrade_bitmex_guard.model.key import PermissionKind
from freqtrade_bitmex_guard.model.part_shape import PartShape
from freqtrade_bitmex_guard.model.profile import Default, ExchangeProfile, KeyPage, PermissionSpec

PROFILE = ExchangeProfile(
    id="bitmex",
    title="BitMEX",
    # Every key can read positions, margin, orders and executions; some guides call that permission Position.
    permissions=(
        PermissionSpec("order", PermissionKind.TRADE, "Order", Default.REQUIRED),
        PermissionSpec("position", PermissionKind.READ, "Position", Default.ALLOWED),
        PermissionSpec("orderCancel", PermissionKind.CANCEL, "Order Cancel"),
        PermissionSpec("withdraw", PermissionKind.WITHDRAW, "Withdraw"),
    ),
    hosts=("www.bitmex.com", "testnet.bitmex.com"),
    websocket_hosts=("ws.bitmex.com", "ws.testnet.bitmex.com"),
    page=KeyPage(
        location="the page API Keys (www.bitmex.com/app/apiKeys)",
        create="Press Create API Key.",
        name_field="Name",
        permissions_field="Key Permissions",
        ip_field="CIDR",
        two_factor=(
            "In the security settings of the account (www.bitmex.com), switch on two-factor authentication: a hardware "
            "key or an app, not SMS."
        ),
        security="the page Security (www.bitmex.com/app/security)",
    ),
    # ccxt/bitmex.py, `sign`. ccxt's general option recvWindow is in milliseconds, the exchange's own in seconds.
    signature_headers=frozenset({"api-key", "api-signature", "api-expires", "api-nonce"}),
    signature_lifetimes={"recvWindow": 60_000, "api-expires": 60},
    status_page="status.bitmex.com",
    notice="BitMEX closed on 2026-09-23, so its own hosts may never answer again.",
    last_ccxt="4.5.83",
    reports_siblings=True,
    # BitMEX's blog of that day: keys made before keep withdrawing without the e-mail that newer ones wait for.
    weak_keys_before=datetime(2019, 6, 10, 20, tzinfo=UTC),
    weak_keys_risk="Keys this old can withdraw without the confirmation by e-mail that newer ones need.",
    # The documented key of bitmex.com/app/apiKeysUsage, and each that was ever recorded.
    shapes={
        "key": PartShape(r"[A-Za-z0-9_-]{24}", "24 letters, digits, - and _"),
        "secret": PartShape(r"[A-Za-z0-9_-]{48}", "48 letters, digits, - and _"),
    },
)
