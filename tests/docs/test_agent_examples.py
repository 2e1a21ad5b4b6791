"""The example files of the signing agent: they fit together, and systemd understands them."""

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

from freqtrade_bitmex_guard.agent.config_file import AgentFile
from freqtrade_bitmex_guard.cli.dispatch import build_parser
from freqtrade_bitmex_guard.config.files import read_config
from freqtrade_bitmex_guard.config.parse import parse_section
from freqtrade_bitmex_guard.config.stores import AgentStoreConfig
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from tests.docs.examples import EXAMPLES
from tests.support.factories import skip_or_fail

UNITS = ["freqtrade-agent@.service", "freqtrade-behind-agent@.service"]
# Before systemd 254 these two are unknown.
NEWER = re.compile(r"Unknown key( name)? '(RestartSteps|RestartMaxDelaySec)' in section .?Service.?, ignoring\.$")


def unit(name: str) -> dict[str, list[str]]:
    """Return what a unit says, each key with all its values."""
    fields: dict[str, list[str]] = {}
    for line in (EXAMPLES / name).read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        if line and not line.startswith(("#", "[")):
            key, _, value = line.partition("=")
            fields.setdefault(key, []).append(value)
    return fields


def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((EXAMPLES / "compose-agent.yaml").read_text(encoding="utf-8"))
    return content


def pod() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((EXAMPLES / "pod-agent.yaml").read_text(encoding="utf-8"))["spec"]
    return content


def test_both_configs_are_valid_and_name_one_socket() -> None:
    agent = AgentFile(EXAMPLES / "config-agent.json")
    bot = read_config([str(EXAMPLES / "config-behind-agent.json")])
    store = parse_section(bot["api_key_guard"], PROFILE).credentials

    assert isinstance(store, AgentStoreConfig)
    assert store.socket == agent.agent.socket
    assert bot["exchange"]["name"] == agent.exchange
    assert bot["stake_currency"] == agent.stake_currency
    assert bot["exchange"]["pair_whitelist"] == agent.agent.pairs
    assert bot["stake_amount"] <= (agent.agent.limits.order_value or 0)
    assert not {"key", "secret"} & bot["exchange"].keys()


@pytest.mark.parametrize("name", UNITS)
def test_systemd_understands_the_unit(name: str, tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        skip_or_fail("systemd-analyze")
    for each in UNITS:
        program = unit(each)["ExecStart"][0].split()[0]
        text = (EXAMPLES / each).read_text(encoding="utf-8").replace(program, sys.executable)
        (tmp_path / each.replace("@", "@my-bot")).write_text(text, encoding="utf-8")

    instance = tmp_path / name.replace("@", "@my-bot")
    command = [str(analyze), "verify", "--man=no", str(instance)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    said = [line for line in done.stderr.splitlines() if instance.name in line]
    assert [line for line in said if not NEWER.search(line)] == []


def test_only_the_agents_unit_has_the_secret() -> None:
    agent, bot = map(unit, UNITS)
    assert "LoadCredentialEncrypted" in agent
    assert not any("Credential" in name for name in bot)
    assert agent["Group"] == bot["SupplementaryGroups"]
    assert agent["DynamicUser"] == bot["DynamicUser"] == ["yes"]
    assert agent["RuntimeDirectoryMode"] == ["0750"]
    assert agent["StateDirectoryMode"] == ["0700"]
    handed_over = {line.split(":")[0] for line in agent["LoadCredentialEncrypted"]}
    assert handed_over == {"bitmex_api_key", "bitmex_api_secret"}
    hardened = {name for name in bot if name.startswith(("Protect", "Restrict", "Private", "SystemCall", "Lock"))}
    assert {name: agent[name] for name in hardened} == {name: bot[name] for name in hardened}


def test_the_units_start_commands_that_exist() -> None:
    for name in UNITS:
        command = shlex.split(unit(name)["ExecStart"][0].replace("%i", "my-bot"))[1:]
        parsed, _ = build_parser([command[0]]).parse_known_args(command)
        assert parsed.command == command[0]


def test_in_compose_only_the_agent_has_secrets_and_the_users_differ() -> None:
    services = compose()["services"]
    assert services["agent"]["secrets"] == ["bitmex_api_key", "bitmex_api_secret"]
    assert "secrets" not in services["freqtrade"]
    uid, gid = services["agent"]["user"].split(":")
    assert uid != "1000"  # freqtrade's own
    assert services["freqtrade"]["group_add"] == [gid]
    assert compose()["volumes"]["socket"]["driver_opts"]["type"] == "tmpfs"
    assert all("pid" not in service and service["cap_drop"] == ["ALL"] for service in services.values())


def test_in_a_pod_only_the_side_car_has_the_secret() -> None:
    (agent,), (bot,) = pod()["initContainers"], pod()["containers"]
    assert agent["restartPolicy"] == "Always"
    mounted = {mount["name"] for mount in bot["volumeMounts"]}
    assert not {"key", "record", "agent-config"} & mounted
    users = [container["securityContext"]["runAsUser"] for container in (agent, bot)]
    assert len(set(users)) == 2
    assert pod()["shareProcessNamespace"] is False
    assert next(volume for volume in pod()["volumes"] if volume["name"] == "socket")["emptyDir"]["medium"] == "Memory"
    assert pod()["securityContext"]["fsGroup"] == agent["securityContext"]["runAsGroup"]


def test_every_probe_asks_the_socket_of_the_config() -> None:
    socket = AgentFile(EXAMPLES / "config-agent.json").agent.socket
    probes = [
        compose()["services"]["agent"]["healthcheck"]["test"][1:],
        pod()["initContainers"][0]["startupProbe"]["exec"]["command"],
    ]
    for probe in probes:
        assert probe == ["freqtrade-bitmex-guard", "agent", "status", "--socket", socket]
    text = json.dumps([compose(), pod()])
    assert text.count("/run/freqtrade-agent") >= 4
