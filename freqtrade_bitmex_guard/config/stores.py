"""The `credentials` part of the section: one model for each store."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import (
    BaseModel,
    Field,
    GetCoreSchemaHandler,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError, PydanticKnownError, core_schema

from freqtrade_bitmex_guard.config.base import SectionModel, profile_of
from freqtrade_bitmex_guard.config.paths import ConfigPath, config_of, expand_path, is_in_own_folder
from freqtrade_bitmex_guard.model.credentials import (
    KEY,
    PASSWORD,
    PRIVATE_KEY,
    SECRET,
    STORED_FIELDS,
    WALLET_ADDRESS,
    CredentialField,
)
from freqtrade_bitmex_guard.util.entry_points import EntryPointError, entry_point_names, load_entry_point

ENTRY_POINTS = "freqtrade_bitmex_guard.stores"
"""The group of entry points by which another package brings the model of a store, named like its word."""

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
        description=f"Default: `<exchange>_{name}` in $CREDENTIALS_DIRECTORY, else in /run/secrets.{note}",
        examples=[f"/run/secrets/binance_{name}"],
    )


_SOME_EXCHANGES = " Only for exchanges that issue one."


class FileStoreConfig(SectionModel):
    """One file that the guard writes, or one for each part, as systemd, Docker, Podman and Kubernetes provide them."""

    store: Literal["files"] = Field(examples=["files"])
    file: ConfigPath | None = Field(
        default=None,
        description="One file with all parts, as a JSON object, which `setup` and `credentials` write. Not beside the "
        "others, and not in the bot's own folder.",
        examples=["~/.config/freqtrade-bitmex-guard/binance.json"],
    )
    key_file: ConfigPath | None = _file(KEY)
    secret_file: ConfigPath | None = _file(SECRET)
    password_file: ConfigPath | None = _file(PASSWORD, _SOME_EXCHANGES)
    wallet_address_file: ConfigPath | None = _file(WALLET_ADDRESS, _SOME_EXCHANGES)
    private_key_file: ConfigPath | None = _file(PRIVATE_KEY, _SOME_EXCHANGES)

    def part_file(self, field: CredentialField) -> str | None:
        """Return the path that is written for a part, or None for the default."""
        path: str | None = getattr(self, f"{field.name}_file")
        return path

    @field_validator(*(f"{field.name}_file" for field in STORED_FIELDS))
    @classmethod
    def _is_for_a_part_of_the_exchange(cls, path: str | None, info: ValidationInfo) -> str | None:
        _reject_foreign_part(str(info.field_name).removesuffix("_file"), info)
        if path is not None and info.data.get("file") is not None:
            raise PydanticCustomError("two_forms", "is not needed: `file` has all parts; write one or the other")
        return path

    @field_validator("file")
    @classmethod
    def _is_not_the_bots_own(cls, path: str | None, info: ValidationInfo) -> str | None:
        if path is not None and is_in_own_folder(Path(path), config_of(info)):
            raise PydanticCustomError(
                "own_folder",
                "is in the folder of the config or of user_data, which are shared, copied and committed",
            )
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
            program, *arguments = command
            return [
                _expand_word(program, "/" in program, info),
                *(_expand_word(word, False, info) for word in arguments),
            ]
        if any(field.name == part for field in profile_of(info).credentials):
            raise PydanticKnownError("missing")
        return command


def _expand_word(word: str, is_path: bool, info: ValidationInfo) -> str:
    """Expand a word of a command if it is a path: of an argument only a home says so."""
    return expand_path(word, config_of(info)) if is_path or word.startswith("~/") else word


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


class ForeignStoreConfig(SectionModel):
    """The base of a store that another package brings: its model, with the fields that the operator writes.

    Attributes:
        is_writable: whether its store is a `credentials.interface.WritableStore`.
    """

    is_writable: ClassVar[bool] = False

    store: str

    def open_store(self, exchange: str) -> Any:
        """Return its `credentials.interface.CredentialStore`. Nothing is read yet.

        Args:
            exchange: the exchange's ccxt id.
        """
        raise NotImplementedError


BuiltInStoreConfig = KeyringStoreConfig | FileStoreConfig | CommandStoreConfig | AgentStoreConfig
"""The stores of this package; whatever lists them takes them from here."""

ReadOnlyStoreConfig = FileStoreConfig | CommandStoreConfig | ForeignStoreConfig
"""The stores that are managed externally, or may be: the guard only reads them."""

StoreConfig = KeyringStoreConfig | ReadOnlyStoreConfig | AgentStoreConfig
"""All stores."""

STORE_MODELS: dict[str, type[BaseModel]] = {
    word: model for model in get_args(BuiltInStoreConfig) for word in get_args(model.model_fields["store"].annotation)
}


def store_words() -> list[str]:
    """Return what `store` may be: the word of a store of this package, or of another one's."""
    return [*STORE_MODELS, *(name for name in entry_point_names(ENTRY_POINTS) if name not in STORE_MODELS)]


class AnyStore:
    """Has pydantic parse a store of this package, and only a word that none of them has as one of another package."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema of the stores of this package, with the other ones before it."""
        built_in = handler.generate_schema(Annotated[BuiltInStoreConfig, Field(discriminator="store")])
        return core_schema.with_info_wrap_validator_function(cls._parse, built_in)

    @staticmethod
    def _parse(written: Any, parse_built_in: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        word = written.get("store") if isinstance(written, dict) else None
        if not isinstance(word, str) or word in STORE_MODELS:
            return parse_built_in(written)
        problem = "its package brings no model of a store"
        try:
            model = load_entry_point(ENTRY_POINTS, word)
        except EntryPointError as end:
            model, problem = end, str(end)
        if model is None:
            return parse_built_in(written)
        if isinstance(model, type) and issubclass(model, ForeignStoreConfig):
            return model.model_validate(written, context=info.context)
        raise PydanticCustomError("foreign_store", "is of another package and cannot be used: {p}", {"p": problem})
