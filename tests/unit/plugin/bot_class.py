"""A class with the shape of `FreqtradeBot`, whose threads and database would outlive a test.

Its clients are built by freqtrade's own code. Real bots are started in tests/e2e.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from freqtrade.exchange import Exchange

_EXCHANGE = SimpleNamespace(_ccxt_params={}, get_option=lambda _name: False)


def build_client(config: dict[str, Any], *, synchronous: bool) -> Any:
    """Build a ccxt client as freqtrade does."""
    return Exchange._init_ccxt(_EXCHANGE, config["exchange"], synchronous, config["exchange"]["ccxt_config"])


class MessageManager:
    """What the hooks know of `RPCManager`."""

    def __init__(self, bot: BotClass) -> None:
        self.registered_modules = [SimpleNamespace(send_msg=bot.sent.append)]


class BotClass:
    """What the hooks know of `FreqtradeBot`."""

    message_manager: type[Any]

    uses_websockets = False

    def __init__(self, config: dict[str, Any]) -> None:
        self.cleaned = 0
        self.sent: list[Any] = []
        self.exchange = self.load_exchange(config)
        self.rpc = self.message_manager(self)

    def load_exchange(self, config: dict[str, Any]) -> Any:
        clients = {
            "_api": build_client(config, synchronous=True),
            "_api_async": build_client(config, synchronous=False),
        }
        if self.uses_websockets:
            clients["_ws_async"] = build_client(config, synchronous=False)
        return SimpleNamespace(**clients)

    def process(self) -> None: ...

    def process_stopped(self) -> None: ...

    def execute_entry(self) -> bool:
        return True

    def cancel_open_orders_of_trade(self, trade: Any, sides: list[str], reason: str) -> None: ...

    def cleanup(self) -> None:
        self.cleaned += 1
