"""The pages about the config section and the command line, from the schema and the commands themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from freqtrade_bitmex_guard.cli.dispatch import COMMANDS
from freqtrade_bitmex_guard.config.stores import STORE_MODELS
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.verdict import EXIT_CODES, EXIT_INTERNAL_ERROR, EXIT_INTERRUPTED
from tests.docs.markdown import Row, table
from tests.docs.simulated import run

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "example_config" / "api_key_guard.schema.json"
NOTE = "<!-- Written by `python -m tests.docs.generate`: change {source} instead. -->\n\n"
_HELP_OF_FREQTRADE = ("trade",)
"""The commands whose help is freqtrade's own."""

_SUBCOMMANDS = {"credentials": ("show", "delete")}
"""Those that take options of their own, so that their help is shown, too."""


# The config section


def config_page() -> str:
    """Return a page with every field of the section, from the published schema."""
    schema: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    section = schema["properties"]["api_key_guard"]
    models = [model for model in schema["$defs"].values() if "store" in model["properties"]]
    stores = {model["properties"]["store"]["const"]: model for model in models}
    agent = schema["properties"]["agent"]
    parts = [
        "# Config fields\n\n"
        "Every field of the section `api_key_guard`.\n"
        "Unknown fields and values of the wrong type are "
        "[`section-invalid`](../findings.md#section-invalid).\n"
        "[Configuration](../configuration.md) explains how to choose them.\n",
        "## api_key_guard\n",
        _fields(section),
        "## api_key_guard.policy\n",
        _fields(schema["$defs"]["Policy"]),
    ]
    for word in STORE_MODELS:
        parts += [f'## credentials with "store": "{word}"\n\n{stores[word]["description"]}\n', _fields(stores[word])]
    parts += ["## agent\n\nIn the [signing agent](../agent.md)'s own config, at the top level.\n", _fields(agent)]
    parts += ["## agent.limits\n", _fields(schema["$defs"]["AgentLimits"])]
    return NOTE.format(source="the models of the section") + "\n".join(parts)


def _fields(model: Mapping[str, Any]) -> str:
    return table(("field", "type", "meaning", "example"), [_field(*item) for item in model["properties"].items()])


def _field(name: str, field: Mapping[str, Any]) -> Row:
    kind = field.get("type") or ("integer or string" if "anyOf" in field else "object")
    limits = [f"{word} {field[key]:,}" for key, word in (("minimum", "from"), ("maximum", "to")) if key in field]
    kind = " ".join([kind, *limits]) if "enum" not in field else " or ".join(f"`{word}`" for word in field["enum"])
    example = f"`{json.dumps(field['examples'][0])}`" if field.get("examples") else ""
    return f"`{name}`", kind, field.get("description", ""), example


# The command line


def cli_page() -> str:
    """Return a page with what each command says of itself."""
    typed: list[tuple[str, ...]] = [()]
    for name in COMMANDS:
        if name not in _HELP_OF_FREQTRADE:
            typed += [(name,), *((name, subcommand) for subcommand in _SUBCOMMANDS.get(name, ()))]
    texts = list(dict.fromkeys(run(*command, "--help").rstrip() for command in typed))
    parts = [
        "# Command line\n\n"
        "`check`, `doctor`, `trade` and `audit` take all options of `freqtrade trade`; `trade --help` shows them.\n"
        "`--check-only`, in front or behind `trade`, is another spelling of `check`.\n"
        "`help COMMAND` is another spelling of `COMMAND --help`, and `python -m freqtrade_bitmex_guard` of "
        "`freqtrade-bitmex-guard`.\n"
        "freqtrade's other commands, such as `freqtrade-bitmex-guard backtesting`, are passed on to freqtrade "
        "unchanged, so this program can be the entry point of an image.\n"
        "A command that is wrong ends with exit code 4 and names the nearest one; the message repeats nothing else "
        "that was typed.\n",
        *(f"```text\n{text}\n```\n" for text in texts),
        "## Exit codes\n",
        exit_code_table(),
    ]
    return NOTE.format(source="the command line") + "\n".join(parts)


def exit_code_table() -> str:
    """Return the exit codes as a table."""
    meanings = {
        Outcome.ADMITTED: "admitted; of `doctor`: ready",
        Outcome.REFUSED: "refused: the key breaks the policy",
        Outcome.UNVERIFIED: "unverified: the key could not be verified",
        Outcome.MISCONFIGURED: "misconfigured, or wrong usage",
    }
    codes = [(str(code), meanings[outcome]) for outcome, code in EXIT_CODES.items()]
    codes += [(str(EXIT_INTERNAL_ERROR), "a bug in the guard"), (str(EXIT_INTERRUPTED), "interrupted")]
    return table(
        ("exit code", "of `--check-only`, `doctor`, `audit`, and of `trade` where the guard stopped it"), codes
    )
