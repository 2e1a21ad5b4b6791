"""The account around a key: /user and /address.

Sources: the API explorer's schema of both, and its words for the methods of two-factor (/user/confirmEnableTFA);
TFAEnabled as recorded (null is off, "GA" is on). No answer of /address was ever recorded, so anything in it that is not
a plain "no" counts as one that skips the safeguard.
"""

from __future__ import annotations

from typing import Any

from freqtrade_bitmex_guard.exchange.answer import Answer
from freqtrade_bitmex_guard.facts import NotTold
from freqtrade_bitmex_guard.posture import WithdrawalAddress
from freqtrade_bitmex_guard.venues.bitmex.answers import content

_METHODS = ("GA", "Yubikey")
# What fits into an answer about the account (`exchange.transport.MOST_BYTES_OF_SEVERAL`): an address has 15 fields.
_MOST_ADDRESSES = 1_000
_SAFEGUARDS = ("skipConfirm", "skipConfirmVerified", "skip2FA", "skip2FAVerified")
_SHOWN_OF_AN_ADDRESS = 8


def two_factor(answer: Answer) -> bool | NotTold:
    """Whether logging in takes a second factor.

    Raises:
        Stopped: if the answer is an error.
    """
    user = content(answer, dict)
    if "TFAEnabled" not in user:
        return NotTold("BitMEX left TFAEnabled out")
    told = user["TFAEnabled"]
    if told is None or told is False or told == "":
        return False
    if told in _METHODS:
        return True
    # A word that is not known may say "off".
    return NotTold("TFAEnabled is not what BitMEX documents")


def withdrawal_addresses(answer: Answer) -> tuple[WithdrawalAddress, ...] | NotTold:
    """The saved addresses, up to 1,000 of them.

    Raises:
        Stopped: if the answer is an error.
    """
    listed = content(answer, list)
    if len(listed) > _MOST_ADDRESSES:
        return NotTold(f"BitMEX listed {len(listed):,} of them, more than {_MOST_ADDRESSES:,}")
    known = all(isinstance(entry, dict) and any(word in entry for word in _SAFEGUARDS) for entry in listed)
    if not known:
        return NotTold("the list is not what BitMEX documents")
    return tuple(_address(entry) for entry in listed)


def _address(entry: dict[str, Any]) -> WithdrawalAddress:
    name = next((told for told in (entry.get("name"), entry.get("note")) if isinstance(told, str) and told.strip()), "")
    address = entry.get("address")
    if not name and isinstance(address, str):
        name = f"{address[:_SHOWN_OF_AN_ADDRESS]}…"
    skips = tuple(word for word in _SAFEGUARDS if entry.get(word, False) is not False)
    return WithdrawalAddress(name or "without a name", skips)
