"""Bitget, spot and futures, with a classic or a unified account.

Sources: www.bitget.com/api-doc, "Get Account Information" of the spot API (v2) and of the unified account (v3), the
common table of errors, and recordings of both. No answer holds the key's id, its name, or when it was made or ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field

from freqtrade_bitmex_guard.client.comma_lists import split_networks
from freqtrade_bitmex_guard.client.errors import StrictModel, fail_invalid, parse_body
from freqtrade_bitmex_guard.client.lookalikes import reject_lookalikes
from freqtrade_bitmex_guard.exchanges.bitget.errors import (
    IS_CLASSIC,
    IS_UNIFIED,
    WRONG_PASSPHRASE,
    error_code,
    parse_success,
)
from freqtrade_bitmex_guard.exchanges.bitget.profile import PROFILE, READ_ONLY
from freqtrade_bitmex_guard.exchanges.interface import ExchangeAdapter, KeyListing, Session
from freqtrade_bitmex_guard.model.key import IpRestriction, KeyFacts, RestrictedTo, Unrestricted

# Bitget's page has the words with "-", recorded answers have them with "_".
_WRITES = {"read-only": False, "read-and-write": True}

# No word of Bitget's may look like one of ours that end with READ_ONLY.
_Words = Annotated[list[Annotated[str, Field(pattern="^[^:]+$", max_length=64)]], Field(max_length=50)]
_Addresses = Annotated[str, Field(max_length=10_000)]


class _Classic(StrictModel):
    """The part of the answer about a classic account's key that the verdict rests on."""

    authorities: _Words
    ips: _Addresses
    user_id: Any = Field(default=None, alias="userId")


class _Unified(StrictModel):
    """The same of a unified account; the newest documentation calls the account's number `uid`."""

    permissions: _Words
    kind: str = Field(alias="permType")
    ips: _Addresses
    user_id: Any = Field(default=None, alias="userId")
    uid: Any = None


class Bitget(ExchangeAdapter):
    """Reads account/info: the answer names no key, and is about the one that signed."""

    profile = PROFILE

    def read_key(self, session: Session, key_id: str) -> KeyListing:  # noqa: ARG002 - no answer tells it
        """Read what the key may do; see `ExchangeAdapter.read_key`.

        New accounts are unified, so that call comes first. Only one of the two answers a key, and a wrong passphrase
        was recorded for a key of the other kind.
        """
        answer = session.request("v3/account/info", api=("private", "uta"))
        if error_code(answer) not in (*IS_CLASSIC, WRONG_PASSPHRASE):
            return KeyListing((_unified_facts(parse_success(answer)),))
        classic = session.request("v2/spot/account/info", api=("private", "spot"))
        return KeyListing((_classic_facts(parse_success(answer if error_code(classic) == IS_UNIFIED else classic)),))


ADAPTER = Bitget()


def _unified_facts(data: dict[str, Any]) -> KeyFacts:
    reject_lookalikes(data, ("permissions", "permType", "ips"), PROFILE, "auth")
    key = parse_body(_Unified, data, PROFILE)
    writes = _WRITES.get(key.kind.replace("_", "-"))
    if writes is None:
        fail_invalid(PROFILE, "describes the key oddly: permType")
    words = key.permissions if writes else [f"{word}{READ_ONLY}" for word in key.permissions]
    return _facts(words, key.ips, key.uid if key.user_id is None else key.user_id)


def _classic_facts(data: dict[str, Any]) -> KeyFacts:
    reject_lookalikes(data, ("authorities", "ips"), PROFILE, "auth")
    key = parse_body(_Classic, data, PROFILE)
    return _facts(key.authorities, key.ips, key.user_id)


def _facts(words: Iterable[str], addresses: str, number: object) -> KeyFacts:
    # Another number counts as not reported, for only a rule of the operator's rests on it.
    is_number = isinstance(number, str) and re.fullmatch("[0-9]{1,40}", number)
    return KeyFacts(
        permissions=frozenset(map(PROFILE.permission, words)),
        ip_restriction=_ip_restriction(addresses),
        user_id=str(number) if is_number else None,
    )


def _ip_restriction(addresses: str) -> IpRestriction:
    blocks = split_networks(addresses, PROFILE, "ips")
    return RestrictedTo.from_texts(blocks) if blocks else Unrestricted("no IP address is linked to it")
