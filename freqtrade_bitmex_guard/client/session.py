"""Requests to one exchange, signed by one key, within one time limit."""

from __future__ import annotations

import binascii
import contextlib
import json
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from freqtrade_bitmex_guard.client.calls import ApiCall, ApiName, find_api_form, send_call
from freqtrade_bitmex_guard.client.error_pages import PROXY
from freqtrade_bitmex_guard.client.errors import WAIT_FOR_EXCHANGE
from freqtrade_bitmex_guard.client.http import BoundedSession, RequestLog
from freqtrade_bitmex_guard.client.response import Response, retry_after
from freqtrade_bitmex_guard.client.transport_errors import TransportError
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.util import deadline

_FIRST_RETRY_SECONDS = 1.0

_FIXES = {
    "host-not-allowed": "Look for urls in exchange.ccxt_config, and treat the key as exposed if they are not yours.",
    "redirected": "Find out which host your network or proxy puts in between; nothing signed was sent to it.",
    "tls-failed": "Check this machine's date, and whether a proxy or virus scanner decrypts the traffic.",
    "timed-out": "Try again; if it stays, raise api_key_guard.timeout_seconds or check the network. "
    f"While the exchange is slow, {WAIT_FOR_EXCHANGE}",
    "proxy-refused": PROXY.fix,
    "unreachable": "Check this machine's network, DNS, firewall and proxy, then try again. "
    f"While the exchange itself is down, {WAIT_FOR_EXCHANGE}",
    "response-invalid": "Try again; if it stays, a proxy or a changed API is in between: report it.",
    "response-too-large": "Try again; if it stays, a proxy or a changed API is in between: report it.",
    "client-settings": "Check exchange.ccxt_config, ccxt_sync_config and ccxt_async_config.",
}


_AGAIN = "Store the secret again, exactly as the exchange showed it: it may have been cut off."


class ApiSession:
    """Sends requests through one ccxt client. The time starts with the first request.

    Attributes:
        is_unheard: whether the last answer is no word of an exchange: none came, or no JSON with something in it.
    """

    def __init__(
        self, client: Any, session: BoundedSession, profile: ExchangeProfile, seconds: float, *, retry: bool = True
    ) -> None:
        self._retry = retry
        self._sent_before = session.request_count
        self._client = client
        self._session = session
        self._profile = profile
        self._seconds = seconds
        # ccxt counts in milliseconds. The shorter of the two limits applies to one request.
        self._one_request_seconds = min(seconds, client.timeout / 1000)
        self._ends: float | None = None
        self.is_unheard = True

    @property
    def request_count(self) -> int:
        """How many requests were sent."""
        return self._session.request_count - self._sent_before

    @property
    def remaining_seconds(self) -> float:
        """How much of the time for all requests remains."""
        return self._seconds if self._ends is None else max(0.0, self._ends - time.monotonic())

    @property
    def rate_limit_remaining(self) -> int | None:
        """How many more requests the exchange accepts now (x-ratelimit-remaining), if it reports that."""
        response = self._session.log.response
        text = "" if response is None else response.headers.get("x-ratelimit-remaining", "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

    @property
    def in_sandbox(self) -> bool:
        """Whether the exchange's test network is queried."""
        return bool(self._client.isSandboxModeEnabled)

    def option(self, name: str) -> Any:
        """Return one of ccxt's options as the bot's config sets it, or None."""
        return self._client.options.get(name)

    def signer_address(self) -> str:
        """Return the address that belongs to the private key, on exchanges whose keys are such.

        Raises:
            GuardError: misconfigured, if it is not a private key.
        """
        private_key = self._client.privateKey
        address = ""
        # ccxt signs with the last 64 digits, but derives the address from all of them.
        if re.fullmatch("(0x)?[0-9A-Fa-f]{64}", private_key):
            with contextlib.suppress(Exception):  # whose text may hold a part of the key
                address = str(self._client.eth_get_address_from_private_key(private_key))
        if not address:
            fail(
                "credentials-malformed", "The private key is not one.", "Store it again: 0x and 64 hexadecimal digits."
            )
        return address

    def request(
        self,
        path: str,
        verb: str = "GET",
        api: ApiName = "private",
        params: Mapping[str, Any] | None = None,
        *,
        signed: bool = True,
    ) -> Response:
        """Send one request, and again after a growing pause while it fails for a transient cause.

        Args:
            path: as ccxt's table of calls has it.
            verb: the HTTP verb.
            api: which of the exchange's APIs, in ccxt's names; several for a nested one.
            params: the call's parameters; ccxt puts them into the URL or the body, as the exchange wants.
            signed: whether the request must be signed by the key.

        Returns:
            The answer, whatever its status.

        Raises:
            GuardError: unverified, if no answer came that may be read; misconfigured, if ccxt could not send it.
        """
        call = ApiCall(path, verb, api, params or {}, signed)
        api_form = find_api_form(self._client, call, self._profile)
        self._ends = self._ends or time.monotonic() + self._seconds
        pause = _FIRST_RETRY_SECONDS
        while True:
            remaining = self._ends - time.monotonic()
            outcome = (
                self._attempt(call, api_form, min(self._one_request_seconds, remaining))
                if remaining > 0
                else _deadline_exceeded()
            )
            wait = _retry_delay(outcome, pause) if self._retry else None
            if wait is None or wait >= self._ends - time.monotonic():
                break
            time.sleep(wait)
            pause *= 2
        if isinstance(outcome, TransportError):
            hosts = self._session.hosts
            notice = f" {self._profile.notice}" if self._profile.notice and hosts & set(self._profile.hosts) else ""
            server = f"{self._profile.title} ({', '.join(sorted(hosts))})"
            fail(outcome.finding, f"Querying {server}: {outcome}.{notice}", _FIXES[outcome.finding])
        return outcome

    def _attempt(self, call: ApiCall, api_form: str | list[str], seconds: float) -> Response | TransportError:
        session, log = self._session, RequestLog()
        session.log, session.seconds = log, seconds
        self.is_unheard = True
        sent_before = session.request_count
        try:
            deadline.run_with_timeout(lambda: send_call(self._client, call, api_form), seconds, session.abort)
        except TimeoutError:
            return TransportError("timed-out", f"no answer came within {seconds:.0f} seconds", transient=True)
        except TransportError as problem:
            return problem
        except Exception as problem:
            if log.response is None and session.request_count > sent_before:
                return TransportError("response-invalid", f"the answer could not be read ({type(problem).__name__})")
            if log.response is None and isinstance(problem, binascii.Error):
                fail("credentials-malformed", "The secret is not base64, as every secret of this exchange is.", _AGAIN)
            if log.response is None:
                fail(
                    "client-settings",
                    f"ccxt could not send the request ({type(problem).__name__}).",
                    _FIXES["client-settings"],
                )
        # ccxt maps many errors to a class that misleads, so only the answer itself is judged.
        if log.response is None:
            fail("internal-error", "ccxt returned without having sent a request.", "Please report this.")
        # The body may hold secrets of other keys, and the log lives as long as the client.
        response, log.response = log.response, replace(log.response, body=b"")
        self.is_unheard = not _has_content(response.body)
        return response


def _has_content(body: bytes) -> bool:
    """Return whether an answer is JSON with something in it, as every word of an exchange is."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict | list) and bool(content)


def _deadline_exceeded() -> TransportError:
    return TransportError("timed-out", "the time for this check is over", transient=True)


def _retry_delay(outcome: Response | TransportError, pause: float) -> float | None:
    """Return the seconds to wait before another attempt, or None if one would not help or would make it worse."""
    if isinstance(outcome, TransportError):
        return pause if outcome.transient else None
    requested = retry_after(outcome)
    if outcome.status == 429:
        return None if requested is None else max(requested, pause)
    if outcome.status >= 500:
        return max(requested or 0.0, pause)
    return None
