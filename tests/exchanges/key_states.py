"""Key states and answers that every exchange must judge alike: whole checks with real ccxt on a simulated exchange."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import Severity
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.simulator.bot import DemoBot
from freqtrade_bitmex_guard.simulator.interface import SimulatedExchange
from freqtrade_bitmex_guard.simulator.keys import KeyState, Kind
from freqtrade_bitmex_guard.simulator.responses import Hang, Reaction, Reset, Response, page
from tests.exchanges.simulated.unguarded import watched_credentials
from tests.support.factories import belongs

TRADES = (Kind.READ, Kind.TRADE, Kind.CANCEL)
BAD_STATES: dict[str, tuple[dict[str, Any], str]] = {
    "withdraws": ({"permissions": [*TRADES, Kind.WITHDRAW]}, "withdraw-permission"),
    "transfers": ({"permissions": [*TRADES, Kind.TRANSFER]}, "withdraw-permission"),
    "manages keys": ({"permissions": [*TRADES, Kind.MANAGE_KEYS]}, "withdraw-permission"),
    "may do something unknown": ({"permissions": [*TRADES, "brand-new"]}, "permission-not-allowed"),
    "can only read": ({"permissions": [Kind.READ]}, "permission-missing"),
    "works from everywhere": ({"networks": None}, "ip-unrestricted"),
    "works from half the Internet": ({"networks": ["127.0.0.0/1"]}, "ip-unrestricted"),
    "works from all of it in one network": ({"networks": ["0.0.0.0/0"]}, "ip-unrestricted"),
    "works from an odd address": ({"networks": ["127.0.0.1", "home"]}, "ip-unreadable"),
    "works from too many addresses": ({"networks": ["127.0.0.0/24"]}, "ip-too-many"),
}
BAD_ANSWERS: dict[str, Reaction] = {
    "401": Response(401, b"{}"),
    "ban": page(403),
    "429": Response(429, b"{}"),
    "429 with a time": Response(429, b"{}", {"Retry-After": "3600"}),
    "500": Response(500, b"{}"),
    "503": page(503),
    "page": page(200),
    "empty": Response(200, b""),
    "truncated": Response(200, b'{"error": [], "result": {"permissions": ["mod'),
    "short": Response(200, b"{}", {"Content-Length": "999"}),
    "redirected": Response(302, b"", {"Location": "http://127.0.0.2:9/"}),
    "no JSON value that is documented": Response(200, b"[[[]]]"),
    "twice": Response(200, b'{"error": [], "error": []}'),
    "reset": Reset(),
    "silent": Hang(),
    "dripping": Response(200, b"{}" * 100, seconds_per_byte=0.5),
}


def check(exchange: SimulatedExchange[Any], folder: Path, key: KeyState | None = None, **section: Any) -> Verdict:
    """Check a key on a simulated exchange, its first one by default."""
    bot = prepare_bot(exchange, folder, key)
    bot.config["api_key_guard"] |= section
    return LocalCheck(bot.config).run()


def prepare_bot(exchange: SimulatedExchange[Any], folder: Path, key: KeyState | None = None) -> DemoBot:
    """Return a bot with a key of a simulated exchange in its store, its first one by default."""
    bot = DemoBot(folder / "bot", exchange)
    belongs(*(bot.folder / part for part in exchange.credential_parts))
    watched_credentials(exchange)
    bot.store(key or exchange.keys[0])
    return bot


def problems(verdict: Verdict) -> list[str]:
    """Return the names of a verdict's errors."""
    return [finding.name for finding in verdict.findings if finding.severity is Severity.ERROR]


class KeyStates:
    """Judges key states of one exchange.

    Attributes:
        simulator: of the exchange.
        path: of the request about the key.
        trading_mode: of the bot.
        requests: number of requests that a check of a good key costs.
        disabled: the finding of a key that is disabled.
        expired: the finding of a key that has ended.
    """

    simulator: ClassVar[type[SimulatedExchange[Any]]]
    path: ClassVar[str]
    trading_mode: ClassVar[str] = "spot"
    requests: ClassVar[int] = 1
    disabled: ClassVar[str] = "key-unknown"
    expired: ClassVar[str] = "key-unknown"

    @pytest.fixture
    def exchange(self) -> Iterator[SimulatedExchange[Any]]:
        """Return the exchange with a good key."""
        with self.simulator([self.simulator.random_key()], trading_mode=self.trading_mode) as exchange:
            yield exchange

    def test_a_good_key_is_admitted(self, exchange: SimulatedExchange[Any], tmp_path: Path) -> None:
        verdict = check(exchange, tmp_path)

        assert (verdict.outcome, problems(verdict)) == (Outcome.ADMITTED, [])
        assert len(exchange.requests) == self.requests

    @pytest.mark.parametrize("state", BAD_STATES)
    def test_a_bad_key_is_refused(self, exchange: SimulatedExchange[Any], tmp_path: Path, state: str) -> None:
        changes, finding = BAD_STATES[state]
        for name, value in changes.items():
            setattr(exchange.keys[0], name, value)
        kinds = [word for word in exchange.keys[0].permissions if isinstance(word, Kind)]
        if not set(kinds) <= set(exchange.words):
            pytest.skip("the exchange has no such permission")

        verdict = check(exchange, tmp_path)

        assert verdict.outcome is Outcome.REFUSED
        assert finding in problems(verdict)
        assert len(exchange.requests) == self.requests

    @pytest.mark.parametrize("state", ["disabled", "expired"])
    def test_a_key_that_does_not_work_is_named(
        self, exchange: SimulatedExchange[Any], tmp_path: Path, state: str
    ) -> None:
        exchange.keys[0].enabled = state != "disabled"
        exchange.keys[0].days_left = 0 if state == "expired" else None

        assert problems(check(exchange, tmp_path)) == [getattr(self, state)]

    @pytest.mark.parametrize("answer", BAD_ANSWERS)
    def test_an_answer_that_is_no_good_one_admits_nothing(
        self, exchange: SimulatedExchange[Any], tmp_path: Path, answer: str
    ) -> None:
        exchange.respond_always(self.path, BAD_ANSWERS[answer])

        verdict = check(exchange, tmp_path, timeout_seconds=2)

        assert verdict.outcome is Outcome.UNVERIFIED
        assert "internal-error" not in problems(verdict)
        assert verdict.facts == ()

    @pytest.mark.slow
    def test_freqtrade_runs_with_a_good_key(
        self, exchange: SimulatedExchange[Any], tmp_path: Path, wheel: Path
    ) -> None:
        process = prepare_bot(exchange, tmp_path).trade(python=str(wheel))
        try:
            assert process.wait_for_output(), process.output
        finally:
            process.stop()

        first, *others = exchange.requests
        assert first.path == self.path
        assert {request.key for request in others} <= {exchange.keys[0].id, None}
        assert any(request.key and request.path != self.path for request in others)

    @pytest.mark.slow
    def test_freqtrade_does_not_start_with_a_key_that_withdraws(
        self, exchange: SimulatedExchange[Any], tmp_path: Path, wheel: Path
    ) -> None:
        exchange.keys[0].permissions = [*TRADES, Kind.WITHDRAW]

        process = prepare_bot(exchange, tmp_path).trade(python=str(wheel))

        assert process.wait() == 2, process.output
        assert "[error] withdraw-permission:" in process.output
        assert len(exchange.requests) == self.requests
