"""The account around a key: /user and /address.

Sources: the API explorer's schema of both, and its words for two-factor methods (/user/confirmEnableTFA); TFAEnabled as
recorded (null is off, "GA" is on). No answer of /address was ever recorded, so anything in it that is not a plain "no"
counts as a skipped safeguard.
"""

from __future__ import annotations

from typing import Any

from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.exchanges.bitmex.errors import parse_success
from freqtrade_bitmex_guard.model.account import WithdrawalAddress
from freqtrade_bitmex_guard.model.key import NotReported

_TWO_FACTOR_METHODS = ("GA", "Yubikey")

# As many as fit into `client.http.MAX_BYTES_PARALLEL`: an address has 15 fields.
_MAX_ADDRESSES = 1_000

_SAFEGUARDS = ("skipConfirm", "skipConfirmVerified", "skip2FA", "skip2FAVerified")

_ADDRESS_PREFIX_LENGTH = 8


def parse_two_factor(response: Response) -> bool | NotReported:
    """Return whether logging in takes a second factor.

    Raises:
        GuardError: if the response is an error.
    """
    user = parse_success(response, dict)
    if "TFAEnabled" not in user:
        return NotReported("BitMEX left TFAEnabled out")
    method = user["TFAEnabled"]
    if method is None or method is False or method == "":
        return False
    if method in _TWO_FACTOR_METHODS:
        return True
    # An unknown word may mean "off".
    return NotReported("TFAEnabled is not what BitMEX documents")


def parse_withdrawal_addresses(response: Response) -> tuple[WithdrawalAddress, ...] | NotReported:
    """Return the saved addresses, up to 1,000 of them.

    Raises:
        GuardError: if the response is an error.
    """
    entries = parse_success(response, list)
    if len(entries) > _MAX_ADDRESSES:
        return NotReported(f"BitMEX listed {len(entries):,} of them, more than {_MAX_ADDRESSES:,}")
    if not all(isinstance(entry, dict) and any(name in entry for name in _SAFEGUARDS) for entry in entries):
        return NotReported("the list is not what BitMEX documents")
    return tuple(map(_address, entries))


def _address(entry: dict[str, Any]) -> WithdrawalAddress:
    texts = (entry.get("name"), entry.get("note"))
    name = next((text for text in texts if isinstance(text, str) and text.strip()), "")
    address = entry.get("address")
    if not name and isinstance(address, str):
        name = f"{address[:_ADDRESS_PREFIX_LENGTH]}…"
    skipped = tuple(safeguard for safeguard in _SAFEGUARDS if entry.get(safeguard, False) is not False)
    return WithdrawalAddress(name or "without a name", skipped)
