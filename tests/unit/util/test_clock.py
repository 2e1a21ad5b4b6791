"""The clock, by what this machine itself reports."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.util.clock import judge, read_clock


@pytest.mark.parametrize(
    ("error_microseconds", "files", "expected"),
    [
        (1200, None, True),
        (1200, [], True),
        (None, None, None),
        (None, [], False),
        (None, ["synchronized"], None),
    ],
)
def test_a_clock_is_right_off_or_not_known(
    error_microseconds: int | None, files: list[str] | None, expected: bool | None, tmp_path: Path
) -> None:
    folder = tmp_path / "timesync"
    if files is not None:
        folder.mkdir()
        for name in files:
            (folder / name).touch()

    assert judge(error_microseconds, folder).is_synchronized is expected


def test_the_kernel_reports_what_systemd_reads_from_it() -> None:
    command = ["timedatectl", "show", "--property", "NTPSynchronized", "--value"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        done = subprocess.CompletedProcess(command, 1)
    state = read_clock()

    assert state.detail
    if done.returncode == 0:
        assert (state.is_synchronized is True) is (done.stdout.strip() == "yes")
