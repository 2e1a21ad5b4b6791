"""A real freqtrade whose clients, modules or exceptions are not as the hooks expect them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from freqtrade_bitmex_guard.simulator.bot import DemoBot, Process
from tests.e2e.freqtrade_process import API_SERVER, assert_refused, free_port, start_with
from tests.support.factories import CHECK_REQUESTS, credentials_in_config, key, keyring_backend

pytestmark = pytest.mark.slow

BUILD_UNSEEN = """
import freqtrade.freqtradebot
from freqtrade.exchange import Exchange
import ccxt, ccxt.pro
def build_unseen(self, exchange_config, sync, ccxt_kwargs):
    kind = ccxt.bitmex if sync else ccxt.pro.bitmex
    return kind({"apiKey": exchange_config["key"], "secret": exchange_config["secret"], **ccxt_kwargs})
Exchange._init_ccxt = build_unseen
"""

BUILD_WITH_ANOTHER_KEY = """
import freqtrade.exchange.exchange as module
inner = module.Exchange._init_ccxt
def build_other(self, exchange_config, sync, ccxt_kwargs):
    client = inner(self, exchange_config, sync, ccxt_kwargs)
    client.apiKey = client.apiKey if sync else "another"
    return client
module.Exchange._init_ccxt = build_other
"""


def test_a_client_with_another_key_is_caught_before_its_first_request(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path
) -> None:
    assert_refused(start_with(wheel, bot, BUILD_WITH_ANOTHER_KEY), exchange, "client-changed")
    assert set(exchange.paths()) == CHECK_REQUESTS


def test_a_bot_whose_clients_were_never_compared_leaves_no_server(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path
) -> None:
    bot.config["api_server"] = {**API_SERVER, "listen_port": free_port()}
    process = start_with(wheel, bot, BUILD_UNSEEN)
    assert process.wait() == 2, process.output
    assert "[error] freqtrade-unsupported:" in process.output
    assert "to: RUNNING" not in process.output


@pytest.mark.parametrize(
    "changed",
    [
        "import freqtrade.exchange.exchange as module; del module.Exchange._init_ccxt",
        "import freqtrade.exchange.exchange as module; module.Exchange._init_ccxt = lambda self, config: None",
        "import freqtrade.exchange.exchange as module; module.Exchange.__init__ = lambda self, config, **more: None",
        "import sys; sys.modules['freqtrade_bitmex_guard.plugin.start_guard'] = None",
        "import sys; sys.modules['pydantic_core'] = None",
        "import sys; sys.modules['rich.console'] = None",
    ],
)
@pytest.mark.parametrize("with_section", [True, False])
def test_a_guard_that_cannot_be_installed_lets_no_bot_start(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path, changed: str, with_section: bool
) -> None:
    if not with_section:
        del bot.config["api_key_guard"]
        credentials_in_config(bot)
    process = start_with(wheel, bot, changed)
    assert process.wait() in (1, 2), process.output
    assert "to: RUNNING" not in process.output
    assert exchange.requests == []
    if "pydantic_core" not in changed and "rich" not in changed:  # without them freqtrade does not get that far
        assert process.exit_code == 2, process.output
        assert "API key guard: MISCONFIGURED" in process.output
        assert "Traceback" not in process.output


@pytest.mark.parametrize(
    ("function", "raised", "queried"),
    [
        ("check.admission:Admission.verify_client", "AttributeError('x')", True),
        ("check.admission:Admission.verify_client", "ImportError('x')", True),
        ("check.admission:Admission.verify_client", "SystemExit(0)", True),
        ("check.admission:Admission.injected", "ImportError('x')", True),
        ("check.local:LocalCheck.run", "AttributeError('x')", False),
        ("check.local:LocalCheck.run", "SystemExit(0)", False),
        ("plugin.start_guard:guard_state", "MemoryError()", False),
    ],
)
def test_every_exception_of_the_guard_refuses_the_start(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path, function: str, raised: str, queried: bool
) -> None:
    module, _, name = function.partition(":")
    script = (
        f"import freqtrade.freqtradebot, freqtrade_bitmex_guard.{module} as module\n"
        f"def broken(*a, **o): raise {raised}\n"
        f"module.{name} = broken"
    )
    assert_refused(start_with(wheel, bot, script), exchange, "internal-error", queried=queried)


def test_a_bot_module_imported_before_the_guard_is_still_guarded(
    bot: DemoBot, exchange: SimulatedBitMEX, environment: Callable[[str], Path]
) -> None:
    exchange.keys[:] = [key(cidr="")]
    script = (
        "import freqtrade.freqtradebot, freqtrade.worker\nimport freqtrade_bitmex_guard\nfreqtrade_bitmex_guard.arm()"
    )
    assert_refused(start_with(environment("no pth"), bot, script), exchange, "ip-unrestricted")


def test_a_keyring_backend_that_ends_the_process_is_a_refusal(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path
) -> None:
    extra = keyring_backend("raise SystemExit(0)", bot.folder)
    bot.config["api_key_guard"]["credentials"] = {}
    assert_refused(bot.trade(python=str(wheel), extra=extra), exchange, "store-unavailable", queried=False)


def test_ctrl_c_during_the_check_ends_with_130(bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path) -> None:
    mark = bot.folder / "reading"
    bot.config["api_key_guard"]["credentials"] = {
        "store": "command",
        "key_command": ["sh", "-c", f"touch {mark}; sleep 25"],
        "secret_command": ["true"],
    }
    process = bot.trade(python=str(wheel))
    for _ in range(300):
        if mark.exists():
            break
        process.wait_for_output("never", seconds=0.1)
    assert process.stop(seconds=15) == 130
    assert "to: RUNNING" not in process.output
    assert exchange.requests == []


HEIR = """
from freqtrade import exceptions, freqtradebot
class Heir(exceptions.OperationalException):
    pass
def refuse(self, config):
    raise {raised}("an heir")
freqtradebot.FreqtradeBot.__init__ = refuse
"""


@pytest.mark.parametrize(("raised", "code"), [("Heir", 2), ("exceptions.ConfigurationError", 0), ("KeyError", 1)])
def test_an_heir_of_freqtrades_refusal_ends_with_its_exit_code(
    bot: DemoBot, environment: Callable[[str], Path], raised: str, code: int
) -> None:
    process = start_with(environment("no pth"), bot, HEIR.format(raised=raised))

    assert process.wait() == code, process.output
    assert "an heir" in process.output


def test_optimised_python_runs_the_same_check(bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path) -> None:
    exchange.keys[:] = [key(permissions=["order", "withdraw"])]
    command = [str(wheel), "-OO", "-m", "freqtrade", "trade", "-c", str(bot.write())]
    assert_refused(Process(command, bot.folder), exchange, "withdraw-permission")
