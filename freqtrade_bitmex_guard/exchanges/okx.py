"""OKX: spot and futures on www.okx.com; the sites for Europe and for the USA are `myokx` and `okxus`.

Source: www.okx.com/docs-v5/en, "Get account configuration" and the table of error codes, and recordings of errors.
What the answer does not hold is not reported: the key's id, when it was made, and when it ends.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import Field

from freqtrade_bitmex_guard.client.comma_lists import split_networks, split_words
from freqtrade_bitmex_guard.client.errors import (
    ErrorCause,
    StrictModel,
    fail_for,
    fail_invalid,
    name_page,
    parse_body,
    read_json,
)
from freqtrade_bitmex_guard.client.lookalikes import reject_lookalikes
from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.exchanges.interface import ExchangeAdapter, KeyListing, Session
from freqtrade_bitmex_guard.model.credentials import KEY, PASSWORD, SECRET
from freqtrade_bitmex_guard.model.key import IpRestriction, KeyFacts, PermissionKind, RestrictedTo, Unrestricted
from freqtrade_bitmex_guard.model.part_shape import usual_shapes
from freqtrade_bitmex_guard.model.profile import Default, ExchangeProfile, KeyPage, PermissionSpec

PROFILE = ExchangeProfile(
    id="okx",
    title="OKX",
    permissions=(
        PermissionSpec("read_only", PermissionKind.READ, "Read", Default.ALLOWED),
        PermissionSpec(
            "trade",
            PermissionKind.TRADE,
            "Trade",
            Default.REQUIRED,
            note=(
                "It also moves money between your own wallets and sub-accounts; OKX does not split that from trading. "
                "A key made inside a sub-account reaches the least."
            ),
        ),
        PermissionSpec("withdraw", PermissionKind.WITHDRAW, "Withdraw"),
    ),
    hosts=("www.okx.com", "aws.okx.com", "app.okx.com", "my.okx.com", "eea.okx.com", "us.okx.com"),
    # Newer versions of ccxt leave the port out.
    websocket_hosts=("ws.okx.com:8443", "wspap.okx.com:8443", "ws.okx.com", "wspap.okx.com"),
    page=KeyPage(
        location="the page API and connections (www.okx.com/account/my-api)",
        create="Press Create API key, and choose a passphrase that is used nowhere else.",
        name_field="API key name",
        permissions_field="Permissions",
        ip_field="IP address allowlist",
        two_factor=(
            "In the security settings of the account, switch on two-factor authentication: a passkey or an app, not "
            "SMS."
        ),
        edit="Edit the key on OKX's page API and connections.",
    ),
    shapes=usual_shapes("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", "[0-9A-F]{32}"),
    signature_headers=frozenset({"OK-ACCESS-KEY", "OK-ACCESS-SIGN", "OK-ACCESS-TIMESTAMP", "OK-ACCESS-PASSPHRASE"}),
    ip_free_keys="OKX ends keys without an IP address allowlist after 14 days without use.",
    credentials=(KEY, SECRET, PASSWORD),
)

_STORE_AGAIN = f"Compare the first four characters with {PROFILE.page.location}, then store it again."
_NO_HEADER = tuple(
    ErrorCause(
        "exchange-error",
        f"OKX got a request without {part}: something on the way takes headers out, or ccxt signs in another way now.",
        "Look for a proxy in between, and try another version of ccxt; if it stays, report it.",
        code=code,
    )
    for code, part in (
        ("50103", "the key id"),
        ("50104", "the passphrase"),
        ("50106", "the signature"),
        ("50107", "the time"),
    )
)
_RESTRICTED = tuple(
    ErrorCause("account-restricted", f"OKX {did}.", f"Sign in to OKX: {fix}.", code=code)
    for code, did, fix in (
        ("50100", "has frozen the API for this account", "follow what it says there, or ask its support"),
        ("50007", "has blocked the account", "follow what it says there, or ask its support"),
        ("50008", "does not know the account any more", "look whether it was closed, or ask its support"),
        ("50009", "has frozen the account because of a liquidation", "look at the positions"),
        ("50027", "has restricted the account from trading", "ask its support"),
        ("50029", "has restricted the account for the time being (risk control)", "look for its e-mail about it"),
        ("50059", "wants the account's identity verified first", "complete the verification"),
        ("50060", "wants the account's identity verified first", "complete the verification"),
        ("4088", "wants the account's identity verified first", "complete the verification"),
    )
)
_CAUSES = (
    ErrorCause("clock-skew", code="50102"),
    ErrorCause("clock-skew", code="50112"),
    ErrorCause("rate-limited", code="50011"),
    ErrorCause(
        "key-unknown",
        "OKX does not know this key id: it was mistyped.",
        _STORE_AGAIN,
        code="50111",
    ),
    ErrorCause(
        "key-unknown",
        "OKX has no such key. In the order to look at: the key was made on another of OKX's sites, and each knows only "
        "its own (okx is www.okx.com, myokx is for Europe, okxus for the USA); it was deleted; it has ended, as keys "
        "without an IP address allowlist do after 14 days without use.",
        "Compare exchange.name with the site on which the key was made. If that is right, make a new key. "
        + PROFILE.how_to_replace("Enter the bot's own address, so that the key does not end."),
        code="50119",
    ),
    ErrorCause(
        "key-unknown",
        "The key belongs to the other environment: keys for demo trading do not work on the live site, nor the other "
        "way round.",
        'Store a key of the environment that the bot uses; "sandbox" in exchange.ccxt_config chooses demo trading.',
        code="50101",
    ),
    ErrorCause(
        "signature-invalid",
        "OKX knows the key id but does not accept the signature: the stored secret is not this key's.",
        "Store the secret again. OKX shows it only once; if it is lost, make a new key.",
        code="50113",
    ),
    ErrorCause(
        "signature-invalid",
        "OKX knows the key id but not the passphrase: the stored API password is not the one that was chosen when the "
        "key was made. It is not the password of the account.",
        "Store the API password again. OKX never shows it; if it is lost, make a new key.",
        code="50105",
    ),
    ErrorCause(
        "address-not-allowed",
        "The key does not work from this machine's address: it is not in the key's IP address allowlist.",
        "Look up this machine's public address, the one of IPv6 too, and add it to the key's IP address allowlist. "
        "Never leave it empty.",
        code="50110",
    ),
    ErrorCause(
        "ip-unrestricted",
        "OKX refuses the key because it is bound to no address: anyone who gets it can use it from any machine.",
        PROFILE.how_to_change("Enter the bot's own address under IP address allowlist."),
        code="50035",
    ),
    *(
        ErrorCause(
            "access-denied",
            "OKX does not let the key see what it may do itself, so nothing shows that it can only trade.",
            PROFILE.how_to_change("Under Permissions, tick Read."),
            code=code,
        )
        for code in ("50120", "50030")
    ),
    ErrorCause(
        "location-blocked",
        "OKX does not serve the place that this machine's address belongs to.",
        "Run the bot from a place where OKX offers its service to you.",
        code="50121",
    ),
    *_RESTRICTED,
    *_NO_HEADER,
    ErrorCause("overloaded", code="50013"),
    ErrorCause("maintenance", code="50001"),
)

_FIELDS = ("perm", "ip", "label", "uid", "mainUid")

_List = Annotated[str, Field(max_length=20_000)]


class _Account(StrictModel):
    """An account with the key that asks, in the part that the verdict rests on. Anything odd in it is an error."""

    perm: _List
    ip: _List
    label: str | None = None
    uid: Any = None
    main_uid: Any = Field(default=None, alias="mainUid")


class OKX(ExchangeAdapter):
    """Reads account/config: the answer names no key, and is about the one that signed."""

    profile = PROFILE

    def read_key(self, session: Session, key_id: str) -> KeyListing:  # noqa: ARG002 - no answer tells it
        """Read what the key may do; see `ExchangeAdapter.read_key`."""
        content = _parse_success(session.request("account/config"), self.profile)
        account = parse_body(_Account, content, PROFILE)
        facts = KeyFacts(
            permissions=frozenset(map(PROFILE.permission, split_words(account.perm, PROFILE, "perm"))),
            ip_restriction=_ip_restriction(account.ip),
            name=account.label,
            user_id=_account_number(account.main_uid),
            account_id=_account_number(account.uid),
        )
        return KeyListing((facts,))


ADAPTER = OKX()


def _parse_success(response: Response, profile: ExchangeProfile) -> dict[str, Any]:
    content = read_json(response)
    envelope = content if isinstance(content, dict) else {}
    code, text = envelope.get("code"), envelope.get("msg")
    if response.status != 200 or (isinstance(code, str) and code != "0"):
        fail_for(
            response,
            profile,
            name_page(_CAUSES, PROFILE.page.location, profile.page.location),
            code=code if isinstance(code, str) else "",
            text=text,
        )
    data = envelope.get("data")
    if code != "0" or not isinstance(data, list) or len(data) != 1 or not isinstance(data[0], dict):
        fail_invalid(PROFILE, "is not the documented JSON")
    reject_lookalikes(data[0], _FIELDS, PROFILE)
    return data[0]


def _ip_restriction(addresses: str) -> IpRestriction:
    blocks = split_networks(addresses, PROFILE, "ip")
    return RestrictedTo.from_texts(blocks) if blocks else Unrestricted("IP address allowlist is empty")


def _account_number(value: object) -> str | None:
    """Return an account's number; what is odd counts as not reported, for only a rule of the operator's rests on it."""
    return value if isinstance(value, str) and re.fullmatch(r"[0-9]{1,40}", value) else None
