"""Config files and their replacement: with real files, links, file systems and modes."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.config.edit import ConfigFile, FileEdit, staged_replacement
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.util import mounts
from tests.support.factories import SECRET, allow_secrets_in

TEXT = '{\r\n  // why\r\n  "a": 1,\r\n}\r\n'


NEW = '{\r\n  // why\r\n  "a": 1,\r\n  "b": 2,\r\n}\r\n'


def written(path: Path, text: str = TEXT, mode: int = 0o640) -> Path:
    path.write_bytes(text.encode())
    path.chmod(mode)
    return path


def change(path: Path, **what: Any) -> FileEdit:
    file = ConfigFile(str(path))
    return FileEdit(file, **{"text": NEW, "expected": {"a": 1, "b": 2}, **what})


def replace(*changes: FileEdit) -> None:
    with staged_replacement(changes) as act:
        act()


def refusal(path: Path, **what: Any) -> str:
    """Why it was not replaced; it is as it was, and nothing lies beside it."""
    before, around = path.read_bytes(), sorted(path.resolve().parent.iterdir())
    with pytest.raises(GuardError) as stopped:
        replace(change(path, **what))
    (finding,) = stopped.value.findings
    assert finding.name == "config-not-written"
    assert path.read_bytes() == before
    assert sorted(path.resolve().parent.iterdir()) == around
    return finding.message + " " + finding.fix


def test_a_replaced_file_keeps_its_mode_and_line_ends(tmp_path: Path) -> None:
    path = written(tmp_path / "config.json")
    replace(change(path))
    assert path.read_bytes() == NEW.encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_extended_attributes_are_preserved(tmp_path: Path) -> None:
    path = written(tmp_path / "config.json")
    try:
        os.setxattr(path, "user.note", b"mine")
    except OSError:
        pytest.skip("this file system keeps no attributes")
    replace(change(path))
    assert os.getxattr(path, "user.note") == b"mine"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_the_owner_is_preserved(tmp_path: Path) -> None:
    path = written(tmp_path / "config.json")
    os.chown(path, 1234, 2345)
    replace(change(path))
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 2345)


def test_a_file_whose_owner_cannot_be_kept_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    path = written(tmp_path / "config.json")
    monkeypatch.setattr(os, "fchown", denied)
    monkeypatch.setattr(os, "geteuid", lambda: 4321)
    assert "not permitted" in refusal(path)


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A folder on another file system."""
    folder = Path(tempfile.mkdtemp(dir="/dev/shm"))
    yield folder
    shutil.rmtree(folder)


def test_the_target_of_a_symbolic_link_is_replaced(tmp_path: Path, elsewhere: Path) -> None:
    real = written(elsewhere / "real.json")
    assert real.stat().st_dev != tmp_path.stat().st_dev
    link = tmp_path / "config.json"
    link.symlink_to(real)
    replace(change(link))
    assert link.is_symlink()
    assert real.read_bytes() == NEW.encode()
    assert [list(tmp_path.iterdir()), list(elsewhere.iterdir())] == [[link], [real]]


@pytest.mark.parametrize("mode", [0o444, 0o400])
def test_a_read_only_file_is_left_alone_even_by_root(tmp_path: Path, mode: int) -> None:
    assert "chmod u+w" in refusal(written(tmp_path / "config.json", mode=mode))


def test_a_file_with_a_hard_link_is_left_alone(tmp_path: Path) -> None:
    path = written(tmp_path / "config.json")
    os.link(path, tmp_path / "backup.json")
    assert "-samefile" in refusal(path)


def test_a_file_that_is_a_mount_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "config.json")
    monkeypatch.setattr(mounts, "is_mount_point", lambda file: file == path)
    assert "a mount of its own" in refusal(path)


def test_a_folder_that_takes_no_new_file_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(tempfile, "mkstemp", full)
    assert "Read-only file system" in refusal(written(tmp_path / "config.json"))


@pytest.mark.parametrize(
    "text", ['{"a": 1}', '{"a": 1, "b": 2.0}', '{"b": 2, "a": 1}', '{"a": true, "b": 2}', '{"a": 1, "b": 2', ""]
)
def test_a_text_that_freqtrade_reads_differently_replaces_nothing(tmp_path: Path, text: str) -> None:
    path = written(tmp_path / "config.json")
    with pytest.raises(GuardError):
        replace(change(path, text=text))
    assert path.read_bytes() == TEXT.encode()
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_changed_in_the_meantime_is_left_alone(tmp_path: Path) -> None:
    path = written(tmp_path / "config.json")
    with pytest.raises(GuardError) as stopped, staged_replacement([change(path)]) as act:
        path.write_text('{"a": 7}')
        act()
    assert "changed in the meantime" in str(stopped.value)
    assert path.read_text() == '{"a": 7}'
    assert list(tmp_path.iterdir()) == [path]


def test_no_file_is_replaced_if_one_cannot_be(tmp_path: Path) -> None:
    good, bad = written(tmp_path / "good.json"), written(tmp_path / "bad.json", mode=0o444)
    with pytest.raises(GuardError):
        replace(change(good), change(bad))
    assert good.read_bytes() == bad.read_bytes() == TEXT.encode()
    assert sorted(tmp_path.iterdir()) == [bad, good]


def test_no_file_is_replaced_if_one_changed_in_the_meantime(tmp_path: Path) -> None:
    first, second = written(tmp_path / "first.json"), written(tmp_path / "second.json")
    with pytest.raises(GuardError) as stopped, staged_replacement([change(first), change(second)]) as act:
        second.write_text('{"a": 7}')
        act()
    assert first.read_bytes() == TEXT.encode()
    assert "first.json" not in str(stopped.value)


@pytest.mark.parametrize("what", ["changed", "denied"])
def test_a_failure_names_the_files_already_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    def happens_afterwards(new: Path, old: Path) -> None:
        if old == second:
            raise PermissionError(13, "Permission denied")
        really(new, old)
        if what == "changed":
            second.write_text('{"a": 7}')

    really = os.replace
    first, second = written(tmp_path / "first.json"), written(tmp_path / "second.json")
    monkeypatch.setattr(os, "replace", happens_afterwards)
    with pytest.raises(GuardError) as stopped:
        replace(change(first), change(second))
    (finding,) = stopped.value.findings
    assert first.read_bytes() == NEW.encode() != second.read_bytes()
    assert finding.message.startswith(f"{second} was not changed: ")
    assert finding.message.endswith(f" Already replaced: {first}.")
    assert "Nothing" not in finding.fix


def test_what_a_killed_run_left_is_deleted_by_the_next(tmp_path: Path) -> None:
    path = written(tmp_path / "config.json")
    left, other = tmp_path / ".config.json.guard-abc", tmp_path / ".other.json.guard-abc"
    fresh = tmp_path / ".config.json.guard-def"  # which another run may still need
    for file in (left, other):
        file.touch()
    with fresh.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        replace(change(path))
    assert sorted(tmp_path.iterdir()) == [fresh, other, path]


def test_without_a_call_nothing_is_replaced_and_nothing_left(tmp_path: Path) -> None:
    path = written(tmp_path / "config.json")
    with pytest.raises(KeyboardInterrupt), staged_replacement([change(path)]):
        raise KeyboardInterrupt
    assert path.read_bytes() == TEXT.encode()
    assert list(tmp_path.iterdir()) == [path]


def test_the_new_file_is_never_more_readable_than_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "config.json", mode=0o600)
    modes: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: modes.append(os.fstat(descriptor).st_mode))
    before = os.umask(0)
    replace(change(path))
    os.umask(before)
    assert stat.S_IMODE(modes[0]) == 0o600


@pytest.mark.parametrize(
    "content",
    [b'{"secret": "' + SECRET.encode() + b'"', b'{"a": "\xff"}', b"[]", b"", b'\xef\xbb\xbf{"a": 1}'],
    ids=["an open object", "no text", "a list", "nothing", "a byte order mark"],
)
def test_an_unreadable_file_is_reported_without_its_content(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "config.json").write_bytes(content)
    allow_secrets_in(tmp_path / "config.json")
    with pytest.raises(GuardError) as stopped:
        ConfigFile(str(tmp_path / "config.json"))
    assert stopped.value.findings[0].name == "config-unreadable"
    assert SECRET not in str(stopped.value)
