"""Every error that BitMEX itself was seen to answer with."""

from __future__ import annotations

from freqtrade_bitmex_guard.simulator.bitmex import error
from freqtrade_bitmex_guard.simulator.responses import Reaction, Response, page


def says(status: int, message: str, **headers: str) -> Response:
    """An error in BitMEX's own shape."""
    return error(status, message, headers)


def rate_limit(retry_after: str) -> Response:
    """As BitMEX words it, until a time that it may not."""
    return error(429, "Rate limit exceeded, retry in 1 seconds.", {"Retry-After": retry_after}, "RateLimitError")


CATALOGUE: list[tuple[str, Reaction]] = [
    ("a key id it does not know", says(401, "Invalid API Key.")),
    ("a signature it does not accept", says(401, "Signature not valid.")),
    (
        "a request that has expired",
        says(400, "This request has expired - `expires` is in the past. Current time: 1516534870"),
    ),
    ("a key that is disabled", says(403, "This key is disabled.")),
    ("an address outside the key's CIDR", says(403, "This IP address is not allowed to use this key.")),
    ("the list of keys denied, but not the key itself", says(403, "Access Denied")),
    ("incomplete authentication", says(401, "Authorization Required")),
    ("`Missing API key`", says(401, "Missing API key")),
    ("a sub-account's key, misused", says(400, "Invalid use of subaccount API key")),
    ("an account that is disabled", says(403, "Your account has been disabled")),
    ("an account that is restricted", says(403, "Account is restricted")),
    ("a rate limit, for longer than there is time", rate_limit("60")),
    ("a rate limit that does not say for how long", Response(429)),
    ("a rate limit until nonsense", rate_limit("nonsense")),
    ("a rate limit until the year 10^20", rate_limit(f"Mon, 01 Jan {10**20} 00:00:00 GMT")),
    ("a banned address (HTML, 403)", page(403)),
    ("an overload", says(503, "The system is currently overloaded. Please try again later.")),
    ("maintenance (`down for maintenance`)", says(503, "down for maintenance")),
    ("maintenance (`downtime in progress`)", says(503, "downtime in progress")),
    ("maintenance (HTML, 503)", page(503)),
    ("maintenance (HTML, 502)", page(502)),
    ("a failure of Cloudflare (530)", page(530)),
    ("a server error", says(500, "Server Error")),
    ("a denial with HTTP 500", says(500, "Access Denied")),
    ("an empty object with HTTP 403", Response(403, b"{}")),
    ("an empty object with HTTP 503", Response(503, b"{}")),
    ("`Not Found`", says(404, "Not Found")),
    ("HTML with HTTP 200", page(200)),
    ("a ban of withdrawals (401)", says(401, "Withdrawals are suspended, please contact support.")),
    ("a ban of withdrawals", says(403, "Withdrawal ban expires at 2026-12-01T00:00:00.000Z")),
]
