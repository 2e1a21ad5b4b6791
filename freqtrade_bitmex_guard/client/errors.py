"""Error answers of exchanges as findings."""

from __future__ import annotations

WAIT_FOR_EXCHANGE = "`freqtrade-bitmex-guard trade --wait-for-exchange 60` keeps asking, and starts once it is back."


"""The way out of a passing cause, for the fix of a finding, whatever the exchange."""
