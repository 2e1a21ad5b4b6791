"""What the guard knows of Bitget: the permissions of both kinds of account, its hosts, and its page for keys."""

from __future__ import annotations

from collections.abc import Iterator

from freqtrade_bitmex_guard.model.credentials import KEY, PASSWORD, SECRET
from freqtrade_bitmex_guard.model.key import PermissionKind
from freqtrade_bitmex_guard.model.profile import Default, ExchangeProfile, KeyPage, PermissionSpec

READ_ONLY = ":read"

# The words of each kind of account; a key has those of one. So all words of one kind do without the required ones of
# the other. A unified account's word with `:read` is ours, for a key that only reads.
_NEEDED = {"stow": ("spot",), "coow": ("futures",), "cpow": ("futures",)}
_NEEDED_UNIFIED = ("uta_trade", "uta_mgt")
_MANAGES = (
    "It also moves money between your own wallets and sub-accounts, and makes keys of sub-accounts; Bitget does not "
    "split that from what a bot needs. A key made inside a sub-account reaches the least."
)
_READS = {
    "coor": "Futures orders",
    "cpor": "Futures holdings",
    "stor": "Spot trade",
    "smor": "Margin",
    "ttor": "Copy trading",
    "wtor": "Wallet transfer",
    "taxr": "Tax",
    "chor": "Sub-account management",
    "p2pr": "P2P",
    "pllr": "Loans",
}
_WRITES = {
    "stow": (PermissionKind.TRADE, "Spot trade"),
    "coow": (PermissionKind.TRADE, "Futures orders"),
    "cpow": (PermissionKind.TRADE, "Futures holdings"),
    "smow": (PermissionKind.TRADE, "Margin"),
    "ttow": (PermissionKind.UNKNOWN, "Copy trading"),
    "pllw": (PermissionKind.UNKNOWN, "Loans"),
    "taxw": (PermissionKind.UNKNOWN, "Tax"),
    "wtow": (PermissionKind.TRANSFER, "Wallet transfer"),
    "wwow": (PermissionKind.WITHDRAW, "Wallet withdrawal"),
    "p2p": (PermissionKind.WITHDRAW, "P2P"),
    "p2pw": (PermissionKind.WITHDRAW, "P2P"),
    "chow": (PermissionKind.MANAGE_KEYS, "Sub-account management"),
}
_UNIFIED = {
    "uta_trade": (PermissionKind.TRADE, "Unified account: trade"),
    "uta_mgt": (PermissionKind.TRADE, "Unified account: manage"),
    "withdraw": (PermissionKind.WITHDRAW, "Withdraw"),
    "copy_futures_position": (PermissionKind.UNKNOWN, "Copy trading: positions"),
    "copy_futures_order": (PermissionKind.UNKNOWN, "Copy trading: orders"),
}


def _permissions() -> Iterator[PermissionSpec]:
    for name, label in _READS.items():
        yield PermissionSpec(name, PermissionKind.READ, f"{label}: read", Default.ALLOWED, replaces=_NEEDED_UNIFIED)
    for name, (kind, label) in _WRITES.items():
        yield PermissionSpec(
            name,
            kind,
            label,
            Default.REQUIRED if name in _NEEDED else Default.REFUSED,
            note="It also takes loans." if name == "smow" else "",
            trading_modes=_NEEDED.get(name, ()),
            replaces=_NEEDED_UNIFIED,
        )
    # Two words of older answers. What the first one opens is not documented.
    yield PermissionSpec("trade", PermissionKind.UNKNOWN, "Trade (older keys)", replaces=_NEEDED_UNIFIED)
    yield PermissionSpec(
        "readonly", PermissionKind.READ, "Read-only (older keys)", Default.ALLOWED, replaces=_NEEDED_UNIFIED
    )
    for name, (kind, label) in _UNIFIED.items():
        default = Default.REQUIRED if name in _NEEDED_UNIFIED else Default.REFUSED
        note = _MANAGES if name == "uta_mgt" else ""
        yield PermissionSpec(name, kind, label, default, note=note, replaces=tuple(_NEEDED))
        yield PermissionSpec(
            f"{name}{READ_ONLY}", PermissionKind.READ, f"{label}: read", Default.ALLOWED, replaces=tuple(_NEEDED)
        )


PROFILE = ExchangeProfile(
    id="bitget",
    title="Bitget",
    permissions=tuple(_permissions()),
    hosts=("api.bitget.com",),
    websocket_hosts=("ws.bitget.com", "wspap.bitget.com"),
    page=KeyPage(
        location="the page API Keys (www.bitget.com/account/newapi)",
        create=(
            "Press Create API key, then System-generated API key, choose a passphrase that is used nowhere else, and "
            "Read & write."
        ),
        name_field="Note",
        permissions_field="Permissions",
        ip_field="Linked IP address",
        two_factor="In Bitget's security settings, switch on two-factor authentication: an app or a passkey, not SMS.",
        edit="Edit the key on Bitget's page API Keys.",
    ),
    signature_headers=frozenset(f"ACCESS-{part}" for part in ("KEY", "SIGN", "TIMESTAMP", "PASSPHRASE")),
    credentials=(KEY, SECRET, PASSWORD),
)
