"""Notifies the operator of a refused start, and of warnings of an admitted one, while there is no bot whose RPC could.

This is best effort and never changes what else happens: it takes five seconds at most, fails with nothing but a line in
the log, and repeats the same message only after an hour.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import logging
import re
import socket
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import requests
from freqtrade.enums import RPCMessageType
from freqtrade.rpc.discord import Discord
from freqtrade.rpc.webhook import Webhook

from freqtrade_bitmex_guard.client.http import TrackingAdapter
from freqtrade_bitmex_guard.model.bot import BotLabel
from freqtrade_bitmex_guard.model.findings import Finding, Severity
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.plugin import sent_messages
from freqtrade_bitmex_guard.plugin.sent_messages import SentMessages
from freqtrade_bitmex_guard.redaction import output
from freqtrade_bitmex_guard.report import chat
from freqtrade_bitmex_guard.util import deadline

logger = logging.getLogger("freqtrade_bitmex_guard")

_TELEGRAM_URL = "https://api.telegram.org"

# With the second that a thread gets to end, this stays under five.
_TOTAL_TIMEOUT_SECONDS = 3.9

_REQUEST_TIMEOUT_SECONDS = 3.5

# An event with its moment, or a key by its first characters.
_ITEM = re.compile(r"[^\s,:]+(?: \([^)]*\))? on \d{4}-\d\d-\d\d \d\d:\d\d UTC|\S{1,4}…")

_connections: list[socket.socket] = []
"""Of the messages that are being sent."""


def notify_refusal(config: Mapping[str, Any], verdict: Verdict) -> None:
    """Send a message about a refused start by Telegram, webhook and Discord, as the bot's config has them.

    Args:
        config: freqtrade's whole, merged config.
        verdict: why the bot was not started.

    Raises:
        Nothing: whatever goes wrong is a line in the log.
    """
    with _best_effort():
        channels = _channels(config, chat.start_refused(verdict, verdict.bot or BotLabel.of(config)))
        sent = _memory(config, sent_messages.REFUSALS)
        digests = {name: [_refusal_digest(config, verdict, name)] for name in channels}
        unsent = {name: send for name, send in channels.items() if not sent.holds(digests[name][0])}
        _send_and_remember(unsent, digests, sent)


def notify_warnings(config: Mapping[str, Any], verdict: Verdict) -> None:
    """Send the warnings of an admitted start, each once; see `notify_refusal`.

    Args:
        config: freqtrade's whole, merged config.
        verdict: that admitted the bot.
    """
    with _best_effort():
        bot = verdict.bot or BotLabel.of(config)
        sent = _memory(config, sent_messages.WARNINGS)
        for name in _channels(config, ""):
            new = [finding for finding in verdict.findings if not all(map(sent.holds, _marks(config, finding, name)))]
            if new:
                message = chat.start_warnings(verdict, new, bot)
                marks = [mark for finding in new for mark in _marks(config, finding, name)]
                _send_and_remember({name: _channels(config, message)[name]}, {name: marks}, sent)


@contextlib.contextmanager
def _best_effort() -> Iterator[None]:
    try:
        yield
    except BaseException as problem:
        logger.warning("API key guard: the operator could not be notified (%s).", type(problem).__name__)
    finally:
        _abort()


def _memory(config: Mapping[str, Any], kind: str) -> SentMessages:
    return SentMessages(Path(config.get("user_data_dir") or "user_data"), kind)


def _send_and_remember(
    channels: dict[str, Callable[[], None]], digests: Mapping[str, Collection[str]], sent: SentMessages
) -> None:
    if not channels:
        return
    outcomes = deadline.run_with_timeout(
        lambda: deadline.run_concurrently(list(channels.values())), _TOTAL_TIMEOUT_SECONDS, _abort
    )
    failed = [name for name, outcome in zip(channels, outcomes, strict=True) if isinstance(outcome, BaseException)]
    if failed:
        # Without the reason: the addresses are secrets, and requests puts them into its errors.
        logger.warning("API key guard: the operator could not be notified by %s.", ", ".join(failed))
    sent.add([digest for name in channels if name not in failed for digest in digests[name]])


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
    """Send a message; of the answer nothing is read but its status and a bounded number of headers."""
    with requests.Session() as session:
        for scheme in ("https://", "http://"):
            session.mount(scheme, TrackingAdapter(_track))
        options |= {"timeout": _REQUEST_TIMEOUT_SECONDS, "allow_redirects": False, "stream": True}
        with session.post(url, **options) as response:
            response.raise_for_status()


def _track(connection: socket.socket) -> None:
    _connections.append(connection.dup())  # which still reaches it after TLS has taken over the original


def _abort() -> None:
    """End what still waits for an answer: its thread would read on for as long as the process lives."""
    while _connections:
        with contextlib.suppress(OSError), _connections.pop() as connection:
            connection.shutdown(socket.SHUT_RDWR)


def _refusal_digest(config: Mapping[str, Any], verdict: Verdict, channel: str) -> str:
    """Return what is equal for two refusals that mean the same to the operator, by one channel."""
    # Without warnings, which come and go.
    names = sorted({finding.name for finding in verdict.findings if finding.severity is Severity.ERROR})
    return _digest([str(config.get("bot_name")), verdict.outcome, verdict.exchange, verdict.key, channel, *names])


def _marks(config: Mapping[str, Any], finding: Finding, channel: str) -> list[str]:
    """Return what tells a warning from those before: its events and keys where it lists any, else its name.

    The age of a key grows each day, and an old event drops out of the list: neither is news.
    """
    items = _ITEM.findall(finding.message) or [""]
    return [_digest([str(config.get("bot_name")), channel, finding.name, item]) for item in items]


def _digest(parts: Sequence[str | None]) -> str:
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=8).hexdigest()
