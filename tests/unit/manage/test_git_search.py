"""The search for a secret in git: by content, and without a program of the repository's own config."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.manage import git_history
from tests.support.factories import SECRET, allow_secrets_in
from tests.unit.manage.test_git_history import repository
from tests.unit.manage.test_migration import config

__all__ = ["repository"]

IDENTITY = ["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "init.defaultBranch=main"]


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *IDENTITY, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def committed(folder: Path, name: str = "config.json") -> Path:
    path = config(folder, name=name)
    git(folder, "add", name)
    git(folder, "commit", "-qm", "a config")
    return path


def note(path: Path) -> str:
    text = git_history.history_note(path.resolve(), [SECRET])
    assert SECRET not in text
    return text


def test_a_secret_is_found_after_the_file_was_renamed(repository: Path) -> None:
    committed(repository, "old.json")
    git(repository, "mv", "old.json", "config.json")
    (repository / "config.json").write_text("{}")
    git(repository, "add", "config.json")
    git(repository, "commit", "-qm", "renamed and blanked")

    text = note(repository / "config.json")

    assert "The secret is in 2 commits" in text
    assert "old.json" in text
    assert git(repository, "rev-parse", "--short", "HEAD~1").strip() in text


def test_a_secret_is_found_wherever_a_ref_leads(repository: Path) -> None:
    path = config(repository, "{}")
    git(repository, "add", "config.json")
    git(repository, "commit", "-qm", "clean")
    assert "None of the commits" in note(path)

    for make in (["branch"], ["tag"]):
        git(repository, "checkout", "-q", "-b", "side")
        committed(repository, "other.json")
        git(repository, *make, "kept")
        git(repository, "checkout", "-q", "-")
        git(repository, "branch", "-q", "-D", "side")
        assert "The secret is in 1 commit " in note(path)
        git(repository, *make, "-D" if make == ["branch"] else "-d", "kept")
        git(repository, "reflog", "expire", "--expire=now", "--all")
        assert "None of the commits" in note(path)

    config(repository)
    git(repository, "stash", "-q")
    assert "The secret is in" in note(path)


def test_a_secret_that_is_only_added_is_found(repository: Path) -> None:
    path = config(repository)
    git(repository, "add", "config.json")
    assert "uncommitted" in note(path)


def test_an_escaped_secret_is_found(repository: Path) -> None:
    escaped = "".join(f"\\u{ord(char):04x}" for char in SECRET)
    path = config(repository, f'{{"exchange": {{"secret": "{escaped}"}}}}')
    encoded = SECRET.encode().hex()
    (repository / "note.txt").write_text(encoded)
    allow_secrets_in(repository / "note.txt")
    git(repository, "add", "note.txt")
    git(repository, "commit", "-qm", "x")
    assert "note.txt" in note(path)


PROGRAMS = {
    "gpg.program": ("gpg.program", "log.showSignature=true"),
    "an ssh verifier": ("gpg.ssh.program", "log.showSignature=true", "gpg.format=ssh"),
    "fsmonitor": ("core.fsmonitor",),
    "a pager": ("core.pager", "pager.log=true"),
    "an external diff": ("diff.external",),
    "a text conversion": ("diff.mine.textconv",),
    "an alias": ("alias.log",),
    "a transport": ("core.sshCommand", "remote.origin.url=ssh://x/y", "remote.origin.promisor=true"),
    "a filter": ("filter.mine.clean",),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_program_of_the_repositorys_config_runs(repository: Path, tmp_path: Path, name: str) -> None:
    path = committed(repository)
    (repository / ".gitattributes").write_text("* diff=mine filter=mine\n")
    tree, parent = git(repository, "write-tree").strip(), git(repository, "rev-parse", "HEAD").strip()
    signed = (
        f"tree {tree}\nparent {parent}\nauthor x <x@example.com> 1 +0000\ncommitter x <x@example.com> 1 +0000\n"
        "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\nsigned\n"
    )
    made = subprocess.run(
        ["git", "-C", str(repository), "hash-object", "-t", "commit", "-w", "--stdin"],
        input=signed, capture_output=True, text=True, check=True,
    )  # fmt: skip
    git(repository, "update-ref", "HEAD", made.stdout.strip())
    program, marker = tmp_path / "program", tmp_path / "it-ran"
    program.write_text(f"#!/bin/sh\ntouch {marker}\nexit 1\n")
    program.chmod(0o755)
    key, *more = PROGRAMS[name]
    with (repository / ".git" / "config").open("a") as file:
        for line in (f"{key}={program}", *more):
            section, _, rest = line.partition("=")
            head, _, variable = section.rpartition(".")
            head = f'{head.split(".")[0]} "{head.partition(".")[2]}"' if "." in head else head
            file.write(f"[{head}]\n\t{variable} = {rest}\n")
    hook = repository / ".git" / "hooks" / "post-index-change"
    hook.parent.mkdir(exist_ok=True)
    hook.write_bytes(program.read_bytes())
    hook.chmod(0o755)

    assert "The secret is in 1 commit" in note(path)

    assert not marker.exists()
    if name == "gpg.program":  # it would have run otherwise
        subprocess.run(["git", "-C", str(repository), "log", "--oneline"], check=False, capture_output=True)
        assert marker.exists()


def test_a_second_working_tree_and_a_submodule_are_searched(repository: Path, tmp_path: Path) -> None:
    committed(repository)
    other = tmp_path / "other-tree"
    git(repository, "worktree", "add", "-q", str(other))
    allow_secrets_in(other / "config.json")
    assert "The secret is in 1 commit" in note(other / "config.json")


def test_a_clone_that_borrows_its_objects_is_searched(repository: Path, tmp_path: Path) -> None:
    committed(repository)
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--shared", str(repository), str(clone))
    relative = Path("../../../.git/objects")
    (clone / ".git" / "objects" / "info" / "alternates").write_text(f"{relative}\n")
    allow_secrets_in(clone / "config.json")
    assert "The secret is in 1 commit" in note(clone / "config.json")


def test_the_repository_is_left_as_it_was(repository: Path) -> None:
    path = committed(repository)
    before = {each: each.stat().st_mtime_ns for each in (repository / ".git").rglob("*")}
    note(path)
    assert {each: each.stat().st_mtime_ns for each in (repository / ".git").rglob("*")} == before


def test_the_secret_is_no_argument_of_a_process(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = committed(repository)
    started: list[object] = []
    really = subprocess.run

    def watched(*arguments: object, **options: Any) -> Any:
        started.append((arguments, options["env"]))
        return really(*arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "run", watched)
    note(path)
    assert started
    assert SECRET not in str(started)
