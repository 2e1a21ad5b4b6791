"""The second look, against a ccxt whose `sign` was changed; and what a signature really covers."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.agent.judge import Judged
from freqtrade_bitmex_guard.agent.refusal import RefusedError
from freqtrade_bitmex_guard.agent.routes.bitmex import TABLE
from freqtrade_bitmex_guard.agent.second_look import SignedRequest
from freqtrade_bitmex_guard.agent.signer import Signer
from freqtrade_bitmex_guard.check.prepare import prepare
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.agent.serving import BUY
from tests.agent.test_messages import NEVER
from tests.support.factories import bot_config

ORDER = Judged(TABLE.by_name[("private",), "POST", "order"], BUY)
BALANCE = Judged(TABLE.by_name[("private",), "GET", "user/margin"], {"currency": "all"})

Change = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture
def signer(tmp_path: Path, exchange: SimulatedBitMEX) -> Signer:
    prepared = prepare(bot_config(tmp_path, exchange))
    return Signer(prepared.client, prepared.credentials, prepared.adapter.profile, TABLE)


def changed(signer: Signer, change: Change) -> None:
    original = signer._client.sign
    signer._client.sign = lambda *arguments: change(original(*arguments))


def in_url(old: str, new: str) -> Change:
    return lambda signed: {**signed, "url": signed["url"].replace(old, new)}


CHANGES: dict[str, Change] = {
    "another host": in_url("127.0.0.1", "127.0.0.2"),
    "another port": lambda signed: {**signed, "url": signed["url"].replace("/api/", "9/api/")},
    "another scheme": in_url("http://", "https://"),
    "a user in the URL": in_url("http://", "http://x@"),
    "another path": in_url("/order", "/order/all"),
    "a path above": in_url("/api/v1/order", "/api/v1/order/../user/requestWithdrawal"),
    "another version": in_url("/v1/", "/v2/"),
    "a query": lambda signed: {**signed, "url": signed["url"] + "?_format=csv"},
    "a fragment": lambda signed: {**signed, "url": signed["url"] + "#x"},
    "another verb": lambda signed: {**signed, "method": "PUT"},
    "a small verb": lambda signed: {**signed, "method": "post"},
    "no body": lambda signed: {**signed, "body": None},
    "another size": lambda signed: {**signed, "body": signed["body"].replace("100000", "100001")},
    "another type": lambda signed: {**signed, "body": signed["body"].replace("100000", '"100000"')},
    "one more parameter": lambda signed: {**signed, "body": signed["body"].replace("{", '{"account":1,', 1)},
    "a doubled parameter": lambda signed: {**signed, "body": signed["body"].replace("{", '{"side":"Sell",', 1)},
    "one parameter less": lambda signed: {**signed, "body": signed["body"].replace(',"text":"CCXT"', "")},
    "a list": lambda signed: {**signed, "body": f"[{signed['body']}]"},
    "one more header": lambda signed: {**signed, "headers": {**signed["headers"], "X-Account": "1"}},
    "a host header": lambda signed: {**signed, "headers": {**signed["headers"], "Host": "evil"}},
    "bytes": lambda signed: {**signed, "body": signed["body"].encode()},
    "nothing": lambda _: {},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_ccxt_that_signs_something_else_is_caught(signer: Signer, change: Change) -> None:
    assert isinstance(signer.sign(ORDER), SignedRequest)
    changed(signer, change)

    with pytest.raises(RefusedError, match="second-look"):
        signer.sign(ORDER)


@pytest.mark.parametrize("added", ["&account=1", "&currency=XBt", "&", "#x", "?a=b"])
def test_a_read_with_more_in_its_query_is_caught(signer: Signer, added: str) -> None:
    assert isinstance(signer.sign(BALANCE), SignedRequest)
    changed(signer, lambda signed: {**signed, "url": signed["url"] + added})

    with pytest.raises(RefusedError, match="second-look"):
        signer.sign(BALANCE)


def test_a_ccxt_that_raises_signs_nothing_and_says_nothing_of_the_secret(signer: Signer) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(signer._client.secret)

    signer._client.sign = fail
    with pytest.raises(RefusedError) as raised:
        signer.sign(ORDER)
    assert signer._client.secret not in str(raised.value)
    assert raised.value.__cause__ is None


def test_what_was_signed_is_what_was_judged_for_random_parameters(signer: Signer) -> None:
    draw = random.Random(15)
    for _ in range(2000):
        params = {
            **BUY,
            "orderQty": draw.randrange(1, 10**9),
            "price": draw.choice([draw.randrange(1, 10**6), round(draw.uniform(1e-8, 1e6), draw.randrange(9))]) or 1,
            "clOrdID": "".join(draw.choices("abcXYZ019_-", k=draw.randrange(1, 64))),
        }
        signer.sign(Judged(ORDER.route, params))


def test_signing_changes_nothing_that_was_judged(signer: Signer) -> None:
    def sign(_path: str, _api: object, _verb: str, params: dict[str, Any]) -> dict[str, Any]:
        params["account"] = 1
        return {}

    signer._client.sign = sign
    before = dict(BUY)
    with pytest.raises(RefusedError):
        signer.sign(ORDER)
    assert before == BUY


def test_the_signature_of_a_read_fits_no_never_route(signer: Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    client = signer._client
    monkeypatch.setattr(client, "seconds", lambda: 1_790_000_000)
    form = signer._forms[("private",)]

    def signature(verb: str, path: str, params: dict[str, Any]) -> str:
        return str(client.sign(path, form, verb, dict(params))["headers"]["api-signature"])

    never = {signature(verb, path, dict(params)) for verb, path, params in NEVER}
    allowed = {signature("GET", "user/margin", {"currency": "all"}), signature("GET", "order", {})}
    assert not allowed & never
    assert len(never) > 15
