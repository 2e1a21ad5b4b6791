"""Secrets removed from text, and text from outside made safe to show."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freqtrade_bitmex_guard.redaction import registry
from freqtrade_bitmex_guard.redaction.sanitize import mask_id, sanitize, sanitize_tokens


@pytest.mark.parametrize(
    "hostile",
    [
        "line\nbreak",
        "carriage\rreturn",
        "bell\x07",
        "\x1b[31mred\x1b[0m",
        "\x9b31m",
        "right\u202eto left",
        "zero\u200bwidth",
        "line\u2028separator",
        "[bold red]rich[/]",
        "<b>html</b>",
        "&lt;",
        "`code` *bold*",
        "back\\slash",
        "null\x00",
    ],
)
def test_control_characters_and_markup_become_question_marks(hostile: str) -> None:
    safe = sanitize(hostile)
    assert "?" in safe
    assert not set(safe) & set("\n\r\x07\x1b\x9b\u202e\u200b\u2028[]<>&`*\\\x00")


@given(st.text(), st.integers(2, 100))
def test_no_text_stays_dangerous_or_exceeds_its_limit(text: str, limit: int) -> None:
    safe = sanitize(text, limit)
    assert len(safe) <= limit
    assert safe.isprintable()
    assert len(safe.splitlines()) <= 1
    assert not set(safe) & set("[]<>&`*|\\")


def test_ordinary_names_stay_as_they_are() -> None:
    assert sanitize("Grid-Bot_7 (ETH, 5 %) für Zoë") == "Grid-Bot_7 (ETH, 5 %) für Zoë"


def test_secrets_are_redacted_before_a_text_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_registered", {})
    registry.register_secret("LAqUlngMIQkIUjXMUreyu3qn", "LAqU…")
    registry.register_secret("order")
    registry.register_secret("")
    assert sanitize("the key LAqUlngMIQkIUjXMUreyu3qn may order") == "the key LAqU… may order"
    assert sanitize("x" * 70 + "LAqUlngMIQkIUjXMUreyu3qn") == "x" * 70 + "LAqU…"


def test_only_the_beginning_of_a_long_text_is_examined(monkeypatch: pytest.MonkeyPatch) -> None:
    examined: list[int] = []

    def redact(text: str) -> str:
        examined.append(len(text))
        return text

    monkeypatch.setattr("freqtrade_bitmex_guard.redaction.sanitize.redact", redact)
    assert len(sanitize("x" * 4_000_000)) == 80
    assert examined == [10_000]


@pytest.mark.parametrize("text", ["a+b/c%d==", "A+B/C%D==", "a%2Bb%2Fc%25d%3D%3D", "a+b\\/c%d==", "YStiL2MlZD09"])
def test_a_value_is_found_in_every_encoding(text: str) -> None:
    assert registry.occurs_in("a+b/c%d==", f"x{text}x")
    assert not registry.occurs_in("a+b/c%d==", f"x{text[1:-1]}x")


def test_user_name_and_password_are_removed_from_a_url() -> None:
    assert sanitize("https://bob:hunter2@www.bitmex.com/api") == "https://…@www.bitmex.com/api"


def test_runs_that_could_be_tokens_are_masked() -> None:
    assert sanitize_tokens("bad token hvs.CAESIJlU02LQZq3 and abcdefghijklmnop!") == "bad token … and …!"
    assert sanitize_tokens("short words stay") == "short words stay"
    assert len(sanitize_tokens("word " * 100)) == 200


def test_a_key_id_is_shown_by_its_first_four_characters() -> None:
    assert mask_id("LAqUlngMIQkIUjXMUreyu3qn") == "LAqU…"
    assert mask_id("LAqUlng") == "…"
    assert mask_id("[b]xxxxxxx") == "?b?x…"


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        (
            "htx GET https://api.huobi.pro/v1/a?Timestamp=1&Signature=aB3%2Fx%2BQ%3D",
            "htx GET https://api.huobi.pro/v1/a?Timestamp=1&Signature=…",
        ),
        ("GET /openApi?timestamp=1&signature=0123abcd HTTP/1.1", "GET /openApi?timestamp=1&signature=… HTTP/1.1"),
        ('"/v1/a?Signature=a+/b==", 200', '"/v1/a?Signature=…", 200'),
        ("a=1&amp;signature=01ab&amp;b=2", "a=1&amp;signature=…&amp;b=2"),
        ("a=1\\u0026signature=01ab\\u0026b=2", "a=1\\u0026signature=…\\u0026b=2"),
        ("a%3D1%26signature%3D01ab", "a%3D1%26signature%3D…"),
    ],
    ids=["base64", "hexadecimal", "unquoted", "HTML", "JSON", "quoted twice"],
)
def test_a_signature_in_a_url_is_redacted(text: str, redacted: str) -> None:
    assert registry.redact(text) == redacted
    assert registry.redact(redacted) == redacted


@pytest.mark.parametrize(
    "text", ["signature-invalid: the signature", "def f(signature=None)", "a?signature=", "Ignature"]
)
def test_a_text_about_signatures_stays_as_it_is(text: str) -> None:
    assert registry.redact(text) == text
