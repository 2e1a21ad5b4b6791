"""One client for all bots whose settings are the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from freqtrade_bitmex_guard.client import exchange_client
from freqtrade_bitmex_guard.client.exchange_client import ExchangeClient
from freqtrade_bitmex_guard.client.settings import Places
from freqtrade_bitmex_guard.model.profile import ExchangeProfile

# What bots of one exchange differ in, and no client depends on.
_OF_THE_BOT = ("pair_whitelist", "pair_blacklist")


class ClientCache:
    """Builds each client once. None of them may be given credentials: copy it with `for_one_check` first."""

    def __init__(self) -> None:
        self._clients: dict[str, ExchangeClient] = {}

    def build_client(
        self, exchange: Mapping[str, Any], profile: ExchangeProfile, allowed_hosts: list[str], places: Places
    ) -> ExchangeClient:
        """Return a client for a bot's settings; see `exchange_client.build_client`.

        Raises:
            GuardError: misconfigured, with everything that makes an answer untrustworthy.
        """
        settings = {name: value for name, value in exchange.items() if name not in _OF_THE_BOT}
        # A config in which something is wrong raises each time, so no credential is kept.
        key = json.dumps([profile.id, settings, sorted(allowed_hosts)], sort_keys=True, default=repr)
        if key not in self._clients:
            self._clients[key] = exchange_client.build_client(exchange, profile, allowed_hosts, places)
        return self._clients[key]
