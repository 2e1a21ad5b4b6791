"""Bitvavo, which has no way to report what a key may do.

Sources: docs.bitvavo.com (API reference, errors).
A signed read proves that key and secret belong together, and nothing more.
"""

from __future__ import annotations

from typing import Any

from freqtrade_bitmex_guard.client.errors import ErrorCause
from freqtrade_bitmex_guard.exchanges.interface import CannotVerify
from freqtrade_bitmex_guard.model.key import PermissionKind
from freqtrade_bitmex_guard.model.part_shape import usual_shapes
from freqtrade_bitmex_guard.model.profile import UNVERIFIABLE, Default, ExchangeProfile, KeyPage, PermissionSpec

PROFILE = ExchangeProfile(
    id="bitvavo",
    title="Bitvavo",
    permissions=(
        PermissionSpec("view", PermissionKind.READ, "View", Default.REQUIRED),
        PermissionSpec("trade", PermissionKind.TRADE, "Trade", Default.REQUIRED),
        PermissionSpec("withdraw", PermissionKind.WITHDRAW, "Withdraw"),
    ),
    hosts=("api.bitvavo.com",),
    websocket_hosts=("ws.bitvavo.com",),
    page=KeyPage(
        location="the tab API of the settings on account.bitvavo.com",
        create="Press Add new API key, and confirm it by the mail that follows.",
        name_field="Name",
        permissions_field="permissions",
        ip_field="IP Whitelist",
        two_factor="In the security settings of the account, switch on two-factor authentication.",
    ),
    shapes=usual_shapes("[0-9a-f]{64}", "[0-9a-f]{128}"),
    signature_headers=frozenset(
        {"BITVAVO-ACCESS-KEY", "BITVAVO-ACCESS-SIGNATURE", "BITVAVO-ACCESS-TIMESTAMP", "BITVAVO-ACCESS-WINDOW"}
    ),
    cannot_report=UNVERIFIABLE,
)

_STORE_AGAIN = "Store the secret again; if it is lost, make a new key."
_CAUSES = (
    ErrorCause(
        "key-unknown",
        "Bitvavo knows no active key of this id: it was mistyped or deleted.",
        PROFILE.page.how_to_compare_key_id,
        code="305",
    ),
    ErrorCause(
        "key-unknown",
        "The key was not confirmed by e-mail yet, or it was mistyped or deleted.",
        "Open the mail from Bitvavo and confirm the key.",
        code="306",
    ),
    ErrorCause(
        "key-unknown",
        "What is stored as the key id is not one: Bitvavo's have 64 characters.",
        "Store the key id again, all of it.",
        code="301",
    ),
    ErrorCause(
        "address-not-allowed",
        "The key does not work from this machine's address.",
        PROFILE.page.how_to_add_address,
        code="307",
    ),
    ErrorCause(
        "signature-invalid",
        "Bitvavo knows the key id but does not accept the signature: the stored secret is not this key's.",
        _STORE_AGAIN,
        code="309",
    ),
    ErrorCause("clock-skew", code="304"),
    ErrorCause(
        "access-denied",
        "The key may not read the account, so nothing shows that it works.",
        "Make a key with the permission View.",
        code="311",
    ),
    ErrorCause(
        "account-restricted",
        "Bitvavo has locked the account.",
        "Log in to Bitvavo and follow what it says there.",
        code="317",
    ),
    ErrorCause(
        "address-banned",
        "Bitvavo has banned this address or key for a while, because of too many requests.",
        "Stop everything that talks to Bitvavo from here, and wait.",
        code="105",
    ),
    ErrorCause("rate-limited", code="103"),
    ErrorCause("overloaded", code="107"),
    ErrorCause("maintenance", code="404"),
)


class Bitvavo(CannotVerify):
    """Makes one signed read."""

    profile = PROFILE
    causes = _CAUSES
    call = ("balance", "GET", "private")
    error_fields = ("errorCode", "error")

    def is_success(self, content: Any) -> bool:
        """Return whether the answer is the account's balances; see `CannotVerify.is_success`."""
        return isinstance(content, list) and all(isinstance(entry, dict) and "symbol" in entry for entry in content)


ADAPTER = Bitvavo()
