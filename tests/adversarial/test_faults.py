"""No fault of the exchange, or of anything on the way to it, is an admission, a bug, a wait or a full memory."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.findings import Outcome
from tests.adversarial import faults
from tests.adversarial.faults import FAULTS, Fault, measure

TABLE = (Path(__file__).parents[2] / "docs" / "faults.md").read_text(encoding="utf-8")
CELLS = [[cell.strip() for cell in row.strip("|").split("|")] for row in TABLE.removeprefix(faults.HEAD).splitlines()]
ROWS = {name: cells for name, *cells in CELLS}
HARMLESS = {
    "none: a good key, answered at once",
    "BitMEX's own: the list of keys denied, but not the key itself",
    "gzip: whole, though not asked for",
    "headers: a good answer as `text/html`",
    "headers: a good answer as `text/plain`",
    "TLS: a trusted certificate",
    "clock: this machine's is 15 minutes ahead",
}


@pytest.fixture(scope="session", autouse=True)
def warm(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What the first check imports is no fault's memory."""
    measure(FAULTS[0], tmp_path_factory.mktemp("warm"))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_has_its_verdict_its_cause_and_its_bounds_as_documented(tmp_path: Path, fault: Fault) -> None:
    measured = measure(fault, tmp_path)
    assert measured.cells == ROWS[fault.name][:4]
    assert (
        measured.verdict.duration_ms <= 2 * faults.MOST_MILLISECONDS
    )  # a busy machine is no failure; the table holds it
    assert measured.megabytes <= faults.MOST_MEGABYTES
    assert measured.verdict.admitted == (measured.exit_code == 0) == (fault.name in HARMLESS)
    assert fault.place or fault.name.startswith("TLS") or measured.asked == measured.verdict.requests
    if fault.name.startswith("TLS") and fault.name not in HARMLESS:
        assert measured.asked == 0
    assert not measured.verdict.is_bug
    assert not [thread for thread in threading.enumerate() if thread.name == "freqtrade-bitmex-guard"]


def test_the_documented_table_holds_every_fault_and_its_measured_bounds() -> None:
    assert TABLE.startswith(faults.HEAD)
    assert list(ROWS) == [fault.name for fault in FAULTS]
    for verdict, exit_code, _, _, milliseconds, megabytes in ROWS.values():
        assert (verdict == Outcome.ADMITTED) == (exit_code == "0")
        assert int(milliseconds.replace(",", "")) <= faults.MOST_MILLISECONDS
        assert float(megabytes) <= faults.MOST_MEGABYTES
