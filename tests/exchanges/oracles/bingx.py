"""BingX, apiPermissions, in the shape with a list of numbers: 1 trades spot, 2 reads, 3 trades futures."""

from __future__ import annotations

from typing import Any

from tests.exchanges.oracles import allows_one_address, has_lookalike

DOCUMENTED = {"apiKey", "permissions", "ipAddresses", "note"}


def may_start(bodies: list[Any], key_id: str) -> bool:
    (told,) = bodies
    if isinstance(told, dict) and told.get("code") == 0 and isinstance(told.get("data"), dict):
        told = told["data"]
    if not isinstance(told, dict) or "code" in told or "ipRestrict" in told:
        return False
    shown, numbers = told.get("apiKey"), told.get("permissions")
    if not isinstance(shown, str) or not isinstance(numbers, list):
        return False
    numbers = [*numbers, *(name for name, value in told.items() if value is True)]  # a switch of its own is one more
    start, _, end = shown.partition("*")
    return (
        (shown == key_id or (len(start) > 1 and key_id.startswith(start) and key_id.endswith(end.lstrip("*"))))
        and all(type(number) in (int, str) for number in numbers)
        and {"1", "2"} <= set(map(str, numbers)) <= {"1", "2", "3"}
        and allows_one_address(told.get("ipAddresses"))
        and not has_lookalike({n: v for n, v in told.items() if v is not False}, DOCUMENTED, "permission|address|white")
    )
