"""What every simulated exchange gets from the interface, shown on a small exchange of the test's own."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import requests

from freqtrade_bitmex_guard.simulator import simulated, simulated_ids
from freqtrade_bitmex_guard.simulator.bitmex import Key, SimulatedBitMEX
from freqtrade_bitmex_guard.simulator.bot import DemoBot
from freqtrade_bitmex_guard.simulator.interface import Cause, Handler, PublicHandler, SimulatedExchange
from freqtrade_bitmex_guard.simulator.keys import KeyState, Kind
from freqtrade_bitmex_guard.simulator.request import RecordedRequest, Request
from freqtrade_bitmex_guard.simulator.responses import Hang, Reset, Response, json_response, page
from tests.support.factories import KEY_ID, OTHER_ID, OTHER_SECRET, SECRET


def sign(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


class Small(SimulatedExchange[KeyState]):
    """Signs the query or the body, and wraps what it answers."""

    exchange_id = "small"
    base_path = "/v3"
    key_header = "x-key"
    pairs = {"spot": "BTC/USDT", "futures": "BTC/USDC:USDC"}
    credential_parts = ("key", "secret", "password")

    @property
    def words(self) -> Mapping[Kind, Sequence[str]]:
        return {Kind.READ: (), Kind.TRADE: ("order",), Kind.CANCEL: ("order",), Kind.WITHDRAW: ("pay", "send")}

    @property
    def errors(self) -> Mapping[Cause, Response]:
        causes = (Cause.UNKNOWN_KEY, Cause.SIGNATURE, Cause.CLOCK, Cause.NOT_FOUND, Cause.ADDRESS)
        return {cause: json_response({"error": cause.value}, 400) for cause in causes}

    @property
    def public_routes(self) -> Mapping[str, PublicHandler]:
        return {"GET /time": lambda request: {"time": self.now(), **request.query}}

    @property
    def routes(self) -> Mapping[str, Handler]:
        return {
            "GET /key": lambda request, key: {"id": key.id, "may": self.words_of(key), **key.overrides},
            "POST /info role": lambda request, key: request.json,
            "GET /mistake": lambda request, key: 1 / 0,
        }

    def api_urls(self) -> Any:
        return {"spot": {"private": f"{self.url}/v3"}}

    def route_of(self, request: Request) -> str:
        return f"/info {request.json.get('type')}" if request.path == "/info" else request.path

    def render(self, content: Any) -> Response:
        return json_response({"result": content})

    def authenticate(self, request: Request) -> KeyState | Response:
        key = self.find_key(self.key_id(request))
        if key is None:
            return self.error(Cause.UNKNOWN_KEY)
        if float(request.query.get("at", "inf")) < self.now() - 5:
            return self.error(Cause.CLOCK)
        expected = sign(key.secret, request.query_string + request.text)
        return self.reject(request, key) or (
            key if request.headers.get("x-sign") == expected else self.error(Cause.SIGNATURE)
        )


@pytest.fixture
def small() -> Iterator[Small]:
    with Small([KeyState(KEY_ID, SECRET, password="a passphrase")]) as exchange:
        yield exchange


def ask(exchange: Small, path: str, query: str = "", body: str = "", key_id: str = KEY_ID) -> tuple[int, Any]:
    headers = {"X-Key": key_id, "X-Sign": sign(SECRET, query + body)}
    url = f"{exchange.url}/v3{path}" + (f"?{query}" if query else "")
    response = requests.request("POST" if body else "GET", url, headers=headers, data=body, timeout=5)
    return response.status_code, response.json()


def test_a_public_route_needs_no_key(small: Small) -> None:
    response = requests.get(f"{small.url}/v3/time?zone=UTC", timeout=5)

    assert response.json()["result"]["zone"] == "UTC"
    assert small.requests[0].key is None


def test_a_signed_route_gets_its_key_and_an_envelope(small: Small) -> None:
    small.keys[0].overrides = {"more": 1}

    assert ask(small, "/key", "a=1&b=%20") == (200, {"result": {"id": KEY_ID, "may": ["order"], "more": 1}})


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"secret": "another"}, Cause.SIGNATURE),
        ({"id": "another"}, Cause.UNKNOWN_KEY),
        ({"enabled": False}, Cause.UNKNOWN_KEY),
        ({"days_left": 0}, Cause.UNKNOWN_KEY),
        ({"networks": ["203.0.113.0/24"]}, Cause.ADDRESS),
    ],
)
def test_a_key_that_must_not_work_gets_the_exchanges_error(small: Small, change: dict[str, Any], cause: Cause) -> None:
    for name, value in change.items():
        setattr(small.keys[0], name, value)

    assert ask(small, "/key") == (400, {"error": cause.value})


@pytest.mark.parametrize("networks", [None, ["127.0.0.1"], ["203.0.113.7", "127.0.0.0/8"]])
def test_a_key_works_from_its_networks(small: Small, networks: list[str] | None) -> None:
    small.keys[0].networks = networks

    assert ask(small, "/key")[0] == 200


def test_the_clock_of_the_exchange_can_be_moved(small: Small) -> None:
    query = f"at={time.time()}"
    assert ask(small, "/key", query)[0] == 200

    small.clock_offset = 60

    assert ask(small, "/key", query) == (400, {"error": "clock"})


def test_one_path_can_serve_many_calls(small: Small) -> None:
    body = '{"type": "role"}'
    assert ask(small, "/info", body=body) == (200, {"result": {"type": "role"}})

    small.respond_next("/info role", page(503))

    with pytest.raises(requests.exceptions.JSONDecodeError):
        ask(small, "/info", body=body)
    assert ask(small, "/info", body='{"type": "other"}') == (400, {"error": "not found"})
    assert small.paths() == ["POST /info role", "POST /info role", "POST /info other"]
    assert [recorded.status for recorded in small.requests] == [200, 503, 400]


def test_scripted_responses_come_first_and_are_used_up(small: Small) -> None:
    small.respond_always("/key", json_response("always"))
    small.respond_next("/key", json_response("first"), Reset())

    assert ask(small, "/key")[1] == "first"
    with pytest.raises(requests.ConnectionError):
        ask(small, "/key")
    assert ask(small, "/key")[1] == "always"
    assert [recorded.status for recorded in small.requests] == [200, None, 200]


def test_a_request_that_hangs_ends_with_the_exchange() -> None:
    with Small() as exchange:
        exchange.respond_always("/time", Hang())
        with pytest.raises(requests.ReadTimeout):
            requests.get(f"{exchange.url}/v3/time", timeout=0.2)


def test_a_mistake_in_a_handler_fails_the_test() -> None:
    exchange = Small([KeyState(KEY_ID, SECRET)])

    with pytest.raises(RuntimeError, match="handler") as problem, exchange, pytest.raises(requests.ConnectionError):
        ask(exchange, "/mistake")

    assert isinstance(problem.value.__cause__, ZeroDivisionError)


def test_a_kind_without_a_word_is_a_mistake_of_the_test(small: Small) -> None:
    small.keys[0].permissions = [Kind.WITHDRAW, "unheard-of", "pay"]
    assert small.words_of(small.keys[0]) == ["pay", "send", "unheard-of"]

    with pytest.raises(KeyError):
        small.words_of(KeyState("x", permissions=[Kind.MANAGE_KEYS]))


def test_no_credential_is_in_a_repr() -> None:
    key = KeyState(KEY_ID, SECRET, password=SECRET, private_key=SECRET, wallet_address=KEY_ID)
    request = Request("POST", "/key", f"/v3/key?key={SECRET}", {"x-key": KEY_ID}, SECRET.encode())

    text = repr((key, RecordedRequest(request, "/key", KEY_ID, 200)))

    assert SECRET not in text
    assert KEY_ID not in text


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("spot", ("BTC/USDT", "USDT", None)),
        ("futures", ("BTC/USDC:USDC", "USDC", "futures")),
    ],
)
def test_a_bots_config_comes_from_its_exchange(tmp_path: Path, mode: str, expected: tuple[str, ...]) -> None:
    exchange = Small(trading_mode=mode)
    bot = DemoBot(tmp_path, exchange)

    config = bot.config
    section = config["exchange"]
    assert (section["pair_whitelist"][0], config["stake_currency"], config.get("trading_mode")) == expected
    assert section["ccxt_config"] == {"urls": {"api": {"spot": {"private": f"{exchange.url}/v3"}}}}
    assert set(config["api_key_guard"]["credentials"]) == {"store", "key_file", "secret_file", "password_file"}


def test_a_bots_credentials_are_files_of_their_owner(tmp_path: Path) -> None:
    bot = DemoBot(tmp_path, Small())

    bot.store(KeyState("id", "signs", password="opens"))

    assert [(tmp_path / name).read_text() for name in ("key", "secret", "password")] == ["id\n", "signs\n", "opens\n"]
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in ("key", "secret", "password")} == {0o600}


def test_every_simulated_exchange_is_found_by_its_name() -> None:
    assert "bitmex" in simulated_ids()
    assert [simulated(name).exchange_id for name in simulated_ids()] == simulated_ids()
    with pytest.raises(KeyError):
        simulated("interface")


@pytest.mark.parametrize("name", simulated_ids())
def test_every_simulated_exchange_fills_the_interface(name: str) -> None:
    exchange = simulated(name)([simulated(name).random_key()])

    assert exchange.bot_config()["exchange"]["name"] == name
    assert all(exchange.error(cause).status for cause in (Cause.UNKNOWN_KEY, Cause.DISABLED, Cause.RATE_LIMIT))
    assert {Kind.READ, Kind.TRADE} <= set(exchange.words)
    assert all(exchange.credentials(exchange.keys[0]).values())
    assert exchange.url in str(exchange.ccxt_config())


def test_bitmex_serves_keys_in_common_words() -> None:
    sibling = KeyState(OTHER_ID, OTHER_SECRET, permissions=[Kind.READ], networks=None)
    state = KeyState(KEY_ID, SECRET, permissions=[Kind.TRADE, Kind.WITHDRAW], siblings=[sibling], two_factor=False)

    exchange = SimulatedBitMEX([state])

    own, other = (key.to_json() for key in exchange.account_keys())
    assert (own["permissions"], own["cidrs"], exchange.account.two_factor) == (
        ["order", "withdraw"],
        ["127.0.0.1"],
        None,
    )
    assert (other["id"], other["permissions"], other["cidr"]) == (OTHER_ID, [], "")


def test_bitmexs_own_key_is_taken_as_it_is() -> None:
    key = Key(KEY_ID, SECRET, cidr="203.0.113.7/32")

    assert SimulatedBitMEX([key]).keys[0] is key
