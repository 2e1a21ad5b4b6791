"""The record: written before anything leaves, chained, and not to be filled by a flood."""

from __future__ import annotations

import os

import pytest

from freqtrade_bitmex_guard.agent.record import GENESIS, verify_file
from freqtrade_bitmex_guard.model.findings import GuardError
from tests.agent.serving import SELL, Serving, refusal


def test_a_record_that_cannot_be_written_lets_no_new_exposure_through(serving: Serving) -> None:
    serving.start()
    with serving.peer() as peer:
        assert "answer" in peer.order()
        (file,) = (serving.folder / "record").glob("record-*.jsonl")
        size = file.stat().st_size
        # The handle stays open, so the file is made unwritable under it.
        record = serving.agent
        assert record is not None
        os.close(record.record._handle)  # type: ignore[union-attr,arg-type]
        record.record._handle = os.open("/dev/full", os.O_WRONLY)  # type: ignore[union-attr]
        assert refusal(peer.order()) == "record"
        assert "answer" in peer.call("POST", "order", SELL)
        assert file.stat().st_size == size


def test_the_record_holds_each_order_before_it_left_and_its_chain(serving: Serving) -> None:
    serving.start()
    with serving.peer() as peer:
        peer.order()
        peer.order(orderQty=0)
        peer.call("POST", "order", SELL)
    serving.stop()

    (file,) = (serving.folder / "record").glob("record-*.jsonl")
    entries, head = verify_file(file)
    assert [entry["kind"] for entry in entries] == ["start", "order", "order", "order", "stop"]
    assert entries[0]["previous"] == GENESIS
    assert entries[-1]["hash"] == head
    assert entries[1]["params"]["orderQty"] == 100_000
    assert entries[1]["peer"] == {"uid": os.geteuid(), "pid": os.getpid()}
    assert entries[2]["verdict"] == "refused: parameters"
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("change", ["edit", "remove", "swap", "add"])
def test_no_agent_starts_on_a_record_that_was_touched(serving: Serving, change: str) -> None:
    serving.start()
    with serving.peer() as peer:
        for _ in range(3):
            peer.order()
    serving.stop()
    (file,) = (serving.folder / "record").glob("record-*.jsonl")
    lines = file.read_text().splitlines()
    if change == "edit":
        lines[2] = lines[2].replace("100000", "100001")
    elif change == "remove":
        del lines[2]
    elif change == "swap":
        lines[1], lines[2] = lines[2], lines[1]
    else:
        lines.insert(2, lines[1])
    file.write_text("\n".join(lines) + "\n")

    with pytest.raises(GuardError, match="record-damaged"):
        verify_file(file)
    serving.start()
    ended = serving.stop()
    assert isinstance(ended, GuardError)
    assert ended.findings[0].name == "record-damaged"


def test_a_flood_of_refusals_is_counted_and_does_not_fill_the_record(serving: Serving) -> None:
    serving.start()
    with serving.peer() as peer:
        for _ in range(200):
            assert refusal(peer.call("POST", "user/requestWithdrawal", {})) == "route"
        assert "answer" in peer.order()
    serving.stop()
    lines = [entry for entry in serving.record() if str(entry.get("verdict", "")).startswith("refused")]
    assert 60 <= len(lines) <= 120
    counted = sum(entry["refused"] for entry in serving.record() if entry["kind"] == "counts")
    assert len(lines) + counted == 200
