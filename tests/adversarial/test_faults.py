"""No fault of the exchange or the connection leads to an admission, a bug, a wait or a full memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from freqtrade_bitmex_guard.model.catalogue import Outcome
from tests.adversarial import faults
from tests.adversarial.fault_table import FAULTS, Fault
from tests.adversarial.faults import measure
from tests.support.factories import allow_secrets_in
from tests.support.leak_search import secrets_in

TABLE = (Path(__file__).parents[2] / "docs" / "pages" / "evidence" / "faults.md").read_text(encoding="utf-8")
CELLS = [[cell.strip() for cell in row.strip("|").split("|")] for row in TABLE.removeprefix(faults.HEAD).splitlines()]
ROWS = {name: cells for name, *cells in CELLS}

HARMLESS = {
    "none: a good key, answered at once",
    "BitMEX's own: the list of keys denied, but not the key itself",
    "gzip: whole, though not asked for",
    "headers: a good answer as `text/html`",
    "headers: a good answer as `text/plain`",
    "headers: a good answer, with key and secret in them",
    "body: a key whose name quotes them",
    "body: a good key with as many values as may be, and an emoji",
    "connection: lost between the key and the account",
    "account: dropped",
    "account: a server error",
    "account: redirected",
    "account: an empty list for each question",
    "account: never answered",
    "account: never answered, after a key that came late",
    "TLS: a trusted certificate",
    "account: 5 MB of headers for each question",
    "account: 4 MB of the smallest objects for each question",
    "account: silent, with 2,000 other keys of long words",
    "account: silent, with 2,000 other keys of long words that came late",
    "account: cookies for each question, with 2,000 other keys of long words",
    "BitMEX's own: an overload, then a good key",
    "BitMEX's own: a rate limit for a second, then a good key",
    "body: in chunks of one byte",
    "headers: cookies",
    "account: as many values as may be for each question, and for the key",
    "clock: this machine's is 15 minutes ahead",
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_has_its_verdict_its_cause_and_its_bounds_as_documented(tmp_path: Path, fault: Fault) -> None:
    allow_secrets_in(tmp_path / "key", tmp_path / "secret")  # another process writes them
    measured = measure(fault, tmp_path)
    if measured.verdict.duration_ms > faults.MAX_MILLISECONDS:  # again: a busy machine is no failure
        measured = measure(fault, tmp_path)
    assert measured.cells == ROWS[fault.name][:4]
    assert measured.verdict.duration_ms <= faults.MAX_MILLISECONDS
    assert measured.megabytes <= faults.MAX_MEGABYTES
    assert measured.verdict.admitted == (measured.exit_code == 0) == (fault.name in HARMLESS)
    assert fault.server or fault.name.startswith("TLS") or measured.received == measured.verdict.requests
    if fault.name.startswith("TLS") and fault.name not in HARMLESS:
        assert measured.received == 0
    assert secrets_in(measured.shown) == []
    assert not measured.verdict.is_internal_error
    assert measured.threads == 0


def test_the_documented_table_holds_every_fault_and_its_measured_bounds() -> None:
    assert TABLE.startswith(faults.HEAD)
    assert list(ROWS) == [fault.name for fault in FAULTS]
    for verdict, exit_code, _, _, milliseconds, megabytes in ROWS.values():
        assert (verdict == Outcome.ADMITTED) == (exit_code == "0")
        assert int(milliseconds.replace(",", "")) <= faults.MAX_MILLISECONDS
        assert float(megabytes) <= faults.MAX_MEGABYTES
