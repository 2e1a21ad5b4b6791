"""The `credentials` part of the section: one model for each store."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, Field, ValidationInfo, model_validator

from freqtrade_bitmex_guard.config.base import SectionModel, profile_of

Argument = Annotated[str, Field(min_length=1)]


Command = Annotated[list[Argument], Field(min_length=1)]


class KeyringStoreConfig(SectionModel):
    """The operating system's credential store, through the keyring library."""

    store: Literal["keyring"] = Field(default="keyring", examples=["keyring"])
    service: str = Field(
        min_length=1,
        description="The service name of the entries `key` and `secret`, or `credentials`. BitMEX's default: "
        "freqtrade-bitmex.",
        examples=["freqtrade-bitmex"],
    )

    @model_validator(mode="before")
    @classmethod
    def _one_service_for_each_exchange(cls, written: Any, info: ValidationInfo) -> Any:
        if not isinstance(written, dict):
            return written
        return {"service": f"freqtrade-{profile_of(info).id}", **written}


class FileStoreConfig(SectionModel):
    """Two files, as systemd, Docker, Podman and Kubernetes hand secrets over."""

    store: Literal["files"] = Field(examples=["files"])
    key_file: str | None = Field(
        default=None,
        min_length=1,
        description="Default: bitmex_api_key in $CREDENTIALS_DIRECTORY, else in /run/secrets.",
        examples=["/run/secrets/bitmex_api_key"],
    )
    secret_file: str | None = Field(
        default=None,
        min_length=1,
        description="Default: bitmex_api_secret in $CREDENTIALS_DIRECTORY, else in /run/secrets.",
        examples=["/run/secrets/bitmex_api_secret"],
    )


class CommandStoreConfig(SectionModel):
    """Two programs that print the key id and the secret, run without a shell."""

    store: Literal["command"] = Field(examples=["command"])
    key_command: Command = Field(examples=[["pass", "show", "bitmex/key"]])
    secret_command: Command = Field(examples=[["pass", "show", "bitmex/secret"]])


ReadOnlyStoreConfig = FileStoreConfig | CommandStoreConfig


"""The stores that somebody else keeps: the guard only reads them."""


StoreConfig = KeyringStoreConfig | ReadOnlyStoreConfig


"""All stores; what is said of them follows from here."""


STORE_MODELS: dict[str, type[BaseModel]] = {
    word: model for model in get_args(StoreConfig) for word in get_args(model.model_fields["store"].annotation)
}
