"""A check imports only what it needs, and other modules can be imported later."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from freqtrade_bitmex_guard.simulator.bot import DemoBot

pytestmark = pytest.mark.slow

PREFLIGHT = """
import sys
sys.argv = ["freqtrade-bitmex-guard", "--check-only", "--format", "json", "-c", sys.argv[1]]
from freqtrade_bitmex_guard.cli import main
code = main()
heavy = ("pandas.core", "numpy", "ccxt.binance", "sqlalchemy", "rich", "charset_normalizer.api")
large = [name for name in heavy if name in sys.modules]
import gc, os
assert gc.isenabled() and not {name for name in os.environ if name.startswith("PYDANTIC")}
import charset_normalizer, requests
assert requests.compat.chardet.detect(b"text")["encoding"] == "ascii" and "charset_normalizer.api" in sys.modules
import ccxt, pandas, freqtrade.configuration, freqtrade.misc
whole = [ccxt.__version__, ccxt.binance, ccxt.bitmex, pandas.DataFrame, freqtrade.configuration.Configuration]
assert ccxt.bitmex is sys.modules["ccxt.bitmex"].bitmex and "bitmex" in ccxt.exchanges
assert freqtrade.misc.json_to_dataframe(freqtrade.misc.dataframe_to_json(pandas.DataFrame([[1]]))).size == 1
print(code, large, len(whole), file=sys.stderr)
"""


def test_the_preflight_imports_no_other_exchange_and_no_pandas(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path
) -> None:
    done = subprocess.run(
        [wheel, "-c", PREFLIGHT, str(bot.write())], capture_output=True, text=True, check=False, cwd=bot.folder
    )
    assert done.stderr.splitlines()[-1] == "0 [] 5", done.stderr
    assert json.loads(done.stdout)["verdict"] == "admitted"
    assert exchange.paths()[0] == "GET /apiKey"


def test_the_preflight_names_the_ccxt_to_install_where_it_has_no_bitmex(bot: DemoBot, wheel: Path) -> None:
    # Like ccxt 4.5.84: without that module, and without its name in the list.
    later = bot.folder / "later" / "ccxt"
    later.mkdir(parents=True)
    (later / "__init__.py").write_text("__version__ = '4.5.84'\nexchanges = []\n")
    done = subprocess.run(
        [wheel.parent / "freqtrade-bitmex-guard", "--check-only", "-c", str(bot.write())],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(later.parent)},
    )
    assert done.returncode == 4, done.stdout + done.stderr
    assert "ccxt 4.5.84 has no bitmex" in done.stdout
    assert "pip install 'ccxt<=4.5.83'" in done.stdout
