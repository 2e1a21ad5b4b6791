"""Whether git has a file, with real repositories."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.manage import git_history
from tests.support.factories import allow_secrets_in, skip_or_fail
from tests.unit.manage.test_migration import config


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    if shutil.which("git") is None:
        skip_or_fail("git")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    allow_secrets_in(tmp_path / ".git" / "objects")
    return tmp_path


def test_a_file_in_git_is_reported(repository: Path) -> None:
    path = config(repository)
    assert "not tracked" in git_history.history_note(path)
    add = ["git", "-C", str(repository), "add", "config.json"]
    subprocess.run(add, check=True)
    assert "is tracked" in git_history.history_note(path)
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
    subprocess.run(["git", "-C", str(repository), *identity, "commit", "-qm", "x"], check=True)
    assert "1 commit touched it" in git_history.history_note(path)
    subprocess.run(["git", "-C", str(repository), "rm", "-q", "--cached", "config.json"], check=True)
    assert "or was: 1 commit" in git_history.history_note(path)


def test_a_missing_repository_and_a_missing_git_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert "no git repository" in git_history.history_note(config(tmp_path))
    monkeypatch.setenv("PATH", os.devnull)
    assert "could not be queried" in git_history.history_note(config(tmp_path))
