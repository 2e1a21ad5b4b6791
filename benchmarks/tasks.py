"""Writes down what a check asks of an exchange, so that a script without the guard can ask the same."""

import json
from pathlib import Path
from typing import Any
from unittest import mock

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.client import session
from freqtrade_bitmex_guard.client.calls import send_call
from freqtrade_bitmex_guard.simulator.bot import DemoBot


def write_task(bot: DemoBot) -> Path:
    """Check a bot's key once, and write the calls about the key for `one_class.py`.

    Args:
        bot: its key is stored, and its exchange is running.

    Returns:
        The file.
    """
    calls: list[Any] = []
    settings: dict[str, Any] = dict(bot.exchange.ccxt_config())

    def record(client: Any, call: Any, api_form: Any) -> None:
        calls.append((call.path, api_form, call.verb, dict(call.params)))
        settings["urls"] = {"api": client.urls["api"]}
        extra = exchanges.get_adapter(bot.exchange.exchange_id).profile.extra_apis
        settings["options"] = {name: value for one in extra for name, value in one.options.items()}
        send_call(client, call, api_form)

    with mock.patch.object(session, "send_call", record):
        check = LocalCheck(bot.config)
        check.run()
        calls.clear()
        check.recheck()
    fields = exchanges.get_adapter(bot.exchange.exchange_id).profile.credentials
    files = {field.ccxt_name: str(bot.folder / field.name) for field in fields}
    path = bot.folder / "task.json"
    path.write_text(json.dumps({"settings": settings, "files": files, "calls": calls}))
    return path
