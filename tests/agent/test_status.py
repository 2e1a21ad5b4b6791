"""`agent status --format json` is a document like those of the other commands."""

from __future__ import annotations

from freqtrade_bitmex_guard.agent import commands
from tests.agent.serving import Serving
from tests.docs.test_output_schema import validate


def test_the_status_fits_its_schema(serving: Serving) -> None:
    serving.start()
    with serving.peer() as peer:
        assert "answer" in peer.order()
        assert "error" in peer.order(orderQty=0)

    content, code = commands.status(str(serving.socket))

    validate(content, "agent-status")
    assert code == 0
    assert content["schema_version"] == 1
    assert content["config"] == content["verdict"]["config"]
    assert [entry["limit"] for entry in content["refusals"]] == ["parameters"]
