"""The record of an audit, and the changes that the next audit finds."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.audit.diff import ChangeKind, diff
from freqtrade_bitmex_guard.audit.snapshot import AccountSnapshot, KeySnapshot
from freqtrade_bitmex_guard.simulator.bitmex import Key, SimulatedBitMEX
from tests.support.audit_command import AuditCommand, audit_record, sibling


def test_an_audit_sees_what_changed_since_the_last_one(audit: AuditCommand, exchange: SimulatedBitMEX) -> None:
    exchange.keys.append(sibling())
    assert "There is no earlier audit to compare with." in audit()[1]
    assert audit.json()["changes"] == []
    exchange.keys[1].permissions = ["order", "withdraw"]
    exchange.keys[1].enabled = False
    exchange.keys[0].cidr = "127.0.0.0/24"
    exchange.keys.append(Key("a-new-key-of-the-account", "secret", cidr=""))
    code, out = audit()
    assert code == 2
    for line in ("new: order; no IP restriction", "permissions: order → order, withdraw", "enabled: on → off"):
        assert line in out
    assert "allowed IPs: 127.0.0.1/32 → 127.0.0.0/24" in out
    exchange.keys.pop(1)
    changes = {(change["change"], change["key"]) for change in audit.json()["changes"]}
    assert changes == {("vanished", "anot…")}
    assert audit.json()["changes"] == []


def test_an_audit_that_sees_one_key_hides_nothing_from_the_next(audit: AuditCommand, exchange: SimulatedBitMEX) -> None:
    exchange.keys.append(sibling())
    audit()
    exchange.keys[0].can_list_keys = False
    exchange.keys[0].permissions = ["order", "orderCancel"]
    report = audit.json()
    assert report["keys"] is None
    assert [change["change"] for change in report["changes"]] == ["rights"]
    assert "new and vanished keys are unknown" in " ".join(audit()[1].split())
    exchange.keys[0].can_list_keys = True
    exchange.keys.append(Key("EVIL-key-of-somebody-new", "secret", permissions=["withdraw"]))
    assert [(change["change"], change["key"]) for change in audit.json()["changes"]] == [("new", "EVIL…")]


def test_every_new_key_is_reported_however_many_there_are(audit: AuditCommand, exchange: SimulatedBitMEX) -> None:
    audit()
    for number in range(40):
        exchange.keys.append(Key(f"{number:02d}zz-other-key-made-up", "secret", cidr="203.0.113.7"))
    exchange.keys.append(Key("EVIL-key-of-somebody-new", "secret", permissions=["withdraw"]))
    out = audit()[1]
    assert "are new or can do more. If you did not do that, somebody is in" in " ".join(out.split())
    out = out.split("Changes since")[1].split("Keys (")[0]
    assert out.count("new:") == 41
    assert "EVIL…" in out


def test_a_record_that_somebody_else_wrote_is_text_from_outside(
    audit: AuditCommand, config: Path, exchange: SimulatedBitMEX
) -> None:
    exchange.keys.append(sibling())
    audit()
    report = json.loads(audit_record(config).read_text())
    for entry in report["keys"].values():
        entry |= {"name": "\x1bc<script>\n# x", "addresses": ["\x1b[31m|"], "rights": ["`rm`"], "shown": "\n\x1b"}
    audit_record(config).write_text(json.dumps(report))
    exchange.keys.pop()
    for form in ("text", "markdown"):
        audit_record(config).write_text(json.dumps(report))
        out = audit("--format", form)[1]
        assert out.replace("\n", "").replace("\u200b", "").isprintable()
        assert not {"<", "`"} & set(out)


def test_a_pipe_in_place_of_the_record_blocks_no_audit(audit: AuditCommand, config: Path) -> None:
    audit()
    path = audit_record(config)
    path.unlink()
    os.mkfifo(path)
    assert "There is no earlier audit" in audit()[1]


BEFORE = KeySnapshot(masked_id="AbCd…", name="a", permissions=("order",), networks=("203.0.113.7/32",), enabled=True)


@pytest.mark.parametrize(
    ("now", "kinds"),
    [
        (BEFORE, []),
        (BEFORE.model_copy(update={"permissions": None}), [ChangeKind.RIGHTS]),
        (BEFORE.model_copy(update={"networks": ("everywhere",)}), [ChangeKind.ADDRESSES]),
        (BEFORE.model_copy(update={"name": None}), [ChangeKind.NAME]),
        (BEFORE.model_copy(update={"enabled": None}), [ChangeKind.ENABLED]),
        (None, [ChangeKind.VANISHED]),
    ],
)
def test_every_kind_of_change_is_seen(now: KeySnapshot | None, kinds: list[ChangeKind]) -> None:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    before = AccountSnapshot(at=at, complete=True, keys={"mark": BEFORE})
    after = AccountSnapshot(at=at, complete=True, keys={"mark": now} if now else {})
    assert [change.kind for change in diff(before, after)] == kinds
    incomplete = AccountSnapshot(at=at, complete=False, keys=after.keys)
    assert [change.kind for change in diff(before, incomplete)] == [kind for kind in kinds if kind != "vanished"]


@pytest.mark.parametrize(
    "content", ["", "{", "null", "[" * 100_000, '{"at": 1}', "\x00", '{"keys": {}, "whole": true}']
)
def test_an_unreadable_record_counts_as_none(audit: AuditCommand, config: Path, content: str) -> None:
    audit()
    audit_record(config).write_text(content)
    assert "There is no earlier audit to compare with." in audit()[1]
    assert audit.json()["last_audit_at"] is not None


def test_two_accounts_in_one_folder_have_a_record_each(
    audit: AuditCommand, config: Path, exchange: SimulatedBitMEX
) -> None:
    audit()
    exchange.keys[0].overrides = {"userId": 7}
    assert "There is no earlier audit to compare with." in audit()[1]
    assert len(list((config.parent / "user_data" / "api_key_guard").iterdir())) == 2


def test_without_a_user_data_folder_it_says_that_nothing_is_kept(audit: AuditCommand, config: Path) -> None:
    (config.parent / "user_data").rmdir()
    code, out = audit()
    assert code == 0
    assert "could not be saved for the next one: there is no user-data folder" in out
    assert not (config.parent / "user_data").exists()


def test_a_folder_that_cannot_be_written_changes_no_exit_code(audit: AuditCommand, config: Path) -> None:
    (config.parent / "user_data" / "api_key_guard").write_text("a file in the way")
    code, out = audit()
    assert code == 0
    assert "cannot be written" in " ".join(out.split())


def test_userdir_names_another_folder(audit: AuditCommand, config: Path) -> None:
    elsewhere = config.parent / "elsewhere"
    elsewhere.mkdir()
    audit("--userdir", str(elsewhere))
    assert list(elsewhere.rglob("audit-bitmex-*.json"))


KILLED = """
import os, signal, sys, tempfile
from freqtrade_bitmex_guard.cli import dispatch
from freqtrade_bitmex_guard.util import atomic_file

left = int(sys.argv[1])

class KillingModule:
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

atomic_file.os, atomic_file.tempfile = KillingModule(os), KillingModule(tempfile)
code = dispatch.main(["audit", "-c", sys.argv[2]])
print("calls left:", left, file=sys.stderr)
sys.exit(code)
"""


def test_an_audit_killed_at_any_write_leaves_a_complete_record(
    audit: AuditCommand, config: Path, exchange: SimulatedBitMEX
) -> None:
    audit()
    good = audit_record(config).read_text()
    exchange.keys.append(sibling())
    deaths = 0
    for number in range(1, 30):
        done = subprocess.run(
            [sys.executable, "-c", KILLED, str(number), str(config)], capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
        deaths += 1
        now = audit_record(config).read_text()
        assert now == good or json.loads(now)["whole"], "neither the old record nor a complete new one"
        AccountSnapshot.model_validate_json(now)
        if now != good:
            audit_record(config).write_text(good)
    assert deaths >= 5
    assert len(AccountSnapshot.model_validate_json(audit_record(config).read_text()).keys) == 2
    left = list(audit_record(config).parent.glob(".*.new"))
    for path in left:
        os.utime(path, (1, 1))
    assert left
    audit()
    assert not list(audit_record(config).parent.glob(".*.new")), "the files that killed audits left are removed"
