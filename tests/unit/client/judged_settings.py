"""ccxt settings as an operator may write them, and what is found wrong with them."""

from __future__ import annotations

from typing import Any

from freqtrade_bitmex_guard.client import exchange_client
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import GuardError

HOSTS = ["www.bitmex.com", "testnet.bitmex.com", "127.0.0.1", "::1", "localhost"]


PROXY = "http://user:hunter2@10.0.0.1:3128"


def urls(public: str, private: str | None = None) -> dict[str, Any]:
    return {"urls": {"api": {"public": public, "private": private or public}}}


def findings_of(exchange: dict[str, Any], hosts: list[str] | None = None) -> set[str]:
    try:
        exchange_client.build_client(exchange, PROFILE, hosts or HOSTS)
    except GuardError as stopped:
        assert all(finding.outcome is Outcome.MISCONFIGURED for finding in stopped.findings)
        assert "hunter2" not in str(stopped)
        return {finding.name for finding in stopped.findings}
    return set()
