"""Configs that can be read only once are left to who needs them."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.config.files import can_be_read_twice, load_file, read_config
from freqtrade_bitmex_guard.model.findings import GuardError


def fifo(folder: Path) -> str:
    os.mkfifo(folder / "pipe")
    return str(folder / "pipe")


def link_to_fifo(folder: Path) -> str:
    (folder / "link.json").symlink_to(fifo(folder))
    return str(folder / "link.json")


def descriptor(folder: Path) -> str:
    return f"/dev/fd/{os.pipe()[0]}"


def own_descriptor(folder: Path) -> str:
    return f"/proc/self/fd/{os.pipe()[0]}"


def unix_socket(folder: Path) -> str:
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(folder / "s"))
    return str(folder / "s")


def includes_a_fifo(folder: Path) -> str:
    fifo(folder)
    (folder / "middle.json").write_text('{"add_config_files": ["pipe"]}')
    (folder / "base.json").write_text('{"add_config_files": ["middle.json"]}')
    return str(folder / "base.json")


ONCE: list[Callable[[Path], str]] = [
    *(fifo, link_to_fifo, descriptor, own_descriptor, unix_socket, includes_a_fifo),
    *(lambda folder, name=name: name for name in ("-", "/dev/null", "/dev/tty", "/dev/ptmx")),
]


@pytest.mark.parametrize("kind", ONCE)
def test_what_can_be_read_only_once_is_recognized_unread(tmp_path: Path, kind: Callable[[Path], str]) -> None:
    name = kind(tmp_path)
    if name.startswith("/") and not os.path.lexists(name):
        pytest.skip(f"there is no {name}")
    (tmp_path / "good.json").write_text("{}")
    assert not can_be_read_twice([name])
    assert not can_be_read_twice([str(tmp_path / "good.json"), name])


def test_a_descriptor_is_still_full_afterwards() -> None:
    reading, writing = os.pipe()
    os.write(writing, b'{"a": 1}')
    os.close(writing)
    name = f"/dev/fd/{reading}"
    assert not can_be_read_twice([name])
    assert read_config([name])["a"] == 1


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a descriptor continues where it stopped")
def test_a_descriptor_of_a_file_can_be_read_twice(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with (tmp_path / "config.json").open() as file:
        assert can_be_read_twice([f"/dev/fd/{file.fileno()}"])


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "{",
        '{"add_config_files": ["gone.json", "config.json"]}',
        '{"add_config_files": "pipe"}',
        '{"add_config_files": [7]}',
    ],
)
def test_files_can_be_read_twice_whatever_is_in_them(tmp_path: Path, text: str) -> None:
    fifo(tmp_path)
    (tmp_path / "config.json").write_text(text)
    assert can_be_read_twice([str(tmp_path / "config.json"), str(tmp_path / "gone.json"), str(tmp_path)])


def test_a_syntax_error_in_a_pipe_is_reported_without_reading_it_again(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, json.dumps({"a": 1}).encode()[:-1])
    os.close(writing)
    with pytest.raises(GuardError, match="config-unreadable.*it is not JSON"):
        read_config([f"/dev/fd/{reading}"])


def test_a_command_that_needs_a_file_says_so_of_a_pipe(tmp_path: Path) -> None:
    with pytest.raises(GuardError, match="pipe is a pipe or a device, and a file is needed here"):
        load_file(fifo(tmp_path))
