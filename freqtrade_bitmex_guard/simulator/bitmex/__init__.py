"""BitMEX, which closed on 2026-09-23."""

from freqtrade_bitmex_guard.simulator.bitmex.exchange import SimulatedBitMEX as SimulatedBitMEX
from freqtrade_bitmex_guard.simulator.bitmex.exchange import error as error
from freqtrade_bitmex_guard.simulator.bitmex.keys import Key as Key
from freqtrade_bitmex_guard.simulator.bitmex.keys import random_key as random_key

SIMULATOR = SimulatedBitMEX
