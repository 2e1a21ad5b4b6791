"""The files that people copy: every one is read by what will read it, or by the nearest thing to it."""

import json
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.cli import dispatch
from freqtrade_bitmex_guard.cli.freqtrade_args import parse_as_freqtrade
from freqtrade_bitmex_guard.config.files import read_config
from freqtrade_bitmex_guard.config.parse import GuardState, guard_state, parse_section
from freqtrade_bitmex_guard.config.section import GuardConfig
from freqtrade_bitmex_guard.config.stores import FileStoreConfig
from freqtrade_bitmex_guard.credentials import open_store
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.model.verdict import EXIT_CODES, EXIT_INTERRUPTED
from freqtrade_bitmex_guard.plugin import launch
from freqtrade_bitmex_guard.simulator.bitmex import Key, SimulatedBitMEX

EXAMPLES = Path(__file__).parents[2] / "example_config"


STORES = ["keyring", "files", "command"]


UNIT = EXAMPLES / "freqtrade-guard.service"


TERMS = exchanges.get_adapter("bitmex").profile


def load(store: str) -> dict[str, Any]:
    return read_config([str(EXAMPLES / f"config-{store}.json")])


def read(store: str) -> GuardConfig:
    return parse_section(load(store)["api_key_guard"], TERMS)


def put_secrets(folder: Path, names: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Hand two files over as systemd does; their content tells which is which."""
    folder.mkdir()
    for name in names:
        (folder / name).touch(0o600)
        (folder / name).write_text(f"the-value-of-{name}\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))


def started(command: list[str], monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, Any], float]:
    """What the launcher would start: freqtrade's arguments, as freqtrade parses them, and the seconds to wait."""
    seen: list[tuple[dict[str, Any], float]] = []

    def trade(argv: list[str], config_files: list[str], *, wait_seconds: float) -> int:
        assert parse_as_freqtrade(argv)["config"] == config_files
        seen.append((parse_as_freqtrade(argv), wait_seconds))
        return 0

    monkeypatch.setattr(launch, "trade", trade)
    assert dispatch.main(command) == 0
    return seen[0]


def test_the_readme_names_every_file() -> None:
    rows = (EXAMPLES / "README.md").read_text(encoding="utf-8").splitlines()
    named = {name for row in rows if row.startswith("| `") for name in re.findall(r"`([^`]+)`", row.split("|")[1])}
    assert named == {path.name for path in EXAMPLES.iterdir() if path.is_file()} - {"README.md"}


@pytest.mark.parametrize("store", STORES)
def test_a_config_is_read_by_the_guard(store: str) -> None:
    assert guard_state(load(store)) is GuardState.ENABLED
    assert read(store).credentials.store == store


@pytest.mark.parametrize("store", STORES)
def test_a_config_starts_a_live_bot_on_bitmex(store: str) -> None:
    config = load(store)
    assert config["dry_run"] is False
    assert config["initial_state"] == "running"
    assert config["exchange"]["name"] == "bitmex"
    assert config["exchange"]["pair_whitelist"] == ["BTC/USDT"]
    assert config["experimental"] == {"block_bad_exchanges": False}


@pytest.mark.parametrize("store", STORES)
def test_a_config_passes_freqtrades_own_validation(store: str) -> None:
    from freqtrade.configuration.config_validation import validate_config_consistency
    from freqtrade.enums import RunMode

    # What every strategy brings.
    strategy = {"stoploss": -0.1, "minimal_roi": {"0": 1}}
    validate_config_consistency({**load(store), **strategy, "runmode": RunMode.LIVE})


@pytest.mark.parametrize("store", STORES)
def test_a_config_admits_a_good_key(store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_secrets(tmp_path / "secrets", {"bitmex_api_key", "bitmex_api_secret"}, monkeypatch)
    key = Key("the-value-of-bitmex_api_key", "the-value-of-bitmex_api_secret", overrides={"cidr": "203.0.113.7/32"})
    with SimulatedBitMEX([key]) as exchange:
        config = load(store)
        # Nothing of the example but the store, whose program may not be here, and the way to the exchange.
        config["exchange"]["ccxt_config"] = exchange.ccxt_config()
        config["api_key_guard"] |= {"credentials": {"store": "files"}, "allowed_hosts": ["127.0.0.1"]}
        assert LocalCheck(config).run().verdict.findings == ()


def test_the_policies_mean_what_their_comments_say() -> None:
    policies = {store: read(store).policy for store in STORES}
    assert {store: policy.max_addresses for store, policy in policies.items()} == {
        "keyring": 2,
        "files": 1,
        "command": 5,
    }
    assert sum(network.num_addresses for network in policies["files"].allowed_networks or ()) == 16


def test_the_files_are_looked_for_where_orchestrators_put_them() -> None:
    assert read("files").credentials == FileStoreConfig(store="files")


def test_the_commands_in_the_comments_are_read_too() -> None:
    text = (EXAMPLES / "config-command.json").read_text(encoding="utf-8")
    alternatives = re.findall(r"// (\"key_command\": .*)\n\s*// (\"secret_command\": .*)", text)
    programs = []
    for lines in alternatives:
        credentials = {"store": "command", **json.loads("{" + ", ".join(lines) + "}")}
        parse_section({"credentials": credentials}, TERMS)
        programs.append(credentials["key_command"][0])
    assert programs == ["op", "vault", "sops"]


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((EXAMPLES / "api_key_guard.schema.json").read_text(encoding="utf-8"))
    return schema


def test_the_schema_is_the_generated_one() -> None:
    text = runpy.run_path(str(EXAMPLES / "make_schema.py"))["text"]
    assert (EXAMPLES / "api_key_guard.schema.json").read_text(encoding="utf-8") == text(), (
        "run python example_config/make_schema.py"
    )


def test_the_schema_is_one(schema: dict[str, Any]) -> None:
    assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("store", STORES)
def test_the_schema_accepts_a_config_that_names_it(store: str, schema: dict[str, Any]) -> None:
    config = load(store)
    assert (EXAMPLES / config["$schema"]).samefile(EXAMPLES / "api_key_guard.schema.json")
    Draft202012Validator(schema).validate(config)


ACCEPTED: list[Any] = [
    {},
    {"enabled": False},
    {"credentials": {}},
    {"credentials": {"service": "another"}},
    {"credentials": {"store": "files", "key_file": "/a", "secret_file": "/b"}},
    {"policy": {}, "timeout_seconds": 1.5},
]


REJECTED: list[Any] = [
    {"enable": True},
    {"policy": {"max_addresses": 1}},
    {"credentials": {"store": "keyring", "key_file": "/a"}},
    {"credentials": {"key_file": "/a"}},
    {"credentials": {"store": "vault"}},
    {"credentials": {"store": "command"}},
    {"credentials": {"store": "command", "key_command": [], "secret_command": ["a"]}},
    {"enabled": "yes"},
    {"enabled": 1},
    {"enabled": None},
    {"credentials": None},
    {"credentials": {"store": "files", "key_file": None}},
    {"policy": {"ip_within": None}},
    {"policy": {"ip_within": []}},
    {"policy": {"max_ip_addresses": 0}},
    {"policy": {"allowed_permissions": "order"}},
    {"timeout_seconds": 301},
]


@pytest.mark.parametrize("section", ACCEPTED, ids=json.dumps)
def test_the_schema_accepts_what_the_guard_reads(section: Any, schema: dict[str, Any]) -> None:
    parse_section(deepcopy(section), TERMS)
    Draft202012Validator(schema).validate({"api_key_guard": section})


@pytest.mark.parametrize("section", REJECTED, ids=json.dumps)
def test_the_schema_rejects_what_the_guard_refuses(section: Any, schema: dict[str, Any]) -> None:
    with pytest.raises(GuardError):
        parse_section(deepcopy(section), TERMS)
    assert not Draft202012Validator(schema).is_valid({"api_key_guard": section})


def test_the_schema_rejects_a_section_that_is_no_object(schema: dict[str, Any]) -> None:
    assert not Draft202012Validator(schema).is_valid({"api_key_guard": None})


def test_the_defaults_that_an_editor_fills_in_are_accepted(schema: dict[str, Any]) -> None:
    objects = [schema["properties"]["api_key_guard"], *schema["$defs"].values()]
    fields = [field for each in objects for field in each["properties"].values() if "default" in field]
    assert fields
    for field in fields:
        Draft202012Validator(field).validate(field["default"])


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    compose: dict[str, Any] = yaml.safe_load((EXAMPLES / "compose.yaml").read_text(encoding="utf-8"))
    return compose


def test_a_container_is_restarted_a_few_times_only(compose: dict[str, Any]) -> None:
    assert re.fullmatch(r"on-failure:[1-9]", compose["services"]["freqtrade"]["restart"])


def test_a_containers_secrets_are_those_that_the_store_looks_for(
    compose: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert all(secret["file"].startswith("./") for secret in compose["secrets"].values())
    assert sorted(compose["services"]["freqtrade"]["secrets"]) == sorted(compose["secrets"])
    put_secrets(tmp_path / "secrets", set(compose["secrets"]), monkeypatch)
    credentials = open_store(read("files").credentials, "bitmex").load(PROFILE.credentials)
    assert credentials.part("key").reveal() == "the-value-of-bitmex_api_key"
    assert credentials.part("secret").reveal() == "the-value-of-bitmex_api_secret"


def test_a_container_keeps_its_config_and_its_trades_in_the_volume(
    compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    service = compose["services"]["freqtrade"]
    arguments, wait_seconds = started(shlex.split(service["command"]), monkeypatch)
    (volume,) = (volume.split(":")[1] for volume in service["volumes"])
    assert arguments["config"] == [f"{volume}/config.json"]
    assert arguments["db_url"].startswith(f"sqlite:///{volume}/")
    assert arguments["logfile"].startswith(f"{volume}/")
    assert wait_seconds == 3600


def test_the_image_is_freqtrades_with_the_launcher_in_front() -> None:
    lines = (EXAMPLES / "Dockerfile").read_text(encoding="utf-8").splitlines()
    written = dict(line.split(" ", 1) for line in lines if line and not line.startswith("#"))
    assert written["FROM"] == "freqtradeorg/freqtrade:2026.9"
    assert written["COPY"] == "--chown=ftuser:ftuser . /tmp/guard"
    assert written["RUN"] == "pip install --user --no-cache-dir /tmp/guard"
    assert json.loads(written["ENTRYPOINT"]) == ["freqtrade-bitmex-guard"]
    assert json.loads(written["CMD"]) == ["trade"]


def test_the_image_takes_what_an_installation_needs_and_no_secret(compose: dict[str, Any]) -> None:
    lines = (EXAMPLES / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if not line.startswith("#")]
    assert rules[0] == "*"
    taken = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    # What pyproject.toml names, without which the build inside the image would fail.
    assert taken == {"freqtrade_bitmex_guard", "pyproject.toml", "README.md", "LICENSE", "NOTICE"}
    context = (EXAMPLES / compose["services"]["freqtrade"]["build"]["context"]).resolve()
    assert all((context / name).exists() for name in taken)
    assert (context / compose["services"]["freqtrade"]["build"]["dockerfile"]) == EXAMPLES / "Dockerfile"


def unit() -> dict[str, dict[str, list[str]]]:
    """The unit's sections, each key with all that is written under it: to systemd a key may stand several times."""
    sections: dict[str, dict[str, list[str]]] = {}
    for line in UNIT.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        if line.startswith("["):
            section = sections.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            name, _, value = line.partition("=")
            section.setdefault(name, []).append(value)
    return sections


def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed")
    program = unit()["Service"]["ExecStart"][0].split()[0]
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text(encoding="utf-8").replace(program, sys.executable), encoding="utf-8")
    command = [analyze, "verify", "--man=no", str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    # Before 254 these two are unknown. What it says of other units is not ours to mend.
    newer = re.compile(r"Unknown key( name)? '(RestartSteps|RestartMaxDelaySec)' in section .?Service.?, ignoring\.$")
    said = [line for line in done.stderr.splitlines() if UNIT.name in line]
    assert [line for line in said if not newer.search(line)] == []


def test_the_service_hands_over_what_the_store_looks_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handed_over = dict(line.split(":") for line in unit()["Service"]["LoadCredentialEncrypted"])
    assert all(Path(source).is_absolute() for source in handed_over.values())
    put_secrets(tmp_path / "credentials", set(handed_over), monkeypatch)
    credentials = open_store(read("files").credentials, "bitmex").load(PROFILE.credentials)
    assert credentials.part("key").reveal() == "the-value-of-bitmex_api_key"
    assert credentials.part("secret").reveal() == "the-value-of-bitmex_api_secret"


def test_the_service_starts_the_launcher_and_writes_where_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    service = unit()["Service"]
    program, *command = shlex.split(service["ExecStart"][0].replace("%S", "/var/lib"))
    assert Path(program).is_absolute()
    assert Path(program).name == "freqtrade-bitmex-guard"
    arguments, wait_seconds = started(command, monkeypatch)
    assert wait_seconds == 3600
    places = [f"/var/lib/{name}" for name in service["StateDirectory"][0].split()]
    assert arguments["user_data_dir"] in places
    assert arguments["db_url"].startswith(f"sqlite:///{places[0]}/")
    assert service["ProtectSystem"] == ["strict"]
    assert service["DynamicUser"] == service["NoNewPrivileges"] == ["yes"]


def test_the_service_is_started_again_only_where_that_can_help() -> None:
    service = unit()["Service"]
    assert service["Restart"] == ["on-failure"]
    final = {EXIT_CODES[Outcome.REFUSED], EXIT_CODES[Outcome.MISCONFIGURED]}
    assert {int(code) for code in service["RestartPreventExitStatus"][0].split()} == final
    assert service["SuccessExitStatus"] == [str(EXIT_INTERRUPTED)]


def test_the_pauses_between_starts_grow_and_keep_below_the_limit() -> None:
    service, limit = unit()["Service"], unit()["Unit"]
    first, steps, longest = int(service["RestartSec"][0]), int(service["RestartSteps"][0]), 30 * 60
    assert service["RestartMaxDelaySec"] == ["30min"]
    assert limit["StartLimitIntervalSec"] == ["1h"]
    # systemd.service(5): from the first pause to the longest in as many steps, each by the same factor.
    moment, starts = 0.0, 0
    while moment < 3600:
        moment += first * (longest / first) ** (min(starts, steps) / steps)
        starts += 1
    assert first == 30
    assert starts < int(limit["StartLimitBurst"][0])
