"""`credentials set|show|delete|rotate`, by the command itself, with a look-alike and a keyring of the test's own."""

from __future__ import annotations

import json
import re
from pathlib import Path

import keyring
import pytest

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.simulator.bitmex import Key, SimulatedBitMEX
from tests.support.factories import (
    KEY_ID,
    NEW_ID,
    NEW_SECRET,
    OTHER_ID,
    OTHER_SECRET,
    SECRET,
    bot_config,
    key,
    new_key,
    pair,
)
from tests.unit.manage.conftest import NEW, OLD, Run, credentials, entry, written


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


def test_set_with_the_key_that_is_stored_already_ends_well(run: Run, config: str) -> None:
    credentials(run, "set", config, stdin=OLD)
    before = entry()
    assert "already" in credentials(run, "set", config, stdin=OLD)
    assert entry() == before
    assert "rotate" in credentials(run, "set", config, stdin=f"{KEY_ID}\n{OTHER_SECRET}\n", code=4)
    assert entry() == before


def test_show_prints_json_for_machines(run: Run, config: str, exchange: SimulatedBitMEX) -> None:
    problem = json.loads(credentials(run, "show", config, "--format=json", code=4))
    assert [finding["rule"] for finding in problem["findings"]] == ["credentials-missing"]
    credentials(run, "set", config, stdin=OLD)
    document = json.loads(credentials(run, "show", config, "--format=json"))
    assert (document["verdict"], document["key"], document["store"][:18]) == ("admitted", "LAqU…", "this user's keyrin")
    assert document["stored_at"].startswith("20")
    exchange.keys[:] = [key(permissions=["order", "withdraw"])]
    assert json.loads(credentials(run, "show", config, "--format=json", code=2))["verdict"] == "refused"


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


def test_rotate_stores_an_admitted_key_and_says_what_comes_next(
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
