"""What it means that no answer came, or none that may be read."""

from __future__ import annotations

import re
from http.client import HTTPException, IncompleteRead, RemoteDisconnected

import requests
import urllib3

_SETTINGS_ERRORS = (
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidProxyURL,
)

_PROTOCOL_ERRORS = (
    requests.exceptions.InvalidHeader,
    requests.exceptions.InvalidURL,
    urllib3.exceptions.InvalidHeader,
    urllib3.exceptions.InvalidChunkLength,
    urllib3.exceptions.LocationParseError,
    urllib3.exceptions.DecodeError,
)


class TransportError(Exception):
    """No answer came, or none that may be read.

    Attributes:
        finding: the name of the finding that this leads to.
        transient: whether another attempt may help.
    """

    def __init__(self, finding: str, problem: str, *, transient: bool = False) -> None:
        super().__init__(problem)
        self.finding = finding
        self.transient = transient


def transport_error(problem: Exception) -> TransportError:
    """Return the error for what requests or urllib3 raised, without its text, which may hold a proxy's password."""
    name = type(problem).__name__
    if isinstance(problem, requests.exceptions.SSLError | urllib3.exceptions.SSLError):
        return TransportError("tls-failed", f"the encrypted connection could not be trusted ({name})")
    if isinstance(problem, requests.Timeout | urllib3.exceptions.TimeoutError):
        return TransportError("timed-out", "no answer came in time", transient=True)
    if _is_refused_by_proxy(problem):
        return TransportError("proxy-refused", "the proxy on the way refused the request")
    if isinstance(problem, _SETTINGS_ERRORS):
        return TransportError("client-settings", f"the request could not be made ({name})")
    if isinstance(problem, _PROTOCOL_ERRORS) or _is_malformed_http(problem):
        return TransportError("response-invalid", f"the answer is not HTTP as it should be ({name})")
    return TransportError("unreachable", f"the connection failed or broke ({name})", transient=True)


def _is_refused_by_proxy(problem: BaseException) -> bool:
    """Return whether a proxy answered that it opens no tunnel; its status is in the text of http.client's error."""
    cause: BaseException | None = problem
    while cause is not None:
        if isinstance(cause, OSError) and re.match(r"Tunnel connection failed: (?:401|403|407)\b", str(cause)):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _is_malformed_http(problem: BaseException) -> bool:
    """Return whether an answer came that http.client could not read, rather than nothing or too little."""
    cause: BaseException | None = problem
    while cause is not None and not isinstance(cause, HTTPException):
        cause = cause.__context__
    return cause is not None and not isinstance(cause, RemoteDisconnected | IncompleteRead)
