"""What a person reads, word for word, as it stands in `wording.txt`; written anew with GUARD_WORDING=write."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard import exchanges, rules
from freqtrade_bitmex_guard.check.open import open_check
from freqtrade_bitmex_guard.client import exchange_client, session
from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.account import (
    BEGINNING,
    NOT_QUERIED,
    AccountEvent,
    AccountFacts,
    EventLog,
    Evidence,
    SiblingKey,
    WithdrawalAddress,
)
from freqtrade_bitmex_guard.model.catalogue import FINDINGS
from freqtrade_bitmex_guard.model.findings import Finding, GuardError
from freqtrade_bitmex_guard.model.key import KeyFacts, NotReported, RestrictedTo, Unrestricted
from freqtrade_bitmex_guard.model.networks import parse_network
from tests.support.factories import KEY_ID, facts, policy
from tests.support.scripted_session import ScriptedSession
from tests.unit.rules.judging import NOW, WHY, key, other

FILE = Path(__file__).parent / "wording.txt"


LONG = "x" * 300
LEGACY = PROFILE.weak_keys_before or NOW
LIMIT = facts().ip_restriction
PAGE = b"<html>"
NOTHING = NotReported("")
BEHIND_AGENT = {
    "exchange": {"name": "binance"},
    "api_key_guard": {"credentials": {"store": "agent", "socket": "/nonexistent/agent.sock"}},
}


def days_ago(days: float, word: str, address: str | None = None, status: str | None = None) -> AccountEvent:
    return AccountEvent(word, NOW - timedelta(days=days), address, status, True)


EVENTS = (
    days_ago(1, "apiKeyCreated", "198.51.100.9", "success"),
    days_ago(2, "passwordChanged"),
    days_ago(3, "withdrawalCompleted", LONG, LONG),
    days_ago(4, LONG, None, ""),
)


# Gating rules: what is known of the key, and the policy.
KEYS: dict[str, tuple[KeyFacts, dict[str, Any]]] = {
    "withdraws": (facts("order", "withdraw", "Withdraw "), {}),
    "more than allowed": (facts("order", "transfer", LONG), {}),
    "nothing allowed": (facts("sudo"), {"allowed_permissions": [], "required_permissions": []}),
    "rights not told": (KeyFacts(None, LIMIT), {}),
    "rights missing": (facts(), {"required_permissions": ["order", "position"]}),
    "from everywhere": (facts("order", addresses=Unrestricted("CIDR is blank")), {}),
    "addresses not told": (facts("order", addresses=NotReported("CIDR is hidden")), {}),
    "blocks that admit everybody": (facts("order", addresses="0.0.0.0/1,128.0.0.0/1"), {}),
    "no block": (facts("order", addresses=RestrictedTo(())), {}),
    "unreadable blocks": (facts("order", addresses=RestrictedTo((), ("localhost", "?"))), {}),
    "too many addresses": (facts("order", addresses="203.0.112.0/21"), {"max_ip_addresses": 1024}),
    "outside": (facts("order", addresses="198.51.100.0/24,203.0.113.7"), {"ip_within": ["203.0.113.0/24"]}),
    "a wide policy": (facts("order"), {"ip_within": ["203.0.0.0/7"], "max_ip_addresses": 2**25}),
    "switched off": (facts("order", enabled=False), {}),
}


# Posture rules: the key, the account around it, the policy.
POSTURES: dict[str, tuple[KeyFacts, AccountFacts, dict[str, Any]]] = {
    "nothing told": (KeyFacts(None, LIMIT), AccountFacts(WHY, WHY, WHY, WHY), {"event_days": 1}),
    "nothing told, without a reason": (
        KeyFacts(None, LIMIT),
        AccountFacts(NOTHING, NOTHING, NOTHING, NotReported(LONG)),
        {},
    ),
    "nothing told of what is expected": (
        KeyFacts(None, LIMIT),
        AccountFacts(),
        {"expected_user_id": 1, "expected_target_account_id": 2, "key_name": "freqtrade-*"},
    ),
    "two-factor off": (key(), AccountFacts(two_factor=False), {}),
    "an old key": (key(created=NOW - timedelta(days=1234)), AccountFacts(), {"max_key_age_days": 1000}),
    "a key from before": (key(created=LEGACY - timedelta(seconds=1)), AccountFacts(), {}),
    "a key from before that withdraws": (key("withdraw", created=LEGACY - timedelta(seconds=1)), AccountFacts(), {}),
    "no name": (key(name=" "), AccountFacts(), {}),
    "a name that says nothing": (key(name="my-key"), AccountFacts(), {}),
    "a name unlike the wanted one": (key(name=LONG), AccountFacts(), {"key_name": "freqtrade-*"}),
    "somebody else's": (
        key(user_id=LONG),
        AccountFacts(),
        {"expected_user_id": 1, "expected_target_account_id": "two"},
    ),
    "one risky sibling": (key(), AccountFacts(siblings=(other("withdraw", "order", addresses=WHY, name=LONG),)), {}),
    "risky siblings": (
        key(),
        AccountFacts(
            siblings=(
                SiblingKey("AbCd…", "mark", None),
                SiblingKey("EfGh…", "mark", KeyFacts(None, LIMIT, enabled=False, name="old")),
                other("order", addresses=RestrictedTo((parse_network("203.0.113.7"),), ("localhost",))),
                other("order"),
            )
        ),
        {},
    ),
    "a loose address": (key(), AccountFacts(withdrawal_addresses=(WithdrawalAddress(LONG, ("skip2FA", "skip")),)), {}),
    "loose addresses": (
        key(),
        AccountFacts(
            withdrawal_addresses=(WithdrawalAddress("hot", ("skip2FA",)), WithdrawalAddress("warm", ("skip",)))
        ),
        {},
    ),
    "grave events": (key(), AccountFacts(event_log=EventLog(EVENTS, BEGINNING)), {}),
    "one grave event in a day": (key(), AccountFacts(event_log=EventLog(EVENTS, BEGINNING)), {"event_days": 1}),
    "grave events, and more that are not told": (
        key(),
        AccountFacts(event_log=EventLog(EVENTS, None)),
        {"event_days": 2},
    ),
}


# What the operator may not write.
POLICIES: dict[str, dict[str, Any]] = {
    "a right to withdraw": {"allowed_permissions": ["order", "withdraw"]},
    "a right to withdraw, required": {"required_permissions": ["Withdraw"]},
    "required but not allowed": {"required_permissions": ["order", "sudo", "transfer"]},
    "no network": {"ip_within": ["localhost"]},
    "all networks": {"ip_within": ["0.0.0.0/1", "128.0.0.0/1"]},
    "own rule": {"severity": {"withdraw-permission": "ignore"}},
    "unknown rule": {"severity": {"weather": "ignore"}},
    "odd number": {"expected_user_id": "a b"},
}


# Settings of ccxt, as they are often written.
PROXY = "http://127.0.0.1:3128"
SETTINGS: dict[str, dict[str, Any]] = {
    "seconds": {"timeout": 30},
    "misspelt": {"RATELIMIT": 200},
    "unknown": {"tcp_connector": 1},
    "one address": {"urls": {"api": "https://api.binance.com"}},
    "no object": {"options": "swap"},
    "plain proxy": {"httpProxy": PROXY},
    "two proxies": {"httpProxy": PROXY, "httpsProxy": PROXY},
    "half of the old names": {"proxies": {"https": PROXY}},
    "the other half": {"aiohttp_proxy": PROXY},
    "two old names": {"proxies": {"https": PROXY}, "aiohttp_proxy": "http://127.0.0.2:3128"},
    "an old name for plain http": {"proxies": {"http": PROXY}},
    "SOCKS by another name": {"httpsProxy": "socks5://127.0.0.1:1080"},
    "variables": {"aiohttp_trust_env": True},
    "a relay": {"proxyUrl": PROXY},
}


def said(message: str, status: int = 400, received_at: float = 1_516_534_870, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, named, json.dumps({"error": {"message": message}}).encode(), received_at)


EXPIRED = "This request has expired - `expires` is in the past."


# What BitMEX says when it is asked about the key.
ANSWERS: dict[str, list[Response]] = {
    "unknown": [said("Invalid API Key.", 401)],
    "signature": [said("Signature not valid.", 401)],
    "address": [said("This IP address is not allowed to use this key.", 403)],
    "disabled": [said("This key is disabled.", 403)],
    "subaccount": [said("Invalid use of subaccount API key", 403)],
    "account disabled": [said("Your account has been disabled", 403)],
    "account restricted": [said("Account is restricted", 403)],
    "denied": [said("Access Denied", 403)] * 2,
    "overloaded": [said("The system is currently overloaded.", 503)],
    "maintenance": [said("BitMEX is down for maintenance", 503)],
    "downtime": [said("Downtime in progress", 503)],
    "rate limit": [said("Rate limit exceeded", 429)],
    "rate limit, with a time": [said("Rate limit exceeded", 429, retry_after="7")],
    "clock": [said(EXPIRED)],
    "clock behind": [said(f"{EXPIRED} Current time: 1516539999")],
    "clock ahead": [said(f"{EXPIRED} Current time: 1516534840")],
    "clock a second behind": [said(f"{EXPIRED} Current time: 1516534871")],
    "clock right": [said(f"{EXPIRED} Current time: 1516534870")],
    "banned": [Response(403, {}, PAGE, 0.0)],
    "down": [Response(502, {}, PAGE, 0.0)],
    "failed": [Response(500, {}, PAGE, 0.0)],
    "odd status": [Response(404, {}, PAGE, 0.0)],
    "odd message": [said(LONG, 418)],
    "no JSON": [Response(200, {}, PAGE, 0.0)],
    "no key": [Response(200, {}, b"[7]", 0.0)],
    "other keys": [Response(200, {}, b"[]", 0.0), Response(200, {}, b'{"id": "other"}', 0.0)],
    "odd key": [Response(200, {}, json.dumps([{"id": KEY_ID, "cidr": 7, "name": 7}]).encode(), 0.0)],
    "too often": [Response(200, {}, json.dumps([{"id": KEY_ID}] * 11).encode(), 0.0)],
}


def profile_texts() -> Iterator[tuple[str, str]]:
    """What a person reads of the profile itself."""
    yield from ((field.name, getattr(PROFILE.page, field.name)) for field in fields(PROFILE.page))
    yield from ((f"permission {spec.name}", f"{spec.label} {spec.note}".strip()) for spec in PROFILE.permissions)
    yield from (("title", PROFILE.title), ("notice", PROFILE.notice or ""), ("weak_keys_risk", PROFILE.weak_keys_risk))


def own_findings(known: KeyFacts, written: dict[str, Any]) -> list[Finding]:
    """Judge a key by the rules whose severity nobody chooses."""
    evidence = Evidence(known, AccountFacts(), NOW)
    return rules.evaluate(rules.rules_for(configurable=False), evidence, policy(**written), PROFILE)


def stopped(do: Any) -> Iterable[Finding]:
    with pytest.raises(GuardError) as end:
        do()
    return end.value.findings


def listed() -> Iterator[tuple[str, Iterable[Finding]]]:
    for name, (known, written) in KEYS.items():
        yield name, own_findings(known, written)
    for name, (known, account, written) in POSTURES.items():
        yield (
            name,
            rules.evaluate(
                rules.rules_for(configurable=True), Evidence(known, account, NOW), policy(**written), PROFILE
            ),
        )
    for name, written in POLICIES.items():
        yield f"policy: {name}", stopped(lambda written=written: policy(**written))
    for name, answers in ANSWERS.items():
        venue, session = exchanges.get_adapter("bitmex"), ScriptedSession(answers)
        yield f"BitMEX: {name}", stopped(lambda v=venue, s=session: v.read_key(s, KEY_ID))
    yield "no agent", open_check(BEHIND_AGENT).run().verdict.findings
    for name, settings in SETTINGS.items():
        exchange, profile = {"ccxt_config": settings}, exchanges.get_adapter("binance").profile
        build = partial(exchange_client.build_client, exchange, profile, list(profile.hosts))
        yield f"settings: {name}", stopped(build)
    yield "unknown exchange", stopped(lambda: exchanges.get_adapter(LONG))


def test_what_a_person_reads_is_what_was_reviewed() -> None:
    text = ""
    for name, findings in listed():
        text += f"# {name}\n"
        for each in findings:
            if NOT_QUERIED.reason in each.message:
                continue
            text += f"{each.name} {each.severity.value}\n  {each.message}\n  {each.fix}\n"
    text += "".join(f"# {name}\n  {words}\n" for name, words in profile_texts())
    if os.environ.get("GUARD_WORDING") == "write":
        FILE.write_text(text)
    assert text == FILE.read_text()
    assert " None" not in text
    assert all(line.partition(" ")[0] in FINDINGS for line in text.splitlines() if line[0] not in "# ")


def test_only_a_transient_finding_names_the_start_that_waits() -> None:
    told = [(each.name, each.fix) for _, findings in listed() for each in findings] + list(session._FIXES.items())
    waits = {rule: "trade --wait-for-exchange 60" in fix for rule, fix in told}
    passing = {name for name, rule in FINDINGS.items() if rule.transient}
    assert {rule for rule, does in waits.items() if does} == passing
    assert len(passing) == 6
