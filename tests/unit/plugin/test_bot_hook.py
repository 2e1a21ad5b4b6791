"""A whole start in this process: the hooks around a bot class, with the clients that freqtrade's own code builds."""

from __future__ import annotations

import inspect
import sys
from contextlib import nullcontext, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from freqtrade.exceptions import ConfigurationError, OperationalException

from freqtrade_bitmex_guard.check.admission import Admission
from freqtrade_bitmex_guard.client.exchange_client import SILENT_LOGGER
from freqtrade_bitmex_guard.plugin import bot_hook, install, loop_hook, reload_hook
from freqtrade_bitmex_guard.plugin.start_guard import StartGuard, StartRefused
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.support.factories import KEY_ID, OTHER_SECRET, SECRET, bot_config
from tests.unit.plugin.bot_class import build_client


@pytest.mark.parametrize("websockets", [False, True])
def test_a_bot_with_a_good_key_is_built_and_watched(
    tmp_path: Path, exchange: SimulatedBitMEX, guard: StartGuard, module: Any, websockets: bool
) -> None:
    module.FreqtradeBot.uses_websockets = websockets
    install.install_hooks(module)
    config = bot_config(tmp_path, exchange)

    bot = module.FreqtradeBot(config)

    clients = list(vars(bot.exchange).values())
    assert len(guard.clients) == len(clients) == 2 + websockets
    assert all(compared is client for compared, client in zip(guard.clients, clients, strict=True))
    assert [client.logger for client in clients] == [SILENT_LOGGER] * len(clients)
    assert bot.cleaned == 0
    assert (config["exchange"]["key"], config["exchange"]["secret"]) == (None, None)
    monitor = bot.__dict__[loop_hook.MONITOR_ATTRIBUTE]
    assert monitor._recheck().admitted
    assert monitor.interval_seconds == 3600


def test_the_messages_of_a_guarded_bot_are_redacted(
    tmp_path: Path, exchange: SimulatedBitMEX, guard: StartGuard, module: Any
) -> None:
    install.install_hooks(module)
    bot = module.FreqtradeBot(bot_config(tmp_path, exchange))

    bot.rpc.registered_modules[0].send_msg({"msg": f"it is {SECRET}"})

    assert SECRET not in str(bot.sent)
    assert bot.sent


@pytest.mark.parametrize("section", [None, {"enabled": False}])
def test_an_unguarded_bot_is_built_as_ever(
    tmp_path: Path, exchange: SimulatedBitMEX, guard: StartGuard, module: Any, section: Any
) -> None:
    install.install_hooks(module)
    config = {name: value for name, value in bot_config(tmp_path, exchange).items() if name != "api_key_guard"}

    bot = module.FreqtradeBot(config if section is None else {**config, "api_key_guard": section})

    assert not bot.exchange._api.apiKey
    assert (guard.admission, guard.clients, exchange.requests) == (None, [], [])
    assert loop_hook.MONITOR_ATTRIBUTE not in vars(bot)


def test_the_operator_is_notified_of_our_refusals_only(
    tmp_path: Path, exchange: SimulatedBitMEX, guard: StartGuard, module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    notified: list[Any] = []
    notify = "freqtrade_bitmex_guard.plugin.notifications.notify_refusal"
    monkeypatch.setattr(notify, lambda *arguments: notified.append(arguments))

    class Another(module.FreqtradeBot):
        def load_exchange(self, config: dict[str, Any]) -> Any:
            raise OperationalException("no such pair")

    config = bot_config(tmp_path, exchange)
    for bot, reason in ((Another, "no such pair"), (module.FreqtradeBot, "withdraw-permission")):
        assert guard.last_refusal is None
        module.FreqtradeBot = bot
        install.install_hooks(module)
        with pytest.raises(OperationalException, match=reason):
            bot(config)
        exchange.keys[0].permissions = ["order", "withdraw"]

    assert guard.last_refusal is not None
    assert notified == [(config, guard.last_refusal)]


@pytest.mark.parametrize("raised", [None, OperationalException("x"), ConfigurationError("x"), KeyboardInterrupt()])
def test_no_credential_stays_in_the_config_however_the_build_ends(
    tmp_path: Path, guard: StartGuard, exchange: SimulatedBitMEX, raised: BaseException | None
) -> None:
    seen = {}

    def build(self: Any, config: dict[str, Any]) -> None:
        seen.update(config["exchange"])
        if raised:
            raise raised

    class Bot:
        exchange = None
        cleaned = 0

        def cleanup(self) -> None:
            self.cleaned += 1
            raise AttributeError("a bot that cannot be taken down is refused all the same")

    bot = Bot()
    config = bot_config(tmp_path, exchange)

    with pytest.raises((OperationalException, KeyboardInterrupt)) as end:
        bot_hook.wrap_init(build, guard)(bot, config)

    assert (seen["key"], seen["secret"]) == (KEY_ID, SECRET)
    assert SECRET not in str(config)
    assert config["exchange"]["key"] is None
    # Without an exchange its clients cannot be verified: the finished bot is taken down again.
    assert bot.cleaned == (raised is None)
    assert (end.value is raised) == (raised is not None), "freqtrade's own failure stays its own"


@pytest.mark.parametrize("raised", [AttributeError, ImportError, SystemExit])
@pytest.mark.parametrize("place", ["admit", "install_reload_hook", "injected"])
def test_a_hook_that_fails_builds_no_bot(
    tmp_path: Path,
    guard: StartGuard,
    exchange: SimulatedBitMEX,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    raised: type[BaseException],
) -> None:
    def fail(*_: Any) -> None:
        raise raised

    owner: dict[str, Any] = {"admit": guard, "install_reload_hook": reload_hook, "injected": Admission}
    monkeypatch.setattr(owner[place], "_check" if place == "admit" else place, fail)
    built: list[Any] = []

    with pytest.raises(StartRefused):
        bot_hook.wrap_init(lambda *arguments: built.append(arguments), guard)(object(), bot_config(tmp_path, exchange))

    assert built == []
    assert guard.last_refusal is not None
    assert guard.last_refusal.is_internal_error


def test_an_admitted_bot_has_its_reloads_checked(
    tmp_path: Path, exchange: SimulatedBitMEX, guard: StartGuard, module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Worker:
        def _init(self, reconfig: bool) -> None: ...

        def _reconfigure(self) -> None: ...

    monkeypatch.setitem(sys.modules, "freqtrade.worker", SimpleNamespace(Worker=Worker, Configuration=dict))
    install.install_hooks(module)

    module.FreqtradeBot(bot_config(tmp_path, exchange))

    assert Worker._reconfigure is not inspect.unwrap(Worker._reconfigure)


@pytest.mark.parametrize("caught", [True, False])
def test_a_refusal_that_was_caught_is_not_the_last_word(
    tmp_path: Path, exchange: SimulatedBitMEX, guard: StartGuard, module: Any, caught: bool
) -> None:
    class Another(module.FreqtradeBot):
        def load_exchange(self, config: dict[str, Any]) -> Any:
            loaded = super().load_exchange(config)
            with suppress(*[StartRefused] * caught):
                build_client({"exchange": {**config["exchange"], "secret": OTHER_SECRET}}, synchronous=True)
            return loaded

    module.FreqtradeBot = Another
    install.install_hooks(module)

    with nullcontext() if caught else pytest.raises(StartRefused, match="client-changed"):
        module.FreqtradeBot(bot_config(tmp_path, exchange))

    assert (guard.last_refusal is None) == caught


def test_ctrl_c_while_the_monitor_is_attached_takes_the_bot_down(
    tmp_path: Path, exchange: SimulatedBitMEX, guard: StartGuard, module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bots: list[Any] = []

    def interrupt(bot: Any, _monitor: Any) -> None:
        bots.append(bot)
        raise KeyboardInterrupt

    monkeypatch.setattr(loop_hook, "attach_monitor", interrupt)
    install.install_hooks(module)

    with pytest.raises(KeyboardInterrupt):
        module.FreqtradeBot(bot_config(tmp_path, exchange))

    assert bots[0].cleaned == 1
