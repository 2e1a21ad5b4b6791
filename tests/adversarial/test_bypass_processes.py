"""Ways around the guard that need a real process; evidence/adversarial.md lists all of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.simulator.bitmex import Key, SimulatedBitMEX
from freqtrade_bitmex_guard.simulator.bot import DemoBot, Process
from tests.e2e.freqtrade_process import API_SERVER, assert_refused, free_port, start_with
from tests.e2e.trading_bot import tell
from tests.support.factories import (
    KEY_ID,
    OTHER_ID,
    OTHER_SECRET,
    SECRET,
    allow_secrets_in,
    credentials_in_config,
)

ANOTHER_FINDER_FIRST = """
import sys
from importlib.machinery import PathFinder
class First:
    find_spec = staticmethod(lambda name, path=None, target=None: PathFinder.find_spec(name, path, target))
sys.meta_path.insert(0, First)
"""


@pytest.mark.slow
def test_another_finder_that_loads_freqtrade_first_does_not_bypass_the_launcher(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path
) -> None:
    del bot.config["api_key_guard"]
    credentials_in_config(bot)
    script = f"{ANOTHER_FINDER_FIRST}\nfrom freqtrade_bitmex_guard.cli import main\nsys.exit(main(sys.argv[1:]))"
    process = Process([str(wheel), "-c", script, "trade", "-c", str(bot.write())], bot.folder)
    assert process.wait() == 4, process.output
    assert "[error] section-missing:" in process.output
    assert exchange.requests == []


TWO_FACED = f"""
from keyring.backend import KeyringBackend
class Keyring(KeyringBackend):
    priority = 9
    answers = {{"key": ["{KEY_ID}", "{OTHER_ID}"], "secret": ["{SECRET}", "{OTHER_SECRET}"]}}
    def get_password(self, service, username):
        return self.answers[username].pop(0) if username in self.answers else None
    def set_password(self, *what): pass
"""


@pytest.mark.slow
def test_a_keyring_that_would_change_its_answer_is_read_once(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path
) -> None:
    exchange.keys.append(Key(OTHER_ID, OTHER_SECRET))
    (bot.folder / "twofaced.py").write_text(TWO_FACED)
    allow_secrets_in(bot.folder / "twofaced.py", bot.folder / "__pycache__")
    bot.config["api_key_guard"]["credentials"] = {"store": "keyring"}
    variables = {"PYTHON_KEYRING_BACKEND": "twofaced.Keyring", "PYTHONPATH": str(bot.folder)}
    process = bot.trade(python=str(wheel), extra=variables)
    assert process.wait_for_output(), process.output
    process.kill()
    assert {request.key for request in exchange.requests if request.key} == {KEY_ID}
    assert "/user/margin" in [request.path for request in exchange.requests if request.status == 200]


ANOTHER_KEY_FOR_THE_THIRD = """
import freqtrade.exchange.exchange as room
inner, built = room.Exchange._init_ccxt, []
def other(self, exchange_config, sync, ccxt_kwargs):
    built.append(inner(self, exchange_config, sync, ccxt_kwargs))
    if len(built) == 3: built[-1].apiKey = "another"
    return built[-1]
room.Exchange._init_ccxt = other
"""


@pytest.mark.slow
def test_the_client_of_websockets_is_compared_as_well(bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path) -> None:
    bot.config["exchange"]["_ft_has_params"] = {"ws_enabled": True}
    process = bot.trade(python=str(wheel))
    assert process.wait_for_output(), process.output
    process.kill()
    exchange.requests.clear()
    assert_refused(start_with(wheel, bot, ANOTHER_KEY_FOR_THE_THIRD), exchange, "client-changed")


TAKES_THE_HOOK_OUT = """
from freqtrade.exchange import Exchange
from freqtrade.freqtradebot import FreqtradeBot
from never_trades import NeverTrades
FreqtradeBot.__init__ = getattr(FreqtradeBot.__init__, "__wrapped__", FreqtradeBot.__init__)
Exchange._init_ccxt = getattr(Exchange._init_ccxt, "__wrapped__", Exchange._init_ccxt)

class Sly(NeverTrades):
    pass
"""


@pytest.mark.slow
def test_a_strategy_that_removes_the_hook_has_no_key_after_a_reload(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path
) -> None:
    port = free_port()
    (bot.folder / "user_data" / "strategies" / "sly.py").write_text(TAKES_THE_HOOK_OUT)
    bot.config |= {"strategy": "Sly", "api_server": {**API_SERVER, "listen_port": port}}
    process = bot.trade(python=str(wheel))
    assert process.wait_for_output(), process.output
    assert [request for request in exchange.requests if request.key]
    tell(port, "reload_config")
    assert process.wait_for_output('requires "apiKey" credential', seconds=20), process.output
    already = len(exchange.requests)
    process.stop()
    assert not [request for request in exchange.requests[already:] if request.key]
    assert not [path for path in exchange.paths() if not path.startswith("GET")]


@pytest.mark.slow
def test_a_second_file_with_another_exchange_or_no_section_starts_no_bot(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path
) -> None:
    second = bot.folder / "second.json"
    for changed, rule in (
        ({"api_key_guard": None}, "section-invalid"),
        ({"exchange": {"name": "whitebit"}}, "exchange-unsupported"),
    ):
        second.write_text(json.dumps(changed))
        process = bot.trade("-c", str(second), python=str(wheel))
        assert process.wait() == 2, process.output
        assert f"[error] {rule}:" in process.output
    assert exchange.requests == []
