"""Real ccxt and real freqtrade without the guard, so that nothing else judges a simulated exchange."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Collection
from pathlib import Path
from typing import Any

import ccxt

from freqtrade_bitmex_guard.simulator.bot import DemoBot
from freqtrade_bitmex_guard.simulator.interface import SimulatedExchange
from tests.support.leak_search import watch

_CCXT_NAMES = {"key": "apiKey", "secret": "secret", "password": "password"}
_CCXT_NAMES |= {"wallet_address": "walletAddress", "private_key": "privateKey"}


def ccxt_client(exchange: SimulatedExchange[Any], **changed: Any) -> Any:
    """Make ccxt's client of a simulated exchange, with its first key and something changed."""
    settings: dict[str, Any] = {_CCXT_NAMES[part]: value for part, value in watched_credentials(exchange).items()}
    settings |= {"enableRateLimit": False, **exchange.ccxt_config(), **changed}
    client = getattr(ccxt, exchange.exchange_id)(settings)
    client.logger = logging.getLogger("tests.quiet")  # ccxt's own one writes down all headers
    client.logger.setLevel(logging.INFO)
    return client


def api_form(client: Any, api: str) -> str | list[str]:
    """Return the name of an API as the installed ccxt takes it: from 4.5.89 on in a list."""
    return api if "headers" in inspect.signature(client.request).parameters else [api]


def request(client: Any, path: str, api: str, verb: str, **parameters: Any) -> Any:
    """Send a request that ccxt has no method for."""
    return client.request(path, api_form(client, api), verb, parameters)


def run_until_it_reads_candles(
    exchange: SimulatedExchange[Any], folder: Path, candles: str, may_fail: Collection[str] = ()
) -> str:
    """Run freqtrade until it is RUNNING and has read candles, and return its output.

    Args:
        exchange: has one key, and is entered.
        folder: of the bot.
        candles: path or route of the exchange's candles.
        may_fail: paths whose error tells ccxt something, such as the kind of the account.

    Raises:
        AssertionError: if it does not come so far, or a request is answered with an error.
    """
    bot = DemoBot(folder / "bot", exchange)
    del bot.config["api_key_guard"]
    credentials = watched_credentials(exchange)
    process = bot.trade(extra={f"FREQTRADE__EXCHANGE__{part.upper()}": value for part, value in credentials.items()})
    try:
        assert process.wait_for_output(), process.output
        assert process.wait_for_output("Bot heartbeat"), process.output  # says it once its first round is over
        output = process.output
    finally:
        process.stop()
    assert "Could not" not in output
    assert ("NOT guarded" in output, output.count("API key guard")) == (True, 1)
    assert any(candles in (request.path, request.route) for request in exchange.requests)
    refused = {request.path: request.status for request in exchange.requests if request.status != 200}
    assert set(refused) <= set(may_fail), refused
    return output


def watched_credentials(exchange: SimulatedExchange[Any]) -> dict[str, str]:
    """Return the credentials of an exchange's first key; all output is searched for them."""
    credentials = exchange.credentials(exchange.keys[0])
    for part in credentials.keys() - {"wallet_address"}:  # which is public
        if "\n" not in credentials[part]:  # a PEM text shares its first and last line with others
            watch(f"the {part} of {exchange.exchange_id}", credentials[part])
    return credentials
