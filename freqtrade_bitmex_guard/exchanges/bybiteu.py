"""Bybit's site for Europe: hosts and keys of its own, otherwise as `bybit`."""

from __future__ import annotations

from dataclasses import replace

from freqtrade_bitmex_guard.exchanges import bybit


class BybitEU(bybit.Bybit):
    """Bybit; only the hosts differ."""

    profile = replace(
        bybit.PROFILE,
        id="bybiteu",
        hosts=("api.bybit.eu", "api-testnet.bybit.eu"),
        websocket_hosts=("stream.bybit.eu", "stream-testnet.bybit.eu"),
        page=replace(bybit.PROFILE.page, location="the page API Management (www.bybit.eu/app/user/api-management)"),
    )


ADAPTER = BybitEU()
