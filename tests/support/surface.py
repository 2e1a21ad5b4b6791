"""What users rely on, read from the running code: names, exit codes, fields, options, files.

Each function yields the lines of one part; `test_published.py` compares them with what was published.
"""

from __future__ import annotations

import argparse
import inspect
import json
import re
import runpy
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, NoReturn

import freqtrade_bitmex_guard
from freqtrade_bitmex_guard.audit.diff import ChangeKind
from freqtrade_bitmex_guard.fleet.across import DEFAULT_SEVERITIES
from freqtrade_bitmex_guard.model.catalogue import FINDINGS, Outcome
from freqtrade_bitmex_guard.model.diagnosis import READY, State
from freqtrade_bitmex_guard.model.findings import Severity
from freqtrade_bitmex_guard.model.key import KeyFacts, NotReported, PermissionKind
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.report import json as check_report
from freqtrade_bitmex_guard.simulator.bitmex import error
from freqtrade_bitmex_guard.simulator.bot import DemoBot
from tests.e2e.trading_bot import Receiver
from tests.support.factories import KEY_ID, NEW_ID, NEW_SECRET, SECRET, allow_secrets_in, key, new_key, other_key
from tests.support.file_keyring import Vault
from tests.support.machine import DIGEST, Machine, fields
from tests.support.pty import GUARD, ROOT, environment

TABLE = Path(__file__).parents[1] / "published.json"
WORDING = {"description", "examples", "title"}


def findings(_: Machine) -> Iterator[str]:
    for name, rule in FINDINGS.items():
        yield f"{name}: {rule.outcome}{', transient' * rule.transient}{', configurable' * rule.configurable}"


def values(_: Machine) -> Iterator[str]:
    for name, words in (
        ("verdict", Outcome),
        ("severity", Severity),
        ("permission", PermissionKind),
        ("change", ChangeKind),
        ("state", State),
    ):
        yield from (f"{name}: {word}" for word in words)
    yield f"verdict: {READY}"


def exit_codes(machine: Machine) -> Iterator[str]:
    config, own = machine.config(), machine.exchange.keys[0]

    def ended(*arguments: str) -> str:
        code, out = machine.run(*arguments, "--format", "json")
        return f"{arguments[0]}, {json.loads(out)['verdict']}: {code}"

    for command in ("--check-only", "audit"):
        own.permissions = ["order"]
        yield ended(command, "-c", config)
        own.permissions = ["order", "withdraw"]
        yield ended(command, "-c", config)
        machine.exchange.respond_next("/apiKey", error(401, "Invalid API Key."))
        yield ended(command, "-c", config)
        yield ended(command, "-c", f"{config}.missing")
    for raised, name in ((RuntimeError(), "a bug"), (KeyboardInterrupt(), "interrupted")):

        def fail(*_: Any, raised: BaseException = raised, **__: Any) -> NoReturn:
            raise raised

        with machine.patch.context() as patch:
            patch.setattr(argparse.ArgumentParser, "parse_known_args", fail)
            yield f"{name}: {machine.run('--check-only', '-c', config)[0]}"


def check_json(machine: Machine) -> Iterator[str]:
    config, own = machine.config(), machine.exchange.keys[0]
    yield from machine.fields("--check-only", "-c", f"{config}.missing")
    yield from machine.fields("--check-only", "-c", config)
    own.permissions, own.cidr = ["order", "withdraw"], ""
    yield from machine.fields("--check-only", "-c", config)
    own.cidrs, own.cidr = ["127.0.0.1", "not a block"], None
    own.overrides = {"name": None, "created": None, "userId": None, "targetAccountId": None}
    yield from machine.fields("--check-only", "-c", config)
    # BitMEX reports all of it.
    yield from fields(check_report.to_dict(Verdict((), (KeyFacts(None, NotReported("not reported")),))))


def doctor_json(machine: Machine) -> Iterator[str]:
    config = machine.config()
    yield from machine.fields("doctor", "-c", f"{config}.missing")
    yield from machine.fields("doctor", "-c", config)


def audit_json(machine: Machine) -> Iterator[str]:
    config, own, account = machine.config(), machine.exchange.keys[0], machine.exchange.account
    yield from machine.fields("audit", "-c", f"{config}.missing")
    account.add_withdrawal_address("hot wallet", skip2FA=True)
    account.add_event("withdrawalRequested", days_ago=2, ip="198.51.100.9")
    account.events[-1] |= {"ip": None, "status": None}
    machine.exchange.keys += [other_key(cidr=""), new_key(overrides={"permissions": None})]
    yield from machine.fields("audit", "-c", config)
    own.permissions, own.name, own.cidr = ["order", "withdraw"], None, ""  # type: ignore[assignment]
    machine.exchange.keys.pop(1)
    yield from machine.fields("audit", "-c", config)
    for path in ("/user", "/address", "/userEvent", "/apiKey"):
        machine.exchange.respond_always(path, error(403, "Access Denied"))
    yield from machine.fields("audit", "-c", config, "--userdir", str(machine.folder / "missing"))


def fleet_json(machine: Machine) -> Iterator[str]:
    good = machine.config()
    copy = machine.folder / "copy.json"
    copy.write_bytes(Path(good).read_bytes())
    for bots in ([good], [f"{good}.missing"], [good, str(copy)]):
        yield from machine.fields("fleet", *bots)
    yield from (f"rule across bots: {name}, {severity}" for name, severity in DEFAULT_SEVERITIES.items())


def metrics(machine: Machine) -> Iterator[str]:
    for line in machine.run("fleet", machine.config(), "--format", "prometheus")[1].splitlines():
        if line.startswith("# TYPE"):
            yield line.removeprefix("# TYPE ")
        elif not line.startswith("#"):
            labels = ", ".join(re.findall(r'(\w+)="', line))
            yield f"{re.split('[{ ]', line)[0]}: {labels or 'no label'}"


def config(_: Machine) -> Iterator[str]:
    schema = runpy.run_path(str(ROOT / "example_config" / "make_schema.py"))["schema"]()

    def described(node: dict[str, Any], path: str) -> Iterator[str]:
        if "$ref" in node:
            node = {**schema["$defs"][node["$ref"].rpartition("/")[2]], **node}
        parts = {"$ref", "properties", "items", "oneOf", "anyOf", "enum", "additionalProperties", "propertyNames"}
        facts = [f"{name} {node[name]!r}" for name in sorted(node) if name not in parts | WORDING]
        facts += ["closed"] * (node.get("additionalProperties") is False)
        yield from [f"{path}: {', '.join(facts)}"] * bool(facts)
        yield from (f"{path} may be {choice!r}" for choice in node.get("enum", ()))
        yield from (f"{path} may have {name!r}" for name in node.get("propertyNames", {}).get("enum", ()))
        for name, inside in node.get("properties", {}).items():
            yield from described(inside, f"{path}.{name}")
        for inside in node.get("anyOf", ()):
            yield from described(inside, path)
        for inside in node.get("oneOf", ()):
            name = schema["$defs"][inside["$ref"].rpartition("/")[2]]["properties"]["store"]["const"]
            yield from described(inside, f"{path}({name})")
        if "items" in node:
            yield from described(node["items"], f"{path}[]")
        if isinstance(node.get("additionalProperties"), dict):
            yield from described(node["additionalProperties"], f"{path}.*")

    return described(schema["properties"]["api_key_guard"], "api_key_guard")


def options(machine: Machine) -> Iterator[str]:
    for command in (
        [],
        ["check"],
        ["audit"],
        ["fleet"],
        ["setup"],
        ["credentials"],
        ["credentials", "delete"],
        ["demo"],
    ):
        code, out = machine.run(*command, "--help")
        assert code == 0
        yield from re.findall(r"(?<![\w-])--?[a-z][\w-]*", out)


def commands(machine: Machine) -> Iterator[str]:
    """Yield how command lines end. The table lists them, because no program lists all that it understands."""
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    lines = [line for part in ("frozen", "added") for line in table[part].get("commands", ())]
    for given in (line.rpartition(": ")[0] for line in lines):
        yield f"{given}: {_end(machine, given.split())}"


def _end(machine: Machine, given: list[str]) -> str:
    machine.exchange.keys[:] = [key(), new_key()]
    machine.store_entries(**{} if {"set", "migrate"} & {*given} else {"key": KEY_ID, "secret": SECRET})
    path = machine.config(credentials={"store": "keyring"})
    if "migrate" in given:
        allow_secrets_in(Path(path))
        content = json.loads(Path(path).read_text())
        content["exchange"] |= {"key": KEY_ID, "secret": SECRET}
        Path(path).write_text(json.dumps(content))
    typed = [path if word == "CONFIG" else word for word in given]
    code, out = machine.run(*typed, stdin=f"{NEW_ID}\n{NEW_SECRET}\n" * ("credentials" in given))
    if code == 4 and out == machine.run("no-such-command", "-c", path)[1]:
        return "4 unknown command"
    return f"{code} usage" if code == 4 and re.search(r"(?<![\w-])usage(?![\w-])", out) else str(code)


def files(machine: Machine) -> Iterator[str]:
    """Yield what a refused start and an audit leave in the user-data folder."""
    machine.run("audit", "-c", machine.config())
    machine.exchange.keys[0].permissions = ["withdraw"]
    bot = DemoBot(machine.folder / "bot", machine.exchange)
    allow_secrets_in(bot.folder / "key", bot.folder / "secret")
    bot.store(machine.exchange.keys[0])
    with Receiver() as receiver:
        bot.config |= {"webhook": receiver.config(), "user_data_dir": str(machine.user_data)}
        start = [*GUARD, "trade", "-c", str(bot.write())]
        variables = environment(machine.vault)
        done = subprocess.run(start, cwd=bot.folder, env=variables, capture_output=True, text=True, check=False)
    yield f"trade, refused: {done.returncode}"
    for path in machine.user_data.rglob("*.json"):
        name = DIGEST.sub("DIGEST", str(path.relative_to(machine.folder)))
        yield from (f"{name} {field}" for field in fields(json.loads(path.read_text())))


def stores(machine: Machine) -> Iterator[str]:
    """Yield the names under which credentials are read and stored."""
    requested: set[str] = set()
    get = Vault.get_password

    def record(vault: Vault, service: str, name: str) -> str | None:
        requested.add(f"{service}/{name}")
        return get(vault, service, name)

    path = machine.config(credentials={"store": "keyring"})
    with machine.patch.context() as patch:
        patch.setattr(Vault, "get_password", record)
        assert machine.run("--check-only", "-c", path)[0] == 4
    yield from (f"keyring, looked for: {name}" for name in requested)
    both = {"key": KEY_ID, "secret": SECRET}
    for entries in (both, {"credentials": json.dumps(both)}):
        machine.store_entries(**entries)
        yield f"keyring, {' and '.join(entries)}: {machine.run('--check-only', '-c', path)[0]}"
    machine.store_entries()
    assert machine.run("credentials", "set", "-c", path, stdin=f"{KEY_ID}\n{SECRET}\n")[0] == 0
    for name, value in json.loads(machine.vault.read_text()).items():
        yield from (f"keyring, stored: {name} {field}" for field in fields(json.loads(value)))
    allow_secrets_in(folder := machine.folder / "handed over")
    folder.mkdir()
    machine.patch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    path = machine.config(credentials={"store": "files"})
    for value in (KEY_ID, SECRET):
        (name,) = set(re.findall(rf"{folder}/(\w+)", machine.run("--check-only", "-c", path, "--format", "json")[1]))
        yield f"file: {name}"
        (folder / name).touch(0o600)
        (folder / name).write_text(value)
    assert machine.run("--check-only", "-c", path)[0] == 0


def python(_: Machine) -> Iterator[str]:
    package = Path(freqtrade_bitmex_guard.__file__).parent
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    yield f"distribution {project['project']['name']}"
    for entry in distribution(project["project"]["name"]).entry_points:
        assert callable(entry.load())
    yield from (f"command {name} = {place}" for name, place in project["project"]["scripts"].items())
    for source, target in project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"].items():
        yield f"{target}: {(ROOT / source).read_text(encoding='utf-8').strip()}"
    for name in freqtrade_bitmex_guard._LIBRARY:
        yield f"freqtrade_bitmex_guard.{name}{inspect.signature(getattr(freqtrade_bitmex_guard, name))}"
    yield f"freqtrade_bitmex_guard.arm{inspect.signature(freqtrade_bitmex_guard.arm)}"
    for path in package.rglob("*.py"):
        yield from [f"python -m {'.'.join(path.parent.relative_to(ROOT).parts)}"] * (path.name == "__main__.py")
        yield from (f"logger {name}" for name in re.findall(r"getLogger\((.+?)\)", path.read_text(encoding="utf-8")))


SURFACE: dict[str, Callable[[Machine], Iterator[str]]] = {
    part.__name__: part
    for part in (
        *(findings, values, exit_codes, check_json, doctor_json, audit_json, fleet_json, metrics),
        *(config, options, commands, files, stores, python),
    )
}
