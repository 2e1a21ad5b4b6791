"""The forms in which a secret can be in a text, for the tests that search for it."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from freqtrade_bitmex_guard.redaction import output, registry
from tests.support.factories import KEY_ID, SECRET

ROOT = Path(__file__).parents[2]

FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "in a URL": lambda value: f"https://x/?key={quote(value, safe='')}&y",
    "in a repr": lambda value: repr({"apiKey": value}),
    "in JSON": lambda value: json.dumps({"apiKey": value}),
    "in HTML": html.escape,
    "in base64": lambda value: base64.b64encode(value.encode()).decode(),
    "in base64 behind one letter": lambda value: base64.b64encode(f"u{value}".encode()).decode(),
    "in base64 behind two letters": lambda value: base64.b64encode(f"u:{value}:".encode()).decode(),
    "in base64 for URLs": lambda value: base64.urlsafe_b64encode(f"user:{value}".encode()).decode(),
    "in hexadecimal digits": lambda value: value.encode().hex(),
}


def install_redaction() -> None:
    """Register key id and secret, and install the filters, as the guard does once it has read them."""
    registry.register_secret(SECRET)
    registry.register_secret(KEY_ID, "LAqU…")
    output.install()


def both(form: str) -> str:
    return " ".join(FORMS[form](value) for value in (KEY_ID, SECRET))
