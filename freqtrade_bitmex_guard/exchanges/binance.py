"""Binance, spot and futures.

Sources: developers.binance.com, "Get API Key Permission"; github.com/binance/binance-spot-api-docs (errors.md,
rest-api.md) and recordings of errors. What the answer does not hold is not reported: the key's id, name and addresses.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field

from freqtrade_bitmex_guard.client.errors import ErrorCause, StrictModel, fail_for, fail_invalid, parse_body, read_json
from freqtrade_bitmex_guard.client.lookalikes import COULD_DECIDE
from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.exchanges.interface import ExchangeAdapter, KeyListing, Session
from freqtrade_bitmex_guard.model.credentials import KEY, PEM_SECRET
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.model.key import (
    FORBIDDEN_KINDS,
    IpRestriction,
    KeyFacts,
    PermissionKind,
    RestrictedUndisclosed,
    Unrestricted,
)
from freqtrade_bitmex_guard.model.profile import Default, ExchangeProfile, KeyPage, PermissionSpec
from freqtrade_bitmex_guard.redaction.sanitize import join_limited, sanitize

PROFILE = ExchangeProfile(
    id="binance",
    title="Binance",
    permissions=(
        PermissionSpec("enableReading", PermissionKind.READ, "Enable Reading", Default.REQUIRED),
        PermissionSpec(
            "enableSpotAndMarginTrading",
            PermissionKind.TRADE,
            "Enable Spot & Margin Trading",
            Default.REQUIRED,
            trading_modes=("spot", "margin"),
        ),
        PermissionSpec(
            "enableFutures", PermissionKind.TRADE, "Enable Futures", Default.REQUIRED, trading_modes=("futures",)
        ),
        PermissionSpec("enableFixReadOnly", PermissionKind.READ, "FIX API, read only", Default.ALLOWED),
        PermissionSpec("enableFixApiTrade", PermissionKind.TRADE, "FIX API, trading"),
        PermissionSpec("enablePortfolioMarginTrading", PermissionKind.TRADE, "Enable Portfolio Margin Trading"),
        PermissionSpec("enableVanillaOptions", PermissionKind.TRADE, "Enable European Options"),
        PermissionSpec("enableMargin", PermissionKind.TRANSFER, "Enable Margin Loan, Repay & Transfer"),
        PermissionSpec("enableInternalTransfer", PermissionKind.TRANSFER, "Enable Internal Transfer"),
        PermissionSpec("permitsUniversalTransfer", PermissionKind.TRANSFER, "Permits Universal Transfer"),
        PermissionSpec("enableWithdrawals", PermissionKind.WITHDRAW, "Enable Withdrawals"),
    ),
    hosts=(
        *("api.binance.com", "fapi.binance.com", "dapi.binance.com", "eapi.binance.com", "papi.binance.com"),
        *("testnet.binance.vision", "testnet.binancefuture.com"),
    ),
    websocket_hosts=(
        *("stream.binance.com:9443", "fstream.binance.com", "dstream.binance.com", "nbstream.binance.com"),
        *("ws-api.binance.com", "ws-fapi.binance.com", "ws-dapi.binance.com"),
        *("stream.testnet.binance.vision", "ws-api.testnet.binance.vision", "testnet.binancefuture.com"),
        *("fstream.binancefuture.com", "dstream.binancefuture.com"),
    ),
    page=KeyPage(
        location="the page API Management (www.binance.com/en/my/settings/api-management)",
        create="Press Create API and choose System generated, or Self-generated for a key pair of your own.",
        name_field="label",
        permissions_field="API restrictions",
        ip_field="Restrict access to trusted IPs only",
        two_factor=(
            "In the security settings of the account, switch on two-factor authentication: a passkey or an app, not "
            "SMS."
        ),
        edit="Press Edit restrictions beside the key on the page API Management.",
    ),
    signature_headers=frozenset({"X-MBX-APIKEY"}),
    signature_lifetimes={"recvWindow": 60_000},
    hides_ip_list=True,
    ip_free_keys="Binance takes the permission to trade from keys without an IP restriction by itself.",
    credentials=(KEY, PEM_SECRET),
)

_BAN = (
    "Binance blocks this machine's address for two minutes to three days, because too many requests came from it. "
    "Further requests make the ban longer."
)
_CAUSES = (
    ErrorCause("clock-skew", code="-1021"),
    ErrorCause("address-banned", _BAN, "Stop everything that talks to Binance from here, and wait.", status=418),
    ErrorCause("rate-limited", code="-1003", status=429),
    ErrorCause("rate-limited", code="-1003", status=400),
    ErrorCause(
        "access-denied",
        "Binance rejects the key, and has one error for several causes. In the order to look at: this machine's "
        "address is not among the key's trusted IPs; the key lacks Enable Reading; the key id was mistyped, or the key "
        "was deleted, which Binance does by itself to keys without an IP restriction that are not used; the key is one "
        "of a testnet, or of binance.us; the address is banned for a while.",
        f"Look up this machine's public address, and compare it with the key on {PROFILE.page.location}. Then compare "
        "the first four characters of the key id, and store it again if they differ.",
        code="-2015",
    ),
    ErrorCause(
        "key-unknown",
        "Binance does not know this key id: it was mistyped or deleted, or it is one of a testnet or of binance.us.",
        f"Compare the first four characters with {PROFILE.page.location}, then store it again.",
        code="-2008",
    ),
    ErrorCause(
        "key-unknown",
        "What is stored as the key id is not one: Binance's have 64 letters and digits.",
        "Store the key id again, all of it; the secret looks alike and is another field.",
        code="-2014",
    ),
    ErrorCause(
        "signature-invalid",
        "Binance knows the key id but does not accept the signature: the stored secret is not this key's. A key that "
        "was made as Self-generated is signed with your own private key, not with a text from Binance.",
        "Store the secret again. Binance shows it only once; if it is lost, make a new key.",
        code="-1022",
    ),
    ErrorCause(
        "access-denied",
        "Binance does not let the key see what it may do itself, so nothing shows that it can only trade.",
        PROFILE.how_to_change("Tick Enable Reading."),
        code="-1002",
    ),
    ErrorCause(
        "location-blocked",
        "Binance does not serve the place that this machine's address belongs to.",
        "Run the bot from a place where Binance offers its service to you, as its terms (section Eligibility) say.",
        status=451,
    ),
    ErrorCause("overloaded", code="-1008"),
    ErrorCause("maintenance", code="-1016"),
    ErrorCause("server-error", code="-1000"),
    ErrorCause("server-error", code="-1001"),
)

_MAX_FIELDS = 100
_MAX_NAME_LENGTH = 64
# The documented fields that are no permission.
_OTHERS = frozenset(("ipRestrict", "createTime", "tradingAuthorityExpirationTime"))
# What must be reported as false, because a key may have it unless Binance says that it does not.
_MUST_BE_REPORTED = tuple(spec.name for spec in PROFILE.permissions if spec.kind in FORBIDDEN_KINDS)
_DECISIVE = re.compile(f"enable|manage|trad|{COULD_DECIDE}")

_Millis = Annotated[int, Field(ge=0, lt=10**14)]


class _Restrictions(StrictModel):
    """The part of the answer that is no permission. Anything odd in it is an error."""

    ip_restrict: bool = Field(alias="ipRestrict")
    created: _Millis | None = Field(default=None, alias="createTime")
    # In old answers only: when a key without an IP restriction loses the permission to trade.
    trading_ends: _Millis | None = Field(default=None, alias="tradingAuthorityExpirationTime")


class Binance(ExchangeAdapter):
    """Reads apiRestrictions: the answer names no key, and is about the one that signed."""

    profile = PROFILE

    def read_key(self, session: Session, key_id: str) -> KeyListing:  # noqa: ARG002 - no answer tells it
        """Read what the key may do; see `ExchangeAdapter.read_key`."""
        if session.in_sandbox:
            fail(
                "exchange-cannot-tell",
                "Binance's test networks do not report what a key may do, so nothing shows that it can only trade.",
                'Take "sandbox" out of exchange.ccxt_config to use Binance itself, or use dry-run to try a strategy.',
            )
        content = _parse_success(session.request("account/apiRestrictions", api="sapi"))
        restrictions = parse_body(_Restrictions, content, PROFILE)
        facts = KeyFacts(
            permissions=frozenset(map(PROFILE.permission, _granted(content))),
            ip_restriction=_ip_restriction(restrictions),
            created=_parse_time(restrictions.created),
            expires=_parse_time(restrictions.trading_ends),
        )
        return KeyListing((facts,))


ADAPTER = Binance()


def _parse_success(response: Response) -> dict[str, Any]:
    content = read_json(response)
    if response.status != 200 or (isinstance(content, dict) and "code" in content):
        error = content if isinstance(content, dict) else {}
        code, text = error.get("code"), error.get("msg")
        fail_for(
            response,
            PROFILE,
            _CAUSES,
            code=str(code) if type(code) is int else "",
            text=text,
        )
    if not isinstance(content, dict):
        fail_invalid(PROFILE, "is not the documented JSON")
    return content


def _granted(content: dict[str, Any]) -> list[str]:
    """Return the permissions that are on: every field that is true, whether it is documented or new."""
    if len(content) > _MAX_FIELDS or not all(name.isascii() and len(name) <= _MAX_NAME_LENGTH for name in content):
        fail_invalid(PROFILE, "describes the key in more fields, or longer ones, than any")
    if len({_letters(name) for name in content}) != len(content):
        fail_invalid(PROFILE, "describes the key in two fields of the same name")
    if missing := [name for name in _MUST_BE_REPORTED if name not in content]:
        fail_invalid(PROFILE, f"does not say whether the key has {', '.join(missing)}")
    odd = [
        name
        for name, value in content.items()
        if name not in _OTHERS and type(value) is not bool and _DECISIVE.search(_letters(name))
    ]
    if odd:
        fail_invalid(PROFILE, f"describes the key oddly: {join_limited(odd, sanitize)}")
    return [name for name, value in content.items() if value is True and name not in _OTHERS]


def _letters(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())


def _ip_restriction(restrictions: _Restrictions) -> IpRestriction:
    if restrictions.ip_restrict:
        return RestrictedUndisclosed("ipRestrict is on, and no answer holds the list")
    return Unrestricted("IP access is unrestricted")


def _parse_time(millis: int | None) -> datetime | None:
    return None if millis is None else datetime.fromtimestamp(millis / 1000, UTC)
