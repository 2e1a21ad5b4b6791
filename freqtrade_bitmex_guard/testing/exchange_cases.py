"""The tables of the contract, and whole checks on a simulated exchange."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.model.findings import Severity
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.simulator.bot import DemoBot
from freqtrade_bitmex_guard.simulator.interface import SimulatedExchange
from freqtrade_bitmex_guard.simulator.keys import KeyState, Kind
from freqtrade_bitmex_guard.simulator.responses import Hang, Reaction, Reset, Response, page

watchers: list[Callable[[DemoBot], None]] = []
"""Called with each bot before its credentials are stored, for test runs that search their output for secrets."""

TRADES = (Kind.READ, Kind.TRADE, Kind.CANCEL)
# A key's state and the finding that refuses it. The second table is about networks that the exchange must report.
BAD_STATES: dict[str, tuple[dict[str, Any], str]] = {
    "withdraws": ({"permissions": [*TRADES, Kind.WITHDRAW]}, "withdraw-permission"),
    "transfers": ({"permissions": [*TRADES, Kind.TRANSFER]}, "withdraw-permission"),
    "manages keys": ({"permissions": [*TRADES, Kind.MANAGE_KEYS]}, "withdraw-permission"),
    "has an unknown permission": ({"permissions": [*TRADES, "enableBrandNew"]}, "permission-not-allowed"),
    "only reads": ({"permissions": [Kind.READ]}, "permission-missing"),
    "works from everywhere": ({"networks": None}, "ip-unrestricted"),
}
BAD_NETWORKS: dict[str, tuple[list[str], str]] = {
    "all": (["0.0.0.0/0"], "ip-unrestricted"),
    "half the Internet": (["0.0.0.0/1"], "ip-unrestricted"),
    "both halves": (["0.0.0.0/1", "128.0.0.0/1"], "ip-unrestricted"),
    "all of IPv6": (["127.0.0.1", "::/0"], "ip-unrestricted"),
    "too many": (["127.0.0.0/24"], "ip-too-many"),
    "one that cannot be read": (["127.0.0.1", "home"], "ip-unreadable"),
}
# An answer to the check's requests, and what it leads to. None of them may admit a key.
BAD_ANSWERS: dict[str, tuple[Reaction, str]] = {
    "401": (Response(401, b"{}"), "exchange-error"),
    "403": (Response(403, b"{}"), "exchange-error"),
    "403 page": (page(403), "address-banned"),
    "429": (Response(429, b"{}"), "rate-limited"),
    "429 with a time": (Response(429, b"{}", {"Retry-After": "3600"}), "rate-limited"),
    "500": (Response(500, b"{}"), "server-error"),
    "503 page": (page(503), "maintenance"),
    "page": (page(200), "response-invalid"),
    "empty": (Response(200, b""), "response-invalid"),
    "empty object": (Response(200, b"{}"), "response-invalid"),
    "empty list": (Response(200, b"[]"), "response-invalid"),
    "null": (Response(200, b"null"), "response-invalid"),
    "a name twice": (Response(200, b'{"code": 1, "code": 1}'), "response-invalid"),
    "other encoding": (Response(200, '{"a": "ä"}'.encode("latin-1")), "response-invalid"),
    "shorter than it says": (Response(200, b"{}", {"Content-Length": "999"}), "timed-out"),
    "broken off": (Response(200, b"{}" * 9, reset_after=5), "unreachable"),
    "redirected": (Response(302, b"", {"Location": "http://127.0.0.2:9/"}), "redirected"),
    "reset": (Reset(), "unreachable"),
    "silence": (Hang(), "timed-out"),
    "dripping": (Response(200, b"{}" * 100, seconds_per_byte=0.5), "timed-out"),
}


def check(exchange: SimulatedExchange[Any], folder: Path, key: KeyState | None = None, **section: Any) -> Verdict:
    """Check a key on a simulated exchange.

    Args:
        exchange: is running.
        folder: an empty one for each check.
        key: the bot's; the exchange's first one by default.
        section: more of the config's `api_key_guard`.
    """
    bot = prepare_bot(exchange, folder, key)
    bot.config["api_key_guard"] |= section
    return LocalCheck(bot.config).run().verdict


def prepare_bot(exchange: SimulatedExchange[Any], folder: Path, key: KeyState | None = None) -> DemoBot:
    """Make a bot of a simulated exchange with a key in its store; the arguments are those of `check`."""
    bot = DemoBot(folder / "bot", exchange)
    for watch in watchers:
        watch(bot)
    bot.store(key or exchange.keys[0])
    return bot


def errors(verdict: Verdict) -> list[str]:
    """Return the names of what keeps the bot from starting."""
    return [finding.name for finding in verdict.findings if finding.severity is Severity.ERROR]


def replay_answers(exchange: SimulatedExchange[Any], folder: Path, key: KeyState) -> None:
    """Make an exchange answer every request of a check with what it answers about another key.

    Args:
        exchange: is running, and has both keys.
        folder: for the check of the other key.
        key: the other one.
    """
    answer, recorded = exchange.answer, {}

    def record(request: Any) -> Response:
        recorded[exchange.route_of(request)] = answer(request)
        return recorded[exchange.route_of(request)]

    exchange.answer = record  # type: ignore[method-assign]
    check(exchange, folder, key)
    exchange.answer = lambda request: recorded[exchange.route_of(request)]  # type: ignore[method-assign]


def truncate_answers(exchange: SimulatedExchange[Any]) -> None:
    """Have an exchange cut each good answer short; one that says that another call is the right one stays whole."""
    answer = exchange.answer

    def cut(request: Any) -> Response:
        response = answer(request)
        rest = 2 if response.status == 200 else 0
        return Response(response.status, response.body[: len(response.body) - rest], response.headers)

    exchange.answer = cut  # type: ignore[method-assign]
