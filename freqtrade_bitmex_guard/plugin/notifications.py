"""Tells the operator of a refused start: there is no bot yet whose RPC could do it.

Best effort, and never the reason why anything else happens: it takes five seconds at most, fails silently but for a
line in the log, and tells the same thing once an hour.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import time
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import requests
from freqtrade.enums import RPCMessageType
from freqtrade.rpc.discord import Discord
from freqtrade.rpc.webhook import Webhook

from freqtrade_bitmex_guard.config.section import SECTION
from freqtrade_bitmex_guard.model.findings import Severity
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.redaction import output
from freqtrade_bitmex_guard.report import chat
from freqtrade_bitmex_guard.util import atomic_file, deadline

logger = logging.getLogger("freqtrade_bitmex_guard")


_SENT_FILE_NAME = "told.json"


_TELEGRAM_URL = "https://api.telegram.org"


_REPEAT_AFTER_SECONDS = 3_600


_MAX_BYTES = 1_000_000


# Together with a second of last words this stays under five.
_TOTAL_TIMEOUT_SECONDS = 3.9


_REQUEST_TIMEOUT_SECONDS = 3.5


def notify_refusal(config: Mapping[str, Any], verdict: Verdict) -> None:
    """Send a message about a refused start through Telegram, webhook and Discord, as the bot's config has them.

    Args:
        config: freqtrade's whole, merged config.
        verdict: why the bot was not started.

    Raises:
        Nothing: whatever goes wrong is a line in the log.
    """
    try:
        channels = _channels(config, chat.start_refused(verdict, str(config.get("bot_name") or "freqtrade")))
        memory = _sent_file(config)
        if not channels or _was_sent(memory, _refusal_digest(config, verdict)):
            return
        outcomes = deadline.run_with_timeout(
            lambda: deadline.run_concurrently(list(channels.values())), _TOTAL_TIMEOUT_SECONDS
        )
        failed = [name for name, outcome in zip(channels, outcomes, strict=True) if isinstance(outcome, BaseException)]
        if failed:
            # Not why: addresses of Telegram, webhooks and Discord are secrets, and requests puts them into its errors.
            logger.warning("API key guard: the operator could not be told through %s.", ", ".join(failed))
        if len(failed) < len(channels):
            _mark_sent(memory, _refusal_digest(config, verdict))
    except BaseException as problem:
        logger.warning("API key guard: the operator could not be told (%s).", type(problem).__name__)


def _channels(config: Mapping[str, Any], message: str) -> dict[str, Callable[[], None]]:
    made = {"webhook": _webhook, "discord": _discord, "telegram": _telegram}
    wanted = [name for name in made if isinstance(config.get(name), dict) and config[name].get("enabled") is True]
    # Quietly: their addresses are secrets, and at -vvv urllib3 logs where it sends.
    return {
        name: output.muted(lambda name=name: made[name](deepcopy(dict(config[name])), config, message))  # type: ignore[misc]
        for name in wanted
    }


def _webhook(settings: dict[str, Any], _config: Mapping[str, Any], message: str) -> None:
    if "status" not in settings and "webhookstatus" not in settings:
        settings["status"] = {"status": "{status}"}
    _send(Webhook(None, {"webhook": settings}), message)


def _discord(settings: dict[str, Any], config: Mapping[str, Any], message: str) -> None:
    settings["status"] = settings.get("status") or [{"API key guard": "{status}"}]
    names = {name: config.get(name, "") for name in ("strategy", "timeframe", "bot_name")}
    _send(Discord(None, {"discord": settings, **names}), message)


def _send(handler: Any, message: str) -> None:
    """Have freqtrade's class word the message, and send it ourselves: the class keeps a failure to itself."""
    payloads: list[dict[str, Any]] = []
    handler._send_msg = payloads.append
    handler.send_msg({"type": RPCMessageType.STATUS, "status": message})
    if not any(message.partition("\n")[0] in str(payload) for payload in payloads):
        payloads = [{"status": message}]  # its format is odd, or does not hold the message
        handler._format = "json"
    for payload in payloads:
        forms: dict[str, dict[str, Any]] = {
            "form": {"data": payload},
            "json": {"json": payload},
            "raw": {"data": payload.get("data"), "headers": {"Content-Type": "text/plain"}},
        }
        _post(handler._url, **forms[handler._format])


def _telegram(settings: dict[str, Any], _config: Mapping[str, Any], message: str) -> None:
    body = {"chat_id": settings["chat_id"], "text": message, "disable_web_page_preview": True}
    if settings.get("topic_id") is not None:
        body["message_thread_id"] = settings["topic_id"]
    # freqtrade's own class would start to poll for commands.
    url = f"{_TELEGRAM_URL}/bot{settings['token']}/sendMessage"
    _post(url, json=body)


def _post(url: str, **what: Any) -> None:
    requests.post(url, timeout=_REQUEST_TIMEOUT_SECONDS, allow_redirects=False, **what).raise_for_status()


def _refusal_digest(config: Mapping[str, Any], verdict: Verdict) -> str:
    """The same for two refusals if the operator would take them for the same."""
    # Warnings come and go; what refused is what the operator hears of.
    rules = sorted({finding.name for finding in verdict.findings if finding.severity is Severity.ERROR})
    same = [str(config.get("bot_name")), verdict.outcome, verdict.exchange, verdict.key, *rules]
    return hashlib.blake2b(json.dumps(same).encode(), digest_size=8).hexdigest()


def _sent_file(config: Mapping[str, Any]) -> Path:
    return Path(config["user_data_dir"]) / SECTION / _SENT_FILE_NAME


def _read_sent(memory: Path) -> dict[str, float]:
    try:
        told = json.loads(atomic_file.read_limited(memory, _MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(told, dict):
        return {}
    now = time.time()
    return {
        mark: moment
        for mark, moment in told.items()
        if isinstance(moment, float) and 0 <= now - moment < _REPEAT_AFTER_SECONDS
    }


def _was_sent(memory: Path, mark: str) -> bool:
    return mark in _read_sent(memory)


def _mark_sent(memory: Path, mark: str) -> None:
    with contextlib.suppress(OSError):  # then it is told again, which is better than not at all
        atomic_file.write_atomically(memory, json.dumps({**_read_sent(memory), mark: time.time()}))
