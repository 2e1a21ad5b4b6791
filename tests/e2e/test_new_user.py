"""A new user: an environment with this plugin, a config without a key, a terminal, and a real Secret Service.

The test types the README's commands one after the other.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from freqtrade_bitmex_guard.simulator.bot import DemoBot
from tests.support.factories import KEY_ID, SECRET, key, skip_or_fail
from tests.support.pty import ENTER, INTERRUPT, ROOT, Session

pytestmark = pytest.mark.slow
README = (ROOT / "README.md").read_text(encoding="utf-8")
LOG_IN = "printf 'password of the keyring\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null"


def commands(folder: Path, python: Path) -> list[str]:
    """Return the two commands of the README, as they are typed in the bot's environment."""
    (setup,) = re.findall(r"^freqtrade-bitmex-guard setup .*$", README, re.MULTILINE)
    trade = "freqtrade trade -c config.json"
    assert setup == "freqtrade-bitmex-guard setup -c config.json"
    assert f"`{trade}`" in README
    return [f"{python.parent}/{setup}", f"{python} -m {trade}"]


def test_setup_alone_is_enough_from_no_key_to_a_guarded_bot(tmp_path: Path, wheel: Path) -> None:
    for tool in ("dbus-run-session", "gnome-keyring-daemon"):
        if shutil.which(tool) is None:
            skip_or_fail(tool)
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    variables = {
        "PATH": f"{wheel.parent}:/usr/bin:/bin",
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home),
        "XDG_DATA_HOME": str(home),
        "LANG": "C.UTF-8",
        "TERM": "xterm",
        "PROMPT_TOOLKIT_NO_CPR": "1",
    }
    with SimulatedBitMEX() as exchange:
        bot = DemoBot(tmp_path / "bot", exchange)
        del bot.config["api_key_guard"]
        bot.write()
        script = "\n".join([LOG_IN, *commands(bot.folder, wheel)])
        talk = Session("dbus-run-session", "--", "sh", "-euc", script, env=variables, folder=bot.folder)
        talk.answer("Is that host yours?", f"y{ENTER}")
        talk.answer("be stored?")
        talk.answer("already?")
        talk.answer("for your account?", f"y{ENTER}")
        talk.answer("recognise it later:")
        talk.answer("first-last):", f"127.0.0.1{ENTER}")
        talk.answer("Use it like this?", f"y{ENTER}")
        exchange.keys.append(key(name="freqtrade-btc-usdt"))  # created on the exchange's page, as setup said
        talk.answer("Key id:", f"{KEY_ID}{ENTER}")
        talk.answer("Secret:", f"{SECRET}{ENTER}")
        talk.sees("The bot is guarded")
        talk.sees("API key LAqU… on bitmex admitted")
        talk.sees("to: RUNNING")
        talk.press(INTERRUPT)
        talk.end()
        assert exchange.paths().count("GET /apiKey") == 2  # once in setup, once at the bot's start
    for hidden in (SECRET[:8], KEY_ID[:5]):
        assert hidden not in talk.shown
        assert hidden not in (bot.folder / "config.json").read_text()
