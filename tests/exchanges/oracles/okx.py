"""OKX, account/config: permissions and addresses are texts with commas."""

from __future__ import annotations

from typing import Any

from tests.exchanges.oracles import allows_one_address, are_words, has_lookalike


def may_start(bodies: list[Any], _key_id: str) -> bool:
    (told,) = bodies
    if not isinstance(told, dict) or told.get("code") != "0" or not isinstance(told.get("data"), list):
        return False
    if len(told["data"]) != 1 or not isinstance(told["data"][0], dict):
        return False
    account = told["data"][0]
    if not isinstance(account.get("perm"), str) or not isinstance(account.get("ip"), str):
        return False
    return (
        are_words(account["perm"].split(","), {"read_only", "trade"}, {"trade"})
        and allows_one_address(account["ip"].split(","))
        and not has_lookalike(account, {"perm", "ip"}, "perm|^ips?$|withdraw")
    )
