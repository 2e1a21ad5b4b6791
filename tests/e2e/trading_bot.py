"""A bot that always wants to trade, with one open trade, and a receiver for its messages.

freqtrade rounds BitMEX's spot amounts to 0, so no trade opens by itself. freqtrade's own classes write the open trade
into the bot's database, and the strategy's callbacks log what the bot does with it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import requests

from freqtrade_bitmex_guard.simulator.bot import DemoBot

STRATEGY = """
import logging
from freqtrade.strategy import IStrategy

logger = logging.getLogger("strategy")

class WantsToTrade(IStrategy):
    timeframe = "5m"
    stoploss = -0.99
    minimal_roi = {"0": 9}
    startup_candle_count = 1
    process_only_new_candles = False

    def bot_loop_start(self, current_time, **kwargs):
        logger.info("ITERATION")

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe["enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe["exit_long"] = 0
        return dataframe

    def custom_stake_amount(self, pair, **kwargs):
        logger.info("WANTS TO ENTER %s", pair)
        return 0

    def custom_exit(self, pair, trade, **kwargs):
        logger.info("MANAGES %s", pair)
        return None
"""

OPEN_TRADE = """
import sys
from datetime import UTC, datetime, timedelta
from freqtrade.persistence import Order, Trade, init_db

init_db(sys.argv[1])
opened = datetime.now(UTC) - timedelta(hours=1)
amount, price = 0.00065, 77_000.0
trade = Trade(
    pair="BTC/USDT", base_currency="BTC", stake_currency="USDT", exchange="bitmex", strategy="WantsToTrade",
    timeframe=5, is_open=True, is_short=False, leverage=1.0, open_date=opened,
    amount=amount, amount_requested=amount, open_rate=price, open_rate_requested=price, open_trade_value=50.05,
    stake_amount=50.0, max_stake_amount=50.0, stop_loss=770.0, initial_stop_loss=770.0, stop_loss_pct=-0.99,
    fee_open=0.0, fee_open_cost=0.0, fee_open_currency="USDT", fee_close=0.0,
)
trade.orders.append(Order(
    order_id="opened", ft_order_side="buy", side="buy", ft_pair="BTC/USDT", symbol="BTC/USDT", ft_is_open=False,
    status="closed", order_type="limit", ft_amount=amount, amount=amount, filled=amount, remaining=0.0,
    ft_price=price, price=price, average=price, cost=50.05, order_date=opened, order_filled_date=opened,
))
Trade.session.add(trade)
Trade.commit()
"""

RESTING_ENTRY = """
import sys
from datetime import UTC, datetime
from freqtrade.persistence import Order, Trade, init_db

init_db(sys.argv[1])
side = sys.argv[3]
trade = next(iter(Trade.get_open_trades()), None)
if trade is None:
    trade = Trade(
        pair="BTC/USDT", base_currency="BTC", stake_currency="USDT", exchange="bitmex", strategy="WantsToTrade",
        timeframe=5, is_open=True, is_short=False, leverage=1.0, open_date=datetime.now(UTC),
        amount=0.00065, amount_requested=0.00065, open_rate=70_000.0, open_rate_requested=70_000.0,
        open_trade_value=45.5, stake_amount=45.5, max_stake_amount=45.5, stop_loss=700.0, initial_stop_loss=700.0,
        stop_loss_pct=-0.99, fee_open=0.0, fee_open_cost=0.0, fee_open_currency="USDT", fee_close=0.0,
    )
    Trade.session.add(trade)
trade.orders.append(Order(
    order_id=sys.argv[2], ft_order_side=side, side=side, ft_pair="BTC/USDT", symbol="BTC/USDT", ft_is_open=True,
    status="open", order_type="limit", ft_amount=0.00065, amount=0.00065, filled=0.0, remaining=0.00065,
    ft_price=70_000.0, price=70_000.0, cost=0.0, order_date=datetime.now(UTC),
))
Trade.commit()
"""


def wants_to_trade(bot: DemoBot, *, open_trade: bool = True) -> None:
    """Give a bot the strategy, and an open trade or room for one."""
    (bot.folder / "user_data" / "strategies" / "wants_to_trade.py").write_text(STRATEGY)
    bot.config["strategy"] = "WantsToTrade"
    if open_trade:
        command = [sys.executable, "-c", OPEN_TRADE, bot.config["db_url"]]
        subprocess.run(command, check=True, capture_output=True)


def rests_an_order(bot: DemoBot, order: str, side: str = "buy") -> None:
    """Have a bot believe that it made an order which rests on the exchange: an entry, or the exit of its trade."""
    command = [sys.executable, "-c", RESTING_ENTRY, bot.config["db_url"], order, side]
    subprocess.run(command, check=True, capture_output=True)


def tell(port: int, command: str) -> None:
    """Send a bot a command through its REST server, as its operator does."""
    url = f"http://127.0.0.1:{port}/api/v1/{command}"
    assert requests.post(url, auth=("u", "p"), timeout=10).status_code == 200


class Receiver:
    """A webhook on loopback. Use it as a context manager.

    Attributes:
        received: the bodies, in order.
    """

    def __init__(self, status: int = 200) -> None:
        receiver = self
        self.received: list[dict[str, Any]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.received.append({"path": self.path, **json.loads(body)})
                self.send_response(status)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def from_the_guard(self) -> list[str]:
        """Return the guard's messages, without freqtrade's."""
        texts = [body.get("status", "") for body in self.received]
        return [text for text in texts if "\nType: " in text or "the key passes again" in text]

    def config(self) -> dict[str, Any]:
        """Return freqtrade's `webhook` section for this server."""
        return {"enabled": True, "url": self.url, "format": "json", "status": {"status": "{status}"}}
