"""What every exchange owes: key states and answers that all of them must judge alike.

Subclass `ExchangeContract` in the exchange's own test module and set its attributes. Each test is a whole check, with
real ccxt, on the exchange's simulator. Those that start real freqtrade have the mark `slow`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from freqtrade_bitmex_guard.client import exchange_client, installed_ccxt
from freqtrade_bitmex_guard.client.connection import ClientConnection, check_connection
from freqtrade_bitmex_guard.exchanges import get_adapter
from freqtrade_bitmex_guard.model.catalogue import FINDINGS, Outcome
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.model.key import FORBIDDEN_KINDS
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.simulator.interface import Cause, SimulatedExchange
from freqtrade_bitmex_guard.simulator.keys import Kind
from freqtrade_bitmex_guard.simulator.responses import Response
from freqtrade_bitmex_guard.testing.exchange_cases import (
    BAD_ANSWERS,
    BAD_NETWORKS,
    BAD_STATES,
    TRADES,
    check,
    errors,
    prepare_bot,
    replay_answers,
    truncate_answers,
)

_SECONDS = 1


class BasicContract:
    """The tests that each trading mode and each regional twin must pass.

    Attributes:
        simulator: of the exchange.
        trading_mode: of the bot.
        requests: how many requests a check of a good key sends.
        requests_if_it_withdraws: how many one of a withdrawing key sends, if that is fewer.
        bad_states: states of a bad key that have another finding here, or None where they are no such states.
        reports_networks: whether the exchange reports the addresses from which a key works.
        reports_key_id: whether its answer names the key.
        has_test_network: whether the guard can check a key of the exchange's test network.
        disabled: the finding of a key that is disabled.
        expired: the finding of a key that has ended.
        outside: the finding of a key that does not work from this address.
        answers: findings of bad answers that differ from those of most exchanges.
    """

    simulator: ClassVar[type[SimulatedExchange[Any]]]
    trading_mode: ClassVar[str] = "spot"
    requests: ClassVar[int] = 1
    requests_if_it_withdraws: ClassVar[int | None] = None
    bad_states: ClassVar[Mapping[str, str | None]] = {}
    reports_networks: ClassVar[bool] = True
    reports_key_id: ClassVar[bool] = True
    has_test_network: ClassVar[bool] = True
    disabled: ClassVar[str] = "key-unknown"
    expired: ClassVar[str] = "key-unknown"
    outside: ClassVar[str] = "address-not-allowed"
    answers: ClassVar[Mapping[str, str]] = {}

    @property
    def profile(self) -> ExchangeProfile:
        """What the guard knows of the exchange."""
        return get_adapter(self.simulator.exchange_id).profile

    @pytest.fixture
    def python(self) -> str:
        """Return the interpreter of an environment in which the guard is installed."""
        return sys.executable

    @pytest.fixture
    def exchange(self) -> Iterator[SimulatedExchange[Any]]:
        """Return the exchange with a good key."""
        with self.simulator([self.simulator.random_key()], trading_mode=self.trading_mode) as exchange:
            yield exchange

    def test_a_good_key_is_admitted(self, exchange: SimulatedExchange[Any], tmp_path: Path) -> None:
        verdict = check(exchange, tmp_path)

        assert errors(verdict) == []
        assert verdict.admitted
        assert len(exchange.requests) == verdict.requests == self.requests

    @pytest.mark.parametrize("state", BAD_STATES)
    def test_a_bad_key_is_refused(self, exchange: SimulatedExchange[Any], tmp_path: Path, state: str) -> None:
        changes, usual = BAD_STATES[state]
        finding = self.bad_states.get(state, usual)
        kinds = {kind for kind in changes.get("permissions", ()) if isinstance(kind, Kind)}
        if finding is None or not kinds <= set(exchange.words):
            pytest.skip("the exchange has no such permission")
        vars(exchange.keys[0]).update(changes)

        verdict = check(exchange, tmp_path)

        assert verdict.outcome is FINDINGS[finding].outcome
        assert finding in errors(verdict)
        assert len(exchange.requests) in (self.requests, self.requests_if_it_withdraws)

    def test_the_profile_fits_the_simulated_exchange(self, exchange: SimulatedExchange[Any], tmp_path: Path) -> None:
        check(exchange, tmp_path)
        signed = exchange.requests[-1]

        assert tuple(field.name for field in self.profile.credentials) == tuple(exchange.credential_parts)
        headers = {name.lower() for name in self.profile.signature_headers}
        assert not exchange.key_header or (exchange.key_header in headers and headers & set(signed.headers))
        for kind in (Kind.WITHDRAW, Kind.TRANSFER, Kind.MANAGE_KEYS):
            for word in exchange.words.get(kind, ()):
                assert self.profile.kind(word) in FORBIDDEN_KINDS
        words = set(exchange.words_of(exchange.keys[0]))
        for name in self.profile.required_permissions(self.trading_mode):
            assert words & {name, *self.profile.replacements(name)}

    @pytest.mark.parametrize("sandbox", [False, True])
    def test_the_hosts_that_ccxt_uses_are_allowed(self, sandbox: bool) -> None:
        import ccxt.pro

        if sandbox and not self.has_test_network:
            settings = {"name": self.profile.id, "ccxt_config": {"sandbox": True}}
            with pytest.raises(GuardError, match="client-settings"):
                exchange_client.build_client(settings, self.profile, list(self.profile.hosts))
            return
        if sandbox and "test" not in installed_ccxt.exchange_class(self.profile)().urls:
            pytest.skip("the exchange has no test network")
        exchange_client.build_client(
            {"name": self.profile.id, "ccxt_config": {"sandbox": sandbox}}, self.profile, list(self.profile.hosts)
        )
        if streaming := getattr(ccxt.pro, self.profile.id, None):
            connection = ClientConnection.of(streaming({"sandbox": sandbox}), asynchronous=True)

            assert list(check_connection(connection, list(self.profile.hosts), self.profile)) == []

    @pytest.mark.slow
    def test_freqtrade_trades_with_a_good_key(
        self, exchange: SimulatedExchange[Any], tmp_path: Path, python: str
    ) -> None:
        process = prepare_bot(exchange, tmp_path).trade(python=python)
        try:
            assert process.wait_for_output(), process.output
        finally:
            process.stop()

        own = exchange.keys[0]
        assert {recorded.key for recorded in exchange.requests} <= {own.id, own.wallet_address, None}
        assert len([recorded for recorded in exchange.requests if recorded.key]) > self.requests
        assert not any(value in process.output for value in (own.secret, own.private_key) if value)

    @pytest.mark.slow
    def test_freqtrade_does_not_start_on_a_withdrawing_key(
        self, exchange: SimulatedExchange[Any], tmp_path: Path, python: str
    ) -> None:
        if Kind.WITHDRAW not in exchange.words:
            pytest.skip("the exchange has no such permission")
        exchange.keys[0].permissions = [*TRADES, Kind.WITHDRAW]

        process = prepare_bot(exchange, tmp_path).trade(python=python)

        assert process.wait() == 2, process.output
        assert "[error] withdraw-permission:" in process.output
        assert len(exchange.requests) == (self.requests_if_it_withdraws or self.requests)
        assert "to: RUNNING" not in process.output


class ExchangeContract(BasicContract):
    """All tests that an exchange must pass, in one of its trading modes."""

    @pytest.mark.parametrize("networks", BAD_NETWORKS)
    def test_a_key_that_works_from_too_many_addresses_is_refused(
        self, exchange: SimulatedExchange[Any], tmp_path: Path, networks: str
    ) -> None:
        if not self.reports_networks:
            pytest.skip("the exchange does not report addresses")
        exchange.keys[0].networks, finding = BAD_NETWORKS[networks]

        verdict = check(exchange, tmp_path)

        assert finding in errors(verdict)
        assert set(errors(verdict)) <= {finding, "ip-too-many"}
        assert verdict.outcome is Outcome.REFUSED

    @pytest.mark.parametrize("state", ["disabled", "expired", "outside"])
    def test_a_key_that_does_not_work_is_named(
        self, exchange: SimulatedExchange[Any], tmp_path: Path, state: str
    ) -> None:
        change = {"disabled": {"enabled": False}, "expired": {"days_left": 0}, "outside": {"networks": ["192.0.2.1"]}}
        vars(exchange.keys[0]).update(change[state])

        verdict = check(exchange, tmp_path)

        assert getattr(self, state) in errors(verdict)
        assert not verdict.admitted

    @pytest.mark.parametrize("part", ["id", "secret", "password"])
    def test_wrong_credentials_are_told_from_a_bad_key(
        self, exchange: SimulatedExchange[Any], tmp_path: Path, part: str
    ) -> None:
        if {"id": "key"}.get(part, part) not in exchange.credential_parts:
            pytest.skip("the exchange has no such part")
        wrong = replace(exchange.keys[0], **{part: getattr(self.simulator.random_key(), part)})

        verdict = check(exchange, tmp_path, wrong)

        assert verdict.outcome is Outcome.UNVERIFIED
        assert errors(verdict)[0] in ("key-unknown", "signature-invalid", "access-denied")

    def test_the_answer_about_another_key_is_not_taken(self, exchange: SimulatedExchange[Any], tmp_path: Path) -> None:
        if not self.reports_key_id:
            pytest.skip("the exchange does not say which key it answers about")
        exchange.keys.append(exchange.adopt(self.simulator.random_key()))
        replay_answers(exchange, tmp_path / "other", exchange.keys[1])

        verdict = check(exchange, tmp_path / "own")

        assert errors(verdict) == ["key-not-listed"]

    @pytest.mark.parametrize("answer", BAD_ANSWERS)
    def test_no_bad_answer_admits_a_key(self, exchange: SimulatedExchange[Any], tmp_path: Path, answer: str) -> None:
        check(exchange, tmp_path / "good")
        reaction, finding = BAD_ANSWERS[answer]
        for route in {recorded.route for recorded in exchange.requests}:
            exchange.respond_always(route, reaction)

        verdict = check(exchange, tmp_path, timeout_seconds=_SECONDS)

        assert errors(verdict) == [self.answers.get(answer, finding)]
        assert verdict.outcome is Outcome.UNVERIFIED
        assert verdict.facts == ()

    def test_each_request_of_a_check_must_be_answered(self, exchange: SimulatedExchange[Any], tmp_path: Path) -> None:
        check(exchange, tmp_path / "good")
        for number, route in enumerate(dict.fromkeys(recorded.route for recorded in exchange.requests)):
            exchange.respond_next(route, Response(404, b"{}"))

            verdict = check(exchange, tmp_path / str(number))

            assert verdict.outcome is Outcome.UNVERIFIED

    def test_a_truncated_answer_is_not_taken(self, exchange: SimulatedExchange[Any], tmp_path: Path) -> None:
        truncate_answers(exchange)

        assert errors(check(exchange, tmp_path)) == ["response-invalid"]

    def test_a_short_wait_is_waited_for(self, exchange: SimulatedExchange[Any], tmp_path: Path) -> None:
        check(exchange, tmp_path / "good")
        exchange.respond_next(exchange.requests[0].route, Response(429, b"{}", {"Retry-After": "1"}))

        assert check(exchange, tmp_path).admitted

    @pytest.mark.parametrize(
        ("cause", "finding"), [(Cause.RATE_LIMIT, "rate-limited"), (Cause.MAINTENANCE, "maintenance")]
    )
    def test_the_exchanges_own_way_to_say_it_is_understood(
        self, exchange: SimulatedExchange[Any], tmp_path: Path, cause: Cause, finding: str
    ) -> None:
        if cause not in exchange.errors:
            pytest.skip("what the exchange answers then is not known")
        check(exchange, tmp_path / "good")
        exchange.respond_always(exchange.requests[0].route, exchange.error(cause))

        verdict = check(exchange, tmp_path, timeout_seconds=_SECONDS)

        assert errors(verdict) == [self.answers.get(cause.value, finding)]

    def test_a_wrong_clock_is_named(self, exchange: SimulatedExchange[Any], tmp_path: Path) -> None:
        exchange.clock_offset = 3600

        verdict = check(exchange, tmp_path)

        assert errors(verdict) == [self.answers.get("clock", "clock-skew")]
