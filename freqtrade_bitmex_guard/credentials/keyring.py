"""The operating system's credential store, through the keyring library."""

from __future__ import annotations

import json
from collections.abc import Sequence

from keyring import get_keyring
from keyring.backend import KeyringBackend
from keyring.backends import fail, null
from keyring.backends.chainer import ChainerBackend
from keyring.errors import KeyringError

from freqtrade_bitmex_guard.config import KeyringStore
from freqtrade_bitmex_guard.credentials.secret import PARTS, Credentials, credential
from freqtrade_bitmex_guard.findings import stop
from freqtrade_bitmex_guard.redaction import harmless

_HEADLESS = (
    'On a server without a desktop write another store into api_key_guard: "credentials": {"store": "files"} (systemd, '
    'Docker, Podman, Kubernetes) or {"store": "command", ...} (pass, op, vault, sops).'
)

# Known to keep plain text on disk, or on somebody's web drive. A third-party backend that is not listed is allowed.
_PLAIN_TEXT = frozenset(
    {
        ("keyrings.alt.file", "PlaintextKeyring"),
        ("keyrings.alt.pyfs", "PlaintextKeyring"),
        ("keyrings.alt.pyfs", "BasicKeyring"),
        ("keyrings.alt.Google", "DocsKeyring"),
        ("keyring.backends.file", "PlaintextKeyring"),
    }
)


class SystemKeyring:
    """Entries `key` and `secret` under a service; an entry `credentials`, both as one JSON object, wins.

    That object may also tell in `stored_at` when it was put there.
    """

    def __init__(self, config: KeyringStore) -> None:
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
            service = harmless(self._service)
            stop(
                "credentials-missing",
                f"The keyring has no entry {' and no entry '.join(missing)} for the service {service!r}.",
                "As the user that the bot runs as, `freqtrade-bitmex-guard setup -c CONFIG` leads there, or "
                "`freqtrade-bitmex-guard credentials set -c CONFIG` stores both; by hand: "
                + " and ".join(f"`keyring set {service} {name}`" for name in missing)
                + ".",
            )
        return Credentials(
            *(credential(str(value), name, f"the keyring's entry {name!r}") for name, value in parts.items())
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
            stop(
                "store-unavailable",
                f"No keyring can be opened on this machine ({type(problem).__name__}).",
                _HEADLESS,
            )
        if not backends or all(isinstance(backend, fail.Keyring) for backend in backends):
            stop("store-unavailable", "This machine has no keyring.", _HEADLESS)
        return backends

    def _entry(self, backends: Sequence[KeyringBackend], name: str) -> str | None:
        return self._found(backends, name)[1]

    def _found(self, backends: Sequence[KeyringBackend], name: str) -> tuple[KeyringBackend | None, str | None]:
        """The member that answers, and its answer."""
        for backend in backends:
            refuse_keepers_of_nothing(backend)
            try:
                value = backend.get_password(self._service, name)
            except KeyringError as problem:
                stop(
                    "store-unavailable",
                    f"The keyring {named(backend)} cannot be read ({type(problem).__name__}): it is locked, or its "
                    "service is not running.",
                    f"Unlock it and try again. {_HEADLESS}",
                )
            if value is not None:
                refuse_plain_text(backend, name)
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
            stop(
                "credentials-malformed",
                f"{place.capitalize()} is not a JSON object with exactly the texts key and secret.",
                f"Delete it with `keyring del {harmless(self._service)} credentials` and set key and secret again.",
            )
        return Credentials(credential(parts["key"], "key", place), credential(parts["secret"], "secret", place))


def named(backend: KeyringBackend) -> str:
    """A backend's class, by its full name."""
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def refuse_keepers_of_nothing(backend: KeyringBackend) -> None:
    """Stop at a backend that stands for having none."""
    if isinstance(backend, null.Keyring | fail.Keyring):
        stop("store-insecure", f"The keyring {named(backend)} keeps nothing: keyring is switched off here.", _HEADLESS)


def refuse_plain_text(backend: KeyringBackend, name: str) -> None:
    """Stop at a backend that is known to keep plain text."""
    if any((kind.__module__, kind.__qualname__) in _PLAIN_TEXT for kind in type(backend).__mro__):
        stop(
            "store-insecure",
            f"The keyring {named(backend)} keeps {name!r} as plain text: whoever reads that file has the key.",
            f"Delete the entry there, treat the secret as exposed, and use a real keyring. {_HEADLESS}",
        )
