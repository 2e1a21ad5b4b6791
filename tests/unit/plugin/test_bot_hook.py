"""A whole start in this process: the hook around a bot class, with the clients that freqtrade's own code builds.

A class with freqtrade's shape stands in for `FreqtradeBot`, whose threads and database would outlive a test;
tests/processes starts real ones.
"""

from __future__ import annotations

import gc
import inspect
import sys
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import ccxt
import pytest
from freqtrade.exceptions import OperationalException
from freqtrade.exchange import Exchange

from freqtrade_bitmex_guard.client.exchange_client import SILENT_LOGGER
from freqtrade_bitmex_guard.model.findings import GuardError, error
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.plugin import install, loop_hook, start_guard
from freqtrade_bitmex_guard.plugin.start_guard import StartGuard
from freqtrade_bitmex_guard.report import text
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.support.factories import KEY_ID, OTHER_SECRET, SECRET, bot_config

UNSUPPORTED = "freqtrade-unsupported"


BUILDER = SimpleNamespace(_ccxt_params={}, get_option=lambda _name: False)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> StartGuard:
    gate = StartGuard()
    monkeypatch.setattr(start_guard, "START_GUARD", gate)
    return gate


def built(config: dict[str, Any], *, synchronous: bool) -> Any:
    return Exchange._init_ccxt(BUILDER, config["exchange"], synchronous, config["exchange"]["ccxt_config"])


class Ways:
    """What it knows of freqtrade's `RPCManager`."""

    def __init__(self, bot: Shape) -> None:
        self.registered_modules = [SimpleNamespace(send_msg=bot.sent.append)]


class Shape:
    """What the hook knows of freqtrade's bot."""

    ways: type[Any]

    sockets = False

    def __init__(self, config: dict[str, Any]) -> None:
        self.cleaned = 0
        self.sent: list[Any] = []
        self.exchange = self.load_exchange(config)
        self.rpc = self.ways(self)

    def load_exchange(self, config: dict[str, Any]) -> Any:
        held = {"_api": built(config, synchronous=True), "_api_async": built(config, synchronous=False)}
        return SimpleNamespace(**held, **({"_ws_async": built(config, synchronous=False)} if self.sockets else {}))

    def process(self) -> None: ...

    def process_stopped(self) -> None: ...

    def cleanup(self) -> None:
        self.cleaned += 1


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Freqtrade's module with such a bot; nothing is placed yet."""
    monkeypatch.setattr(Exchange, "_init_ccxt", inspect.unwrap(Exchange._init_ccxt))
    module: Any = ModuleType("freqtrade.freqtradebot")
    module.RPCManager = type("Ways", (Ways,), {"__init__": Ways.__init__})
    module.FreqtradeBot = type("Bot", (Shape,), {"__init__": Shape.__init__, "ways": module.RPCManager})
    yield module
    gc.collect()


@pytest.mark.parametrize("sockets", [False, True])
def test_a_bot_with_a_good_key_is_built_watched_and_silent(
    tmp_path: Path, exchange: SimulatedBitMEX, gate: StartGuard, module: Any, sockets: bool
) -> None:
    module.FreqtradeBot.sockets = sockets
    install.install_hooks(module)
    config = bot_config(tmp_path, exchange)
    bot = module.FreqtradeBot(config)
    held = list(vars(bot.exchange).values())
    assert len(gate.clients) == len(held) == 2 + sockets
    assert all(compared is client for compared, client in zip(gate.clients, held, strict=True))
    assert [client.logger for client in held] == [SILENT_LOGGER] * len(held)
    assert bot.cleaned == 0
    assert (config["exchange"]["key"], config["exchange"]["secret"]) == (None, None)
    bot.rpc.registered_modules[0].send_msg({"msg": f"it is {SECRET}"})
    assert SECRET not in str(bot.sent)
    watch = bot.__dict__[loop_hook.MONITOR_ATTRIBUTE]
    assert watch._ask().admitted
    assert watch._every == 3600


@pytest.mark.parametrize("section", [None, {"enabled": False}])
def test_a_bot_that_nobody_guards_is_built_as_ever(
    tmp_path: Path, exchange: SimulatedBitMEX, gate: StartGuard, module: Any, section: Any
) -> None:
    install.install_hooks(module)
    config = {name: value for name, value in bot_config(tmp_path, exchange).items() if name != "api_key_guard"}
    bot = module.FreqtradeBot(config if section is None else {**config, "api_key_guard": section})
    assert not bot.exchange._api.apiKey
    assert (gate.proven, gate.clients, exchange.requests) == (None, [], [])
    assert loop_hook.MONITOR_ATTRIBUTE not in vars(bot)


def test_a_refusal_is_told_to_the_operator_once_and_what_freqtrade_refuses_itself_is_not(
    tmp_path: Path, exchange: SimulatedBitMEX, gate: StartGuard, module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    monkeypatch.setattr("freqtrade_bitmex_guard.plugin.notifications.notify_refusal", lambda *what: told.append(what))

    class Another(module.FreqtradeBot):
        def load_exchange(self, config: dict[str, Any]) -> Any:
            raise OperationalException("no such pair")

    config = bot_config(tmp_path, exchange)
    for bot, reason in ((Another, "no such pair"), (module.FreqtradeBot, "withdraw-permission")):
        module.FreqtradeBot = bot
        install.install_hooks(module)
        with pytest.raises(OperationalException, match=reason):
            bot(config)
        exchange.keys[0].permissions = ["order", "withdraw"]
    assert told == [(config, gate.last_refusal)]


def test_a_bot_that_was_admitted_has_its_reloads_checked(
    tmp_path: Path, exchange: SimulatedBitMEX, gate: StartGuard, module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Worker:
        def _init(self, reconfig: bool) -> None: ...

        def _reconfigure(self) -> None: ...

    monkeypatch.setitem(sys.modules, "freqtrade.worker", SimpleNamespace(Worker=Worker, Configuration=dict))
    install.install_hooks(module)
    module.FreqtradeBot(bot_config(tmp_path, exchange))
    assert Worker._reconfigure is not inspect.unwrap(Worker._reconfigure)


@pytest.mark.parametrize("caught", [True, False])
def test_a_refusal_ends_the_process_only_where_nobody_caught_it(
    tmp_path: Path, exchange: SimulatedBitMEX, gate: StartGuard, module: Any, caught: bool
) -> None:
    class Another(module.FreqtradeBot):
        def load_exchange(self, config: dict[str, Any]) -> Any:
            held = super().load_exchange(config)
            with suppress(*[OperationalException] * caught):
                built({"exchange": {**config["exchange"], "secret": OTHER_SECRET}}, synchronous=True)
            return held

    module.FreqtradeBot = Another
    install.install_hooks(module)
    with nullcontext() if caught else pytest.raises(OperationalException, match="client-changed"):
        module.FreqtradeBot(bot_config(tmp_path, exchange))
    assert gate.stopped is not None
    assert (gate.last_refusal is None) == caught


def test_placing_the_guard_twice_places_it_once(module: Any) -> None:
    install.install_hooks(module)
    placed = module.FreqtradeBot.__init__, module.FreqtradeBot.process, Exchange._init_ccxt
    assert all(each is not inspect.unwrap(each) for each in placed)
    install.install_hooks(module)
    assert placed == (module.FreqtradeBot.__init__, module.FreqtradeBot.process, Exchange._init_ccxt)


def test_a_bot_whose_messages_cannot_be_cleared_is_not_guessed_at(module: Any) -> None:
    del module.RPCManager
    with pytest.raises(GuardError, match=UNSUPPORTED):
        install.install_hooks(module)


def test_a_bot_that_cannot_be_taken_down_is_not_guessed_at(module: Any) -> None:
    module.FreqtradeBot = type("Bot", (), {"__init__": Shape.__init__})
    with pytest.raises(GuardError, match=UNSUPPORTED):
        install.install_hooks(module)


@pytest.mark.parametrize("unseen", ["_api", "_api_async", "_ws_async"])
def test_a_client_that_was_built_past_the_guard_is_refused(
    tmp_path: Path, exchange: SimulatedBitMEX, gate: StartGuard, module: Any, unseen: str
) -> None:
    bots = []

    class Other(module.FreqtradeBot):
        sockets = True

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
    with pytest.raises(OperationalException, match=UNSUPPORTED):
        Other(bot_config(tmp_path, exchange))
    assert bots[0].cleaned == 1
    assert loop_hook.MONITOR_ATTRIBUTE not in vars(bots[0])


@pytest.mark.parametrize("synchronous", [True, False])
def test_a_client_that_differs_from_the_proven_one_is_refused_while_it_is_built(
    tmp_path: Path, exchange: SimulatedBitMEX, gate: StartGuard, module: Any, synchronous: bool
) -> None:
    install.install_hooks(module)
    config = bot_config(tmp_path, exchange)
    gate.admit(config)
    config["exchange"].update(key="another", secret=SECRET)
    with pytest.raises(OperationalException, match="client-changed"):
        built(config, synchronous=synchronous)
    assert gate.clients == []


@pytest.mark.parametrize(
    ("synchronous", "changed"),
    [(True, {"proxies": {"https": "http://127.0.0.1:9"}}), (False, {"aiohttp_proxy": "http://127.0.0.1:9"})],
)
def test_each_kind_of_client_is_compared_by_the_proxy_that_it_heeds(
    tmp_path: Path, exchange: SimulatedBitMEX, gate: StartGuard, module: Any, synchronous: bool, changed: dict[str, Any]
) -> None:
    install.install_hooks(module)
    config = bot_config(tmp_path, exchange)
    gate.admit(config)
    config["exchange"].update(key=KEY_ID, secret=SECRET)
    built(config, synchronous=synchronous)
    config["exchange"]["ccxt_config"].update(changed)
    built(config, synchronous=not synchronous)
    with pytest.raises(OperationalException, match="proxy-mismatch"):
        built(config, synchronous=synchronous)
    assert len(gate.clients) == 2


def test_without_a_proven_key_clients_are_freqtrades_own_affair(
    exchange: SimulatedBitMEX, gate: StartGuard, module: Any
) -> None:
    install.install_hooks(module)
    client = built({"exchange": {"name": "bitmex", "ccxt_config": exchange.ccxt_config()}}, synchronous=True)
    assert (gate.clients, client.logger is SILENT_LOGGER) == ([], False)


@pytest.mark.parametrize(
    ("section", "rule", "fix"),
    [
        ({}, "section-missing", "Run `freqtrade-bitmex-guard setup -c CONFIG`, which writes it; or add "),
        ({"api_key_guard": {"enabled": False}}, "guard-disabled", "Set it to true, or start plain `freqtrade trade`"),
    ],
)
def test_a_guarded_start_of_an_unguarded_config_is_misconfigured(
    gate: StartGuard, section: dict[str, Any], rule: str, fix: str
) -> None:
    assert gate.admit({"dry_run": False, **section}) is None
    gate.require_guard = True
    assert gate.admit({"dry_run": True, **section}) is None
    with pytest.raises(GuardError) as stopped:
        gate.admit({"dry_run": False, **section})
    (finding,) = stopped.value.findings
    assert finding.name == rule
    assert finding.message.startswith("A guarded bot was asked for, but ")
    assert finding.fix.startswith(fix)


def test_a_config_that_was_looked_at_ahead_is_taken_once_and_only_that_very_one(
    tmp_path: Path, exchange: SimulatedBitMEX, gate: StartGuard
) -> None:
    config = bot_config(tmp_path, exchange)
    gate.wait_seconds = 60.0
    gate.precheck({"dry_run": True})
    assert gate.wait_seconds == 0.0, "a bot that runs does not wait"
    gate.wait_seconds = 60.0
    gate.precheck(config)
    assert gate.wait_seconds == 0.0
    asked = len(exchange.requests)
    assert asked > 0
    admitted = gate.admit(config)
    assert admitted is not None
    check, proven = admitted
    assert gate.proven is check.proven is proven
    assert len(exchange.requests) == asked, "the outcome of the look was taken"
    assert gate.admit(config) != admitted
    assert len(exchange.requests) == 2 * asked
    gate.precheck(config)
    gate.admit({**config})
    assert len(exchange.requests) == 4 * asked, "another config, though it says the same, is checked itself"


def test_a_precheck_that_fails_leaves_no_older_outcome(
    tmp_path: Path, exchange: SimulatedBitMEX, gate: StartGuard
) -> None:
    config = bot_config(tmp_path, exchange)
    gate.precheck(config)
    exchange.keys[0].permissions.append("withdraw")
    with pytest.raises(OperationalException, match="withdraw-permission"):
        gate.precheck(config)
    with pytest.raises(OperationalException, match="withdraw-permission"):
        gate.admit(config)
    assert gate.stopped is not None
    assert gate.proven is None


def test_a_refusal_is_the_report(gate: StartGuard) -> None:
    verdict = Verdict(findings=(error("withdraw-permission", "it can withdraw", "make a new key"),))
    with pytest.raises(OperationalException) as refused:
        gate.refuse(verdict)
    assert str(refused.value) == text.render_plain(verdict)
    assert gate.stopped is verdict


def test_ctrl_c_while_the_watch_is_being_set_up_takes_the_bot_down(
    tmp_path: Path, exchange: SimulatedBitMEX, gate: StartGuard, module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bots: list[Any] = []

    def interrupt(bot: Any, _watch: Any) -> None:
        bots.append(bot)
        raise KeyboardInterrupt

    monkeypatch.setattr(loop_hook, "attach_monitor", interrupt)
    install.install_hooks(module)
    with pytest.raises(KeyboardInterrupt):
        module.FreqtradeBot(bot_config(tmp_path, exchange))
    assert bots[0].cleaned == 1
