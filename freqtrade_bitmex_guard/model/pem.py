"""Private keys as PEM texts, with which some exchanges let requests be signed."""

from __future__ import annotations

import re
from collections.abc import Collection

KEY_TYPES = ("RSA", "Ed25519")
"""The types of private keys that exchanges take."""

MAX_BYTES = 16_384
"""The longest value that any credential may have. A PEM text of a 4096-bit RSA key has 3.3 KB."""

ADVICE = (
    "Store the whole private key again, unencrypted, from its first line (-----BEGIN …) to its last (-----END …), and "
    "nothing else."
)

_BEGIN, _END = "-----BEGIN ", "-----END "

_NOT_WHOLE = "is not a whole private key in PEM form"

# Other texts of the same form, and keys that no bot can sign with.
_OTHERS = {
    "PUBLIC KEY": f"{_NOT_WHOLE}: it is the public key, which the exchange has; the bot needs the private one",
    "CERTIFICATE": f"{_NOT_WHOLE}: it is a certificate",
    "OPENSSH PRIVATE KEY": f"{_NOT_WHOLE}: it has OpenSSH's own form, which `ssh-keygen -p -m PKCS8 -f FILE` changes",
    "ENCRYPTED PRIVATE KEY": "is a private key that is encrypted with a passphrase, so no bot can use it",
    "PGP": f"{_NOT_WHOLE}: it is encrypted with PGP",
}

_FRAME = re.compile(r"-----[A-Z0-9 ]+-----|\s+")


def is_pem(value: str) -> bool:
    """Return whether a value is a PEM text, or the beginning of one."""
    return value.lstrip().startswith(_BEGIN)


def is_unfinished_pem(value: str) -> bool:
    """Return whether a value is the beginning of a PEM text, of which more lines have to follow."""
    return is_pem(value) and not any(line.strip().startswith(_END) for line in value.splitlines())


def secret_lines(value: str) -> list[str]:
    """Return what is secret in a PEM text: its lines without the frame, which is the same in every key."""
    return list(filter(None, _FRAME.split(value)))


def normalize_pem(value: str, key_types: Collection[str] = KEY_TYPES) -> str:
    """Check a private key, and strip its lines, so that the same key is the same text.

    Args:
        value: the text.
        key_types: of `KEY_TYPES`, what the exchange takes.

    Raises:
        ValueError: if it cannot be signed with, in words that show nothing of it.
    """
    # ccxt brings it, and only the rare key of this kind needs it.
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    text = "\n".join(line.strip() for line in value.strip().splitlines())
    problem = next((problem for kind, problem in _OTHERS.items() if text.startswith(f"{_BEGIN}{kind}")), "")
    if not problem and "\\n" in text:
        problem = f"{_NOT_WHOLE}: it has the two characters \\n where its line breaks belong"
    if problem:
        raise ValueError(problem)
    problem = _NOT_WHOLE
    try:
        if len(text) <= MAX_BYTES and text.rpartition("\n")[2].startswith(_END):
            # Its class is named after the type: RSAPrivateKey, Ed25519PrivateKey.
            kinds = {kind.__name__ for kind in type(load_pem_private_key(text.encode("ascii"), None)).__mro__}
            if not kinds.isdisjoint(f"{key_type}PrivateKey" for key_type in key_types):
                return text
            problem = f"is a private key of another type than {' or '.join(key_types)}, so it cannot sign"
    except TypeError:
        problem = "is a private key that is encrypted with a passphrase, so no bot can use it"
    except Exception:
        problem = _NOT_WHOLE
    raise ValueError(problem)  # not within the exceptions above: they may quote what they read
