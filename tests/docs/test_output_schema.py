"""The schema of our JSON documents fits what every command prints, and demands what it promises."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError  # type: ignore[import-untyped]

from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.support.farm import documents, farm, unguard
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


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_the_documents_of_a_fleet_fit_their_schemas(form: str, machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "fleet").mkdir()
    with farm(tmp_path / "fleet", "kraken") as bots:
        unguard(bots.add("open")[0])
        _, key = bots.add("left")
        bots.add("right", key=key)
        _, out = machine.run("fleet", bots.pattern, "--format", form)
    if form == "json":
        document = json.loads(out)
        validate(document, "fleet")
        assert [each["rule"] for each in document["across"]] == ["bot-unguarded", "key-shared"]
        assert {each["bot"]["name"] for each in document["bots"]} == {"open", "left", "right"}
        return
    *checked, summary = documents(out)
    validate(summary, "fleet-summary")
    for each in checked:
        validate(each, "check")


def test_the_schema_itself_is_valid() -> None:
    Draft202012Validator.check_schema(SCHEMA)
