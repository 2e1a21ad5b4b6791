"""HTX, spot. It was called Huobi.

Sources: www.htx.com/en-us/opend/newApiPages, "API key query", "Get UID" and the common errors; recordings of errors.
The error codes 1006, 510, 40403, 1220 and 2000 are only in what other clients know. Most errors have the HTTP status
200, and ccxt raises nothing for some of them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from freqtrade_bitmex_guard.client.comma_lists import split_networks
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
from freqtrade_bitmex_guard.model.profile import Default, ExchangeProfile, KeyPage, PermissionSpec
from freqtrade_bitmex_guard.redaction.opaque import same_text
from freqtrade_bitmex_guard.redaction.sanitize import fingerprint, mask_id

PROFILE = ExchangeProfile(
    id="htx",
    title="HTX",
    permissions=(
        PermissionSpec("readOnly", PermissionKind.READ, "Read", Default.ALLOWED),
        PermissionSpec(
            "trade",
            PermissionKind.TRADE,
            "Trade",
            Default.REQUIRED,
            note=(
                "It also moves money between your own wallets and sub-accounts; HTX does not split that from trading. "
                "A sub-account's key reaches the least, and can never withdraw."
            ),
        ),
        PermissionSpec("withdraw", PermissionKind.WITHDRAW, "Withdraw"),
    ),
    hosts=("api.huobi.pro", "api-aws.huobi.pro", "api.hbdm.vn", "api.hbdm.com"),
    websocket_hosts=("api.huobi.pro", "api-aws.huobi.pro", "api.hbdm.vn"),
    page=KeyPage(
        location="the page API Management (www.htx.com/en-us/apikey/)",
        create="Press Create API.",
        name_field="Note name",
        permissions_field="Access settings",
        ip_field="Bind IP address",
        two_factor="In the security settings of the account, bind an authenticator app.",
        # Whether the page can change a key is not documented.
        edit="Change the key on HTX's page API Management or, if the page does not let you, make a new one there.",
    ),
    signature_headers=frozenset(),  # id and signature are in the URL
    ip_free_keys="HTX ends keys without a bound address 90 days after they were made or changed.",
    reports_expiry=True,
    reports_siblings=True,
)

_STORE_AGAIN = "Store the secret again. HTX shows it only once; if it is lost, make a new key."
_ENDED = (
    "The key has ended: the bot could neither trade nor close open trades. HTX ends keys without a bound address 90 "
    "days after they were made or changed.",
    PROFILE.how_to_replace("Enter the bot's own address under Bind IP address, so that the key does not end."),
)
# One code for all of them: the text says which, half of it in English and half in Chinese, and either may be missing.
_BY_TEXT = tuple(
    ErrorCause(finding, meaning, fix, text=text)
    for finding, (meaning, fix), texts in (
        ("clock-skew", ("", ""), ("invalid submission time", "无效的提交时间")),
        (
            "key-unknown",
            ("HTX does not know this key id: it was mistyped or deleted.", PROFILE.page.how_to_compare_key_id),
            ("incorrect access key", "access key错误"),
        ),
        (
            "signature-invalid",
            (
                "HTX knows the key id but does not accept the signature: the stored secret is not this key's.",
                _STORE_AGAIN,
            ),
            ("verification failure", "校验失败"),
        ),
        (
            "address-not-allowed",
            (
                "The key does not work from this machine's address: other addresses are bound to it.",
                f"{PROFILE.page.how_to_add_address} Never leave the key without an address.",
            ),
            ("incorrect ip address", "ip地址错误"),
        ),
        (
            "access-denied",
            (
                "HTX does not let the key see what it may do itself, so nothing shows that it can only trade.",
                PROFILE.how_to_change("Under Access settings, tick Read."),
            ),
            ("api key has no permission", "没有权限"),
        ),
        ("key-disabled", _ENDED, ("apikey has expired",)),
    )
    for text in texts
)
_CAUSES = (
    *_BY_TEXT,
    ErrorCause(
        "key-unknown",
        "HTX rejects what the key signed, and has one error for several causes. In the order to look at: the key id "
        "was mistyped or the key was deleted; the key has ended, as keys without a bound address do after 90 days; the "
        "stored secret is not this key's; this machine's clock is off by more than a minute.",
        f"Look for the key on {PROFILE.page.location} and compare the first four characters, then set the clock. If "
        "both are right, store key id and secret again; if the secret is lost, make a new key.",
        code="1003",
    ),
    ErrorCause(
        "access-denied",
        "HTX does not let the key see what it may do itself, and has one error for several causes. In the order to "
        "look at: the key does not work from this machine's address; it lacks Read; it is a sub-account's, of which it "
        "is not documented whether it may see itself.",
        f"{PROFILE.page.how_to_add_address} {PROFILE.how_to_change('Under Access settings, tick Read.')}",
        code="1002",
    ),
    ErrorCause(
        "address-not-allowed",
        "HTX rejects this machine's address, as other clients read this error; HTX does not document it.",
        PROFILE.page.how_to_add_address,
        code="2000",
    ),
    ErrorCause(
        "exchange-error",
        "HTX does not accept the number of the key's user, which it reported a moment before. In the order to look at: "
        "the key is a sub-account's, of which it is not documented whether it may see itself; a proxy mixes answers; "
        "the API has changed.",
        "Use a key of the main account; if it has the same error, report it.",
        code="2002",
    ),
    ErrorCause(
        "exchange-error",
        "HTX does not know the request for what a key may do: its API has changed, or a proxy changes requests.",
        "Update freqtrade-bitmex-guard; if it stays, report it.",
        code="method-not-allowed",
    ),
    *(
        ErrorCause("account-restricted", "HTX says that this account is not open.", "Sign in to HTX.", code=code)
        for code in ("1010", "1220")
    ),
    *(
        ErrorCause("rate-limited", code=code)
        for code in ("rate-too-many-requests", "base-request-exceed-frequency-limit", "1006", "510", "40403")
    ),
    ErrorCause("maintenance", code="system-maintenance"),
    ErrorCause("maintenance", text="maintain"),
    ErrorCause("server-error", code="gateway-internal-error"),
    ErrorCause("server-error", code="500"),
)

_MAX_SIBLINGS = 2_000
_PERMANENT = -1

_Millis = Annotated[int, Field(ge=0, lt=10**14)]


class _Key(StrictModel):
    """One key of the list, in the part that the verdict rests on. Anything odd in it is an error."""

    access_key: str = Field(alias="accessKey")
    status: Literal["normal", "expired"]
    note: str | None = None
    permission: str = Field(pattern="^[^,]{0,64}(,[^,]{0,64}){0,49}$")
    addresses: str = Field(alias="ipAddresses", max_length=20_000)
    valid_days: int = Field(alias="validDays", ge=_PERMANENT, lt=100_000)
    created: _Millis = Field(alias="createTime")


_FIELDS = frozenset(field.alias or name for name, field in _Key.model_fields.items())


class HTX(ExchangeAdapter):
    """Reads the user's number, which the second request needs, then the list of that user's keys."""

    profile = PROFILE

    def read_key(self, session: Session, key_id: str) -> KeyListing:
        """Read what the key may do; see `ExchangeAdapter.read_key`."""
        uid = _parse_success(session.request("v2/user/uid", api=("spot", "private")))
        if type(uid) is not int or not 0 < uid < 10**18:
            fail_invalid(PROFILE, "does not say whose key it is")
        response = session.request("v2/user/api-key", api=("spot", "private"), params={"uid": uid})
        listed, now = _parse_success(response), response.received_at
        if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
            fail_invalid(PROFILE, "lists something that is not a key")
        own = [entry for entry in listed if same_text(entry.get("accessKey"), key_id)]
        others = [entry for entry in listed if not same_text(entry.get("accessKey"), key_id)]
        if not own:
            fail(
                "key-not-listed",
                "HTX answered, but its list does not hold this key, or not its whole id. So it is not known what the "
                "key may do.",
                f"Look for the key on {PROFILE.page.location}. Try again; if it stays, make a new key, or report it.",
            )
        entries = tuple(_read_facts(entry, now, str(uid)) for entry in own)
        if any(facts.enabled is False for facts in entries):
            fail("key-disabled", *_ENDED)
        return KeyListing(entries, lambda: _siblings(others, now))


ADAPTER = HTX()


def _parse_success(response: Response) -> Any:
    """Return what is in the answer; the code inside it is the only proof of success."""
    content = read_json(response)
    envelope = content if isinstance(content, dict) else {}
    codes = [envelope[name] for name in ("err-code", "err_code", "status", "code") if name in envelope]
    is_good = codes == [200] and type(envelope.get("code")) is int and envelope.get("ok", True) is True
    code = codes[0] if codes and type(codes[0]) in (int, str) and codes[0] not in (200, "200", "ok") else ""
    if response.status != 200 or (not is_good and code):
        texts = [envelope.get(name) for name in ("err-msg", "err_msg", "message")]
        fail_for(response, PROFILE, _CAUSES, str(code), next((text for text in texts if isinstance(text, str)), None))
    if not is_good or "data" not in envelope:
        fail_invalid(PROFILE, "is not the documented JSON")
    return envelope["data"]


def _read_facts(entry: dict[str, Any], now: float, uid: str | None = None) -> KeyFacts:
    reject_lookalikes(entry, _FIELDS, PROFILE, "status|valid|expir|accesskey")
    key = parse_body(_Key, entry, PROFILE)
    words = filter(None, (word.strip() for word in key.permission.split(",")))
    # Whole days: a key with none left ends today.
    days = None if key.valid_days == _PERMANENT else max(1, key.valid_days)
    return KeyFacts(
        permissions=frozenset(map(PROFILE.permission, words)),
        ip_restriction=_ip_restriction(key.addresses),
        enabled=key.status == "normal",
        name=key.note,
        created=datetime.fromtimestamp(key.created / 1000, UTC),
        expires=None if days is None else datetime.fromtimestamp(now, UTC) + timedelta(days=days),
        user_id=uid,
    )


def _ip_restriction(addresses: str) -> IpRestriction:
    blocks = [block.strip() for block in split_networks(addresses, PROFILE, "ipAddresses")]
    return RestrictedTo.from_texts(blocks) if blocks else Unrestricted("no IP address is bound to it")


def _siblings(entries: list[dict[str, Any]], now: float) -> tuple[SiblingKey, ...] | NotReported:
    if len(entries) > _MAX_SIBLINGS:
        return NotReported(f"HTX listed {len(entries):,} of them")
    return tuple(_sibling(entry, now) for entry in entries)


def _sibling(entry: dict[str, Any], now: float) -> SiblingKey:
    shown = key if isinstance(key := entry.get("accessKey"), str) else ""
    try:
        facts = _read_facts(entry, now)
    except GuardError:
        facts = None
    return SiblingKey(mask_id(shown), fingerprint(shown), facts)
