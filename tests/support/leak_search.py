"""A pytest plugin that searches all output of the tests, and of the processes they start, for the secrets they use.

`conftest.py` registers it. A test fails if a made-up key id or secret (`factories.MADE_UP`), or eight characters in a
row of one, is

- in its captured output, its log at every level, its properties, its name, or what it read of its output;
- in what a process that it started printed, through a pipe or at a terminal, or in a process's arguments;
- in a file, or a file's name, that it left in its folders, unless `factories.allow_secrets_in` allows one there.

A secret that is printed while tests are collected fails the collection. One in a warning, in an error of a thread, or
anywhere else on the terminal fails the run. This module does not use `redaction` to find a secret: it decodes what
could be one.

It cannot see: variables of processes; files outside pytest's folders, in the environments that workers share, or
deleted before their test ended; shared folders of an interrupted run; network traffic; output that nobody reads from a
pipe; records below a logger's own level; compressed files other than gzip and zlib; encodings other than those below,
or nested ones; fewer than eight characters; values that are not registered; and the output of pytest with `-s`.
"""

from __future__ import annotations

import base64
import contextlib
import html
import re
import warnings
import zlib
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest

from tests.support import captured_output
from tests.support.factories import MADE_UP, secret_paths

_PIECE = 8
_PIECES: dict[str, list[bytes]] = {}

# Eight characters in a row hold four that begin at every fifth: few to look for, and seldom there by chance.
_HINTS: dict[str, list[bytes]] = {}
_GAPS = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]|[\s\0]+|\xe2\x80\x8b")  # colours, breaks, and UTF-16's zeros
_ESCAPED = re.compile(rb"\\(?:u00|x)([0-9A-Fa-f]{2})")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{11,}")
_HEXADECIMAL = re.compile(rb"[0-9A-Fa-f]{16,}")
_FOR_URLS = bytes.maketrans(b"+/", b"-_")
_Shown = list[tuple[str, str | bytes]]  # where, and what
_searched_texts: set[str | bytes] = set()
_searched_folders: set[Path] = set()
_IS_LAST = pytest.StashKey[bool]()
_leaks_of_run: list[str] = []
_screen: list[str] = []


def watch(name: str, value: str) -> None:
    """Search all later output for another secret, such as one that a simulated exchange has drawn."""
    content = value.encode()
    _PIECES[name] = [content[at : at + _PIECE] for at in range(len(content) - _PIECE + 1)]
    _HINTS[name] = [content[at : at + 4] for at in range(0, len(content) - 3, 5)]


def secrets_in(content: str | bytes) -> list[str]:
    """Return the names of the secrets in a text, whole or in part, plain, encoded, split or compressed."""
    plain = content.encode("utf-8", "replace") if isinstance(content, str) else content
    whole = b"\n".join(_readings(plain))
    hinted = [name for name, hints in _HINTS.items() if any(hint in whole for hint in hints)]
    return [name for name in hinted if any(piece in whole for piece in _PIECES[name])]


def _readings(content: bytes) -> Iterator[bytes]:
    if content[:2] == b"\x1f\x8b" or (content[:1] == b"x" and int.from_bytes(content[:2]) % 31 == 0):
        with contextlib.suppress(zlib.error):
            yield from _readings(zlib.decompressobj(47).decompress(content))
    dense = _GAPS.sub(b"", content)
    yield dense
    if b"%" in dense:
        yield unquote_to_bytes(dense)
    if b"&" in dense:
        yield html.unescape(dense.decode("utf-8", "replace")).encode()
    if b"\\" in dense:
        yield _ESCAPED.sub(lambda found: bytes.fromhex(found[1].decode()), dense)
    for run in _HEXADECIMAL.findall(dense):
        for skipped in range(2):
            yield bytes.fromhex(run[skipped : len(run) - (len(run) - skipped) % 2].decode())
    for run in set(_BASE64.findall(dense)):
        for skipped in range(4):  # the text before it decides where its characters begin
            whole = run[skipped:]
            yield base64.urlsafe_b64decode(whole.translate(_FOR_URLS) + b"A" * (-len(whole) % 4))


def pytest_configure(config: pytest.Config) -> None:
    """Start to record output, and capture the log at every level."""
    for name, value in MADE_UP.items():
        watch(name, value)
    config.option.log_level = config.option.log_level or "1"
    if hasattr(config, "workerinput") or not getattr(config.option, "tx", None):  # else pytest-xdist's workers do
        captured_output.install()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Record what the terminal shows."""
    if hasattr(session.config, "workerinput"):  # a worker has none
        return
    writer = session.config.get_terminal_writer()
    write = writer.write

    def shown(text: str, **how: Any) -> None:
        _screen.append(text)
        write(text, **how)

    writer.write = shown  # type: ignore[assignment, method-assign]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, Any, Any]:
    """Fail the collection of a file that shows a secret."""
    report: Any = yield
    return _judged(report, _captured(report))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Note whether nothing comes after this test: then the folders of the whole run are finished, too."""
    item.stash[_IS_LAST] = nextitem is None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a finished test that shows a secret."""
    report: Any = yield
    shown = [(where, text) for where, text in _captured(report) if text not in _searched_texts]
    _searched_texts.update(text for _, text in shown)
    if report.when == "teardown":
        shown += [("its name", item.nodeid), ("its properties", repr(report.user_properties))]
        shown += captured_output.drain()
        for path in _leftover_files(item):
            shown += [("the name of a file", str(path)), (f"the file {path}", _content(path))]
        _searched_texts.clear()
    return _judged(report, shown)


def pytest_warning_recorded(warning_message: warnings.WarningMessage, nodeid: str) -> None:
    """Search a warning, which can be an error of a thread or a destructor. Its test has ended by now."""
    _note(f"a warning of {nodeid}", str(warning_message))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, Any, Any]:
    """Fail a run that shows a secret outside its tests, once its summary is written."""
    yield
    _note("what the terminal shows", "".join(_screen))
    if _leaks_of_run and not hasattr(session.config, "workerinput"):  # a worker's warnings are its master's, too
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED
        session.config.get_terminal_writer().line("\n".join(["", "Secrets came out:", *_leaks_of_run]), red=True)


def _note(where: str, text: str) -> None:
    _leaks_of_run.extend(f"{name} in {where}" for name in secrets_in(text))


def _captured(report: Any) -> _Shown:
    return [*report.sections, ("its failure", report.longreprtext)]


def _judged(report: Any, shown: _Shown) -> Any:
    leaked = [f"{name} in {where}" for where, content in shown for name in secrets_in(content)]
    if leaked:
        message = f"Secrets came out: {', '.join(leaked)}"
        report.sections.append(("secrets", message))
        if report.outcome != "failed":
            report.outcome, report.longrepr = "failed", message
    return report


def _leftover_files(item: pytest.Item) -> Iterator[Path]:
    """Yield the files that a test left, and after the last test all files; but none where secrets are allowed."""
    own = getattr(item, "funcargs", {}).get("tmp_path")
    folders = [own] if own else []
    if item.stash.get(_IS_LAST, False):
        base = item.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
        folders += [each for each in base.iterdir() if each not in _searched_folders and not each.is_symlink()]
    _searched_folders.update(folders)
    for path in (path for folder in folders for path in (folder, *folder.rglob("*"))):
        if path.is_file() and secret_paths.isdisjoint((real := path.resolve(), *real.parents)):
            yield path


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:  # a process that still runs has deleted it
        return b""
    except PermissionError:
        path.chmod(0o600)
        return path.read_bytes()
