"""Real ccxt, pointed to a simulated Bitget."""

from __future__ import annotations

from typing import Any

import ccxt
import pytest

from freqtrade_bitmex_guard.simulator.bitget import SimulatedBitget

CLASSIC = "/api/v2/spot/account/info"


def client(exchange: SimulatedBitget, **changed: Any) -> ccxt.bitget:
    key = exchange.keys[0]
    credentials = {"apiKey": key.id, "secret": key.secret, "password": key.password}
    return ccxt.bitget({**credentials, "enableRateLimit": False, **exchange.ccxt_config(), **changed})


def information(exchange: SimulatedBitget, **changed: Any) -> dict[str, Any]:
    asking = client(exchange, **changed)
    call = asking.privateUtaGetV3AccountInfo if exchange.unified else asking.privateSpotGetV2SpotAccountInfo
    data: dict[str, Any] = call()["data"]
    return data


def failure(exchange: SimulatedBitget, **changed: Any) -> ccxt.BaseError:
    with pytest.raises(ccxt.BaseError) as caught:
        information(exchange, **changed)
    return caught.value
