"""The result of a check, of one that fails half-way, and of a recheck."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.check.interface import CheckResult
from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import error as error_finding
from freqtrade_bitmex_guard.model.findings import internal_error
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.redaction import registry, sanitize
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX, error
from freqtrade_bitmex_guard.simulator.responses import Response
from tests.support.factories import KEY_ID, SECRET, bot_config, facts, key


def test_an_admitted_check_returns_admission_evidence_and_listing(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    check = LocalCheck(bot_config(tmp_path, exchange, timeout_seconds=9))

    result = check.run()

    verdict, admission = result.verdict, result.admission
    assert timedelta(0) <= datetime.now(UTC) - verdict.checked_at < timedelta(minutes=1)
    assert 0 < verdict.duration_ms < 60_000
    assert verdict.servers == (exchange.url,)
    assert registry.redact(f"{KEY_ID} {SECRET}") == "LAqU… …"
    assert admission is not None
    assert (admission.profile, admission.section.timeout_seconds) == (PROFILE, 9)
    assert admission.credentials.part("key").matches(KEY_ID)
    assert [origin.host for origin in admission.connection.servers] == ["127.0.0.1"]
    assert admission.recheck().admitted
    assert result.listing is not None
    assert verdict.facts == result.listing.entries
    assert result.evidence is not None
    assert (result.evidence.key, result.evidence.now) == (verdict.facts[0], verdict.checked_at)
    assert (result.evidence.account.two_factor, result.evidence.account.siblings) == (True, ())
    assert result.fingerprint == sanitize.fingerprint(KEY_ID)


REFUSED = Verdict(findings=(error_finding("withdraw-permission", "it can withdraw", "make a new key"),))


@pytest.mark.parametrize("verdict", [REFUSED, Verdict(findings=())], ids=["refused", "unverified"])
def test_an_admission_beside_another_verdict_cannot_exist(
    tmp_path: Path, exchange: SimulatedBitMEX, verdict: Verdict
) -> None:
    admission = LocalCheck(bot_config(tmp_path, exchange)).run().admission

    with pytest.raises(ValueError, match="^an admission belongs to an admitted verdict, and to no other$"):
        CheckResult(verdict, admission)


def test_an_admitted_verdict_without_an_admission_cannot_exist() -> None:
    with pytest.raises(ValueError, match="admitted verdict"):
        CheckResult(Verdict(findings=(), facts=(facts(),)))


def test_a_result_cannot_be_changed_afterwards(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    result = LocalCheck(bot_config(tmp_path, exchange)).run()

    with pytest.raises(AttributeError):
        result.verdict = REFUSED  # type: ignore[misc]


def test_entries_of_one_key_are_judged_together(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    listed = [{**key().to_json(), "cidr": f"203.0.113.{number}"} for number in range(2)]
    exchange.respond_always("/apiKey", Response(200, json.dumps(listed).encode()))

    verdict = LocalCheck(bot_config(tmp_path, exchange)).run().verdict

    assert [finding.name for finding in verdict.findings] == ["ip-too-many"]


@pytest.mark.bitmex
def test_each_entry_of_one_key_has_to_pass(tmp_path: Path) -> None:
    with SimulatedBitMEX([key(permissions=["order"]), key(permissions=["position"])]) as exchange:
        verdict = LocalCheck(bot_config(tmp_path, exchange)).run().verdict

    assert [finding.name for finding in verdict.findings] == ["permission-missing"]
    assert len(verdict.facts) == 2


def test_ctrl_c_is_no_finding(tmp_path: Path, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("freqtrade_bitmex_guard.check.local.prepare", interrupted)

    with pytest.raises(KeyboardInterrupt):
        LocalCheck(bot_config(tmp_path, exchange)).run()


def test_the_account_of_a_refused_key_is_not_queried(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    exchange.keys[0].permissions = ["withdraw"]

    result = LocalCheck(bot_config(tmp_path, exchange)).run()

    assert result.verdict.outcome is Outcome.REFUSED
    assert (result.admission, result.listing, result.evidence) == (None, None, None)
    assert len(result.verdict.facts) == result.verdict.requests == 1
    assert result.fingerprint == sanitize.fingerprint(KEY_ID)


@pytest.mark.parametrize("bug", [RuntimeError("x"), MemoryError(), SystemExit(0)])
@pytest.mark.parametrize("place", ["AccountReader.read", "Admission"])
def test_a_bug_after_the_key_has_passed_admits_nothing(
    tmp_path: Path, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch, place: str, bug: BaseException
) -> None:
    def fail(*_: Any) -> None:
        raise bug

    monkeypatch.setattr(f"freqtrade_bitmex_guard.check.local.{place}", fail)

    result = LocalCheck(bot_config(tmp_path, exchange)).run()

    assert (result.verdict.outcome, result.verdict.facts, result.admission) == (Outcome.UNVERIFIED, (), None)
    assert [finding.name for finding in result.verdict.findings] == ["internal-error"]


def test_a_warning_admits_and_the_same_as_an_error_does_not(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    exchange.account.add_withdrawal_address("wallet", skipConfirm=True)

    warned = LocalCheck(bot_config(tmp_path, exchange)).run()
    policy = {"severity": {"withdrawal-address": "error"}}
    refused = LocalCheck(bot_config(tmp_path, exchange, policy=policy)).run()

    assert [finding.name for finding in warned.verdict.findings] == ["withdrawal-address"]
    assert warned.admission is not None
    assert (refused.verdict.outcome, refused.admission) == (Outcome.REFUSED, None)


def test_an_audit_queries_what_the_operator_ignores(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    ignored = {"severity": dict.fromkeys(("two-factor", "security-event", "withdrawal-address"), "ignore")}
    config = bot_config(tmp_path, exchange, policy=ignored)

    assert LocalCheck(config).run().verdict.requests == 1
    assert LocalCheck(config, audit_since=datetime.now(UTC)).run().verdict.requests == 4


def test_a_bug_is_reported_by_kind_and_place_only() -> None:
    version = f"(Python {sys.version_info[0]}.{sys.version_info[1]})"

    finding = internal_error(ValueError(SECRET))

    assert finding.message == (
        f"The guard itself failed: ValueError {version}. The key could not be verified, so no bot starts."
    )
    assert finding.name == "internal-error"
    assert finding.fix == (
        "Report it with this line; it holds no secret. To run unguarded, remove the api_key_guard section and put "
        "the credentials back into freqtrade's config."
    )
    try:
        exec(compile("\n\n1 / 0", "/somewhere/guard.py", "exec"))
    except ZeroDivisionError as bug:
        finding = internal_error(bug)
    assert finding.message.startswith(f"The guard itself failed: ZeroDivisionError in guard.py:3 {version}.")


def test_a_check_that_was_never_run_rechecks_nothing(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    verdict = LocalCheck(bot_config(tmp_path, exchange)).recheck()

    (finding,) = verdict.findings
    assert (finding.name, finding.fix) == ("internal-error", "Please report this.")
    assert finding.message == "There is no key to check again: none was read."
    assert (verdict.admitted, exchange.requests) == (False, [])


def test_a_recheck_judges_the_key_as_the_start_did(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    check = LocalCheck(bot_config(tmp_path, exchange, policy={"max_key_age_days": 1}))
    assert [finding.name for finding in check.run().verdict.findings] == ["key-age"]

    verdict = check.recheck()

    assert [finding.name for finding in verdict.findings] == ["key-age"]
    assert (verdict.admitted, verdict.exchange, verdict.requests) == (True, "bitmex", 1)


def test_a_recheck_sends_one_request_even_if_its_cause_is_transient(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    check = LocalCheck(bot_config(tmp_path, exchange))
    assert check.run().verdict.admitted
    exchange.respond_next("/apiKey", error(503, "down for maintenance"))

    verdict = check.recheck()

    assert (verdict.outcome, verdict.requests) == (Outcome.UNVERIFIED, 1)


def test_a_start_retries_while_the_cause_is_transient(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    exchange.respond_next("/apiKey", error(503, "down for maintenance"))

    verdict = LocalCheck(bot_config(tmp_path, exchange)).run().verdict

    assert (verdict.admitted, verdict.requests) == (True, 5)
