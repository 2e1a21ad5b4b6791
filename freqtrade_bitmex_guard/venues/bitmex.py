"""BitMEX, as it was until it closed on 2026-09-23.

Sources: the API explorer's schema of /apiKey and its field definitions (support.bitmex.com, article 6205606449309);
bitmex.com/app/apiKeysUsage for the rights; error messages as recorded by the projects that NOTICE names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NoReturn

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from freqtrade_bitmex_guard.addresses import Network, parse_block
from freqtrade_bitmex_guard.exchange.answer import Answer
from freqtrade_bitmex_guard.exchange.conversation import retry_after
from freqtrade_bitmex_guard.facts import AddressLimit, Everywhere, KeyFacts, Only, Permission, Right
from freqtrade_bitmex_guard.findings import stop
from freqtrade_bitmex_guard.redaction import harmless
from freqtrade_bitmex_guard.terms import Terms
from freqtrade_bitmex_guard.venues.interface import Ask

# Every key can read positions, margin, orders and executions; some guides call that right Position.
_RIGHTS = {
    "order": Right.TRADE,
    "orderCancel": Right.CANCEL,
    "position": Right.READ,
    "withdraw": Right.WITHDRAW,
}

TERMS = Terms(
    exchange="bitmex",
    title="BitMEX",
    allowed_permissions=("order", "position"),
    required_permissions=("order",),
    never_allowed=frozenset({"withdraw"}),
    hosts=("www.bitmex.com", "testnet.bitmex.com"),
    websocket_hosts=("ws.bitmex.com", "ws.testnet.bitmex.com"),
    keys_page="the page API Keys (www.bitmex.com/app/apiKeys)",
    permissions_field="Key Permissions",
    address_field="CIDR",
    replace_key=(
        "On the page API Keys (www.bitmex.com/app/apiKeys) press Create API Key to make a new key, store it instead, "
        "then delete this one: a key cannot be changed there."
    ),
    notice="BitMEX closed on 2026-09-23, so its own hosts may never answer again.",
    last_ccxt="4.5.83",
)


# Far more than any real key has; a hostile answer must not keep us busy or fill the log.
_MOST_ENTRIES = 10
_MOST_PERMISSIONS = 50
_MOST_BLOCKS = 250


class _Entry(BaseModel):
    """One key, in the part of the answer's shape that the verdict rests on. Anything odd in it is an error."""

    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)

    id: str
    permissions: list[str] = Field(max_length=_MOST_PERMISSIONS)
    cidr: str | None = None
    cidrs: list[str] | None = Field(default=None, max_length=_MOST_BLOCKS)
    enabled: bool = True
    name: str | None = None
    created: str | None = None


class BitMEX:
    """Reads /apiKey, the list of the account's keys, and only if that does not tell, /apiKey/self."""

    terms = TERMS

    def read_key(self, ask: Ask, key_id: str) -> tuple[KeyFacts, ...]:
        """What BitMEX tells of the key; see `Venue.read_key`."""
        answer = ask("apiKey")
        own: list[dict[str, Any]] = []
        if not _is_denied(answer):
            own = [entry for entry in _entries(_content(answer, list)) if entry["id"] == key_id]
        if not own:
            own = [entry for entry in _entries([_content(ask("apiKey/self"), dict)]) if entry["id"] == key_id]
        if not own:
            stop(
                "key-not-listed",
                "BitMEX answered, but about other keys than the one that signed the request.",
                "Try again; if it stays, a proxy answers with somebody else's data, or the API has changed: report it.",
            )
        if len(own) > _MOST_ENTRIES:
            _invalid("lists the key too often")
        return tuple(_facts(entry) for entry in own)


VENUE = BitMEX()


def _content(answer: Answer, shape: type[Any]) -> Any:
    try:
        content = answer.json()
    except ValueError:
        content = None
    if answer.status != 200 or (isinstance(content, dict) and "error" in content):
        _explain(answer, _message(content))
    if not isinstance(content, shape):
        _invalid("is not the documented JSON")
    return content


def _entries(listed: Sequence[Any]) -> list[dict[str, Any]]:
    if not all(isinstance(entry, dict) and isinstance(entry.get("id"), str) for entry in listed):
        _invalid("lists something that is not a key with an id")
    return list(listed)


def _facts(entry: dict[str, Any]) -> KeyFacts:
    try:
        key = _Entry.model_validate(entry)
    except ValidationError as problem:
        fields = {harmless(str(detail["loc"][0])) for detail in problem.errors(include_input=False)}
        _invalid(f"describes the key oddly: {', '.join(sorted(fields))}")
    return KeyFacts(
        permissions=frozenset(Permission(word, _right(word)) for word in key.permissions),
        addresses=_addresses(key.cidr, key.cidrs),
        enabled=key.enabled if "enabled" in key.model_fields_set else None,
        name=None if key.name is None else harmless(key.name),
        created=_moment(key.created),
    )


def _right(word: str) -> Right:
    return Right.WITHDRAW if TERMS.forbids(word) else _RIGHTS.get(word, Right.UNKNOWN)


def _addresses(cidr: str | None, cidrs: list[str] | None) -> AddressLimit:
    """What both fields admit together; which of them would win is documented nowhere, so both count."""
    blocks = [] if cidr is None else [cidr]
    blocks += cidrs or []
    if not blocks:
        return Everywhere("CIDR is not given")
    if any(not block.strip() for block in blocks):
        return Everywhere("CIDR is blank")
    networks: list[Network] = []
    unreadable = []
    for block in blocks:
        try:
            networks.append(parse_block(block))
        except ValueError:
            unreadable.append(harmless(block, 40))
    return Only(tuple(networks), tuple(unreadable))


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _is_denied(answer: Answer) -> bool:
    if answer.status != 403:
        return False
    try:
        return _message(answer.json()) == "Access Denied"
    except ValueError:
        return False


def _message(content: Any) -> str | None:
    """BitMEX's error text: `{"error": {"message": …, "name": …}}`; None if the answer has none."""
    error = content.get("error") if isinstance(content, dict) else None
    message = error.get("message") if isinstance(error, dict) else None
    return message if isinstance(message, str) else None


def _invalid(what: str) -> NoReturn:
    stop(
        "answer-invalid",
        f"BitMEX's answer {what}, so nothing in it can be relied on.",
        "Try again; if it stays, a proxy or a changed API is in between: report it.",
    )


_KEEP_AND_RETRY = "Leave the key as it is and start again later; status.bitmex.com tells more."

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
        f"Press Enable beside the key on {TERMS.keys_page}, or store another key.",
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
        "BitMEX denies the key even the look at itself, so nothing shows what else it may do.",
        TERMS.replace_key,
    ),
    ("overloaded", "overloaded", "BitMEX is overloaded.", _KEEP_AND_RETRY),
    ("maintenance", "maintenance", "BitMEX is down for maintenance.", _KEEP_AND_RETRY),
    ("downtime", "maintenance", "BitMEX is down for maintenance.", _KEEP_AND_RETRY),
)


def _explain(answer: Answer, message: str | None) -> NoReturn:
    """Name the cause of an answer that is an error, by its message first and its status second."""
    text = (message or "").casefold()
    if "expired" in text and "expires" in text:
        _explain_skew(answer, text)
    if answer.status == 429 or "rate limit" in text:
        wait = retry_after(answer)
        stop(
            "rate-limited",
            "BitMEX asks for fewer requests"
            + (f"; it will listen again in {wait:.0f} seconds." if wait is not None else "."),
            "Wait, then start again. Do not let a restart loop knock: that ends in a ban of this address.",
        )
    for cause, rule, meaning, fix in _CAUSES:
        if cause in text:
            stop(rule, meaning, fix)
    if message is None and answer.status == 403:
        stop(
            "address-banned",
            "BitMEX blocks this machine's address: an error page came instead of an answer. Knocking on makes it "
            "longer (an hour at first, then a week).",
            "Stop everything that talks to BitMEX from here, wait an hour, then start again.",
        )
    if message is None and answer.status in (502, 503, 504, 530):
        stop(
            "maintenance", f"BitMEX is down: a page came instead of an answer (HTTP {answer.status}).", _KEEP_AND_RETRY
        )
    if answer.status >= 500:
        stop("server-error", f"BitMEX failed inside (HTTP {answer.status}).", _KEEP_AND_RETRY)
    said = f": {harmless(message, 120)}" if message else ""
    stop(
        "exchange-error",
        f"BitMEX answered HTTP {answer.status}{said}",
        "Look the message up in BitMEX's documentation; if it makes no sense, report it.",
    )


def _explain_skew(answer: Answer, text: str) -> NoReturn:
    told = re.search(r"current time: ([0-9]{9,11})\b", text)
    how_far = "is off by more than 5 seconds"
    if told:
        behind = float(told[1]) - answer.received_at
        how_far = f"is {abs(behind):,.0f} seconds {'behind' if behind > 0 else 'ahead'}"
    stop(
        "clock-skew",
        f"This machine's clock {how_far}, so BitMEX takes what it signs for expired.",
        "Set the clock: `timedatectl set-ntp true`, or start chrony or ntpd; in a container, on its host.",
    )
