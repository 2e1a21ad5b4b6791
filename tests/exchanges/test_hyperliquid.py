"""Hyperliquid's answers, read as hostile input."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.exchanges.interface import KeyListing
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import Finding, GuardError
from freqtrade_bitmex_guard.model.key import KeyFacts, NotSupported, Permission, PermissionKind
from tests.exchanges.samples import error_samples, samples
from tests.support.scripted_session import ScriptedSession, response

ADAPTER = exchanges.get_adapter("hyperliquid")
ROLES = samples("hyperliquid", "<address of privateKey>}")
LISTS = samples("hyperliquid", "<master>}") | samples("hyperliquid", "<walletAddress>}")
AGENT = ROLES["good: an agent of the configured master"]
ACCOUNT = AGENT["data"]["user"]
SIGNER = "0x286e0bca8a4f6e9f2f1ce3ff1f2a1e5b8d2f4c11"  # in the recorded list
OTHER = "0x" + "0" * 38 + "aa"
PART, VAULT = "0x" + "b" * 40, "0x" + "c" * 40
LIST = LISTS["named agents with their end in ms; an unnamed agent is not in it"]
UNNAMED = LISTS["the unnamed agent"]
SUB_ACCOUNT = LISTS["walletAddress is a sub-account: compare its master with the agent's user"]
IS_VAULT = LISTS["walletAddress is a vault"]
ERRORS = {
    "unknown or expired agent, wrong signature (signed call)": "key-unknown",
    "signer never deposited (often a wrong signature)": "key-unknown",
    "too many requests for the volume": "rate-limited",
    "builder fee not approved": "exchange-error",
    "malformed question": "exchange-error",
    "sample 0": "key-unknown",
}


def session(*answers: Any, **options: Any) -> ScriptedSession:
    made = ScriptedSession([each if isinstance(each, Response) else response(each) for each in answers])
    made.address, made.options = SIGNER, options
    return made


def read(*answers: Any, wallet: str = ACCOUNT, **options: Any) -> KeyListing:
    return ADAPTER.read_key(session(*answers, **options), wallet)


def facts(*answers: Any, **more: Any) -> KeyFacts:
    (known,) = read(*answers, **more).entries
    return known


def finding(*answers: Any, wallet: str = ACCOUNT, **options: Any) -> Finding:
    with pytest.raises(GuardError) as stopped:
        read(*answers, wallet=wallet, **options)
    (found,) = stopped.value.findings
    return found


def agent(**changed: Any) -> dict[str, Any]:
    """Return the listed API wallet with something changed or, if it is `...`, left out."""
    return {name: value for name, value in {**LIST[0], **changed}.items() if value is not ...}


def test_every_question_is_unsigned_and_names_addresses_only() -> None:
    asked = session(AGENT, LIST)

    ADAPTER.read_key(asked, ACCOUNT)

    assert [(call.path, call.verb, call.api, call.is_signed) for call in asked.calls] == [
        ("info", "POST", "public", False)
    ] * 2
    assert [call.params for call in asked.calls] == [
        {"type": "userRole", "user": SIGNER},
        {"type": "extraAgents", "user": ACCOUNT},
    ]


def test_an_api_wallet_trades_and_has_an_end() -> None:
    known = facts(AGENT, LIST)

    assert known.permissions == frozenset([Permission("agent", PermissionKind.TRADE)])
    assert isinstance(known.ip_restriction, NotSupported)
    assert (known.name, known.enabled, known.created) == ("ok", True, None)
    assert known.expires == datetime.fromtimestamp(1767776120.478, UTC)
    assert (known.user_id, known.account_id) == (ACCOUNT, ACCOUNT)
    assert "between your own balances" in ADAPTER.profile.note("agent")


@pytest.mark.parametrize(
    ("note", "name"),
    [
        ("the key is a master key: it withdraws", "withdraw-permission"),
        ("unknown: unfunded wallet, or an agent that ran out or was dropped", "key-unknown"),
        ("an agent of somebody else: its orders would go to another account", "key-not-listed"),
    ],
)
def test_every_sample_of_another_role_keeps_the_bot_from_starting(note: str, name: str) -> None:
    assert finding(ROLES[note], {"role": "user"}).name == name


@pytest.mark.parametrize(
    ("role", "name"),
    [
        ("agent", None),
        ("master", "withdraw-permission"),
        ("vault", "response-invalid"),
        ("sub", "response-invalid"),
        ("unknown", "key-unknown"),
    ],
)
def test_every_documented_role_is_judged(role: str, name: str | None) -> None:
    answer = ROLES["five alternative answers"][role]

    if name is None:
        assert facts(answer, LIST).enabled
    else:
        assert finding(answer).name == name


def test_the_accounts_own_key_is_refused_whatever_the_policy_says() -> None:
    found = finding(ROLES["the key is a master key: it withdraws"], wallet=SIGNER)

    assert found.outcome is Outcome.REFUSED
    assert ADAPTER.profile.is_forbidden("user")
    assert "credentials rotate" in found.fix


@pytest.mark.parametrize("role", ["superAgent", "multiSigUser", "Agent", "User"])
def test_a_role_that_nobody_knows_is_refused(role: str) -> None:
    found = finding({"role": role, "data": {"user": ACCOUNT}})

    assert (found.name, found.outcome) == ("permission-not-allowed", Outcome.REFUSED)


@pytest.mark.parametrize("note", ["no named agents", "two agents of others"])
def test_an_api_wallet_without_a_name_is_looked_up(note: str) -> None:
    others = samples("hyperliquid", "<walletAddress>}")[
        "named agents only; the unnamed one is in webData2.agentAddress/agentValidUntil"
    ]

    known = facts(AGENT, [] if note == "no named agents" else others, UNNAMED)

    assert (known.name, known.expires) == ("", datetime.fromtimestamp(1799000000, UTC))


@pytest.mark.parametrize("address", [None, OTHER, SIGNER[:-1] + "2"])
def test_an_api_wallet_that_is_nowhere_listed_is_not_taken(address: str | None) -> None:
    assert finding(AGENT, [], {**UNNAMED, "agentAddress": address}).name == "key-not-listed"


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (None, None),
        (1600000000000, datetime(2020, 9, 13, 12, 26, 40, tzinfo=UTC)),
        ("1600000000000", datetime(2020, 9, 13, 12, 26, 40, tzinfo=UTC)),
    ],
)
def test_an_end_may_be_past_or_not_told(end: Any, expected: datetime | None) -> None:
    assert facts(AGENT, [agent(validUntil=end)]).expires == expected
    assert facts(AGENT, [], {**UNNAMED, "agentValidUntil": end}).expires == expected


@pytest.mark.parametrize("note", ["an agent past its end (validUntil in the past): may already be gone from the list"])
def test_the_sample_of_an_ended_api_wallet_is_read(note: str) -> None:
    expires = facts(AGENT, LISTS[note]).expires

    assert expires is not None
    assert expires < datetime.now(UTC)


def test_the_sample_without_an_end_is_read() -> None:
    assert facts(AGENT, LISTS["no end told"]).expires is None


def test_one_address_under_two_names_is_judged_twice() -> None:
    entries = read(AGENT, [agent(name="a"), agent(name="b", address=SIGNER.upper().replace("X", "x"))]).entries

    assert [entry.name for entry in entries] == ["a", "b"]


def test_addresses_are_compared_in_any_case() -> None:
    shouted = ACCOUNT.upper().replace("X", "x")

    assert facts({"role": "agent", "data": {"user": shouted}}, LIST, wallet=shouted).user_id == ACCOUNT


@pytest.mark.parametrize("wallet", ["", "0x", ACCOUNT[2:], ACCOUNT + "0", ACCOUNT[:-1] + "g", f"{ACCOUNT}\n"], ids=len)
def test_a_wallet_address_that_is_none_is_misconfigured(wallet: str) -> None:
    found = finding(wallet=wallet)

    assert found.name == "credentials-malformed"


@pytest.mark.parametrize(
    ("wallet", "options"),
    [(ACCOUNT, {"subAccountAddress": PART}), (PART, {"subAccountAddress": PART}), (ACCOUNT, {"vaultAddress": PART})],
    ids=["newer way", "older way", "other option"],
)
def test_a_sub_account_of_the_same_owner_may_be_traded(wallet: str, options: dict[str, str]) -> None:
    known = facts(AGENT, SUB_ACCOUNT, LIST, wallet=wallet, **options)

    assert (known.user_id, known.account_id) == (ACCOUNT, PART)


def test_a_vault_that_the_account_leads_may_be_traded() -> None:
    assert facts(AGENT, IS_VAULT, {"leader": ACCOUNT}, LIST, vaultAddress=VAULT).account_id == VAULT


@pytest.mark.parametrize(
    ("answers", "wallet", "options"),
    [
        ([{"role": "user"}], OTHER, {}),
        ([{"role": "missing"}], OTHER, {}),
        ([AGENT], SIGNER, {}),
        ([], OTHER, {"subAccountAddress": PART}),
        ([{"role": "subAccount", "data": {"master": OTHER}}], ACCOUNT, {"subAccountAddress": PART}),
        ([{"role": "subAccount"}], ACCOUNT, {"subAccountAddress": PART}),
        ([IS_VAULT, {"leader": OTHER}], ACCOUNT, {"vaultAddress": VAULT}),
        ([{"role": "newKind", "data": {"master": ACCOUNT, "user": ACCOUNT}}], OTHER, {}),
    ],
    ids=["user", "missing", "api wallet", "neither", "sub-account", "nobody's", "vault", "unknown role"],
)
def test_an_account_of_somebody_else_is_not_taken(answers: list[Any], wallet: str, options: dict[str, str]) -> None:
    assert finding(AGENT, *answers, wallet=wallet, **options).name == "key-not-listed"


@pytest.mark.parametrize("name", ERRORS)
def test_every_known_error_leads_to_its_finding(name: str) -> None:
    error = error_samples("hyperliquid")[name]
    if name == "sample 0":  # whose status is not noted; it is the first error's
        error = Response(200, {}, error.body, error.received_at)

    for answers in ([error], [AGENT, error], [AGENT, [], error]):
        found = finding(*answers)

        assert found.name == ERRORS[name]
        assert len(found.fix) > 20
        assert "0x" not in found.message


def test_every_known_error_has_an_expectation() -> None:
    assert set(ERRORS) == set(error_samples("hyperliquid"))


def test_an_unknown_address_is_explained_by_its_end_first() -> None:
    message = finding({"role": "missing"}).message

    assert message.index("has ended") < message.index("test network") < message.index("mistyped")


@pytest.mark.parametrize("status", [201, 202, 204, 206, 404, 429, 500])
def test_good_content_with_another_status_is_not_taken(status: int) -> None:
    assert finding(response(AGENT, status)).outcome is Outcome.UNVERIFIED
    assert finding(AGENT, response(LIST, status)).outcome is Outcome.UNVERIFIED


@pytest.mark.parametrize("body", [{"status": "err"}, {"status": "err", "response": 7}, {"status": "new"}], ids=str)
def test_an_error_that_nobody_knows_is_not_taken(body: Any) -> None:
    assert finding({**AGENT, **body}).name == "exchange-error"


def test_other_api_wallets_are_siblings() -> None:
    siblings = read(AGENT, [agent(address=OTHER, name="phone"), *LIST, agent(address=7)]).siblings()

    assert isinstance(siblings, tuple)
    assert [(sibling.masked_id, sibling.facts and sibling.facts.name) for sibling in siblings] == [
        ("0x00…", "phone"),
        ("…", None),
    ]
