"""KuCoin, user/api-key, for spot: the middle of an address is masked."""

from __future__ import annotations

import re
from typing import Any

from tests.exchanges.oracles import allows_one_address, are_words, has_lookalike


def may_start(bodies: list[Any], key_id: str) -> bool:
    (told,) = bodies
    if not isinstance(told, dict) or told.get("code") != "200000" or not isinstance(told.get("data"), dict):
        return False
    key = told["data"]
    words, addresses = key.get("permission"), key.get("ipWhitelist")
    if not isinstance(words, str) or not isinstance(addresses, str) or key.get("apiKey") != key_id:
        return False
    blocks = addresses.split(",")
    is_limited = all(re.fullmatch(r"[0-9a-f]{1,4}[.:][0-9a-f.:*]*\*[0-9a-f.:*]*", block) for block in blocks)
    return (
        are_words(words.split(","), {"General", "Spot", "Unified"}, {"General"})
        and not {"Spot", "Unified"}.isdisjoint(words.split(","))
        and (is_limited or allows_one_address(blocks))
        and not has_lookalike(key, {"permission", "ipWhitelist"}, "permission|whitelist|withdraw")
    )
