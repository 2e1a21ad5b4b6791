"""The config section `api_key_guard`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from freqtrade_bitmex_guard.config.base import SectionModel, profile_of
from freqtrade_bitmex_guard.config.policy import Policy
from freqtrade_bitmex_guard.config.stores import AnyStore, StoreConfig

SECTION = "api_key_guard"


class GuardConfig(SectionModel):
    """Refuse to start on an API key that can do more than trade."""

    enabled: bool = Field(default=True, description="Whether `freqtrade trade` is guarded.", examples=[True])
    credentials: Annotated[StoreConfig, AnyStore] = Field(
        description="The store of the credentials.",
        examples=[{"store": "keyring", "service": "freqtrade-my-bot"}],
    )
    policy: Policy = Field(description="How much the key may be able to do.", examples=[{"max_ip_addresses": 1}])
    allowed_hosts: list[Annotated[str, Field(min_length=1)]] = Field(
        min_length=1,
        description="The hosts that signed requests may go to, names only. Default: the exchange's own.",
        examples=[["api.example.com"]],
    )
    timeout_seconds: float = Field(
        default=30,
        ge=1,
        le=300,
        allow_inf_nan=False,
        description="The time limit for all requests of a check together, in seconds. Default: 30.",
        examples=[30],
    )

    recheck_minutes: float = Field(
        default=60,
        ge=0,
        le=10_080,
        allow_inf_nan=False,
        description="How often a running bot's key is checked again, in minutes. 0: never. Default: 60.",
        examples=[60],
    )
    recheck_grace_minutes: float = Field(
        default=180,
        ge=0,
        le=10_080,
        allow_inf_nan=False,
        description="How long a bot keeps running while no answer of the exchange is about its key, in minutes: none "
        "comes, or an error page, a redirect, a failed handshake, a clock that is off. Such a check is repeated after "
        "a minute. What the exchange says about the key itself counts at once. Default: 180.",
        examples=[180],
    )
    on_violation: Literal["pause", "stop"] = Field(
        default="pause",
        description="What happens to a running bot whose key breaks the policy: pause opens no new trade and still "
        "manages the open ones; stop does neither. Default: pause.",
        examples=["pause"],
    )

    @model_validator(mode="before")
    @classmethod
    def _fill_in_defaults(cls, source: Any, info: ValidationInfo) -> Any:
        if not isinstance(source, dict):
            return source
        filled = {"credentials": {}, "policy": {}, "allowed_hosts": list(profile_of(info).hosts), **source}
        if isinstance(filled["credentials"], dict):
            filled["credentials"] = {"store": "keyring", **filled["credentials"]}
            if filled["credentials"]["store"] == "agent" and "policy" in source:
                # The bot's user may write this file, so a policy in it would protect nothing.
                raise ValueError('the policy belongs in the agent\'s own config where "store" is "agent"')
        return filled

    @field_validator("allowed_hosts")
    @classmethod
    def _accept_names_only(cls, hosts: list[str]) -> list[str]:
        if any(character in host for host in hosts for character in "/@*? \t") or any(
            host.count(":") == 1 for host in hosts
        ):
            raise ValueError("every entry must be a host name or an address alone, without scheme, port or wildcard")
        return [host.lower().strip("[]") for host in hosts]
