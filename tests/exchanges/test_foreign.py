"""A second exchange is one new file: this one is laid among the venues, and everything else works with it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from freqtrade_bitmex_guard.simulator.responses import Response
from tests.support.factories import KRAKEN_ID, KRAKEN_SECRET, store_files
from tests.support.pty import ROOT

PATH = "/0/private/GetApiKeyInfo"


@pytest.fixture(autouse=True)
def laid_among_the_venues(tmp_path: Path) -> Iterator[None]:
    folder = tmp_path / "venues"
    folder.mkdir()
    shutil.copy(Path(__file__).parent / "foreign" / "kraken.py", folder)
    exchanges.__path__.append(str(folder))
    yield
    exchanges.__path__.pop()
    sys.modules.pop("freqtrade_bitmex_guard.exchanges.kraken", None)


def told(**changed: Any) -> Response:
    """The shape that real answers have, as an SDK's fixture recorded it."""
    result = {
        "api_key_name": "TestKey",
        "api_key": KRAKEN_ID,
        "permissions": ["query-funds", "modify-trades"],
        "ip_allowlist": ["203.0.113.7"],
        "valid_until": "0",
        **changed,
    }
    return Response(200, json.dumps({"error": [], "result": result}).encode())


def check(folder: Path, answer: Response, severity_not_reported: str = "ignore", **policy: Any) -> Verdict:
    with SimulatedBitMEX() as exchange:
        exchange.respond_always(PATH, answer)
        urls = {"public": exchange.url, "private": exchange.url, "zendesk": exchange.url}
        config = {
            "exchange": {"name": "kraken", "ccxt_config": {"urls": {"api": urls}}},
            "api_key_guard": {
                "credentials": store_files(folder, KRAKEN_ID, KRAKEN_SECRET),
                "allowed_hosts": ["127.0.0.1"],
                "policy": {"severity_not_reported": severity_not_reported, **policy},
            },
        }
        return LocalCheck(config).run().verdict


@pytest.mark.parametrize(
    ("answer", "outcome", "rules"),
    [
        (told(), Outcome.ADMITTED, []),
        (told(permissions=["modify-trades", "withdraw-funds"]), Outcome.REFUSED, ["withdraw-permission"]),
        (told(permissions=["modify-trades", "earn-funds"]), Outcome.REFUSED, ["withdraw-permission"]),
        (told(permissions=["modify-trades", "add-withdraw-address"]), Outcome.REFUSED, ["withdraw-permission"]),
        (told(permissions=["query-funds"]), Outcome.REFUSED, ["permission-missing"]),
        (told(ip_allowlist=[""]), Outcome.REFUSED, ["ip-unrestricted"]),
        (told(ip_allowlist=[]), Outcome.REFUSED, ["ip-unrestricted"]),
        (told(ip_allowlist=["203.0.113.0/24"]), Outcome.REFUSED, ["ip-too-many"]),
        (told(api_key="other"), Outcome.UNVERIFIED, ["key-not-listed"]),
        (told(permissions=None), Outcome.UNVERIFIED, ["response-invalid"]),
        (Response(200, b'{"error": ["EAPI:Invalid key"]}'), Outcome.UNVERIFIED, ["key-unknown"]),
        (Response(200, b'{"error": ["EGeneral:Permission denied"]}'), Outcome.UNVERIFIED, ["access-denied"]),
        (Response(200, b"<html>"), Outcome.UNVERIFIED, ["response-invalid"]),
    ],
)
def test_the_core_judges_an_exchange_it_has_never_heard_of(
    tmp_path: Path, answer: Response, outcome: Outcome, rules: list[str]
) -> None:
    verdict = check(tmp_path, answer)
    assert (verdict.outcome, [finding.name for finding in verdict.findings]) == (outcome, rules)
    assert verdict.requests == 1
    assert verdict.exchange == "kraken"


def test_a_right_that_moves_money_is_named_as_the_page_names_it(tmp_path: Path) -> None:
    (finding,) = check(tmp_path, told(permissions=["modify-trades", "earn-funds"])).findings
    assert "the permission 'earn-funds' (transfer): " in finding.message
    assert "leave Earn unticked" in finding.fix


def test_where_a_key_can_be_changed_it_is_changed_and_not_replaced(tmp_path: Path) -> None:
    (finding,) = check(tmp_path, told(permissions=["modify-trades", "withdraw-funds"])).findings
    assert finding.fix == (
        "Edit the key on Kraken's page API. Under API Permissions, leave Withdraw unticked. Then start again."
    )


def test_its_own_words_are_the_policys_defaults_and_can_be_written(tmp_path: Path) -> None:
    assert check(tmp_path, told(), required_permissions=["query-ledger"]).outcome is Outcome.MISCONFIGURED
    assert check(tmp_path, told(), allowed_permissions=["withdraw-funds"]).outcome is Outcome.MISCONFIGURED
    assert check(tmp_path, told(), max_ip_addresses=1).outcome is Outcome.ADMITTED
    assert check(tmp_path, told(), ip_within=["198.51.100.0/24"]).outcome is Outcome.REFUSED


def test_what_it_does_not_tell_of_the_account_is_said_at_every_start_without_a_request(tmp_path: Path) -> None:
    verdict = check(tmp_path, told(), severity_not_reported="warning")
    assert verdict.admitted
    assert verdict.requests == 1
    not_told = {"two-factor", "key-age", "key-name", "sibling-keys", "withdrawal-address", "security-event"}
    assert {finding.name for finding in verdict.findings} == not_told


def test_it_could_lie_among_the_venues_as_it_is() -> None:
    text = (Path(__file__).parent / "foreign" / "kraken.py").read_text(encoding="utf-8")
    place = "freqtrade_bitmex_guard/exchanges/kraken.py"
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--quiet", "--stdin-filename", place, "-"]
    done = subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_core_names_no_exchange() -> None:
    import freqtrade_bitmex_guard

    root = Path(freqtrade_bitmex_guard.__file__).parent
    rooms = ("model", "rules", "client", "check", "report", "redaction", "util")
    core = [path for room in rooms for path in (root / room).glob("*.py")]
    for path in core:
        text = path.read_text().replace("freqtrade_bitmex_guard", "").replace("freqtrade-bitmex-guard", "")
        code = [line for line in text.splitlines() if "bitmex" in line.lower() and not line.strip().startswith("#")]
        assert code == [], f"{path.name}: {code}"
