"""Hyperliquid, a decentralised exchange: a key is the private key of an API wallet."""

from freqtrade_bitmex_guard.simulator.hyperliquid.exchange import SimulatedHyperliquid as SimulatedHyperliquid

SIMULATOR = SimulatedHyperliquid
