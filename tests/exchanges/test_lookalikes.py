"""A field that no documentation has must not say more of a key than the documented ones, on any exchange."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.exchanges import get_adapter
from freqtrade_bitmex_guard.model.findings import GuardError
from tests.exchanges.samples import samples
from tests.support.scripted_session import ScriptedSession, response

AGENT, OWNER = f"0x{'28' * 20}", f"0x{'85' * 20}"
ROLE = {"role": "agent", "data": {"user": OWNER}}
WALLET = {"name": "bot", "address": AGENT, "validUntil": None}
DETAIL = {"user_id": 1, "ip_whitelist": ["198.51.100.7"], "tier": 2, "tier_expire_time": "2027-01-01T00:00:00Z"}
Sample = tuple[str, dict[str, Any], Callable[[dict[str, Any]], list[Response]]]


def _sample(exchange: str, note: str) -> Any:
    return samples(exchange)[note]


def _in_envelope(exchange: str, note: str, field: str, *before: Response) -> Sample:
    """Return a documented answer as what describes the key, and how that is put back into it."""
    body = _sample(exchange, note)
    is_list = isinstance(body[field], list)
    entry = body[field][0] if is_list else body[field]
    return exchange, entry, lambda changed: [*before, response({**body, field: [changed] if is_list else changed})]


BINANCE = _sample("binance", "good key for spot and futures")
FUTURES = _sample("krakenfutures", "good key, one address")
(GATE,) = _sample("gate", "good spot key, one address")
BINGX = _sample("bingx", "good spot key")
IS_CLASSIC = response({"code": "40084", "msg": "You are in Classic Account mode", "data": None}, 400)
UID = response({"code": 200, "data": 63628520})
UNIFIED = "least unified key for futures: holdMode, leverage need uta_mgt, which also transfers between own accounts"
FLAGS = "flag form: good key, list of addresses not told"
SAMPLES: dict[str, Sample] = {
    "binance": ("binance", BINANCE, lambda changed: [response(changed)]),
    "bybit": _in_envelope("bybit", "good spot key with one address", "result"),
    "okx": _in_envelope("okx", "good trade key, main account, one address", "data"),
    "kraken": _in_envelope("kraken", "good trade key, camelCase, one address", "result"),
    "kraken futures": ("krakenfutures", FUTURES, lambda changed: [response(changed)]),
    "gate": ("gate", GATE, lambda changed: [response([changed]), response(DETAIL)]),
    "gate account": ("gate", DETAIL, lambda changed: [response([GATE]), response(changed)]),
    "kucoin": _in_envelope("kucoin", "good spot key, one masked address", "data"),
    "bitget classic": _in_envelope("bitget", "good key for both, one address", "data", IS_CLASSIC),
    "bitget unified": _in_envelope("bitget", UNIFIED, "data"),
    "htx": _in_envelope("htx", "good key: one address, permanent", "data", UID),
    "bingx list": ("bingx", BINGX, lambda changed: [response(changed)]),
    "bingx flags": _in_envelope("bingx", FLAGS, "data"),
    "deribit": _in_envelope("deribit", "good key, one address", "result"),
    "hyperliquid": ("hyperliquid", WALLET, lambda changed: [response(ROLE), response([changed])]),
}
IDS = {
    "bybit": "XXXXXXXX",
    "kraken": "AAAA",
    "krakenfutures": FUTURES["apiKey"],
    "gate": "c5dcfbf1f3a7" + "0" * 20,
    "kucoin": "6705f5c311545b000157d3eb",
    "htx": "160bb889-b7c1aa2e-e0d1f2f5-ghxertfvbf",
    "bingx": BINGX["apiKey"],
    "deribit": "KEY-1234567890",
    "hyperliquid": OWNER,
}
NAMES = ["permissions_2", "rights", "scopes", "Authorities2", "canWithdraw", "canTransfer", "ipList", "ip_range"]
NAMES += ["anyIp", "allowedIps", "IP_WHITELIST_V2", "cidr", "readOnlyV2"]


def _read(place: str, change: dict[str, Any]) -> None:
    exchange, entry, answers = SAMPLES[place]
    session = ScriptedSession(answers({**entry, **change}))
    session.address = AGENT
    get_adapter(exchange).read_key(session, IDS.get(exchange, ""))


@pytest.mark.parametrize("value", [1, "true", ["withdraw"], {"withdraw": True}], ids=repr)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("place", SAMPLES)
def test_a_field_that_could_decide_makes_the_answer_unreliable(place: str, name: str, value: Any) -> None:
    with pytest.raises(GuardError) as raised:
        _read(place, {name: value})

    assert [finding.name for finding in raised.value.findings] == ["response-invalid"]


@pytest.mark.parametrize("place", SAMPLES)
def test_a_field_that_decides_nothing_may_come(place: str) -> None:
    _read(place, {"vipLevel": 3, "region": "EU", "tags": [], "description": "rightsizing"})
