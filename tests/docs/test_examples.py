"""The example configs: each is read by freqtrade and by the guard."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.config.parse import GuardState, guard_state, parse_section
from freqtrade_bitmex_guard.config.stores import FileStoreConfig
from freqtrade_bitmex_guard.model.findings import Severity
from freqtrade_bitmex_guard.simulator import simulated
from freqtrade_bitmex_guard.simulator.bot import DemoBot
from tests.docs.examples import EXAMPLES, NAMES, load_example, parse_example, profile_of
from tests.support.factories import allow_secrets_in


def test_the_readme_names_every_file() -> None:
    rows = (EXAMPLES / "README.md").read_text(encoding="utf-8").splitlines()
    named = {name for row in rows if row.startswith("| `") for name in re.findall(r"`([^`]+)`", row.split("|")[1])}
    assert named == {path.name for path in EXAMPLES.iterdir() if path.is_file()} - {"README.md"}


@pytest.mark.parametrize("name", NAMES)
def test_a_config_is_read_by_the_guard(name: str) -> None:
    assert guard_state(load_example(name)) is GuardState.ENABLED
    assert parse_example(name).credentials.store == ("keyring" if name == "bitmex" else name)


@pytest.mark.parametrize("name", NAMES)
def test_a_config_starts_a_live_bot(name: str) -> None:
    config = load_example(name)
    assert config["dry_run"] is False
    assert config["initial_state"] == "running"
    assert config["exchange"]["pair_whitelist"] == ["BTC/USDT"]


def test_a_plain_install_can_use_every_config_but_bitmexs() -> None:
    last = {name: profile_of(load_example(name)).last_ccxt for name in NAMES}
    assert last == {"keyring": None, "files": None, "command": None, "bitmex": "4.5.83"}
    assert load_example("bitmex")["experimental"] == {"block_bad_exchanges": False}
    assert load_example("keyring")["exchange"]["name"] == "binance"


@pytest.mark.parametrize("name", NAMES)
def test_a_config_passes_freqtrades_own_validation(name: str) -> None:
    from freqtrade.configuration.config_validation import validate_config_consistency
    from freqtrade.enums import RunMode

    # What every strategy brings.
    strategy = {"stoploss": -0.1, "minimal_roi": {"0": 1}}
    validate_config_consistency({**load_example(name), **strategy, "runmode": RunMode.LIVE})


# The simulated exchange is on loopback, and the examples want the key to allow an address of their own.
ADDRESSES = {
    "keyring": {},
    "files": {"ip_allowlist": ["203.0.113.7"]},
    "command": {"ips": ["203.0.113.4", "203.0.113.5"]},
    "bitmex": {"cidr": "203.0.113.7/32"},
}


@pytest.mark.parametrize("name", NAMES)
def test_a_config_admits_a_good_key(name: str, tmp_path: Path) -> None:
    config = load_example(name)
    simulator = simulated(config["exchange"]["name"])
    with simulator([simulator.random_key(overrides=ADDRESSES[name])]) as exchange:
        bot = DemoBot(tmp_path / "bot", exchange)
        allow_secrets_in(bot.folder)
        bot.store(exchange.keys[0])
        # Nothing of the example but the store, which is not filled here, and the way to the exchange.
        config["exchange"]["ccxt_config"] = exchange.ccxt_config()
        section = bot.config["api_key_guard"]
        config["api_key_guard"] |= {"credentials": section["credentials"], "allowed_hosts": ["127.0.0.1"]}
        verdict = LocalCheck(config).run().verdict
    assert verdict.admitted
    assert [finding.name for finding in verdict.findings if finding.severity is Severity.ERROR] == []


def test_the_policies_mean_what_their_comments_say() -> None:
    policies = {name: parse_example(name).policy for name in NAMES}
    limits = {name: policy.max_addresses for name, policy in policies.items() if name != "keyring"}
    assert limits == {"bitmex": 2, "files": 1, "command": 5}
    assert sum(network.num_addresses for network in policies["files"].allowed_networks or ()) == 16


def test_the_files_are_looked_for_where_orchestrators_put_them() -> None:
    assert parse_example("files").credentials == FileStoreConfig(store="files")


def test_the_commands_in_the_comments_are_read_too() -> None:
    text = (EXAMPLES / "config-command.json").read_text(encoding="utf-8")
    alternatives = re.findall(r"// (\"key_command\": .*)\n\s*// (\"secret_command\": .*)", text)
    programs = []
    for lines in alternatives:
        credentials = {"store": "command", **json.loads("{" + ", ".join(lines) + "}")}
        parse_section({"credentials": credentials}, profile_of(load_example("command")))
        programs.append(credentials["key_command"][0])
    assert programs == ["op", "vault", "sops"]
