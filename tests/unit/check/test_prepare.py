"""What the operator can get wrong, found before anything is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.check import prepare as room
from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.check.prepare import exchange_label, prepare
from freqtrade_bitmex_guard.credentials import open_store
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.redaction import output
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.support.factories import KEY_ID, NEW_ID, NEW_SECRET, SECRET, bot_config, pair


def test_nothing_is_sent(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    prepared = prepare(bot_config(tmp_path, exchange, timeout_seconds=9))

    assert prepared.adapter.profile is PROFILE
    assert prepared.section.timeout_seconds == 9
    assert prepared.credentials.part("key").matches(KEY_ID)
    assert prepared.credentials.part("secret").matches(SECRET)
    assert [origin.host for origin in prepared.client.connection.servers] == ["127.0.0.1"]
    assert exchange.requests == []


def test_output_is_filtered_before_the_store_is_read(
    tmp_path: Path, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []

    def opens(section: Any, name: str) -> Any:
        order.append(f"store of {name}")
        return open_store(section, name)

    monkeypatch.setattr(output, "install", lambda: order.append("filter"))
    monkeypatch.setattr(room, "open_store", opens)

    prepare(bot_config(tmp_path, exchange))

    assert order[:2] == ["filter", "store of bitmex"]


def test_a_candidate_is_taken_and_the_store_stays_closed(
    tmp_path: Path, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidate = pair(NEW_ID, NEW_SECRET)
    monkeypatch.delattr(room, "open_store")

    assert prepare(bot_config(tmp_path, exchange), candidate).credentials is candidate


@pytest.mark.parametrize(
    ("config", "exchange", "expected"),
    [
        ({}, None, ("exchange-unsupported", "The config has no exchange section.", 'Write "exchange": {"name": …}.')),
        ({"exchange": ["bitmex"]}, None, ("exchange-unsupported", "The config has no exchange section.", None)),
        (
            {"exchange": {"name": "BitMEX"}},
            "bitmex",
            (
                "section-missing",
                "The config has no api_key_guard section, so a bot started with it is not guarded.",
                "To check the key that is in the config now: `freqtrade-bitmex-guard check --as-is -c CONFIG`. To "
                "guard the bot: `freqtrade-bitmex-guard setup -c CONFIG`, which writes the section; or add "
                '"api_key_guard": {} for a key in the system\'s keyring. docs/pages/credentials.md has the other '
                "stores.",
            ),
        ),
        ({"exchange": {}}, None, ("exchange-unsupported", None, None)),
        ({"exchange": {"name": "[Red]\x1b"}, "api_key_guard": {}}, "?red??", ("exchange-unsupported", None, None)),
        ({"exchange": {"name": 7}, "api_key_guard": {}}, "7", ("exchange-unsupported", None, None)),
    ],
)
def test_a_config_that_lacks_a_section_is_misconfigured(config: Any, exchange: str | None, expected: Any) -> None:
    verdict = LocalCheck(config).run().verdict

    assert verdict.outcome is Outcome.MISCONFIGURED
    assert (verdict.exchange, verdict.key, verdict.requests, verdict.facts) == (exchange, None, 0, ())
    assert exchange_label(config) == exchange
    (finding,) = verdict.findings
    for text, expected_text in zip((finding.name, finding.message, finding.fix), expected, strict=True):
        assert expected_text is None or text == expected_text
