"""A report shows no secret, even if a finding or a chosen name holds one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.audit import formats
from freqtrade_bitmex_guard.audit.run import Audit
from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.cli.output import print_report
from freqtrade_bitmex_guard.manage.terminal import Terminal
from freqtrade_bitmex_guard.model.bot import BotLabel
from freqtrade_bitmex_guard.model.findings import error
from freqtrade_bitmex_guard.model.key import KeyFacts, RestrictedTo
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.redaction import registry
from freqtrade_bitmex_guard.report import chat, json, text
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.support.factories import KEY_ID, NEW_ID, NEW_SECRET, SECRET, bot_config
from tests.support.leak_search import secrets_in

SAID = f"it quotes {KEY_ID} and {SECRET} here"
FOUND = error("usage", SAID, f"Do {SAID}")
VERDICT = Verdict(findings=(FOUND,), exchange=SAID, key=SAID, facts=(KeyFacts(None, RestrictedTo((), (SAID,))),))
AUDIT = Audit(VERDICT, datetime.now(UTC), VERDICT.facts, not_kept=SAID)

OUTLETS: dict[str, Callable[[Terminal], Any]] = {
    "a line of a dialogue": lambda terminal: terminal.print(SAID),
    "a complaint of a dialogue": lambda terminal: terminal.print_findings([FOUND]),
    "a verdict in a dialogue": lambda terminal: terminal.report(VERDICT),
    "the verdict": lambda _: print_report(text.render(VERDICT)),
    "the verdict as JSON": lambda _: print_report(json.to_json(VERDICT)),
    "the verdict for a log": lambda _: print(text.render_plain(VERDICT)),
    "the verdict for a chat": lambda _: print(chat.start_refused(VERDICT, BotLabel.of({"bot_name": SAID}))),
    "an audit": lambda _: print_report(formats.render_text(AUDIT)),
    "an audit as JSON": lambda _: print_report(formats.to_json(AUDIT)),
    "an audit as a page": lambda _: print_report(formats.render_markdown(AUDIT)),
}


@pytest.mark.parametrize("columns", ["30", "80", "400"])
@pytest.mark.parametrize("outlet", OUTLETS)
def test_a_report_that_would_quote_a_secret_leaves_it_out(
    outlet: str, columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    registry.register_secret(SECRET)
    registry.register_secret(KEY_ID, "LAqU…")
    OUTLETS[outlet](Terminal())
    shown = capsys.readouterr().out
    joined = "".join(char for char in shown if char.isalnum() or char in "_-…")
    assert secrets_in(shown) == []
    assert not any(part in joined for part in (SECRET[:12], SECRET[-12:], KEY_ID[:12], KEY_ID[-12:]))
    assert "LAqU" in shown


@pytest.mark.parametrize(
    ("section", "rule"),
    [
        ({NEW_SECRET: 1}, "section-invalid"),
        ({"credentials": {NEW_SECRET: 1}}, "section-invalid"),
        ({"policy": {NEW_SECRET: 1}}, "section-invalid"),
        ({"policy": {"severity": {NEW_SECRET: "error"}}}, "section-invalid"),
        ({"policy": {"ip_within": [NEW_SECRET]}}, "section-invalid"),
        ({"credentials": NEW_SECRET}, "section-invalid"),
        ({"credentials": {"store": NEW_SECRET}}, "section-invalid"),
        ({"credentials": {"store": "files", "secret": NEW_SECRET}}, "section-invalid"),
        ({"credentials": {"store": "files", "key_file": NEW_ID, "secret_file": NEW_SECRET}}, "credentials-missing"),
        ({"allowed_hosts": [NEW_SECRET]}, "host-not-allowed"),
    ],
)
def test_a_secret_pasted_into_our_section_is_not_quoted(
    section: dict[str, Any], rule: str, tmp_path: Path, exchange: SimulatedBitMEX
) -> None:
    verdict = LocalCheck(bot_config(tmp_path, exchange, **section)).run().verdict
    assert [finding.name for finding in verdict.findings] == [rule]
    assert secrets_in(text.render(verdict) + text.render_plain(verdict) + json.to_json(verdict)) == []
