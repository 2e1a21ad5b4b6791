"""A new exchange is one new file: a made-up one is put among the exchanges, and everything else works with it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ccxt
import pytest

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from freqtrade_bitmex_guard.simulator.responses import Response
from tests.support.factories import KRAKEN_ID, KRAKEN_SECRET, store_files
from tests.support.pty import ROOT

FILE = Path(__file__).parent / "foreign" / "examplex.py"
PATH = "/0/private/GetApiKeyInfo"


class examplex(ccxt.kraken):  # noqa: N801 - as ccxt writes them
    """ccxt's class of the made-up exchange, which signs like Kraken."""


@pytest.fixture(autouse=True)
def put_among_the_exchanges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = tmp_path / "exchanges"
    folder.mkdir()
    shutil.copy(FILE, folder)
    monkeypatch.setattr(exchanges, "__path__", [*exchanges.__path__, str(folder)])
    monkeypatch.setattr(ccxt, "examplex", examplex, raising=False)
    monkeypatch.setattr(ccxt, "exchanges", [*ccxt.exchanges, "examplex"])
    yield
    sys.modules.pop("freqtrade_bitmex_guard.exchanges.examplex", None)


def reported(**changed: Any) -> Response:
    """Return a good answer with something changed."""
    key = {"key": KRAKEN_ID, "permissions": ["look", "trade"], "addresses": ["203.0.113.7"], **changed}
    return Response(200, json.dumps(key).encode())


def check(folder: Path, answer: Response, severity_not_reported: str = "ignore", **policy: Any) -> Verdict:
    with SimulatedBitMEX() as exchange:
        exchange.respond_always(PATH, answer)
        urls = {"public": exchange.url, "private": exchange.url, "zendesk": exchange.url}
        config = {
            "exchange": {"name": "examplex", "ccxt_config": {"urls": {"api": urls}}},
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
        (reported(), Outcome.ADMITTED, []),
        (reported(permissions=["trade", "withdraw"]), Outcome.REFUSED, ["withdraw-permission"]),
        (reported(permissions=["trade", "stake"]), Outcome.REFUSED, ["withdraw-permission"]),
        (reported(permissions=["trade", "add-address"]), Outcome.REFUSED, ["withdraw-permission"]),
        (reported(permissions=["look"]), Outcome.REFUSED, ["permission-missing"]),
        (reported(addresses=[""]), Outcome.REFUSED, ["ip-unrestricted"]),
        (reported(addresses=[]), Outcome.REFUSED, ["ip-unrestricted"]),
        (reported(addresses=["203.0.113.0/24"]), Outcome.REFUSED, ["ip-too-many"]),
        (reported(key="other"), Outcome.UNVERIFIED, ["key-not-listed"]),
        (reported(permissions=None), Outcome.UNVERIFIED, ["response-invalid"]),
        (Response(200, b'{"error": "Invalid key"}'), Outcome.UNVERIFIED, ["key-unknown"]),
        (Response(200, b'{"error": "Permission denied"}'), Outcome.UNVERIFIED, ["access-denied"]),
        (Response(200, b"<html>"), Outcome.UNVERIFIED, ["response-invalid"]),
    ],
)
def test_the_core_judges_an_exchange_that_it_does_not_name(
    tmp_path: Path, answer: Response, outcome: Outcome, rules: list[str]
) -> None:
    verdict = check(tmp_path, answer)
    assert (verdict.outcome, [finding.name for finding in verdict.findings]) == (outcome, rules)
    assert verdict.requests == 1
    assert verdict.exchange == "examplex"


def test_a_permission_that_moves_money_is_named_as_on_the_page(tmp_path: Path) -> None:
    (finding,) = check(tmp_path, reported(permissions=["trade", "stake"])).findings
    assert "the permission 'stake' (transfer): " in finding.message
    assert "leave Stake unticked" in finding.fix


def test_a_key_that_can_be_edited_is_not_replaced(tmp_path: Path) -> None:
    (finding,) = check(tmp_path, reported(permissions=["trade", "withdraw"])).findings
    assert finding.fix == (
        "Edit the key on ExampleX's page API. Under API Permissions, leave Withdraw unticked. Then start again."
    )


def test_its_own_words_are_used_in_the_policy(tmp_path: Path) -> None:
    assert check(tmp_path, reported(), required_permissions=["look-back"]).outcome is Outcome.MISCONFIGURED
    assert check(tmp_path, reported(), allowed_permissions=["withdraw"]).outcome is Outcome.MISCONFIGURED
    assert check(tmp_path, reported(), max_ip_addresses=1).outcome is Outcome.ADMITTED
    assert check(tmp_path, reported(), ip_within=["198.51.100.0/24"]).outcome is Outcome.REFUSED


def test_what_is_not_reported_of_the_account_costs_no_request(tmp_path: Path) -> None:
    verdict = check(tmp_path, reported(), severity_not_reported="warning")
    assert verdict.admitted
    assert verdict.requests == 1
    not_told = {"two-factor", "key-age", "key-name", "sibling-keys", "withdrawal-address", "security-event"}
    assert {finding.name for finding in verdict.findings} == not_told


def test_it_passes_the_checks_of_the_package() -> None:
    text = FILE.read_text(encoding="utf-8")
    place = "freqtrade_bitmex_guard/exchanges/examplex.py"
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--quiet", "--stdin-filename", place, "-"]
    done = subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_core_names_no_exchange() -> None:
    import freqtrade_bitmex_guard

    root = Path(freqtrade_bitmex_guard.__file__).parent
    know_exchanges = ("exchanges", "simulator", "demo", "agent/routes")
    core = [path for path in root.rglob("*.py") if not path.relative_to(root).as_posix().startswith(know_exchanges)]
    for path in core:
        text = path.read_text().replace("freqtrade_bitmex_guard", "").replace("freqtrade-bitmex-guard", "")
        code = [line for line in text.splitlines() if "bitmex" in line.lower() and not line.strip().startswith("#")]
        assert code == [], f"{path.name}: {code}"
