"""What the parts of an exchange's keys look like; checked before anything is sent, for every source of credentials."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import combinations

from freqtrade_bitmex_guard.model.credential_signs import Sign, decodes_to_key, find_sign
from freqtrade_bitmex_guard.model.credentials import CredentialField, Credentials, Secret, malformed
from freqtrade_bitmex_guard.model.findings import Finding, GuardError, error
from freqtrade_bitmex_guard.model.part_shape import PartShape
from freqtrade_bitmex_guard.model.profile import ExchangeProfile

# The same on every exchange whose keys are those of an Ethereum wallet.
_WALLET_SHAPES = {
    "wallet_address": PartShape(r"0x[0-9A-Fa-f]{40}", "0x and 40 hexadecimal digits"),
    "private_key": PartShape(r"(?:0x)?[0-9A-Fa-f]{64}", "0x and 64 hexadecimal digits"),
}

_Parts = Mapping[CredentialField, Secret]


def require_shapes(credentials: Credentials, profile: ExchangeProfile) -> None:
    """Check that each part looks like what the exchange issues, as far as that is certain.

    Where a part does not, every part is redacted as a whole from now on: the key's id may be the secret.

    Args:
        credentials: of one key.
        profile: of the exchange.

    Raises:
        GuardError: misconfigured, with one finding for each part. No value is shown.
    """
    findings = list(_find_malformed(credentials.parts, profile))
    if findings:
        credentials.register_for_redaction(show_id=False)
        raise GuardError(*findings)


def _find_malformed(parts: _Parts, profile: ExchangeProfile) -> Iterator[Finding]:
    shapes = {**_WALLET_SHAPES, **profile.shapes}
    mixed_up = next(_mixed_up(parts, shapes), None)
    if mixed_up:
        yield mixed_up
        return
    for field, secret in parts.items():
        shape = shapes.get(field.name)
        sign = _find_sign(field, secret.reveal(), shape, profile)
        if sign:
            yield malformed(field, secret.source, sign)


def _find_sign(field: CredentialField, value: str, shape: PartShape | None, profile: ExchangeProfile) -> Sign | None:
    is_issued = bool(shape and shape.pattern and re.fullmatch(shape.pattern, value))
    # What fits exactly is no other text by its characters, though it may be a word or a text encoded once more.
    sign = find_sign(value, is_chosen=field.is_chosen or is_issued, is_multiline=field.multiline)
    if sign or shape is None:
        return sign
    inner = shape.usual or shape.pattern
    if decodes_to_key(value, inner) and not re.fullmatch(inner, value):
        return Sign("is in base64 once too often: it decodes to one", "Store what `base64 -d` makes of it.")
    if is_issued or not shape.pattern:
        return None
    length = f"; this has {len(value)}" if any(char.isdigit() for char in shape.words) else ""
    return Sign(
        f"does not look like one: every {field.label} of {profile.title} has {shape.words}{length}",
        f"Store the {field.label} again, exactly as the exchange showed it: it may have been cut off, or be another's.",
    )


def _mixed_up(parts: _Parts, shapes: Mapping[str, PartShape]) -> Iterator[Finding]:
    """Yield two parts of which each has the form of the other, or which are the same text."""
    for (first, one), (second, other) in combinations(parts.items(), 2):
        if one.matches(other.reveal()):
            yield error(
                "credentials-malformed",
                f"The {first.label}{_place(one)} and the {second.label}{_place(other)} are the same text: one of them "
                "was stored twice.",
                "Store both again, each as the exchange showed it.",
            )
        elif _is_swapped(one, other, shapes.get(first.name), shapes.get(second.name)):
            yield error(
                "credentials-malformed",
                f"The {first.label}{_place(one)} and the {second.label}{_place(other)} are swapped: each has the form "
                "of the other.",
                "Exchange the two. Nothing was sent, so the secret did not leave this machine.",
            )


def _is_swapped(one: Secret, other: Secret, shape: PartShape | None, other_shape: PartShape | None) -> bool:
    """Return whether what is certain or usual of two parts fits crosswise, and neither as it is."""
    patterns = [known and (known.usual or known.pattern) for known in (shape, other_shape)]
    if not all(patterns):
        return False
    fits = [[bool(re.fullmatch(str(pattern), part.reveal())) for pattern in patterns] for part in (one, other)]
    return fits == [[False, True], [True, False]]


def _place(secret: Secret) -> str:
    return f" in {secret.source}" if secret.source else ""
