"""The published schema of the section accepts what the guard accepts, and rejects what it refuses."""

from __future__ import annotations

import json
import runpy
from copy import deepcopy
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from freqtrade_bitmex_guard.config.parse import parse_section
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.findings import GuardError
from tests.docs.examples import EXAMPLES, NAMES, load_example


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((EXAMPLES / "api_key_guard.schema.json").read_text(encoding="utf-8"))
    return schema


def test_the_schema_is_the_generated_one() -> None:
    text = runpy.run_path(str(EXAMPLES / "make_schema.py"))["text"]
    assert (EXAMPLES / "api_key_guard.schema.json").read_text(encoding="utf-8") == text(), (
        "run python example_config/make_schema.py"
    )


def test_the_schema_is_one(schema: dict[str, Any]) -> None:
    assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("store", NAMES)
def test_the_schema_accepts_a_config_that_names_it(store: str, schema: dict[str, Any]) -> None:
    config = load_example(store)
    assert (EXAMPLES / config["$schema"]).samefile(EXAMPLES / "api_key_guard.schema.json")
    Draft202012Validator(schema).validate(config)


ACCEPTED: list[Any] = [
    {},
    {"enabled": False},
    {"credentials": {}},
    {"credentials": {"service": "another"}},
    {"credentials": {"store": "files", "key_file": "/a", "secret_file": "/b"}},
    {"policy": {}, "timeout_seconds": 1.5},
]

REJECTED: list[Any] = [
    {"enable": True},
    {"policy": {"max_addresses": 1}},
    {"credentials": {"store": "keyring", "key_file": "/a"}},
    {"credentials": {"key_file": "/a"}},
    {"credentials": {"store": "vault"}},
    {"credentials": {"store": "command"}},
    {"credentials": {"store": "command", "key_command": [], "secret_command": ["a"]}},
    {"enabled": "yes"},
    {"enabled": 1},
    {"enabled": None},
    {"credentials": None},
    {"credentials": {"store": "files", "key_file": None}},
    {"policy": {"ip_within": None}},
    {"policy": {"ip_within": []}},
    {"policy": {"max_ip_addresses": 0}},
    {"policy": {"allowed_permissions": "order"}},
    {"timeout_seconds": 301},
]


@pytest.mark.parametrize("section", ACCEPTED, ids=json.dumps)
def test_the_schema_accepts_what_the_guard_reads(section: Any, schema: dict[str, Any]) -> None:
    parse_section(deepcopy(section), PROFILE)
    Draft202012Validator(schema).validate({"api_key_guard": section})


@pytest.mark.parametrize("section", REJECTED, ids=json.dumps)
def test_the_schema_rejects_what_the_guard_refuses(section: Any, schema: dict[str, Any]) -> None:
    with pytest.raises(GuardError):
        parse_section(deepcopy(section), PROFILE)
    assert not Draft202012Validator(schema).is_valid({"api_key_guard": section})


def test_the_schema_rejects_a_section_that_is_no_object(schema: dict[str, Any]) -> None:
    assert not Draft202012Validator(schema).is_valid({"api_key_guard": None})


def test_the_defaults_that_an_editor_fills_in_are_accepted(schema: dict[str, Any]) -> None:
    objects = [schema["properties"]["api_key_guard"], *schema["$defs"].values()]
    fields = [field for each in objects for field in each["properties"].values() if "default" in field]
    assert fields
    for field in fields:
        Draft202012Validator(field).validate(field["default"])
