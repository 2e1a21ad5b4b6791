"""Hyperliquid, spot and futures: a key is an API wallet ("agent"), an address that trades for an account.

Sources: hyperliquid.gitbook.io/hyperliquid-docs, "Info endpoint" (query a user's role), "Nonces and API wallets", and
recordings of the official Python SDK for the list of API wallets. Anybody may ask about any address, so no question is
signed: the address that belongs to the private key shows which API wallet it is, and its role that it works today.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, NoReturn

from pydantic import Field

from freqtrade_bitmex_guard.client.errors import ErrorCause, StrictModel, fail_for, fail_invalid, parse_body, read_json
from freqtrade_bitmex_guard.client.lookalikes import reject_lookalikes
from freqtrade_bitmex_guard.exchanges.hyperliquid.profile import AGENT, OWNER, PROFILE
from freqtrade_bitmex_guard.exchanges.interface import ExchangeAdapter, KeyListing, Session
from freqtrade_bitmex_guard.model.account import SiblingKey
from freqtrade_bitmex_guard.model.findings import GuardError, fail
from freqtrade_bitmex_guard.model.key import KeyFacts, NotSupported
from freqtrade_bitmex_guard.redaction.sanitize import fingerprint, mask_id, sanitize

_STORE_ANOTHER = (
    f"Make an API wallet on {PROFILE.page.location}, and store its private key: `freqtrade-bitmex-guard credentials "
    "rotate -c CONFIG` replaces one that is stored."
)
_UNKNOWN = (
    "Hyperliquid does not know the address of the private key. In the order to look at: the API wallet has ended (180 "
    "days at most), or another of its name has replaced it; it is one of the test network, or the other way round; the "
    "private key was mistyped."
)
_CAUSES = (
    ErrorCause("key-unknown", _UNKNOWN, _STORE_ANOTHER, text="does not exist"),
    ErrorCause("key-unknown", _UNKNOWN, _STORE_ANOTHER, text="must deposit before performing actions"),
    ErrorCause("rate-limited", text="too many cumulative requests"),
    ErrorCause(
        "exchange-error",
        "Hyperliquid wants a fee approved that ccxt adds to orders, though the check sends none.",
        "Take the proxy out, if there is one; if it stays, report it.",
        text="builder fee has not been approved",
    ),
    ErrorCause(
        "exchange-error",
        "Hyperliquid does not understand the question about the key: its API has changed, or a proxy changes requests.",
        "Update freqtrade-bitmex-guard; if it stays, report it.",
        status=422,
    ),
)

_NO_LIMIT = NotSupported("neither an API wallet nor an account has such a setting")
_ACCOUNT_OPTIONS = ("vaultAddress", "subAccountAddress")
# Other names under which ccxt finds an account there.
_NAMES_IN_CCXT = ("User", "Address", "VaultAddress", "SubAccountAddress")
_HIDDEN_OPTIONS = ("user", "address", *map("default{}".format, _NAMES_IN_CCXT))
# Its methods that look for an account first among options of their own.
_METHODS = (
    *("createOrder", "editOrder", "cancelOrders", "cancelOrdersForSymbols", "cancelAllOrdersAfter", "cancelTwapOrder"),
    *("setMarginMode", "setLeverage", "modifyMargin", "fetchBalance", "fetchPositions", "fetchTradingFee"),
    *("fetchOrder", "fetchOrders", "fetchOpenOrders", "fetchTrades", "fetchMyTrades", "fetchFundingHistory"),
)
_IS_ADDRESS = re.compile("0x[0-9a-f]{40}")
_Address = Annotated[str, Field(pattern="^0x[0-9A-Fa-f]{40}$")]
_Millis = Annotated[int, Field(gt=0, lt=10**14)] | Annotated[str, Field(pattern="^[0-9]{1,14}$")]


class _Related(StrictModel):
    user: _Address = ""
    master: _Address = ""


class _Role(StrictModel):
    role: str = Field(pattern="^[A-Za-z]{1,40}$")
    data: _Related | None = None

    @property
    def account(self) -> str:
        """The account that the address belongs to; empty if it is one itself, or the answer does not name it."""
        related = self.data or _Related()
        return {AGENT: related.user, "subAccount": related.master}.get(self.role, "").lower()


class _Agent(StrictModel):
    name: str
    address: _Address
    end: _Millis | None = Field(alias="validUntil")


class _Unnamed(StrictModel):
    address: _Address | None = Field(alias="agentAddress")
    end: _Millis | None = Field(alias="agentValidUntil")


class _Vault(StrictModel):
    leader: _Address


class Hyperliquid(ExchangeAdapter):
    """Asks who the address of the private key is, for whom it trades, and until when."""

    profile = PROFILE

    def read_key(self, session: Session, key_id: str) -> KeyListing:
        """Read what the API wallet may do; see `ExchangeAdapter.read_key`."""
        signer, wallet = session.signer_address().lower(), key_id.lower()
        if not _IS_ADDRESS.fullmatch(wallet):
            advice = "Store it again: 0x and 40 hexadecimal digits."
            fail("credentials-malformed", "The wallet address is not one.", advice)
        account = _account_of(signer, session)
        traded = _traded_account(session, wallet, account)
        listed = _ask(session, "extraAgents", user=account)
        if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
            fail_invalid(PROFILE, "lists something that is not an API wallet")
        own = [_parse_agent(entry) for entry in listed if _is_at(entry, signer)] or _unnamed(session, account, signer)
        others = [entry for entry in listed if not _is_at(entry, signer)]
        entries = tuple(_facts(agent, account, traded) for agent in own)
        return KeyListing(entries, lambda: tuple(_sibling(entry, account) for entry in others))


ADAPTER = Hyperliquid()


def _ask(session: Session, kind: str, **about: str) -> Any:
    response = session.request("info", "POST", "public", {"type": kind, **about}, signed=False)
    content = read_json(response)
    is_error = isinstance(content, dict) and "status" in content
    if response.status != 200 or is_error:
        fail_for(response, PROFILE, _CAUSES, text=content.get("response") if is_error else None)
    return content


def _ask_role(session: Session, address: str) -> _Role:
    answer = _ask(session, "userRole", user=address)
    role = parse_body(_Role, answer, PROFILE, "the address")
    reject_lookalikes(answer, _Role.model_fields, PROFILE, "role|agent|valid|expir")
    return role


def _account_of(signer: str, session: Session) -> str:
    """Return the account for which the address of the private key trades; fail if it may do more, or nothing."""
    role = _ask_role(session, signer)
    if role.role == OWNER:
        fail(
            "withdraw-permission",
            "The private key is the account's own, not an API wallet's: anyone who obtains it can withdraw, send money "
            "to anybody, and make API wallets.",
            f"{_STORE_ANOTHER} The account's own key belongs on no server: if others could read it there, move the "
            "money to a new account.",
        )
    if role.role == "missing":
        fail("key-unknown", _UNKNOWN, _STORE_ANOTHER)
    if role.role in ("vault", "subAccount"):
        fail_invalid(PROFILE, f"calls the address of the private key a {role.role}, which has no private key")
    if role.role != AGENT:
        what = f"The address of the private key is a {sanitize(role.role)!r}, and nothing shows what that may do."
        fail("permission-not-allowed", what, _STORE_ANOTHER)
    if not role.account:
        fail_invalid(PROFILE, "does not name the account of the API wallet")
    return role.account


def _traded_account(session: Session, wallet: str, account: str) -> str:
    """Return the account that the bot trades: the API wallet's, or a sub-account or vault of it; fail for others."""
    chosen = {str(value).lower() for name in _ACCOUNT_OPTIONS if (value := session.option(name)) is not None}
    traded = next(iter(chosen), wallet)
    hidden = any(map(session.option, _HIDDEN_OPTIONS)) or any(_names_account(session, name) for name in _METHODS)
    if len(chosen) > 1 or not _IS_ADDRESS.fullmatch(traded) or hidden:
        _fail_options("The options of ccxt do not name one account in the documented way.")
    if wallet not in (account, traded):
        _fail_other_account(wallet, account, "is neither the account of the API wallet nor the one in ccxt's options")
    if traded == account:
        return account
    role = _ask_role(session, traded)
    owner = role.account
    if role.role == "vault":
        details = _ask(session, "vaultDetails", vaultAddress=traded)
        owner = parse_body(_Vault, details, PROFILE, "the vault").leader.lower()
    if role.role not in ("vault", "subAccount") or owner != account:
        what = {AGENT: "an API wallet", "subAccount": "a sub-account", "vault": "a vault", "missing": "unknown"}
        _fail_other_account(traded, account, f"is {what.get(role.role, 'another account')} and does not belong to it")
    if not chosen:
        _fail_options("The stored wallet address is a sub-account or a vault, but orders would go to the main account.")
    return traded


def _names_account(session: Session, method: str) -> bool:
    options = session.option(method)
    return isinstance(options, Mapping) and not {*_ACCOUNT_OPTIONS, *_HIDDEN_OPTIONS}.isdisjoint(options)


def _fail_options(problem: str) -> NoReturn:
    advice = 'For a sub-account write "options": {"subAccountAddress": "0x…"}, for a vault "vaultAddress", into '
    fail("client-settings", problem, f"{advice}exchange.ccxt_config; for the main account neither.")


def _fail_other_account(address: str, account: str, problem: str) -> NoReturn:
    fail(
        "key-not-listed",
        f"The API wallet trades for the account {mask_id(account)}, and the address {mask_id(address)} {problem}: "
        "orders would go to another account than the bot looks at.",
        "Store the address of the account that made the API wallet, never the API wallet's own.",
    )


def _is_at(entry: Mapping[str, Any], signer: str) -> bool:
    address = entry.get("address")
    return isinstance(address, str) and address.lower() == signer


def _parse_agent(entry: Mapping[str, Any]) -> _Agent:
    reject_lookalikes(entry, ("name", "address", "validUntil"), PROFILE, "role|agent|valid|expir")
    return parse_body(_Agent, entry, PROFILE, "the API wallet")


def _unnamed(session: Session, account: str, signer: str) -> list[_Agent]:
    """Return the API wallet without a name, which no list holds; fail if it is not the one that signs."""
    agent = parse_body(_Unnamed, _ask(session, "webData2", user=account), PROFILE, "the API wallet")
    if agent.address is None or agent.address.lower() != signer:
        fail(
            "key-not-listed",
            "Hyperliquid does not list the API wallet of the private key, so it is not known when it ends.",
            f"Try again; if it stays, make one with a name. {_STORE_ANOTHER}",
        )
    return [_Agent(name="", address=agent.address, validUntil=agent.end)]


def _facts(agent: _Agent, account: str, traded: str) -> KeyFacts:
    return KeyFacts(
        permissions=frozenset([PROFILE.permission(AGENT)]),
        ip_restriction=_NO_LIMIT,
        enabled=True,
        name=agent.name,
        expires=None if agent.end is None else datetime.fromtimestamp(int(agent.end) / 1000, UTC),
        user_id=account,
        account_id=traded,
    )


def _sibling(entry: dict[str, Any], account: str) -> SiblingKey:
    address = entry.get("address")
    shown = address if isinstance(address, str) else ""
    try:
        facts = _facts(_parse_agent(entry), account, account)
    except GuardError:
        facts = None
    return SiblingKey(mask_id(shown), fingerprint(shown), facts)
