"""Our own commands, as real processes from an installed wheel."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from freqtrade_bitmex_guard import __version__
from freqtrade_bitmex_guard.model.catalogue import FINDINGS
from freqtrade_bitmex_guard.simulator.bot import DemoBot, Process
from tests.support.factories import KEY_ID, SECRET

FIELDS = [
    *(
        "schema_version",
        "bot",
        "config",
        "verdict",
        "exchange",
        "key",
        "store",
        "command",
        "findings",
        "facts",
        "servers",
        "unverified",
    ),
    *("requests", "checked_at", "duration_ms", "version"),
]


def guard(python: Path, *arguments: str) -> list[str]:
    return [str(python.parent / "freqtrade-bitmex-guard"), *arguments]


def run(
    python: Path, bot: DemoBot, *arguments: str, stdin: str = "", extra: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    import os

    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_VERSION"}
    return subprocess.run(
        guard(python, *arguments),
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        cwd=bot.folder,
        env={**environment, **(extra or {})},
        timeout=60,
    )


def preflight(python: Path, bot: DemoBot, *arguments: str, **how: Any) -> tuple[int, dict[str, Any]]:
    """The JSON report, which must be all that goes to standard output, and the exit code."""
    done = run(python, bot, "--check-only", "--format", "json", *arguments, **how)
    report = json.loads(done.stdout)
    assert list(report) == FIELDS
    assert report["version"] == __version__
    assert all(
        set(finding) == {"rule", "severity", "message", "fix", "help", "transient"} for finding in report["findings"]
    )
    assert all(finding["rule"] in FINDINGS for finding in report["findings"])
    for hidden in (SECRET[:8], KEY_ID[:5]):
        assert hidden not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.returncode, report


def rules(report: dict[str, Any]) -> list[str]:
    return [finding["rule"] for finding in report["findings"]]


def launched(python: Path, bot: DemoBot, *arguments: str) -> Process:
    return Process(guard(python, "trade", "-c", str(bot.write()), *arguments), bot.folder)
