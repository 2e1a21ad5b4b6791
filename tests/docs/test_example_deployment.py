"""The example files for Docker and systemd: what they start, hand over and restart."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from freqtrade_bitmex_guard.credentials import open_store
from freqtrade_bitmex_guard.exchanges.kraken import PROFILE
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.verdict import EXIT_CODES, EXIT_INTERRUPTED
from tests.docs.examples import EXAMPLES, parse_example, parse_launch, value_of, write_secrets

UNIT = EXAMPLES / "freqtrade-guard.service"


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
    write_secrets(tmp_path / "secrets", set(compose["secrets"]), monkeypatch)
    credentials = open_store(parse_example("files").credentials, "kraken").load(PROFILE.credentials)
    assert credentials.part("key").reveal() == value_of("kraken_api_key")
    assert credentials.part("secret").reveal() == value_of("kraken_api_secret")


def test_a_container_keeps_its_config_and_its_trades_in_the_volume(
    compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    service = compose["services"]["freqtrade"]
    arguments, wait_seconds = parse_launch(shlex.split(service["command"]), monkeypatch)
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
    write_secrets(tmp_path / "credentials", set(handed_over), monkeypatch)
    credentials = open_store(parse_example("files").credentials, "kraken").load(PROFILE.credentials)
    assert credentials.part("key").reveal() == value_of("kraken_api_key")
    assert credentials.part("secret").reveal() == value_of("kraken_api_secret")


def test_the_service_starts_the_launcher_and_writes_where_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    service = unit()["Service"]
    program, *command = shlex.split(service["ExecStart"][0].replace("%S", "/var/lib"))
    assert Path(program).is_absolute()
    assert Path(program).name == "freqtrade-bitmex-guard"
    arguments, wait_seconds = parse_launch(command, monkeypatch)
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


def test_no_example_leaves_a_core_dump(compose: dict[str, Any]) -> None:
    assert "LimitCORE=0" in UNIT.read_text(encoding="utf-8").splitlines()
    assert compose["services"]["freqtrade"]["ulimits"] == {"core": 0}
