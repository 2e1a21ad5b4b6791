"""How much the bot has used of its limits, in the last minute and the last 24 hours."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum

from freqtrade_bitmex_guard.agent.refusal import Kind, RefusedError
from freqtrade_bitmex_guard.config.agent import AgentLimits

_MINUTE, DAY = 60.0, 86_400.0

# A hostile bot that uses up the entries must not block its own stop-loss.
_MORE_EXITS = 4


class Use(StrEnum):
    """What a request uses up."""

    ENTRY = "entry"
    EXIT = "exit"
    CANCEL = "cancel"
    LEVERAGE = "leverage"


class Budgets:
    """The budgets of one bot. Each use counts from the moment that it was recorded, whether it succeeded or not."""

    def __init__(self, limits: AgentLimits, clock: Callable[[], float] = time.time) -> None:
        """Begin with nothing used.

        Args:
            limits: of the operator.
            clock: returns Unix seconds.
        """
        self._limits = limits
        self._clock = clock
        self._uses: dict[Use, deque[float]] = {use: deque() for use in Use}
        self._values: deque[tuple[float, Decimal]] = deque()

    def per_minute(self, use: Use) -> int:
        """Return how often something may be done in a minute."""
        return self._limits.orders_per_minute * (1 if use is Use.ENTRY else _MORE_EXITS)

    def check(self, use: Use, value: Decimal | None) -> None:
        """Check whether a use is left.

        Args:
            use: what would be used.
            value: of an entry, in the stake currency, if it is known.

        Raises:
            RefusedError: if not; it names the limit.
        """
        self._forget()
        kind = {Use.CANCEL: Kind.CANCEL, Use.LEVERAGE: Kind.LEVERAGE}.get(use, Kind.ORDER)
        if len(self._uses[use]) >= self.per_minute(use):
            text = f"{self.per_minute(use)} {use} requests were sent in the last minute, which is the limit"
            raise RefusedError("orders_per_minute", text, kind)
        if use is not Use.ENTRY:
            return
        limit, per_day = self._limits.order_value, self._limits.value_per_day
        if value is None:
            if limit is not None or per_day is not None:
                raise RefusedError("order_value", "the order's value is not known, so no limit can be kept", kind)
            return
        if limit is not None and value > Decimal(str(limit)):
            raise RefusedError("order_value", f"the order is worth {value:.2f}, and the limit is {limit:g}", kind)
        if per_day is not None and self.value_of_day() + value > Decimal(str(per_day)):
            text = f"{self.value_of_day():.2f} of {per_day:g} were used in the last 24 hours; this is {value:.2f} more"
            raise RefusedError("value_per_day", text, kind)

    def use(self, use: Use, value: Decimal | None, at: float | None = None) -> None:
        """Count a use.

        Args:
            use: what was used.
            value: of an entry, in the stake currency, if it is known.
            at: when, in Unix seconds; by default now. A moment in the future counts as now, so that a clock that was
                set back lifts no limit.
        """
        now = self._clock()
        moment = now if at is None else min(at, now)
        self._uses[use].append(moment)
        if use is Use.ENTRY and value is not None:
            self._values.append((moment, value))

    def value_of_day(self) -> Decimal:
        """Return the value of all entries of the last 24 hours."""
        self._forget()
        return sum((value for _, value in self._values), Decimal(0))

    def remaining(self) -> dict[str, float]:
        """Return what is left of each limit, by its name."""
        self._forget()
        left: dict[str, float] = {
            f"{use}_per_minute": max(0, self.per_minute(use) - len(self._uses[use])) for use in Use
        }
        if self._limits.value_per_day is not None:
            left["value_per_day"] = max(0.0, round(self._limits.value_per_day - float(self.value_of_day()), 2))
        return left

    def _forget(self) -> None:
        now = self._clock()
        for moments in self._uses.values():
            while moments and not now - _MINUTE < moments[0]:
                moments.popleft()
        while self._values and not now - DAY < self._values[0][0]:
            self._values.popleft()
