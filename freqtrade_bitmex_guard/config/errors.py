"""pydantic's errors about the section as findings."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from difflib import get_close_matches

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from freqtrade_bitmex_guard.config.policy import Policy
from freqtrade_bitmex_guard.config.section import SECTION, GuardConfig
from freqtrade_bitmex_guard.config.stores import STORE_MODELS, store_words
from freqtrade_bitmex_guard.model.findings import Finding, error
from freqtrade_bitmex_guard.redaction.sanitize import sanitize, sanitize_tokens

_MODELS: tuple[type[BaseModel], ...] = (GuardConfig, Policy, *STORE_MODELS.values())
_NAMES = [name for model in _MODELS for name in model.model_fields]
# By pydantic's type of error, whose limits fill the placeholders.
_ERROR_TEXTS = {
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
    "string_type": "must be text in quotes",
    "string_unicode": "must be text of valid characters",
    "too_short": "must not be empty",
}


def invalid_field(path: str, problem: str, example: str) -> Finding:
    """Return the finding for one invalid field."""
    return error("section-invalid", f"{path} {problem}.", f"For example: {example}")


def explain_error(detail: ErrorDetails) -> Finding:
    """Return the finding for a pydantic error, without any value of the config."""
    steps = list(detail["loc"])
    # pydantic puts the name of a store of ours into the path, where nobody wrote it.
    is_built_in = len(steps) > 1 and steps[0] == "credentials" and steps[1] in STORE_MODELS
    store = STORE_MODELS[str(steps.pop(1))] if is_built_in else None
    path = ".".join([SECTION, *(sanitize(str(step)) for step in steps)])
    if detail["type"] == "extra_forbidden":
        *parents, name = map(str, steps)
        if not get_close_matches(name, _NAMES, n=1, cutoff=0.5):  # it may be a secret that was pasted here
            path = ".".join([SECTION, *parents, sanitize_tokens(name)])
        if parents == ["credentials"] and store is None:
            fix = "Remove it, or look up the fields of this store in the documentation of its package."
        else:
            fix = _suggestion(name, parents, store)
        return error("section-invalid", f"{path} is not a known field.", fix)
    problem = _ERROR_TEXTS.get(detail["type"], "").format(**detail.get("ctx", {}))
    problem = problem or detail["msg"].removeprefix("Value error, ")
    if detail["type"].startswith("union_tag"):
        *words, last = (repr(sanitize(word)) for word in store_words())
        path, problem = f"{path}.store", f"must be {', '.join(words)} or {last}"
    problem = problem if problem.startswith(("must", "is ")) else f"is invalid: {sanitize(problem, 200)}"
    return invalid_field(path, problem, _example(steps))


def explain_agent_error(detail: ErrorDetails, models: Mapping[str, type[BaseModel]]) -> Finding:
    """Return the finding for a pydantic error about the section `agent`, without any value of the config.

    Args:
        detail: pydantic's error.
        models: the section and its parts by their paths.
    """
    names = ["agent", *map(str, detail["loc"])]
    if detail["type"] == "extra_forbidden":
        *parents, name = names
        known = ", ".join(models.get(".".join(parents), models["agent"]).model_fields)
        fix = f"Remove it. Known fields: {known}."
        return error("agent-setup", f"{'.'.join(parents)}.{sanitize_tokens(name)} is not a known field.", fix)
    problem = _ERROR_TEXTS.get(detail["type"], "").format(**detail.get("ctx", {}))
    problem = problem or detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "greater_than":
        problem = "must be above {gt:g}".format(**detail["ctx"])
    example = '{"socket": "/run/freqtrade-agent/my-bot/agent.sock", "pairs": ["BTC/USDT"]}'
    for model, name in itertools.product(models.values(), names[-2:]):
        field = model.model_fields.get(name)
        if field is not None and field.examples:
            example = json.dumps(field.examples[0])
    path = ".".join(sanitize(name) for name in names)
    problem = problem if problem.startswith(("must", "is ")) else f"is invalid: {sanitize(problem, 200)}"
    return error("agent-setup", f"{path} {problem}.", f"For example: {example}")


def _suggestion(name: str, parents: list[str], store: type[BaseModel] | None) -> str:
    names = list((store or (Policy if parents else GuardConfig)).model_fields)
    parts: dict[str, type[BaseModel]] = {"policy": Policy, "the section itself": GuardConfig}
    parts |= {f'credentials with "store": "{tag}"': model for tag, model in STORE_MODELS.items()}
    owner = next((part for part, model in parts.items() if name in model.model_fields), None)
    known = f"Known fields: {', '.join(names)}."
    if owner:
        return f"{name!r} belongs in {owner}. {known}"
    similar = get_close_matches(name, names, n=1, cutoff=0.5)
    return f"Did you mean {similar[0]!r}? If not, remove it." if similar else f"Remove it. {known}"


def _example(steps: list[int | str]) -> str:
    names = [step for step in steps if isinstance(step, str)]
    for name, model in itertools.product(reversed(names), _MODELS):
        field = model.model_fields.get(name)
        if field is not None and field.examples:
            return f'"{name}": {json.dumps(field.examples[0])}'
    return f'"{SECTION}": {{"credentials": {{"store": "keyring"}}}}'
