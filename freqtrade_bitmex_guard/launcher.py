"""The explicit guarded start: freqtrade's own `trade`, with the guard placed by hand and its exit codes told apart."""

from __future__ import annotations

from freqtrade_bitmex_guard import autoload, exit_codes, freqtrade_config, venues
from freqtrade_bitmex_guard.exchange import client
from freqtrade_bitmex_guard.findings import Outcome


def trade(arguments: list[str], *, wait_seconds: float) -> int:
    """Start `freqtrade trade`, guarded even where the `.pth` line did not run.

    Args:
        arguments: freqtrade's own, behind `trade`.
        wait_seconds: how long to keep asking an exchange that is down for a passing cause.

    Returns:
        The guard's exit code if the guard stopped it, else freqtrade's.

    Raises:
        Stopped: misconfigured, if freqtrade does not take the arguments or the config cannot be read.
    """
    _look_ahead(arguments)
    # Imported here, as below: a second of imports, and ccxt. Placed by hand, for somebody else's finder may have loaded
    # the bot's module before ours was asked.
    from freqtrade import freqtradebot  # noqa: PLC0415

    autoload.place(freqtradebot)
    from freqtrade_bitmex_guard.freqtrade_hook import GATE  # noqa: PLC0415

    GATE.required = True
    GATE.wait_seconds = wait_seconds
    from freqtrade.main import main  # noqa: PLC0415

    code: object = 0
    try:
        main(["trade", *arguments])
    except SystemExit as end:
        code = end.code
    if GATE.ended is not None:
        return exit_codes.of(GATE.ended)
    if autoload.refusal is not None:
        return exit_codes.OF[Outcome.MISCONFIGURED]
    return code if isinstance(code, int) else 0 if code is None else 1


def _look_ahead(arguments: list[str]) -> None:
    """Tell in our words what freqtrade would stop at before it asks us: with exit code 0, or naming no way out."""
    files = freqtrade_config.parse(arguments)["config"]
    if "-" in files:
        return  # standard input can be read once only, and that is freqtrade's
    exchange = freqtrade_config.read(files).get("exchange")
    name = exchange.get("name") if isinstance(exchange, dict) else None
    if isinstance(name, str) and name.lower() in venues.known():
        client.ccxt_class(venues.find(name).terms)
