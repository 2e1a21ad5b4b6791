"""The config section `api_key_guard`, as the operator writes it."""

from __future__ import annotations

import itertools
import json
import unicodedata
from collections.abc import Mapping
from difflib import SequenceMatcher, get_close_matches
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_core import ErrorDetails

from freqtrade_bitmex_guard.findings import Finding, Stopped, error
from freqtrade_bitmex_guard.policy import Policy
from freqtrade_bitmex_guard.redaction import harmless, without_tokens
from freqtrade_bitmex_guard.section import Section, terms_of
from freqtrade_bitmex_guard.terms import Terms

SECTION = "api_key_guard"
_NEARLY = 0.8
_NEARLY_IN_OTHER_LETTERS = 0.5

Argument = Annotated[str, Field(min_length=1)]
Command = Annotated[list[Argument], Field(min_length=1)]


class KeyringStore(Section):
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
        return {"service": f"freqtrade-{terms_of(info).exchange}", **written}


class FileStore(Section):
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


class CommandStore(Section):
    """Two programs that print the key id and the secret, run without a shell."""

    store: Literal["command"] = Field(examples=["command"])
    key_command: Command = Field(examples=[["pass", "show", "bitmex/key"]])
    secret_command: Command = Field(examples=[["pass", "show", "bitmex/secret"]])


ReadStore = FileStore | CommandStore
"""The stores that somebody else keeps: the guard only reads them."""

AnyStore = KeyringStore | ReadStore
"""All stores; what is said of them follows from here."""

_STORES: dict[str, type[BaseModel]] = {
    word: model for model in get_args(AnyStore) for word in get_args(model.model_fields["store"].annotation)
}


class GuardConfig(Section):
    """Refuse to start on an API key that can do more than trade."""

    enabled: bool = Field(default=True, description="Whether `freqtrade trade` is guarded.", examples=[True])
    credentials: AnyStore = Field(
        discriminator="store",
        description="Where key id and secret live.",
        examples=[{"store": "keyring", "service": "freqtrade-bitmex"}],
    )
    policy: Policy = Field(description="How much the key may be able to do.", examples=[{"max_ip_addresses": 1}])
    allowed_hosts: list[Annotated[str, Field(min_length=1)]] = Field(
        min_length=1,
        description="The hosts that may be asked, names only. BitMEX's default: www.bitmex.com, testnet.bitmex.com.",
        examples=[["www.bitmex.com", "testnet.bitmex.com"]],
    )
    timeout_seconds: float = Field(
        default=30,
        ge=1,
        le=300,
        allow_inf_nan=False,
        description="Bounds all talk with the exchange together, in seconds.",
        examples=[30],
    )

    recheck_minutes: float = Field(
        default=60,
        ge=0,
        le=10_080,
        allow_inf_nan=False,
        description="How often the key is checked again while the bot runs, in minutes. 0: never. Default: 60.",
        examples=[60],
    )
    recheck_grace_minutes: float = Field(
        default=180,
        ge=0,
        le=10_080,
        allow_inf_nan=False,
        description="How long a running bot goes on while that check cannot be made for a passing cause, in minutes. "
        "Default: 180.",
        examples=[180],
    )
    on_violation: Literal["pause", "stop"] = Field(
        default="pause",
        description="What becomes of a running bot whose key breaks the policy: pause opens no new trade and still "
        "manages the open ones; stop does neither. Default: pause.",
        examples=["pause"],
    )

    @model_validator(mode="before")
    @classmethod
    def _take_the_defaults(cls, written: Any, info: ValidationInfo) -> Any:
        if not isinstance(written, dict):
            return written
        filled = {
            "credentials": {},
            "policy": {},
            "allowed_hosts": list(terms_of(info).hosts),
            **written,
        }
        if isinstance(filled["credentials"], dict):
            filled["credentials"] = {"store": "keyring", **filled["credentials"]}
        return filled

    @field_validator("allowed_hosts")
    @classmethod
    def _names_only(cls, hosts: list[str]) -> list[str]:
        if any(character in host for host in hosts for character in "/@*? \t") or any(
            host.count(":") == 1 for host in hosts
        ):
            raise ValueError("every entry must be a host name or an address alone, without scheme, port or wildcard")
        return [host.lower().strip("[]") for host in hosts]


_MODELS: tuple[type[BaseModel], ...] = (GuardConfig, Policy, *_STORES.values())
_NAMES = [name for model in _MODELS for name in model.model_fields]
# By pydantic's type of error; the limits are those that it tells with it.
_WORDS = {
    "missing": "is missing",
    "bool_type": "must be true or false, without quotes",
    "dict_type": "must be an object",
    "finite_number": "must be a finite number",
    "float_type": "must be a number, without quotes",
    "greater_than_equal": "must be {ge:g} or more",
    "int_type": "must be a whole number, without quotes",
    "less_than_equal": "must be {le:g} or less",
    "list_type": "must be a list",
    "literal_error": "must be {expected}",
    "model_attributes_type": "must be an object",
    "model_type": "must be an object",
    "string_pattern_mismatch": "must be one word of letters, digits and _ . : -",
    "string_too_short": "must not be empty",
    "string_type": "must be a text in quotes",
    "string_unicode": "must be a text of valid characters",
    "too_short": "must not be empty",
}


def wanted(config: Mapping[str, Any]) -> bool | None:
    """Whether the operator wants the guard.

    Args:
        config: freqtrade's whole, merged config.

    Returns:
        None if the section is absent, else its `enabled`.

    Raises:
        Stopped: misconfigured, where it is unclear: a name that is almost the section's, a section that is not an
            object, an `enabled` that is not a boolean. Unclear is never "off".
    """
    exchange = config.get("exchange")
    nearly = [str(name) for name in config if name != SECTION and _resembles(str(name))]
    nearly += [f"exchange.{name}" for name in (exchange if isinstance(exchange, dict) else ()) if _resembles(str(name))]
    if nearly:
        raise Stopped(
            *(
                error(
                    "section-misnamed",
                    f"The config has a key {harmless(name)!r}, which is almost the section {SECTION!r}: as it stands, "
                    "nothing would be guarded.",
                    f"Rename it to {SECTION!r}, at the top level, or give it a name of its own.",
                )
                for name in nearly
            )
        )
    if SECTION not in config:
        return None
    section = config[SECTION]
    if not isinstance(section, dict):
        raise Stopped(
            _wrong(SECTION, "must be an object", '{"credentials": {"store": "keyring"}}'),
        )
    enabled = section.get("enabled", True)
    if not isinstance(enabled, bool):
        raise Stopped(_wrong(f"{SECTION}.enabled", "must be true or false, without quotes", "true"))
    return enabled


def read(section: Mapping[str, Any], terms: Terms) -> GuardConfig:
    """The section, checked to the letter.

    Args:
        section: what stands under `api_key_guard`.
        terms: the words and defaults of the exchange that the bot uses.

    Raises:
        Stopped: misconfigured, one finding for everything that is wrong, never with a value in it.
    """
    try:
        return GuardConfig.model_validate(section, context={"terms": terms})
    except ValidationError as problems:
        details = problems.errors(include_input=False, include_url=False)
    raise Stopped(*(_explain(detail) for detail in details))


def _resembles(name: str) -> bool:
    plain, section = (
        "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())
        for text in (name, SECTION)
    )
    # Letters of other alphabets look the same and count as different.
    nearly = _NEARLY if plain.isascii() else _NEARLY_IN_OTHER_LETTERS
    return section in plain or SequenceMatcher(None, plain, section).ratio() >= nearly


def _wrong(path: str, what: str, example: str) -> Finding:
    return error("section-invalid", f"{path} {what}.", f"For example: {example}")


def _explain(detail: ErrorDetails) -> Finding:
    steps = list(detail["loc"])
    # Of several models pydantic names the one it took, by the store's word; nobody wrote that there.
    store = _STORES.get(str(steps.pop(1))) if len(steps) > 1 and steps[0] == "credentials" else None
    path = ".".join([SECTION, *(harmless(str(step)) for step in steps)])
    if detail["type"] == "extra_forbidden":
        *parents, name = map(str, steps)
        if not get_close_matches(name, _NAMES, n=1, cutoff=0.5):  # a secret, perhaps, that was pasted here
            path = ".".join([SECTION, *parents, without_tokens(name)])
        return error("section-invalid", f"{path} is not a known key.", _instead(name, parents, store))
    what = _WORDS.get(detail["type"], "").format(**detail.get("ctx", {}))
    what = what or detail["msg"].removeprefix("Value error, ")
    if detail["type"].startswith("union_tag"):
        *words, last = map(repr, _STORES)
        path, what = f"{path}.store", f"must be {', '.join(words)} or {last}"
    what = what if what.startswith(("must", "is ")) else f"is wrong: {harmless(what, 200)}"
    return _wrong(path, what, _example(steps))


def _instead(name: str, parents: list[str], store: type[BaseModel] | None) -> str:
    names = list((store or (Policy if parents else GuardConfig)).model_fields)
    places: dict[str, type[BaseModel]] = {"policy": Policy, "the section itself": GuardConfig}
    places |= {f'credentials with "store": "{tag}"': model for tag, model in _STORES.items()}
    elsewhere = next((place for place, model in places.items() if name in model.model_fields), None)
    known = f"Known here: {', '.join(names)}."
    if elsewhere:
        return f"{name!r} belongs in {elsewhere}. {known}"
    near = get_close_matches(name, names, n=1, cutoff=0.5)
    return f"Did you mean {near[0]!r}? Else take it out." if near else f"Take it out. {known}"


def _example(steps: list[int | str]) -> str:
    names = [step for step in steps if isinstance(step, str)]
    for name, model in itertools.product(reversed(names), _MODELS):
        field = model.model_fields.get(name)
        if field is not None and field.examples:
            return f'"{name}": {json.dumps(field.examples[0])}'
    return f'"{SECTION}": {{"credentials": {{"store": "keyring"}}}}'
