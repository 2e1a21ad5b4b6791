"""What the guard knows of Hyperliquid: the two roles of an address, its hosts, and its page for API wallets."""

from __future__ import annotations

from freqtrade_bitmex_guard.model.credentials import PRIVATE_KEY, WALLET_ADDRESS
from freqtrade_bitmex_guard.model.key import PermissionKind
from freqtrade_bitmex_guard.model.profile import Default, ExchangeProfile, KeyPage, PermissionSpec

AGENT, OWNER = "agent", "user"

PROFILE = ExchangeProfile(
    id="hyperliquid",
    title="Hyperliquid",
    # Nothing can be chosen: what an address may do follows from its role.
    permissions=(
        PermissionSpec(
            AGENT,
            PermissionKind.TRADE,
            "API wallet",
            Default.REQUIRED,
            note="It also moves money between your own balances and sub-accounts; no API wallet is without that.",
        ),
        PermissionSpec(
            OWNER,
            PermissionKind.WITHDRAW,
            "the account's own wallet",
            note="It is everything at once: it withdraws, sends money to anybody, and makes API wallets.",
        ),
    ),
    hosts=("api.hyperliquid.xyz", "api.hyperliquid-testnet.xyz"),
    websocket_hosts=("api.hyperliquid.xyz", "api.hyperliquid-testnet.xyz"),
    page=KeyPage(
        location="the page API (app.hyperliquid.xyz/API)",
        create="Enter a name, press Generate, copy the private key, press Authorize API Wallet, choose its days.",
        name_field="API wallet name",
        permissions_field="",
        ip_field="",
        two_factor="",
    ),
    signature_headers=frozenset(),
    credentials=(WALLET_ADDRESS, PRIVATE_KEY),
    reports_expiry=True,
    reports_siblings=True,
)
