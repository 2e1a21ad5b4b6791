"""A check of many bots on simulated exchanges: what is asked, what is found, what stays apart."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.fleet.bots import Bot, find_bots
from freqtrade_bitmex_guard.fleet.run import FleetVerdict, check_bots
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.simulator.keys import Kind
from freqtrade_bitmex_guard.simulator.responses import json_response
from tests.support.factories import allow_secrets_in
from tests.support.farm import Farm, farm, set_in_config, unguard


@pytest.fixture
def bots(tmp_path: Path) -> Iterator[Farm]:
    with farm(tmp_path, "kraken", "okx") as running:
        yield running


def check(bots: Farm, env_file: str | None = None, **options: object) -> FleetVerdict:
    return check_bots(find_bots([bots.pattern], env_file), **options)  # type: ignore[arg-type]


def outcomes(fleet: FleetVerdict) -> dict[str, str]:
    return {name: verdict.outcome.value for name, verdict in fleet.bots}


def across(fleet: FleetVerdict) -> dict[str, list[tuple[str, ...]]]:
    found: dict[str, list[tuple[str, ...]]] = {}
    for each in fleet.across:
        found.setdefault(each.finding.name, []).append(each.bots)
    return found


def test_each_bot_gets_the_verdict_that_its_own_check_would_give(bots: Farm) -> None:
    bots.add("good")
    _, bad = bots.add("bad", "okx")
    bad.permissions = [Kind.READ, Kind.TRADE, Kind.WITHDRAW]
    bots.break_config("broken")

    fleet = check(bots)

    assert outcomes(fleet) == {"bad": "refused", "broken": "misconfigured", "good": "admitted"}
    assert [name for name, _ in fleet.bots] == ["bad", "broken", "good"]
    assert (fleet.outcome, fleet.exit_code) == (Outcome.MISCONFIGURED, 4)
    assert fleet.counts == {"misconfigured": 1, "refused": 1, "unverified": 0, "admitted": 1}


def test_one_key_is_asked_about_once_and_judged_by_each_policy(bots: Farm) -> None:
    _, key = bots.add("a")
    bots.add("b", key=key)
    bots.add("c", key=key, policy={"max_key_age_days": 5, "severity": {"key-age": "error"}})

    fleet = check(bots)

    assert len(bots.requests()) == 1
    assert fleet.requests == 1
    assert outcomes(fleet) == {"a": "admitted", "b": "admitted", "c": "refused"}
    assert across(fleet)["key-shared"] == [("a", "b", "c")]


def test_a_key_with_another_secret_is_asked_about_by_itself(bots: Farm) -> None:
    _, key = bots.add("a")
    bot, _ = bots.add("b", key=key)
    (bot.folder / "secret").write_text("d3Jvbmcgc2VjcmV0IG9mIG5vIGtleSBhdCBhbGwuLi4=\n")

    fleet = check(bots)

    assert outcomes(fleet) == {"a": "admitted", "b": "unverified"}
    assert across(fleet)["key-shared"] == [("a", "b")]


def test_nothing_signed_goes_to_the_server_of_another_bot(tmp_path: Path) -> None:
    with farm(tmp_path / "left", "kraken") as left, farm(tmp_path / "right", "kraken") as right:
        _, key = left.add("a")
        right.exchanges["kraken"].keys.append(key)
        right.add("b", key=key)

        fleet = check_bots(find_bots([left.pattern, right.pattern]))

        assert outcomes(fleet) == {"a": "admitted", "b": "admitted"}
        assert (len(left.requests()), len(right.requests())) == (1, 1)


def test_bots_that_nothing_guards_are_named_by_the_reason(bots: Farm) -> None:
    unguard(bots.add("open")[0])
    bots.add("off", enabled=False)
    plain, key = bots.add("plain", "okx")
    allow_secrets_in(plain.folder / "config.json")
    set_in_config(plain, exchange={"key": key.id})
    bots.add("good")

    fleet = check(bots)

    assert across(fleet)["bot-unguarded"] == [("open",), ("off",), ("plain",)]
    assert outcomes(fleet)["off"] == "admitted"
    assert fleet.exit_code == 4


def test_a_key_in_plain_text_counts_as_shared_too(bots: Farm) -> None:
    _, key = bots.add("guarded")
    copy, _ = bots.add("copy", key=key)
    allow_secrets_in(copy.folder / "config.json")
    unguard(copy)
    set_in_config(copy, exchange={"key": key.id, "secret": key.secret})

    assert across(check(bots))["key-shared"] == [("copy", "guarded")]


def test_a_weaker_policy_for_one_key_is_named_with_its_fields(bots: Farm) -> None:
    _, key = bots.add("strict", policy={"max_key_age_days": 30})
    bots.add("loose", key=key, policy={"max_ip_addresses": 9})

    (weaker,) = (each for each in check(bots).across if each.finding.name == "policy-weaker" and "loose" in each.bots)

    assert "max_ip_addresses, max_key_age_days" in weaker.finding.message


def test_the_operator_chooses_what_a_rule_across_bots_leads_to(bots: Farm) -> None:
    _, key = bots.add("a")
    bots.add("b", key=key)

    assert check(bots).exit_code == 0
    assert check(bots, severities={"key-shared": "error"}).exit_code == 2
    assert across(check(bots, severities={"key-shared": "ignore"})) == {}


def test_variables_of_a_bot_are_its_own_and_leave_with_it(bots: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FREQTRADE__API_KEY_GUARD__TIMEOUT_SECONDS", "20")
    for name in ("a", "b", "c"):
        bots.add(name)
    (bots.folder / "a" / ".env").write_text(
        "# of this bot\nexport FREQTRADE__API_KEY_GUARD__ENABLED='false'\nFREQTRADE__API_KEY_GUARD__TIMEOUT_SECONDS=0\n"
    )
    before = dict(os.environ)

    fleet = check(bots, ".env")

    assert dict(os.environ) == before
    assert outcomes(fleet) == {"a": "misconfigured", "b": "admitted", "c": "admitted"}
    assert across(fleet)["bot-unguarded"] == [("a",)]
    assert across(check(bots)) == {}


def test_no_more_than_four_requests_are_under_way_at_a_server(bots: Farm) -> None:
    exchange = bots.exchanges["kraken"]
    under_way, most, lock = 0, 0, threading.Lock()
    answer = exchange.answer

    def counted(request):  # type: ignore[no-untyped-def]
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        threading.Event().wait(0.1)
        with lock:
            under_way -= 1
        return answer(request)

    exchange.answer = counted  # type: ignore[method-assign]
    for number in range(12):
        bots.add(f"bot{number}")

    fleet = check(bots)

    assert set(outcomes(fleet).values()) == {"admitted"}
    assert most == 4


def test_a_bot_waits_for_the_pause_and_is_asked_again(bots: Farm) -> None:
    bots.add("a", timeout_seconds=1)
    bots.add("b", timeout_seconds=1)
    refusal = json_response({"error": ["EAPI:Rate limit exceeded"]}, 429, {"Retry-After": "2"})
    path = "/private/GetApiKeyInfo"
    bots.exchanges["kraken"].respond_next(path, refusal, refusal)

    fleet = check(bots)

    assert outcomes(fleet) == {"a": "admitted", "b": "admitted"}
    assert 3 <= len(bots.requests()) <= 4
    assert fleet.duration_ms >= 2_000


def test_a_server_that_fails_for_all_is_given_up(bots: Farm) -> None:
    for number in range(20):
        bots.add(f"down{number}", timeout_seconds=1)
    bots.add("up", "okx")
    bots.exchanges["kraken"].respond_always("/private/GetApiKeyInfo", json_response({}, 503))

    fleet = check(bots)

    assert outcomes(fleet).pop("up") == "admitted"
    assert fleet.counts["unverified"] == 20
    assert len(bots.exchanges["kraken"].requests) <= 14


def test_what_is_not_done_in_time_is_unverified(bots: Farm) -> None:
    bots.add("a")
    bots.exchanges["kraken"].respond_always("/private/GetApiKeyInfo", json_response({}, 503))
    bots.add("b", "okx")

    fleet = check(bots, seconds=1.5)

    assert outcomes(fleet) == {"a": "unverified", "b": "admitted"}
    assert fleet.exit_code == 3
    assert fleet.duration_ms < 8_000


def test_two_bots_of_one_name_are_a_wrong_usage(bots: Farm) -> None:
    from freqtrade_bitmex_guard.model.findings import GuardError

    with pytest.raises(GuardError, match="have the name 'a'"):
        check_bots([Bot("a", ("x.json",)), Bot("a", ("y.json",))])
