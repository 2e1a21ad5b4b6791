"""`credentials set|show|delete|rotate`, by the command itself, with a look-alike and a keyring of the test's own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.config.stores import CommandStoreConfig, FileStoreConfig
from freqtrade_bitmex_guard.credentials import access
from freqtrade_bitmex_guard.credentials.files import FileStore
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.manage import instructions, wizard_stores
from freqtrade_bitmex_guard.manage.bot_context import BotContext
from freqtrade_bitmex_guard.manage.terminal import Terminal
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.simulator.bitmex import Key, SimulatedBitMEX
from freqtrade_bitmex_guard.util import deadline
from tests.support.factories import (
    KEY_ID,
    NEW_ID,
    NEW_SECRET,
    OTHER_ID,
    OTHER_SECRET,
    SECRET,
    belongs,
    bot_config,
    key,
    new_key,
    pair,
    store_config,
)
from tests.support.file_keyring import Vault
from tests.unit.manage.conftest import Run

OLD, NEW = f"{KEY_ID}\n{SECRET}\n", f"{NEW_ID}\n{NEW_SECRET}\n"


@pytest.fixture
def config(tmp_path: Path, exchange: SimulatedBitMEX) -> str:
    return written(tmp_path, exchange)


def written(folder: Path, exchange: SimulatedBitMEX, **section: Any) -> str:
    content = bot_config(folder, exchange)
    content["api_key_guard"] = {"allowed_hosts": ["127.0.0.1"], **section}
    (folder / "config.json").write_text(json.dumps(content))
    return str(folder / "config.json")


def entry() -> dict[str, str]:
    found: dict[str, str] = json.loads(keyring.get_password("freqtrade-bitmex", "credentials") or "{}")
    return found


def credentials(run: Run, action: str, config: str, *flags: str, stdin: bytes | str = "", code: int = 0) -> str:
    ended, printed = run("credentials", action, "-c", config, *flags, stdin=stdin)
    assert ended == code, printed
    for hidden in (SECRET[:8], NEW_SECRET[:8], KEY_ID[:5], NEW_ID[:5]):
        assert hidden not in printed
    return printed


def test_what_is_set_from_standard_input_is_what_the_bot_reads(run: Run, config: str) -> None:
    assert "LAqU…" in credentials(run, "set", config, stdin=OLD)
    assert set(entry()) == {"key", "secret", "stored_at"}
    assert LocalCheck(json.loads(Path(config).read_text())).run().verdict.admitted


@pytest.mark.parametrize(
    "stdin",
    [
        b"\xff\xfe\n\xff\n",
        "",
        "\n",
        KEY_ID,
        f"{KEY_ID}\n\n",
        f"{KEY_ID}\nsecret with spaces\n",
        f"{OLD}a third line\n",
        f"\n{OLD}",
    ],
    ids=["no text", "nothing", "a line end", "one line", "an empty secret", "spaces", "three lines", "an empty key"],
)
def test_what_is_not_two_lines_of_text_is_not_stored(run: Run, config: str, stdin: bytes | str) -> None:
    assert "credentials-malformed" in credentials(run, "set", config, stdin=stdin, code=4)
    assert entry() == {}


def test_set_overwrites_nothing(run: Run, config: str) -> None:
    credentials(run, "set", config, stdin=OLD)
    assert "rotate" in credentials(run, "set", config, stdin=NEW, code=4)
    assert entry()["key"] == KEY_ID


@pytest.fixture
def in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Writes to the keyring hang until this is set; a store has a second."""
    go_on = threading.Event()
    for name in ("set_password", "delete_password"):
        original = getattr(Vault, name)
        late = lambda *given, original=original: go_on.wait(60) and original(*given)  # noqa: E731
        monkeypatch.setattr(Vault, name, late)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))  # for a lock of its own: nobody else shall wait so long
    monkeypatch.setattr(access, "STORE_TIMEOUT_SECONDS", 1.0)
    monkeypatch.setattr(deadline, "_ABORT_GRACE_SECONDS", 0.1)
    yield go_on
    go_on.set()
    # They find the keyring's file by a variable: one that came later would write into the next test's.
    for thread in [each for each in threading.enumerate() if each.name == "freqtrade-bitmex-guard"]:
        thread.join(60)
        assert not thread.is_alive()


def becomes(expected: str | None) -> None:
    until = time.monotonic() + 30
    while entry().get("key") != expected:
        assert time.monotonic() < until
        time.sleep(0.01)


def both_are_to_be_kept(printed: str) -> None:
    for word in ("store-not-written", "old key", "the new one", "both secrets", "credentials show -c CONFIG"):
        assert word in printed
    assert "unlock it" not in printed


@pytest.mark.parametrize(
    ("action", "flags", "before", "after"),
    [("set", [], None, NEW_ID), ("rotate", [], KEY_ID, NEW_ID), ("delete", ["--yes"], KEY_ID, None)],
    ids=["set", "rotate", "delete"],
)
def test_a_change_that_may_still_come_is_not_told_as_if_nothing_had_been_done(
    run: Run,
    config: str,
    exchange: SimulatedBitMEX,
    in_time: threading.Event,
    action: str,
    flags: list[str],
    before: str | None,
    after: str | None,
) -> None:
    in_time.set()
    if before:
        credentials(run, "set", config, stdin=OLD)
    exchange.keys.append(Key(NEW_ID, NEW_SECRET))
    in_time.clear()
    both_are_to_be_kept(credentials(run, action, config, *flags, stdin=NEW, code=4))
    assert entry().get("key") == before
    in_time.set()
    becomes(after)


@pytest.mark.parametrize("action", ["rotate", "delete"])
def test_a_change_that_breaks_off_is_not_told_as_if_nothing_had_been_done(
    run: Run, config: str, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    def breaks(*_: str) -> None:
        raise SystemExit(0)

    credentials(run, "set", config, stdin=OLD)
    exchange.keys.append(Key(NEW_ID, NEW_SECRET))
    monkeypatch.setattr(Vault, "set_password", breaks)
    monkeypatch.setattr(Vault, "delete_password", breaks)
    flags = ["--yes"] if action == "delete" else []
    both_are_to_be_kept(credentials(run, action, config, *flags, stdin=NEW, code=4))


def test_setup_and_migrate_tell_of_a_change_that_may_still_come_likewise(
    run: Run, config: str, in_time: threading.Event
) -> None:
    belongs(Path(config))
    subject, given = BotContext.read([config]), pair(NEW_ID, NEW_SECRET)
    with pytest.raises(GuardError) as stopped:
        wizard_stores.store_credentials(subject, {"store": "keyring"}, given, Terminal())
    both_are_to_be_kept(f"{stopped.value} {stopped.value.findings[0].fix}")
    content = json.loads(Path(config).read_text())
    content["exchange"] |= {"key": KEY_ID, "secret": SECRET}
    Path(config).write_text(json.dumps(content))
    both_are_to_be_kept(credentials(run, "migrate", config, code=4))
    assert json.loads(Path(config).read_text()) == content  # and so both stay where they were


def test_show_masks_the_key_and_tells_store_age_and_whether_it_verifies(
    run: Run, config: str, exchange: SimulatedBitMEX
) -> None:
    credentials(run, "set", config, stdin=OLD)
    printed = credentials(run, "show", config)
    for word in ("LAqU…", "keyring", "freqtrade-bitmex", "0 days ago", "20 days ago", "ADMITTED"):
        assert word in printed
    exchange.keys[:] = [key(permissions=["order", "withdraw"])]
    assert "REFUSED" in credentials(run, "show", config, code=2)
    exchange.keys.clear()
    assert "20 days ago" not in credentials(run, "show", config, code=3)


def test_show_says_so_where_there_is_nothing(run: Run, config: str) -> None:
    assert "credentials-missing" in credentials(run, "show", config, code=4)


def test_show_reads_the_stores_that_are_only_read_too(run: Run, tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    files = bot_config(tmp_path, exchange)["api_key_guard"]["credentials"]
    printed = credentials(run, "show", written(tmp_path, exchange, credentials=files))
    assert "store   the store 'files'" in printed
    assert "stored  not known" in printed


def test_delete_asks_first_and_takes_everything(run: Run, config: str) -> None:
    credentials(run, "set", config, stdin=OLD)
    keyring.set_password("freqtrade-bitmex", "secret", "left by hand")
    assert "--yes" in credentials(run, "delete", config, code=4)
    assert entry()["key"] == KEY_ID
    assert "does not start" in credentials(run, "delete", config, "--yes")
    assert keyring.get_password("freqtrade-bitmex", "secret") is None
    assert "credentials-missing" in credentials(run, "delete", config, "--yes", code=4)


def test_delete_names_the_key_and_its_place(run: Run, config: str) -> None:
    credentials(run, "set", config, stdin=OLD)
    printed = credentials(run, "delete", config, "--yes")
    assert "Deleted: the key LAqU… with its secret from this user's keyring (service 'freqtrade-bitmex')." in printed
    keyring.set_password("freqtrade-bitmex", "credentials", "no pair")
    assert "Deleted: the remains of a key" in credentials(run, "delete", config, "--yes")
    assert keyring.get_password("freqtrade-bitmex", "credentials") is None


@pytest.mark.parametrize("arguments", [["delete", "--yes"], ["rotate"]], ids=lambda given: given[0])
def test_without_a_section_nobody_knows_whose_key_would_be_lost(
    run: Run, config: str, exchange: SimulatedBitMEX, arguments: list[str]
) -> None:
    credentials(run, "set", config, stdin=OLD)
    content = json.loads(Path(config).read_text())
    del content["api_key_guard"]
    Path(config).write_text(json.dumps(content))
    exchange.keys.append(new_key())
    action, *flags = arguments
    printed = credentials(run, action, config, *flags, stdin=NEW, code=4)
    assert "section-missing" in printed
    assert '"api_key_guard": {"credentials": {"store": "keyring", "service": "…"}}' in printed
    assert entry()["key"] == KEY_ID
    printed = credentials(run, "set", config, stdin=NEW, code=4)
    assert "another bot's" in printed
    assert '"service": "freqtrade-bitmex-freqtrade"' in printed


def test_what_the_page_says_of_uninstalling_leaves_no_secret_behind(
    run: Run, tmp_path: Path, exchange: SimulatedBitMEX, vault: Path
) -> None:
    config = written(tmp_path, exchange, credentials={"service": "freqtrade-bitmex-north"})
    credentials(run, "set", config, stdin=OLD)
    page = (Path(__file__).parents[3] / "docs" / "pages" / "installation.md").read_text(encoding="utf-8")
    first, then = re.findall(r"^```sh\n(.*?)\n```$", page.split("\n## Uninstall\n")[1], re.MULTILINE | re.DOTALL)
    assert SECRET in vault.read_text()
    assert run(*first.replace("config.json", config).split()[1:], "--yes")[0] == 0
    assert SECRET not in vault.read_text()
    assert then == "pip uninstall freqtrade-bitmex-guard"


def test_rotate_takes_a_key_that_is_admitted_and_says_what_to_do_in_which_order(
    run: Run, config: str, exchange: SimulatedBitMEX
) -> None:
    credentials(run, "set", config, stdin=OLD)
    exchange.keys.append(new_key())
    printed = credentials(run, "rotate", config, stdin=NEW)
    assert (entry()["key"], entry()["secret"]) == (NEW_ID, NEW_SECRET)
    restart, delete = printed.index("Restart the bot"), printed.index("delete the key LAqU…")
    assert restart < delete


@pytest.mark.parametrize(
    ("new", "code", "word"),
    [
        (new_key(permissions=["order", "withdraw"]), 2, "withdraw-permission"),
        (new_key(cidr=""), 2, "ip-unrestricted"),
        (Key(NEW_ID, OTHER_SECRET), 3, "signature-invalid"),
        (Key(OTHER_ID, NEW_SECRET), 3, "key-unknown"),
    ],
)
def test_rotate_keeps_the_old_key_where_the_new_one_is_not_admitted(
    run: Run, config: str, exchange: SimulatedBitMEX, new: Key, code: int, word: str
) -> None:
    credentials(run, "set", config, stdin=OLD)
    before = entry()
    exchange.keys.append(new)
    printed = credentials(run, "rotate", config, stdin=NEW, code=code)
    assert word in printed
    assert "stays in use" in printed
    assert entry() == before


def test_rotate_needs_an_old_key_and_another_new_one(run: Run, config: str) -> None:
    assert "credentials-missing" in credentials(run, "rotate", config, stdin=NEW, code=4)
    credentials(run, "set", config, stdin=OLD)
    assert "again" in credentials(run, "rotate", config, stdin=OLD, code=4)


@pytest.mark.parametrize(
    "arguments",
    [
        ["credentials"],
        ["credentials", "burn"],
        ["credentials", "set", "-c"],
        ["credentials", "show", "--yes"],
        ["credentials", "set", "-c", "-"],
        ["setup", "--yes"],
        ["setup"],
        ["credentials", "set", KEY_ID, SECRET],
        ["credentials", "set", f"--secret={SECRET}"],
        ["setup", SECRET],
    ],
)
def test_wrong_usage_ends_with_4_and_repeats_nothing_that_was_typed(run: Run, arguments: list[str]) -> None:
    code, printed = run(*arguments)
    assert code == 4
    assert "usage: " in printed or "config-unreadable" in printed
    assert SECRET[:8] not in printed
    assert KEY_ID[:5] not in printed


@pytest.mark.parametrize("arguments", [["setup", "--help"], ["credentials", "--help"], ["credentials", "set", "-h"]])
def test_help_ends_with_0(run: Run, arguments: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        run(*arguments)
    assert end.value.code == 0
    assert capfd.readouterr().out.startswith(f"usage: freqtrade-bitmex-guard {arguments[0]} ")


def test_a_candidate_is_checked_instead_of_what_the_store_has(
    tmp_path: Path, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidate = pair(NEW_ID, NEW_SECRET)
    config = bot_config(tmp_path, exchange)
    monkeypatch.delattr("freqtrade_bitmex_guard.check.prepare.open_store")

    assert LocalCheck(config, candidate).run().admission is None
    exchange.keys.append(new_key())
    admission = LocalCheck(config, candidate).run().admission

    assert admission is not None
    assert admission.credentials is candidate


def lines(lines: list[str]) -> str:
    """What a person would paste, the remarks left out."""
    return "\n".join(line.partition("   #")[0] for line in lines)


def test_what_is_said_to_run_for_files_works_as_it_stands(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    folder = tmp_path / "a place"
    store = store_config(store="files", key_file=str(folder / "key"), secret_file=str(folder / "secret"))
    assert isinstance(store, FileStoreConfig)

    def paste(script: str, first: str, second: str) -> int:
        for line, value in zip(script.splitlines(), ["", first, second, "", ""], strict=False):
            done = subprocess.run(["sh", "-uc", line], input=value, text=True, check=False)
        return done.returncode

    assert paste(lines(instructions.store_steps(store, PROFILE)), f"{KEY_ID}\n", f"{SECRET}\n") == 0
    assert FileStore(store, "bitmex").load(PROFILE.credentials).part("key").matches(KEY_ID)
    *inserted, checked, moved = instructions.replace_steps(store, PROFILE, "-c c.json")
    assert checked.endswith("freqtrade-bitmex-guard --check-only -c c.json")
    assert checked.count("FREQTRADE__API_KEY_GUARD__CREDENTIALS__") == 2
    paste(lines(["true", *inserted, moved]), f"{NEW_ID}\n", f"{NEW_SECRET}\n")
    assert FileStore(store, "bitmex").load(PROFILE.credentials).part("secret").matches(NEW_SECRET)
    subprocess.run(["sh", "-euc", lines(instructions.delete_steps(store, PROFILE))], check=True)
    assert list(folder.iterdir()) == []


def test_the_new_pair_in_files_is_checked_by_variables_before_it_takes_the_old_ones_place(
    run: Run, tmp_path: Path, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = bot_config(tmp_path, exchange)["api_key_guard"]["credentials"]
    config = written(tmp_path, exchange, credentials=files)
    printed = credentials(run, "rotate", config, code=4)
    (check,) = (line for line in printed.splitlines() if "--check-only" in line)
    for name in ("key", "secret"):
        (tmp_path / f"{name}.new").write_text("other")
        (tmp_path / f"{name}.new").chmod(0o600)
    for word in check.split():
        name, is_variable, value = word.partition("=")
        if is_variable:
            monkeypatch.setenv(name, value)
    assert run("--check-only", "-c", config)[0] == 3  # unknown to the exchange, so the new pair was read


@pytest.mark.parametrize("action", ["set", "rotate", "delete"])
@pytest.mark.parametrize(
    "store",
    [
        {"store": "files"},
        {"store": "command", "key_command": ["pass", "show", "a b"], "secret_command": ["pass", "show", "c"]},
        {"store": "command", "key_command": ["op", "read", "k"], "secret_command": ["vault", "kv", "get", "s"]},
    ],
)
def test_for_a_store_that_is_only_read_it_is_said_what_to_run(
    run: Run, tmp_path: Path, exchange: SimulatedBitMEX, store: dict[str, Any], action: str
) -> None:
    config = written(tmp_path, exchange, credentials=store)
    printed = credentials(run, action, config, *(["--yes"] if action == "delete" else []), stdin=NEW, code=4)
    assert "store-read-only" in printed
    assert "Run instead" in printed
    expected = {"files": "bitmex_api_key", "command": "'a b'" if "pass" in str(store) else "op"}[store["store"]]
    assert expected in printed
    assert not os.path.exists(os.environ["VAULT"])


def test_pass_is_told_by_its_own_commands() -> None:
    store = store_config(store="command", key_command=["pass", "show", "a"], secret_command=["pass", "show", "b"])
    assert isinstance(store, CommandStoreConfig)
    assert lines(instructions.store_steps(store, PROFILE)) == "pass insert a\npass insert b"
    inserted, _, check, *moved = instructions.replace_steps(store, PROFILE, "-c c.json")
    assert lines([inserted]) == "pass insert a.new"
    assert """KEY_COMMAND='["pass", "show", "a.new"]'""" in check
    assert moved == ["pass mv -f a.new a", "pass mv -f b.new b"]
    assert instructions.delete_steps(store, PROFILE) == ["pass rm a", "pass rm b"]


def test_of_any_other_program_only_the_name_is_shown(run: Run, tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    store = {"store": "command", "key_command": ["/usr/bin/echo", KEY_ID], "secret_command": ["printf", "%s", SECRET]}
    config = written(tmp_path, exchange, credentials=store)
    belongs(Path(config))
    for action, expected in {
        "set": "with echo, store the key id so that key_command prints it alone",
        "rotate": """SECRET_COMMAND='["printf", "…"]' freqtrade-bitmex-guard --check-only""",
        "delete": "with printf, delete what secret_command prints",
    }.items():
        printed = credentials(run, action, config, *(["--yes"] if action == "delete" else []), stdin=NEW, code=4)
        assert expected in printed
    # And what is printed before anything was read, so before anything is hidden:
    plain = store_config(store="command", key_command=["op", KEY_ID], secret_command=["op", SECRET])
    assert isinstance(plain, CommandStoreConfig)
    ways = (
        instructions.store_steps(plain, PROFILE),
        instructions.replace_steps(plain, PROFILE, ""),
        instructions.delete_steps(plain, PROFILE),
    )
    told = [line for way in ways for line in way]
    assert not any(hidden in line for line in told for hidden in (KEY_ID, SECRET))
