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


CONFIGURABLE_FINDINGS = tuple(name for name, rule in FINDINGS.items() if rule.configurable)


class Policy(SectionModel):
    """`api_key_guard.policy`. What is not written takes the exchange's default, which is the least a bot needs."""

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
        description="How many distinct addresses the key may work from. Default: 1, or with ip_within the number of "
        "distinct addresses in it.",
        examples=[1],
    )
    ip_within: list[str] = Field(
        default=[],
        min_length=1,
        description="Every address block of the key must lie inside the union of these networks. Default: not asked.",
        examples=[["203.0.113.0/28"]],
    )
    max_key_age_days: int = Field(
        default=90,
        ge=1,
        le=36_500,
        description="How old the key may be, in days, before the rule key-age finds it. Default: 90.",
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
        description="What the key's name must look like; * and ? stand for other characters. Default: not asked.",
        examples=["freqtrade-*"],
    )
    expected_user_id: AccountNumber | None = Field(
        default=None,
        description="Whose key it must be: the exchange's number of the user. Default: not asked.",
        examples=[395724],
    )
    expected_target_account_id: AccountNumber | None = Field(
        default=None,
        description="Which account it must act on: the exchange's number of it. Default: not asked.",
        examples=[395724],
    )
    event_days: int = Field(
        default=7,
        ge=1,
        le=3_650,
        description="How many days back the rule security-event looks. Default: 7.",
        examples=[7],
    )
    severity: dict[str, SeverityChoice] = Field(
        default={},
        json_schema_extra={"propertyNames": {"enum": list(CONFIGURABLE_FINDINGS)}},
        description="What a rule about the account's posture leads to: error refuses the start, warning tells, ignore "
        "does not even ask. The guard's own rules always refuse.",
        examples=[{"key-age": "error", "sibling-keys": "ignore"}],
    )
    severity_not_reported: SeverityChoice = Field(
        default="warning",
        description="The same for a posture rule about something that the exchange does not tell. A rule whose "
        "expected value is written in this policy refuses then. Default: warning.",
        examples=["warning"],
    )

    @model_validator(mode="before")
    @classmethod
    def _take_the_exchanges_defaults(cls, written: Any, info: ValidationInfo) -> Any:
        if not isinstance(written, dict):
            return written
        profile = profile_of(info)
        return {
            "allowed_permissions": list(profile.allowed_permissions),
            "required_permissions": list(profile.required_permissions(trading_mode_of(info))),
            **written,
        }

    @field_validator("allowed_permissions", "required_permissions", mode="before")
    @classmethod
    def _money_never_leaves(cls, words: Any, info: ValidationInfo) -> Any:
        if isinstance(words, list) and any(
            isinstance(word, str) and profile_of(info).is_forbidden(word) for word in words
        ):
            raise ValueError("a right to withdraw can never be allowed: take it out")
        return words

    @field_validator("severity", mode="before")
    @classmethod
    def _own_rules_always_refuse(cls, severities: Any) -> Any:
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
    def _a_number_that_can_be(cls, number: Any) -> Any:
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
    def _networks_that_are_a_limit(cls, blocks: list[str]) -> list[str]:
        if admits_everyone(_parse_networks(blocks)):
            raise ValueError("these networks together admit every address, or half of them, which is no limit")
        return blocks

    @model_validator(mode="after")
    def _required_is_allowed(self) -> Self:
        surplus = [word for word in self.required_permissions if word not in self.allowed_permissions]
        if surplus:
            raise ValueError(
                f"required_permissions asks for {', '.join(surplus)}, which allowed_permissions does not allow; "
                "a right that the bot needs stands in both lists"
            )
        return self

    @property
    def allowed_networks(self) -> tuple[Network, ...] | None:
        """The networks of `ip_within`, or None if it is not written."""
        return _parse_networks(self.ip_within) if "ip_within" in self.model_fields_set else None

    @property
    def max_addresses(self) -> int:
        """How many distinct addresses a key may work from."""
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
