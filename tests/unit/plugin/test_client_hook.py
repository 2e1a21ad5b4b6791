"""Each client that freqtrade builds is compared with the admission before its first request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ccxt
import pytest

from freqtrade_bitmex_guard.client.exchange_client import SILENT_LOGGER
from freqtrade_bitmex_guard.plugin import install, loop_hook
from freqtrade_bitmex_guard.plugin.start_guard import StartGuard, StartRefused
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.support.factories import KEY_ID, SECRET, bot_config
from tests.unit.plugin.bot_class import build_client


@pytest.mark.parametrize("unseen", ["_api", "_api_async", "_ws_async"])
def test_a_client_that_was_never_compared_is_refused(
    tmp_path: Path, exchange: SimulatedBitMEX, guard: StartGuard, module: Any, unseen: str
) -> None:
    bots = []

    class Other(module.FreqtradeBot):
        uses_websockets = True

        def __init__(self, config: dict[str, Any]) -> None:
            bots.append(self)
            super().__init__(config)
            self.load_exchange(config)

        def load_exchange(self, config: dict[str, Any]) -> Any:
            loaded = super().load_exchange(config)
            setattr(loaded, unseen, ccxt.bitmex(exchange.ccxt_config()))
            return loaded

    module.FreqtradeBot = Other
    install.install_hooks(module)

    with pytest.raises(StartRefused, match="freqtrade-unsupported"):
        Other(bot_config(tmp_path, exchange))

    assert bots[0].cleaned == 1
    assert loop_hook.MONITOR_ATTRIBUTE not in vars(bots[0])


@pytest.mark.parametrize("synchronous", [True, False])
def test_a_client_with_another_key_is_refused_when_built(
    tmp_path: Path, exchange: SimulatedBitMEX, guard: StartGuard, module: Any, synchronous: bool
) -> None:
    install.install_hooks(module)
    config = bot_config(tmp_path, exchange)
    guard.admit(config)
    config["exchange"].update(key="another", secret=SECRET)

    with pytest.raises(StartRefused, match="client-changed"):
        build_client(config, synchronous=synchronous)

    assert guard.clients == []


@pytest.mark.parametrize(
    ("synchronous", "changed"),
    [(True, {"proxies": {"https": "http://127.0.0.1:9"}}), (False, {"aiohttp_proxy": "http://127.0.0.1:9"})],
)
def test_each_kind_of_client_is_compared_by_its_own_proxy_settings(
    tmp_path: Path,
    exchange: SimulatedBitMEX,
    guard: StartGuard,
    module: Any,
    synchronous: bool,
    changed: dict[str, Any],
) -> None:
    install.install_hooks(module)
    config = bot_config(tmp_path, exchange)
    guard.admit(config)
    config["exchange"].update(key=KEY_ID, secret=SECRET)
    build_client(config, synchronous=synchronous)
    config["exchange"]["ccxt_config"].update(changed)

    build_client(config, synchronous=not synchronous)
    with pytest.raises(StartRefused, match="proxy-mismatch"):
        build_client(config, synchronous=synchronous)

    assert len(guard.clients) == 2


def test_without_an_admission_clients_are_not_compared(
    exchange: SimulatedBitMEX, guard: StartGuard, module: Any
) -> None:
    install.install_hooks(module)

    client = build_client({"exchange": {"name": "bitmex", "ccxt_config": exchange.ccxt_config()}}, synchronous=True)

    assert (guard.clients, client.logger is SILENT_LOGGER) == ([], False)
