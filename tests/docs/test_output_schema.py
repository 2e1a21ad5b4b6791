"""The schema of our JSON documents fits what every command prints, and demands what it promises."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError  # type: ignore[import-untyped]

from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.support.machine import Machine
from tests.support.pty import ROOT

SCHEMA = json.loads((ROOT / "example_config" / "output.schema.json").read_text(encoding="utf-8"))

COMMANDS = {"check": ["check"], "audit": ["audit"], "credentials-show": ["credentials", "show"], "doctor": ["doctor"]}


@pytest.fixture
def machine(
    tmp_path: Path,
    exchange: SimulatedBitMEX,
    vault: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Machine:
    return Machine(tmp_path, exchange, vault, monkeypatch, capfd)


def validate(document: Any, command: str) -> None:
    """Validate a document by the schema of its command."""
    Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{command}"}).validate(document)


def good(_machine: Machine) -> str:
    return "config.json"


def refused(machine: Machine) -> str:
    machine.exchange.keys[0].permissions, machine.exchange.keys[0].cidr = ["order", "withdraw"], ""
    return "config.json"


def missing(_machine: Machine) -> str:
    return "missing.json"


@pytest.mark.parametrize("prepare", [good, refused, missing])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_document_fits_its_schema(
    command: str, prepare: Callable[[Machine], str], machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.config()
    monkeypatch.chdir(machine.folder)
    name = prepare(machine)
    _, out = machine.run(*COMMANDS[command], "-c", name, "--format", "json")
    document = json.loads(out)
    # There is nothing to audit or to show; a config that cannot be read is what `doctor` is for.
    schema = "check" if prepare is missing and command != "doctor" else command
    validate(document, schema)
    assert document["config"] == [name], "as it was named"
    assert document["bot"]["name"] == "freqtrade"
    for field in SCHEMA["$defs"]["report"]["required"]:
        with pytest.raises(ValidationError):
            validate({key: value for key, value in document.items() if key != field}, schema)


def test_the_schema_itself_is_valid() -> None:
    Draft202012Validator.check_schema(SCHEMA)
