"""The example configs: each is read by freqtrade and by the guard."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.config.parse import GuardState, guard_state, parse_section
from freqtrade_bitmex_guard.config.stores import FileStoreConfig
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.simulator.bitmex import Key, SimulatedBitMEX
from tests.docs.examples import EXAMPLES, STORES, load_example, parse_example, value_of, write_secrets


def test_the_readme_names_every_file() -> None:
    rows = (EXAMPLES / "README.md").read_text(encoding="utf-8").splitlines()
    named = {name for row in rows if row.startswith("| `") for name in re.findall(r"`([^`]+)`", row.split("|")[1])}
    assert named == {path.name for path in EXAMPLES.iterdir() if path.is_file()} - {"README.md"}


@pytest.mark.parametrize("store", STORES)
def test_a_config_is_read_by_the_guard(store: str) -> None:
    assert guard_state(load_example(store)) is GuardState.ENABLED
    assert parse_example(store).credentials.store == store


@pytest.mark.parametrize("store", STORES)
def test_a_config_starts_a_live_bot_on_bitmex(store: str) -> None:
    config = load_example(store)
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
    validate_config_consistency({**load_example(store), **strategy, "runmode": RunMode.LIVE})


@pytest.mark.parametrize("store", STORES)
def test_a_config_admits_a_good_key(store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_secrets(tmp_path / "secrets", {"bitmex_api_key", "bitmex_api_secret"}, monkeypatch)
    key = Key(value_of("bitmex_api_key"), value_of("bitmex_api_secret"), overrides={"cidr": "203.0.113.7/32"})
    with SimulatedBitMEX([key]) as exchange:
        config = load_example(store)
        # Nothing of the example but the store, whose program may not be here, and the way to the exchange.
        config["exchange"]["ccxt_config"] = exchange.ccxt_config()
        config["api_key_guard"] |= {"credentials": {"store": "files"}, "allowed_hosts": ["127.0.0.1"]}
        assert LocalCheck(config).run().verdict.findings == ()


def test_the_policies_mean_what_their_comments_say() -> None:
    policies = {store: parse_example(store).policy for store in STORES}
    assert {store: policy.max_addresses for store, policy in policies.items()} == {
        "keyring": 2,
        "files": 1,
        "command": 5,
    }
    assert sum(network.num_addresses for network in policies["files"].allowed_networks or ()) == 16


def test_the_files_are_looked_for_where_orchestrators_put_them() -> None:
    assert parse_example("files").credentials == FileStoreConfig(store="files")


def test_the_commands_in_the_comments_are_read_too() -> None:
    text = (EXAMPLES / "config-command.json").read_text(encoding="utf-8")
    alternatives = re.findall(r"// (\"key_command\": .*)\n\s*// (\"secret_command\": .*)", text)
    programs = []
    for lines in alternatives:
        credentials = {"store": "command", **json.loads("{" + ", ".join(lines) + "}")}
        parse_section({"credentials": credentials}, PROFILE)
        programs.append(credentials["key_command"][0])
    assert programs == ["op", "vault", "sops"]
