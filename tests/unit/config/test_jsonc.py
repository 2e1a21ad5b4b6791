"""Changing a config's text: against freqtrade's own parser, on texts as people write them and on made-up ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import rapidjson
from freqtrade.configuration.load_config import CONFIG_PARSE_MODE
from hypothesis import given
from hypothesis import strategies as st

from freqtrade_bitmex_guard.config.jsonc import JsoncDocument, JsoncError, Span

ROOT = Path(__file__).parents[3]


MEMBER = {"policy": {"ip_within": ["203.0.113.7/32"]}, "credentials": {}}


def parsed(text: str) -> Any:
    """As freqtrade reads a file: line ends first, for open() translates them."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return rapidjson.loads(lines, parse_mode=CONFIG_PARSE_MODE)


GAPS = st.text(" \t\n\r", max_size=3) | st.sampled_from(
    ["// a line\n", '// "key": {[,\r\n', "/* a, block: } */", '/* "x\n" */', "//\r", " /**/ ", "// http://x /* \n"]
)


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["// no comment", "/* nor this */", '"', "\\", "{", ",", "\u2028"])
).map(json.dumps)


def listed(items: list[str], brackets: str, gaps: list[str], comma: bool) -> str:
    text = brackets[0] + gaps[0]
    for number, item in enumerate(items):
        last = number == len(items) - 1
        text += gaps[1] + item + gaps[2] + ("" if last and not comma else ",") + gaps[3]
    return text + brackets[1]


def lists(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    gaps = st.lists(GAPS, min_size=4, max_size=4)
    return st.builds(listed, st.lists(inner, max_size=3), st.just("[]"), gaps, st.booleans())


def objects(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    members = st.builds(
        lambda name, gap, value: f"{json.dumps(name)}{gap}:{gap}{value}", st.text(max_size=4), GAPS, inner
    )
    gaps = st.lists(GAPS, min_size=4, max_size=4)
    return st.builds(listed, st.lists(members, max_size=3), st.just("{}"), gaps, st.booleans())


VALUES = st.recursive(SCALARS, lambda inner: lists(inner) | objects(inner), max_leaves=8)


TEXTS = st.builds(lambda before, text, after: before + text + after, GAPS, objects(VALUES), GAPS)


@given(TEXTS)
def test_a_new_member_is_all_that_freqtrade_reads_differently(text: str) -> None:
    old = parsed(text)
    old.pop("api_key_guard", None)
    new = JsoncDocument(text).append_member("api_key_guard", MEMBER)
    assert repr(parsed(new)) == repr({**old, "api_key_guard": MEMBER})


@given(TEXTS)
def test_a_new_member_removes_no_character(text: str) -> None:
    rest = iter(JsoncDocument(text).append_member("api_key_guard", MEMBER))
    assert all(character in rest for character in text)


@given(TEXTS)
def test_every_value_is_at_its_span(text: str) -> None:
    config = JsoncDocument(text)
    for place in config.nodes:
        written = parsed(f"[{config.source(place)}]")[0]
        assert place.content == (written if isinstance(written, str) else None)
    for name, value in parsed(text).items():
        last = config.at(name)[-1]  # of a name that stands twice, freqtrade takes the last one
        assert repr(parsed(f"[{config.source(last)}]")[0]) == repr(value)


@given(TEXTS, st.data())
def test_a_blanked_text_is_all_that_freqtrade_reads_differently(text: str, data: st.DataObject) -> None:
    config = JsoncDocument(text)
    texts = [place for place in config.nodes if place.content is not None and len(place.path) == 1]
    if not texts:
        return
    place = data.draw(st.sampled_from(texts))
    new = config.replace_spans([(place.span, '""')])
    expected = parsed(text)
    if config.at(*place.path)[-1] is place:
        expected[place.path[0]] = ""
    assert repr(parsed(new)) == repr(expected)
    assert (new[: place.span.start], new[place.span.start + 2 :]) == (text[: place.span.start], text[place.span.end :])


@given(st.text('{}[]",:/*\\ \n\r\t0atrue\x00\ufeff', max_size=30).map(lambda inside: "{" + inside + "}"))
def test_objects_that_freqtrade_reads_are_parsed_and_others_rejected(text: str) -> None:
    try:
        config = JsoncDocument(text)
    except JsoncError:
        config = None
    try:
        meaning = parsed(text)
    except rapidjson.JSONDecodeError:
        meaning = None
    if isinstance(meaning, dict) and "\x00" not in text:
        assert config is not None
        assert {place.path[0] for place in config.nodes} == set(meaning)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", '{\n    "g": {\n        "x": 1\n    }\n}'),
        ('{"a": 1}', '{"a": 1, "g": {"x": 1}}'),
        ('{"a": 1,}', '{"a": 1, "g": {"x": 1},}'),
        ('{\n  "a": 1\n}\n', '{\n  "a": 1,\n  "g": {\n    "x": 1\n  }\n}\n'),
        ('{\n\t"a": 1, // last\n}', '{\n\t"a": 1, // last\n\t"g": {\n\t\t"x": 1\n\t},\n}'),
        ('{\n  "a": 1 // last\n}', '{\n  "a": 1, // last\n  "g": {\n    "x": 1\n  }\n}'),
        ('{\r\n  "a": 1\r\n}\r\n', '{\r\n  "a": 1,\r\n  "g": {\r\n    "x": 1\r\n  }\r\n}\r\n'),
        ('\ufeff{\n  "a": 1\n}', '\ufeff{\n  "a": 1,\n  "g": {\n    "x": 1\n  }\n}'),
    ],
)
def test_a_new_member_is_laid_out_like_the_others(text: str, expected: str) -> None:
    assert JsoncDocument(text).append_member("g", {"x": 1}) == expected


def test_a_repeated_name_has_two_nodes() -> None:
    config = JsoncDocument('{"exchange": {"secret": "one", /* "secret": "no" */ "secret": "two"}}')
    assert [place.content for place in config.at("exchange", "secret")] == ["one", "two"]
    assert [config.text[span.start : span.end] for span in config.comments] == ['/* "secret": "no" */']


@pytest.mark.parametrize(
    "text",
    ["", "[]", "1", '"{}"', "{", '{"a"}', '{"a": }', '{"a": 1} {}', "{'a': 1}", '{"a": 1\x00}', '{"a": "\n"}', "{,}"],
)
def test_a_text_that_is_not_one_object_is_rejected(text: str) -> None:
    with pytest.raises(JsoncError):
        JsoncDocument(text)


@pytest.mark.parametrize("file", sorted((ROOT / "example_config").glob("config-*.json")), ids=lambda file: file.name)
def test_the_example_configs_are_read_as_freqtrade_reads_them(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert {place.path[0] for place in JsoncDocument(text).nodes} == set(parsed(text))


def test_a_text_that_is_nested_too_deeply_is_rejected() -> None:
    for opening in ("[", '{"a": '):
        with pytest.raises(JsoncError):
            JsoncDocument('{"a": ' + opening * 5000)


def test_replacing_nothing_changes_nothing() -> None:
    text = '{"a": 1}'
    assert JsoncDocument(text).replace_spans([]) == text
    assert JsoncDocument(text).replace_spans([(Span(6, 7), "2")]) == '{"a": 2}'
