"""The audit's report: what it shows, in which formats, and its exit codes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.cli import dispatch
from freqtrade_bitmex_guard.simulator.bitmex import Key, SimulatedBitMEX, error
from tests.support.audit_command import AuditCommand, sibling
from tests.support.factories import key


def make_careless(exchange: SimulatedBitMEX) -> None:
    exchange.account.two_factor = None
    exchange.account.add_withdrawal_address("hot wallet", skip2FA=True)
    exchange.account.add_event("withdrawalRequested", days_ago=2, ip="198.51.100.9")
    exchange.keys[0].permissions, exchange.keys[0].name, exchange.keys[0].age_days = ["order", "withdraw"], "bot", 400
    exchange.keys.append(sibling(permissions=["withdraw"], cidr=""))


def test_a_careless_account_shows_what_to_do_first(audit: AuditCommand, exchange: SimulatedBitMEX) -> None:
    make_careless(exchange)
    code, out = audit()
    assert code == 2
    lines = [line.strip() for line in out.splitlines()]
    assert ": REFUSED: no bot starts on this key" in lines[0]
    assert lines[0].endswith("(2 errors, 5 warnings).")
    assert lines[2] == "What to do first"
    numbered = [line.split()[2] for line in lines if line[:1].isdigit() and line.split()[1].endswith(":")]
    assert numbered == [
        *("withdraw-permission", "two-factor"),
        *("security-event", "sibling-keys", "withdrawal-address", "key-age", "key-name"),
    ]
    assert "Help: docs/pages/findings.md#withdraw-permission" in lines
    assert ": REFUSED: no bot starts" in lines[-3], "on the last screen, too"
    assert lines[-2].startswith("Do this first (withdraw-permission): Create a new key on the page")
    assert lines[-1].startswith("Type: freqtrade-bitmex-guard credentials rotate -c ")
    for shown in ("LAqU… (this bot's)", "anot…", "two-factor", "off", "withdrawalRequested (!)", "198.51.100.9"):
        assert shown in out
    assert "(!) changes who can access the money, or moves some" in out


def test_an_account_in_order_is_a_short_report(audit: AuditCommand) -> None:
    code, out = audit()
    assert code == 0
    assert ": ADMITTED: a bot starts on this key (0 errors, 0 warnings)." in out.splitlines()[0]
    assert len(out.splitlines()) < 35
    assert "What to do first" not in out
    assert "apiKeyCreated (this bot's)" in out
    assert "(!)" not in out


def test_markdown_shows_the_same(audit: AuditCommand, exchange: SimulatedBitMEX) -> None:
    make_careless(exchange)
    code, out = audit("--format", "markdown")
    assert code == 2
    assert out.startswith("# API key audit\n\nfreqtrade on ")
    assert "(<https://www.bitmex.com/app/apiKeys>)" in out, "a link that works"
    assert "| 1 | error: withdraw-permission | " in out
    tables = [line for line in out.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in tables)


def test_text_from_outside_is_harmless_in_every_format(audit: AuditCommand, exchange: SimulatedBitMEX) -> None:
    hostile = "a|b\n# c [red]\x1b[31m <b> `x` \u202e"
    exchange.keys[0].name = hostile
    exchange.keys.append(sibling(name=hostile, permissions=["withdraw", hostile]))
    exchange.account.add_event(hostile, days_ago=1, ip=hostile, status=hostile)
    exchange.account.add_event("withdrawal" + hostile, days_ago=1, ip=hostile)
    exchange.account.add_withdrawal_address(hostile, skip2FA=True)
    for form in ("text", "markdown", "json"):
        audit()
        _, out = audit("--format", form)
        assert not {"\x1b", "\u202e"} & set(out)
        assert "\n# c" not in out
        assert "<b>" not in out
        assert "`x`" not in out


def test_two_hundred_keys_read_as_quickly_as_one(audit: AuditCommand, exchange: SimulatedBitMEX) -> None:
    for number in range(200):
        exchange.keys.append(Key(f"{number:03d}-other-key-made-up", "secret", cidr=f"203.0.113.{number}"))
    exchange.keys.append(sibling(permissions=["withdraw"]))
    code, out = audit()
    assert code == 0
    assert len(out.splitlines()) < 50
    assert "Keys (202)" in out
    assert "200 more keys cannot withdraw: order; allowed IPs 1 address each." in out
    assert "can withdraw" in out
    assert len(audit.json()["keys"]) == 201


def test_a_thousand_keys_and_ten_thousand_events_are_still_a_page(
    audit: AuditCommand, exchange: SimulatedBitMEX
) -> None:
    for number in range(1_000):
        words = ["withdraw"] if number % 2 else ["order"]
        exchange.keys.append(
            Key(f"{number:04d}-other-key-made-up", "secret", permissions=words, cidr=f"203.0.113.{number % 256}")
        )
    for number in range(10_000):
        exchange.account.add_event("login", days_ago=90 - number / 112, ip=f"198.51.100.{number % 256}")
    code, out = audit("--days", "365")
    assert code == 0
    assert len(out.splitlines()) < 100
    assert "And 480 more that can do what a bot's key must not" in out
    assert "login: 10,001 times, from " in out
    report = audit.json("--days", "365")
    assert (len(report["keys"]), len(report["events"])) == (1_000, 10_002)


def test_days_limit_how_far_the_events_are_paged(audit: AuditCommand, exchange: SimulatedBitMEX) -> None:
    for number in range(600):
        exchange.account.add_event("login", days_ago=60 - number / 10)
    for days, pages in ((1, 1), (30, 3), (365, 5)):
        exchange.requests.clear()
        report = audit.json("--days", str(days))
        assert exchange.paths().count("GET /userEvent") == pages
        assert report["events_whole_since"] is not None


@pytest.mark.parametrize(
    "key_id", ["\n202AAAAAAAAAAAAAAAA", "\x1bc\n\u202eAAAAAAAAAA", "\ud800AAAAAAAAAAAA", "||##AAAAAAAAAA"]
)
def test_another_keys_id_is_text_from_outside(
    audit: AuditCommand, exchange: SimulatedBitMEX, caplog: pytest.LogCaptureFixture, key_id: str
) -> None:
    exchange.keys.append(Key(key_id, "secret", permissions=["withdraw"]))
    for form in ("text", "markdown", "json"):
        code, out = audit("--format", form)
        assert code == 0
        assert out.replace("\n", "").replace("\u200b", "").isprintable()
        assert "\n202" not in out


def test_an_account_number_of_none_is_not_reported(audit: AuditCommand, exchange: SimulatedBitMEX) -> None:
    for odd in ("\ud800x", "a b", "x" * 65, 10**70):
        exchange.keys[0].overrides = {"userId": odd}
        assert audit.json()["facts"][0]["user_id"] is None


def test_markdown_stays_text_in_an_issue(audit: AuditCommand, exchange: SimulatedBitMEX) -> None:
    exchange.keys.append(sibling(name="@octocat #1 https://evil.example _x_"))
    out = audit("--format", "markdown")[1]
    for active in ("@octocat", "#1", "https://", " _x_"):
        assert active not in out


@pytest.mark.parametrize(
    ("spoil", "code", "shown"),
    [
        (lambda exchange: exchange.respond_always("/apiKey", error(401, "Invalid API Key.")), 3, "key-unknown"),
        (lambda exchange: exchange.keys.clear(), 3, "key-unknown"),
        (lambda exchange: setattr(exchange.account, "two_factor", ""), 2, "two-factor"),
        (lambda exchange: exchange.respond_always("/user", error(403, "Access Denied")), 0, "two-factor"),
    ],
)
def test_its_exit_codes_are_those_of_the_check(
    audit: AuditCommand, exchange: SimulatedBitMEX, config: Path, spoil: Any, code: int, shown: str
) -> None:
    spoil(exchange)
    assert (audit()[0], shown in audit()[1]) == (code, True)
    report = audit.json()
    assert shown in [finding["rule"] for finding in report["findings"]]
    if code == 3:
        assert report["keys"] is None
        assert not (config.parent / "user_data" / "api_key_guard").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["audit", "--days", "0"],
        ["audit", "--days", "x"],
        ["audit", "--days", "9999"],
        ["audit", "--check-only"],
        ["audit", "--format", "xml"],
        ["--check-only", "--format", "markdown"],
        ["--check-only", "--days", "7"],
        ["trade", "--days", "7"],
        ["audit", "--no-such-flag"],
    ],
)
def test_wrong_usage_ends_with_4(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert dispatch.main(arguments) == 4


def test_its_json_has_these_fields_and_keeps_those_of_the_check(audit: AuditCommand, exchange: SimulatedBitMEX) -> None:
    make_careless(exchange)
    report = audit.json()
    assert list(report) == [
        *("schema_version", "bot", "config", "verdict", "exchange", "key", "store", "command"),
        *("findings", "facts", "servers", "unverified"),
        *("requests", "checked_at", "duration_ms", "version"),
        *("since", "last_audit_at", "not_kept", "keys", "account", "events", "events_whole_since", "changes"),
    ]
    assert list(report["keys"][0]) == ["key", "fingerprint", "facts", "dangers"]
    assert report["account"] == {
        "two_factor": False,
        "withdrawal_addresses": [{"name": "hot wallet", "skips": ["skip2FA"]}],
    }
    assert report["events"][0]["what"] == "withdrawalRequested"


def test_a_key_listed_twice_is_audited(audit: AuditCommand, exchange: SimulatedBitMEX) -> None:
    exchange.keys.append(key(name="again"))
    code, out = audit()
    assert code == 0
    assert "again" in out
