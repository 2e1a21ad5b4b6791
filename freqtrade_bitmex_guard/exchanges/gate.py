"""Gate, spot and futures.

Sources: www.gate.com/docs/developers/apiv4, "Retrieve user account information", "Query All Main Account Key
Information" and the error labels. The example there is a list of keys, the schema one object; both are read. Own keys
are found by the characters that the list shows of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field

from freqtrade_bitmex_guard.client.errors import ErrorCause, StrictModel, fail_for, fail_invalid, parse_body, read_json
from freqtrade_bitmex_guard.client.lookalikes import reject_lookalikes
from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.exchanges.interface import ExchangeAdapter, KeyListing, Session
from freqtrade_bitmex_guard.model.account import SiblingKey
from freqtrade_bitmex_guard.model.findings import GuardError, fail
from freqtrade_bitmex_guard.model.key import (
    IpRestriction,
    KeyFacts,
    NotReported,
    PermissionKind,
    RestrictedTo,
    Unrestricted,
)
from freqtrade_bitmex_guard.model.part_shape import usual_shapes
from freqtrade_bitmex_guard.model.profile import Default, ExchangeProfile, KeyPage, PermissionSpec
from freqtrade_bitmex_guard.redaction.sanitize import fingerprint, mask_id

READ_ONLY = ":read"
TEST_HOST = "api-testnet.gateapi.io"
TEST_WEBSOCKET_HOSTS = ("ws-testnet.gate.com", "fx-ws-testnet.gateio.ws")

# Label on the page, and what writing with it does; the name alone is the permission to read and write.
_TRADES = {
    "spot": "Spot",
    "futures": "Perpetual Futures",
    **{name: name.title() for name in ("margin", "delivery", "options")},
}
_MOVING = ("loan", "earn", "otc", "custody", "crossx", "copy", "pilot", "alpha", "tradfi_spot", "cfd", "cfd_copy")
_MOVES = {name: name.replace("_", " ").capitalize() for name in (*_MOVING, "stock_copy", "quant")}
_WITHDRAWS = {"withdrawal": "Withdraw", "withdraw": "Withdraw"}
_OTHERS = {"account": "Account", "wallet": "Wallet", "unified": "Unified", "sub_accounts": "Sub-accounts"}


def _permissions() -> Iterator[PermissionSpec]:
    for name, label in (_TRADES | _OTHERS | _MOVES | _WITHDRAWS).items():
        default = Default.REQUIRED if name in ("account", "wallet") else Default.ALLOWED
        modes = ("futures",) if name == "wallet" else ()
        yield PermissionSpec(
            f"{name}{READ_ONLY}", PermissionKind.READ, f"{label}: Read Only", default, trading_modes=modes
        )
    for name, label in _TRADES.items():
        modes = (name,) if name in ("spot", "futures") else ()
        default = Default.REQUIRED if modes else Default.REFUSED
        yield PermissionSpec(name, PermissionKind.TRADE, f"{label}: Read and Write", default, trading_modes=modes)
    for kind, labels in (
        (PermissionKind.TRANSFER, {"wallet": "Wallet", **_MOVES}),
        (PermissionKind.WITHDRAW, _WITHDRAWS),
        (PermissionKind.MANAGE_KEYS, {"sub_accounts": "Sub-accounts"}),
    ):
        for name, label in labels.items():
            replaces = ("wallet:read",) if name == "wallet" else ()
            yield PermissionSpec(name, kind, f"{label}: Read and Write", replaces=replaces)
    borrows = "On a unified account a bot needs it; it also takes loans."
    yield PermissionSpec("unified", PermissionKind.TRADE, "Unified: Read and Write", Default.ALLOWED, note=borrows)
    # It changes settings of the account, for which there is no kind.
    yield PermissionSpec("account", PermissionKind.UNKNOWN, "Account: Read and Write", replaces=("account:read",))


PROFILE = ExchangeProfile(
    id="gate",
    title="Gate",
    permissions=tuple(_permissions()),
    hosts=("api.gateio.ws", TEST_HOST),
    websocket_hosts=("api.gateio.ws", "ws.gate.io", "fx-ws.gateio.ws", "op-ws.gateio.live", *TEST_WEBSOCKET_HOSTS),
    page=KeyPage(
        location="the page API Management (www.gate.com/myaccount/profile/api-key/manage)",
        create="Press Create API Key and choose the type API v4.",
        name_field="API Key Remarks",
        permissions_field="Permissions",
        ip_field="IP permissions",
        two_factor="In Gate's security settings, switch on two-factor authentication.",
        edit="Edit the key on Gate's page API Management.",
    ),
    shapes=usual_shapes("[0-9a-f]{32}", "[0-9a-f]{64}"),
    signature_headers=frozenset({"KEY", "SIGN", "Timestamp"}),
    reports_siblings=True,
    ip_free_keys="Gate ends keys without an IP whitelist after 90 days.",
)


def _causes(profile: ExchangeProfile) -> tuple[ErrorCause, ...]:
    title, page = profile.title, profile.page.location
    address = (
        f"The key does not work from this machine's address: {title} has other addresses bound to it.",
        f"Look up this machine's public address and add it to {profile.page.ip_field} of the key on {page}. If the "
        "address changes by itself, ask your provider for a fixed one. Never leave the key without an address.",
    )
    signature = (
        f"{title} does not accept the signature: the stored secret is not this key's.",
        f"Store the secret again. {title} shows it only once; if it is lost, create a new key.",
    )
    locked = f"Log in to {title} and follow what it says there."
    return (
        ErrorCause("clock-skew", code="REQUEST_EXPIRED"),
        ErrorCause("rate-limited", code="TOO_MANY_REQUESTS"),
        ErrorCause(
            "key-unknown",
            f"{title} does not know this key id. It was mistyped or deleted, or it has ended: a key without a bound "
            "address is valid for 90 days. A key of the test network is unknown here, too.",
            f"Compare the first four characters with {page}, then store it again; or make a new key, bound to the "
            "bot's address.",
            code="INVALID_KEY",
        ),
        ErrorCause("signature-invalid", *signature, code="INVALID_SIGNATURE"),
        ErrorCause("signature-invalid", *signature, code="INVALID_CREDENTIALS"),
        ErrorCause("address-not-allowed", *address, code="IP_FORBIDDEN"),
        ErrorCause("address-not-allowed", *address, code="FORBIDDEN", text="not in whitelist"),
        ErrorCause(
            "access-denied",
            f"The key lacks the permission Account, without which {title} reports nothing about it.",
            profile.how_to_change(f"Under {profile.page.permissions_field}, choose Account: Read Only."),
            code="FORBIDDEN",
            text="permission",
        ),
        ErrorCause(
            "access-denied",
            f"{title} does not let the key see itself. In the order to look at: it lacks the permission Account; it "
            "does not work from this machine's address.",
            profile.how_to_change(
                f"Under {profile.page.permissions_field}, choose Account: Read Only, and compare "
                f"{profile.page.ip_field} with this machine's public address."
            ),
            code="FORBIDDEN",
        ),
        ErrorCause("account-restricted", f"{title} has locked the account.", locked, code="ACCOUNT_LOCKED"),
        ErrorCause("account-restricted", f"{title} has locked the sub-account.", locked, code="SUB_ACCOUNT_LOCKED"),
        ErrorCause("overloaded", code="TOO_BUSY"),
        ErrorCause(
            "exchange-error",
            f"{title} takes the key for one that can only read, and denies the request.",
            profile.how_to_change("Choose Read and Write for what the bot trades."),
            code="READ_ONLY",
        ),
        ErrorCause(
            "exchange-error",
            f"{title} blocks the request and does not document why.",
            f"Look whether {title}'s website can be used from this machine; if so, report it.",
            code="REQUEST_FORBIDDEN",
        ),
    )


class _Permission(StrictModel):
    # A colon would make a permission to write look like one to read.
    name: str = Field(pattern="^[^:]{1,64}$")
    read_only: bool


class _Key(StrictModel):
    """One key of the list, in the part that the verdict rests on; numbers are documented as texts, too."""

    state: int | str
    perms: list[_Permission] = Field(max_length=100)
    ip_whitelist: list[str] = Field(max_length=250)
    name: str | list[str]
    created_at: Annotated[int, Field(ge=0, lt=10**11)] | Annotated[str, Field(pattern="^[0-9]{1,11}$")]


class _Detail(StrictModel):
    user_id: Annotated[int, Field(gt=0)]
    ip_whitelist: list[str] = Field(max_length=250)


_STATES = {"1": True, "2": False, "3": False}  # normal, locked, frozen
_MIN_SHOWN = 12
_MAX_SIBLINGS = 2_000


class Gate(ExchangeAdapter):
    """Reads the list of the account's keys, and the account's detail, which also reports the key's addresses."""

    profile = PROFILE

    def read_key(self, session: Session, key_id: str) -> KeyListing:
        """Read what the key may do; see `ExchangeAdapter.read_key`."""
        listed = self._parse_success(session.request("main_keys", api=("private", "account")))
        entries = [listed] if isinstance(listed, dict) else listed
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            fail_invalid(self.profile, "lists something that is not a key")
        own = self._find_own(entries, key_id)
        answer = self._parse_success(session.request("detail", api=("private", "account")))
        detail = parse_body(_Detail, answer, self.profile, "the account")
        reject_lookalikes(answer, _Detail.model_fields, self.profile)
        facts = self._facts(own, detail)
        return KeyListing((facts,), lambda: self._siblings([entry for entry in entries if entry is not own]))

    def _parse_success(self, response: Response) -> Any:
        content = read_json(response)
        is_error = isinstance(content, dict) and "label" in content
        if response.status != 200 or is_error:
            words = [content.get(name) if is_error else None for name in ("label", "message")]
            code, text = (word if isinstance(word, str) else None for word in words)
            fail_for(response, self.profile, _causes(self.profile), code or "", text)
        return content

    def _find_own(self, entries: list[dict[str, Any]], key_id: str) -> dict[str, Any]:
        own = [entry for entry in entries if _shown(entry.get("key"), key_id) is not None]
        problem = "does not list it. A key of a sub-account is not among those of the main account"
        if len(own) == 1:
            problem = "shows too little of it"
        elif own:
            problem = f"lists {len(own)} keys that begin like this one"
        if len(own) != 1 or (_shown(own[0]["key"], key_id) or 0) < _MIN_SHOWN:
            fail(
                "key-not-listed",
                f"{self.profile.title} reports only the beginning of a key's id, and {problem}. So it is not known "
                "what the key may do.",
                f"Make a new key in the main account on {self.profile.page.location} and store it; if it stays, "
                "report it.",
            )
        return own[0]

    def _facts(self, entry: dict[str, Any], detail: _Detail | None) -> KeyFacts:
        reject_lookalikes(entry, _Key.model_fields, self.profile, "state")
        key = parse_body(_Key, entry, self.profile)
        if str(key.state) not in _STATES:
            fail_invalid(self.profile, "reports a state of the key that is not documented")
        names = [key.name] if isinstance(key.name, str) else key.name
        words = [f"{each.name}{READ_ONLY if each.read_only else ''}" for each in key.perms]
        return KeyFacts(
            permissions=frozenset(map(self.profile.permission, words)),
            ip_restriction=_ip_restriction(key.ip_whitelist, *([detail.ip_whitelist] if detail else [])),
            enabled=_STATES[str(key.state)],
            name=names[0] if len(names) == 1 else None,
            created=datetime.fromtimestamp(int(key.created_at), UTC),
            user_id=str(detail.user_id) if detail else None,
        )

    def _siblings(self, entries: list[dict[str, Any]]) -> tuple[SiblingKey, ...] | NotReported:
        if len(entries) > _MAX_SIBLINGS:
            return NotReported(f"{self.profile.title} listed {len(entries):,} of them")
        return tuple(map(self._sibling, entries))

    def _sibling(self, entry: dict[str, Any]) -> SiblingKey:
        key = entry.get("key")
        shown = key if isinstance(key, str) else ""
        try:
            facts = self._facts(entry, None)
        except GuardError:
            facts = None
        return SiblingKey(mask_id(shown), fingerprint(shown), facts)


ADAPTER = Gate()


def _shown(masked: object, key_id: str) -> int | None:
    """Return how many characters a masked id shows of a key's, or None if any of them is another key's."""
    parts = re.fullmatch(r"([0-9A-Za-z]*)\*+([0-9A-Za-z]*)", masked) if isinstance(masked, str) else None
    if parts is None:
        return len(key_id) if masked == key_id else None
    count = len(parts[1]) + len(parts[2])
    matches = key_id.startswith(parts[1]) and key_id.endswith(parts[2]) and count <= len(key_id)
    return count if matches else None


def _ip_restriction(*lists: list[str]) -> IpRestriction:
    """Return what all lists admit together; an empty one, or a blank address, is everyone."""
    if not all(lists) or not all(block.strip() for blocks in lists for block in blocks):
        return Unrestricted("no IP address is bound to it; such a key ends after 90 days")
    return RestrictedTo.from_texts(dict.fromkeys(block for blocks in lists for block in blocks))
