"""The look-alike as a process of its own, used as what it prints says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.demo.bot import Process
from tests.terminal import GUARD, environment

pytestmark = pytest.mark.slow


def test_what_it_prints_makes_a_bot_that_is_checked_against_it(tmp_path: Path, vault: Path) -> None:
    variables = environment(vault)
    serving = Process([sys.executable, "-m", "freqtrade_bitmex_guard.simulator"], tmp_path, variables)
    try:
        assert serving.reaches("Then: ")
        config = "{" + serving.output.split("\n{", 1)[1].split("\n}\n", 1)[0] + "}"
        (tmp_path / "lookalike.json").write_text(config)
        pair = "".join(
            f"{value}\n" for value in re.findall(r"^(?:key id|secret)  (\S+)$", serving.output, re.MULTILINE)
        )
        assert "worth nothing" in serving.output
        for arguments in re.findall(r"freqtrade-bitmex-guard ([^`\n]+)", serving.output):
            command = [*GUARD, *arguments.split()]
            done = subprocess.run(
                command, cwd=tmp_path, env=variables, input=pair, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stdout + done.stderr
        assert "ADMITTED" in done.stdout
        assert json.loads(config)["api_key_guard"]["credentials"]["service"] != "freqtrade-bitmex"
    finally:
        code = serving.stop()
    assert code == 0
    assert "Ended." in serving.output
