"""Exchanges of which only the credentials matter to a test: their keys have other parts than BitMEX's."""

from __future__ import annotations

from dataclasses import replace

from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.credentials import KEY, PASSWORD, PEM_SECRET, PRIVATE_KEY, SECRET, WALLET_ADDRESS

WITH_PASSWORD = replace(PROFILE, credentials=(KEY, SECRET, PASSWORD))
WITH_PEM = replace(PROFILE, credentials=(KEY, PEM_SECRET), shapes={})
WITH_WALLET = replace(PROFILE, credentials=(WALLET_ADDRESS, PRIVATE_KEY))
