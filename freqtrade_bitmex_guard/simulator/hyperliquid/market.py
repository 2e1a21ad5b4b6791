"""The made-up market in Hyperliquid's words, by the type of what is asked."""

from __future__ import annotations

import time
from typing import Any

from freqtrade_bitmex_guard.simulator import market
from freqtrade_bitmex_guard.simulator.request import Request

HELD = {"USDC": 1000.0, "UBTC": 0.5}
_TOKENS = [
    {
        "name": name,
        "szDecimals": decimals,
        "weiDecimals": 8,
        "index": number,
        "tokenId": f"0x{number:032x}",
        "isCanonical": name == "USDC",
        "evmContract": None,
        "fullName": full_name,
    }
    for number, (name, decimals, full_name) in enumerate((("USDC", 8, None), ("UBTC", 5, "Unit Bitcoin")))
]
_SPOT = {"tokens": _TOKENS, "universe": [{"tokens": [1, 0], "name": "@0", "index": 0, "isCanonical": False}]}
_PERPETUAL = {
    "universe": [{"szDecimals": 5, "name": "BTC", "maxLeverage": 40, "marginTableId": 56}],
    "marginTables": [[56, {"description": "", "marginTiers": [{"lowerBound": "0.0", "maxLeverage": 40}]}]],
    "collateralToken": 0,
}


def _millis() -> int:
    return int(time.time() * 1000)


def _context(**more: Any) -> dict[str, Any]:
    price = str(market.price())
    return {"dayNtlVlm": "9450588.2", "markPx": price, "midPx": price, "prevDayPx": str(market.PRICE), **more}


def _candles(request: Request) -> list[dict[str, Any]]:
    wanted = request.json["req"]
    step = market.TIMEFRAME_SECONDS.get(wanted["interval"], 300)
    until = wanted.get("endTime") or _millis()
    newest = market.candles(step, market.MAX_CANDLES, until=until / 1000)
    return [
        {
            "t": candle.millis,
            "T": candle.end * 1000 - 1,
            "s": wanted["coin"],
            "i": wanted["interval"],
            "o": str(candle.open),
            "c": str(candle.close),
            "h": str(candle.high),
            "l": str(candle.low),
            "v": str(candle.volume),
            "n": 46,
        }
        for candle in newest
        if candle.millis >= wanted["startTime"]
    ]


def _book(request: Request) -> dict[str, Any]:
    book = market.order_book(20)
    levels = [
        [{"px": str(price), "sz": str(amount), "n": 1} for price, amount in side] for side in (book.bids, book.asks)
    ]
    return {"coin": request.json.get("coin"), "time": _millis(), "levels": levels}


def _margin() -> dict[str, Any]:
    value = str(HELD["USDC"])
    summary = {"accountValue": value, "totalMarginUsed": "0.0", "totalNtlPos": "0.0", "totalRawUsd": value}
    return {
        "assetPositions": [],
        "crossMaintenanceMarginUsed": "0.0",
        "crossMarginSummary": summary,
        "marginSummary": summary,
        "time": _millis(),
        "withdrawable": value,
    }


def _balances() -> dict[str, Any]:
    held = [
        {"coin": token["name"], "token": token["index"], "hold": "0.0", "total": str(HELD[str(token["name"])])}
        for token in _TOKENS
    ]
    return {"balances": held}


def _perpetual_contexts() -> list[Any]:
    price = str(market.price())
    return [_PERPETUAL, [_context(funding="0.0000125", oraclePx=price, openInterest="10764.48", premium="0.0005")]]


ANSWERS = {
    "spotMeta": lambda _: _SPOT,
    "spotMetaAndAssetCtxs": lambda _: [_SPOT, [_context(coin="@0")]],
    "meta": lambda _: _PERPETUAL,
    "metaAndAssetCtxs": lambda _: _perpetual_contexts(),
    "perpDexs": lambda _: [None],
    "exchangeStatus": lambda _: {"specialStatuses": None, "time": _millis()},
    "candleSnapshot": _candles,
    "l2Book": _book,
    "clearinghouseState": lambda _: _margin(),
    "spotClearinghouseState": lambda _: _balances(),
    "openOrders": lambda _: [],
    "frontendOpenOrders": lambda _: [],
    "historicalOrders": lambda _: [],
    "userFills": lambda _: [],
    "userFillsByTime": lambda _: [],
}
