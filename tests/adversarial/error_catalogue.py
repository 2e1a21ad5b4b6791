"""Every error that was seen in a response of BitMEX."""

from __future__ import annotations

from freqtrade_bitmex_guard.simulator.bitmex import error
from freqtrade_bitmex_guard.simulator.responses import Reaction, Response, page


def bitmex_error(status: int, message: str, **headers: str) -> Response:
    """Return an error in BitMEX's own shape."""
    return error(status, message, headers)


def rate_limit(retry_after: str) -> Response:
    """Return a rate limit in BitMEX's words, with an optional Retry-After."""
    return error(429, "Rate limit exceeded, retry in 1 seconds.", {"Retry-After": retry_after}, "RateLimitError")


CATALOGUE: list[tuple[str, Reaction]] = [
    ("a key id it does not know", bitmex_error(401, "Invalid API Key.")),
    ("a signature it does not accept", bitmex_error(401, "Signature not valid.")),
    (
        "a request that has expired",
        bitmex_error(400, "This request has expired - `expires` is in the past. Current time: 1516534870"),
    ),
    ("a key that is disabled", bitmex_error(403, "This key is disabled.")),
    ("an address outside the key's CIDR", bitmex_error(403, "This IP address is not allowed to use this key.")),
    ("the list of keys denied, but not the key itself", bitmex_error(403, "Access Denied")),
    ("incomplete authentication", bitmex_error(401, "Authorization Required")),
    ("`Missing API key`", bitmex_error(401, "Missing API key")),
    ("a sub-account's key, misused", bitmex_error(400, "Invalid use of subaccount API key")),
    ("an account that is disabled", bitmex_error(403, "Your account has been disabled")),
    ("an account that is restricted", bitmex_error(403, "Account is restricted")),
    ("a rate limit, for longer than there is time", rate_limit("60")),
    ("a rate limit that does not say for how long", Response(429)),
    ("a rate limit until nonsense", rate_limit("nonsense")),
    ("a rate limit until the year 10^20", rate_limit(f"Mon, 01 Jan {10**20} 00:00:00 GMT")),
    ("a banned address (HTML, 403)", page(403)),
    ("an overload", bitmex_error(503, "The system is currently overloaded. Please try again later.")),
    ("maintenance (`down for maintenance`)", bitmex_error(503, "down for maintenance")),
    ("maintenance (`downtime in progress`)", bitmex_error(503, "downtime in progress")),
    ("maintenance (HTML, 503)", page(503)),
    ("maintenance (HTML, 502)", page(502)),
    ("a failure of Cloudflare (530)", page(530)),
    ("a server error", bitmex_error(500, "Server Error")),
    ("a denial with HTTP 500", bitmex_error(500, "Access Denied")),
    ("an empty object with HTTP 403", Response(403, b"{}")),
    ("an empty object with HTTP 503", Response(503, b"{}")),
    ("`Not Found`", bitmex_error(404, "Not Found")),
    ("HTML with HTTP 200", page(200)),
    ("a ban of withdrawals (401)", bitmex_error(401, "Withdrawals are suspended, please contact support.")),
    ("a ban of withdrawals", bitmex_error(403, "Withdrawal ban expires at 2026-12-01T00:00:00.000Z")),
]
