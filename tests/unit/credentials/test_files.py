"""Credential files, as orchestrators hand them over."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.config.stores import FileStoreConfig
from freqtrade_bitmex_guard.credentials import files
from freqtrade_bitmex_guard.credentials.files import FileStore
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.findings import Finding, GuardError
from freqtrade_bitmex_guard.util import mounts
from tests.support.factories import KEY_ID, SECRET, allow_secrets_in, store_config, store_files


def store(**written: str) -> FileStore:
    config = store_config(store="files", **written)
    assert isinstance(config, FileStoreConfig)
    return FileStore(config, "bitmex")


def load_failure(**written: str) -> Finding:
    with pytest.raises(GuardError) as failure:
        store(**written).load(PROFILE.credentials)
    (finding,) = failure.value.findings
    return finding


@pytest.fixture
def written(tmp_path: Path) -> dict[str, str]:
    section = store_files(tmp_path)
    del section["store"]
    return section


@pytest.fixture
def nothing_mounted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mounts, "mount_table", lambda text=None: [])


def test_two_files_that_only_their_owner_reads_are_taken(written: dict[str, str]) -> None:
    credentials = store(**written).load(PROFILE.credentials)
    assert credentials.part("key").matches(KEY_ID)
    assert credentials.part("secret").matches(SECRET)


@pytest.mark.parametrize(
    ("content", "is_fine"),
    [
        ("abc", True),
        ("abc\n", True),
        ("abc\n\n", False),
        ("abc\r\n", False),
        (" abc", False),
        ("abc ", False),
        ("", False),
    ],
)
def test_one_trailing_newline_is_stripped_and_nothing_else(
    written: dict[str, str], content: str, is_fine: bool
) -> None:
    Path(written["key_file"]).write_bytes(content.encode())
    if is_fine:
        assert store(**written).load(PROFILE.credentials).part("key").matches("abc")
    else:
        assert load_failure(**written).name == "credentials-malformed"


@pytest.mark.parametrize("mode", [0o604, 0o620, 0o602, 0o644, 0o660, 0o666, 0o777])
def test_a_file_that_others_can_access_is_rejected_with_the_chmod(
    written: dict[str, str], mode: int, nothing_mounted: None
) -> None:
    Path(written["secret_file"]).chmod(mode)
    finding = load_failure(**written)
    assert finding.name == "file-exposed"
    assert finding.fix.startswith(f"Run `chmod 600 {written['secret_file']}`.")
    assert "secret counts as exposed" in finding.message
    subprocess.run(["sh", "-c", finding.fix.split("`")[1]], check=True)
    store(**written).load(PROFILE.credentials)


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700, 0o500, 0o640, 0o440])
def test_a_file_that_only_its_owner_or_own_group_reads_is_fine(written: dict[str, str], mode: int) -> None:
    Path(written["secret_file"]).chmod(mode)
    store(**written).load(PROFILE.credentials)


def test_a_readable_file_is_judged_where_it_really_lies(
    written: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nothing_mounted: None
) -> None:
    handed_over = tmp_path / "credentials"
    handed_over.mkdir()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(handed_over))
    Path(written["key_file"]).chmod(0o644)
    (handed_over / "link").symlink_to(written["key_file"])
    assert load_failure(key_file=str(handed_over / "link"), secret_file=written["secret_file"]).name == "file-exposed"


def test_the_credentials_directory_of_systemd_is_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nothing_mounted: None
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    for name, value in (("bitmex_api_key", KEY_ID), ("bitmex_api_secret", SECRET)):
        allow_secrets_in(tmp_path / name)
        (tmp_path / name).write_text(value)
        (tmp_path / name).chmod(0o444)
    assert store().load(PROFILE.credentials).part("secret").matches(SECRET)


def test_run_secrets_of_docker_is_the_default_without_systemd(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nothing_mounted: None
) -> None:
    # The real /run/secrets is not ours to write to, so another folder takes its place; the rest is real.
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert str(files._RUN_SECRETS) == "/run/secrets"
    monkeypatch.setattr(files, "_RUN_SECRETS", tmp_path)
    for name, value in (("bitmex_api_key", KEY_ID), ("bitmex_api_secret", SECRET)):
        allow_secrets_in(tmp_path / name)
        (tmp_path / name).write_text(value)
        (tmp_path / name).chmod(0o444)
    assert store().load(PROFILE.credentials).part("key").matches(KEY_ID)


def test_kubernetes_links_are_followed_inside_its_mount(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nothing_mounted: None
) -> None:
    monkeypatch.setattr(files, "_RUN_SECRETS", tmp_path)
    day = tmp_path / "..2026_11_22"
    day.mkdir()
    (tmp_path / "..data").symlink_to(day.name)
    for name, value in (("bitmex_api_key", KEY_ID), ("bitmex_api_secret", SECRET)):
        allow_secrets_in(day / name)
        (day / name).write_text(value)
        (day / name).chmod(0o444)
        (tmp_path / name).symlink_to(f"..data/{name}")
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert store().load(PROFILE.credentials).part("key").matches(KEY_ID)


@pytest.mark.parametrize("directory", ["/", "//", "/..", "relative", ""])
def test_a_credentials_directory_that_holds_everything_excuses_nothing(
    written: dict[str, str], monkeypatch: pytest.MonkeyPatch, directory: str, nothing_mounted: None
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", directory)
    Path(written["key_file"]).chmod(0o644)
    assert load_failure(**written).name == "file-exposed"


def test_what_is_not_there_or_no_file_is_misconfigured(written: dict[str, str], tmp_path: Path) -> None:
    assert load_failure(**{**written, "key_file": str(tmp_path / "none")}).name == "credentials-missing"
    assert load_failure(**{**written, "key_file": str(tmp_path)}).name == "store-unavailable"
    assert load_failure(**{**written, "key_file": str(tmp_path / "key" / "below")}).name == "store-unavailable"
    assert load_failure(**{**written, "key_file": "/dev/zero"}).name == "store-unavailable"
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    assert load_failure(**{**written, "key_file": str(pipe)}).name == "store-unavailable"


def test_a_file_without_end_is_not_read_to_its_end(written: dict[str, str]) -> None:
    with Path(written["key_file"]).open("ab") as file:
        file.truncate(2**40)  # sparse
    assert load_failure(**written).name == "credentials-malformed"


TABLE = r"""
21 1 0:20 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
22 21 0:21 / /run rw,nosuid shared:2 - tmpfs tmpfs rw,mode=755
23 21 0:22 / /tmp rw,nosuid shared:3 - tmpfs tmpfs rw
24 21 0:23 / /dev/shm rw - tmpfs tmpfs rw
25 22 0:24 / /run/user/1000 rw - tmpfs tmpfs rw
26 21 0:25 / /etc/bot\040keys ro - tmpfs tmpfs ro
27 21 0:26 / /mnt/disk rw - ext4 /dev/sdb1 rw
28 27 0:27 / /mnt/disk/secrets ro - ramfs ramfs ro
29 21 0:28 / /var/tmp rw - tmpfs tmpfs rw
30 28 0:29 / /mnt/disk/secrets ro - ext4 /dev/sdc1 rw
31 22 0:30 / /run/vault/bitmex ro - tmpfs tmpfs ro
""".strip()


@pytest.mark.parametrize(
    ("file", "is_private"),
    [
        ("/etc/bot keys/secret", True),
        ("/etc/bot keys/..2026/secret", True),
        ("/run/vault/bitmex/secret", True),
        ("/run/vault/secret", False),
        ("/run/user/1000/secret", False),
        ("/tmp/secret", False),
        ("/tmp/deep/down/secret", False),
        ("/var/tmp/secret", False),
        ("/dev/shm/secret", False),
        ("/home/bot/secret", False),
        ("/mnt/disk/secret", False),
        ("/mnt/disk/secrets/secret", False),  # a later mount of a disk covers the memory mount
    ],
)
def test_only_a_memory_mount_made_for_a_purpose_counts_as_an_orchestrators(file: str, is_private: bool) -> None:
    assert mounts.is_in_private_memory(Path(file), mounts.mount_table(TABLE)) is is_private


def test_a_mount_point_with_an_odd_name_breaks_nothing() -> None:
    odd = "1 1 0:1 / /odd\x0cname rw - tmpfs tmpfs rw\nshort\n2 1 0:1 / /vault rw - tmpfs tmpfs rw"
    assert [str(mount.point) for mount in mounts.mount_table(odd)] == ["/odd\x0cname", "/vault"]


def test_a_root_in_memory_is_a_general_mount() -> None:
    assert not mounts.is_in_private_memory(Path("/home/secret"), mounts.mount_table("1 1 0:1 / / rw - tmpfs tmpfs rw"))


def test_a_file_that_is_itself_mounted_counts_as_an_orchestrators(
    written: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = mounts.mount_table(f"1 1 0:1 / / rw - ext4 d rw\n2 1 0:1 /x {written['key_file']} ro - ext4 d rw")
    monkeypatch.setattr(mounts, "mount_table", lambda text=None: real)
    Path(written["key_file"]).chmod(0o644)
    store(**written).load(PROFILE.credentials)
    Path(written["secret_file"]).chmod(0o644)
    assert load_failure(**written).name == "file-exposed"


@pytest.mark.skipif(not Path("/proc/self/mountinfo").exists(), reason="only Linux tells")
def test_this_machines_own_table_is_read() -> None:
    assert Path("/") in [mount.point for mount in mounts.mount_table()]
