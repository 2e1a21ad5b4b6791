"""Bitget, with a classic or a unified account."""

from freqtrade_bitmex_guard.simulator.bitget.exchange import SimulatedBitget as SimulatedBitget
from freqtrade_bitmex_guard.simulator.bitget.exchange import error as error
from freqtrade_bitmex_guard.simulator.bitget.exchange import signature as signature
from freqtrade_bitmex_guard.simulator.bitget.exchange import text_to_sign as text_to_sign

SIMULATOR = SimulatedBitget
