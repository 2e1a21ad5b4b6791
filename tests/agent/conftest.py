"""An agent that serves in this process, on a simulated BitMEX."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard import __version__
from freqtrade_bitmex_guard.check.interface import CheckResult
from freqtrade_bitmex_guard.check.open import open_check
from freqtrade_bitmex_guard.client.installed_ccxt import ccxt_version
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.signing.client import AgentClient
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.agent.serving import Serving, bots_config
from tests.conftest import skip_without_bitmex
from tests.support.factories import key


@pytest.fixture
def serving(tmp_path: Path, exchange: SimulatedBitMEX) -> Iterator[Serving]:
    """An agent that serves this process's own user."""
    running = Serving(tmp_path, exchange)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def shared(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """An agent that serves all tests of a module, so that each hostile message meets one that others have met."""
    skip_without_bitmex(pytestconfig)
    with SimulatedBitMEX([key()]) as exchange:
        running = Serving(tmp_path_factory.mktemp("shared"), exchange)
        yield running.start()
        running.stop()


@pytest.fixture(scope="module")
def hello(shared: Serving) -> dict[str, Any]:
    """What a real agent says of itself and of its key."""
    reply = AgentClient(str(shared.socket)).hello(PROFILE.id, ccxt_version(), __version__)
    hello: dict[str, Any] = reply["hello"]
    return hello


@pytest.fixture
def answered(shared: Serving, monkeypatch: pytest.MonkeyPatch) -> Callable[..., CheckResult]:
    """Check a bot whose agent replies or fails as a test says."""

    def check(reply: Mapping[str, Any] | Exception, **section: Any) -> CheckResult:
        def say(_: AgentClient, *asked: Any) -> Mapping[str, Any]:
            assert asked == ("bitmex", ccxt_version(), __version__)
            if isinstance(reply, Exception):
                raise reply
            return reply

        monkeypatch.setattr(AgentClient, "hello", say)
        return open_check(bots_config(shared, **section)).run()

    return check
