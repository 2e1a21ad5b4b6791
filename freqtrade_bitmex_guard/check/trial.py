"""The bot's own check, of credentials that are in no store yet. No bot is started on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.config.section import GuardConfig
from freqtrade_bitmex_guard.model.credentials import Credentials
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.model.verdict import Verdict


class Trial(LocalCheck):
    """One check of one candidate: the same route, exchange, rules and policy as the bot's, without its store."""

    def __init__(self, config: Mapping[str, Any], candidate: Credentials) -> None:
        """Take freqtrade's whole, merged config, with the section that the bot will use, and the candidate."""
        super().__init__(config)
        self._candidate = candidate

    def _credentials(self, _section: GuardConfig, _profile: ExchangeProfile) -> Credentials:  # type: ignore[override]
        return self._candidate

    def run(self) -> Verdict:
        """Carry the check out, once; see `Check.run`.

        Raises:
            RuntimeError: if another key than the candidate was admitted, which is a bug.
        """
        verdict = super().run()
        if verdict.admitted and (self.proven is None or self.proven.credentials is not self._candidate):
            raise RuntimeError("another key was checked than the candidate")
        return verdict
