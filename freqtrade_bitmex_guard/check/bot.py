"""The check of one bot by its config, as the command `check` makes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from freqtrade_bitmex_guard.check import environment
from freqtrade_bitmex_guard.check.open import open_check
from freqtrade_bitmex_guard.model.verdict import Verdict


def check_config(config: Mapping[str, Any]) -> Verdict:
    """Check the key of a bot, and say if its config has the guard disabled.

    Args:
        config: freqtrade's whole, merged config.
    """
    return open_check(config).run().verdict.with_findings(*environment.find_disabled(config))
