"""The section `agent` of the signing agent's own config, which the bot's user cannot write."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from freqtrade_bitmex_guard.config.base import SectionModel
from freqtrade_bitmex_guard.config.errors import explain_agent_error
from freqtrade_bitmex_guard.config.stores import accept_socket_path
from freqtrade_bitmex_guard.model.findings import GuardError

SECTION = "agent"

_PAIR = re.compile(r"[A-Z0-9*]{1,20}/[A-Z0-9*]{1,20}(:[A-Z0-9*]{1,20})?", re.ASCII)

Amount = Annotated[float, Field(gt=0, le=1e15, allow_inf_nan=False)]

OrderType = Literal["limit", "market", "stop-limit", "stop-market"]
"""The words for order types; each route table translates the exchange's."""

Peer = Literal["own-user", "root"]


class AgentLimits(SectionModel):
    """How much the bot may do; what is not written is not limited but by the exchange and the route table."""

    orders_per_minute: int = Field(
        default=30,
        ge=1,
        le=6000,
        description="Orders that open or enlarge a position, in a minute. Exits and cancels have a budget of their "
        "own, four times this one. Default: 30.",
        examples=[30],
    )
    order_value: Amount | None = Field(
        default=None,
        description="The value of one entry order, in the stake currency.",
        examples=[500],
    )
    value_per_day: Amount | None = Field(
        default=None,
        description="The value of all entry orders of any 24 hours together, in the stake currency.",
        examples=[5000],
    )
    leverage: Annotated[float, Field(ge=1, le=1000, allow_inf_nan=False)] | None = Field(
        default=None, description="The highest leverage that the bot may set.", examples=[3]
    )


class AgentConfig(SectionModel):
    """What the signing agent lets through to the exchange."""

    socket: str = Field(
        min_length=1,
        description="Where the bot connects: a path in a folder of the agent's own.",
        examples=["/run/freqtrade-agent/my-bot/agent.sock"],
    )
    mode: Literal["carry", "sign"] = Field(
        default="carry",
        description="carry: the agent sends each request itself. sign: it hands the signed request back, on exchanges "
        "whose signature covers all of it. Default: carry.",
        examples=["carry"],
    )
    trading_mode: Literal["spot", "futures"] = Field(
        default="spot", description="freqtrade's trading mode. Default: spot.", examples=["spot"]
    )
    margin_mode: Literal["isolated", "cross"] = Field(
        default="isolated",
        description="The margin mode that the bot may set, for futures. Default: isolated.",
        examples=["isolated"],
    )
    pairs: list[str] = Field(
        min_length=1,
        description="The pairs that the bot may trade, in freqtrade's words; * stands for any currency.",
        examples=[["BTC/USDT", "*/EUR"]],
    )
    order_types: list[OrderType] = Field(
        default=["limit", "market", "stop-limit", "stop-market"],
        min_length=1,
        description="The types of order that the bot may place. Default: all.",
        examples=[["limit", "market"]],
    )
    limits: AgentLimits = Field(
        default_factory=AgentLimits, description="How much the bot may do.", examples=[{"order_value": 500}]
    )
    record: str | None = Field(
        default=None,
        min_length=1,
        description="The folder of the record, which the bot must not be able to write. Default: `record` in "
        "$STATE_DIRECTORY, which systemd sets, else beside this config.",
        examples=["/var/lib/freqtrade-agent/my-bot/record"],
    )
    allow_peers: list[Peer] = Field(
        default=[],
        description="Users that may connect though the boundary does not hold for them: own-user (the agent's) and "
        "root. For trying it out. Default: none.",
        examples=[["own-user"]],
    )

    @model_validator(mode="before")
    @classmethod
    def _fill_in_limits(cls, source: Any) -> Any:
        return {"limits": {}, **source} if isinstance(source, dict) else source

    @field_validator("socket")
    @classmethod
    def _is_an_absolute_path(cls, path: str) -> str:
        return accept_socket_path(path)

    @field_validator("pairs")
    @classmethod
    def _are_pairs(cls, pairs: list[str]) -> list[str]:
        if not all(_PAIR.fullmatch(pair) for pair in pairs):
            raise ValueError('must be pairs such as "BTC/USDT", "*/EUR" or "BTC/USDT:USDT"')
        return pairs

    @model_validator(mode="after")
    def _pairs_fit_the_trading_mode(self) -> AgentConfig:
        if any((":" in pair) is (self.trading_mode == "spot") for pair in self.pairs):
            raise ValueError(
                "pairs must have a settlement currency, such as BTC/USDT:USDT, with futures, and none with spot"
            )
        return self


def parse_agent_section(section: Any) -> AgentConfig:
    """Validate the section `agent` strictly.

    Args:
        section: its value, as the config has it.

    Raises:
        GuardError: misconfigured, one finding for everything that is wrong, never with a value in it.
    """
    try:
        return AgentConfig.model_validate(section)
    except ValidationError as problems:
        details = problems.errors(include_input=False, include_url=False)
    models: dict[str, type[BaseModel]] = {"agent": AgentConfig, "agent.limits": AgentLimits}
    raise GuardError(*(explain_agent_error(detail, models) for detail in details))
