"""The account around a key: /user and /address.

Sources: the API explorer's schema of both, and its words for the methods of two-factor (/user/confirmEnableTFA);
TFAEnabled as recorded (null is off, "GA" is on). No answer of /address was ever recorded, so anything in it that is not
a plain "no" counts as one that skips the safeguard.
"""

from __future__ import annotations

from typing import Any

from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.exchanges.bitmex.errors import parse_success
from freqtrade_bitmex_guard.model.account import WithdrawalAddress
from freqtrade_bitmex_guard.model.key import NotReported

_TWO_FACTOR_METHODS = ("GA", "Yubikey")


# What fits into an answer about the account (`exchange.transport.MOST_BYTES_OF_SEVERAL`): an address has 15 fields.
_MAX_ADDRESSES = 1_000


_SAFEGUARDS = ("skipConfirm", "skipConfirmVerified", "skip2FA", "skip2FAVerified")


_ADDRESS_PREFIX_LENGTH = 8


def two_factor(answer: Response) -> bool | NotReported:
    """Whether logging in takes a second factor.

    Raises:
        GuardError: if the answer is an error.
    """
    user = parse_success(answer, dict)
    if "TFAEnabled" not in user:
        return NotReported("BitMEX left TFAEnabled out")
    told = user["TFAEnabled"]
    if told is None or told is False or told == "":
        return False
    if told in _TWO_FACTOR_METHODS:
        return True
    # A word that is not known may say "off".
    return NotReported("TFAEnabled is not what BitMEX documents")


def withdrawal_addresses(answer: Response) -> tuple[WithdrawalAddress, ...] | NotReported:
    """The saved addresses, up to 1,000 of them.

    Raises:
        GuardError: if the answer is an error.
    """
    listed = parse_success(answer, list)
    if len(listed) > _MAX_ADDRESSES:
        return NotReported(f"BitMEX listed {len(listed):,} of them, more than {_MAX_ADDRESSES:,}")
    known = all(isinstance(entry, dict) and any(word in entry for word in _SAFEGUARDS) for entry in listed)
    if not known:
        return NotReported("the list is not what BitMEX documents")
    return tuple(_address(entry) for entry in listed)


def _address(entry: dict[str, Any]) -> WithdrawalAddress:
    name = next((told for told in (entry.get("name"), entry.get("note")) if isinstance(told, str) and told.strip()), "")
    address = entry.get("address")
    if not name and isinstance(address, str):
        name = f"{address[:_ADDRESS_PREFIX_LENGTH]}…"
    skips = tuple(word for word in _SAFEGUARDS if entry.get(word, False) is not False)
    return WithdrawalAddress(name or "without a name", skips)
