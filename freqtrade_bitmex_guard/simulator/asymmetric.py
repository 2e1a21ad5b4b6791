"""Signatures of keys that are a PEM text: RSA and Ed25519, for the exchanges that have them.

An exchange knows only the public half. The simulator derives it from the private one, which a bot has as its secret.
"""

from __future__ import annotations

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)


def is_pem(secret: str) -> bool:
    """Return whether a secret is a private key as PEM text."""
    return "PRIVATE KEY" in secret


def verify_signature(secret: str, text: str, signature: str) -> bool:
    """Return whether a signature in Base64 is the one of a text: RSA PKCS#1 v1.5 with SHA-256, or Ed25519.

    Args:
        secret: private key as PEM text.
        text: that was signed.
        signature: as it came, without percent-encoding.
    """
    key = load_pem_private_key(secret.encode(), password=None)
    try:
        raw = base64.b64decode(signature, validate=True)
        if isinstance(key, RSAPrivateKey):
            key.public_key().verify(raw, text.encode(), PKCS1v15(), SHA256())
        elif isinstance(key, Ed25519PrivateKey):
            key.public_key().verify(raw, text.encode())
        else:
            return False
    except (binascii.Error, InvalidSignature):
        return False
    return True


def public_pem(secret: str) -> str:
    """Return the public half of a private key, both as PEM text."""
    key = load_pem_private_key(secret.encode(), password=None).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def random_rsa_secret() -> str:
    """Draw a private RSA key of 2048 bits, as PEM text."""
    return _to_pem(generate_private_key(public_exponent=65537, key_size=2048))


def random_ed25519_secret() -> str:
    """Draw a private Ed25519 key, as PEM text."""
    return _to_pem(Ed25519PrivateKey.generate())


def _to_pem(key: RSAPrivateKey | Ed25519PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode().strip()
