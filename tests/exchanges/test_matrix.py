"""Each row of the README's table of exchanges is held to what a check finds on the simulated exchange."""

from __future__ import annotations

from pathlib import Path

import pytest

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.client.installed_ccxt import exchange_class
from freqtrade_bitmex_guard.demo.run import demo_ids
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.model.key import NotReported, NotSupported, RestrictedTo, RestrictedUndisclosed
from freqtrade_bitmex_guard.simulator import simulated
from freqtrade_bitmex_guard.simulator.bot import DemoBot
from tests.docs import pages
from tests.docs.matrix import HEAD, page_of
from tests.support.factories import allow_secrets_in

ALLOWED_IPS = {RestrictedTo: "yes", RestrictedUndisclosed: "only whether restricted", NotSupported: "no such limit"}
ROWS = [dict(zip(HEAD, cells, strict=True)) for cells in pages.table(pages.README, f"| {' | '.join(HEAD)} |")]


def row_of(exchange: str) -> dict[str, str]:
    """Return the cells of an exchange in the README."""
    (row,) = (row for row in ROWS if f"`{exchange}`" in row["exchange"] or row["exchange"].endswith(f"/{exchange}.md)"))
    return row


def test_every_exchange_has_one_row() -> None:
    assert all(row_of(name) for name in exchanges.supported_ids())


@pytest.mark.parametrize("name", demo_ids())
def test_a_row_says_what_a_check_finds(name: str, tmp_path: Path) -> None:
    profile = exchanges.get_adapter(name).profile
    try:
        exchange_class(profile)
    except GuardError:
        pytest.skip(f"this ccxt has no {name}")
    simulator = simulated(name)
    good = {"days_left": 30, "siblings": [simulator.random_key()]}
    with simulator([simulator.random_key(**good)]) as exchange:
        bot = DemoBot(tmp_path / "bot", exchange)
        allow_secrets_in(bot.folder)
        bot.store(exchange.keys[0])
        parts = [f"`{part}`" for part in exchange.credential_parts]
        result = LocalCheck(bot.config).run()
    row, (facts,) = row_of(name), result.verdict.facts

    assert result.evidence is not None
    assert row["permissions"] == ("yes" if facts.permissions else "no")
    assert row["allowed IPs"] == ALLOWED_IPS[type(facts.ip_restriction)]
    assert row["expiry"] == ("yes" if facts.expires else "not reported")
    siblings = result.evidence.account.siblings
    assert row["other keys"] == ("not reported" if isinstance(siblings, NotReported) else "yes")
    assert row["credentials"].replace(" (or PEM)", "").split(", ") == parts
    modes = {mode for mode in ("spot", "futures") if row[mode] == "yes" or f"`{name}`" in row[mode]}
    assert modes == set(simulator.pairs)
    assert page_of(name) in row["exchange"]


def test_an_exchange_that_cannot_report_says_no_everywhere() -> None:
    names = [name for name in exchanges.supported_ids() if exchanges.get_adapter(name).profile.cannot_report]

    assert len(names) > 3
    for name in names:
        row = row_of(name)
        cells = [row[column] for column in ("permissions", "allowed IPs", "expiry", "other keys")]
        assert cells == ["no", "no", "not reported", "not reported"]
