"""What makes a passing check worth little: a guard that is disabled or not armed, and a clock that may be off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from freqtrade_bitmex_guard import is_armed
from freqtrade_bitmex_guard.config.parse import GuardState, guard_state
from freqtrade_bitmex_guard.model.findings import Finding, GuardError, warning


def find_disabled(config: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield a warning if the section disables the guard.

    Args:
        config: freqtrade's whole, merged config.
    """
    try:
        state = guard_state(config)
    except GuardError:  # the verdict says so already
        return
    if state is GuardState.DISABLED:
        yield warning(
            "guard-disabled",
            "api_key_guard.enabled is false: `freqtrade trade` would start without this check, and without a key.",
            "Set it to true.",
        )


def find_not_armed() -> Iterator[Finding]:
    """Yield a warning if plain `freqtrade trade` is not guarded in this environment."""
    if not is_armed():
        yield warning(
            "guard-not-armed",
            "Plain `freqtrade trade` is not guarded in this environment: the line that arms the guard did not run "
            "when Python started, as after `pip install --target` or a partial copy of site-packages.",
            "Start the bot with `freqtrade-bitmex-guard trade -c CONFIG`, or install the guard with pip where "
            "freqtrade is.",
        )


def clock_warning(detail: str) -> Finding:
    """Return the warning about a clock that no time source keeps right.

    Args:
        detail: what the machine says of its clock.
    """
    return warning(
        "clock-skew",
        f"The clock may be off: {detail}. An exchange rejects what a machine signs whose clock is off.",
        "Look with `timedatectl timesync-status` whether the time servers can be reached.",
    )
