"""What all parts of the config section share: strictness, and defaults that the exchange brings."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationInfo, model_validator

from freqtrade_bitmex_guard.model.profile import ExchangeProfile


def _nothing_is_required(schema: dict[str, Any]) -> None:
    # Fields without a default of their own take the exchange's; an editor must not ask for them.
    schema.pop("required", None)


class SectionModel(BaseModel):
    """A part of the config section: exact types, no unknown keys, no nulls, nothing to change afterwards."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, hide_input_in_errors=True, json_schema_extra=_nothing_is_required
    )

    @model_validator(mode="before")
    @classmethod
    def _null_is_no_value(cls, written: Any) -> Any:
        if isinstance(written, dict):
            empty = [name for name, value in written.items() if value is None]
            if empty:
                raise ValueError(f"null is no value for {', '.join(empty)}: leave the line out instead")
        return written


def profile_of(info: ValidationInfo) -> ExchangeProfile:
    """The exchange's words that the section is read with; a section cannot be read without them."""
    context = info.context
    if not isinstance(context, dict) or not isinstance(context.get("profile"), ExchangeProfile):
        raise TypeError("the section is parsed without an exchange's profile")
    profile: ExchangeProfile = context["profile"]
    return profile


def trading_mode_of(info: ValidationInfo) -> str:
    """Return freqtrade's `trading_mode`, which decides what permissions a bot needs."""
    profile_of(info)
    return str(info.context["trading_mode"])  # type: ignore[index]  # there, as `profile_of` has seen
