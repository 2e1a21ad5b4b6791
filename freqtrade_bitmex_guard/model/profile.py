"""What one exchange calls things, so that the core can speak to its users without knowing it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from freqtrade_bitmex_guard.model.credentials import KEY, SECRET, CredentialField
from freqtrade_bitmex_guard.redaction.sanitize import sanitize


@dataclass(frozen=True, slots=True)
class ExchangeProfile:
    """The words and defaults of one exchange. Every venue brings its own.

    Attributes:
        id: its ccxt id, lower case.
        title: its name as people write it.
        allowed_permissions: the policy's default, in the exchange's words.
        required_permissions: likewise.
        never_allowed: words, lower case, that no policy may allow, because they move money out; nor one that begins
            with such a word.
        hosts: where its API lives; the default of `allowed_hosts`.
        websocket_hosts: where its stream lives.
        two_factor: where a person switches two-factor authentication on, as a whole sentence.
        keys_page: where a person manages keys.
        create_key: what to press there for a new one, as a whole sentence.
        name_field: what the page calls a key's name.
        permissions_field: what the page calls the rights of a key.
        permission_labels: what the page shows for a right, by its word; a word that is not there is shown itself.
        address_field: what the page calls the address limit.
        edit_key: how to change a key there, as a whole sentence; empty where none can be changed.
        notice: what a person should know who cannot reach its own hosts, as a whole sentence, if anything.
        last_ccxt: the last version of ccxt that has the exchange, if it was dropped.
        security_page: where a person manages two-factor, sessions and withdrawal addresses.
        weak_keys_before: keys that are older than this are weaker than they look, if there are such.
        weak_keys_risk: why, as a whole sentence.
        credentials: the parts of a key that the exchange issues.
    """

    id: str
    title: str
    allowed_permissions: tuple[str, ...]
    required_permissions: tuple[str, ...]
    never_allowed: frozenset[str]
    hosts: tuple[str, ...]
    websocket_hosts: tuple[str, ...]
    two_factor: str
    keys_page: str
    create_key: str
    name_field: str
    permissions_field: str
    permission_labels: Mapping[str, str]
    address_field: str
    edit_key: str = ""
    notice: str | None = None
    last_ccxt: str | None = None
    security_page: str = "the security settings of your account"
    weak_keys_before: datetime | None = None
    weak_keys_risk: str = ""
    credentials: tuple[CredentialField, ...] = (KEY, SECRET)

    def is_forbidden(self, word: str) -> bool:
        """Whether a word begins with one that no policy may allow, whatever its case, padding or typeface."""
        # No character becomes nothing, so the rest cannot matter; some become eighteen, and a list may be full of them.
        begins = word.strip()[: max(map(len, self.never_allowed))]
        return unicodedata.normalize("NFKC", begins).strip().casefold().startswith(tuple(self.never_allowed))

    def label(self, word: str) -> str:
        """What the page shows for a right, made harmless: a word may come from outside."""
        return self.permission_labels.get(word) or sanitize(word.strip())

    def how_to_change(self, how: str) -> str:
        """What to do to a key that is not as it should be: change it where the exchange can, else replace it.

        Args:
            how: what to change, as whole sentences.
        """
        if self.edit_key:
            return f"{self.edit_key} {how} Then start again."
        return f"A key cannot be changed on {self.title}. {self.how_to_replace(how)}"

    def how_to_replace(self, how: str = "") -> str:
        """What to do where only a new key helps, in the order in which a bot always has one that works.

        Args:
            how: what to mind when it is made, as whole sentences.
        """
        make = f"Make a new key on {self.keys_page}.{how and f' {how}'}"
        return (
            f"{make} If the old one is stored already, `freqtrade-bitmex-guard credentials rotate -c CONFIG` puts the "
            "new one in its place; then restart the bot, and delete the old one last."
        )
