"""The operator's policy: how much a key may be able to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from freqtrade_bitmex_guard.config.base import SectionModel, profile_of, trading_mode_of
from freqtrade_bitmex_guard.model.catalogue import FINDINGS
from freqtrade_bitmex_guard.model.networks import Network, admits_everyone, count_addresses, parse_network

PermissionName = Annotated[str, Field(min_length=1, pattern=r"^[A-Za-z0-9_.:-]+$")]


AccountNumber = Annotated[int | str, Field(union_mode="left_to_right")]


SeverityChoice = Literal["error", "warning", "ignore"]


CONFIGURABLE_FINDINGS = tuple(name for name, spec in FINDINGS.items() if spec.configurable)


class Policy(SectionModel):
    """The section `api_key_guard.policy`. The defaults are the exchange's: the least that a bot needs."""

    allowed_permissions: list[PermissionName] = Field(
        description="The permissions a key may have, as the exchange names them; any other refuses the key. "
        "Default: what a bot needs on that exchange. A permission to withdraw is not accepted here.",
        examples=[["order", "position"]],
    )
    required_permissions: list[PermissionName] = Field(
        description="The permissions a key must have; each must be allowed, too. Default: what an order needs on that "
        "exchange.",
        examples=[["order"]],
    )
    max_ip_addresses: int = Field(
        default=1,
        ge=1,
        description="How many distinct IP addresses the key may allow. Default: 1, or with ip_within the number of "
        "distinct addresses in it.",
        examples=[1],
    )
    ip_within: list[str] = Field(
        default=[],
        min_length=1,
        description="Every address block of the key must be inside the union of these networks. Default: not checked.",
        examples=[["203.0.113.0/28"]],
    )
    max_key_age_days: int = Field(
        default=90,
        ge=1,
        le=36_500,
        description="How old the key may be, in days, before key-age finds it. Default: 90.",
        examples=[90],
    )
    min_days_left: int = Field(
        default=7,
        ge=1,
        le=36_500,
        description="How many days before its end the rule key-expiry finds a key. Default: 7.",
        examples=[7],
    )
    accept_unverifiable: list[Literal["permissions", "ip-restriction"]] = Field(
        default=[],
        description="What the operator accepts without seeing it, on an exchange that cannot report it. Every start "
        "then warns. Not accepted on an exchange that reports it. Default: nothing.",
        examples=[["permissions", "ip-restriction"]],
    )
    key_name: str | None = Field(
        default=None,
        min_length=1,
        description="A pattern that the key's name must match; * and ? stand for other characters. "
        "Default: not checked.",
        examples=["freqtrade-*"],
    )
    expected_user_id: AccountNumber | None = Field(
        default=None,
        description="Whose key it must be: the exchange's number of the user. Default: not checked.",
        examples=[395724],
    )
    expected_target_account_id: AccountNumber | None = Field(
        default=None,
        description="On which account it must act: the exchange's number of it. Default: not checked.",
        examples=[395724],
    )
    event_days: int = Field(
        default=7,
        ge=1,
        le=3_650,
        description="How many days back security-event looks. Default: 7.",
        examples=[7],
    )
    severity: dict[str, SeverityChoice] = Field(
        default={},
        json_schema_extra={"propertyNames": {"enum": list(CONFIGURABLE_FINDINGS)}},
        description="What a rule about the account's posture leads to: error refuses the start, warning reports it, "
        "ignore does not even query it. The guard's own rules always refuse.",
        examples=[{"key-age": "error", "sibling-keys": "ignore"}],
    )
    severity_not_reported: SeverityChoice = Field(
        default="warning",
        description="The same for a posture rule about something that the exchange does not report. A rule whose "
        "expected value is in this policy refuses then. Default: warning.",
        examples=["warning"],
    )

    @model_validator(mode="before")
    @classmethod
    def _fill_in_exchange_defaults(cls, source: Any, info: ValidationInfo) -> Any:
        if not isinstance(source, dict):
            return source
        profile = profile_of(info)
        return {
            "allowed_permissions": list(profile.allowed_permissions),
            "required_permissions": list(profile.required_permissions(trading_mode_of(info))),
            **source,
        }

    @field_validator("allowed_permissions", "required_permissions", mode="before")
    @classmethod
    def _reject_forbidden_permissions(cls, names: Any, info: ValidationInfo) -> Any:
        profile = profile_of(info)
        if isinstance(names, list) and any(isinstance(name, str) and profile.is_forbidden(name) for name in names):
            raise ValueError("a permission to withdraw can never be allowed: remove it")
        return names

    @field_validator("severity", mode="before")
    @classmethod
    def _reject_severity_of_own_rules(cls, severities: Any) -> Any:
        if isinstance(severities, dict):
            for name in severities:
                if name in FINDINGS and name not in CONFIGURABLE_FINDINGS:
                    raise ValueError(f"{name} is one of the guard's own rules, whose severity cannot be changed")
                if name not in CONFIGURABLE_FINDINGS:
                    raise ValueError(
                        f"it names a rule that does not exist; there are {', '.join(CONFIGURABLE_FINDINGS)}"
                    )
        return severities

    @field_validator("expected_user_id", "expected_target_account_id", mode="before")
    @classmethod
    def _require_account_number(cls, number: Any) -> Any:
        if type(number) not in (int, str) or not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", str(number)):
            raise ValueError("must be the number that the exchange shows, or that number as text")
        return number

    @field_validator("accept_unverifiable")
    @classmethod
    def _only_what_cannot_be_reported(cls, accepted: list[str], info: ValidationInfo) -> list[str]:
        profile = profile_of(info)
        if reported := [subject for subject in accepted if subject not in profile.cannot_report]:
            raise ValueError(f"{profile.title} reports {' and '.join(reported)} of a key: take it out")
        return accepted

    @field_validator("ip_within")
    @classmethod
    def _reject_networks_without_limit(cls, blocks: list[str]) -> list[str]:
        if admits_everyone(_parse_networks(blocks)):
            raise ValueError("these networks together admit every address, or half of them, which is no restriction")
        return blocks

    @model_validator(mode="after")
    def _require_required_to_be_allowed(self) -> Self:
        surplus = [name for name in self.required_permissions if name not in self.allowed_permissions]
        if surplus:
            raise ValueError(
                f"required_permissions asks for {', '.join(surplus)}, which allowed_permissions does not allow; "
                "a permission that the bot needs must be in both lists"
            )
        return self

    @property
    def allowed_networks(self) -> tuple[Network, ...] | None:
        """The networks of `ip_within`, or None if it is missing."""
        return _parse_networks(self.ip_within) if "ip_within" in self.model_fields_set else None

    @property
    def max_addresses(self) -> int:
        """How many distinct addresses a key may allow."""
        if self.allowed_networks is None or "max_ip_addresses" in self.model_fields_set:
            return self.max_ip_addresses
        return count_addresses(self.allowed_networks)


def _parse_networks(blocks: Sequence[str]) -> tuple[Network, ...]:
    networks = []
    for block in blocks:
        try:
            networks.append(parse_network(block))
        except ValueError:
            raise ValueError("every entry must be of the form address or address/prefix") from None
    return tuple(networks)
