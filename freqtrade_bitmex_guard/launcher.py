"""The explicit guarded start: freqtrade's own `trade`, with the guard placed by hand and its exit codes told apart."""

from __future__ import annotations

from freqtrade_bitmex_guard import autoload, exit_codes, freqtrade_config
from freqtrade_bitmex_guard.findings import Outcome


def trade(arguments: list[str], *, wait_seconds: float) -> int:
    """Start `freqtrade trade`, guarded even where the `.pth` line did not run.

    Args:
        arguments: freqtrade's own, behind `trade`.
        wait_seconds: how long to keep asking an exchange that is down for a passing cause.

    Returns:
        The guard's exit code if the guard stopped it, else freqtrade's.

    Raises:
        Stopped: misconfigured, if freqtrade does not take the arguments.
    """
    # freqtrade itself would end with 0 on wrong usage.
    freqtrade_config.parse(arguments)
    autoload.arm()
    from freqtrade_bitmex_guard.freqtrade_hook import GATE  # noqa: PLC0415 - imports freqtrade's exchange, and ccxt

    GATE.required = True
    GATE.wait_seconds = wait_seconds
    from freqtrade.main import main  # noqa: PLC0415

    code: object = 0
    try:
        main(["trade", *arguments])
    except SystemExit as end:
        code = end.code
    if GATE.stopped is not None:
        return exit_codes.of(GATE.stopped)
    if autoload.refusal is not None:
        return exit_codes.OF[Outcome.MISCONFIGURED]
    return code if isinstance(code, int) else 0 if code is None else 1
