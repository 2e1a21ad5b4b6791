"""What is no key is sent to nobody: whole checks and commands on a simulated exchange."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keyring
import pytest

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.model.findings import Finding
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.support.factories import KEY_ID, OTHER_ID, OTHER_SECRET, SECRET, allow_secrets_in, bot_config, pair
from tests.unit.manage.conftest import Run, credentials, run, written

__all__ = ["run"]


def refused(exchange: SimulatedBitMEX, config: dict[str, Any]) -> list[Finding]:
    """Return what a check finds, which must have sent nothing and named no key."""
    verdict = LocalCheck(config).run().verdict
    assert not exchange.requests
    assert verdict.key is None
    return list(verdict.findings)


@pytest.mark.parametrize("values", [(SECRET, KEY_ID), (KEY_ID, KEY_ID), (KEY_ID, f'"{SECRET}"')], ids=["1", "2", "3"])
def test_a_check_sends_nothing_of_what_is_no_key(
    exchange: SimulatedBitMEX, tmp_path: Path, values: tuple[str, str]
) -> None:
    config = bot_config(tmp_path, exchange)
    for name, value in zip(("key", "secret"), values, strict=True):
        (tmp_path / name).write_text(value)

    findings = refused(exchange, config)

    assert [finding.name for finding in findings] == ["credentials-malformed"]
    assert str(tmp_path / "secret") in findings[0].message


def test_a_candidate_in_memory_is_examined_too(exchange: SimulatedBitMEX, tmp_path: Path) -> None:
    verdict = LocalCheck(bot_config(tmp_path, exchange), credentials=pair(SECRET, KEY_ID)).run().verdict

    assert [finding.name for finding in verdict.findings] == ["credentials-malformed"]
    assert not exchange.requests


def test_swapped_lines_are_not_stored(run: Run, exchange: SimulatedBitMEX, tmp_path: Path) -> None:
    config = written(tmp_path, exchange)

    assert "swapped" in credentials(run, "set", config, stdin=f"{SECRET}\n{KEY_ID}\n", code=4)

    assert keyring.get_password("freqtrade-bitmex", "credentials") is None


@pytest.mark.parametrize("action", ["set", "rotate"])
def test_a_malformed_entry_has_a_way_out(run: Run, exchange: SimulatedBitMEX, tmp_path: Path, action: str) -> None:
    config = written(tmp_path, exchange)
    keyring.set_password("freqtrade-bitmex", "credentials", json.dumps({"key": SECRET, "secret": KEY_ID}))

    printed = credentials(run, action, config, stdin=f"{OTHER_ID}\n{OTHER_SECRET}\n", code=4)

    assert "swapped" in printed
    assert "credentials delete" in printed
    credentials(run, "delete", config, "--yes")
    credentials(run, "set", config, stdin=f"{OTHER_ID}\n{OTHER_SECRET}\n")


PLACEHOLDERS = {"key": "your_exchange_key", "secret": "${SECRET}"}


def with_exchange(config: str, **fields: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(Path(config).read_text())
    content["exchange"] |= fields
    allow_secrets_in(Path(config))
    Path(config).write_text(json.dumps(content))
    return content


@pytest.mark.parametrize("name", [*PLACEHOLDERS, "password", "apiKey"])
def test_a_placeholder_in_a_config_is_named_and_not_exposed(
    exchange: SimulatedBitMEX, tmp_path: Path, name: str
) -> None:
    config = with_exchange(written(tmp_path, exchange), **{name: PLACEHOLDERS.get(name, "<key>")})

    (finding,) = refused(exchange, config)

    assert f"exchange.{name}" in finding.message
    assert "placeholder" in finding.message
    assert "exposed" not in finding.message + finding.fix
    assert "migrate" not in finding.fix


def test_a_placeholder_is_not_migrated(run: Run, exchange: SimulatedBitMEX, tmp_path: Path) -> None:
    config = written(tmp_path, exchange)
    with_exchange(config, **PLACEHOLDERS)
    before = Path(config).read_bytes()

    printed = credentials(run, "migrate", config)

    assert "exchange.key" in printed
    assert "placeholder" in printed
    assert "exposed" not in printed
    assert Path(config).read_bytes() == before
    assert keyring.get_password("freqtrade-bitmex", "credentials") is None


def test_beside_a_placeholder_a_real_key_is_migrated(run: Run, exchange: SimulatedBitMEX, tmp_path: Path) -> None:
    config = written(tmp_path, exchange)
    with_exchange(config, key=KEY_ID, secret=SECRET, password="your_password")

    assert "exchange.password" in credentials(run, "migrate", config)

    assert '"password": "your_password"' in Path(config).read_text()
    assert json.loads(str(keyring.get_password("freqtrade-bitmex", "credentials")))["secret"] == SECRET
