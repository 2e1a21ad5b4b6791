"""The operating system's credential store, through the keyring library."""

from __future__ import annotations

import errno
import termios
from collections.abc import Sequence
from typing import NoReturn

from keyring import get_keyring
from keyring.backend import KeyringBackend
from keyring.backends.chainer import ChainerBackend
from keyring.backends.fail import Keyring as FailKeyring
from keyring.backends.null import Keyring as NullKeyring

from freqtrade_bitmex_guard.config.stores import KeyringStoreConfig
from freqtrade_bitmex_guard.credentials import combined
from freqtrade_bitmex_guard.credentials.keyring_session import OTHER_STORES, explain_no_keyring, explain_unreadable
from freqtrade_bitmex_guard.model.credentials import CredentialField, Credentials, parse_credential
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.redaction.sanitize import sanitize

# These keep plain text on disk or on a web drive. A third-party backend that is not listed is allowed.
_PLAINTEXT_BACKENDS = frozenset(
    {
        ("keyrings.alt.file", "PlaintextKeyring"),
        ("keyrings.alt.pyfs", "PlaintextKeyring"),
        ("keyrings.alt.pyfs", "BasicKeyring"),
        ("keyrings.alt.Google", "DocsKeyring"),
        ("keyring.backends.file", "PlaintextKeyring"),
    }
)

COMBINED_ENTRY = "credentials"
"""The entry that holds all parts as one JSON object, and in `stored_at` when they were stored."""


class KeyringStore:
    """The entries of one service: `credentials`, or else one for each part by its name."""

    def __init__(self, config: KeyringStoreConfig) -> None:
        self._service = config.service

    def load(self, fields: Sequence[CredentialField]) -> Credentials:
        """Read each entry once, and only from a backend that is not known as insecure."""
        backends = self._backends()
        entry = self._entry(backends, COMBINED_ENTRY)
        if entry is not None:
            return self._unpack(entry, fields)
        values = {field: self._entry(backends, field.name) for field in fields}
        missing = [field.name for field, value in values.items() if value is None]
        if missing:
            service = sanitize(self._service)
            fail(
                "credentials-missing",
                f"The keyring has no entry {' and no entry '.join(missing)} for the service {service!r}.",
                "As the user that the bot runs as, run `freqtrade-bitmex-guard setup -c CONFIG`, which guides you, or "
                "`freqtrade-bitmex-guard credentials set -c CONFIG`, which only stores; by hand: "
                + " and ".join(f"`keyring set {service} {name}`" for name in missing)
                + ".",
            )
        return Credentials(
            {
                field: parse_credential(str(value), field, f"the keyring's entry {field.name!r}")
                for field, value in values.items()
            }
        )

    def cancel(self) -> None:
        """Do nothing; a keyring's library cannot be interrupted, and its thread ends with the process."""

    @staticmethod
    def _backends() -> Sequence[KeyringBackend]:
        try:
            chosen = get_keyring()
            # A chainer queries its members in this order; we query them ourselves, to know which one answers.
            backends = list(chosen.backends) if isinstance(chosen, ChainerBackend) else [chosen]
        except Exception as problem:
            reason, fix = explain_no_keyring()
            cause = reason if "no bus" in reason else "No keyring can be opened on this machine."
            fail("store-unavailable", f"{cause} ({type(problem).__name__})", fix)
        if not backends or all(isinstance(backend, FailKeyring) for backend in backends):
            fail("store-unavailable", *explain_no_keyring())
        return backends

    def _entry(self, backends: Sequence[KeyringBackend], name: str) -> str | None:
        return self._find(backends, name)[1]

    def _find(self, backends: Sequence[KeyringBackend], name: str) -> tuple[KeyringBackend | None, str | None]:
        """Return the first backend that has an entry, and its value."""
        for backend in backends:
            reject_null_backend(backend)
            try:
                value = backend.get_password(self._service, name)
            except Exception as problem:  # some backends raise errors of their own
                fail_unreadable(backend, problem)
            if value is not None:
                reject_plaintext_backend(backend, name)
                return backend, value
        return None, None

    def _unpack(self, text: str, fields: Sequence[CredentialField]) -> Credentials:
        way_out = (
            f"Delete it with `keyring del {sanitize(self._service)} {COMBINED_ENTRY}` and store the credentials again."
        )
        return combined.parse(text, fields, f"the keyring's entry {COMBINED_ENTRY!r}", way_out)


def fail_unreadable(backend: KeyringBackend, problem: Exception) -> NoReturn:
    """Say that a backend cannot be read, and why.

    Raises:
        GuardError: misconfigured, always.
    """
    name = backend_name(backend)
    if asks_in_vain(problem):
        fail(
            "store-unavailable",
            f"The keyring {name} asks for a password, and nobody can type one here: the bot has no terminal.",
            f"Use a keyring that is unlocked at login. {OTHER_STORES}",
        )
    reason, fix = explain_unreadable(problem)
    fail("store-unavailable", f"The keyring {name} cannot be read ({type(problem).__name__}): {reason}.", fix)


def asks_in_vain(problem: BaseException | None) -> bool:
    """Return whether a backend failed because it asked for something where nobody can type.

    Args:
        problem: what it raised; what that was raised from counts, too.
    """
    while problem is not None:
        no_terminal = isinstance(problem, OSError) and problem.errno in (errno.ENXIO, errno.ENOTTY, errno.EBADF)
        if isinstance(problem, EOFError | termios.error) or no_terminal:
            return True
        problem = problem.__cause__ or problem.__context__
    return False


def backend_name(backend: KeyringBackend) -> str:
    """Return the full name of a backend's class."""
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def reject_null_backend(backend: KeyringBackend) -> None:
    """Reject a backend that stores nothing.

    Raises:
        GuardError: misconfigured, if it is one.
    """
    if isinstance(backend, NullKeyring | FailKeyring):
        fail(
            "store-insecure",
            f"The keyring {backend_name(backend)} stores nothing: keyring is switched off here.",
            OTHER_STORES,
        )


def reject_plaintext_backend(backend: KeyringBackend, name: str) -> None:
    """Reject a backend that is known to store plain text.

    Raises:
        GuardError: misconfigured, if it is one.
    """
    if any((kind.__module__, kind.__qualname__) in _PLAINTEXT_BACKENDS for kind in type(backend).__mro__):
        fail(
            "store-insecure",
            f"The keyring {backend_name(backend)} stores {name!r} as plain text: anyone who reads that file has the "
            "key.",
            f"Delete the entry there, treat the secret as exposed, and use a real keyring. {OTHER_STORES}",
        )
