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


def test_a_failure_shows_program_and_exit_code_and_nothing_that_was_printed() -> None:
    grouped = "it = os.environ['SECRET']; groups = ' '.join(it[at : at + 4] for at in range(0, len(it), 4))"
    finding = load_failure(python(f"import os, sys; {grouped}; print(it); sys.exit(f'odd: {{groups}}')"))
    assert finding.name == "command-failed"
    assert finding.message == f"{PYTHON} ended with exit code 1."


PYTHON = sys.executable.rsplit("/", 1)[-1]
CAUSES = {
    "gpg: decryption failed: Inappropriate ioctl for device": "no terminal to ask at",
    "gpg: public key decryption failed: No pinentry\ngpg: decryption failed: No secret key": "no terminal to ask at",
    "[ERROR] 2026/11/22 you are not currently signed in. Please run `op signin --help`": "not signed in",
    "Error: missing client token": "not signed in",
    "Vault is locked.": "locked",
    "Error: bots/key is not in the password store.": "no such entry",
    '[ERROR] "key" isn\'t an item in the "bots" vault': "no such entry",
    "No value found at secret/data/bot": "no such entry",
    "Failed to get the data key required to decrypt the SOPS file.": "cannot decrypt",
    "* permission denied": "may not read",
    "dial tcp 127.0.0.1:8200: connect: connection refused": "cannot reach",
    "unknown command: show key": "does not understand",
}


@pytest.mark.parametrize("printed", CAUSES)
def test_the_usual_causes_of_a_failure_have_a_sentence_of_their_own(
    printed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRINTED", printed)
    finding = load_failure(["sh", "-c", 'printf "%s" "$PRINTED" >&2; exit 3'])
    assert finding.message.startswith("sh ended with exit code 3. ")
    assert CAUSES[printed] in finding.message
    assert printed not in finding.message


def test_a_command_in_one_text_is_to_be_split() -> None:
    finding = load_failure(["printenv KEY_ID hidden-word"])
    assert "one text with spaces" in finding.message
    assert finding.fix == 'Split it, each word a text of its own: ["printenv", "…", "…"].'
    assert "hidden" not in finding.message + finding.fix
    assert '["…", "…"]' in load_failure(["unknown-program key"]).fix


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["~/no/key"], f"There is no {Path.home()}/no/key"),
        (["$HOME/no/key"], f"There is no {Path.home()}/no/key"),
        (["no-such-program"], "PATH"),
        (["ls", "no-such-file", "|", "head", "-1"], "only an argument"),
    ],
)
def test_what_needs_a_shell_is_told_that_there_is_none(command: list[str], words: str) -> None:
    finding = load_failure(command)
    assert words in finding.message + finding.fix


@pytest.mark.parametrize("below", ["", "\nurl: example.com\nmade in May", "\n\nnotes", "\n"])
def test_the_first_line_of_an_entry_of_pass_is_taken(below: str, tmp_path: Path) -> None:
    program = tmp_path / "pass"
    program.write_text(f'#!/bin/sh\nprintf "%s%s\\n" "$KEY_ID" "{below}"\n')
    program.chmod(0o755)
    assert store([str(program), "show", "key"]).load(PROFILE.credentials).part("key").matches(KEY_ID)


def test_notes_below_the_value_of_another_program_are_named() -> None:
    assert "has 3 lines" in load_failure(["sh", "-c", 'printf "%s\\nnotes\\nmore\\n" "$KEY_ID"']).message


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
