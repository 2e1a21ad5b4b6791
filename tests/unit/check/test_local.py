"""What a check gives besides its findings: what it reached, what it hands on, and what it says when it fails."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.credentials import open_store
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.account import AccountFacts
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import GuardError, internal_error
from freqtrade_bitmex_guard.redaction import output, registry, sanitize
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX, error
from freqtrade_bitmex_guard.simulator.responses import Response
from tests.support.factories import KEY_ID, SECRET, bot_config, key

NOT_SO_FAR = ("internal-error", "The check did not get that far.", "Please report this.")


def test_a_check_that_was_not_run_has_nothing_to_tell(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    check = LocalCheck(bot_config(tmp_path, exchange))
    for name in ("section", "fingerprint"):
        with pytest.raises(GuardError) as stopped:
            getattr(check, name)
        (found,) = stopped.value.findings
        assert (found.name, found.message, found.fix) == NOT_SO_FAR
    assert (check.profile, check.proven, check.listing, check.account) == (None, None, None, AccountFacts())
    assert check.recheck().findings[0].message == NOT_SO_FAR[1]


def test_a_check_that_was_run_tells_what_it_read_and_when(
    tmp_path: Path, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[object] = []
    monkeypatch.setattr(output, "install", lambda: done.append(len(exchange.requests)))
    read = LocalCheck._credentials

    def reads(*which: Any) -> Any:
        done.append("read")
        return read(*which)

    monkeypatch.setattr(LocalCheck, "_credentials", staticmethod(reads))
    check = LocalCheck(bot_config(tmp_path, exchange, timeout_seconds=9))
    verdict = check.run()
    assert done[:2] == [0, "read"], "the outlets are closed before anything is read or asked"
    assert set(done[2:]) <= {0}
    assert (check.section.timeout_seconds, check.profile, check.fingerprint) == (
        9,
        PROFILE,
        sanitize.fingerprint(KEY_ID),
    )
    assert verdict.checked_at is not None
    assert timedelta(0) <= datetime.now(UTC) - verdict.checked_at < timedelta(minutes=1)
    assert 0 < verdict.duration_ms < 60_000
    assert verdict.servers == (exchange.url,)
    assert registry.redact(f"{KEY_ID} {SECRET}") == "LAqU… …"
    assert check.listing is not None
    assert verdict.facts == check.listing.entries
    assert check.account.two_factor is True
    assert check.account.siblings == ()
    assert check.proven is not None
    assert (check.proven.profile, check.proven.allowed_hosts) == (PROFILE, ("127.0.0.1",))
    assert check.proven.credentials.part("key").matches(KEY_ID)
    assert [origin.host for origin in check.proven.connection.servers] == ["127.0.0.1"]


def test_a_key_that_is_listed_twice_may_do_what_its_entries_together_allow(
    tmp_path: Path, exchange: SimulatedBitMEX
) -> None:
    told = [{**key().to_json(), "cidr": f"203.0.113.{number}"} for number in range(2)]
    exchange.respond_always("/apiKey", Response(200, json.dumps(told).encode()))
    verdict = LocalCheck(bot_config(tmp_path, exchange)).run()
    assert [finding.name for finding in verdict.findings] == ["ip-too-many"]


def test_ctrl_c_is_no_finding(tmp_path: Path, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(LocalCheck, "_credentials", interrupted)
    with pytest.raises(KeyboardInterrupt):
        LocalCheck(bot_config(tmp_path, exchange)).run()


def test_a_refused_key_is_not_proven_and_its_account_is_not_asked_about(
    tmp_path: Path, exchange: SimulatedBitMEX
) -> None:
    exchange.keys[0].permissions = ["withdraw"]
    check = LocalCheck(bot_config(tmp_path, exchange))
    verdict = check.run()
    assert verdict.outcome is Outcome.REFUSED
    assert (check.proven, check.listing, check.account) == (None, None, AccountFacts())
    assert len(verdict.facts) == verdict.requests == 1


@pytest.mark.parametrize("bug", [RuntimeError("x"), MemoryError(), SystemExit(0)])
def test_a_check_that_fails_after_the_key_has_passed_hands_out_no_facts(
    tmp_path: Path, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch, bug: BaseException
) -> None:
    def fail(*_: Any) -> None:
        raise bug

    monkeypatch.setattr("freqtrade_bitmex_guard.check.local.AccountReader.read", fail)
    check = LocalCheck(bot_config(tmp_path, exchange))
    verdict = check.run()
    assert (verdict.outcome, verdict.facts, check.proven) == (Outcome.UNVERIFIED, (), None)
    assert [finding.name for finding in verdict.findings] == ["internal-error"]


def test_a_warning_of_the_operators_choice_proves_the_key_all_the_same(
    tmp_path: Path, exchange: SimulatedBitMEX
) -> None:
    exchange.account.add_withdrawal_address("wallet", skipConfirm=True)
    check = LocalCheck(bot_config(tmp_path, exchange))
    verdict = check.run()
    assert [finding.name for finding in verdict.findings] == ["withdrawal-address"]
    assert verdict.admitted
    assert check.proven is not None
    grave = LocalCheck(bot_config(tmp_path, exchange, policy={"severity": {"withdrawal-address": "error"}}))
    assert grave.run().outcome is Outcome.REFUSED
    assert grave.proven is None


def test_an_audit_asks_even_what_the_operator_ignores(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    ignored = {"severity": dict.fromkeys(("two-factor", "security-event", "withdrawal-address"), "ignore")}
    config = bot_config(tmp_path, exchange, policy=ignored)
    assert LocalCheck(config).run().requests == 1
    assert LocalCheck(config, audit_since=datetime.now(UTC)).run().requests == 4


@pytest.mark.parametrize(
    ("config", "exchange", "found"),
    [
        (
            {},
            None,
            ("exchange-unsupported", "The config has no exchange section.", 'Write "exchange": {"name": …}.'),
        ),
        ({"exchange": ["bitmex"]}, None, ("exchange-unsupported", "The config has no exchange section.", None)),
        (
            {"exchange": {"name": "BitMEX"}},
            "bitmex",
            (
                "section-missing",
                "The config has no api_key_guard section, so a bot started with it is not guarded.",
                'Run `freqtrade-bitmex-guard setup -c CONFIG`, which writes it; or add "api_key_guard": {} for a key '
                "in the system's keyring. The README has the other stores.",
            ),
        ),
        ({"exchange": {}}, None, ("section-missing", None, None)),
        ({"exchange": {"name": "[Red]\x1b"}, "api_key_guard": {}}, "?red??", ("exchange-unsupported", None, None)),
        ({"exchange": {"name": 7}, "api_key_guard": {}}, "7", ("exchange-unsupported", None, None)),
    ],
)
def test_a_config_without_the_least_is_misconfigured(config: Any, exchange: str | None, found: Any) -> None:
    verdict = LocalCheck(config).run()
    assert verdict.outcome is Outcome.MISCONFIGURED
    assert (verdict.exchange, verdict.key, verdict.requests, verdict.facts) == (exchange, None, 0, ())
    (finding,) = verdict.findings
    for told, expected in zip((finding.name, finding.message, finding.fix), found, strict=True):
        assert expected is None or told == expected


def test_a_bug_is_told_by_its_kind_and_place_and_never_by_its_message() -> None:
    version = f"(Python {sys.version_info[0]}.{sys.version_info[1]})"
    found = internal_error(ValueError(SECRET))
    assert found.message == (
        f"The guard itself failed: ValueError {version}. Nothing was shown to be fine, so nothing starts."
    )
    assert found.name == "internal-error"
    assert found.fix == (
        "Report it with this line; it holds no secret. To run unguarded, take the api_key_guard section out and put "
        "the credentials back into freqtrade's config."
    )
    try:
        exec(compile("\n\n1 / 0", "/somewhere/guard.py", "exec"))
    except ZeroDivisionError as bug:
        found = internal_error(bug)
    assert found.message.startswith(f"The guard itself failed: ZeroDivisionError in guard.py:3 {version}.")


def test_asking_again_tells_of_the_keys_upkeep_as_the_start_did(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    check = LocalCheck(bot_config(tmp_path, exchange, policy={"max_key_age_days": 1}))
    assert [finding.name for finding in check.run().findings] == ["key-age"]
    again = check.recheck()
    assert [finding.name for finding in again.findings] == ["key-age"]
    assert (again.admitted, again.exchange, again.requests) == (True, "bitmex", 1)


def test_asking_again_asks_once_even_if_the_cause_passes(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    check = LocalCheck(bot_config(tmp_path, exchange))
    assert check.run().admitted
    exchange.respond_next("/apiKey", error(503, "down for maintenance"))
    again = check.recheck()
    assert (again.outcome, again.requests) == (Outcome.UNVERIFIED, 1)


def test_a_start_asks_again_while_the_cause_passes(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    exchange.respond_next("/apiKey", error(503, "down for maintenance"))
    verdict = LocalCheck(bot_config(tmp_path, exchange)).run()
    assert (verdict.admitted, verdict.requests) == (True, 5)


def test_a_key_that_is_listed_twice_has_to_be_fine_each_time(tmp_path: Path) -> None:
    with SimulatedBitMEX([key(permissions=["order"]), key(permissions=["position"])]) as exchange:
        verdict = LocalCheck(bot_config(tmp_path, exchange)).run()
    assert [finding.name for finding in verdict.findings] == ["permission-missing"]
    assert len(verdict.facts) == 2


def test_a_store_is_opened_for_the_bots_own_exchange(
    tmp_path: Path, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def opens(section: Any, name: str) -> Any:
        opened.append(name)
        return open_store(section, name)

    monkeypatch.setattr("freqtrade_bitmex_guard.check.local.open_store", opens)
    assert LocalCheck(bot_config(tmp_path, exchange)).run().admitted
    assert opened == ["bitmex"]
