"""BitMEX's answers, read as hostile input. The answers come from the test, not from a server; the rest is real."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import Finding, GuardError
from freqtrade_bitmex_guard.model.key import KeyFacts, Permission, PermissionKind, RestrictedTo, Unrestricted
from freqtrade_bitmex_guard.model.networks import parse_network
from tests.support.factories import KEY_ID
from tests.support.scripted_session import ScriptedSession
from tests.support.scripted_session import response as answer

VENUE = exchanges.get_adapter("bitmex")


GOOD = {"id": KEY_ID, "name": "bot", "permissions": ["order"], "cidr": "203.0.113.7/32", "enabled": True}


def message(text: str) -> dict[str, Any]:
    return {"error": {"message": text, "name": "HTTPError"}}


def facts(*answers: Response) -> tuple[KeyFacts, ...]:
    return VENUE.read_key(ScriptedSession(answers), KEY_ID).entries


def entry(**changed: Any) -> dict[str, Any]:
    return {name: value for name, value in {**GOOD, **changed}.items() if value is not ...}


def finding(*answers: Response) -> Finding:
    with pytest.raises(GuardError) as stopped:
        facts(*answers)
    (found,) = stopped.value.findings
    return found


def test_the_own_key_is_found_by_its_exact_id_among_all_keys_of_the_account() -> None:
    others = [entry(id=other, permissions=["withdraw"]) for other in (KEY_ID.lower(), KEY_ID[:-1], KEY_ID + " ", "")]
    script = ScriptedSession([answer([*others, GOOD])])
    (known,) = VENUE.read_key(script, KEY_ID).entries
    assert script.paths == ["apiKey"]
    assert known.permissions == frozenset({Permission("order", PermissionKind.TRADE)})
    assert known.ip_restriction == RestrictedTo((parse_network("203.0.113.7/32"),))
    assert known.enabled is True
    assert known.name == "bot"


def test_a_key_that_is_listed_twice_is_judged_by_both() -> None:
    known = facts(answer([GOOD, entry(permissions=["withdraw"])]))
    assert [{permission.name for permission in each.permissions or ()} for each in known] == [{"order"}, {"withdraw"}]


@pytest.mark.parametrize(
    ("word", "right"),
    [
        ("order", PermissionKind.TRADE),
        ("orderCancel", PermissionKind.CANCEL),
        ("position", PermissionKind.READ),
        ("withdraw", PermissionKind.WITHDRAW),
        ("Withdraw ", PermissionKind.WITHDRAW),
        ("withdrawal", PermissionKind.WITHDRAW),
        ("Order", PermissionKind.UNKNOWN),
        ("transfer", PermissionKind.UNKNOWN),
        ("", PermissionKind.UNKNOWN),
    ],
)
def test_each_word_keeps_its_spelling_beside_its_kind(word: str, right: PermissionKind) -> None:
    (known,) = facts(answer([entry(permissions=[word])]))
    assert known.permissions == frozenset({Permission(word, right)})


@pytest.mark.parametrize(
    ("cidr", "cidrs", "expected"),
    [
        ("203.0.113.7/32", ..., ["203.0.113.7/32"]),
        ("203.0.113.7", ..., ["203.0.113.7/32"]),
        ("203.0.113.7/32", [], ["203.0.113.7/32"]),
        ("203.0.113.7/32", None, ["203.0.113.7/32"]),
        (None, ["203.0.113.7"], ["203.0.113.7/32"]),
        (..., ["203.0.113.7", "198.51.100.0/24"], ["203.0.113.7/32", "198.51.100.0/24"]),
        (None, ["203.0.113.7"] * 249 + ["0.0.0.0/0"], ["203.0.113.7/32"] * 249 + ["0.0.0.0/0"]),
        ("203.0.113.7", ["203.0.113.8"], ["203.0.113.7/32", "203.0.113.8/32"]),
        ("203.0.113.7", ["0.0.0.0/0"], ["203.0.113.7/32", "0.0.0.0/0"]),
        ("", ..., None),
        (" ", ..., None),
        ("", ["203.0.113.7"], None),
        ("203.0.113.7", [""], None),
        (None, [" ", "203.0.113.7"], None),
        (None, ..., None),
        (..., ..., None),
        (..., None, None),
        (None, None, None),
        (..., [], None),
        (None, [], None),
    ],
)
def test_both_address_fields_count_together_and_what_is_blank_or_not_given_means_everyone(
    cidr: Any, cidrs: Any, expected: list[str] | None
) -> None:
    (known,) = facts(answer([entry(cidr=cidr, cidrs=cidrs)]))
    if expected is None:
        given = [block for block in (cidr, *(cidrs if isinstance(cidrs, list) else [])) if isinstance(block, str)]
        assert known.ip_restriction == Unrestricted("CIDR is blank" if given else "CIDR is not given")
    else:
        assert known.ip_restriction == RestrictedTo(tuple(parse_network(block) for block in expected))


@pytest.mark.parametrize("text", [7, None, ["Invalid API Key."], {"text": "Invalid API Key."}])
def test_an_error_without_a_text_is_named_by_its_status(text: Any) -> None:
    assert finding(answer({"error": {"message": text}}, 502)).name == "maintenance"
    assert finding(answer({"error": text}, 502)).name == "maintenance"
    assert finding(answer({"error": text}, 403)).name == "exchange-error"


@pytest.mark.parametrize("status", [500, 503])
@pytest.mark.parametrize("text", ["Access Denied", "Invalid API Key.", "This key is disabled."])
def test_a_failure_of_the_exchange_is_no_fault_of_the_key(status: int, text: str) -> None:
    assert finding(answer(message(text), status)).name == "server-error"


def test_a_block_that_cannot_be_read_is_kept_and_made_harmless() -> None:
    (known,) = facts(answer([entry(cidr="x" * 99)]))
    assert known.ip_restriction == RestrictedTo((), ("x" * 39 + "…",))
    (known,) = facts(answer([entry(cidr="[red]\x1b", cidrs=["203.0.113.7"])]))
    assert known.ip_restriction == RestrictedTo((parse_network("203.0.113.7"),), ("?red??",))


@pytest.mark.parametrize(("enabled", "told"), [(True, True), (False, False), (..., None)])
def test_whether_a_key_is_switched_on_is_yes_no_or_not_told(enabled: Any, told: bool | None) -> None:
    (known,) = facts(answer([entry(enabled=enabled)]))
    assert known.enabled is told


@pytest.mark.parametrize(
    "odd",
    [
        {"permissions": ...},
        {"permissions": None},
        {"permissions": "order"},
        {"permissions": {"order": True}},
        {"permissions": [{"name": "order"}]},
        {"permissions": ["order", None]},
        {"permissions": [["order"]]},
        {"cidr": 0},
        {"cidr": ["203.0.113.7"]},
        {"cidr": {}},
        {"cidrs": "203.0.113.7"},
        {"cidrs": [None]},
        {"cidrs": [{"cidr": "203.0.113.7"}]},
        {"cidrs": {}},
        {"enabled": None},
        {"enabled": "true"},
        {"enabled": 1},
        {"enabled": 0},
        {"name": 7},
        {"name": []},
        {"created": 7},
    ],
)
def test_an_own_key_with_odd_types_cannot_be_relied_on(odd: dict[str, Any]) -> None:
    assert finding(answer([entry(**odd)])).name == "response-invalid"
    # Nor does a good entry beside it help.
    assert finding(answer([GOOD, entry(**odd)])).name == "response-invalid"


@pytest.mark.parametrize(
    "name",
    [
        "Permissions",
        "permissions ",
        "PERMISSIONS",
        "permission",
        "permissions_v2",
        "PermissionsV2",
        "ID",
        " id",
        "CIDR",
        "cidr6",
        "cidrs[]",
        "Enabled",
        "enabled\x00",
        "Name",
        "user_id",
        "target-account-id",
        "created_",
        "cidrv6s",
        "cidr-v4-s",
        "permissionss",
        "permissionList",
        "isEnabled",
        "canWithdraw",
    ],
)
def test_a_field_that_looks_like_one_that_counts_makes_the_answer_unreliable(name: str) -> None:
    found = finding(answer([entry(**{name: ["order"]})]))
    assert found.name == "response-invalid"
    assert "in fields that this version does not know" in found.message
    assert found.message.isprintable()


@pytest.mark.parametrize("told", ["withdraw", " Withdrawals", ["order", "WITHDRAW"]])
def test_a_new_field_that_speaks_of_withdrawing_makes_the_answer_unreliable(told: Any) -> None:
    found = finding(answer([entry(scopes=told)]))
    assert found.name == "response-invalid"
    assert "in fields that this version does not know: scopes" in found.message


@pytest.mark.parametrize("told", [None, 7, "order", ["order", 1, None, {"withdraw": 1}], {"a": "withdraw"}])
def test_any_other_new_field_may_come(told: Any) -> None:
    assert facts(answer([entry(scopes=told)]))


@pytest.mark.parametrize("many", [4, 9])
def test_the_last_of_many_entries_counts(many: int) -> None:
    told = facts(answer([GOOD] * many + [entry(permissions=["order", "withdraw"])]))
    assert len(told) == many + 1
    assert {permission.name for permission in told[-1].permissions or ()} == {"order", "withdraw"}


@pytest.mark.parametrize("many", [5, 49])
def test_the_last_of_many_rights_counts(many: int) -> None:
    (told,) = facts(answer([entry(permissions=["order"] * many + ["withdraw"])]))
    assert {permission.name for permission in told.permissions or ()} == {"order", "withdraw"}


@pytest.mark.parametrize(
    "name",
    [
        "\uff50ermissions",
        "permissions\u200b",
        "p\u0435rmissions",
        "\u540d",
        "\ud800",
        "x" * 65,
    ],
)
def test_a_field_with_a_name_like_none_of_theirs_makes_the_answer_unreliable(name: str) -> None:
    found = finding(answer([entry(**{name: ["order"]})]))
    assert found.name == "response-invalid"
    assert found.message == (
        "BitMEX's answer describes the key in a field whose name is longer than any, or not ASCII, so nothing in it "
        "can be relied on."
    )


@pytest.mark.parametrize(
    "name", ["", "nonce", "secret", "lastUsed", "description", "x" * 64, "_id", "ids", "names", "_name"]
)
def test_a_field_that_looks_like_none_may_be_new(name: str) -> None:
    assert facts(answer([entry(**{name: ["order"]})]))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"true",
        b"7",
        b'"text"',
        b"{}",
        b"[null]",
        b"[[]]",
        b'[{"id": null}]',
        b'[{"id": 7}]',
        b"[{}]",
        b"[" * 200_000,
        b'[{"id": "a", "id": "b"}]',
        b"<html>..",
        b"\xff\xfe[]",
        b"\xef\xbb\xbf[]",
        *(json.dumps([{**GOOD, "nonce": float(no_number)}]).encode() for no_number in ("nan", "inf", "-inf")),
        json.dumps([GOOD]).encode()[:-3],
        json.dumps([GOOD]).encode() * 2,
        json.dumps([GOOD]).replace('"permissions"', '"permissions": ["withdraw"], "permissions"').encode(),
    ],
)
def test_a_list_that_is_not_as_documented_cannot_be_relied_on(body: bytes) -> None:
    assert finding(answer(body)).name == "response-invalid"


@pytest.mark.parametrize(
    ("most", "listed"),
    [
        (10, lambda many: [GOOD] * many),
        (50, lambda many: [entry(permissions=["order"] * many)]),
        (250, lambda many: [entry(cidrs=["203.0.113.7"] * many)]),
    ],
)
def test_more_than_any_real_key_has_is_turned_away(most: int, listed: Any) -> None:
    assert facts(answer(listed(most)))
    assert finding(answer(listed(most + 1))).name == "response-invalid"


def test_other_keys_may_be_odd_as_long_as_they_have_an_id() -> None:
    assert len(facts(answer([{"id": "other", "permissions": 7, "cidr": []}, GOOD]))) == 1


@pytest.mark.parametrize(
    "listed", [answer(message("Access Denied"), 403), answer([]), answer([entry(id="other")])], ids=str
)
def test_the_key_is_asked_about_itself_only_where_the_list_is_denied_or_does_not_hold_it(listed: Response) -> None:
    script = ScriptedSession([listed, answer(GOOD)])
    assert VENUE.read_key(script, KEY_ID).entries[0].name == "bot"
    assert script.paths == ["apiKey", "apiKey/self"]


@pytest.mark.parametrize(
    ("itself", "rule"),
    [
        (answer(entry(id="other")), "key-not-listed"),
        (answer(entry(id=KEY_ID.lower())), "key-not-listed"),
        (answer([GOOD]), "response-invalid"),
        (answer({}), "response-invalid"),
        (answer(entry(permissions=...)), "response-invalid"),
        (answer(message("Access Denied"), 403), "access-denied"),
        (answer(message("Not Found"), 404), "exchange-error"),
    ],
)
def test_what_the_key_says_of_itself_is_read_just_as_strictly(itself: Response, rule: str) -> None:
    assert finding(answer([]), itself).name == rule


@pytest.mark.parametrize(
    ("listed", "status"),
    [
        (message("Access denied by policy"), 403),
        (message("Access Denied"), 401),
        ({"error": {"message": "Access Denied"}}, 403),
        ({"error": {"message": "Access Denied", "name": "RateLimitError"}}, 403),
        ({"error": {"message": "Access Denied", "name": "HTTPError", "code": 7}}, 403),
        ({"error": {"message": "Access Denied", "name": "HTTPError"}, "more": []}, 403),
        (b"Access Denied", 403),
    ],
)
def test_a_denial_in_other_words_or_another_status_is_not_taken_for_one(listed: Any, status: int) -> None:
    script = ScriptedSession([answer(listed, status), answer(GOOD)])
    with pytest.raises(GuardError):
        VENUE.read_key(script, KEY_ID)
    assert script.paths == ["apiKey"]


# Every case of the catalogue of recorded errors; where the status was never seen, several.
@pytest.mark.parametrize(
    ("status", "text", "rule"),
    [
        (401, "Invalid API Key.", "key-unknown"),
        (401, "Signature not valid.", "signature-invalid"),
        (400, "This request has expired - `expires` is in the past. Current time: 1516534870", "clock-skew"),
        (403, "This key is disabled.", "key-disabled"),
        (401, "This key is disabled.", "key-disabled"),
        (403, "This IP address is not allowed to use this key.", "address-not-allowed"),
        (401, "Authorization Required", "exchange-error"),
        (401, "Missing API key", "exchange-error"),
        (400, "Invalid use of subaccount API key", "subaccount-key"),
        (403, "Invalid use of subaccount API key", "subaccount-key"),
        (403, "Your account has been disabled", "account-restricted"),
        (403, "Account is restricted", "account-restricted"),
        (429, "Rate limit exceeded, retry in 1 seconds.", "rate-limited"),
        (400, "Rate limit exceeded", "rate-limited"),
        (503, "The system is currently overloaded. Please try again later.", "overloaded"),
        (503, "BitMEX is down for maintenance", "maintenance"),
        (503, "downtime in progress", "maintenance"),
        (500, "Server Error", "server-error"),
        (404, "Not Found", "exchange-error"),
        (403, "Withdrawal ban expires at 2026-01-01", "exchange-error"),
        (418, "teapot", "exchange-error"),
        (200, "Account is restricted", "account-restricted"),
        (200, "anything", "exchange-error"),
        (201, "anything", "exchange-error"),
    ],
)
def test_every_error_has_its_name_and_a_next_step(status: int, text: str, rule: str) -> None:
    found = finding(answer(message(text), status))
    assert found.name == rule
    assert found.outcome is (Outcome.REFUSED if rule == "key-disabled" else Outcome.UNVERIFIED)
    assert len(found.fix) > 20


@pytest.mark.parametrize(
    ("status", "rule"),
    [
        (403, "address-banned"),
        (503, "maintenance"),
        (502, "maintenance"),
        (530, "maintenance"),
        (504, "maintenance"),
        (500, "server-error"),
        (521, "server-error"),
        (429, "rate-limited"),
        (401, "exchange-error"),
        (404, "exchange-error"),
        (200, "response-invalid"),
    ],
)
def test_a_page_instead_of_an_answer_is_named_by_its_status(status: int, rule: str) -> None:
    assert finding(answer(b"<html> <head><title>403 Forbidden</title></head>", status)).name == rule


def test_an_ip_ban_says_to_stop_asking() -> None:
    found = finding(answer(b"<html>", 403))
    assert not found.transient
    assert "wait an hour" in found.fix


@pytest.mark.parametrize("status", [201, 202, 204, 206])
def test_good_content_with_another_status_than_200_is_not_admitted(status: int) -> None:
    assert finding(answer([GOOD], status)).outcome is Outcome.UNVERIFIED


@pytest.mark.parametrize(("offset", "told"), [(37, "behind"), (-4000, "ahead")])
def test_clock_skew_is_measured(offset: int, told: str) -> None:
    text = f"This request has expired - `expires` is in the past. Current time: {time.time() + offset:.0f}"
    shown = re.search(rf"clock is ([0-9,]+) seconds {told}", finding(answer(message(text), 400)).message)
    assert shown is not None
    assert abs(int(shown[1].replace(",", "")) - abs(offset)) <= 1


@pytest.mark.parametrize("told", ["", "Current time: soon", f"Current time: {'9' * 4000}"])
def test_clock_skew_that_is_not_told_is_still_clock_skew(told: str) -> None:
    found = finding(answer(message(f"This request has expired - `expires` is in the past. {told}"), 400))
    assert found.name == "clock-skew"
    assert "more than 5 seconds" in found.message


def test_text_from_the_exchange_is_made_harmless() -> None:
    hostile = "boom\x1b[31m\n[bold]<b>" + "x" * 500
    found = finding(answer(message(hostile), 418))
    assert not set("\x1b\n[<") & set(found.message)
    assert len(found.message) < 200


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(
    "text", ["Key locked for maintenance", "This key exceeded its rate limit and was disabled", "overloaded"]
)
def test_a_no_to_the_key_itself_is_no_passing_cause_whatever_its_words(status: int, text: str) -> None:
    found = finding(answer(message(text), status))
    assert found.name == "exchange-error"
    assert not found.transient


def test_a_rate_limit_tells_how_long() -> None:
    assert "7 seconds" in finding(answer(message("Rate limit exceeded"), 429, retry_after="7")).message


def test_an_exchange_that_nobody_knows_can_prove_nothing() -> None:
    for name in ("examplex", "interface", "", "..", "bitmex.py", None, 7, "BITMEX "):
        with pytest.raises(GuardError) as stopped:
            exchanges.get_adapter(name)
        assert stopped.value.findings[0].name == "exchange-unsupported"
    assert exchanges.get_adapter("BitMEX") is VENUE
