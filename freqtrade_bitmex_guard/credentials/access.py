"""Access to a store: in time, muted, and with every failure as a finding that holds no value."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, TypeVar

from freqtrade_bitmex_guard.credentials.interface import STORE_TIMEOUT_SECONDS, CredentialStore
from freqtrade_bitmex_guard.model.credentials import Credentials
from freqtrade_bitmex_guard.model.findings import GuardError, fail
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.model.shape import require_shapes
from freqtrade_bitmex_guard.redaction import output
from freqtrade_bitmex_guard.util import deadline

_T = TypeVar("_T")

_GRACE_SECONDS = 0.5

# A program such as pass fails where it has no such entry. Any other failure shows when the entry is read back.
_EMPTY_STORE_FINDINGS = ("credentials-missing", "command-failed")


def load(store: CredentialStore, profile: ExchangeProfile) -> Credentials:
    """Load the credentials, and keep them out of all output from now on.

    Args:
        store: where they live.
        profile: of the exchange that issued them.

    Raises:
        GuardError: misconfigured, if they cannot be read, or are not what the exchange issues.
    """
    credentials: object = with_timeout(store, lambda: store.load(profile.credentials))
    # A store may be somebody else's: it must return all parts, and no others.
    if type(credentials) is not Credentials or set(credentials.fields) != set(profile.credentials):
        fail(
            "store-unavailable",
            "The credential store did not return the parts of a key that the exchange issues.",
            "Update the package that brings the store, or use another one.",
        )
    require_shapes(credentials, profile)
    credentials.register_for_redaction()
    return credentials


def load_if_present(store: CredentialStore, profile: ExchangeProfile) -> Credentials | None:
    """Load the credentials, or return None if the store has no entry.

    Raises:
        GuardError: misconfigured, if that is not certain.
    """
    try:
        return load(store, profile)
    except GuardError as end:
        if any(finding.name not in _EMPTY_STORE_FINDINGS for finding in end.findings):
            raise
        return None


def write(store: CredentialStore, change: Callable[[], _T]) -> _T:
    """Change what a store holds.

    Args:
        store: the store.
        change: one of the store's methods that write, with its arguments.

    Raises:
        GuardError: misconfigured, if the change failed, did not end in time or was interrupted. The finding says where
            nobody knows how far it came.
    """
    return with_timeout(store, change, writes=True)


def with_timeout(store: CredentialStore, work: Callable[[], _T], *, writes: bool = False) -> _T:
    """Use a store within `STORE_TIMEOUT_SECONDS`, with nothing that it prints or logs.

    Args:
        store: is cancelled when the time is over.
        work: what to do with it.
        writes: whether that changes what the store holds.

    Raises:
        GuardError: misconfigured, if it did not end in time, failed, or was interrupted during a change.
    """
    try:
        # A little longer, so that a store that watches the time itself can say what hung.
        return deadline.run_with_timeout(output.muted(work), STORE_TIMEOUT_SECONDS + _GRACE_SECONDS, store.cancel)
    except TimeoutError:
        if writes:
            fail_write_uncertain(f"The credential store did not answer within {STORE_TIMEOUT_SECONDS:.0f} seconds")
        fail(
            "store-timed-out",
            f"The credential store did not answer within {STORE_TIMEOUT_SECONDS:.0f} seconds: it may be waiting for "
            "somebody to unlock it.",
            "Unlock it in the session of the user that the bot runs as, or use the store files or command.",
        )
    except GuardError:
        raise
    except KeyboardInterrupt:
        if writes:
            fail_write_uncertain("You interrupted the credential store")
        raise
    except BaseException as problem:
        if writes:
            fail_write_uncertain(f"The credential store failed ({type(problem).__name__})")
        fail(
            "store-unavailable",
            f"The credential store failed ({type(problem).__name__}).",
            "Read an entry by hand as the user that the bot runs as, for example with `keyring get`.",
        )


def fail_write_uncertain(cause: str) -> NoReturn:
    """Say that a change of a store was broken off, and that nobody knows how far it came.

    Args:
        cause: what happened, as the beginning of a sentence; no secret.

    Raises:
        GuardError: misconfigured, always.
    """
    fail(
        "store-not-written",
        f"{cause} during a change: the store may hold the old key now, the new one, or none.",
        "Keep both secrets at hand, the old one and the new: the exchange shows a secret only once. Unlock or repair "
        "the store, then look with `freqtrade-bitmex-guard credentials show -c CONFIG`; setup looks when it is run "
        "again.",
    )
