"""The `credentials` part of the section: one model for each store."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError, PydanticKnownError

from freqtrade_bitmex_guard.config.base import SectionModel, profile_of
from freqtrade_bitmex_guard.model.credentials import (
    KEY,
    PASSWORD,
    PRIVATE_KEY,
    SECRET,
    STORED_FIELDS,
    WALLET_ADDRESS,
    CredentialField,
)

Argument = Annotated[str, Field(min_length=1)]

Command = Annotated[list[Argument], Field(min_length=1)]

_MAX_SOCKET_PATH = 107  # sun_path in unix(7), without its final zero


class KeyringStoreConfig(SectionModel):
    """The operating system's credential store, through the keyring library."""

    store: Literal["keyring"] = Field(default="keyring", examples=["keyring"])
    service: str = Field(
        min_length=1,
        description="The service name of the entries: one for each part (`key`, `secret` …), or `credentials` for all "
        "parts together. Default: `freqtrade-<exchange>`.",
        examples=["freqtrade-binance"],
    )

    @model_validator(mode="before")
    @classmethod
    def _use_one_service_for_each_exchange(cls, written: Any, info: ValidationInfo) -> Any:
        if not isinstance(written, dict):
            return written
        return {"service": f"freqtrade-{profile_of(info).id}", **written}


def _file(field: CredentialField, note: str = "") -> Any:
    name = f"{field.file_prefix}{field.name}"
    return Field(
        default=None,
        min_length=1,
        description=f"Default: `<exchange>_{name}` in $CREDENTIALS_DIRECTORY, else in /run/secrets.{note}",
        examples=[f"/run/secrets/binance_{name}"],
    )


_SOME_EXCHANGES = " Only for exchanges that issue one."


class FileStoreConfig(SectionModel):
    """One file for each part, as systemd, Docker, Podman and Kubernetes hand secrets over."""

    store: Literal["files"] = Field(examples=["files"])
    key_file: str | None = _file(KEY)
    secret_file: str | None = _file(SECRET)
    password_file: str | None = _file(PASSWORD, _SOME_EXCHANGES)
    wallet_address_file: str | None = _file(WALLET_ADDRESS, _SOME_EXCHANGES)
    private_key_file: str | None = _file(PRIVATE_KEY, _SOME_EXCHANGES)

    def file(self, field: CredentialField) -> str | None:
        """Return the path that is written for a part, or None for the default."""
        path: str | None = getattr(self, f"{field.name}_file")
        return path

    @field_validator(*(f"{field.name}_file" for field in STORED_FIELDS))
    @classmethod
    def _is_for_a_part_of_the_exchange(cls, path: str | None, info: ValidationInfo) -> str | None:
        _reject_foreign_part(str(info.field_name).removesuffix("_file"), info)
        return path


def _command(field: CredentialField, note: str = "") -> Any:
    return Field(
        default=None,
        validate_default=True,
        description=f"Prints the {field.label} alone.{note}",
        examples=[["pass", "show", f"binance/{field.name}"]],
    )


class CommandStoreConfig(SectionModel):
    """One program for each part, which prints it; run without a shell."""

    store: Literal["command"] = Field(examples=["command"])
    key_command: Command | None = _command(KEY)
    secret_command: Command | None = _command(SECRET)
    password_command: Command | None = _command(PASSWORD, _SOME_EXCHANGES)
    wallet_address_command: Command | None = _command(WALLET_ADDRESS, _SOME_EXCHANGES)
    private_key_command: Command | None = _command(PRIVATE_KEY, _SOME_EXCHANGES)

    def command(self, field: CredentialField) -> list[str]:
        """Return the program and its arguments for a part of the exchange."""
        command: list[str] = getattr(self, f"{field.name}_command")
        return command

    @field_validator(*(f"{field.name}_command" for field in STORED_FIELDS))
    @classmethod
    def _is_there_for_each_part_of_the_exchange(cls, command: Any, info: ValidationInfo) -> Any:
        part = str(info.field_name).removesuffix("_command")
        if command is not None:
            _reject_foreign_part(part, info)
        elif any(field.name == part for field in profile_of(info).credentials):
            raise PydanticKnownError("missing")
        return command


def _reject_foreign_part(part: str, info: ValidationInfo) -> None:
    profile = profile_of(info)
    names = [field.name for field in profile.credentials]
    if part not in names:
        raise PydanticCustomError(
            "foreign_part",
            "is not for {title}, whose keys consist of {parts}",
            {"title": profile.title, "parts": " and ".join(names)},
        )


class AgentStoreConfig(SectionModel):
    """The signing agent, a process of another user, which holds the key and never hands it over."""

    store: Literal["agent"] = Field(examples=["agent"])
    socket: str = Field(
        min_length=1,
        description="The agent's socket, an absolute path; the same as in the agent's own config.",
        examples=["/run/freqtrade-agent/my-bot/agent.sock"],
    )

    @field_validator("socket")
    @classmethod
    def _is_an_absolute_path(cls, path: str) -> str:
        return accept_socket_path(path)


def accept_socket_path(path: str) -> str:
    """Return the path of a Unix socket if the operating system takes it.

    Raises:
        ValueError: if it does not. An abstract socket is refused too: it has no mode, so anybody may connect.
    """
    if not path.startswith("/") or "\0" in path or len(path.encode("utf-8", "surrogatepass")) > _MAX_SOCKET_PATH:
        raise ValueError(f"must be an absolute path of up to {_MAX_SOCKET_PATH} bytes")
    return path


ReadOnlyStoreConfig = FileStoreConfig | CommandStoreConfig
"""The stores that are managed externally: the guard only reads them."""

StoreConfig = KeyringStoreConfig | ReadOnlyStoreConfig | AgentStoreConfig
"""All stores; whatever lists them takes them from here."""

STORE_MODELS: dict[str, type[BaseModel]] = {
    word: model for model in get_args(StoreConfig) for word in get_args(model.model_fields["store"].annotation)
}
