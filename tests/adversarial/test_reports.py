"""A report shows no secret, even where a finding or a name that somebody chose holds one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard import cli, redaction
from freqtrade_bitmex_guard.audit import render
from freqtrade_bitmex_guard.audit.audit import Audit
from freqtrade_bitmex_guard.facts import KeyFacts, Only
from freqtrade_bitmex_guard.findings import error
from freqtrade_bitmex_guard.guard import Check
from freqtrade_bitmex_guard.posture import Account
from freqtrade_bitmex_guard.report import chat, json, text
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from freqtrade_bitmex_guard.terminal import Terminal
from freqtrade_bitmex_guard.verdict import Verdict
from tests.leaks import secrets_in
from tests.support import KEY_ID, NEW_ID, NEW_SECRET, SECRET, bot_config

SAID = f"it quotes {KEY_ID} and {SECRET} here"
FOUND = error("usage", SAID, f"Do {SAID}")


VERDICT = Verdict(findings=(FOUND,), exchange=SAID, key=SAID, facts=(KeyFacts(None, Only((), (SAID,))),))
AUDIT = Audit(VERDICT, None, VERDICT.facts, Account(), datetime.now(UTC), not_kept=SAID)

OUTLETS: dict[str, Callable[[Terminal], Any]] = {
    "a line of a dialogue": lambda terminal: terminal.say(SAID),
    "a complaint of a dialogue": lambda terminal: terminal.complain([FOUND]),
    "a verdict in a dialogue": lambda terminal: terminal.report(VERDICT),
    "the verdict": lambda _: cli._print(text.of(VERDICT)),
    "the verdict as JSON": lambda _: cli._print(json.text(VERDICT)),
    "the verdict for a log": lambda _: print(text.plain(VERDICT)),
    "the verdict for a chat": lambda _: print(chat.refusal(VERDICT, SAID)),
    "an audit": lambda _: cli._print(render.text(AUDIT)),
    "an audit as JSON": lambda _: cli._print(render.json_text(AUDIT)),
    "an audit as a page": lambda _: cli._print(render.markdown(AUDIT)),
}


@pytest.mark.parametrize("columns", ["30", "80", "400"])
@pytest.mark.parametrize("outlet", OUTLETS)
def test_a_report_that_would_quote_a_secret_leaves_it_out(
    outlet: str, columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    redaction.hide(SECRET)
    redaction.hide(KEY_ID, "LAqU…")
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
def test_a_secret_that_was_pasted_to_the_wrong_place_of_our_section_is_not_quoted(
    section: dict[str, Any], rule: str, tmp_path: Path, exchange: SimulatedBitMEX
) -> None:
    verdict = Check(bot_config(tmp_path, exchange, **section)).run()
    assert [finding.rule for finding in verdict.findings] == [rule]
    assert secrets_in(text.of(verdict) + text.plain(verdict) + json.text(verdict)) == []
