"""Who else could change or read a credential file, with real owners, groups, folders and links."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.credentials import files
from freqtrade_bitmex_guard.credentials.files import FileStore
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.findings import Finding, GuardError
from freqtrade_bitmex_guard.util import mounts
from tests.support.factories import store_config, store_files

SOMEBODY = 4321  # a user, and a group, that this machine does not have

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@pytest.fixture(autouse=True)
def nothing_mounted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mounts, "mount_table", lambda text=None: [])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the two files in it, inside another."""
    folder = tmp_path / "outer" / "keys"
    folder.mkdir(mode=0o700, parents=True)
    store_files(folder)
    return folder


def load(folder: Path, name: str = "secret") -> None:
    config = store_config(store="files", key_file=str(folder / "key"), secret_file=str(folder / name))
    FileStore(config, "bitmex").load(PROFILE.credentials)  # type: ignore[arg-type]


def refused(folder: Path, name: str = "secret") -> list[Finding]:
    with pytest.raises(GuardError) as failure:
        load(folder, name)
    assert {finding.name for finding in failure.value.findings} == {"file-exposed"}
    return list(failure.value.findings)


def test_a_file_of_somebody_else_is_not_trusted(folder: Path) -> None:
    os.chown(folder / "secret", SOMEBODY, 0)

    (finding,) = refused(folder)

    assert "belongs to the user 4321" in finding.message
    assert f"chown root {folder / 'secret'} && chmod 600" in finding.fix


@pytest.mark.parametrize("mode", [0o777, 0o702, 0o770, 0o775, 0o720])
@pytest.mark.parametrize("is_outer", [False, True], ids=["its folder", "a folder above"])
def test_a_folder_that_others_can_write_is_not_trusted(folder: Path, mode: int, is_outer: bool) -> None:
    changed = folder.parent if is_outer else folder
    changed.chmod(mode)

    findings = refused(folder)

    assert len(findings) == 2  # both files are in it
    assert str(changed) in findings[0].message
    subprocess.run(["sh", "-c", findings[0].fix.split("`")[1]], check=True)
    load(folder)


def test_a_sticky_folder_is_trusted(folder: Path) -> None:
    folder.parent.chmod(0o1777)
    load(folder)


def test_a_folder_of_somebody_else_is_not_trusted(folder: Path) -> None:
    os.chown(folder.parent, SOMEBODY, 0)

    (finding, _) = refused(folder)

    assert "4321" in finding.message
    assert "Move it" in finding.fix


@pytest.mark.parametrize("mode", [0o640, 0o440, 0o660, 0o620])
def test_a_group_that_is_not_the_bots_may_neither_read_nor_write(folder: Path, mode: int) -> None:
    os.chown(folder / "secret", 0, SOMEBODY)
    (folder / "secret").chmod(mode)
    refused(folder)


def test_a_link_is_followed_and_its_own_folder_counts(folder: Path, tmp_path: Path) -> None:
    public = tmp_path / "public"
    public.mkdir()
    (public / "link").symlink_to(folder / "secret")
    (folder / "link").symlink_to(public / "link")
    load(folder, "link")

    public.chmod(0o777)
    assert str(public) in refused(folder, "link")[0].message

    public.chmod(0o1777)
    load(folder, "link")
    os.chown(public / "link", SOMEBODY, 0, follow_symlinks=False)
    assert str(public / "link") in refused(folder, "link")[0].message


@pytest.mark.parametrize("mode", [0o444, 0o644])
@pytest.mark.parametrize("owner", [0, SOMEBODY])
def test_an_orchestrators_place_excuses_reading_only(
    folder: Path, monkeypatch: pytest.MonkeyPatch, mode: int, owner: int
) -> None:
    monkeypatch.setattr(files, "_RUN_SECRETS", folder)
    (folder / "secret").chmod(mode)
    os.chown(folder / "secret", owner, 0)
    if owner == 0:
        load(folder)
        (folder / "secret").chmod(mode | 0o002)
    refused(folder)


def mounted(monkeypatch: pytest.MonkeyPatch, folder: Path, kind: str, options: str = "rw") -> None:
    table = f"1 1 0:1 / / rw - ext4 d rw\n2 1 0:2 / {folder} {options} - {kind} d rw"
    monkeypatch.setattr(mounts, "mount_table", lambda text=None, parse=mounts.mount_table: PARSED(table))


PARSED = mounts.mount_table


def test_a_memory_mount_that_all_may_write_is_no_orchestrators(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "secret").chmod(0o644)
    folder.chmod(0o1777)
    mounted(monkeypatch, folder, "tmpfs")
    refused(folder)

    mounted(monkeypatch, folder, "tmpfs", "ro")  # as Kubernetes mounts a Secret
    load(folder)

    (folder / "secret").chmod(0o666)
    refused(folder)


@pytest.mark.parametrize("kind", ["9p", "drvfs", "vfat", "fuseblk", "cifs"])
def test_on_a_drive_without_modes_nobody_is_sent_to_chmod(
    folder: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    for path in (folder, folder / "key", folder / "secret"):
        path.chmod(0o777)
    mounted(monkeypatch, folder, kind)
    for finding in refused(folder):
        assert finding.fix.startswith("chmod changes nothing")
        assert "install -m 600" in finding.fix


def test_the_advice_does_not_lock_the_bot_out(folder: Path) -> None:
    """The file is root's and the bot is not: after `chmod 600` alone it could not read the file any more."""
    (folder / "secret").chmod(0o644)
    for path in (folder, *(path for path in folder.parents if "pytest" in str(path))):
        path.chmod(path.stat().st_mode | 0o055)
    script = (
        "import os, sys; os.setgid(4321); os.setuid(4321); from pathlib import Path\n"
        "from freqtrade_bitmex_guard.credentials.file_privacy import require_private\n"
        "from freqtrade_bitmex_guard.model.credentials import SECRET; path = Path(sys.argv[1])\n"
        "from freqtrade_bitmex_guard.model.findings import GuardError\n"
        "try: require_private(path, path.stat(), str(path), SECRET, is_managed=False)\n"
        "except GuardError as end: print(end.findings[0].fix)"
    )
    warm = "import freqtrade_bitmex_guard.credentials.file_privacy;"
    printed = subprocess.run(
        [sys.executable, "-c", warm + script, str(folder / "secret")], capture_output=True, text=True, check=True
    ).stdout
    assert f"chown 4321 {folder / 'secret'} && chmod 600 {folder / 'secret'}" in printed
