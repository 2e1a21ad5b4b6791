"""The operating system's credential store, through the keyring library."""

from __future__ import annotations

import json
from collections.abc import Sequence

from keyring import get_keyring
from keyring.backend import KeyringBackend
from keyring.backends.chainer import ChainerBackend
from keyring.backends.fail import Keyring as FailKeyring
from keyring.backends.null import Keyring as NullKeyring
from keyring.errors import KeyringError

from freqtrade_bitmex_guard.config.stores import KeyringStoreConfig
from freqtrade_bitmex_guard.model.credentials import PARTS, Credentials, parse_credential
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.redaction.sanitize import sanitize

_OTHER_STORES_HINT = (
    'On a server without a desktop write another store into api_key_guard: "credentials": {"store": "files"} (systemd, '
    'Docker, Podman, Kubernetes) or {"store": "command", ...} (pass, op, vault, sops).'
)


# Known to keep plain text on disk, or on somebody's web drive. A third-party backend that is not listed is allowed.
_PLAINTEXT_BACKENDS = frozenset(
    {
        ("keyrings.alt.file", "PlaintextKeyring"),
        ("keyrings.alt.pyfs", "PlaintextKeyring"),
        ("keyrings.alt.pyfs", "BasicKeyring"),
        ("keyrings.alt.Google", "DocsKeyring"),
        ("keyring.backends.file", "PlaintextKeyring"),
    }
)


class KeyringStore:
    """Entries `key` and `secret` under a service; an entry `credentials`, both as one JSON object, wins.

    That object may also tell in `stored_at` when it was put there.
    """

    def __init__(self, config: KeyringStoreConfig) -> None:
        self._service = config.service

    def load(self) -> Credentials:
        """Read both, each entry once, and only from a backend that is not known as insecure."""
        backends = self._backends()
        both = self._entry(backends, "credentials")
        if both is not None:
            return self._unpack(both)
        parts = {name: self._entry(backends, name) for name in PARTS}
        missing = [name for name, value in parts.items() if value is None]
        if missing:
            service = sanitize(self._service)
            fail(
                "credentials-missing",
                f"The keyring has no entry {' and no entry '.join(missing)} for the service {service!r}.",
                "As the user that the bot runs as, `freqtrade-bitmex-guard setup -c CONFIG` leads there, or "
                "`freqtrade-bitmex-guard credentials set -c CONFIG` stores both; by hand: "
                + " and ".join(f"`keyring set {service} {name}`" for name in missing)
                + ".",
            )
        return Credentials(
            *(parse_credential(str(value), name, f"the keyring's entry {name!r}") for name, value in parts.items())
        )

    def cancel(self) -> None:
        """Nothing: a keyring's library cannot be interrupted; its thread ends with the process."""

    @staticmethod
    def _backends() -> Sequence[KeyringBackend]:
        try:
            chosen = get_keyring()
            # A chainer asks its members in this order; we ask them ourselves, to know which one answers.
            backends = list(chosen.backends) if isinstance(chosen, ChainerBackend) else [chosen]
        except Exception as problem:
            fail(
                "store-unavailable",
                f"No keyring can be opened on this machine ({type(problem).__name__}).",
                _OTHER_STORES_HINT,
            )
        if not backends or all(isinstance(backend, FailKeyring) for backend in backends):
            fail("store-unavailable", "This machine has no keyring.", _OTHER_STORES_HINT)
        return backends

    def _entry(self, backends: Sequence[KeyringBackend], name: str) -> str | None:
        return self._found(backends, name)[1]

    def _found(self, backends: Sequence[KeyringBackend], name: str) -> tuple[KeyringBackend | None, str | None]:
        """The member that answers, and its answer."""
        for backend in backends:
            reject_null_backend(backend)
            try:
                value = backend.get_password(self._service, name)
            except KeyringError as problem:
                fail(
                    "store-unavailable",
                    f"The keyring {backend_name(backend)} cannot be read ({type(problem).__name__}): it is locked, "
                    "or its "
                    "service is not running.",
                    f"Unlock it and try again. {_OTHER_STORES_HINT}",
                )
            if value is not None:
                reject_plaintext_backend(backend, name)
                return backend, value
        return None, None

    def _unpack(self, both: str) -> Credentials:
        place = "the keyring's entry 'credentials'"
        try:
            parts = json.loads(both)
        except (ValueError, RecursionError):
            parts = None
        if not isinstance(parts, dict) or set(parts) - {"stored_at"} != set(PARTS):
            parts = {}
        if not parts or not all(isinstance(value, str) for value in parts.values()):
            fail(
                "credentials-malformed",
                f"{place.capitalize()} is not a JSON object with exactly the texts key and secret.",
                f"Delete it with `keyring del {sanitize(self._service)} credentials` and set key and secret again.",
            )
        return Credentials(
            parse_credential(parts["key"], "key", place), parse_credential(parts["secret"], "secret", place)
        )


def backend_name(backend: KeyringBackend) -> str:
    """A backend's class, by its full name."""
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def reject_null_backend(backend: KeyringBackend) -> None:
    """Stop at a backend that stands for having none."""
    if isinstance(backend, NullKeyring | FailKeyring):
        fail(
            "store-insecure",
            f"The keyring {backend_name(backend)} keeps nothing: keyring is switched off here.",
            _OTHER_STORES_HINT,
        )


def reject_plaintext_backend(backend: KeyringBackend, name: str) -> None:
    """Stop at a backend that is known to keep plain text."""
    if any((kind.__module__, kind.__qualname__) in _PLAINTEXT_BACKENDS for kind in type(backend).__mro__):
        fail(
            "store-insecure",
            f"The keyring {backend_name(backend)} keeps {name!r} as plain text: whoever reads that file has the key.",
            f"Delete the entry there, treat the secret as exposed, and use a real keyring. {_OTHER_STORES_HINT}",
        )
