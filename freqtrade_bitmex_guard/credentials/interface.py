"""What every credential store owes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from freqtrade_bitmex_guard.model.credentials import CredentialField, Credentials

STORE_TIMEOUT_SECONDS = 30.0
"""How long a store may take. A keyring that waits for someone to unlock it must not hang an unattended bot."""


class CredentialStore(Protocol):
    """A place where the credentials of one bot live."""

    def load(self, fields: Sequence[CredentialField]) -> Credentials:
        """Read the parts, each once.

        Args:
            fields: the parts that the exchange issues.

        Raises:
            GuardError: misconfigured, with what to do. No value is ever shown.
        """
        ...

    def cancel(self) -> None:
        """End a `load` that hangs, from another thread, as far as that is possible."""
        ...


class WritableStore(CredentialStore, Protocol):
    """A store that this project also writes.

    Every change is one step: a bot that starts meanwhile, or after a kill, finds the old credentials or the new ones.
    """

    def stored_at(self) -> datetime | None:
        """Return when the credentials were stored, or None if that is not known."""
        ...

    def add(self, credentials: Credentials) -> None:
        """Store the first credentials, and read them back.

        Raises:
            GuardError: misconfigured, if the store is not empty, or if the credentials did not come back as they are;
                then the store is empty again.
        """
        ...

    def replace(self, old: Credentials, new: Credentials) -> None:
        """Replace the credentials, and read the new ones back.

        Args:
            old: what the store must still hold.
            new: what it shall hold.

        Raises:
            GuardError: misconfigured, if the store holds anything but `old`, or if the new ones did not come back as
                they are; then it holds the old ones.
        """
        ...

    def delete(self) -> bool:
        """Delete everything, even what cannot be read as credentials.

        Returns:
            Whether there was anything.

        Raises:
            GuardError: misconfigured, if something could not be deleted.
        """
        ...
