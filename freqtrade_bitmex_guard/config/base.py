"""The base of all models of the config section: strict, with defaults from the exchange's profile."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationInfo, model_validator

from freqtrade_bitmex_guard.model.profile import ExchangeProfile


def _drop_required(schema: dict[str, Any]) -> None:
    # A field without a default has the exchange's: an editor must not demand it.
    schema.pop("required", None)


class SectionModel(BaseModel):
    """A part of the config section: exact types, no unknown keys, no nulls, immutable."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, hide_input_in_errors=True, json_schema_extra=_drop_required
    )

    @model_validator(mode="before")
    @classmethod
    def _reject_nulls(cls, source: Any) -> Any:
        if isinstance(source, dict):
            empty = [name for name, value in source.items() if value is None]
            if empty:
                raise ValueError(f"null is no value for {', '.join(empty)}: leave the line out instead")
        return source


def profile_of(info: ValidationInfo) -> ExchangeProfile:
    """Return the profile with which the section is parsed; it cannot be parsed without one."""
    context = info.context
    if not isinstance(context, dict) or not isinstance(context.get("profile"), ExchangeProfile):
        raise TypeError("the section is parsed without an exchange's profile")
    profile: ExchangeProfile = context["profile"]
    return profile


def trading_mode_of(info: ValidationInfo) -> str:
    """Return freqtrade's `trading_mode`, which decides what permissions a bot needs."""
    profile_of(info)
    return str(info.context["trading_mode"])  # type: ignore[index]  # there, as `profile_of` has seen
