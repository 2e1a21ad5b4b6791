"""A bot process that runs, with its operator's commands."""

from __future__ import annotations

import time
from collections.abc import Callable

from freqtrade_bitmex_guard.simulator.bot import DemoBot, Process
from tests.e2e.trading_bot import Receiver, tell
from tests.support.factories import wait_until


class Running:
    """A bot process, with its operator's commands."""

    def __init__(self, bot: DemoBot, process: Process, receiver: Receiver, port: int) -> None:
        self.bot = bot
        self.process = process
        self.receiver = receiver
        self._port = port

    def command(self, name: str) -> None:
        tell(self._port, name)

    def until(self, text: str, after: int = 0, seconds: float = 30) -> int:
        """Wait for a text after a position in the output.

        Returns:
            The position behind it.
        """
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            place = self.process.output.find(text, after)
            if place >= 0:
                return place + len(text)
            time.sleep(0.05)
        raise AssertionError(f"no {text!r}:\n{self.process.output[after:]}")

    def messages(self, count: int, seconds: float = 10) -> list[str]:
        """Return the guard's messages once there are so many, and assert that no more come."""
        wait_until(lambda: len(self.receiver.from_the_guard) >= count, seconds)
        time.sleep(2.5)  # a whole interval, in which a second message would have come
        assert len(self.receiver.from_the_guard) == count, self.receiver.from_the_guard
        return self.receiver.from_the_guard


Start = Callable[..., Running]
