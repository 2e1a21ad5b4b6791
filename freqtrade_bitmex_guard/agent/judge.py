"""The judgement of one call: the literal route table first, then the limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from freqtrade_bitmex_guard.agent.budget import Use
from freqtrade_bitmex_guard.agent.market_data import MarketData
from freqtrade_bitmex_guard.agent.parameters import Symbol
from freqtrade_bitmex_guard.agent.refusal import Kind, RefusedError
from freqtrade_bitmex_guard.agent.table import Leverage, Order, Route, RouteTable
from freqtrade_bitmex_guard.config.agent import AgentConfig
from freqtrade_bitmex_guard.signing.wire import Call


class Standing(StrEnum):
    """What the agent lets through now, by the state of the key."""

    ALL = "all"
    REDUCE = "reduce"
    CANCEL = "cancel"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Judged:
    """A call that may be signed.

    Attributes:
        route: in the table.
        params: every one of its type.
        use: what it uses up; None for a read.
        value: of an entry, in the stake currency, if it is known.
        subject: the order or leverage, if it is one.
    """

    route: Route
    params: Mapping[str, Any]
    use: Use | None = None
    value: Decimal | None = None
    subject: Order | Leverage | None = None


class Judge:
    """Decides what may be signed for one bot."""

    def __init__(self, config: AgentConfig, table: RouteTable, market_data: MarketData) -> None:
        self._config = config
        self._table = table
        self._market_data = market_data

    def judge(self, call: Call, standing: Standing) -> Judged:
        """Judge a call by everything but the budgets, which are checked where they are used.

        Args:
            call: as it came from the wire.
            standing: of the key.

        Raises:
            RefusedError: if it may not be signed. Everything that is not known is refused.
        """
        if call.operation != self._config.mode:
            raise RefusedError("mode", f"this agent's mode is {self._config.mode}")
        route = self._table.by_name.get((call.api, call.verb, call.path))
        if route is None:
            raise RefusedError("route", "no bot needs this call")
        try:
            return self._judge(route, call.params, standing)
        except RefusedError as refusal:
            raise RefusedError(refusal.limit, refusal.text, route.kind) from None

    def _judge(self, route: Route, params: Mapping[str, Any], standing: Standing) -> Judged:
        if self._config.trading_mode not in route.modes:
            raise RefusedError("trading_mode", f"this call is not for {self._config.trading_mode}")
        symbols = [name for name, kind in route.params.items() if isinstance(kind, Symbol)]
        self._market_data.refresh(params.get(symbols[0]) if symbols else None)
        self._check_parameters(route, params)
        subject = None if route.read is None else route.read(params, self._market_data.markets)
        use = _use_of(route, subject)
        _check_standing(use, standing)
        if isinstance(subject, Order):
            self._check_order(subject)
        elif isinstance(subject, Leverage):
            self._check_leverage(subject)
        value = None
        if use is Use.ENTRY and isinstance(subject, Order) and self._limits_value:
            value = self._market_data.value_of(subject)
        return Judged(route, params, use, value, subject)

    @property
    def _limits_value(self) -> bool:
        limits = self._config.limits
        return limits.order_value is not None or limits.value_per_day is not None

    def _check_parameters(self, route: Route, params: Mapping[str, Any]) -> None:
        if not params.keys() <= route.params.keys():
            raise RefusedError("parameters", "a parameter is not in the route table")
        for name, kind in route.params.items():
            if name not in params:
                if kind.required:
                    raise RefusedError("parameters", f"{name} is missing")
            elif not kind.accepts(params[name], self._market_data.markets):
                raise RefusedError("parameters", f"{name} is not of its type")

    def _check_order(self, order: Order) -> None:
        if not self._market_data.is_allowed(order.market):
            raise RefusedError("pairs", "the pair is not in agent.pairs")
        if order.type not in self._config.order_types:
            raise RefusedError("order_types", f"{order.type} is not in agent.order_types")

    def _check_leverage(self, change: Leverage) -> None:
        if change.market is not None and not self._market_data.is_allowed(change.market):
            raise RefusedError("pairs", "the pair is not in agent.pairs")
        limit = self._config.limits.leverage
        if limit is not None and change.leverage is not None and change.leverage > Decimal(str(limit)):
            raise RefusedError("leverage", f"the limit is {limit:g}")
        if change.margin_mode is not None and change.margin_mode != self._config.margin_mode:
            raise RefusedError("margin_mode", f"agent.margin_mode is {self._config.margin_mode}")


def _use_of(route: Route, subject: Order | Leverage | None) -> Use | None:
    if isinstance(subject, Order):
        return Use.EXIT if subject.reduces else Use.ENTRY
    return {Kind.CANCEL: Use.CANCEL, Kind.LEVERAGE: Use.LEVERAGE, Kind.READ: None}[route.kind]


def _check_standing(use: Use | None, standing: Standing) -> None:
    allowed: dict[Standing, tuple[Use | None, ...]] = {
        Standing.ALL: (None, *Use),
        Standing.REDUCE: (None, Use.EXIT, Use.CANCEL),
        Standing.CANCEL: (Use.CANCEL,),
        Standing.NOTHING: (),
    }
    if use not in allowed[standing]:
        raise RefusedError("standing", f"the key does not pass its check, so the agent lets through: {standing}")
