"""Plain `freqtrade trade`, as real processes from an installed wheel, against the look-alike."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.simulator.bitmex import Key, SimulatedBitMEX, error
from freqtrade_bitmex_guard.simulator.bot import DemoBot, Process
from freqtrade_bitmex_guard.simulator.responses import page
from tests.support.factories import KEY_ID, QUESTIONS, SECRET, credentials_in_config, key, keyring_that

pytestmark = pytest.mark.slow


API_SERVER = {
    "enabled": True,
    "listen_ip_address": "127.0.0.1",
    "listen_port": 0,
    "username": "u",
    "password": "p",
    "jwt_secret_key": "j" * 40,
    "ws_token": "w" * 40,
}


def free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def refused(process: Process, exchange: SimulatedBitMEX, rule: str, *, asked: bool = True) -> None:
    """It ended with 2, named the rule, asked nothing but the check's questions, and showed no secret."""
    assert process.wait() == 2, process.output
    assert f"[error] {rule}:" in process.output, process.output
    assert "What to do:" in process.output
    assert "Traceback" not in process.output
    assert "to: RUNNING" not in process.output
    assert set(exchange.paths()) <= {*QUESTIONS, "GET /apiKey/self"}
    assert bool(exchange.requests) is asked
    nothing_secret(process.output)


def nothing_secret(output: str) -> None:
    for hidden in (SECRET, SECRET[:8], KEY_ID, KEY_ID[:5]):
        assert hidden not in output


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"permissions": ["order", "withdraw"]}, "withdraw-permission"),
        ({"permissions": ["order", "sudo"]}, "permission-not-allowed"),
        ({"permissions": []}, "permission-missing"),
        ({"cidr": ""}, "ip-unrestricted"),
        ({"cidr": "127.0.0.0/24"}, "ip-too-many"),
        ({"cidr": "localhost"}, "ip-unreadable"),
        ({"enabled": False}, "key-disabled"),
        ({"cidr": "203.0.113.7"}, "address-not-allowed"),
        ({"overrides": {"permissions": {"order": True}}}, "response-invalid"),
        ({"overrides": {"name": "x\n[red]\x1b[31m", "permissions": ["ord\ner\x1b[31m"]}}, "permission-not-allowed"),
    ],
)
def test_a_key_that_is_not_proven_starts_no_bot(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path, changed: dict[str, Any], rule: str
) -> None:
    exchange.keys[:] = [key(**changed)]
    process = bot.trade(python=str(wheel))
    refused(process, exchange, rule)
    assert "\x1b[31m" not in process.output


@pytest.mark.parametrize(
    ("fail", "rule"),
    [
        (lambda exchange: exchange.keys.clear(), "key-unknown"),
        (lambda exchange: exchange.keys.__setitem__(0, Key(KEY_ID, "other")), "signature-invalid"),
        (lambda exchange: setattr(exchange, "clock_offset", 900), "clock-skew"),
        (lambda exchange: exchange.respond_always("/apiKey", page(403)), "address-banned"),
        (lambda exchange: exchange.respond_always("/apiKey", error(503, "down for maintenance")), "maintenance"),
        (lambda exchange: exchange.respond_always("/apiKey", page(200)), "response-invalid"),
    ],
)
def test_an_exchange_that_does_not_tell_starts_no_bot(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path, fail: Callable[[SimulatedBitMEX], Any], rule: str
) -> None:
    fail(exchange)
    bot.config["api_key_guard"]["timeout_seconds"] = 2
    refused(bot.trade(python=str(wheel)), exchange, rule)


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (lambda bot: (bot.folder / "secret").unlink(), "credentials-missing"),
        (lambda bot: (bot.folder / "secret").chmod(0o644), "file-exposed"),
        (lambda bot: (bot.folder / "secret").write_text("two\nlines"), "credentials-malformed"),
        (lambda bot: bot.config["api_key_guard"].update(polcy={}), "section-invalid"),
        (lambda bot: bot.config.update(api_key_guard=True), "section-invalid"),
        (lambda bot: bot.config["api_key_guard"].update(enabled="no"), "section-invalid"),
        (lambda bot: bot.config.update(api_key_gaurd=bot.config.pop("api_key_guard")), "section-misnamed"),
        (lambda bot: credentials_in_config(bot, key=KEY_ID), "credentials-in-config"),
        (
            lambda bot: bot.config["exchange"]["ccxt_config"].update(proxyUrl="http://127.0.0.1:1/"),
            "proxy-relay",
        ),
        (lambda bot: bot.config["api_key_guard"].pop("allowed_hosts"), "host-not-allowed"),
    ],
)
def test_a_check_that_cannot_be_made_as_configured_starts_no_bot(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path, spoil: Callable[[DemoBot], Any], rule: str
) -> None:
    spoil(bot)
    refused(bot.trade(python=str(wheel)), exchange, rule, asked=False)


@pytest.mark.parametrize(
    ("variable", "value", "rule"),
    [
        ("FREQTRADE__EXCHANGE__KEY", "somebody-elses", "credentials-in-config"),
        ("FREQTRADE__EXCHANGE__CCXT_ASYNC_CONFIG__apiKey", "somebody-elses", "credentials-in-config"),
        ("FREQTRADE__EXCHANGE__CCXT_CONFIG__verify", "false", "tls-not-verified"),
        ("FREQTRADE__EXCHANGE__CCXT_ASYNC_CONFIG__ssl_context", "false", "client-settings"),
        ("FREQTRADE__EXCHANGE__CCXT_SYNC_CONFIG__sandbox", "true", "host-not-allowed"),
        ("FREQTRADE__API_KEY_GUARD__ENABLED", "0", "section-invalid"),
        ("FREQTRADE__API_KEY_GUARD__POLICY__MAX_IP_ADDRESSES", "0", "section-invalid"),
        ("FREQTRADE__API_KEY_GAURD__ENABLED", "true", "section-misnamed"),
    ],
)
def test_a_variable_that_changes_key_client_or_policy_starts_no_bot(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path, variable: str, value: str, rule: str
) -> None:
    refused(bot.trade(python=str(wheel), extra={variable: value}), exchange, rule, asked=False)


def test_a_second_config_file_that_changes_the_client_starts_no_bot(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path
) -> None:
    with SimulatedBitMEX([key()]) as elsewhere:
        second = bot.folder / "second.json"
        second.write_text(json.dumps({"exchange": {"ccxt_async_config": elsewhere.ccxt_config()}}))
        refused(bot.trade("-c", str(second), python=str(wheel)), exchange, "endpoint-mismatch", asked=False)
        assert elsewhere.requests == []


@pytest.mark.parametrize("kind", ["wheel", "editable"])
def test_a_good_key_reaches_running_and_signs_its_balance_request_with_it(
    bot: DemoBot, exchange: SimulatedBitMEX, environment: Callable[[str], Path], kind: str
) -> None:
    bot.config["api_server"] = {**API_SERVER, "listen_port": free_port()}
    bot.config["exchange"] |= {"key": "", "secret": "", "apiKey": ""}  # as `freqtrade new-config` may write them
    process = bot.trade(python=str(environment(kind)))
    assert process.wait_for_output(), process.output
    assert process.stop() == 130
    assert exchange.paths()[0] == "GET /apiKey"
    assert ("/user/margin", KEY_ID, 200) in [
        (request.path, request.key, request.status) for request in exchange.requests
    ]
    assert not [path for path in exchange.paths() if not path.startswith("GET")]
    admitted = [line for line in process.output.splitlines() if "admitted" in line]
    assert len(admitted) == 1
    assert "API key LAqU… on bitmex admitted: rights order; works from 127.0.0.1/32; " in admitted[0]
    assert f"; {exchange.url} told so in" in admitted[0]
    nothing_secret(process.output)


def test_a_refusal_leaves_no_server_running(bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path) -> None:
    bot.config["api_server"] = {**API_SERVER, "listen_port": free_port()}
    exchange.keys[:] = [key(cidr="")]
    refused(bot.trade(python=str(wheel)), exchange, "ip-unrestricted")


@pytest.fixture
def marked(bot: DemoBot) -> Path:
    """Gives the bot a store that leaves a mark when it is opened; returns the mark's path."""
    mark = bot.folder / "opened"
    bot.config["api_key_guard"]["credentials"] = {
        "store": "command",
        "key_command": ["touch", str(mark)],
        "secret_command": ["touch", str(mark)],
    }
    return mark


def test_the_mark_of_an_opened_store_appears_in_a_live_start(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path, marked: Path
) -> None:
    refused(bot.trade(python=str(wheel)), exchange, "credentials-malformed", asked=False)
    assert marked.exists()


def test_dry_run_opens_no_store_and_sends_no_request(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path, marked: Path
) -> None:
    bot.config["dry_run"] = True
    process = bot.trade(python=str(wheel))
    assert process.wait_for_output(), process.output
    process.stop()
    assert process.output.count("API key guard:") == 1
    assert not marked.exists()
    assert not [path for path in exchange.paths() if "apiKey" in path]
    assert not [request for request in exchange.requests if request.key]


@pytest.mark.parametrize(
    "command", [["show-config"], ["list-timeframes"], ["list-pairs"], ["test-pairlist"], ["list-strategies"]]
)
def test_no_other_command_opens_the_store_or_queries_the_exchange(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path, marked: Path, command: list[str]
) -> None:
    path = str(bot.write())
    process = Process([str(wheel), "-m", "freqtrade", *command, "-c", path], bot.folder)
    assert process.wait() == 0, process.output
    assert not marked.exists()
    assert not [each for each in exchange.paths() if "apiKey" in each]
    assert "API key guard" not in process.output


@pytest.mark.parametrize("section", [None, {"enabled": False}])
def test_without_an_enabled_section_freqtrade_runs_as_if_unguarded(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path, section: Any
) -> None:
    del bot.config["api_key_guard"]
    if section:
        bot.config["api_key_guard"] = section
    exchange.keys[:] = [key(permissions=["order", "withdraw"], cidr="")]
    credentials_in_config(bot)
    process = bot.trade(python=str(wheel))
    assert process.wait_for_output(), process.output
    process.stop()
    assert "guard" not in process.output.replace(str(bot.folder), "").replace("'api_key_guard'", "")
    assert "GET /apiKey" not in exchange.paths()


def test_without_its_pth_line_plain_freqtrade_has_no_key_at_all(
    bot: DemoBot, exchange: SimulatedBitMEX, environment: Callable[[str], Path]
) -> None:
    process = bot.trade(python=str(environment("no pth")))
    process.wait_for_output("Changing state to: RUNNING", seconds=10)
    process.stop()
    assert not [request for request in exchange.requests if request.key]
    assert not [path for path in exchange.paths() if not path.startswith("GET")]


def test_an_environment_runs_the_installed_wheel_and_not_the_source_tree(wheel: Path) -> None:
    import subprocess

    script = "import sys, freqtrade_bitmex_guard as g; print(g.__file__, g.Finder in sys.meta_path)"
    done = subprocess.run([wheel, "-c", script], capture_output=True, text=True, check=True, cwd="/")
    place, armed = done.stdout.split()
    assert place.startswith(str(wheel.parent.parent))
    assert armed == "True"


def start(python: Path, bot: DemoBot, before: str, *arguments: str) -> Process:
    script = f"import sys\n{before}\nfrom freqtrade.main import main\nmain(sys.argv[1:])"
    return Process([str(python), "-c", script, "trade", "-c", str(bot.write()), *arguments], bot.folder)


SEAM_UNUSED = """
import freqtrade.freqtradebot
from freqtrade.exchange import Exchange
import ccxt, ccxt.pro
def unseen(self, exchange_config, sync, ccxt_kwargs):
    kind = ccxt.bitmex if sync else ccxt.pro.bitmex
    return kind({"apiKey": exchange_config["key"], "secret": exchange_config["secret"], **ccxt_kwargs})
Exchange._init_ccxt = unseen
"""


OTHER_KEY = """
import freqtrade.exchange.exchange as room
inner = room.Exchange._init_ccxt
def other(self, exchange_config, sync, ccxt_kwargs):
    client = inner(self, exchange_config, sync, ccxt_kwargs)
    client.apiKey = client.apiKey if sync else "another"
    return client
room.Exchange._init_ccxt = other
"""


def test_a_client_with_another_key_is_caught_before_its_first_request(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path
) -> None:
    refused(start(wheel, bot, OTHER_KEY), exchange, "client-changed")
    assert set(exchange.paths()) == QUESTIONS


def test_a_bot_whose_clients_were_never_compared_leaves_no_server(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path
) -> None:
    bot.config["api_server"] = {**API_SERVER, "listen_port": free_port()}
    process = start(wheel, bot, SEAM_UNUSED)
    assert process.wait() == 2, process.output
    assert "[error] freqtrade-unsupported:" in process.output
    assert "to: RUNNING" not in process.output


@pytest.mark.parametrize(
    "changed",
    [
        "import freqtrade.exchange.exchange as room; del room.Exchange._init_ccxt",
        "import freqtrade.exchange.exchange as room; room.Exchange._init_ccxt = lambda self, config: None",
        "import freqtrade.exchange.exchange as room; room.Exchange.__init__ = lambda self, config, **more: None",
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
    process = start(wheel, bot, changed)
    assert process.wait() in (1, 2), process.output
    assert "to: RUNNING" not in process.output
    assert exchange.requests == []
    if "pydantic_core" not in changed and "rich" not in changed:  # without them freqtrade does not get that far
        assert process.exit_code == 2, process.output
        assert "API key guard: MISCONFIGURED" in process.output
        assert "Traceback" not in process.output


@pytest.mark.parametrize(
    ("place", "raised", "asked"),
    [
        ("exchange.client:Proven.objections", "AttributeError('x')", True),
        ("exchange.client:Proven.objections", "ImportError('x')", True),
        ("exchange.client:Proven.objections", "SystemExit(0)", True),
        ("exchange.settings:place", "ImportError('x')", True),
        ("guard:Check.run", "AttributeError('x')", False),
        ("guard:Check.run", "SystemExit(0)", False),
        ("config:wanted", "MemoryError()", False),
    ],
)
def test_whatever_the_guard_raises_refuses_and_is_not_swallowed(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path, place: str, raised: str, asked: bool
) -> None:
    module, _, name = place.partition(":")
    before = (
        f"import freqtrade.freqtradebot, freqtrade_bitmex_guard.{module} as room\n"
        f"def broken(*a, **o): raise {raised}\n"
        f"room.{name} = broken"
    )
    refused(start(wheel, bot, before), exchange, "internal-error", asked=asked)


def test_a_bot_module_imported_before_the_guard_is_still_guarded(
    bot: DemoBot, exchange: SimulatedBitMEX, environment: Callable[[str], Path]
) -> None:
    exchange.keys[:] = [key(cidr="")]
    before = (
        "import freqtrade.freqtradebot, freqtrade.worker\nimport freqtrade_bitmex_guard\nfreqtrade_bitmex_guard.arm()"
    )
    refused(start(environment("no pth"), bot, before), exchange, "ip-unrestricted")


def test_a_keyring_backend_that_ends_the_process_is_a_refusal(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path
) -> None:
    extra = keyring_that("raise SystemExit(0)", bot.folder)
    bot.config["api_key_guard"]["credentials"] = {}
    refused(bot.trade(python=str(wheel), extra=extra), exchange, "store-unavailable", asked=False)


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


def test_optimised_python_checks_just_the_same(bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path) -> None:
    exchange.keys[:] = [key(permissions=["order", "withdraw"])]
    command = [str(wheel), "-OO", "-m", "freqtrade", "trade", "-c", str(bot.write())]
    refused(Process(command, bot.folder), exchange, "withdraw-permission")
