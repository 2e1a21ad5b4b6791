"""The completion scripts: printed by the command, and at work in a real shell."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.cli import dispatch
from freqtrade_bitmex_guard.cli.parser import SHELLS, HelpShown

COMPLETED = {
    "": {
        "check",
        "doctor",
        "trade",
        "audit",
        "fleet",
        "health",
        "setup",
        "credentials",
        "agent",
        "demo",
        "version",
        "help",
    },
    "cred": {"credentials"},
    "audit --": {"--help", "--format", "--days", "--config", "--userdir"},
    "audit --format ": {"text", "json", "markdown"},
    "agent ": {"run", "status", "learn", "record"},
    "credentials ": {"set", "show", "delete", "migrate", "rotate"},
    "credentials delete --": {"--help", "--config", "--yes"},
    "doctor --f": {"--format"},
    "check -c con": {"config.json"},
    "--print-completion ": {"bash", "zsh", "fish"},
}


@pytest.fixture
def scripts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder with each script as a user saves it, and a config file."""
    (tmp_path / "config.json").touch()
    for shell in SHELLS:
        with pytest.raises(HelpShown):
            dispatch.main(["--print-completion", shell])
        (tmp_path / shell).write_text(capsys.readouterr().out)
    return tmp_path


@pytest.mark.parametrize("typed", COMPLETED)
def test_bash_completes_commands_options_and_files(scripts: Path, typed: str) -> None:
    words = ["freqtrade-bitmex-guard", *typed.split(" ")]
    script = f"""
        source ./bash
        COMP_WORDS=({" ".join(f"'{word}'" for word in words)}); COMP_CWORD={len(words) - 1}
        _shtab_freqtrade_bitmex_guard 2>/dev/null
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """

    done = subprocess.run(["bash", "-euc", script], cwd=scripts, capture_output=True, text=True, check=True)

    assert set(done.stdout.split()) == COMPLETED[typed]


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
@pytest.mark.parametrize("typed", COMPLETED)
def test_fish_completes_commands_options_and_files(scripts: Path, typed: str) -> None:
    script = f"source ./fish; complete --do-complete 'freqtrade-bitmex-guard {typed}'"

    done = subprocess.run(
        ["fish", "--no-config", "-c", script], cwd=scripts, capture_output=True, text=True, check=True
    )

    assert {line.partition("\t")[0] for line in done.stdout.splitlines()} >= COMPLETED[typed]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_reads_its_script_without_complaint(scripts: Path, shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")

    done = subprocess.run([shell, "-n", scripts / shell], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_is_printed_without_heavy_imports(shell: str) -> None:
    script = (
        "import sys\nfrom freqtrade_bitmex_guard.cli import main\n"
        f"try:\n    main(['--print-completion', '{shell}'])\nexcept SystemExit as end:\n    code = end.code\n"
        "print(code, 'pydantic' in sys.modules, 'freqtrade' in sys.modules, 'shtab' in sys.modules, file=sys.stderr)"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stderr == "0 False False False\n"
    assert "freqtrade-bitmex-guard" in done.stdout
