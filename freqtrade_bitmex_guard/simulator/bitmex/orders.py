"""BitMEX's orders that rest on its book: GET and DELETE /order. None of them ever fills by itself."""

from __future__ import annotations

import json
import time
from typing import Any

from freqtrade_bitmex_guard.simulator.keys import random_text
from freqtrade_bitmex_guard.simulator.market import iso
from freqtrade_bitmex_guard.simulator.request import Request


class Orders:
    """The orders of an account.

    Attributes:
        entries: as the API reports them, the oldest first; they may be changed while it serves.
        cancels: whether it cancels what it is asked to; if not, an order stays as it is.
    """

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.cancels = True

    def rest(self, side: str, price: float, size: int, symbol: str = "XBT_USDT") -> str:
        """Put a limit order on the book.

        Args:
            side: Buy or Sell.
            price: of one coin.
            size: in the symbol's smallest units.
            symbol: of the instrument.

        Returns:
            Its number.
        """
        number = random_text(36, "0123456789abcdef-")
        moment = iso(time.time())
        self.entries.append(
            {"orderID": number, "clOrdID": "", "symbol": symbol, "side": side, "ordType": "Limit"}
            | {"orderQty": size, "leavesQty": size, "cumQty": 0, "price": price, "avgPx": None, "stopPx": None}
            | {"ordStatus": "New", "timeInForce": "GoodTillCancel", "execInst": "", "text": ""}
            | {"transactTime": moment, "timestamp": moment}
        )
        return number

    def status(self, number: str) -> str:
        """Return the status of an order, in BitMEX's words."""
        return next(str(order["ordStatus"]) for order in self.entries if order["orderID"] == number)

    def find(self, request: Request) -> list[dict[str, Any]]:
        """Answer GET /order."""
        try:
            wanted = json.loads(request.query.get("filter", "{}"))
        except ValueError:
            wanted = {}
        return [order for order in self.entries if all(order.get(name) == wanted[name] for name in wanted)]

    def cancel(self, request: Request) -> list[dict[str, Any]]:
        """Answer DELETE /order."""
        number = request.json.get("orderID") or request.query.get("orderID")
        orders = [order for order in self.entries if order["orderID"] == number]
        for order in orders:
            if self.cancels and order["ordStatus"] == "New":
                order.update(ordStatus="Canceled", leavesQty=0)
        return orders
