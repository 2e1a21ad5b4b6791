"""The shape of BitMEX's answers and its errors.

Source of the errors' texts: as recorded by the projects that NOTICE names.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from freqtrade_bitmex_guard.client.errors import ErrorCause, fail_for, fail_invalid, read_json
from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE

_LOG_IN = "Log in to BitMEX and follow what it says there."

# Only texts: BitMEX gives no codes, and the status of several was never recorded.
_CAUSES = (
    ErrorCause(
        "clock-skew",
        "This machine's clock is off by more than 5 seconds, so BitMEX treats its requests as expired.",
        "Set the clock: `timedatectl set-ntp true`, or start chrony or ntpd; in a container, on its host.",
        text=("expired", "expires"),
        time_pattern=r"current time: ([0-9]{9,11})\b",
    ),
    ErrorCause("rate-limited", text="rate limit"),
    ErrorCause(
        "key-unknown",
        "BitMEX does not know this key id. It was mistyped or deleted, or it belongs to the other site: a key made on "
        "testnet.bitmex.com is unknown to www.bitmex.com, and the other way round.",
        "Compare the first four characters with the page API Keys of the site that the bot uses, then store it again.",
        text="invalid api key",
    ),
    ErrorCause(
        "signature-invalid",
        "BitMEX knows the key id but does not accept the signature: the stored secret does not belong to this key.",
        "Store the secret again. BitMEX shows it only once; if it is lost, create a new key.",
        text="signature not valid",
    ),
    ErrorCause(
        "address-not-allowed",
        "The key's CIDR does not include this machine's address.",
        "Look up this machine's public address and create a key whose CIDR includes it. If the address changes by "
        "itself, ask your provider for a fixed one. Never leave CIDR blank.",
        text="ip address is not allowed",
    ),
    ErrorCause(
        "key-disabled",
        "The key is disabled: the bot could neither trade nor close open trades.",
        f"Press Enable beside the key on {PROFILE.page.location}, or store another key.",
        text="key is disabled",
    ),
    ErrorCause(
        "subaccount-key",
        "The key belongs to a sub-account and cannot be used this way.",
        "Create the key inside the account that the bot trades on.",
        text="subaccount api key",
    ),
    ErrorCause("account-restricted", "BitMEX has disabled the account.", _LOG_IN, text="account has been disabled"),
    ErrorCause("account-restricted", "BitMEX has restricted the account.", _LOG_IN, text="account is restricted"),
    ErrorCause(
        "access-denied",
        "BitMEX does not let the key read its own permissions, so they could not be verified.",
        PROFILE.how_to_replace(),
        text="access denied",
    ),
    ErrorCause("overloaded", text="overloaded"),
    ErrorCause("maintenance", text="maintenance"),
    ErrorCause("maintenance", text="downtime"),
)


def parse_success(response: Response, *shapes: type[Any]) -> Any:
    """Read a good answer.

    Args:
        response: as it came.
        shapes: the JSON types that it may have at its top.

    Raises:
        GuardError: with the cause, if it is not a good one.
    """
    content = read_json(response)
    if response.status != 200 or (isinstance(content, dict) and "error" in content):
        fail_for(response, PROFILE, _CAUSES, text=error_text(content))
    if not isinstance(content, shapes):
        fail_invalid(PROFILE, "is not the documented JSON")
    return content


def parse_time(text: str | None) -> datetime | None:
    """Read a time in UTC as BitMEX writes it; return None if it is not one or names no time zone."""
    try:
        moment = datetime.fromisoformat(text or "")
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def error_text(content: Any) -> str | None:
    """Return the text of an error, `{"error": {"message": …, "name": …}}`, or None if the answer has none."""
    error = content.get("error") if isinstance(content, dict) else None
    text = error.get("message") if isinstance(error, dict) else None
    return text if isinstance(text, str) else None
