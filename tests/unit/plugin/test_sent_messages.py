"""What was sent is not sent again for an hour, across restarts and on disks that cannot be written."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.model.findings import error, warning
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.plugin import notifications, sent_messages
from tests.e2e.trading_bot import Receiver
from tests.support.factories import facts

REFUSED = Verdict(findings=(error("withdraw-permission", "can withdraw", "make a new key"),), facts=(facts("order"),))


@pytest.fixture
def config(tmp_path: Path) -> dict[str, Any]:
    return {"user_data_dir": tmp_path, "bot_name": "my bot"}


@pytest.fixture(autouse=True)
def runtime_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have runtime folders of the test's own."""
    for name, variable in (("runtime", "XDG_RUNTIME_DIR"), ("tmp", "TMPDIR")):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(variable, str(tmp_path / name))
    monkeypatch.setattr("tempfile.tempdir", None)


def notify(config: dict[str, Any], verdict: Verdict = REFUSED) -> None:
    notifications.notify_refusal(config, verdict)


def test_the_same_refusal_is_sent_once_an_hour(config: dict[str, Any], tmp_path: Path) -> None:
    other = Verdict(findings=(error("ip-unrestricted", "everywhere", "mend it"),), facts=REFUSED.facts)
    with Receiver() as receiver:
        config["webhook"] = receiver.config()
        for verdict in (REFUSED, REFUSED, other, REFUSED, other):
            notify(config, verdict)
        assert len(receiver.received) == 2
        sent_file = tmp_path / "api_key_guard" / "told.json"
        digests = json.loads(sent_file.read_text())
        sent_file.write_text(json.dumps({digest: sent_at - 3_601 for digest, sent_at in digests.items()}))
        notify(config)
        assert len(receiver.received) == 3
        sent_file.write_text(json.dumps({digest: sent_at + 100_000 for digest, sent_at in digests.items()}))
        notify(config)
        assert len(receiver.received) == 4, "a time in the future does not count"
        config["bot_name"] = "another bot"
        notify(config)
        assert len(receiver.received) == 5


def test_warnings_that_come_and_go_do_not_make_another_refusal(config: dict[str, Any]) -> None:
    with Receiver() as receiver:
        config["webhook"] = receiver.config()
        for more in ((), (warning("key-age", "old", "renew"),), (warning("security-event", "x", "y"),)):
            notify(config, Verdict(findings=(*REFUSED.findings, *more), facts=REFUSED.facts))
        assert len(receiver.received) == 1


def test_a_pipe_in_place_of_the_file_holds_nothing_up(config: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "api_key_guard").mkdir()
    os.mkfifo(tmp_path / "api_key_guard" / "told.json")
    with Receiver() as receiver:
        config["webhook"] = receiver.config()
        notify(config)
        assert len(receiver.received) == 1


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"a": "b"}', "[" * 100_000, "null", "\x00", '{"a": 9' + "9" * 400 + "}"]
)
def test_an_unreadable_file_sends_again(config: dict[str, Any], tmp_path: Path, content: str) -> None:
    (tmp_path / "api_key_guard").mkdir()
    (tmp_path / "api_key_guard" / "told.json").write_text(content)
    with Receiver() as receiver:
        config["webhook"] = receiver.config()
        notify(config)
        assert len(receiver.received) == 1


def forget_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the next message that of another process."""
    monkeypatch.setattr(sent_messages, "_of_this_process", {})


@pytest.mark.parametrize("place", ["runtime", "tmp"])
def test_what_cannot_be_written_beside_the_bot_is_remembered_elsewhere(
    config: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (tmp_path / "api_key_guard").write_text("a file where the folder should be")
    if place == "tmp":
        monkeypatch.delenv("XDG_RUNTIME_DIR")
    with Receiver() as receiver:
        config["webhook"] = receiver.config()
        for _ in range(3):
            forget_the_process(monkeypatch)
            notify(config)
        assert len(receiver.received) == 1
        (remembered,) = (tmp_path / place).rglob("told-*.json")
        assert remembered.stat().st_mode & 0o077 == remembered.parent.stat().st_mode & 0o077 == 0
        notify({**config, "user_data_dir": tmp_path / "other"})
        assert len(receiver.received) == 2, "another bot of the same name has a memory of its own"


@pytest.mark.parametrize("attack", ["open to others", "of another user", "a link", "a file"])
def test_a_runtime_folder_that_others_may_have_made_is_not_used(
    config: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attack: str
) -> None:
    (tmp_path / "api_key_guard").write_text("a file where the folder should be")
    with Receiver() as receiver:
        config["webhook"] = receiver.config()
        notify(config)
        for base in ("runtime", "tmp"):
            folder = tmp_path / base / f"freqtrade-bitmex-guard-{os.geteuid()}"
            folder.mkdir(mode=0o700, exist_ok=True)
            if attack == "open to others":
                folder.chmod(0o777)
            elif attack == "of another user":
                os.chown(folder, 65_534, 65_534)
            else:
                folder.rename(tmp_path / base / "theirs")
                folder.symlink_to("theirs") if attack == "a link" else folder.write_text("")
        notify(config)
        assert len(receiver.received) == 2, "what others can write there would silence a refusal"
        notify(config)
        assert len(receiver.received) == 2, "it is remembered in memory"


def test_each_channel_is_remembered_by_itself(config: dict[str, Any]) -> None:
    with Receiver() as works, Receiver(status=500) as fails:
        config |= {"webhook": works.config(), "discord": {"enabled": True, "webhook_url": fails.url}}
        for _ in range(3):
            notify(config)
        assert (len(works.received), len(fails.received)) == (1, 3)
        config["discord"]["webhook_url"] = works.url
        for _ in range(3):
            notify(config)
        assert len(works.received) == 2


def test_what_did_not_arrive_is_sent_again(config: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    with Receiver(status=500) as receiver:
        config["webhook"] = receiver.config()
        with caplog.at_level(logging.WARNING):
            notify(config)
            notify(config)
        assert len(receiver.received) == 2
    assert "could not be notified by webhook" in caplog.text
    assert receiver.url not in caplog.text
