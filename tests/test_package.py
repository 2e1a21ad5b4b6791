"""The package as an environment sees it."""

import subprocess
import sys


def test_interpreter_start_imports_nothing_but_the_finder() -> None:
    script = "import sys; print(*sorted(name for name in sys.modules if 'guard' in name or 'pydantic' in name))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["freqtrade_bitmex_guard", "freqtrade_bitmex_guard.autoload"]
