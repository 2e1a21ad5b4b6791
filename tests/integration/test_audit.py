"""The audit: what it shows, what it remembers, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.audit.diff import ChangeKind, diff
from freqtrade_bitmex_guard.audit.snapshot import AccountSnapshot, KeySnapshot
from freqtrade_bitmex_guard.cli import dispatch
from freqtrade_bitmex_guard.simulator.bitmex import Key, SimulatedBitMEX, error
from tests.support.factories import KEY_ID, OTHER_ID, SECRET, bot_config, key, other_key


@pytest.fixture
def config(tmp_path: Path, exchange: SimulatedBitMEX) -> Path:
    (tmp_path / "user_data").mkdir()
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**bot_config(tmp_path, exchange), "user_data_dir": str(tmp_path / "user_data")}))
    return path


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")


class Command:
    """`freqtrade-bitmex-guard audit`, in this process."""

    def __init__(self, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._config = config
        self._capsys = capsys

    def __call__(self, *arguments: str) -> tuple[int, str]:
        code = dispatch.main(["audit", "-c", str(self._config), *arguments])
        printed = self._capsys.readouterr()
        for hidden in (SECRET, SECRET[:6], KEY_ID, KEY_ID[:6], OTHER_ID, OTHER_ID[:6]):
            assert hidden not in printed.out + printed.err
        return code, printed.out

    def json(self, *arguments: str) -> Any:
        return json.loads(self(*arguments, "--format", "json")[1])


@pytest.fixture
def audit(config: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Command]:
    yield Command(config, capsys)
    for path in config.parent.rglob("audit-*"):
        assert KEY_ID not in path.read_text()
        assert OTHER_ID not in path.read_text()
        assert path.stat().st_mode & 0o077 == 0


def other(**what: Any) -> Key:
    return other_key(**{"cidr": "203.0.113.7", "name": "freqtrade-eth", **what})


def record(config: Path) -> Path:
    (path,) = (config.parent / "user_data" / "api_key_guard").glob("audit-*.json")
    return path


def careless(exchange: SimulatedBitMEX) -> None:
    exchange.account.two_factor = None
    exchange.account.add_withdrawal_address("hot wallet", skip2FA=True)
    exchange.account.add_event("withdrawalRequested", days_ago=2, ip="198.51.100.9")
    exchange.keys[0].permissions, exchange.keys[0].name, exchange.keys[0].age_days = ["order", "withdraw"], "bot", 400
    exchange.keys.append(other(permissions=["withdraw"], cidr=""))


def test_a_careless_account_shows_what_to_do_first(audit: Command, exchange: SimulatedBitMEX) -> None:
    careless(exchange)
    code, out = audit()
    assert code == 2
    lines = [line.strip() for line in out.splitlines()]
    assert lines[0].startswith("REFUSED: no bot starts on this key")
    assert lines[0].endswith("(2 errors, 5 warnings).")
    assert lines[2] == "What to do first"
    numbered = [line.split()[2] for line in lines if line[:1].isdigit() and line.split()[1].endswith(":")]
    assert numbered == [
        *("withdraw-permission", "two-factor"),
        *("security-event", "sibling-keys", "withdrawal-address", "key-age", "key-name"),
    ]
    for shown in ("LAqU… (this bot's)", "anot…", "two-factor", "off", "withdrawalRequested (!)", "198.51.100.9"):
        assert shown in out
    assert "(!) changes who can get at the money, or moves some" in out


def test_an_account_in_order_is_a_short_report(audit: Command) -> None:
    code, out = audit()
    assert code == 0
    assert out.startswith("ADMITTED: a bot starts on this key (0 errors, 0 warnings).")
    assert len(out.splitlines()) < 35
    assert "What to do first" not in out
    assert "apiKeyCreated (this bot's)" in out
    assert "(!)" not in out


def test_the_same_stands_in_markdown(audit: Command, exchange: SimulatedBitMEX) -> None:
    careless(exchange)
    code, out = audit("--format", "markdown")
    assert code == 2
    assert out.startswith("# API key audit\n\nREFUSED: ")
    assert "| 1 | error: withdraw-permission | " in out
    tables = [line for line in out.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in tables)


def test_text_from_outside_is_harmless_in_every_format(audit: Command, exchange: SimulatedBitMEX) -> None:
    hostile = "a|b\n# c [red]\x1b[31m <b> `x` \u202e"
    exchange.keys[0].name = hostile
    exchange.keys.append(other(name=hostile, permissions=["withdraw", hostile]))
    exchange.account.add_event(hostile, days_ago=1, ip=hostile, status=hostile)
    exchange.account.add_event("withdrawal" + hostile, days_ago=1, ip=hostile)
    exchange.account.add_withdrawal_address(hostile, skip2FA=True)
    for form in ("text", "markdown", "json"):
        audit()
        _, out = audit("--format", form)
        assert not {"\x1b", "\u202e"} & set(out)
        assert "\n# c" not in out
        assert "<b>" not in out
        assert "`x`" not in out


def test_two_hundred_keys_read_as_quickly_as_one(audit: Command, exchange: SimulatedBitMEX) -> None:
    for number in range(200):
        exchange.keys.append(Key(f"{number:03d}-other-key-made-up", "secret", cidr=f"203.0.113.{number}"))
    exchange.keys.append(other(permissions=["withdraw"]))
    code, out = audit()
    assert code == 0
    assert len(out.splitlines()) < 50
    assert "Keys (202)" in out
    assert "200 more keys cannot withdraw: order; from 1 address each." in out
    assert "can withdraw" in out
    assert len(audit.json()["keys"]) == 201


def test_a_thousand_keys_and_ten_thousand_events_are_still_a_page(audit: Command, exchange: SimulatedBitMEX) -> None:
    for number in range(1_000):
        words = ["withdraw"] if number % 2 else ["order"]
        exchange.keys.append(
            Key(f"{number:04d}-other-key-made-up", "secret", permissions=words, cidr=f"203.0.113.{number % 256}")
        )
    for number in range(10_000):
        exchange.account.add_event("login", days_ago=90 - number / 112, ip=f"198.51.100.{number % 256}")
    code, out = audit("--days", "365")
    assert code == 0
    assert len(out.splitlines()) < 100
    assert "And 480 more that can do what a bot's key must not" in out
    assert "login: 10,001 times, from " in out
    told = audit.json("--days", "365")
    assert (len(told["keys"]), len(told["events"])) == (1_000, 10_002)


def test_days_decide_how_far_the_events_are_paged(audit: Command, exchange: SimulatedBitMEX) -> None:
    for number in range(600):
        exchange.account.add_event("login", days_ago=60 - number / 10)
    for days, pages in ((1, 1), (30, 3), (365, 5)):
        exchange.requests.clear()
        told = audit.json("--days", str(days))
        assert exchange.paths().count("GET /userEvent") == pages
        assert told["events_whole_since"] is not None


def test_an_audit_sees_what_changed_since_the_last_one(audit: Command, exchange: SimulatedBitMEX) -> None:
    exchange.keys.append(other())
    assert "There is no earlier audit to compare with." in audit()[1]
    assert audit.json()["changes"] == []
    exchange.keys[1].permissions = ["order", "withdraw"]
    exchange.keys[1].enabled = False
    exchange.keys[0].cidr = "127.0.0.0/24"
    exchange.keys.append(Key("a-new-key-of-the-account", "secret", cidr=""))
    code, out = audit()
    assert code == 2
    for line in ("new: order; everywhere", "rights: order → order, withdraw", "enabled: on → off"):
        assert line in out
    assert "addresses: 127.0.0.1/32 → 127.0.0.0/24" in out
    exchange.keys.pop(1)
    changes = {(change["change"], change["key"]) for change in audit.json()["changes"]}
    assert changes == {("vanished", "anot…")}
    assert audit.json()["changes"] == []


def test_an_audit_that_sees_one_key_hides_nothing_from_the_next(audit: Command, exchange: SimulatedBitMEX) -> None:
    exchange.keys.append(other())
    audit()
    exchange.keys[0].can_list_keys = False
    exchange.keys[0].permissions = ["order", "orderCancel"]
    told = audit.json()
    assert told["keys"] is None
    assert [change["change"] for change in told["changes"]] == ["rights"]
    assert "new and vanished ones cannot be told" in " ".join(audit()[1].split())
    exchange.keys[0].can_list_keys = True
    exchange.keys.append(Key("EVIL-key-of-somebody-new", "secret", permissions=["withdraw"]))
    assert [(change["change"], change["key"]) for change in audit.json()["changes"]] == [("new", "EVIL…")]


def test_every_new_key_is_reported_however_many_there_are(audit: Command, exchange: SimulatedBitMEX) -> None:
    audit()
    for number in range(40):
        exchange.keys.append(Key(f"{number:02d}zz-other-key-made-up", "secret", cidr="203.0.113.7"))
    exchange.keys.append(Key("EVIL-key-of-somebody-new", "secret", permissions=["withdraw"]))
    out = audit()[1].split("Changes since")[1].split("Keys (")[0]
    assert out.count("new:") == 41
    assert "EVIL…" in out


@pytest.mark.parametrize(
    "key_id", ["\n202AAAAAAAAAAAAAAAA", "\x1bc\n\u202eAAAAAAAAAA", "\ud800AAAAAAAAAAAA", "||##AAAAAAAAAA"]
)
def test_another_keys_id_is_text_from_outside(
    audit: Command, exchange: SimulatedBitMEX, caplog: pytest.LogCaptureFixture, key_id: str
) -> None:
    exchange.keys.append(Key(key_id, "secret", permissions=["withdraw"]))
    for form in ("text", "markdown", "json"):
        code, out = audit("--format", form)
        assert code == 0
        assert out.replace("\n", "").replace("\u200b", "").isprintable()
        assert "\n202" not in out


def test_an_account_number_of_none_is_not_reported(audit: Command, exchange: SimulatedBitMEX) -> None:
    for odd in ("\ud800x", "a b", "x" * 65, 10**70):
        exchange.keys[0].overrides = {"userId": odd}
        assert audit.json()["facts"][0]["user_id"] is None


def test_a_record_that_somebody_else_wrote_is_text_from_outside(
    audit: Command, config: Path, exchange: SimulatedBitMEX
) -> None:
    exchange.keys.append(other())
    audit()
    told = json.loads(record(config).read_text())
    for entry in told["keys"].values():
        entry |= {"name": "\x1bc<script>\n# x", "addresses": ["\x1b[31m|"], "rights": ["`rm`"], "shown": "\n\x1b"}
    record(config).write_text(json.dumps(told))
    exchange.keys.pop()
    for form in ("text", "markdown"):
        record(config).write_text(json.dumps(told))
        out = audit("--format", form)[1]
        assert out.replace("\n", "").replace("\u200b", "").isprintable()
        assert not {"<", "`"} & set(out)


def test_a_pipe_in_the_records_place_holds_nobody_up(audit: Command, config: Path) -> None:
    audit()
    place = record(config)
    place.unlink()
    os.mkfifo(place)
    assert "There is no earlier audit" in audit()[1]


def test_markdown_stays_text_in_an_issue(audit: Command, exchange: SimulatedBitMEX) -> None:
    exchange.keys.append(other(name="@octocat #1 https://evil.example _x_"))
    out = audit("--format", "markdown")[1]
    for active in ("@octocat", "#1", "https://", " _x_"):
        assert active not in out


THEN = KeySnapshot(masked_id="AbCd…", name="a", permissions=("order",), networks=("203.0.113.7/32",), enabled=True)


@pytest.mark.parametrize(
    ("now", "kinds"),
    [
        (THEN, []),
        (THEN.model_copy(update={"permissions": None}), [ChangeKind.RIGHTS]),
        (THEN.model_copy(update={"networks": ("everywhere",)}), [ChangeKind.ADDRESSES]),
        (THEN.model_copy(update={"name": None}), [ChangeKind.NAME]),
        (THEN.model_copy(update={"enabled": None}), [ChangeKind.ENABLED]),
        (None, [ChangeKind.VANISHED]),
    ],
)
def test_every_kind_of_change_is_seen(now: KeySnapshot | None, kinds: list[ChangeKind]) -> None:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    before = AccountSnapshot(at=at, complete=True, keys={"mark": THEN})
    after = AccountSnapshot(at=at, complete=True, keys={"mark": now} if now else {})
    assert [change.kind for change in diff(before, after)] == kinds
    not_whole = AccountSnapshot(at=at, complete=False, keys=after.keys)
    assert [change.kind for change in diff(before, not_whole)] == [kind for kind in kinds if kind != "vanished"]


@pytest.mark.parametrize(
    "content", ["", "{", "null", "[" * 100_000, '{"at": 1}', "\x00", '{"keys": {}, "whole": true}']
)
def test_a_record_that_cannot_be_read_is_no_record(audit: Command, config: Path, content: str) -> None:
    audit()
    record(config).write_text(content)
    assert "There is no earlier audit to compare with." in audit()[1]
    assert audit.json()["last_audit_at"] is not None


def test_two_accounts_in_one_folder_have_a_record_each(audit: Command, config: Path, exchange: SimulatedBitMEX) -> None:
    audit()
    exchange.keys[0].overrides = {"userId": 7}
    assert "There is no earlier audit to compare with." in audit()[1]
    assert len(list((config.parent / "user_data" / "api_key_guard").iterdir())) == 2


def test_without_a_user_data_folder_it_says_that_nothing_is_kept(audit: Command, config: Path) -> None:
    (config.parent / "user_data").rmdir()
    code, out = audit()
    assert code == 0
    assert "could not be kept for the next one: there is no user-data folder" in out
    assert not (config.parent / "user_data").exists()


def test_a_folder_that_cannot_be_written_changes_no_exit_code(audit: Command, config: Path) -> None:
    (config.parent / "user_data" / "api_key_guard").write_text("a file in the way")
    code, out = audit()
    assert code == 0
    assert "cannot be written" in " ".join(out.split())


def test_userdir_names_another_folder(audit: Command, config: Path) -> None:
    elsewhere = config.parent / "elsewhere"
    elsewhere.mkdir()
    audit("--userdir", str(elsewhere))
    assert list(elsewhere.rglob("audit-bitmex-*.json"))


@pytest.mark.parametrize(
    ("spoil", "code", "said"),
    [
        (lambda exchange: exchange.respond_always("/apiKey", error(401, "Invalid API Key.")), 3, "key-unknown"),
        (lambda exchange: exchange.keys.clear(), 3, "key-unknown"),
        (lambda exchange: setattr(exchange.account, "two_factor", ""), 2, "two-factor"),
        (lambda exchange: exchange.respond_always("/user", error(403, "Access Denied")), 0, "two-factor"),
    ],
)
def test_its_exit_codes_are_those_of_the_check(
    audit: Command, exchange: SimulatedBitMEX, config: Path, spoil: Any, code: int, said: str
) -> None:
    spoil(exchange)
    assert (audit()[0], said in audit()[1]) == (code, True)
    told = audit.json()
    assert said in [finding["rule"] for finding in told["findings"]]
    if code == 3:
        assert told["keys"] is None
        assert not (config.parent / "user_data" / "api_key_guard").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["audit", "--days", "0"],
        ["audit", "--days", "x"],
        ["audit", "--days", "9999"],
        ["audit", "--check-only"],
        ["audit", "--format", "xml"],
        ["--check-only", "--format", "markdown"],
        ["--check-only", "--days", "7"],
        ["trade", "--days", "7"],
        ["audit", "--no-such-flag"],
    ],
)
def test_wrong_usage_ends_with_4(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert dispatch.main(arguments) == 4


def test_its_json_has_these_fields_and_keeps_those_of_the_check(audit: Command, exchange: SimulatedBitMEX) -> None:
    careless(exchange)
    told = audit.json()
    assert list(told) == [
        *("verdict", "exchange", "key", "findings", "facts", "servers"),
        *("requests", "checked_at", "duration_ms", "version"),
        *("since", "last_audit_at", "not_kept", "keys", "account", "events", "events_whole_since", "changes"),
    ]
    assert list(told["keys"][0]) == ["key", "fingerprint", "facts", "dangers"]
    assert told["account"] == {
        "two_factor": False,
        "withdrawal_addresses": [{"name": "hot wallet", "skips": ["skip2FA"]}],
    }
    assert told["events"][0]["what"] == "withdrawalRequested"


KILLED = """
import os, signal, sys, tempfile
from freqtrade_bitmex_guard.cli import dispatch
from freqtrade_bitmex_guard.util import atomic_file

left = int(sys.argv[1])

class Deadly:
    def __init__(self, module):
        self.module = module
    def __getattr__(self, name):
        real = getattr(self.module, name)
        if not callable(real):
            return real
        def call(*arguments, **options):
            global left
            left -= 1
            if left == 0:
                if name == "write":
                    real(arguments[0], arguments[1][: len(arguments[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            done = real(*arguments, **options)
            return done
        return call

atomic_file.os, atomic_file.tempfile = Deadly(os), Deadly(tempfile)
code = dispatch.main(["audit", "-c", sys.argv[2]])
print("calls left:", left, file=sys.stderr)
sys.exit(code)
"""


def test_an_audit_killed_at_any_write_leaves_the_last_good_record_whole(
    audit: Command, config: Path, exchange: SimulatedBitMEX
) -> None:
    audit()
    good = record(config).read_text()
    exchange.keys.append(other())
    deaths = 0
    for number in range(1, 30):
        done = subprocess.run(
            [sys.executable, "-c", KILLED, str(number), str(config)], capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
        deaths += 1
        now = record(config).read_text()
        assert now == good or json.loads(now)["whole"], "neither the old record nor a whole new one"
        AccountSnapshot.model_validate_json(now)
        if now != good:
            record(config).write_text(good)
    assert deaths >= 5
    assert len(AccountSnapshot.model_validate_json(record(config).read_text()).keys) == 2
    left = list(record(config).parent.glob(".*.new"))
    for path in left:
        os.utime(path, (1, 1))
    assert left
    audit()
    assert not list(record(config).parent.glob(".*.new")), "what killed audits left behind is swept away"


def test_a_key_listed_twice_is_audited(audit: Command, exchange: SimulatedBitMEX) -> None:
    exchange.keys.append(key(name="again"))
    code, out = audit()
    assert code == 0
    assert "again" in out
