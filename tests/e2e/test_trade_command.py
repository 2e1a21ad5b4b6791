"""`freqtrade-bitmex-guard trade` and `demo` as real processes from an installed wheel."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX, error
from freqtrade_bitmex_guard.simulator.bot import DemoBot, Process
from tests.e2e.commands import launched, run
from tests.support.factories import CHECK_REQUESTS, SECRET, allow_secrets_in, key

pytestmark = pytest.mark.slow


def test_the_launcher_ends_with_4_if_the_guard_cannot_be_installed(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path
) -> None:
    script = (
        "import sys, freqtrade.exchange.exchange as room\n"
        "room.Exchange._init_ccxt = lambda self, config: None\n"
        "from freqtrade_bitmex_guard.cli import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    process = Process([str(wheel), "-c", script, "trade", "-c", str(bot.write())], bot.folder)
    assert process.wait() == 4, process.output
    assert "freqtrade-unsupported" in process.output
    assert exchange.requests == []


@pytest.mark.parametrize("kind", ["wheel", "no pth"])
def test_the_launcher_needs_no_pth_line(
    bot: DemoBot, exchange: SimulatedBitMEX, environment: Callable[[str], Path], kind: str
) -> None:
    process = launched(environment(kind), bot)
    assert process.wait_for_output(), process.output
    assert process.stop() == 130
    assert exchange.paths()[0] == "GET /apiKey"
    assert exchange.paths().count("GET /apiKey") == 1
    assert "admitted" in process.output


@pytest.mark.parametrize(
    ("change", "code", "rule"),
    [
        (lambda bot, exchange: exchange.keys.__setitem__(0, key(permissions=["withdraw"])), 2, "withdraw-permission"),
        (lambda bot, exchange: exchange.keys.clear(), 3, "key-unknown"),
        (lambda bot, exchange: bot.config["exchange"].update(key="x"), 4, "credentials-in-config"),
        (lambda bot, exchange: bot.config.pop("api_key_guard"), 4, "section-missing"),
        (lambda bot, exchange: bot.config["api_key_guard"].update(enabled=False), 4, "guard-disabled"),
        (lambda bot, exchange: bot.config["api_key_guard"].update(enabled="no"), 4, "section-invalid"),
    ],
)
@pytest.mark.parametrize("kind", ["wheel", "no pth"])
def test_the_launcher_ends_with_the_guards_own_code(
    bot: DemoBot,
    exchange: SimulatedBitMEX,
    environment: Callable[[str], Path],
    kind: str,
    change: Callable[[DemoBot, SimulatedBitMEX], Any],
    code: int,
    rule: str,
) -> None:
    change(bot, exchange)
    process = launched(environment(kind), bot)
    assert process.wait() == code, process.output
    assert f"[error] {rule}:" in process.output
    assert "to: RUNNING" not in process.output
    assert set(exchange.paths()) <= {"GET /apiKey"}


def test_the_launcher_ends_with_freqtrades_code_if_freqtrade_failed(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path
) -> None:
    bot.config["strategy"] = "NoSuchStrategy"
    assert launched(wheel, bot).wait() == 2
    bot.config["exchange"]["name"] = "nosuchexchange"
    assert launched(wheel, bot).wait() == 2


def test_the_launcher_starts_a_dry_run_without_a_check(bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path) -> None:
    bot.config["dry_run"] = True
    process = launched(wheel, bot)
    assert process.wait_for_output(), process.output
    assert process.stop() == 130
    assert "GET /apiKey" not in exchange.paths()


def test_wrong_usage_of_the_launcher_ends_with_4(bot: DemoBot, wheel: Path) -> None:
    assert launched(wheel, bot, "--no-such-flag").wait() == 4
    assert Process([str(wheel), "-m", "freqtrade", "trade", "--no-such-flag"], bot.folder).wait() == 0


def test_a_syntax_error_ends_the_launcher_with_4_and_no_secret(bot: DemoBot, wheel: Path) -> None:
    allow_secrets_in(bot.folder / "config.json")
    (bot.folder / "config.json").write_text('{"exchange": {"secret": "' + SECRET + '",,}}')
    done = run(wheel, bot, "trade", "-c", "config.json")
    assert done.returncode == 4
    assert "config-unreadable" in done.stdout
    assert SECRET not in done.stdout + done.stderr


def test_the_launcher_takes_a_config_from_standard_input(bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path) -> None:
    exchange.keys[:] = [key(cidr="")]
    assert run(wheel, bot, "trade", "-c", "-", stdin=bot.write().read_text()).returncode == 2


@pytest.mark.parametrize("arguments", [["trade"], ["--check-only"]])
def test_our_commands_name_the_ccxt_that_has_bitmex(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path, arguments: list[str]
) -> None:
    # As ccxt 4.5.84 is, seen from here: the class is gone and so is its name in the list.
    script = (
        "import sys, ccxt, ccxt.pro, ccxt.async_support\n"
        "for room in (ccxt, ccxt.pro, ccxt.async_support):\n"
        "    del room.bitmex\n"
        "    room.exchanges.remove('bitmex')\n"
        "from freqtrade_bitmex_guard.cli import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    command = [str(wheel), "-c", script, *arguments, "-c", str(bot.write())]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=bot.folder)
    assert done.returncode == 4, done.stdout + done.stderr
    assert "pip install 'ccxt<=4.5.83'" in done.stdout


@pytest.mark.parametrize("order", [["trade", "--check-only"], ["--check-only", "trade"]])
def test_the_launcher_with_check_only_stops_before_trading(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path, order: list[str]
) -> None:
    done = run(wheel, bot, *order, "-c", str(bot.write()))
    assert done.returncode == 0
    assert ": ADMITTED" in done.stdout.splitlines()[0]
    assert set(exchange.paths()) == CHECK_REQUESTS
    assert len(exchange.requests) == 4


def test_the_launcher_waits_for_an_exchange_that_is_down(bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path) -> None:
    # The waits are half a minute and more; here they are made short, in the process itself.
    script = (
        "import sys, freqtrade_bitmex_guard.plugin.start_guard as hook\n"
        "hook._FIRST_WAIT_SECONDS = 0.5\n"
        "from freqtrade_bitmex_guard.cli import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    bot.config["api_key_guard"]["timeout_seconds"] = 1
    command = [str(wheel), "-c", script, "trade", "--wait-for-exchange", "1", "-c", str(bot.write())]
    exchange.respond_next("/apiKey", *[error(503, "down for maintenance")] * 3)
    process = Process(command, bot.folder)
    assert process.wait_for_output(), process.output
    process.stop()
    assert "Next check in" in process.output
    assert exchange.paths().count("GET /apiKey") == 4

    exchange.keys.clear()  # a lasting cause is not waited for
    process = Process(command, bot.folder)
    assert process.wait() == 3
    assert "Next check in" not in process.output


@pytest.mark.parametrize("exchange_id", ["bitmex", "kraken"])
def test_the_demo_shows_the_main_job_in_under_a_minute(bot: DemoBot, wheel: Path, exchange_id: str) -> None:
    began = time.monotonic()
    done = run(wheel, bot, "demo", *(() if exchange_id == "bitmex" else ("--exchange", exchange_id)))
    assert done.returncode == 0, done.stdout + done.stderr
    assert time.monotonic() - began < 60
    for expected in (
        "withdraw-permission",
        "ip-unrestricted",
        "permission-missing",
        "admitted",
        "exit code 2",
        "running",
    ):
        assert expected in done.stdout
    assert done.stdout.splitlines()[-1] == "  freqtrade-bitmex-guard setup -c config.json"
