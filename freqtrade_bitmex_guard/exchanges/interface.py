"""What the guard needs of an exchange: a profile, and how its key and account are read.

A new exchange is one new file in this folder, named like its ccxt id, with an `ADAPTER` in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from freqtrade_bitmex_guard.client.calls import ApiName
from freqtrade_bitmex_guard.client.errors import ErrorCause, fail_for, read_json
from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.model.account import EventLog, SiblingKey, WithdrawalAddress
from freqtrade_bitmex_guard.model.key import KeyFacts, NotReported
from freqtrade_bitmex_guard.model.profile import ExchangeProfile

_NOT_QUERIED = NotReported("this exchange is not queried about it")


class Session(Protocol):
    """What an adapter uses of `client.session.ApiSession`: requests by one key inside one deadline."""

    @property
    def in_sandbox(self) -> bool:
        """Whether the exchange's test network is queried."""
        ...

    def request(
        self,
        path: str,
        verb: str = "GET",
        api: ApiName = "private",
        params: Mapping[str, Any] | None = None,
        *,
        signed: bool = True,
    ) -> Response:
        """Send one request and return the answer, whatever its status.

        Args:
            path: as ccxt's table of calls has it.
            verb: the HTTP verb.
            api: which of the exchange's APIs, in ccxt's names; several for a nested one.
            params: the call's parameters; ccxt puts them into the URL or the body, as the exchange wants.
            signed: whether the request must be signed by the key.

        Raises:
            GuardError: unverified, if no answer came that may be read; misconfigured, if ccxt could not ask.
        """
        ...

    def option(self, name: str) -> Any:
        """Return one of ccxt's options as the bot's config sets it, or None."""
        ...

    def signer_address(self) -> str:
        """Return the address that belongs to the private key, on exchanges whose keys are such.

        Raises:
            GuardError: misconfigured, if it is not a private key.
        """
        ...


def _no_siblings() -> NotReported:
    return NotReported("the exchange reports this key only")


@dataclass(frozen=True, slots=True)
class KeyListing:
    """What the exchange reports when queried about a key.

    Attributes:
        entries: the key, once, or several times if it is listed more than once.
        siblings: returns the account's other keys; called only if they matter, because there may be thousands.
    """

    entries: tuple[KeyFacts, ...]
    siblings: Callable[[], tuple[SiblingKey, ...] | NotReported] = _no_siblings


@dataclass(frozen=True, slots=True)
class EventPage:
    """One page of an account's events.

    Attributes:
        event_log: the events on it, and since when none is missing.
        cursor: where the next older page starts, or None if there is none or that is unknown.
    """

    event_log: EventLog
    cursor: int | None


class ExchangeAdapter(Protocol):
    """One exchange: its profile, and how it reports what a key may do.

    An exchange that does not override a question about the account does not report the answer.
    """

    @property
    def profile(self) -> ExchangeProfile:
        """What is known of the exchange."""
        ...

    def read_key(self, session: Session, key_id: str) -> KeyListing:
        """Read what a key may do.

        Args:
            session: sends requests signed by the key.
            key_id: the exact id of the key.

        Returns:
            What the exchange reports of that key, and of no other.

        Raises:
            GuardError: unverified or refused, if the exchange did not report it.
        """
        ...

    def read_two_factor(self, session: Session) -> bool | NotReported:  # noqa: ARG002
        """Read whether logging in takes a second factor, with one request.

        Raises:
            GuardError: if the exchange answers with an error. This holds for the questions below, too.
        """
        return _NOT_QUERIED

    def read_withdrawal_addresses(self, session: Session) -> tuple[WithdrawalAddress, ...] | NotReported:  # noqa: ARG002
        """Read the saved withdrawal addresses, with one request."""
        return _NOT_QUERIED

    def read_events(self, session: Session, cursor: int | None) -> EventPage | NotReported:  # noqa: ARG002
        """Read one page of events with one request: the newest, or those from a page's cursor on."""
        return _NOT_QUERIED


class CannotVerify(ExchangeAdapter):
    """An exchange that has no way to report what a key may do: one signed read proves that its credentials work.

    Attributes:
        profile: with everything in `cannot_report` that the operator has to accept.
        causes: its documented errors.
        call: a signed read that any key may make: path, verb, API.
        error_fields: the fields of its errors with the code and the text.
    """

    profile: ExchangeProfile
    causes: tuple[ErrorCause, ...]
    call: tuple[str, str, ApiName]
    error_fields: tuple[str, str]

    def is_success(self, content: Any) -> bool:
        """Return whether the answer to `call` is the documented one of a key that works."""
        raise NotImplementedError

    def read_key(self, session: Session, key_id: str) -> KeyListing:  # noqa: ARG002 - no answer names it
        """Prove the credentials; see `ExchangeAdapter.read_key`."""
        path, verb, api = self.call
        response = session.request(path, verb, api)
        content = read_json(response)
        if response.status != 200 or not self.is_success(content):
            error = content if isinstance(content, dict) else {}
            code, text = (error.get(field) for field in self.error_fields)
            fail_for(
                response,
                self.profile,
                self.causes,
                code=str(code) if type(code) in (int, str) else "",
                text=text,
            )
        reason = f"{self.profile.title} has no way to report it"
        return KeyListing((KeyFacts(permissions=None, ip_restriction=NotReported(reason)),))
