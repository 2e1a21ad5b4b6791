"""The gate in front of each server: pauses by its headers, and when it is given up."""

from __future__ import annotations

import pytest

from freqtrade_bitmex_guard.client.connection import Origin
from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.fleet.hosts import HostGate, Route, pause_seconds
from freqtrade_bitmex_guard.model.findings import GuardError, fail

NOW = 1_800_000_030.0
ROUTE = Route(frozenset([Origin("https", "api.example.com", 443)]), "")
OTHER = Route(frozenset([Origin("https", "api.example.org", 443)]), "")


def response(status: int = 200, **headers: str) -> Response:
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, b"", NOW)


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (response(), 0),
        (response(retry_after="7"), 0),
        (response(429, retry_after="7"), 7),
        (response(429), 10),
        (response(418, retry_after="0"), 1),
        (response(503, retry_after="120"), 120),
        (response(503), 0),
        (response(x_ratelimit_remaining="50", x_ratelimit_reset="1800000040"), 0),
        (response(x_ratelimit_remaining="2", x_ratelimit_reset="1800000040"), 10),
        (response(x_ratelimit_remaining="2"), 1),
        (response(ratelimit_remaining="0", ratelimit_reset="5"), 5),
        (response(x_gate_ratelimit_requests_remain="1", x_gate_ratelimit_reset_timestamp="1800000033"), 3),
        (response(x_bapi_limit="10", x_bapi_limit_status="1", x_bapi_limit_reset_timestamp="1800000032000"), 2),
        (response(x_bapi_limit="10", x_bapi_limit_status="9", x_bapi_limit_reset_timestamp="1800000032000"), 0),
        (response(x_ratelimit_remaining="0", x_ratelimit_reset="1900000000"), 60),
        (response(x_ratelimit_remaining="none"), 0),
        (response(x_mbx_used_weight_1m="100"), 0),
        (response(x_mbx_used_weight_1m="5000"), 30),
    ],
)
def test_a_pause_is_read_from_what_exchanges_send(answer: Response, seconds: float) -> None:
    assert pause_seconds(answer) == pytest.approx(seconds)


def failing(gate: HostGate, name: str, route: Route = ROUTE) -> None:
    with pytest.raises(GuardError), gate.request(route):
        fail(name, "It failed.", "Nothing.")


def test_a_server_is_given_up_after_three_failures_without_an_answer_between() -> None:
    gate = HostGate(60)
    failing(gate, "unreachable")
    failing(gate, "timed-out")
    failing(gate, "key-unknown")  # it answered
    for _ in range(3):
        failing(gate, "maintenance")

    with pytest.raises(GuardError, match="maintenance"), gate.request(ROUTE):
        pytest.fail("a request to a server that was given up")
    with gate.request(OTHER):
        pass


def test_a_ban_ends_all_requests_to_that_server_at_once() -> None:
    gate = HostGate(60)
    failing(gate, "address-banned")

    with pytest.raises(GuardError, match="address-banned"), gate.request(ROUTE):
        pytest.fail("a request in spite of a ban")


def test_nothing_is_sent_after_the_end_of_the_time() -> None:
    gate = HostGate(0)

    with pytest.raises(GuardError, match="timed-out"), gate.request(ROUTE):
        pytest.fail("a request after the end")


def test_a_pause_that_outlasts_the_time_ends_as_timed_out() -> None:
    gate = HostGate(0.2)
    gate.observer(ROUTE)(response(429, retry_after="60"))

    assert gate.is_paused(ROUTE)
    assert not gate.is_paused(OTHER)
    with pytest.raises(GuardError, match="timed-out"), gate.request(ROUTE):
        pytest.fail("a request during a pause")
