"""Every command on a page is run: here, by another test, or by CI."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import GUIDES, README, ROOT, blocks
from tests.docs.simulated import GUARD, simulated_bot
from tests.support.factories import allow_secrets_in

CHECK = "freqtrade-bitmex-guard --check-only -c config.json"
AUDIT = "freqtrade-bitmex-guard audit -c config.json"
DOCTOR = "freqtrade-bitmex-guard doctor -c config.json"
HERE = [
    CHECK,
    f"{CHECK} --format json",
    AUDIT,
    f"{AUDIT} --format json",
    f"{AUDIT} --format markdown",
    DOCTOR,
    f"{DOCTOR} --format json",
    "freqtrade-bitmex-guard credentials show -c config.json",
    "freqtrade-bitmex-guard --version",
]
"""Run here, with a bot on the simulated exchange whose key passes."""

COMPLETION = "freqtrade-bitmex-guard --print-completion"
FLEET = "freqtrade-bitmex-guard fleet 'bots/*/config.json'"
FLEET_PAGE = "test_a_command_on_the_page_of_the_fleet_ends_well"
CREDENTIALS = "test_every_credentials_command_works_in_a_real_store"
BY_TEST = {
    "freqtrade-bitmex-guard check --as-is -c config.json": "test_a_good_key_is_admitted_with_a_warning_of_plain_text",
    "freqtrade-bitmex-guard setup -c config.json": "test_setup_alone_is_enough_from_no_key_to_a_guarded_bot",
    "freqtrade trade -c config.json": "test_setup_alone_is_enough_from_no_key_to_a_guarded_bot",
    "freqtrade-bitmex-guard trade -c config.json": "test_the_launcher_needs_no_pth_line",
    "freqtrade-bitmex-guard trade --wait-for-exchange 60 -c config.json": (
        "test_the_launcher_waits_for_an_exchange_that_is_down"
    ),
    "freqtrade-bitmex-guard demo --exchange kraken": "test_the_demo_shows_the_main_job_in_under_a_minute",
    "freqtrade-bitmex-guard demo": "test_the_demo_shows_the_main_job_in_under_a_minute",
    "python -m freqtrade_bitmex_guard.simulator": "test_what_it_prints_checks_audits_and_starts_a_bot",
    "python -m freqtrade_bitmex_guard.simulator order withdraw": "test_a_key_with_more_rights_is_refused",
    "freqtrade-bitmex-guard credentials set -c config.json": CREDENTIALS,
    "freqtrade-bitmex-guard credentials rotate -c config.json": CREDENTIALS,
    "freqtrade-bitmex-guard credentials migrate -c config.json": CREDENTIALS,
    "freqtrade-bitmex-guard credentials delete -c config.json": CREDENTIALS,
    f"{COMPLETION} bash > ~/.local/share/bash-completion/completions/freqtrade-bitmex-guard": (
        "test_bash_completes_commands_options_and_files"
    ),
    f"{COMPLETION} zsh > ~/.zfunc/_freqtrade-bitmex-guard": "test_the_shell_reads_its_script_without_complaint",
    f"{COMPLETION} fish > ~/.config/fish/completions/freqtrade-bitmex-guard.fish": (
        "test_fish_completes_commands_options_and_files"
    ),
    "freqtrade-bitmex-guard health --user-data-dir user_data": "test_health_follows_a_running_bot_until_its_end",
    FLEET: FLEET_PAGE,
    "freqtrade-bitmex-guard fleet --list bots.txt": FLEET_PAGE,
    f"{FLEET} --env-file .env": FLEET_PAGE,
    f"{FLEET} --severity key-shared=error --severity guard-not-armed=ignore": FLEET_PAGE,
    f"{FLEET} --format json": FLEET_PAGE,
    f"{FLEET} --format junit --output fleet.xml": FLEET_PAGE,
    f"{FLEET} --format prometheus --output freqtrade_guard.prom": FLEET_PAGE,
    "freqtrade-bitmex-guard agent run -c agent.json": "test_a_bot_enters_and_leaves_a_trade_through_the_agent",
    "freqtrade-bitmex-guard agent status --socket /run/freqtrade-agent/my-bot/agent.sock": (
        "test_status_is_a_health_probe_for_either_user"
    ),
    "freqtrade-bitmex-guard agent learn -c agent.json": "test_learn_and_record_print_what_the_page_says",
    "freqtrade-bitmex-guard agent record --verify record-2026-11-26.jsonl": (
        "test_learn_and_record_print_what_the_page_says"
    ),
    "keyring set freqtrade-bitmex key": "test_a_real_secret_service_hands_the_key_over",
    "keyring set freqtrade-bitmex secret": "test_a_real_secret_service_hands_the_key_over",
}
"""Run by the test of this name."""

BY_CI = [
    "python3 -m venv .demo && .demo/bin/pip install '.[bitmex]' && .demo/bin/freqtrade-bitmex-guard demo",
    "python3 -m venv .venv && .venv/bin/pip install -e '.[dev,bitmex]' && .venv/bin/python -m pytest",
]
"""Run by `.ci/run` to the letter."""

BY_HAND = [
    "~/freqtrade/.venv/bin/pip install ./freqtrade-bitmex-guard",
    "~/freqtrade/.venv/bin/pip install './freqtrade-bitmex-guard[bitmex]'",
    "source ~/freqtrade/.venv/bin/activate",
    "pip uninstall freqtrade-bitmex-guard",
    "git tag -a vX.Y.Z -m 'Version X.Y.Z'",
    "python -m pip wheel --no-deps -w dist .",
    ".venv/bin/python example_config/make_schema.py",
    ".venv/bin/python -m tests.docs.generate",
    "groupadd --system freqtrade-agent",
    "mkdir -p -m 700 /etc/credstore.encrypted && mkdir -p /etc/freqtrade-agent /etc/freqtrade",
    "cd /etc/credstore.encrypted",
    'systemd-ask-password -n "Key id:" | systemd-creds encrypt --name=bitmex_api_key - my-bot_api_key',
    'systemd-ask-password -n "Secret:" | systemd-creds encrypt --name=bitmex_api_secret - my-bot_api_secret',
    "cd -",
    "install -m 644 example_config/config-agent.json /etc/freqtrade-agent/my-bot.json",
    "install -m 644 example_config/config-behind-agent.json /etc/freqtrade/my-bot.json",
    "install -m 644 example_config/freqtrade-agent@.service example_config/freqtrade-behind-agent@.service "
    "/etc/systemd/system/",
    "systemctl daemon-reload",
    "systemctl enable --now freqtrade-agent@my-bot freqtrade-behind-agent@my-bot",
]
"""Of pip, git and systemd, with places that are the reader's own; and what writes the pages, which is compared."""


def shown() -> list[str]:
    """Return every command on the README, the pages and for contributors, once."""
    texts = [README, (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), *GUIDES.values()]
    lines = [line.strip() for text in texts for block in blocks(text, "sh") for line in block.splitlines()]
    return list(dict.fromkeys(line for line in lines if line))


def test_every_command_on_a_page_is_run_somewhere() -> None:
    commands = [command for command in shown() if not command.startswith("make ")]
    assert sorted(commands) == sorted([*HERE, *BY_TEST, *BY_CI, *BY_HAND])


def test_every_task_on_a_page_is_one_of_the_makefile() -> None:
    tasks = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert tasks >= {"setup", "test", "test-fast", "lint", "docs", "bench"}
    assert {command.split()[1] for command in shown() if command.startswith("make ")} <= tasks


def test_what_the_makefile_checks_is_what_ci_checks() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    checks = re.findall(r"^\t\.venv/bin/((?:ruff|mypy|lint-imports).*)$", makefile, re.MULTILINE)
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert len(checks) == 4
    assert [check for check in checks if f".venv/bin/{check}" not in script] == []
    # Not --quiet: what is not shown is not counted, and a broken link would pass.
    assert ".venv/bin/mkdocs build --strict -f docs/mkdocs.yml\n" in script


@pytest.mark.parametrize("name", sorted(set(BY_TEST.values())))
def test_the_test_that_runs_a_command_exists(name: str) -> None:
    assert any(f"def {name}(" in path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the config of a bot on the simulated exchange."""
    folder = tmp_path_factory.mktemp("reader")
    with simulated_bot() as config:
        shutil.copy(config, folder / "config.json")
        yield folder


@pytest.mark.parametrize("command", HERE)
def test_a_command_on_a_page_ends_well(command: str, folder: Path) -> None:
    allow_secrets_in(folder)
    environment = {**os.environ, "PATH": f"{GUARD.parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        shlex.split(command), cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
