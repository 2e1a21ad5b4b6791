"""What BitMEX's answers have in common: the shape of good ones, and the causes behind bad ones.

Source of the messages: as recorded by the projects that NOTICE names.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, NoReturn

from freqtrade_bitmex_guard.client.errors import WAIT_FOR_EXCHANGE
from freqtrade_bitmex_guard.client.response import Response, retry_after
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.catalogue import FINDINGS
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.redaction.sanitize import sanitize


def parse_success(answer: Response, *shapes: type[Any]) -> Any:
    """What a good answer holds.

    Args:
        answer: as it came.
        shapes: the JSON types that it may have at its top.

    Raises:
        GuardError: with the cause, if it is not a good one.
    """
    try:
        told = answer.json()
    except ValueError:
        told = None
    if answer.status != 200 or (isinstance(told, dict) and "error" in told):
        _fail_for(answer, error_text(told), is_page=told is None)
    if not isinstance(told, shapes):
        invalid("is not the documented JSON")
    return told


def parse_time(text: str | None) -> datetime | None:
    """A time as BitMEX writes it, in UTC; None if it is not one, or names no time zone."""
    try:
        told = datetime.fromisoformat(text or "")
        return told.astimezone(UTC) if told.tzinfo else None
    except (ValueError, OverflowError):
        return None


def error_text(content: Any) -> str | None:
    """BitMEX's error text: `{"error": {"message": …, "name": …}}`; None if the answer has none."""
    error = content.get("error") if isinstance(content, dict) else None
    text = error.get("message") if isinstance(error, dict) else None
    return text if isinstance(text, str) else None


def invalid(what: str) -> NoReturn:
    """End the check: the answer, as a sentence goes on, is not what BitMEX documents.

    Raises:
        GuardError: always.
    """
    fail(
        "response-invalid",
        f"BitMEX's answer {what}, so nothing in it can be relied on.",
        "Try again; if it stays, a proxy or a changed API is in between: report it.",
    )


_KEEP_AND_RETRY = f"Leave the key as it is and start again later; {WAIT_FOR_EXCHANGE} status.bitmex.com tells more."


# By the message's text, because the status of several was never seen: text, rule, what it means, what to do.
_CAUSES = (
    (
        "invalid api key",
        "key-unknown",
        "BitMEX does not know this key id. It was mistyped or deleted, or it belongs to the other site: a key made on "
        "testnet.bitmex.com is unknown to www.bitmex.com, and the other way round.",
        "Compare the first four characters with the page API Keys of the site that the bot uses, then store it again.",
    ),
    (
        "signature not valid",
        "signature-invalid",
        "BitMEX knows the key id but does not accept the signature: the stored secret is not this key's.",
        "Store the secret again. BitMEX shows it only once; if it is lost, create a new key.",
    ),
    (
        "ip address is not allowed",
        "address-not-allowed",
        "The key does not work from this machine's address: it is not inside the key's CIDR.",
        "Look up this machine's public address; create a key whose CIDR holds it. If the address changes by itself, "
        "ask your provider for a fixed one. Never leave CIDR blank.",
    ),
    (
        "key is disabled",
        "key-disabled",
        "The key is switched off: the bot could neither trade nor close what is open.",
        f"Press Enable beside the key on {PROFILE.page.location}, or store another key.",
    ),
    (
        "subaccount api key",
        "subaccount-key",
        "The key belongs to a sub-account and cannot be used this way.",
        "Create the key inside the account that the bot trades on.",
    ),
    (
        "account has been disabled",
        "account-restricted",
        "BitMEX has disabled the account.",
        "Log in to BitMEX and follow what it says there.",
    ),
    (
        "account is restricted",
        "account-restricted",
        "BitMEX has restricted the account.",
        "Log in to BitMEX and follow what it says there.",
    ),
    (
        "access denied",
        "access-denied",
        "BitMEX does not even let the key see itself, so nothing shows what else it may do.",
        PROFILE.how_to_replace(),
    ),
    ("overloaded", "overloaded", "BitMEX is overloaded.", _KEEP_AND_RETRY),
    ("maintenance", "maintenance", "BitMEX is down for maintenance.", _KEEP_AND_RETRY),
    ("downtime", "maintenance", "BitMEX is down for maintenance.", _KEEP_AND_RETRY),
)


def _fail_for(answer: Response, message: str | None, *, is_page: bool) -> NoReturn:
    """Name the cause of an answer that is an error, by its message first and its status second."""
    text = (message or "").casefold()
    if "expired" in text and "expires" in text:
        _fail_for_skew(answer, text)
    # Not what says no to the key itself: whatever its words are, waiting does not help there.
    is_denial = answer.status in (401, 403)
    if answer.status == 429 or ("rate limit" in text and not is_denial):
        wait = retry_after(answer)
        fail(
            "rate-limited",
            "BitMEX asks for fewer requests" + (f"; try again in {_seconds(wait)}." if wait is not None else "."),
            "Wait, then start again. Do not restart the bot in a tight loop: that ends in a ban of this address.",
        )
    # Nor is it the key's fault if the exchange fails.
    is_failure = answer.status >= 500
    for cause, rule, meaning, fix in _CAUSES:
        if cause in text and not (is_denial if FINDINGS[rule].transient else is_failure):
            fail(rule, meaning, fix)
    if is_page and answer.status == 403:
        fail(
            "address-banned",
            "BitMEX blocks this machine's address: an error page came instead of an answer. Further requests "
            "make the ban longer (an hour at first, then a week).",
            "Stop everything that talks to BitMEX from here, wait an hour, then start again.",
        )
    if message is None and answer.status in (502, 503, 504, 530):
        fail(
            "maintenance", f"BitMEX is down: a page came instead of an answer (HTTP {answer.status}).", _KEEP_AND_RETRY
        )
    if is_failure:
        fail("server-error", f"BitMEX had an internal error (HTTP {answer.status}).", _KEEP_AND_RETRY)
    said = f": {sanitize(message, 120)}" if message else ""
    fail(
        "exchange-error",
        f"BitMEX answered HTTP {answer.status}{said}",
        "Look the message up in BitMEX's documentation; if it makes no sense, report it.",
    )


def _seconds(number: float) -> str:
    return f"{number:,.0f} second{'' if round(number) == 1 else 's'}"


def _fail_for_skew(answer: Response, text: str) -> NoReturn:
    told = re.search(r"current time: ([0-9]{9,11})\b", text)
    how_far = "is off by more than 5 seconds"
    if told:
        behind = float(told[1]) - answer.received_at
        how_far = f"is {_seconds(abs(behind))} {'behind' if behind > 0 else 'ahead'}"
    fail(
        "clock-skew",
        f"This machine's clock {how_far}, so BitMEX takes what it signs for expired.",
        "Set the clock: `timedatectl set-ntp true`, or start chrony or ntpd; in a container, on its host.",
    )
