"""The simulated Bitget: real ccxt and real freqtrade use it, and it answers errors in Bitget's words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ccxt
import pytest
import requests

from freqtrade_bitmex_guard.simulator import simulated
from freqtrade_bitmex_guard.simulator.bitget import SimulatedBitget, text_to_sign
from freqtrade_bitmex_guard.simulator.keys import Kind
from tests.exchanges.simulated.bitget_client import CLASSIC, client, failure, information

READS = ["coor", "cpor", "stor"]


@pytest.fixture
def bitget() -> Iterator[SimulatedBitget]:
    with SimulatedBitget([SimulatedBitget.random_key()]) as exchange:
        yield exchange


@pytest.fixture
def unified(bitget: SimulatedBitget) -> SimulatedBitget:
    bitget.unified = True
    return bitget


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (
            ("16273667805456", "GET", "/api/mix/v2/market/depth", "limit=20&symbol=BTCUSDT"),
            "16273667805456GET/api/mix/v2/market/depth?limit=20&symbol=BTCUSDT",
        ),
        (
            ("16273667805456", "POST", "/api/v2/mix/order/place-order", "", '{"symbol":"BTCUSDT"}'),
            '16273667805456POST/api/v2/mix/order/place-order{"symbol":"BTCUSDT"}',
        ),
    ],
)
def test_it_signs_the_text_that_bitget_published(parts: tuple[str, ...], expected: str) -> None:
    # Bitget publishes no signature beside its examples.
    assert text_to_sign(*parts) == expected


def test_it_is_found_by_its_name() -> None:
    assert simulated("bitget") is SimulatedBitget


def test_real_ccxt_reads_a_classic_key(bitget: SimulatedBitget) -> None:
    bitget.keys[0].networks = ["203.0.113.7", "127.0.0.1"]

    assert information(bitget) == {
        "userId": "5476143713",
        "inviterId": None,
        "ips": "203.0.113.7,127.0.0.1",
        "authorities": [*READS, "stow"],
        "parentId": 1513226215,
        "traderType": "not_trader",
        "channelCode": "",
        "channel": "",
        "regisTime": "1704067200000",
    }


def test_real_ccxt_reads_a_unified_key(unified: SimulatedBitget) -> None:
    assert information(unified) == {
        "userId": "123456789",
        "inviterId": "",
        "parentId": "",
        "channelCode": "",
        "channel": "",
        "ips": "127.0.0.1",
        "permType": "read_and_write",
        "permissions": ["uta_mgt", "uta_trade"],
        "regisTime": "1704067200000",
    }


@pytest.mark.parametrize("is_unified", [False, True])
def test_no_address_limit_is_a_blank_text(bitget: SimulatedBitget, is_unified: bool) -> None:
    bitget.unified = is_unified
    bitget.keys[0].networks = None

    assert information(bitget)["ips"] == ""


def test_every_permission_has_its_classic_word() -> None:
    everything = [Kind.READ, Kind.TRADE, Kind.WITHDRAW, Kind.TRANSFER, Kind.MANAGE_KEYS, "zzzw"]
    key = SimulatedBitget.random_key(permissions=everything)
    with SimulatedBitget([key], trading_mode="futures") as exchange:
        assert information(exchange)["authorities"] == [*READS, "coow", "cpow", "wwow", "wtow", "chow", "zzzw"]


@pytest.mark.parametrize(
    ("permissions", "kind", "words"),
    [
        ([Kind.READ], "read_only", ["uta_mgt"]),
        (["uta_mgt"], "read_and_write", ["uta_mgt"]),
        ([Kind.TRADE, Kind.WITHDRAW], "read_and_write", ["uta_mgt", "uta_trade", "withdraw"]),
    ],
)
def test_a_unified_key_has_a_kind_and_words(
    unified: SimulatedBitget, permissions: list[Kind | str], kind: str, words: list[str]
) -> None:
    unified.keys[0].permissions = permissions

    told = information(unified)

    assert (told["permType"], told["permissions"]) == (kind, words)


def test_a_question_to_the_wrong_kind_of_account_is_refused(bitget: SimulatedBitget) -> None:
    with pytest.raises(ccxt.ExchangeError, match="40084.*You are in Classic Account mode"):
        client(bitget).privateUtaGetV3AccountInfo()

    bitget.unified = True

    with pytest.raises(ccxt.ExchangeError, match="40085.*You are in Unified Account mode"):
        client(bitget).privateSpotGetV2SpotAccountInfo()
    assert [recorded.status for recorded in bitget.requests] == [400, 400]


@pytest.mark.parametrize("is_unified", [False, True])
@pytest.mark.parametrize(
    ("changed", "code"),
    [({"apiKey": "unknown"}, "40006"), ({"password": "wrong"}, "40012"), ({"secret": "wrong"}, "40009")],
    ids=["unknown key", "wrong passphrase", "wrong secret"],
)
def test_wrong_credentials_are_answered_in_bitgets_words(
    bitget: SimulatedBitget, is_unified: bool, changed: dict[str, Any], code: str
) -> None:
    bitget.unified = is_unified

    problem = failure(bitget, **changed)

    assert type(problem) is ccxt.AuthenticationError
    assert f'"code": "{code}"' in str(problem)


@pytest.mark.parametrize(
    ("change", "code"),
    [({"enabled": False}, "40037"), ({"days_left": 0}, "40006"), ({"networks": ["203.0.113.7"]}, "40018")],
)
def test_a_key_that_must_not_work_gets_bitgets_error(
    bitget: SimulatedBitget, change: dict[str, Any], code: str
) -> None:
    for name, value in change.items():
        setattr(bitget.keys[0], name, value)

    assert f'"code": "{code}"' in str(failure(bitget))


def test_a_request_from_another_time_is_refused(bitget: SimulatedBitget) -> None:
    bitget.clock_offset = 31

    problem = failure(bitget)

    assert type(problem) is ccxt.InvalidNonce
    assert "Request timestamp expired" in str(problem)


def test_a_time_must_be_a_number(bitget: SimulatedBitget) -> None:
    headers = client(bitget).sign("v2/spot/account/info", ["private", "spot"])["headers"]

    answer = requests.get(bitget.url + CLASSIC, headers={**headers, "ACCESS-TIMESTAMP": "now"}, timeout=5)

    assert (answer.status_code, answer.json()["code"]) == (400, "40005")


def test_a_signature_covers_the_query_before_its_encoding(bitget: SimulatedBitget) -> None:
    assert client(bitget).privateSpotGetV2SpotAccountInfo({"note": "a b,c"})["code"] == "00000"


def test_nothing_private_is_told_without_a_signature(bitget: SimulatedBitget) -> None:
    answer = requests.get(bitget.url + CLASSIC, timeout=5)

    assert (answer.status_code, answer.json()["code"]) == (400, "40001")


def test_a_live_key_does_not_work_for_demo_trading(bitget: SimulatedBitget) -> None:
    assert '"code": "40099"' in str(failure(bitget, options={"sandboxMode": True}))


@pytest.mark.parametrize(
    ("method", "words", "needed"),
    [
        ("privateSpotPostV2SpotTradePlaceOrder", ["stow"], "spot order write"),
        ("privateSpotPostV2SpotWalletWithdrawal", ["wwow"], "withdraw write"),
        ("privateSpotPostV2SpotWalletTransfer", ["wtow"], "transfer write"),
        ("privateSpotGetV2SpotTradeFills", ["stor"], "spot order read or spot order write"),
        ("privateMixGetV2MixOrderFills", ["coor"], "future order read or future order write"),
        ("privateMixPostV2MixOrderPlaceOrder", ["coow"], "future order write"),
        ("privateMixPostV2MixAccountSetLeverage", ["cpow"], "future order write"),
    ],
)
def test_each_classic_word_opens_its_own_calls(
    bitget: SimulatedBitget, method: str, words: list[str], needed: str
) -> None:
    bitget.keys[0].permissions = ["smor"]
    with pytest.raises(ccxt.PermissionDenied, match=f"Incorrect permissions, need {needed} permissions"):
        getattr(client(bitget), method)()

    bitget.keys[0].permissions = words

    with pytest.raises(ccxt.BadRequest, match="40404"):
        getattr(client(bitget), method)()
    assert [recorded.key for recorded in bitget.requests] == [bitget.keys[0].id] * 2


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("privateUtaPostV3TradePlaceOrder", ["uta_trade"]),
        ("privateUtaPostV3AccountTransfer", ["uta_mgt"]),
        ("privateUtaPostV3AccountWithdrawal", ["withdraw"]),
        ("privateUtaGetV3TradeFills", ["uta_mgt"]),
    ],
)
def test_each_unified_word_opens_its_own_calls(unified: SimulatedBitget, method: str, words: list[str]) -> None:
    unified.keys[0].permissions = ["copy_futures_order"]
    with pytest.raises(ccxt.PermissionDenied, match="40014"):
        getattr(client(unified), method)()

    unified.keys[0].permissions = words

    with pytest.raises(ccxt.BadRequest, match="40404"):
        getattr(client(unified), method)()


def test_a_unified_key_that_only_reads_writes_nothing(unified: SimulatedBitget) -> None:
    unified.keys[0].permissions = [Kind.READ]

    with pytest.raises(ccxt.PermissionDenied, match="uta manage write"):
        client(unified).privateUtaPostV3AccountTransfer()
    assert client(unified).privateUtaGetV3AccountSettings()["data"]["accountMode"] == "unified"


def test_a_key_describes_itself_without_any_permission(bitget: SimulatedBitget) -> None:
    bitget.keys[0].permissions = []

    assert information(bitget)["authorities"] == []


def test_its_key_repr_shows_no_credential() -> None:
    key = SimulatedBitget.random_key()

    assert not any(part in repr(key) for part in (key.id, key.secret, key.password))
