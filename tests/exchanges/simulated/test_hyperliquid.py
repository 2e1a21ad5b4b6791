"""The simulated Hyperliquid: ccxt asks it about addresses and signs actions that it verifies."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ccxt
import pytest
import requests

from freqtrade_bitmex_guard.simulator import simulated
from freqtrade_bitmex_guard.simulator.hyperliquid import SimulatedHyperliquid
from freqtrade_bitmex_guard.simulator.hyperliquid.exchange import failed
from freqtrade_bitmex_guard.simulator.hyperliquid.signing import action_digest, address_of, has_signed
from freqtrade_bitmex_guard.simulator.interface import Cause
from freqtrade_bitmex_guard.simulator.keys import Kind
from tests.exchanges.simulated.unguarded import ccxt_client, run_until_it_reads_candles

# Published with the vectors in Hyperliquid's Python SDK (tests/signing_test.py): no account is behind it.
PUBLISHED_KEY = "0x" + "0123456789" * 6 + "0123"
ORDER = {"a": 1, "b": True, "p": "100", "s": "100", "r": False, "t": {"limit": {"tif": "Gtc"}}}
SEND = {"destination": "0x5e9ee1089755c3435139848e47e6635505d5a13a", "amount": "1", "time": 1687816341423}
ON_TESTNET = {"signatureChainId": "0x66eee", "hyperliquidChain": "Testnet"}


@pytest.fixture
def hyperliquid() -> Iterator[SimulatedHyperliquid]:
    with SimulatedHyperliquid([SimulatedHyperliquid.random_key()]) as exchange:
        yield exchange


def ask(exchange: SimulatedHyperliquid, kind: str, user: str = "") -> Any:
    return ccxt_client(exchange).publicPostInfo({"type": kind, "user": user or exchange.keys[0].id})


@pytest.mark.parametrize(
    ("content", "mainnet", "r", "s"),
    [
        (
            {"action": {"type": "order", "orders": [ORDER], "grouping": "na"}, "nonce": 0},
            True,
            "0xd65369825a9df5d80099e513cce430311d7d26ddf477f5b3a33d2806b100d78e",
            "0x2b54116ff64054968aa237c20ca9ff68000f977c93289157748a3162b6ea940e",
        ),
        (
            {"action": {"type": "order", "orders": [ORDER], "grouping": "na"}, "nonce": 0},
            False,
            "0x82b2ba28e76b3d761093aaded1b1cdad4960b3af30212b343fb2e6cdfa4e3d54",
            "0x6b53878fc99d26047f4d7e8c90eb98955a109f44209163f52d8dc4278cbbd9f5",
        ),
        (
            {
                "action": {"type": "dummy", "num": 100_000_000_000},
                "nonce": 0,
                "vaultAddress": "0x1719884eb866cb12b2287399b15f7db5e7d775ea",
            },
            True,
            "0x3c548db75e479f8012acf3000ca3a6b05606bc2ec0c29c50c515066a326239",
            "0x4d402be7396ce74fbba3795769cda45aec00dc3125a984f2a9f23177b190da2c",
        ),
        (
            {"action": {"type": "withdraw3", **ON_TESTNET, **SEND}},
            False,
            "0x8363524c799e90ce9bc41022f7c39b4e9bdba786e5f9c72b20e43e1462c37cf9",
            "0x58b1411a775938b83e29182e8ef74975f9054c8e97ebf5ec2dc8d51bfc893881",
        ),
        (
            {"action": {"type": "usdSend", **ON_TESTNET, **SEND}},
            False,
            "0x637b37dd731507cdd24f46532ca8ba6eec616952c56218baeff04144e4a77073",
            "0x11a6a24900e6e314136d2592e2f8d502cd89b7c15b198e1bee043c9589f9fad7",
        ),
    ],
    ids=["order", "order on the testnet", "for a vault", "withdrawal", "transfer"],
)
def test_published_signatures_are_verified(content: dict[str, Any], mainnet: bool, r: str, s: str) -> None:
    digest = action_digest(content, mainnet=mainnet)

    assert has_signed(PUBLISHED_KEY, digest, {"r": r, "s": s})
    assert not has_signed(PUBLISHED_KEY, digest, {"r": s, "s": r})
    assert not has_signed(
        PUBLISHED_KEY, action_digest({**content, "action": {"type": "x"}, "nonce": 1}), {"r": r, "s": s}
    )


def test_an_address_belongs_to_its_private_key() -> None:
    # Documented by web3.js, "privateKeyToAccount".
    private_key = "0x" + "348ce564d427a3311b6536bbcff9390d69395b06ed6c486954e971d960fe8709"

    assert address_of(private_key) == "0xb8CE9ab6943e0eCED004cDe8e3bBed6568B2Fa01".lower()


def test_it_is_found_by_its_name() -> None:
    assert simulated("hyperliquid") is SimulatedHyperliquid


def test_an_api_wallet_is_reported_with_its_account_and_end(hyperliquid: SimulatedHyperliquid) -> None:
    key = hyperliquid.keys[0]

    assert ask(hyperliquid, "userRole") == {"role": "agent", "data": {"user": key.wallet_address}}
    assert ask(hyperliquid, "userRole", key.wallet_address.upper().replace("X", "x")) == {"role": "user"}
    agent = ask(hyperliquid, "extraAgents", key.wallet_address)[0]
    assert (agent["name"], agent["address"]) == ("freqtrade-btc", key.id)
    assert abs(int(agent["validUntil"]) / 1000 - time.time() - 70 * 86_400) < 60
    assert ask(hyperliquid, "userAbstraction") == '"default"'


@pytest.mark.parametrize("permission", [Kind.WITHDRAW, Kind.TRANSFER, Kind.MANAGE_KEYS, "user"])
def test_the_accounts_own_wallet_is_a_user(permission: Kind | str) -> None:
    key = SimulatedHyperliquid.random_key(permissions=[Kind.TRADE, permission])

    with SimulatedHyperliquid([key]) as exchange:
        assert key.wallet_address == key.id
        assert ask(exchange, "userRole") == {"role": "user"}
        assert ask(exchange, "extraAgents") == []


@pytest.mark.parametrize("change", [{"enabled": False}, {"days_left": 0}, {"permissions": [Kind.READ]}])
def test_an_api_wallet_that_is_gone_is_missing(hyperliquid: SimulatedHyperliquid, change: dict[str, Any]) -> None:
    for name, value in change.items():
        setattr(hyperliquid.keys[0], name, value)

    assert ask(hyperliquid, "userRole") == {"role": "missing"}
    assert ask(hyperliquid, "extraAgents", hyperliquid.keys[0].wallet_address) == []


def test_other_answers_are_what_a_test_says(hyperliquid: SimulatedHyperliquid) -> None:
    key, vault, part = hyperliquid.keys[0], "0x" + "a" * 40, "0x" + "b" * 40
    hyperliquid.roles = {vault: {"role": "vault"}, part: {"role": "subAccount", "data": {"master": key.wallet_address}}}
    hyperliquid.leaders = {vault: key.wallet_address}
    key.siblings = [SimulatedHyperliquid.random_key(name="", days_left=3)]
    key.overrides = {"data": {"user": vault}, "validUntil": None}

    assert ask(hyperliquid, "userRole")["data"] == {"user": vault}
    assert ask(hyperliquid, "userRole", vault) == {"role": "vault"}
    assert ask(hyperliquid, "userRole", part)["data"] == {"master": key.wallet_address}
    assert ask(hyperliquid, "userRole", "0x" + "c" * 40) == {"role": "missing"}
    assert [each["validUntil"] for each in ask(hyperliquid, "extraAgents", key.wallet_address)] == [None]
    assert ask(hyperliquid, "webData2", key.wallet_address)["agentAddress"] == key.siblings[0].id
    details = ccxt_client(hyperliquid).publicPostInfo({"type": "vaultDetails", "vaultAddress": vault})
    assert details["leader"] == key.wallet_address


def test_actions_are_signed_by_the_wallet(hyperliquid: SimulatedHyperliquid) -> None:
    wallet = ccxt_client(hyperliquid)
    wallet.load_markets()

    with pytest.raises(ccxt.InsufficientFunds):
        wallet.create_order("BTC/USDC:USDC", "limit", "buy", 0.001, 70_000)
    with pytest.raises(ccxt.OrderNotFound):
        wallet.cancel_order("1", "BTC/USDC:USDC")
    wallet.set_leverage(2, "BTC/USDC:USDC", {"vaultAddress": "0x" + "a" * 40})

    signed = {one.route: one.key for one in hyperliquid.requests if one.path == "/exchange"}
    assert set(signed) == {
        *("/exchange approveBuilderFee", "/exchange setReferrer"),
        *("/exchange order", "/exchange cancel", "/exchange updateLeverage"),
    }
    assert set(signed.values()) == {hyperliquid.keys[0].id}


def test_only_the_account_itself_withdraws(hyperliquid: SimulatedHyperliquid) -> None:
    agent, target = ccxt_client(hyperliquid, options={"approvedBuilderFee": True}), "0x" + "a" * 40
    agent.load_markets()

    with pytest.raises(ccxt.ExchangeError, match=f"Must deposit .* User: {hyperliquid.keys[0].id}"):
        agent.withdraw("USDC", 10, target)
    hyperliquid.keys[0].permissions = [Kind.WITHDRAW]

    assert agent.withdraw("USDC", 10, target)["info"]["status"] == "ok"


def test_a_wrong_private_key_belongs_to_nobody(hyperliquid: SimulatedHyperliquid) -> None:
    stranger = ccxt_client(hyperliquid, privateKey=SimulatedHyperliquid.random_key().private_key)
    stranger.load_markets()

    with pytest.raises(ccxt.InvalidOrder, match=r"User or API Wallet 0x[0-9a-f]{40} does not exist\."):
        stranger.create_order("BTC/USDC:USDC", "limit", "buy", 0.001, 70_000)


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (Cause.UNKNOWN_KEY, ccxt.InvalidOrder),
        (Cause.EXPIRED, ccxt.InvalidOrder),
        (Cause.PERMISSION, ccxt.ExchangeError),
        (Cause.NOT_FOUND, ccxt.ExchangeError),
        (Cause.RATE_LIMIT, ccxt.RateLimitExceeded),
        ("Builder fee has not been approved.", ccxt.ExchangeError),
        (
            "Too many cumulative requests sent (37986 > 10436) for cumulative volume traded $437.92.",
            ccxt.RateLimitExceeded,
        ),
    ],
)
def test_errors_are_what_ccxt_makes_of_the_recorded_ones(
    hyperliquid: SimulatedHyperliquid, response: Cause | str, kind: type[Exception]
) -> None:
    scripted = hyperliquid.error(response) if isinstance(response, Cause) else failed(response)
    hyperliquid.respond_next("/info userRole", scripted)

    with pytest.raises(kind) as caught:
        ask(hyperliquid, "userRole")

    assert type(caught.value) is kind


@pytest.mark.parametrize("content", ["", "[]", '{"type": "unheard-of"}', '{"action": {"type": "order"}, "nonce": 1}'])
def test_what_is_not_understood_is_refused_as_recorded(hyperliquid: SimulatedHyperliquid, content: str) -> None:
    for path in ("/info", "/exchange"):
        response = requests.post(f"{hyperliquid.url}{path}", data=content, timeout=5)

        assert (response.status_code, response.text[:30]) == (422, "Failed to deserialize the JSON")


def test_candles_end_with_the_newest_one(hyperliquid: SimulatedHyperliquid) -> None:
    for since in (None, int(time.time() - 86_400) * 1000):
        candles = ccxt_client(hyperliquid).fetch_ohlcv("BTC/USDC", "5m", since)

        assert time.time() - candles[-1][0] / 1000 < 300


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["spot", "futures"])
def test_real_freqtrade_reaches_running(mode: str, tmp_path: Path) -> None:
    with SimulatedHyperliquid([SimulatedHyperliquid.random_key()], trading_mode=mode) as exchange:
        output = run_until_it_reads_candles(exchange, tmp_path, "/info candleSnapshot")

    assert exchange.keys[0].private_key[2:] not in output
    assert "Outdated history" not in output
