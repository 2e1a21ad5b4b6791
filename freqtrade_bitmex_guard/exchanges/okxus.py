"""OKX's site for the USA: hosts and keys of its own, otherwise as `okx`."""

from __future__ import annotations

from dataclasses import replace

from freqtrade_bitmex_guard.exchanges import okx


class OKXUS(okx.OKX):
    """OKX; only the hosts differ."""

    profile = replace(
        okx.PROFILE,
        id="okxus",
        hosts=("us.okx.com", "app.okx.com"),
        websocket_hosts=("wsus.okx.com:8443", "wsuspap.okx.com:8443", "wsus.okx.com", "wsuspap.okx.com"),
        page=replace(okx.PROFILE.page, location="the page API and connections (app.okx.com/account/my-api)"),
    )


ADAPTER = OKXUS()
