"""Notifies the operator of a refused start, when there is no bot yet whose RPC could do it.

This is best effort and never changes what else happens: it takes five seconds at most, fails with nothing but a line in
the log, and repeats the same message only after an hour.
"""

from __future__ import annotations

import contextlib
import functools
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

# With the second that a thread gets to end, this stays under five.
_TOTAL_TIMEOUT_SECONDS = 3.9

_REQUEST_TIMEOUT_SECONDS = 3.5


def notify_refusal(config: Mapping[str, Any], verdict: Verdict) -> None:
    """Send a message about a refused start by Telegram, webhook and Discord, as the bot's config has them.

    Args:
        config: freqtrade's whole, merged config.
        verdict: why the bot was not started.

    Raises:
        Nothing: whatever goes wrong is a line in the log.
    """
    try:
        channels = _channels(config, chat.start_refused(verdict, str(config.get("bot_name") or "freqtrade")))
        sent_file, digest = _sent_file(config), _refusal_digest(config, verdict)
        if not channels or _was_sent(sent_file, digest):
            return
        outcomes = deadline.run_with_timeout(
            lambda: deadline.run_concurrently(list(channels.values())), _TOTAL_TIMEOUT_SECONDS
        )
        failed = [name for name, outcome in zip(channels, outcomes, strict=True) if isinstance(outcome, BaseException)]
        if failed:
            # Without the reason: the addresses are secrets, and requests puts them into its errors.
            logger.warning("API key guard: the operator could not be notified by %s.", ", ".join(failed))
        if len(failed) < len(channels):
            _mark_sent(sent_file, digest)
    except BaseException as problem:
        logger.warning("API key guard: the operator could not be notified (%s).", type(problem).__name__)


def _channels(config: Mapping[str, Any], message: str) -> dict[str, Callable[[], None]]:
    senders = {"webhook": _webhook, "discord": _discord, "telegram": _telegram}
    enabled = [name for name in senders if isinstance(config.get(name), dict) and config[name].get("enabled") is True]
    # Muted, because the addresses are secrets, and at -vvv urllib3 logs them.
    return {
        name: output.muted(functools.partial(senders[name], deepcopy(dict(config[name])), config, message))
        for name in enabled
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
    """Let freqtrade's class format the message and send it here, because the class hides a failure."""
    payloads: list[dict[str, Any]] = []
    handler._send_msg = payloads.append
    handler.send_msg({"type": RPCMessageType.STATUS, "status": message})
    if not any(message.partition("\n")[0] in str(payload) for payload in payloads):
        payloads = [{"status": message}]  # its format is unusable or lacks the message
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


def _post(url: str, **options: Any) -> None:
    requests.post(url, timeout=_REQUEST_TIMEOUT_SECONDS, allow_redirects=False, **options).raise_for_status()


def _refusal_digest(config: Mapping[str, Any], verdict: Verdict) -> str:
    """Return a digest of what a refusal means to the operator; the same refusal has the same digest."""
    # Without warnings, which come and go.
    names = sorted({finding.name for finding in verdict.findings if finding.severity is Severity.ERROR})
    same = [str(config.get("bot_name")), verdict.outcome, verdict.exchange, verdict.key, *names]
    return hashlib.blake2b(json.dumps(same).encode(), digest_size=8).hexdigest()


def _sent_file(config: Mapping[str, Any]) -> Path:
    return Path(config["user_data_dir"]) / SECTION / _SENT_FILE_NAME


def _read_sent(sent_file: Path) -> dict[str, float]:
    try:
        digests = json.loads(atomic_file.read_limited(sent_file, _MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(digests, dict):
        return {}
    now = time.time()
    return {
        digest: sent_at
        for digest, sent_at in digests.items()
        if isinstance(sent_at, float) and 0 <= now - sent_at < _REPEAT_AFTER_SECONDS
    }


def _was_sent(sent_file: Path, digest: str) -> bool:
    return digest in _read_sent(sent_file)


def _mark_sent(sent_file: Path, digest: str) -> None:
    with contextlib.suppress(OSError):  # then it is sent again, which is better than not at all
        atomic_file.write_atomically(sent_file, json.dumps({**_read_sent(sent_file), digest: time.time()}))
