"""Runs every attack again with its defence removed: it has to succeed then, or its test shows nothing.

    python -m tests.adversarial.without_defence [TEST...] > docs/pages/evidence/without.md

copies what git knows and runs the attack's test on the copy, where it has to pass. Then it replaces the functions that
are the defence and runs the test again, which has to fail. The lines of that failure go to standard error, for it has
to be the attack that fails the test, and not the replacement. The attacks of `test_both_ways.py` need none of this:
they succeed against freqtrade alone each time.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.adversarial.removals import NOT_REMOVABLE, REMOVALS
from tests.adversarial.removals.removal import ROOT, Removal

HEAD = """# Every attack without its defence

`python -m tests.adversarial.without_defence > docs/pages/evidence/without.md` wrote this page.
For each row it copied the project and ran the attack's test on the copy, which passed.
Then it replaced the functions that are the defence and ran the test again.
"bypasses" means that the attack succeeded, so the test failed.
A test checks that every function is still there.
It also checks that every attack of [Attacks](adversarial.md) is in this table, is tried both ways, or is at the end.

| attack | defence removed | result |
|---|---|---|
"""

BYPASSES = "bypasses"
"""What comes out of an attack whose defence is removed."""


class Copy:
    """A copy of the project, in which defences are removed one after the other."""

    def __init__(self, folder: Path) -> None:
        """Copy what git knows.

        Args:
            folder: where to; it is made.
        """
        self._folder = folder
        self._passed: set[tuple[str, str]] = set()
        listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True)
        for name in listed.stdout.splitlines():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)

    def attack(self, removal: Removal) -> str:
        """Attack the guard as it is, and then without the defence.

        Returns:
            `BYPASSES`, or what else came out.
        """
        if (removal.test, removal.cases) not in self._passed:
            if not self._passes(removal):
                return "**bypasses the guard as it is**"
            self._passed.add((removal.test, removal.cases))
        with self._removed(removal):
            return "**held**" if self._passes(removal) else BYPASSES

    @contextmanager
    def _removed(self, removal: Removal) -> Iterator[None]:
        changed = list(dict.fromkeys(replacement.file for replacement in removal.replacements))
        try:
            for replacement in removal.replacements:
                path = self._folder / replacement.file
                path.write_text(replacement.apply(path.read_text(encoding="utf-8")), encoding="utf-8")
            yield
        finally:
            for file in changed:
                shutil.copy2(ROOT / file, self._folder / file)

    def _passes(self, removal: Removal) -> bool:
        # First on the path from the start, for the line that arms the guard imports the package at once.
        search_path = {"PYTHONPATH": str(self._folder), "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_ADDOPTS": ""}
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", f"tests/{removal.test}"]
        command += ["-k", removal.cases] if removal.cases else []
        done = subprocess.run(
            command, cwd=self._folder, env=os.environ | search_path, capture_output=True, text=True, check=False
        )
        if done.returncode not in (0, 1) or not re.search(r"\d+ (passed|failed|error)", done.stdout):
            raise RuntimeError(f"{removal.test}:\n{done.stdout}\n{done.stderr}")
        for line in re.findall(r"^E  .*$", done.stdout, re.MULTILINE)[-8:]:
            print(f"{removal.name}: {line[:200]}", file=sys.stderr)
        return done.returncode == 0


def main(names: Sequence[str]) -> int:
    """Print the page, or only the rows of some tests.

    Returns:
        1 if an attack did not succeed, else 0.
    """
    if not names:
        sys.stdout.write(HEAD)
    all_bypass = True
    with tempfile.TemporaryDirectory(prefix="without-") as folder:
        copy = Copy(Path(folder) / "copy")
        for removal in REMOVALS:
            if names and removal.name not in names:
                continue
            result = copy.attack(removal)
            all_bypass &= result == BYPASSES
            print(row(removal, result), flush=True)
    if not names:
        print("\nThese have no defence that could be removed:\n")
        for name, reason in NOT_REMOVABLE.items():
            print(f"- `{name}`: {reason}.")
    return int(not all_bypass)


def row(removal: Removal, result: str) -> str:
    """Return a row of the page's table."""
    return f"| `{removal.name}` | {removal.defence} | {result} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
