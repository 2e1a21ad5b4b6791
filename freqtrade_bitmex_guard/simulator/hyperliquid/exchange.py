"""Hyperliquid on loopback: the roles of its addresses, its API wallets, its signed actions.

A key is an API wallet: `id` is its address, `private_key` signs, `wallet_address` is the account. An address has one
role, so a key with any permission beyond trading is the account's own wallet. A word of its own is the role itself.
Neither addresses of clients nor clocks are judged: Hyperliquid has no IP restriction, and its answer to an old nonce is
not documented.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from freqtrade_bitmex_guard.simulator.hyperliquid import market
from freqtrade_bitmex_guard.simulator.hyperliquid.signing import (
    ACCOUNT_ACTIONS,
    NO_ADDRESS,
    action_digest,
    address_of,
    has_signed,
    keccak256,
)
from freqtrade_bitmex_guard.simulator.interface import Cause, Handler, PublicHandler, SimulatedExchange
from freqtrade_bitmex_guard.simulator.keys import KeyState, Kind
from freqtrade_bitmex_guard.simulator.request import Request
from freqtrade_bitmex_guard.simulator.responses import Response, json_response

_BEYOND_TRADING = frozenset((Kind.WITHDRAW, Kind.TRANSFER, Kind.MANAGE_KEYS))
_MALFORMED = Response(422, b"Failed to deserialize the JSON body into the target type", {"Content-Type": "text/plain"})
# What API wallets may do, with the answer to it: nothing is ever traded here.
_WALLET_ACTIONS = {
    "order": "Insufficient margin to place order. asset=0",
    "batchModify": "Insufficient margin to place order. asset=0",
    "cancel": "Order was never placed, already canceled, or filled. asset=0",
    "cancelByCloid": "Order was never placed, already canceled, or filled. asset=0",
    "scheduleCancel": None,
    "setReferrer": None,
    "updateIsolatedMargin": None,
    "updateLeverage": None,
}


def failed(message: str) -> Response:
    """Build an error in Hyperliquid's own shape; its status is 200."""
    return json_response({"status": "err", "response": message})


def does_not_exist(address: str) -> Response:
    """Build the error for an action that was signed by an address without an account."""
    return failed(f"User or API Wallet {address} does not exist.")


def must_deposit(address: str) -> Response:
    """Build the error for an action of the account's own wallet that another address signed."""
    return failed(f"Must deposit before performing actions. User: {address}")


class SimulatedHyperliquid(SimulatedExchange[KeyState]):
    """Hyperliquid's /info, which anyone may query, and its signed /exchange.

    Attributes:
        roles: answers of `userRole` about more addresses in lower case, such as a vault's or a sub-account's.
        leaders: address of the leader of each vault.
    """

    exchange_id = "hyperliquid"
    pairs: ClassVar[Mapping[str, str]] = {"spot": "BTC/USDC", "futures": "BTC/USDC:USDC"}
    credential_parts: ClassVar[Sequence[str]] = ("wallet_address", "private_key")
    limits_addresses = False
    has_read_only = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.roles: dict[str, dict[str, Any]] = {}
        self.leaders: dict[str, str] = {}

    @property
    def words(self) -> Mapping[Kind, Sequence[str]]:
        """The role of the key's address."""
        agent = {Kind.READ: (), Kind.TRADE: ("agent",), Kind.CANCEL: ("agent",)}
        return {**agent, **dict.fromkeys(_BEYOND_TRADING, ("user",))}

    @property
    def errors(self) -> Mapping[Cause, Response]:
        """Hyperliquid's errors. Only the last two concern /info."""
        return {
            Cause.UNKNOWN_KEY: does_not_exist(NO_ADDRESS),
            Cause.SIGNATURE: does_not_exist(NO_ADDRESS),
            Cause.PERMISSION: must_deposit(NO_ADDRESS),
            Cause.NOT_FOUND: _MALFORMED,
            Cause.RATE_LIMIT: json_response(None, 429),
        }

    def api_urls(self) -> Any:
        """Return ccxt's two URLs."""
        return {"public": self.url, "private": self.url}

    @classmethod
    def random_key(cls, **changed: Any) -> KeyState:
        """Make an API wallet that expires in 70 days, or the account's own wallet if it may do more than trade."""
        private_key = changed.pop("private_key", "0x" + secrets.token_hex(32))
        key = KeyState(address_of(private_key), private_key=private_key, **{"days_left": 70, **changed})
        own = not {*_BEYOND_TRADING, "user"}.isdisjoint(key.permissions)
        key.wallet_address = key.wallet_address or (key.id if own else "0x" + secrets.token_hex(20))
        return key

    def route_of(self, request: Request) -> str:
        """Return the path and the type of the question or action."""
        content = request.json.get("action") if request.path == "/exchange" else request.json
        kind = content.get("type") if isinstance(content, dict) else None
        return f"{request.path} {kind}" if kind else request.path

    def key_id(self, request: Request) -> str | None:
        """Return the address that a question is about, or that signed an action."""
        if request.path == "/exchange":
            key = self._signer(request)
            return key.id if key else None
        user = request.json.get("user")
        return user if isinstance(user, str) else None

    def authenticate(self, request: Request) -> KeyState | Response:
        """Return the key that signed an action, or Hyperliquid's error."""
        if f"{request.verb} {self.route_of(request)}" not in self.routes or not request.json.get("signature"):
            return _MALFORMED
        key = self._signer(request)
        # Hyperliquid recovers the address from the signature; a wrong signature yields an address that nobody has.
        address = key.id if key else "0x" + keccak256(request.body)[-20:].hex()
        role = self.role(address)["role"]
        if request.json["action"]["type"] in ACCOUNT_ACTIONS and role != "user":
            return must_deposit(address)
        return does_not_exist(address) if key is None or role == "missing" else key

    @property
    def public_routes(self) -> Mapping[str, PublicHandler]:
        """Questions by their type."""
        questions: dict[str, PublicHandler] = {
            "userRole": lambda request: self.role(_user(request)),
            "extraAgents": lambda request: [agent for agent in self.agents(_user(request)) if agent["name"]],
            "webData2": self._web_data,
            "vaultDetails": self._vault,
            "subAccounts": lambda _: None,
            "userToMultiSigSigners": lambda _: None,
            "userAbstraction": lambda _: "default",
            **market.ANSWERS,
        }
        return {f"POST /info {kind}": answer for kind, answer in questions.items()}

    @property
    def routes(self) -> Mapping[str, Handler]:
        """Actions by their type."""
        return {f"POST /exchange {kind}": self._act for kind in (*ACCOUNT_ACTIONS, *_WALLET_ACTIONS)}

    def role(self, address: str) -> dict[str, Any]:
        """Return the answer of `userRole` about an address."""
        address = address.lower()
        if address in self.roles:
            return self.roles[address]
        for key, account in self._wallets():
            if key.id.lower() == address:
                more = {name: value for name, value in key.overrides.items() if name not in ("name", "validUntil")}
                return {**self._role_of_wallet(key, account), **more}
        return {"role": "user" if any(account == address for _, account in self._wallets()) else "missing"}

    def agents(self, account: str) -> list[dict[str, Any]]:
        """Return an account's API wallets, the one without a name too."""
        return [
            {
                "name": key.overrides.get("name", key.name),
                "address": key.id,
                "validUntil": key.overrides.get("validUntil", key.expires and int(key.expires * 1000)),
            }
            for key, its_account in self._wallets()
            if its_account == account.lower() and self._role_of_wallet(key, its_account)["role"] == "agent"
        ]

    def _wallets(self) -> Iterator[tuple[KeyState, str]]:
        for key in self.keys:
            for wallet in (key, *key.siblings):
                yield wallet, key.wallet_address.lower()

    def _role_of_wallet(self, key: KeyState, account: str) -> dict[str, Any]:
        words = self.words_of(key)
        if "user" in words:
            return {"role": "user"}
        if not words or not key.enabled or key.expired:
            return {"role": "missing"}
        return {"role": words[-1], **({"data": {"user": account}} if words[-1] == "agent" else {})}

    def _signer(self, request: Request) -> KeyState | None:
        try:
            digest = action_digest(request.json)
            for wallet, _ in self._wallets():
                if wallet.private_key and has_signed(wallet.private_key, digest, request.json["signature"]):
                    return wallet
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
            pass  # an action that is not as documented was signed by nobody
        return None

    def _web_data(self, request: Request) -> dict[str, Any]:
        unnamed = next((agent for agent in self.agents(_user(request)) if not agent["name"]), {})
        return {
            "agentAddress": unnamed.get("address"),
            "agentValidUntil": unnamed.get("validUntil"),
            "isVault": self.role(_user(request))["role"] == "vault",
        }

    def _vault(self, request: Request) -> dict[str, Any] | None:
        address = str(request.json.get("vaultAddress", "")).lower()
        leader = self.leaders.get(address)
        return {"name": "a vault", "vaultAddress": address, "leader": leader} if leader else None

    @staticmethod
    def _act(request: Request, key: KeyState) -> Any:  # noqa: ARG004 - every key gets the same
        kind = request.json["action"]["type"]
        problem = _WALLET_ACTIONS.get(kind)
        if problem is None:
            return {"status": "ok", "response": {"type": "default"}}
        return {"status": "ok", "response": {"type": kind, "data": {"statuses": [{"error": problem}]}}}


def _user(request: Request) -> str:
    return str(request.json.get("user", ""))
