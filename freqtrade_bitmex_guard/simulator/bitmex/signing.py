"""How BitMEX signs (bitmex.com/app/apiKeysUsage)."""

from __future__ import annotations

import hashlib
import hmac


def signature(secret: str, verb: str, path: str, expires: str, body: str) -> str:
    """The hexadecimal signature of one request.

    Args:
        secret: of the key.
        verb: GET, POST, PUT or DELETE.
        path: from /api/v1 on, with its query as sent.
        expires: Unix seconds, as sent.
        body: as sent, or "".
    """
    return hmac.new(secret.encode(), f"{verb}{path}{expires}{body}".encode(), hashlib.sha256).hexdigest()
