"""Whether git has a secret: a search by content through everything that a repository's refs lead to.

A repository's own config can name programs that git runs (`gpg.program`, `core.fsmonitor`, filters, hooks, aliases). So
git is run on a folder of ours that only points to the repository's objects and refs, with a config of ours.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from freqtrade_bitmex_guard.redaction.paths import sanitize_path
from freqtrade_bitmex_guard.redaction.registry import spellings
from freqtrade_bitmex_guard.redaction.sanitize import join_limited

_TIMEOUT_SECONDS = 30.0
_MAX_FILE_BYTES = 1_000_000
_BLOBS_AT_ONCE = 500
_MAX_SHOWN = 5

# What our folder takes from the repository; its config, hooks and attributes are not among it.
_SHARED = ("refs", "packed-refs", "reftable", "logs", "shallow", "worktrees")

# The only lines of a repository's config that decide how its objects and refs are stored.
_FORMAT = ("core.repositoryformatversion", "extensions.objectformat", "extensions.refstorage")


class _NoRepositoryError(Exception):
    """A file is in no git repository."""


def log_command(file: Path) -> str:
    """Return what a person types to see the commits that contain a file, under older names too."""
    safe = ["-c", "core.fsmonitor=false", "-c", "log.showSignature=false"]
    name = ["log", "--all", "--oneline", "--follow", "--", file.name]
    return shlex.join(["git", "-C", str(file.parent), *safe, *name])


def history_note(file: Path, secrets: Sequence[str] = ()) -> str:
    """Say in a sentence whether git has a file, or secrets that were in it.

    Args:
        file: by its real path.
        secrets: values to search for in everything that was ever committed, whatever the file was called.
    """
    label = sanitize_path(file)
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    try:
        with _opened(file, deadline) as git:
            tracked, touched = git.is_tracked(file), git.commits_of(file)
            found = git.commits_with(secrets) if secrets else []
    except _NoRepositoryError:
        return f"{label} is in no git repository, or git does not report it."
    except (OSError, subprocess.SubprocessError, ValueError):
        return f"{label}: git could not be queried; look yourself: {log_command(file)}"
    if found:
        return _found_note(label, found)
    if not touched and not tracked:
        searched = "the secret is in none of its commits" if secrets else "in none of its commits"
        return f"{label} is not tracked by git, and {searched}."
    note = f"{label} is tracked by git, or was: {_count(touched)} touched it."
    if secrets:
        return f"{note} None of the commits that branches, tags and stashes lead to has the secret."
    return f"{note} Anyone with a clone has the secret. See {log_command(file)}"


def _found_note(label: str, found: Sequence[tuple[str, str]]) -> str:
    """Say where a secret was found.

    Args:
        label: the config file's name for people.
        found: commits, empty for the index, and the names that the file had there.
    """
    commits = [commit for commit in dict.fromkeys(commit for commit, _ in found) if commit]
    files = join_limited(sorted({name for _, name in found}), sanitize_path, _MAX_SHOWN)
    if not commits:
        return f"The secret is in git's index, uncommitted, beside {label} (as {files}): run `git rm --cached` on it."
    place = f"{_count(commits)} of the git repository of {label}: {join_limited(commits, limit=_MAX_SHOWN)}"
    return f"The secret is in {place} (as {files}). Anyone with a clone has it."


def _count(commits: Sequence[str]) -> str:
    return f"{len(commits)} commit{'' if len(commits) == 1 else 's'}"


class _Repository:
    """A repository, read through a folder of ours."""

    def __init__(self, folder: Path, root: Path, objects: Path, deadline: float) -> None:
        self._folder, self._root, self._objects, self._deadline = folder, root, objects, deadline

    def is_tracked(self, file: Path) -> bool:
        """Return whether the file is in the index."""
        listed = self._run("ls-files", "-z", "--", self._name(file))
        return bool(listed)

    def commits_of(self, file: Path) -> list[str]:
        """Return the commits that touched the file under its present name."""
        return self._commits("--", self._name(file))

    def commits_with(self, secrets: Sequence[str]) -> list[tuple[str, str]]:
        """Return the commits that added or removed a file with a secret in it, with the name that it had.

        The commit is empty where the file is in the index alone.
        """
        return [
            (commit, name)
            for blob, name in self._blobs_with(secrets)
            for commit in self._commits(f"--find-object={blob}") or [""]
        ]

    def _commits(self, *arguments: str) -> list[str]:
        logged = self._run("log", "--all", "--reflog", "-m", "--no-show-signature", "--format=%h", *arguments)
        return list(dict.fromkeys(logged.decode("ascii", "replace").split()))

    def _blobs_with(self, secrets: Sequence[str]) -> Iterator[tuple[str, str]]:
        listed = self._run("rev-list", "--objects", "--all", "--reflog", "--indexed-objects", "--missing=allow-any")
        names = dict(line.partition(" ")[::2] for line in listed.decode("utf-8", "replace").splitlines())
        sizes = self._run("cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)", given=names)
        lines = (line.split() for line in sizes.decode("ascii", "replace").splitlines())
        blobs = [line[0] for line in lines if line[1:2] == ["blob"] and int(line[2]) <= _MAX_FILE_BYTES]
        # Git searches itself, so that no content leaves it, and gets what to search for by a pipe, not as arguments.
        patterns = [form for secret in secrets for form in spellings(secret)]
        for start in range(0, len(blobs), _BLOBS_AT_ONCE):
            chunk = blobs[start : start + _BLOBS_AT_ONCE]
            found = self._run("grep", "-Filaz", "--no-textconv", "-f", "-", *chunk, given=patterns, good=(0, 1))
            yield from ((blob, names.get(blob, "")) for blob in found.decode("ascii").split("\0") if blob)

    def _name(self, file: Path) -> str:
        return f":(top,literal){file.relative_to(self._root).as_posix()}"

    def _run(self, *arguments: str, given: Iterable[str] = (), good: Sequence[int] = (0,)) -> bytes:
        done = subprocess.run(
            ["git", "--no-pager", *arguments],
            input="".join(f"{line}\n" for line in given).encode(),
            capture_output=True,
            check=False,
            timeout=max(0.0, self._deadline - time.monotonic()),
            env=_environment(self._folder)
            | {
                "GIT_DIR": str(self._folder),
                "GIT_WORK_TREE": str(self._root),
                "GIT_OBJECT_DIRECTORY": str(self._objects),
            },
            cwd=self._folder,
        )
        if done.returncode not in good:
            raise subprocess.SubprocessError
        return done.stdout


@contextmanager
def _opened(file: Path, deadline: float) -> Iterator[_Repository]:
    """Make the folder of ours for the repository that a file is in."""
    if shutil.which("git") is None:
        raise FileNotFoundError("git")
    root, own, common = _find_repository(file)
    with tempfile.TemporaryDirectory(prefix="freqtrade-bitmex-guard-") as name:
        folder = Path(name)
        for source in [common / entry for entry in _SHARED]:
            if source.exists():
                (folder / source.name).symlink_to(source)
        # Git takes no link for HEAD, and rewrites the index at times; ours must not touch the repository's.
        for source in [own / "HEAD", *own.glob("index"), *own.glob("sharedindex.*")]:
            shutil.copyfile(source, folder / source.name)
        values = {key: _config_value(common / "config", key, folder, deadline) for key in _FORMAT}
        lines = (f"[{key.replace('.', ']' + chr(10))} = {value}" for key, value in values.items() if value.isalnum())
        (folder / "config").write_text("\n".join(lines))
        yield _Repository(folder, root, common / "objects", deadline)


def _find_repository(file: Path) -> tuple[Path, Path, Path]:
    """Return the root of a file's working tree, its git folder, and the one that it shares with other working trees."""
    for root in file.parents:
        git = root / ".git"
        if git.is_file():
            target = git.read_text(encoding="utf-8", errors="surrogateescape").removeprefix("gitdir:").strip()
            git = root / target
        if not (git / "HEAD").exists():
            continue
        common = git
        if (git / "commondir").is_file():
            common = git / (git / "commondir").read_text(encoding="utf-8", errors="surrogateescape").strip()
        return root, git.resolve(), common.resolve()
    raise _NoRepositoryError


def _config_value(config: Path, key: str, folder: Path, deadline: float) -> str:
    """Return a value that a config file has itself; reading one by its path runs no program and includes no other."""
    read = subprocess.run(
        ["git", "config", "--file", str(config), "--no-includes", "--get", key],
        capture_output=True,
        text=True,
        check=False,
        env=_environment(folder),
        cwd=folder,
        timeout=max(0.0, deadline - time.monotonic()),
    )
    return read.stdout.strip()


def _environment(folder: Path) -> dict[str, str]:
    """Return variables with which git reads no config but ours, asks nobody and fetches nothing."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "none",
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "LC_ALL": "C",
    }
