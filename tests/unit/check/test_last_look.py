"""The file of a bot's last look, and what `health` makes of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.check import last_look
from freqtrade_bitmex_guard.cli import dispatch


def looked(folder: Path, **changes: object) -> last_look.Health:
    last_look.write(folder, (), held=False, interval_seconds=600)
    file = last_look.file_in(folder)
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))
    return last_look.read(folder)


def test_a_bot_that_looked_just_now_is_healthy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert looked(tmp_path).healthy
    assert dispatch.main(["health", "--user-data-dir", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "HEALTHY: the bot runs; its key was looked at 0 seconds ago.\n"


def test_without_a_file_there_is_no_bot(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert dispatch.main(["health", "--user-data-dir", str(tmp_path)]) == 1
    assert "UNHEALTHY: no guarded bot runs" in capsys.readouterr().out


def test_a_bot_that_is_held_is_unhealthy(tmp_path: Path) -> None:
    health = looked(tmp_path, held=True, findings=["withdraw-permission"])
    assert (health.healthy, "withdraw-permission" in health.message) == (False, True)


def test_a_silent_exchange_within_the_grace_is_healthy(tmp_path: Path) -> None:
    health = looked(tmp_path, findings=["exchange-unreachable"])
    assert (health.healthy, "grace" in health.message) == (True, True)


@pytest.mark.parametrize(("age", "interval", "healthy"), [(2_000, 600, True), (2_200, 600, False), (9e6, 0, True)])
def test_a_late_look_is_unhealthy_unless_none_is_due(
    tmp_path: Path, age: float, interval: float, healthy: bool
) -> None:
    assert looked(tmp_path, looked_at=time.time() - age, interval_seconds=interval).healthy is healthy


def test_a_look_from_the_future_is_unhealthy(tmp_path: Path) -> None:
    assert not looked(tmp_path, looked_at=time.time() + 9_000).healthy


def test_a_bot_that_has_ended_is_unhealthy(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    assert not looked(tmp_path, pid=ended.pid).healthy


@pytest.mark.parametrize(
    "changes",
    [{"pid": 0}, {"pid": True}, {"pid": "1"}, {"held": 0}, {"looked_at": float("nan")}, {"findings": None}],
    ids=str,
)
def test_an_odd_file_is_unhealthy(tmp_path: Path, changes: dict[str, object]) -> None:
    assert not looked(tmp_path, **changes).healthy


@pytest.mark.parametrize("content", ["", "[]", "{}", "null", "[" * 9_000, "x" * 20_000], ids=lambda text: text[:3])
def test_a_file_of_something_else_is_unhealthy(tmp_path: Path, content: str) -> None:
    file = last_look.file_in(tmp_path)
    file.parent.mkdir()
    file.write_text(content)
    assert not last_look.read(tmp_path).healthy


def test_what_an_earlier_bot_wrote_is_removed(tmp_path: Path) -> None:
    looked(tmp_path, pid=os.getpid())
    last_look.remove(tmp_path)
    last_look.remove(tmp_path)
    assert not last_look.read(tmp_path).healthy
