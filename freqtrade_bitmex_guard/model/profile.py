"""What the guard knows of one exchange: its permissions, hosts, signatures, and the words of its pages."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from freqtrade_bitmex_guard.model.credentials import KEY, SECRET, CredentialField
from freqtrade_bitmex_guard.model.key import FORBIDDEN_KINDS, Permission, PermissionKind
from freqtrade_bitmex_guard.model.part_shape import PartShape
from freqtrade_bitmex_guard.redaction.sanitize import sanitize

DEFAULT_TRADING_MODE = "spot"
UNVERIFIABLE = ("permissions", "ip-restriction")
"""What an exchange may have no way to report, in the words of the policy."""

HOW_TO_STORE = (
    "If the old one is already stored, `freqtrade-bitmex-guard credentials rotate -c CONFIG` replaces it; then restart "
    "the bot and delete the old key last."
)
"""What to do with a new key, where the bot is guarded."""


class Default(StrEnum):
    """How the policy treats a permission if the operator does not name it."""

    REQUIRED = "required"
    ALLOWED = "allowed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class PermissionSpec:
    """One line of an exchange's permission table.

    Attributes:
        name: the exchange's word, exactly as its API reports it.
        kind: what it lets a key do.
        label: what the exchange's page calls it.
        default: how the policy treats it.
        note: what else it allows and cannot be split from it, as a whole sentence.
        trading_modes: the modes of freqtrade that require it; in others it is only allowed. Empty for all modes.
        replaces: required permissions that a key with this one does without, such as those of another account mode.
    """

    name: str
    kind: PermissionKind
    label: str
    default: Default = Default.REFUSED
    note: str = ""
    trading_modes: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        may_be_granted = self.kind not in (*FORBIDDEN_KINDS, PermissionKind.UNKNOWN)
        if self.default is not Default.REFUSED and not may_be_granted:
            raise ValueError(f"{self.name}: the default of a permission of kind {self.kind} must be REFUSED")


@dataclass(frozen=True, slots=True)
class KeyPage:
    """The words of the pages on which a person manages keys.

    Attributes:
        location: where keys are managed, as a noun phrase with the page's address.
        create: what to press there for a new key, as a whole sentence.
        name_field: what the page calls a key's name.
        permissions_field: what it calls a key's permissions; empty if they cannot be chosen.
        ip_field: what it calls the IP restriction; empty if the exchange has none.
        two_factor: where two-factor authentication is switched on, as a whole sentence; empty if there is none.
        edit: how to change a key, as a whole sentence; empty if that is not documented.
        security: where two-factor, sessions and withdrawal addresses are managed, as a noun phrase.
    """

    location: str
    create: str
    name_field: str
    permissions_field: str
    ip_field: str
    two_factor: str
    edit: str = ""
    security: str = "the security settings of your account"

    @property
    def how_to_compare_key_id(self) -> str:
        """What to do about a key id that the exchange does not know, as a whole sentence."""
        return f"Compare the first four characters of the key id with {self.location}, then store it again."

    @property
    def how_to_add_address(self) -> str:
        """What to do about an address that the key does not allow, as a whole sentence."""
        return f"Look up this machine's public address, and add it to the key on {self.location}."


@dataclass(frozen=True, slots=True)
class ExtraApi:
    """A part of the exchange's API that ccxt does not list.

    Attributes:
        name: what requests call it.
        beside: ccxt's name of an API on the same server.
        path: where it begins on that server, for example `/api/auth/`.
        options: what ccxt's `options` need to sign for it.
    """

    name: str
    beside: str
    path: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ExchangeProfile:
    """What the guard knows of one exchange.

    Attributes:
        id: its ccxt id, lower case.
        title: its name as people write it.
        permissions: all permissions that it documents, each once.
        hosts: where its API is; the default of `allowed_hosts`.
        websocket_hosts: where its websockets are, with the port if it is not 443.
        page: the words of its pages.
        signature_headers: the headers that ccxt signs requests with; no setting may name one.
        signature_lifetimes: ccxt's options for how long a signature is valid, with the longest that is accepted.
        extra_apis: parts of its API that ccxt does not list.
        status_page: where it reports outages, or empty.
        notice: what a person should know if its own hosts cannot be reached, as a whole sentence.
        last_ccxt: the last version of ccxt that has it, if it was removed.
        cannot_report: what it has no way to report of a key, of `UNVERIFIABLE`.
        hides_ip_list: whether it reports only that a key is limited to addresses, not to which.
        reports_expiry: whether it reports when a key ends.
        reports_siblings: whether it reports the account's other keys to a trading key.
        has_demo_trading: whether freqtrade's setting `demo_trading` switches to other hosts of it.
        ip_free_keys: what becomes of keys without an IP restriction, as a whole sentence, or empty.
        weak_keys_before: keys older than this are weaker than newer ones, if there are such.
        weak_keys_risk: why, as a whole sentence.
        credentials: the parts of a key that the exchange issues.
        shapes: what they look like, by their names, as far as that is known.
    """

    id: str
    title: str
    permissions: tuple[PermissionSpec, ...]
    hosts: tuple[str, ...]
    websocket_hosts: tuple[str, ...]
    page: KeyPage
    signature_headers: frozenset[str]
    signature_lifetimes: Mapping[str, int] = field(default_factory=dict)
    extra_apis: tuple[ExtraApi, ...] = ()
    status_page: str = ""
    notice: str | None = None
    last_ccxt: str | None = None
    cannot_report: tuple[str, ...] = ()
    hides_ip_list: bool = False
    reports_expiry: bool = False
    reports_siblings: bool = False
    has_demo_trading: bool = False
    ip_free_keys: str = ""
    weak_keys_before: datetime | None = None
    weak_keys_risk: str = ""
    credentials: tuple[CredentialField, ...] = (KEY, SECRET)
    shapes: Mapping[str, PartShape] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self._specs) != len(self.permissions):
            raise ValueError(f"{self.id}: a permission is listed twice")
        if not set(self.cannot_report) <= set(UNVERIFIABLE):
            raise ValueError(f"{self.id}: it cannot report something that the policy has no word for")

    @cached_property
    def _specs(self) -> Mapping[str, PermissionSpec]:
        return {spec.name: spec for spec in self.permissions}

    @cached_property
    def _forbidden_prefixes(self) -> Mapping[str, PermissionKind]:
        return {_fold(spec.name): spec.kind for spec in self.permissions if spec.kind in FORBIDDEN_KINDS}

    @property
    def allowed_permissions(self) -> tuple[str, ...]:
        """The names of the permissions that the policy allows by default."""
        return tuple(spec.name for spec in self.permissions if spec.default is not Default.REFUSED)

    @property
    def forbidden_permissions(self) -> tuple[str, ...]:
        """The names of the permissions that no policy may allow, because they move money or change keys."""
        return tuple(spec.name for spec in self.permissions if spec.kind in FORBIDDEN_KINDS)

    def required_permissions(self, trading_mode: str = DEFAULT_TRADING_MODE) -> tuple[str, ...]:
        """Return the names of the permissions that a bot needs.

        Args:
            trading_mode: freqtrade's `trading_mode`.
        """
        return tuple(
            spec.name
            for spec in self.permissions
            if spec.default is Default.REQUIRED and (not spec.trading_modes or trading_mode in spec.trading_modes)
        )

    def kind(self, name: str) -> PermissionKind:
        """Return what a permission lets a key do; UNKNOWN if it is not in the table and not like a forbidden one."""
        spec = self._specs.get(name)
        return spec.kind if spec else self._kind_by_prefix(name) or PermissionKind.UNKNOWN

    def is_forbidden(self, name: str) -> bool:
        """Return whether no policy may allow a permission.

        A name that is not in the table is compared by its beginning, whatever its case, padding or typeface.
        """
        return self.kind(name) in FORBIDDEN_KINDS

    def _kind_by_prefix(self, name: str) -> PermissionKind | None:
        # Folding never drops a character, so the rest cannot matter. It can turn one into eighteen, though, and a
        # hostile list is full of such.
        longest = max(map(len, self._forbidden_prefixes), default=0)
        folded = _fold(name.strip()[:longest])
        return next((kind for prefix, kind in self._forbidden_prefixes.items() if folded.startswith(prefix)), None)

    def permission(self, name: str) -> Permission:
        """Return a permission that the exchange reported, with its kind."""
        return Permission(name, self.kind(name), self.note(name))

    def forbids(self, permission: Permission) -> bool:
        """Return whether a permission of a key moves money or changes keys, by its kind or by its name."""
        return permission.kind in FORBIDDEN_KINDS or self.is_forbidden(permission.name)

    def label(self, name: str) -> str:
        """Return what the page calls a permission; a name that is not in the table is sanitized."""
        spec = self._specs.get(name)
        return spec.label if spec else sanitize(name.strip())

    def note(self, name: str) -> str:
        """Return what else a permission allows, or an empty text."""
        spec = self._specs.get(name)
        return spec.note if spec else ""

    def replacements(self, name: str) -> tuple[str, ...]:
        """Return the permissions that do for a required one."""
        return tuple(spec.name for spec in self.permissions if name in spec.replaces)

    def how_to_change(self, advice: str) -> str:
        """Describe how to correct a key: change it if the exchange allows that, else replace it.

        Args:
            advice: what to change, as whole sentences.
        """
        if self.page.edit:
            return f"{self.page.edit} {advice} Then start again."
        return self.how_to_replace(advice)

    def how_to_replace(self, advice: str = "") -> str:
        """Describe how to replace a key so that the bot always has one that works.

        Args:
            advice: what to mind when the new key is made, as whole sentences.
        """
        create = f"Create a new key on {self.page.location}.{advice and f' {advice}'}"
        return f"{create} {HOW_TO_STORE}"


def _fold(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()
