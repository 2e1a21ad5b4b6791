"""Binance.US, which has no way to report what a key may do.

Sources: github.com/binance-us/binance-us-api-docs (errors).
A signed read proves that key and secret belong together, and nothing more.
"""

from __future__ import annotations

from typing import Any

from freqtrade_bitmex_guard.client.errors import ErrorCause
from freqtrade_bitmex_guard.exchanges.interface import CannotVerify
from freqtrade_bitmex_guard.model.key import PermissionKind
from freqtrade_bitmex_guard.model.profile import UNVERIFIABLE, Default, ExchangeProfile, KeyPage, PermissionSpec

PROFILE = ExchangeProfile(
    id="binanceus",
    title="Binance.US",
    permissions=(
        PermissionSpec("enableReading", PermissionKind.READ, "Enable Reading", Default.REQUIRED),
        PermissionSpec("enableSpotAndMarginTrading", PermissionKind.TRADE, "Enable Spot Trading", Default.REQUIRED),
        PermissionSpec("enableWithdrawals", PermissionKind.WITHDRAW, "Enable Withdrawals"),
    ),
    hosts=(
        *("api.binance.us", "www.binance.us", "api.binance.com", "fapi.binance.com", "dapi.binance.com"),
        *("eapi.binance.com", "papi.binance.com"),
    ),
    websocket_hosts=(
        *("stream.binance.us:9443", "stream.binance.com:9443", "fstream.binance.com", "dstream.binance.com"),
        *("nbstream.binance.com", "ws-api.binance.com:443", "ws-fapi.binance.com", "ws-dapi.binance.com"),
    ),
    page=KeyPage(
        location="the page API Management of binance.us",
        create="Press Create API.",
        name_field="label",
        permissions_field="API restrictions",
        ip_field="Restrict access to trusted IPs only",
        two_factor="In the security settings of the account, switch on two-factor authentication.",
    ),
    signature_headers=frozenset({"X-MBX-APIKEY"}),
    cannot_report=UNVERIFIABLE,
    signature_lifetimes={"recvWindow": 60_000},
)

_STORE_AGAIN = "Store the secret again; if it is lost, make a new key."
_CAUSES = (
    ErrorCause(
        "address-banned",
        "Binance.US blocks this machine's address for a while, because requests went on after it had asked for fewer.",
        "Stop everything that talks to Binance.US from here, and wait.",
        status=418,
    ),
    ErrorCause(
        "access-denied",
        "Binance.US rejects the key, and has one error for several causes. In the order to look at: this machine's "
        "address is not among the key's trusted IPs; the key may not read; the key id was mistyped or deleted, or it "
        "is one of binance.com.",
        PROFILE.page.how_to_compare_key_id,
        code="-2015",
    ),
    ErrorCause(
        "key-unknown", "What is stored as the key id is not one.", PROFILE.page.how_to_compare_key_id, code="-2014"
    ),
    ErrorCause("clock-skew", code="-1021"),
    ErrorCause(
        "signature-invalid",
        "Binance.US does not accept the signature: the stored secret is not this key's.",
        _STORE_AGAIN,
        code="-1022",
    ),
    ErrorCause("rate-limited", code="-1003", status=429),
    ErrorCause("rate-limited", code="-1003", status=400),
)


class BinanceUs(CannotVerify):
    """Makes one signed read."""

    profile = PROFILE
    causes = _CAUSES
    call = ("account", "GET", "private")
    error_fields = ("code", "msg")

    def is_success(self, content: Any) -> bool:
        """Return whether the answer is the account's balances; see `CannotVerify.is_success`."""
        return isinstance(content, dict) and isinstance(content.get("balances"), list)


ADAPTER = BinanceUs()
