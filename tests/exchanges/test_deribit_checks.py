"""Whole checks with real ccxt on the simulated Deribit, and what becomes of the secrets in its answers."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from freqtrade_bitmex_guard.client.response import Response as Answer
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.report.json import to_json
from freqtrade_bitmex_guard.simulator.deribit import SimulatedDeribit
from freqtrade_bitmex_guard.simulator.interface import SimulatedExchange
from freqtrade_bitmex_guard.simulator.keys import KeyState, Kind
from freqtrade_bitmex_guard.simulator.responses import Response
from tests.exchanges.contract import ExchangeContract
from tests.exchanges.contract_cases import check, errors, prepare_bot, replay_answers
from tests.exchanges.simulated.unguarded import ccxt_client
from tests.exchanges.test_deribit import GOOD, KEY_ID, entry, read
from tests.support.leak_search import watch
from tests.support.scripted_session import response

LIST = "/private/list_api_keys"
# Made up; it stands for the secret of another key.
PLANTED = "mwQ8vbUVyTczytR5IVM8CbzmgqNJ81WvLKfu7MXcJPs"
# Prints which secrets any object still holds. They come reversed, so that the search does not find itself.
SEARCH = """
import gc, json, sys
from datetime import UTC, datetime
from freqtrade_bitmex_guard.check.local import LocalCheck

given = json.load(sys.stdin)
check = LocalCheck(given["config"], audit_since=datetime(2026, 1, 1, tzinfo=UTC))
result = check.run()
gc.collect()
todo, seen, held = gc.get_objects(), set(), set()
while todo:
    each = todo.pop()
    if id(each) in seen:
        continue
    seen.add(id(each))
    if isinstance(each, (str, bytes, bytearray)):
        text = each.decode("latin-1") if not isinstance(each, str) else each
        held |= {name for name, backwards in given["secrets"].items() if backwards in text[::-1]}
    else:
        todo += gc.get_referents(each)
print(result.verdict.admitted, len(result.listing.siblings()), sorted(held))
"""


class TestContract(ExchangeContract):
    """A bot that trades spot."""

    simulator: ClassVar = SimulatedDeribit
    outside = "key-unknown"  # what Deribit answers is not known; the simulator answers this
    answers: ClassVar = {"clock": "key-unknown"}

    def test_the_answer_about_another_key_is_not_taken(self, exchange: SimulatedExchange[Any], tmp_path: Path) -> None:
        own, other = exchange.keys[0], sibling()
        exchange.keys[:] = [other]
        replay_answers(exchange, tmp_path / "other", other)

        assert errors(check(exchange, tmp_path / "own", own)) == ["key-not-listed"]

    def test_a_second_factor_over_the_keys_is_named(self, exchange: SimulatedExchange[Any], tmp_path: Path) -> None:
        exchange.keys[0].two_factor = True

        assert errors(check(exchange, tmp_path)) == ["access-denied"]

    def test_a_key_that_cannot_read_the_account_is_named(
        self, exchange: SimulatedExchange[Any], tmp_path: Path
    ) -> None:
        exchange.keys[0].permissions = [Kind.TRADE]

        assert errors(check(exchange, tmp_path)) == ["access-denied"]

    def test_a_sibling_that_withdraws_is_found(self, exchange: SimulatedExchange[Any], tmp_path: Path) -> None:
        exchange.keys[0].siblings = [sibling(permissions=[Kind.WITHDRAW])]

        verdict = check(exchange, tmp_path)

        assert verdict.admitted
        assert "sibling-keys" in [finding.name for finding in verdict.findings]

    def test_neither_id_nor_secret_is_in_the_url(self, exchange: SimulatedExchange[Any], tmp_path: Path) -> None:
        targets: list[str] = []
        answer = exchange.answer
        exchange.answer = lambda request: targets.append(request.target) or answer(request)  # type: ignore[func-returns-value, method-assign]

        check(exchange, tmp_path)

        assert targets == ["/api/v2/private/list_api_keys"]

    def test_ccxts_login_would_put_the_secret_into_the_url(self, exchange: SimulatedExchange[Any]) -> None:
        client, key = ccxt_client(exchange), exchange.keys[0]
        api = "public" if "headers" in client.request.__code__.co_varnames else ["public"]

        url = client.sign("auth", api, "GET", {"client_id": key.id, "client_secret": key.secret})["url"]

        assert key.secret in url  # which is why the adapter asks nothing of the kind

    def test_no_object_keeps_the_secret_of_another_key(self, exchange: SimulatedExchange[Any], tmp_path: Path) -> None:
        key, other = exchange.keys[0], sibling()
        key.siblings = [other]
        config = prepare_bot(exchange, tmp_path).config
        secrets = {"own": key.secret[::-1], "other": other.secret[::-1]}

        found = subprocess.run(
            [sys.executable, "-c", SEARCH],
            input=json.dumps({"config": config, "secrets": secrets}),
            capture_output=True,
            text=True,
            check=False,
        )

        # The own one must be found: the bot needs it, and the search would find the other one in the same way.
        assert found.stdout == "True 1 ['own']\n", found.stderr


def sibling(**changed: Any) -> KeyState:
    key = SimulatedDeribit.random_key(**changed)
    watch("the secret of a sibling", key.secret)
    return key


def result(content: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "result": content}


SHAPES: dict[str, Any] = {
    "sibling": result([GOOD, entry(client_id="other", client_secret=PLANTED)]),
    "own": result([entry(client_secret=PLANTED)]),
    "own key missing": result([entry(client_id="other", client_secret=PLANTED)]),
    "other name": result([entry(clientSecret=PLANTED, key=PLANTED)]),
    "nested list": result([[entry(client_secret=PLANTED)]]),
    "object": result(entry(client_secret=PLANTED)),
    "text": result(PLANTED),
    "in an odd field": result([entry(max_scope={"client_secret": PLANTED}, enabled=PLANTED, name=[PLANTED])]),
    "as a scope": result([entry(max_scope=f"trade:read_write {PLANTED}")]),
    "in an odd sibling": result([GOOD, entry(client_id="other", max_scope=[PLANTED], enabled=PLANTED)]),
    "in place of an id": result([GOOD, entry(client_id={"client_secret": PLANTED})]),
    "challenge": result({"security_key_authorization_required": True, "challenge": PLANTED}),
    "error text": {"error": {"code": 13004, "message": PLANTED}},
    "sentence": {"error": {"code": 7, "message": f"the secret {PLANTED} is not known"}},
    "error code": {"error": {"code": PLANTED, "message": "forbidden"}},
    "error data": {"error": {"code": 7, "message": "forbidden", "data": [entry(client_secret=PLANTED)]}},
    "error beside a list": {**result([entry(client_secret=PLANTED)]), "error": PLANTED},
    "bare list": [entry(client_secret=PLANTED)],
}
BODIES = {name: json.dumps(shape).encode() for name, shape in SHAPES.items()}
BODIES |= {f"truncated {name}": body[:-2] for name, body in BODIES.items()}
BODIES |= {
    "page": f"<html>{PLANTED}</html>".encode(),
    "plain text": PLANTED.encode(),
    "other encoding": f'{{"error": "ä{PLANTED}"}}'.encode("latin-1"),
    "a name twice": b'{"result": [], "result": "%b"}' % PLANTED.encode(),
}


@pytest.mark.parametrize("status", [200, 400, 401, 403, 429, 500, 503])
@pytest.mark.parametrize("name", BODIES)
def test_no_shape_of_an_answer_shows_a_secret(name: str, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    watch("the planted secret", PLANTED)
    try:
        listing = read(Answer(status, {}, BODIES[name], 0.0))
        print(listing, listing.siblings())
        is_kept = PLANTED in repr((listing.entries, listing.siblings()))
    except GuardError as problem:
        logging.getLogger("tests").exception("refused")
        print(problem, problem.findings, *traceback.format_exception(problem))
        is_kept = PLANTED in "".join(finding.message + finding.fix for finding in problem.findings)

    assert not is_kept
    assert PLANTED[:8] not in capsys.readouterr().out


@pytest.mark.parametrize("changed", [{"enabled": 7}, {"max_scope": "a:b:c"}, {"scopes": 1}], ids=str)
def test_what_is_raised_about_the_own_key_holds_no_secret(changed: dict[str, Any]) -> None:
    with pytest.raises(GuardError) as stopped:
        read(response(result([entry(client_secret=PLANTED, **changed)])))

    frames = [frame.f_locals for frame, _ in traceback.walk_tb(stopped.tb) if "guard/" in frame.f_code.co_filename]
    context = stopped.value.__context__
    inputs = [detail["input"] for detail in context.errors()] if isinstance(context, ValidationError) else []
    assert frames
    assert PLANTED not in repr((frames, inputs))


@pytest.mark.parametrize("name", BODIES)
def test_no_check_shows_a_secret(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    watch("the planted secret", PLANTED)
    with SimulatedDeribit([SimulatedDeribit.random_key()]) as exchange:
        body = BODIES[name].replace(KEY_ID.encode(), exchange.keys[0].id.encode())
        exchange.respond_always(LIST, Response(200, body))

        verdict = check(exchange, tmp_path)

    print(json.dumps(to_json(verdict)), verdict)
    assert PLANTED[:8] not in capsys.readouterr().out


def test_the_search_would_find_a_planted_secret() -> None:
    assert sum(PLANTED.encode() in body for body in BODIES.values()) == len(BODIES)
    assert response(SHAPES["own"]).json()["result"][0]["client_secret"] == PLANTED
