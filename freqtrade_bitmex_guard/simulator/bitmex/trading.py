"""BitMEX's spot orders: enough for freqtrade to enter a trade, manage it and leave it."""

from __future__ import annotations

import json
import threading
import time
import uuid
from typing import Any

from freqtrade_bitmex_guard.simulator.market import iso

SYMBOL = "XBT_USDT"
_BASE_UNITS, _QUOTE_UNITS = 100_000_000, 1_000_000
_SPREAD = 2.0  # so that both sides of the made-up order book trade at once
# The exchange's own lot is 1,000 satoshis, which freqtrade takes for 1,000 coins and rounds every amount to 0.
LOT_FOR_FREQTRADE = 0.00001


class SpotOrders:
    """The orders and the balance of one account, with one market.

    Attributes:
        orders: every order, as BitMEX reports it.
        price: of the market; change it to fill what waits.
        fills: whether orders that cross the price are filled.
    """

    def __init__(self, price: float, base: float = 0.5, quote: float = 100_000.0) -> None:
        """Open the account.

        Args:
            price: of the market.
            base: coins in it.
            quote: money in it.
        """
        self.orders: list[dict[str, Any]] = []
        self.price = price
        self.fills = True
        self._executions: list[dict[str, Any]] = []
        self._held = {"XBt": round(base * _BASE_UNITS), "USDt": round(quote * _QUOTE_UNITS)}
        self._lock = threading.Lock()

    def held(self) -> dict[str, int]:
        """Return what the account holds, in the exchange's smallest units."""
        with self._lock:
            return dict(self._held)

    def place(self, body: dict[str, Any]) -> tuple[int, Any]:
        """Place an order; returns status and content."""
        with self._lock:
            if any(body.get("clOrdID") == order["clOrdID"] != "" for order in self.orders):
                return 400, _error("Duplicate clOrdID")
            if body.get("symbol") != SYMBOL or not body.get("orderQty", 0) > 0:
                return 400, _error("Invalid orderQty")
            order = {
                "orderID": str(uuid.uuid4()),
                "clOrdID": body.get("clOrdID", ""),
                "symbol": SYMBOL,
                "side": body["side"],
                "orderQty": body["orderQty"],
                "ordType": body["ordType"],
                "price": body.get("price"),
                "stopPx": body.get("stopPx"),
                "execInst": body.get("execInst", ""),
                "timeInForce": body.get("timeInForce", "GoodTillCancel"),
                "ordStatus": "New",
                "leavesQty": body["orderQty"],
                "cumQty": 0,
                "avgPx": None,
                "text": body.get("text", ""),
                "transactTime": iso(time.time()),
                "timestamp": iso(time.time()),
                "currency": "USDT",
                "settlCurrency": "",
            }
            self.orders.append(order)
            self._match()
            return 200, dict(order)

    def cancel(self, order_id: str | None) -> tuple[int, Any]:
        """Cancel an order."""
        with self._lock:
            for order in self.orders:
                if order["orderID"] == order_id:
                    if order["ordStatus"] not in ("New", "PartiallyFilled"):
                        error = "Unable to cancel order due to existing state: " + order["ordStatus"]
                        return 200, [{**order, "error": error}]
                    order.update(ordStatus="Canceled", leavesQty=0)
                    return 200, [dict(order)]
            return 404, _error("Not Found")

    def listed(self, query: dict[str, str]) -> list[dict[str, Any]]:
        """Return the orders that a query asks for."""
        wanted = json.loads(query.get("filter") or "{}")
        with self._lock:
            self._match()
            return [
                dict(order)
                for order in self.orders
                if ("orderID" not in wanted or order["orderID"] == wanted["orderID"])
                and (not wanted.get("open") or order["ordStatus"] in ("New", "PartiallyFilled"))
            ]

    def executions(self) -> list[dict[str, Any]]:
        """Return every fill."""
        with self._lock:
            return list(self._executions)

    def _match(self) -> None:
        for order in self.orders:
            if order["ordStatus"] == "New" and self.fills and self._crosses(order):
                self._fill(order)

    def _crosses(self, order: dict[str, Any]) -> bool:
        if order["stopPx"] is not None:
            sign = 1 if order["side"] == "Buy" else -1
            return bool(sign * (self.price - order["stopPx"]) >= 0)
        if order["price"] is None:
            return True
        sign = 1 if order["side"] == "Buy" else -1
        return bool(sign * (order["price"] - self.price) >= -_SPREAD)

    def _fill(self, order: dict[str, Any]) -> None:
        sign = 1 if order["side"] == "Buy" else -1
        cost = round(order["orderQty"] / _BASE_UNITS * self.price * _QUOTE_UNITS)
        self._held["XBt"] += sign * order["orderQty"]
        self._held["USDt"] -= sign * cost
        order.update(ordStatus="Filled", leavesQty=0, cumQty=order["orderQty"], avgPx=self.price)
        self._executions.append(
            {
                "execID": str(uuid.uuid4()),
                "orderID": order["orderID"],
                "clOrdID": order["clOrdID"],
                "symbol": SYMBOL,
                "side": order["side"],
                "lastQty": order["orderQty"],
                "lastPx": self.price,
                "price": self.price,
                "orderQty": order["orderQty"],
                "cumQty": order["orderQty"],
                "avgPx": self.price,
                "execType": "Trade",
                "ordType": order["ordType"],
                "ordStatus": "Filled",
                "execCost": -sign * cost,
                "execComm": 0,
                "commission": 0,
                "lastLiquidityInd": "RemovedLiquidity",
                "currency": "USDT",
                "settlCurrency": "",
                "transactTime": iso(time.time()),
                "timestamp": iso(time.time()),
            }
        )


def _error(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "name": "HTTPError"}}
