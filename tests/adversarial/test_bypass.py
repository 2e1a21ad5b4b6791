"""Ways around the guard that no other test tries; evidence/adversarial.md lists all of them."""

from __future__ import annotations

import json
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.plugin import bot_hook, start_guard
from freqtrade_bitmex_guard.plugin.start_guard import StartGuard, StartRefused
from freqtrade_bitmex_guard.simulator.bitmex import Key, SimulatedBitMEX
from freqtrade_bitmex_guard.simulator.bot import DemoBot, Process
from tests.e2e.freqtrade_process import API_SERVER, assert_refused, free_port, start_with
from tests.e2e.trading_bot import tell
from tests.support.factories import (
    KEY_ID,
    OTHER_ID,
    OTHER_SECRET,
    SECRET,
    belongs,
    bot_config,
    credentials_in_config,
    key,
)
from tests.unit.client.judged_settings import HOSTS, findings_of, urls


@pytest.fixture
def guard(monkeypatch: pytest.MonkeyPatch) -> StartGuard:
    guard = StartGuard()
    monkeypatch.setattr(start_guard, "START_GUARD", guard)
    return guard


class BuiltError(BaseException):
    """A bot was built."""


def start(config: dict[str, Any], guard: StartGuard) -> None:
    """What freqtrade does with a config, up to the first thing that a bot would do."""

    def build(self: Any, config: dict[str, Any]) -> None:
        raise BuiltError

    bot_hook.wrap_init(build, guard)(object(), config)


def test_the_start_that_is_attacked_below_builds_a_bot(
    tmp_path: Path, guard: StartGuard, exchange: SimulatedBitMEX
) -> None:
    with pytest.raises(BuiltError):
        start(bot_config(tmp_path, exchange), guard)


PLACES = [
    "freqtrade_bitmex_guard.plugin.start_guard.guard_state",
    "freqtrade_bitmex_guard.plugin.start_guard.LocalCheck",
    "freqtrade_bitmex_guard.check.prepare.guard_state",
    "freqtrade_bitmex_guard.check.prepare.parse_section",
    "freqtrade_bitmex_guard.check.local.prepare",
    "freqtrade_bitmex_guard.check.interface.CheckResult.__post_init__",
    "freqtrade_bitmex_guard.exchanges.get_adapter",
    "freqtrade_bitmex_guard.client.settings.merge_settings",
    "freqtrade_bitmex_guard.check.admission.Admission.injected",
    "freqtrade_bitmex_guard.client.connection.ClientConnection.of",
    "freqtrade_bitmex_guard.client.http.BoundedSession.request",
    "freqtrade_bitmex_guard.client.response.Response.json",
    "freqtrade_bitmex_guard.credentials.files.FileStore.load",
    "freqtrade_bitmex_guard.credentials.files._is_orchestrator_file",
    "freqtrade_bitmex_guard.redaction.output.install",
    "freqtrade_bitmex_guard.util.deadline.run_with_timeout",
    "freqtrade_bitmex_guard.exchanges.bitmex.BitMEX.read_key",
    "freqtrade_bitmex_guard.exchanges.bitmex.keys._facts",
    "freqtrade_bitmex_guard.rules.evaluate",
    "freqtrade_bitmex_guard.check.local.sort_findings",
    "freqtrade_bitmex_guard.model.verdict.Verdict.outcome",
    "freqtrade_bitmex_guard.report.text.summary_line",
    "ccxt.bitmex.__init__",
    "ccxt.bitmex.sign",
    "ccxt.bitmex.fetch",
    "ccxt.bitmex.hmac",
]


@pytest.mark.parametrize(
    "raised", [AttributeError, ImportError, SystemExit, MemoryError, RecursionError, KeyboardInterrupt, OSError]
)
@pytest.mark.parametrize("place", PLACES)
def test_an_error_anywhere_builds_no_bot(
    tmp_path: Path,
    guard: StartGuard,
    exchange: SimulatedBitMEX,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    raised: type[BaseException],
) -> None:
    called = []

    def broken(*_: Any, **__: Any) -> Any:
        called.append(place)
        raise raised(SECRET)

    config = bot_config(tmp_path, exchange, timeout_seconds=1)
    (tmp_path / "secret").chmod(0o640 if place.endswith("_is_orchestrator_file") else 0o600)
    monkeypatch.setattr(place, property(broken) if place.endswith("outcome") else broken)
    with pytest.raises(KeyboardInterrupt if raised is KeyboardInterrupt else StartRefused) as refused:
        start(config, guard)
    assert called, "the attack did not reach its place"
    assert raised is KeyboardInterrupt or type(refused.value) is StartRefused
    assert guard.admission is None or place.endswith("injected")
    assert raised is KeyboardInterrupt or SECRET not in str(refused.value)
    assert not config["exchange"].get("secret")


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        ({"sandbox": True, "urls": {"test": {"public": "https://evil.example"}}}, "host-not-allowed"),
        ({"sandbox": True, "urls": {"test": "https://evil.example"}}, "client-settings"),
        ({"hostname": "evil.example", **urls("https://{hostname}")}, "host-not-allowed"),
        ({"hostname": "www.bitmex.com@evil.example", **urls("https://{hostname}")}, "client-settings"),
        ({"urls": {"api": {"private": "https://www.bitmex.com", "v2": "https://evil.example"}}}, "host-not-allowed"),
        ({"has": {"fetchBalance": False}}, "client-settings"),
        ({"api": {"private": {"get": {"apiKey": 1}}}}, "client-settings"),
        ({"requiredCredentials": {"apiKey": False}}, "client-settings"),
        ({"session": None}, "client-settings"),
        ({"nonce": 1}, "client-settings"),
        ({"__class__": "x"}, "client-settings"),
        ({"proxyUrl": "https://www.bitmex.com/"}, "proxy-relay"),
        ({"wsProxy": "http://10.0.0.1:1"}, None),
    ],
)
def test_a_client_setting_that_switches_server_class_or_signer_is_misconfigured(
    settings: dict[str, Any], rule: str | None
) -> None:
    found = findings_of({"name": "bitmex", "ccxt_config": settings}, HOSTS)
    assert found == (set() if rule is None else found)
    assert rule is None or rule in found


def test_no_variable_makes_an_unknown_authority_trusted(
    tmp_path: Path, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch
) -> None:
    attacker = trustme.CA()
    bundle = tmp_path / "attacker.pem"
    attacker.cert_pem.write_to_path(str(bundle))
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(bundle))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    monkeypatch.setenv("PYTHONHTTPSVERIFY", "0")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    attacker.issue_cert("127.0.0.1").configure_cert(tls)
    with SimulatedBitMEX([key()], tls=tls) as served:
        verdict = LocalCheck(bot_config(tmp_path, served)).run().verdict
        assert [finding.name for finding in verdict.findings] == ["tls-failed"]
        assert served.requests == []
    # Without the guard that is the way in: Python itself trusts it.
    context = ssl.create_default_context()
    with SimulatedBitMEX([key()], tls=tls) as served:
        host, port = served.url.removeprefix("https://").split(":")
        with socket.create_connection((host, int(port))) as plain, context.wrap_socket(plain, server_hostname=host):
            pass


# Real processes, from here on.

ANOTHER_FINDER_FIRST = """
import sys
from importlib.machinery import PathFinder
class First:
    find_spec = staticmethod(lambda name, path=None, target=None: PathFinder.find_spec(name, path, target))
sys.meta_path.insert(0, First)
"""


@pytest.mark.slow
def test_a_finder_that_loads_freqtrade_before_ours_does_not_get_the_launcher_past_the_guard(
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
def test_a_keyring_that_answers_differently_the_second_time_is_asked_only_once(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path
) -> None:
    exchange.keys.append(Key(OTHER_ID, OTHER_SECRET))
    (bot.folder / "twofaced.py").write_text(TWO_FACED)
    belongs(bot.folder / "twofaced.py", bot.folder / "__pycache__")
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
def test_a_strategy_that_takes_the_hook_out_has_a_bot_without_a_key_after_the_next_reload(
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
def test_a_second_file_that_names_another_exchange_or_switches_the_section_to_null_starts_no_bot(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path
) -> None:
    second = bot.folder / "second.json"
    for changed, rule in (
        ({"api_key_guard": None}, "section-invalid"),
        ({"exchange": {"name": "binance"}}, "exchange-unsupported"),
    ):
        second.write_text(json.dumps(changed))
        process = bot.trade("-c", str(second), python=str(wheel))
        assert process.wait() == 2, process.output
        assert f"[error] {rule}:" in process.output
    assert exchange.requests == []
