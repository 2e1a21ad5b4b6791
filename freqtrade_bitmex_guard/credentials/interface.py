"""What every credential store owes."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from freqtrade_bitmex_guard.model.credentials import Credentials
from freqtrade_bitmex_guard.redaction.opaque import opaque_dataclass

STORE_TIMEOUT_SECONDS = 30.0


"""How long a store may take. A keyring that waits for someone to unlock it must not hang an unattended bot."""


class CredentialStore(Protocol):
    """A place where a key id and its secret live."""

    def load(self) -> Credentials:
        """Read both, each once.

        Raises:
            GuardError: misconfigured, with what to do. No value is ever shown.
        """
        ...

    def cancel(self) -> None:
        """End a `load` that hangs, from another thread, as far as that can be done."""
        ...


@opaque_dataclass
class Seen:
    """What somebody saw in a store before they took their time: credentials, or None for nothing."""

    credentials: Credentials | None


class WritableStore(CredentialStore, Protocol):
    """A store that this project writes, too."""

    def stored_at(self) -> datetime | None:
        """When the credentials were put there, or None if that is not known."""
        ...

    def put(self, credentials: Credentials, seen: Seen | None = None) -> None:
        """Put credentials there in one step, in the place of those that are there, and read them back.

        Args:
            credentials: to be put there.
            seen: what must still be there, or None for whatever is there.

        Raises:
            GuardError: misconfigured, if something else is there by now, or if they did not come back as they were
                given; then the old ones are in their place.
        """
        ...

    def erase(self) -> bool:
        """Take everything out, also what cannot be read as credentials; returns whether there was anything.

        Raises:
            GuardError: misconfigured, if something could not be taken out.
        """
        ...
