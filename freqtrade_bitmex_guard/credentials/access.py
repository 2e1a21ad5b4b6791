"""Whatever is done with a store, within its time and unlogged; whatever it raises, told without a value in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, TypeVar

from freqtrade_bitmex_guard.credentials.interface import STORE_TIMEOUT_SECONDS, CredentialStore
from freqtrade_bitmex_guard.model.credentials import Credentials
from freqtrade_bitmex_guard.model.findings import GuardError, fail
from freqtrade_bitmex_guard.redaction import output
from freqtrade_bitmex_guard.util import deadline

_T = TypeVar("_T")


_GRACE_SECONDS = 0.5


# A program such as pass fails where it has no such entry; what else it fails at shows when it is read back.
_EMPTY_STORE_FINDINGS = ("credentials-missing", "command-failed")


def with_timeout(store: CredentialStore, work: Callable[[], _T], *, writes: bool = False) -> _T:
    """Do something with a store.

    Args:
        store: which one; it is told if the time is over.
        work: what to do.
        writes: whether that changes what the store holds.

    Raises:
        GuardError: misconfigured, if it did not end in time or failed, or was interrupted while it was being changed.
    """
    try:
        # A little longer, so that a store that minds its time can say itself what hung.
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


def fail_write_uncertain(what: str) -> NoReturn:
    """Say that a store was being changed, and that nobody knows how far that came.

    Args:
        what: what happened, as the beginning of a sentence; no secret.

    Raises:
        GuardError: misconfigured, always.
    """
    fail(
        "store-not-written",
        f"{what} while it was being changed: it may hold the old key now, the new one, or none.",
        "Keep both secrets at hand, the old one and the new: the exchange shows a secret only once. Unlock or mend the "
        "store, then look with `freqtrade-bitmex-guard credentials show -c CONFIG`; setup looks when it is run again.",
    )


def load_if_present(store: CredentialStore) -> Credentials | None:
    """What a store holds, or None if it hands nothing over yet.

    Raises:
        GuardError: misconfigured, if that cannot be told.
    """
    try:
        return with_timeout(store, store.load)
    except GuardError as end:
        if any(finding.name not in _EMPTY_STORE_FINDINGS for finding in end.findings):
            raise
        return None
