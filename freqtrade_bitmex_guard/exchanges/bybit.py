"""Bybit, spot and futures, classic and unified accounts; its site for Europe is `bybiteu`.

Sources: bybit-exchange.github.io/docs/v5, "Get API Key Information", "Modify Master API Key", error codes, and
recordings of errors. Most errors come with HTTP 200.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field

from freqtrade_bitmex_guard.client.errors import (
    ErrorCause,
    StrictModel,
    fail_for,
    fail_invalid,
    fail_other_key,
    name_page,
    parse_body,
    read_json,
)
from freqtrade_bitmex_guard.client.lookalikes import reject_lookalikes
from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.exchanges.interface import ExchangeAdapter, KeyListing, Session
from freqtrade_bitmex_guard.model.credentials import KEY, RSA_SECRET
from freqtrade_bitmex_guard.model.key import KeyFacts, Permission, PermissionKind, RestrictedTo, Unrestricted
from freqtrade_bitmex_guard.model.part_shape import usual_shapes
from freqtrade_bitmex_guard.model.profile import Default, ExchangeProfile, KeyPage, PermissionSpec
from freqtrade_bitmex_guard.redaction.opaque import same_text

_ONLY_READS = "A key with it can do nothing else, whatever the exchange lists beside it."
_CHANGES_KEYS = "It also lets the key change permissions, and a sub-account's key lift its own IP restriction."
_LANDS = ("com", "nl", "tr", "kz", "ae", "id")
_DOMAINS = (*(f"bybit.{land}" for land in _LANDS), "bytick.com", "bybitgeorgia.ge", "manepa.jp")
PROFILE = ExchangeProfile(
    id="bybit",
    title="Bybit",
    permissions=(
        PermissionSpec("readOnly", PermissionKind.READ, "Read-Only", Default.ALLOWED, note=_ONLY_READS),
        *(
            PermissionSpec(name, PermissionKind.TRADE, label, Default.REQUIRED, trading_modes=(mode,))
            for name, label, mode in (
                ("Spot.SpotTrade", "SPOT: Trade", "spot"),
                ("ContractTrade.Order", "Contract: Orders", "futures"),
                ("ContractTrade.Position", "Contract: Positions", "futures"),
            )
        ),
        PermissionSpec("Derivatives.DerivativesTrade", PermissionKind.TRADE, "Unified Trading", Default.ALLOWED),
        PermissionSpec("Options.OptionsTrade", PermissionKind.TRADE, "USDC Options: Trade", Default.ALLOWED),
        PermissionSpec("Exchange.ExchangeHistory", PermissionKind.TRADE, "Exchange: Convert"),
        *(
            PermissionSpec(f"Wallet.{word}", PermissionKind.TRANSFER, f"Wallet: {label}", note=_CHANGES_KEYS)
            for word, label in (
                ("AccountTransfer", "Account Transfer"),
                ("SubMemberTransfer", "Subaccount Transfer"),
                ("SubMemberTransferList", "Subaccount Transfer"),
            )
        ),
        PermissionSpec("Wallet.Withdraw", PermissionKind.WITHDRAW, "Wallet: Withdrawal", note=_CHANGES_KEYS),
        PermissionSpec("Earn.Earn", PermissionKind.TRANSFER, "Earn"),
        *(
            PermissionSpec(name, PermissionKind.WITHDRAW, label)
            for name, label in (
                ("FiatP2P.FiatP2POrder", "P2P: Orders"),
                ("FiatP2P.Advertising", "P2P: Advertising"),
                ("FiatBitPay.FaitPayOrder", "Bybit Pay"),  # misspelt by Bybit
                ("FiatConvertBroker.FiatConvertBrokerOrder", "Fiat Convert Broker"),
                ("BitCard.BitCard", "Bybit Card"),
            )
        ),
    ),
    hosts=(*(f"api.{domain}" for domain in _DOMAINS), "api-testnet.bybit.com", "api-demo.bybit.com"),
    websocket_hosts=(*(f"stream.{domain}" for domain in _DOMAINS), "stream-testnet.bybit.com", "stream-demo.bybit.com"),
    page=KeyPage(
        location="the page API Management (www.bybit.com/app/user/api-management)",
        create="Press Create New Key, then System-generated (or Self-generated for an RSA key pair), API Transaction.",
        name_field="Name for the API key",
        permissions_field="API Key Permissions",
        ip_field="IP restriction",
        two_factor="In Account & Security, switch on two-factor authentication: an app or a passkey, not SMS.",
        edit="Press Edit beside the key on Bybit's page API Management.",
    ),
    shapes=usual_shapes("[A-Za-z0-9]{18}", "[A-Za-z0-9]{36}"),
    signature_headers=frozenset(
        f"X-BAPI-{part}" for part in ("API-KEY", "SIGN", "SIGN-TYPE", "TIMESTAMP", "RECV-WINDOW")
    ),
    signature_lifetimes={"recvWindow": 60_000},
    reports_expiry=True,
    has_demo_trading=True,
    ip_free_keys="Bybit ends keys without an IP restriction after 90 days.",
    credentials=(KEY, RSA_SECRET),
)

_SIGN_IN = "Sign in to Bybit and follow what it says there, or ask its support."
_MOVE = "Run the bot from a place where Bybit offers its service to you."
_CAUSES = (
    ErrorCause("clock-skew", code="10002", time_pattern=r"server_timestamp\[([0-9]{10})[0-9]{3}\]"),
    ErrorCause("rate-limited", code="10006"),
    ErrorCause(
        "key-unknown",
        "Bybit does not know this key id. In the order to look at: it was mistyped or deleted; it belongs to another "
        "of Bybit's environments (live, testnet, demo trading) or sites (bybit is www.bybit.com, bybiteu for Europe).",
        f"Compare the first four characters with {PROFILE.page.location} of the site that the bot uses, then store it "
        "again.",
        code="10003",
    ),
    ErrorCause("key-unknown", "Bybit cannot tell whose key this is.", "Store key id and secret again.", code="10007"),
    ErrorCause(
        "signature-invalid",
        "Bybit knows the key id but does not accept the signature: the stored secret is not this key's. A "
        "self-generated key is signed with your own private key (RSA), not with a text from Bybit.",
        "Store the secret again. Bybit shows it only once; if it is lost, make a new key.",
        code="10004",
    ),
    ErrorCause(
        "address-not-allowed",
        "The key does not work from this machine's address: it is not in the key's IP restriction. On Bybit's site for "
        "Europe keys work only for the applications that it lists, from their addresses.",
        "Look up this machine's public address, and add it to the key's IP restriction. Never leave it empty.",
        code="10010",
    ),
    *(
        ErrorCause(
            "key-disabled",
            "The key has ended: the bot could neither trade nor close what is open. Bybit ends keys without an IP "
            "restriction after 90 days, and all keys within 7 days of a new password.",
            PROFILE.how_to_replace("Enter the bot's own address under IP restriction, so that the key does not end."),
            code=code,
        )
        for code in ("33004", "-2015")
    ),
    ErrorCause(
        "access-denied",
        "Bybit does not let the key see what it may do itself, though that needs no permission, so nothing shows that "
        "it can only trade.",
        PROFILE.how_to_replace(),
        code="10005",
    ),
    ErrorCause("location-blocked", "Bybit does not serve the place of this machine's address.", _MOVE, code="10009"),
    *(
        ErrorCause("account-restricted", f"Bybit has {did}.", _SIGN_IN, code=code)
        for code, did in (
            ("10008", "banned the account"),
            ("10024", "restricted the account (compliance)"),
            ("10027", "banned the account from trading"),
        )
    ),
    *(ErrorCause("server-error", code=code) for code in ("10016", "10000")),
    # Last: a code inside says more than the status.
    ErrorCause(
        "address-banned",
        "Bybit blocks this machine's address: too many requests came from it (more than 600 in 5 seconds), or it "
        "belongs to a place that Bybit does not serve, such as the USA or mainland China.",
        f"Stop everything that talks to Bybit from here, wait ten minutes, then start again. If it stays: {_MOVE}",
        status=403,
    ),
)

_MAX_WORD_LENGTH = 64
_MAX_PERMISSIONS = 100
_MAX_NETWORKS = 250
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
# Groups of which every word is one that moves money or changes keys, whatever comes to them.
_PAYS_OUT = re.compile("fiat|bitcard|pay|card", re.IGNORECASE)

_Word = Annotated[str, Field(min_length=1, max_length=_MAX_WORD_LENGTH)]
_Flag = Annotated[int, Field(ge=0, le=1)]


class _Key(StrictModel):
    """One key, in the part that the verdict rests on. Anything odd in it is an error."""

    api_key: str = Field(alias="apiKey")
    note: str | None = None
    read_only: _Flag = Field(alias="readOnly")
    permissions: dict[_Word, list[_Word]] = Field(max_length=_MAX_PERMISSIONS)
    ips: list[str] = Field(max_length=_MAX_NETWORKS)
    deadline_day: int = Field(alias="deadlineDay")
    expired_at: str = Field(alias="expiredAt", max_length=40)
    created_at: str | None = Field(default=None, alias="createdAt", max_length=40)
    user_id: Any = Field(default=None, alias="userID")
    parent_uid: Any = Field(default=None, alias="parentUid")


_FIELDS = frozenset(field.alias or name for name, field in _Key.model_fields.items())


class Bybit(ExchangeAdapter):
    """Reads query-api, which reports the key that signed and no other."""

    profile = PROFILE

    def read_key(self, session: Session, key_id: str) -> KeyListing:
        """Read what the key may do; see `ExchangeAdapter.read_key`."""
        key = parse_body(_Key, _parse_success(session.request("v5/user/query-api"), self.profile), PROFILE)
        if not same_text(key.api_key, key_id):
            fail_other_key(PROFILE)
        account = _account_number(key.user_id)
        facts = KeyFacts(
            permissions=_permissions(key),
            ip_restriction=_ip_restriction(key.ips),
            name=key.note,
            created=None if key.created_at is None else _parse_time(key.created_at),
            expires=_expiry(key),
            user_id=account if key.parent_uid == "0" else _account_number(key.parent_uid),
            account_id=account,
        )
        return KeyListing((facts,))


ADAPTER = Bybit()


def _parse_success(response: Response, profile: ExchangeProfile) -> dict[str, Any]:
    content = read_json(response)
    envelope = content if isinstance(content, dict) else {}
    code, text, result = envelope.get("retCode"), envelope.get("retMsg"), envelope.get("result")
    if response.status != 200 or (type(code) is int and code != 0):
        causes = name_page(_CAUSES, PROFILE.page.location, profile.page.location)
        fail_for(response, profile, causes, code=str(code) if type(code) is int else "", text=text)
    if type(code) is not int or not isinstance(result, dict):
        fail_invalid(PROFILE, "is not the documented JSON")
    reject_lookalikes(result, _FIELDS, PROFILE, "apikey|expire|deadline")
    return result


def _permissions(key: _Key) -> frozenset[Permission]:
    """Return the permissions as `group.word`; a key that only reads still lists what it could do else."""
    if key.read_only:
        return frozenset({PROFILE.permission("readOnly")})
    listed = [(group, word) for group, words in key.permissions.items() for word in words]
    if len(listed) > _MAX_PERMISSIONS:
        fail_invalid(PROFILE, "describes the key oddly: permissions")
    return frozenset(_permission(group, word) for group, word in listed)


def _permission(group: str, word: str) -> Permission:
    permission = PROFILE.permission(f"{group}.{word}")
    if permission.kind is PermissionKind.UNKNOWN and "wallet" in group.lower():
        return replace(permission, kind=PermissionKind.MANAGE_KEYS)
    if permission.kind is PermissionKind.UNKNOWN and _PAYS_OUT.search(group):
        return replace(permission, kind=PermissionKind.WITHDRAW)
    return permission


def _ip_restriction(blocks: list[str]) -> Unrestricted | RestrictedTo:
    if any(block.strip() in ("", "*") for block in blocks):
        return Unrestricted("IP restriction is off")
    return RestrictedTo.from_texts(blocks)


def _expiry(key: _Key) -> datetime | None:
    """Return when a key ends; 1970 stands for a key that does not."""
    expires = _parse_time(key.expired_at)
    if expires != _NEVER:
        return expires
    if key.deadline_day >= 0:
        fail_invalid(PROFILE, "says that the key ends, but not when")
    return None


def _parse_time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
        return time.astimezone(UTC) if time.tzinfo else fail_invalid(PROFILE, "names a time without its zone")
    except (ValueError, OverflowError):
        fail_invalid(PROFILE, "names a time that is none")


def _account_number(value: object) -> str | None:
    """Return an account's number; what is odd counts as not reported, for only a rule of the operator's rests on it."""
    text = str(value) if type(value) is int or isinstance(value, str) else ""
    return text if re.fullmatch(r"[1-9][0-9]{0,39}", text) else None
