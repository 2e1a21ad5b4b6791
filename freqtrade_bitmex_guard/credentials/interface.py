"""What every credential store owes."""

from __future__ import annotations

from typing import Protocol

from freqtrade_bitmex_guard.credentials.secret import Credentials

READING_SECONDS = 30.0
"""How long a store may take. A keyring that waits for someone to unlock it must not hang an unattended bot."""


class CredentialStore(Protocol):
    """A place where a key id and its secret live."""

    def load(self) -> Credentials:
        """Read both, each once.

        Raises:
            Stopped: misconfigured, with what to do. No value is ever shown.
        """
        ...

    def cancel(self) -> None:
        """End a `load` that hangs, from another thread, as far as that can be done."""
        ...
