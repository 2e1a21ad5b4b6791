"""What a route table says: which calls of an exchange a trading bot needs, and what an order in them means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Any

from freqtrade_bitmex_guard.agent.parameters import Parameter
from freqtrade_bitmex_guard.agent.refusal import Kind

ALL_MODES = ("spot", "futures")


@dataclass(frozen=True, slots=True)
class Market:
    """One market, from the exchange's own list.

    Attributes:
        id: the exchange's name of it.
        symbol: freqtrade's name of it.
        base: the currency that is bought and sold.
        quote: the currency of its price.
        mode: freqtrade's trading mode that trades it.
        unit: how much of the base one unit of an order's quantity is; None if that is not known.
        is_inverse: whether one unit is that much of the quote instead, whatever the price.
    """

    id: str
    symbol: str
    base: str
    quote: str
    mode: str
    unit: Decimal | None
    is_inverse: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """An order, in words that are the same for all exchanges.

    Attributes:
        market: where.
        type: as in `agent.order_types`.
        quantity: in the exchange's unit; None if it is given as `cost`.
        prices: the prices that it names: limit and trigger.
        is_buy: its side.
        reduces: whether it can only make a position smaller.
        cost: of a market order by value: in the quote currency.
    """

    market: Market
    type: str
    quantity: Decimal | None
    prices: tuple[Decimal, ...]
    is_buy: bool
    reduces: bool
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Leverage:
    """A change of leverage or of the margin mode.

    Attributes:
        market: where; None for the whole account.
        leverage: the new one, if it changes.
        margin_mode: the new one, if it changes.
    """

    market: Market | None
    leverage: Decimal | None = None
    margin_mode: str | None = None


class Encoding(Enum):
    """Where ccxt's `sign` puts the parameters of a route."""

    QUERY = "query"
    JSON = "json"
    FORM = "form"


@dataclass(frozen=True, slots=True)
class Route:
    """One call that a bot may make.

    Attributes:
        api: ccxt's words for the API.
        verb: the HTTP verb.
        path: as ccxt's table has it.
        kind: what it does.
        params: its parameters by name; no others are accepted.
        encoding: where they go.
        modes: the trading modes that need it.
        read: turns the parameters into an `Order` or a `Leverage`; None for reads and cancels. It raises
            RefusedError where parameters do not go together.
    """

    api: tuple[str, ...]
    verb: str
    path: str
    kind: Kind
    params: Mapping[str, Parameter]
    encoding: Encoding
    modes: tuple[str, ...] = ALL_MODES
    read: Callable[[Mapping[str, Any], Mapping[str, Market]], Order | Leverage] | None = None

    def __post_init__(self) -> None:
        if (self.read is None) is (self.kind in (Kind.ORDER, Kind.LEVERAGE)):
            raise ValueError(f"{self.verb} {self.path}: an order or leverage is read, and nothing else is")

    @property
    def name(self) -> str:
        """Its name in logs and in the record."""
        return f"{self.verb} {'/'.join(self.api)} {self.path}"


@dataclass(frozen=True)
class RouteTable:
    """All calls of one exchange that a bot may make.

    Attributes:
        exchange: its ccxt id.
        routes: the calls.
        prefix: what ccxt puts between the server's address and the path.
        headers: the names of the headers that ccxt signs with, in lower case; no others are sent.
        added: the names of parameters that ccxt adds, such as a nonce.
        read_market: turns one of ccxt's markets into ours; None for one that no bot trades.
        signature_covers_all: whether a signature holds host, path, verb, body and time, so that `sign` is safe.
    """

    exchange: str
    routes: tuple[Route, ...]
    prefix: str
    headers: frozenset[str]
    read_market: Callable[[Mapping[str, Any]], Market | None]
    added: frozenset[str] = frozenset()
    signature_covers_all: bool = False
    by_name: Mapping[tuple[tuple[str, ...], str, str], Route] = field(init=False)

    def __post_init__(self) -> None:
        by_name = {(route.api, route.verb, route.path): route for route in self.routes}
        if len(by_name) != len(self.routes):
            raise ValueError(f"{self.exchange}: a route is in the table twice")
        object.__setattr__(self, "by_name", by_name)

    @property
    def apis(self) -> list[list[str]]:
        """The APIs that are signed; the bot asks the agent for everything in them."""
        return sorted({route.api: list(route.api) for route in self.routes}.values())

    @property
    def modes(self) -> frozenset[str]:
        """The trading modes in which an order can be placed."""
        return frozenset(mode for route in self.routes if route.kind is Kind.ORDER for mode in route.modes)
