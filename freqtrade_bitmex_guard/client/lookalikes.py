"""Fields of an answer that nobody documents, and that could say more of a key than the documented ones do."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from freqtrade_bitmex_guard.client.errors import fail_invalid
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.redaction.sanitize import join_limited, sanitize

# What decides about a key on every exchange, in the lower-case letters of a field that may have any other name:
# `permissionsV2`, `canWithdraw`, `allowed_ips`, `isIpAddresses`.
COULD_DECIDE = (
    "perm|rights?$|scope|authorit|withdraw|transfer|whitelist|allow|cidr|readonly"
    "|^(any)?ips?$|^ip(s|list)|ip(addr|range|restrict|white)"
)


def reject_lookalikes(
    data: Mapping[str, Any], known: Collection[str], profile: ExchangeProfile, more: str = "(?!)"
) -> None:
    """End the check if a field that is not documented could say more of a key than the documented ones do.

    Args:
        data: the part of an answer that describes the key.
        known: the names of the fields that are read.
        profile: of the exchange.
        more: a pattern of what decides there besides `COULD_DECIDE`, for the lower-case letters of any other name.

    Raises:
        GuardError: unverified, if there is such a field, or one whose name is not ASCII.
    """
    if not all(name.isascii() for name in data):
        fail_invalid(profile, "describes the key in a field whose name is not ASCII")
    decisive = re.compile(f"{COULD_DECIDE}|{more}")
    unknown = [name for name in data if name not in known and decisive.search(re.sub("[^a-z]", "", name.lower()))]
    if unknown:
        fail_invalid(
            profile, f"describes the key in fields that this version does not know: {join_limited(unknown, sanitize)}"
        )
