"""OKX's site for Europe: hosts and keys of its own, otherwise as `okx`."""

from __future__ import annotations

from dataclasses import replace

from freqtrade_bitmex_guard.exchanges import okx


class MyOKX(okx.OKX):
    """OKX; only the hosts differ."""

    profile = replace(
        okx.PROFILE,
        id="myokx",
        hosts=("eea.okx.com", "my.okx.com"),
        websocket_hosts=("wseea.okx.com:8443", "wseeapap.okx.com:8443", "wseea.okx.com", "wseeapap.okx.com"),
        page=replace(okx.PROFILE.page, location="the page API and connections (my.okx.com/account/my-api)"),
    )


ADAPTER = MyOKX()
