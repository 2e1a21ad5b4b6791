"""All parts of the credentials as one JSON object, as an entry of a keyring and a file of the store `files` hold it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from freqtrade_bitmex_guard.model.credentials import CredentialField, Credentials, parse_credential
from freqtrade_bitmex_guard.model.findings import fail

_STORED_AT = "stored_at"


def serialize(credentials: Credentials) -> str:
    """Return the text to store at once; it holds the secret and the time."""
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    return json.dumps({**credentials.for_store(), _STORED_AT: moment})


def parse(text: str, fields: Sequence[CredentialField], source: str, way_out: str) -> Credentials:
    """Parse a stored text.

    Args:
        text: as it is stored.
        fields: the parts that the exchange issues.
        source: where it is stored, for a person.
        way_out: what to do if it is something else.

    Raises:
        GuardError: misconfigured, if it is not exactly these parts. No value is shown.
    """
    names = [field.name for field in fields]
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict) or set(values) - {_STORED_AT} != set(names):
        values = {}
    if not values or not all(isinstance(value, str) for value in values.values()):
        begin = source[:1].upper() + source[1:]
        message = f"{begin} is not a JSON object with exactly the texts {' and '.join(names)}."
        fail("credentials-malformed", message, way_out)
    return Credentials({field: parse_credential(values[field.name], field, source) for field in fields})


def stored_at(text: str) -> datetime | None:
    """Return when a text was stored, or None if it was written by hand."""
    try:
        moment = datetime.fromisoformat(json.loads(text)[_STORED_AT])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return moment if moment.tzinfo else None


def require_unchanged(stored: Credentials | None, expected: Credentials | None) -> None:
    """Check that a store still holds what a change begins with.

    Raises:
        GuardError: misconfigured, if it holds something else.
    """
    if stored is expected is None or (stored is not None and expected is not None and stored.matches(expected)):
        return
    fail(
        "credentials-conflict",
        f"Meanwhile somebody else changed the store, which now has "
        f"{f'the key {stored.masked_id}' if stored else 'no key'}: it was left as it is.",
        "Keep the credentials that you typed at hand, look with `freqtrade-bitmex-guard credentials show -c CONFIG`, "
        "then try again.",
    )
