"""Every call that a check or an audit makes on the installed ccxt: none goes out unsigned, and none elsewhere.

CI runs these on the oldest ccxt, the last one with BitMEX and the newest; the form of an API differs between them.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.client import session as session_module
from freqtrade_bitmex_guard.client.calls import ApiCall, find_api_form, send_call
from freqtrade_bitmex_guard.client.exchange_client import ExchangeClient
from freqtrade_bitmex_guard.client.installed_ccxt import exchange_class
from freqtrade_bitmex_guard.demo.run import demo_ids
from freqtrade_bitmex_guard.exchanges.interface import CannotVerify
from freqtrade_bitmex_guard.model.credentials import Credentials, Secret
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.simulator import simulated
from freqtrade_bitmex_guard.simulator.interface import SimulatedExchange
from tests.exchanges.contract_cases import prepare_bot
from tests.support.factories import KRAKEN_ID, KRAKEN_SECRET, PASSWORD, WALLET, WALLET_KEY

VALUES = {
    "key": KRAKEN_ID,
    "secret": KRAKEN_SECRET,
    "password": PASSWORD,
    "wallet_address": WALLET,
    "private_key": WALLET_KEY,
}
UNVERIFIABLE = [name for name in exchanges.supported_ids() if isinstance(exchanges.get_adapter(name), CannotVerify)]


def profile_of(name: str) -> ExchangeProfile:
    """Return an exchange's profile; skip the test where the installed ccxt does not have it."""
    profile = exchanges.get_adapter(name).profile
    try:
        exchange_class(profile)
    except GuardError:
        pytest.skip(f"this ccxt has no {name}")
    return profile


def made_calls(exchange: SimulatedExchange[Any], folder: Path, patch: pytest.MonkeyPatch) -> list[ApiCall]:
    """Return the different calls of a check with everything that an audit asks, too."""
    calls: list[ApiCall] = []

    def record(client: Any, call: ApiCall, api_form: Any) -> None:
        calls.append(call)
        send_call(client, call, api_form)

    with patch.context() as patched:
        patched.setattr(session_module, "send_call", record)
        result = LocalCheck(prepare_bot(exchange, folder).config, audit_since=datetime(2026, 1, 1, tzinfo=UTC)).run()
    assert result.verdict.admitted, result.verdict.findings
    return [call for number, call in enumerate(calls) if call not in calls[:number]]


@pytest.fixture(params=demo_ids())
def exchange(request: pytest.FixtureRequest) -> Iterator[SimulatedExchange[Any]]:
    profile_of(request.param)
    simulator = simulated(request.param)
    with simulator([simulator.random_key()]) as running:
        yield running


def sent(profile: ExchangeProfile, call: ApiCall) -> tuple[str, str]:
    """Return where a call would go with ccxt's own addresses, and everything else that would be sent."""
    client = ExchangeClient(profile, {})
    parts = {field: Secret(VALUES[field.name]) for field in profile.credentials}
    ccxt_client = client.open_session(Credentials(parts), 5.0)._client
    requests: list[tuple[Any, ...]] = []
    ccxt_client.fetch = lambda *request: requests.append(request)
    send_call(ccxt_client, call, find_api_form(ccxt_client, call, profile))
    ((url, _verb, headers, body),) = requests
    return urlsplit(url).hostname or "", f"{url} {headers} {body}"


def test_each_call_goes_to_a_host_of_the_profile(
    exchange: SimulatedExchange[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = profile_of(exchange.exchange_id)
    for call in made_calls(exchange, tmp_path, monkeypatch):
        host, _ = sent(profile, call)

        assert host in profile.hosts


@pytest.mark.parametrize("name", UNVERIFIABLE)
def test_the_one_call_of_an_unverifiable_exchange_does_so_too(name: str) -> None:
    profile, adapter = profile_of(name), exchanges.get_adapter(name)
    assert isinstance(adapter, CannotVerify)

    host, _ = sent(profile, ApiCall(*adapter.call))

    assert host in profile.hosts


@contextmanager
def contacted(patch: pytest.MonkeyPatch) -> Iterator[set[Any]]:
    """Record every host to which a connection is wanted; only this machine is reached."""
    hosts: set[Any] = set()
    real = socket.getaddrinfo

    def look_up(host: Any, *more: Any, **options: Any) -> Any:
        hosts.add(host)
        if host != "127.0.0.1":
            raise socket.gaierror
        return real(host, *more, **options)

    with patch.context() as patched:
        patched.setattr(socket, "getaddrinfo", look_up)
        yield hosts


def forms(call: ApiCall) -> list[str | list[str]]:
    """Return the forms in which the versions of ccxt take an API, and wrong ones."""
    names = [call.api] if isinstance(call.api, str) else list(call.api)
    return [names, names[0], names[:1], "public", ["public"], "no such API"]


def test_no_form_of_an_api_sends_a_call_unsigned_or_elsewhere(
    exchange: SimulatedExchange[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = made_calls(exchange, tmp_path, monkeypatch)
    profile = profile_of(exchange.exchange_id)
    client = ExchangeClient(profile, exchange.ccxt_config())
    own = exchange.credentials(exchange.keys[0])
    parts = {field: Secret(own[field.name]) for field in profile.credentials}
    exchange.requests.clear()
    for call, form in [(each, form) for each in calls for form in forms(each)]:
        monkeypatch.setattr(session_module, "find_api_form", lambda *_, form=form: form)
        session = client.open_session(Credentials(parts), 5.0, retry=False)
        with contacted(monkeypatch) as hosts:
            try:
                session.request(call.path, call.verb, call.api, call.params, signed=call.is_signed)
            except GuardError as refused:
                assert {finding.name for finding in refused.findings} != {"internal-error"}
        assert hosts <= {"127.0.0.1"}
        unsigned = [recorded for recorded in exchange.requests if recorded.key is None]
        assert not call.is_signed or unsigned == []
        exchange.requests.clear()
