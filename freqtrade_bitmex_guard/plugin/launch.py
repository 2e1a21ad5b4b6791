"""The explicit guarded start: freqtrade's own `trade`, with hooks installed here and the guard's exit codes."""

from __future__ import annotations

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.client import installed_ccxt
from freqtrade_bitmex_guard.config.files import can_be_read_twice, read_config
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.model.verdict import EXIT_CODES
from freqtrade_bitmex_guard.plugin import import_hook


def trade(argv: list[str], config_files: list[str], *, wait_seconds: float) -> int:
    """Start `freqtrade trade`, guarded even where the `.pth` line did not run.

    Args:
        argv: freqtrade's own arguments, behind `trade`.
        config_files: that these arguments name.
        wait_seconds: how long to repeat the check while its cause to fail is transient.

    Returns:
        The guard's exit code if the guard stopped it, else freqtrade's.

    Raises:
        GuardError: misconfigured, if the config cannot be read or ccxt lacks the exchange, or if freqtrade ended as if
            all were well and no bot was built.
    """
    _check_config_first(config_files)
    # Imported here, as below, because it takes a second. The hooks are installed by hand, because another import hook
    # may have loaded the bot's module before ours.
    from freqtrade import freqtradebot  # noqa: PLC0415

    import_hook.install_in(freqtradebot)
    from freqtrade_bitmex_guard.plugin.start_guard import START_GUARD  # noqa: PLC0415

    START_GUARD.require_guard = True
    START_GUARD.wait_seconds = wait_seconds
    from freqtrade.main import main  # noqa: PLC0415

    code: object = 0
    try:
        main(["trade", *argv])
    except SystemExit as end:
        code = end.code
    if START_GUARD.last_refusal is not None:
        return START_GUARD.last_refusal.exit_code
    if import_hook.install_error is not None:
        return EXIT_CODES[Outcome.MISCONFIGURED]
    if not START_GUARD.built_count and code in (0, None):
        # freqtrade ends so where it does not accept its config.
        fail(
            "config-unreadable",
            "freqtrade ended before it had built a bot, so nothing was started.",
            "freqtrade's log above says what it does not accept; `freqtrade show-config -c CONFIG` says it again.",
        )
    return code if isinstance(code, int) else 0 if code is None else 1


def _check_config_first(files: list[str]) -> None:
    """Report what would stop freqtrade before it reaches our hooks, and there with exit code 0 or without a fix."""
    if not can_be_read_twice(files):
        return  # freqtrade is the one who reads it; the hooks judge what it read
    exchange = read_config(files).get("exchange")
    name = exchange.get("name") if isinstance(exchange, dict) else None
    if isinstance(name, str) and name.lower() in exchanges.supported_ids():
        installed_ccxt.exchange_class(exchanges.get_adapter(name).profile)
