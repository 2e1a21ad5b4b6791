"""Programs that hand over a credential, as real processes."""

from __future__ import annotations

import os
import resource
import sys
import threading
import time
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.config.base import SectionModel
from freqtrade_bitmex_guard.config.stores import CommandStoreConfig
from freqtrade_bitmex_guard.credentials import command, open_store
from freqtrade_bitmex_guard.credentials.command import CommandStore
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.findings import Finding, GuardError
from tests.support.factories import KEY_ID, SECRET, allow_secrets_in, store_config, wait_until


@pytest.fixture(autouse=True)
def handed_over_by_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arguments are seen by everybody, so the programs find what they print in their environment."""
    monkeypatch.setenv("KEY_ID", KEY_ID)
    monkeypatch.setenv("SECRET", SECRET)


def store(key: list[str], secret: list[str] | None = None) -> CommandStore:
    config = store_config(store="command", key_command=key, secret_command=secret or SECRET_COMMAND)
    assert isinstance(config, CommandStoreConfig)
    return CommandStore(config)


SECRET_COMMAND = ["printenv", "SECRET"]


def printing(text: str) -> list[str]:
    return ["printf", "%s", text]


def python(script: str) -> list[str]:
    return [sys.executable, "-c", script]


def load_failure(key: list[str], secret: list[str] | None = None) -> Finding:
    with pytest.raises(GuardError) as failure:
        store(key, secret).load(PROFILE.credentials)
    (finding,) = failure.value.findings
    return finding


@pytest.mark.parametrize("end", ["", "\\n"])
def test_what_the_programs_print_is_taken_without_its_last_newline(end: str) -> None:
    commands = (["sh", "-c", f'printf "%s{end}" "${name}"'] for name in ("KEY_ID", "SECRET"))
    credentials = store(*commands).load(PROFILE.credentials)
    assert credentials.part("key").matches(KEY_ID)
    assert credentials.part("secret").matches(SECRET)


def test_a_store_that_is_not_known_is_not_taken_for_programs() -> None:
    class Unknown(SectionModel):
        store: str = "vault"
        key_command: list[str] = ["printf", KEY_ID]
        secret_command: list[str] = ["printf", SECRET]

    with pytest.raises(AssertionError):
        open_store(Unknown(), "bitmex")  # type: ignore[arg-type]


def test_no_shell_comes_between() -> None:
    credentials = store(printing("$HOME;`id`")).load(PROFILE.credentials)
    assert credentials.part("key").matches("$HOME;`id`")


def test_a_failure_shows_program_exit_code_and_the_first_error_line_masked() -> None:
    script = "import os, sys; print(it := os.environ['SECRET']); sys.exit(f'denied for {it} today\\nsecond line')"
    finding = load_failure(python(script))
    assert finding.name == "command-failed"
    assert finding.message == f"{sys.executable.rsplit('/', 1)[-1]} ended with exit code 1: denied for … today"


def test_a_failure_shows_200_characters_at_most_and_no_terminal_codes() -> None:
    finding = load_failure(python("import sys; sys.exit('\\x1b[31m' + 'no ' * 200)"))
    assert len(finding.message) < 200 + 60
    assert "\x1b" not in finding.message


def test_a_key_that_was_pasted_where_the_program_belongs_is_not_shown() -> None:
    # Not a registered one: that would be an argument of a process, which fails a test.
    pasted = "Zq7XkT93hLmP2vRw8sBn4cJd"
    assert pasted[:8] not in str(load_failure([pasted]))


def test_what_it_printed_is_never_shown() -> None:
    shown = "import os; print(os.environ['SECRET'])"
    for code in (f"{shown}; print(1)", f"{shown}; raise SystemExit(3)"):
        finding = load_failure(python(code))
        assert SECRET[:8] not in finding.message + finding.fix


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (["no-such-program-anywhere"], "command-failed"),
        (["/etc/hostname"], "command-failed"),
        (["/"], "command-failed"),
        (["printf", "\0"], "command-failed"),
        (["true"], "credentials-malformed"),
        (printing("two\nlines"), "credentials-malformed"),
        (python("import os; os.write(1, b'\\xff\\xfe')"), "credentials-malformed"),
    ],
)
def test_a_program_that_does_not_hand_over_one_line_is_misconfigured(key: list[str], name: str) -> None:
    assert load_failure(key).name == name


def test_a_program_that_does_not_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "STORE_TIMEOUT_SECONDS", 0.2)
    assert load_failure(["sleep", "60"]).name == "store-timed-out"


def test_a_program_reads_nothing_that_was_meant_for_the_bot(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    allow_secrets_in(tmp_path / "typed")
    (tmp_path / "typed").write_text(KEY_ID)
    before = os.dup(0)
    try:
        with (tmp_path / "typed").open() as typed:
            os.dup2(typed.fileno(), 0)
        assert load_failure(["cat"]).name == "credentials-malformed"
    finally:
        os.dup2(before, 0)
        os.close(before)


def test_an_agent_that_a_program_leaves_behind_is_left_alone(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    leaving = ["sh", "-c", f"sleep 30 >/dev/null & echo $! >{pid}; printenv KEY_ID"]
    began = time.monotonic()
    assert store(leaving).load(PROFILE.credentials).part("key").matches(KEY_ID)
    assert time.monotonic() - began < 15
    assert _runs(pid.read_text().strip())


def test_a_program_that_prints_without_end_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "STORE_TIMEOUT_SECONDS", 1.0)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert load_failure(["yes"]).name == "store-timed-out"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # in KB


def test_a_cancelled_program_is_killed_with_all_that_it_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(command, "STORE_TIMEOUT_SECONDS", 0.5)
    pids = tmp_path / "pids"
    load_failure(["sh", "-c", f"sleep 60 & echo $! >{pids}; echo $$ >>{pids}; wait"])
    started = pids.read_text().split()
    assert len(started) == 2
    assert wait_until(lambda: not any(map(_runs, started)), 5)


def _runs(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


def test_a_load_can_be_cancelled_from_another_thread() -> None:
    hanging = store(["sleep", "60"])
    threading.Timer(0.3, hanging.cancel).start()
    began = time.monotonic()
    with pytest.raises(GuardError, match="exit code -9"):
        hanging.load(PROFILE.credentials)
    assert time.monotonic() - began < 10


def test_both_programs_share_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "STORE_TIMEOUT_SECONDS", 4.0)
    began = time.monotonic()
    slow = ["sh", "-c", "sleep 2; printf x"]
    finding = load_failure(slow, ["sleep", "60"])
    assert finding.name == "store-timed-out"
    assert finding.message.startswith("sleep did not end")
    assert time.monotonic() - began < 4 + 1.5  # and not 2 + 4
