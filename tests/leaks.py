"""Everything that the tests and the processes they start bring out is searched for the secrets that they use.

A pytest plugin (`conftest.py` registers it): a test whose output holds one fails, whatever else it shows. Searched are
its captured output and log, what the processes it started printed, and the files they logged to or kept for the bot.
It finds them its own way: it does not know how `redaction` writes a secret, it decodes what could be one.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import subprocess
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from freqtrade_bitmex_guard.demo.bot import Process
from tests.support import KEY_ID, SECRET

_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}")
_HEXADECIMAL = re.compile(rb"(?:[0-9A-Fa-f]{2}){16,}")
_FOR_URLS = bytes.maketrans(b"+/", b"-_")
_NAMED = {"the key id": KEY_ID.encode(), "the secret": SECRET.encode()}
_printed: list[Any] = []


def secrets_in(content: str | bytes) -> list[str]:
    """The names of the secrets that stand in a text: plain or quoted, in a URL, in HTML, in base64, in digits."""
    plain = content.encode("utf-8", "replace") if isinstance(content, str) else content
    return [name for name, value in _NAMED.items() if any(value in reading for reading in _readings(plain))]


def _readings(content: bytes) -> Iterator[bytes]:
    yield content
    text = content.decode("utf-8", "replace")
    yield unquote(text).encode()
    yield html.unescape(text).encode()
    for run in set(_HEXADECIMAL.findall(content)):
        yield binascii.unhexlify(run)
    for run in set(_BASE64.findall(content)):
        for skipped in range(4):  # what stands before it decides where its characters begin
            whole = run[skipped:]
            yield base64.urlsafe_b64decode(whole.translate(_FOR_URLS) + b"A" * (-len(whole) % 4))


def pytest_configure() -> None:
    """Take down what processes print, whoever starts them."""
    communicate, start = subprocess.Popen.communicate, Process.__init__

    def taken_down(self: Any, *what: Any, **more: Any) -> Any:
        printed = communicate(self, *what, **more)
        _printed.extend(each for each in printed if each)
        return printed

    def started(self: Any, *what: Any, **more: Any) -> None:
        start(self, *what, **more)
        _printed.append(self)

    subprocess.Popen.communicate = taken_down  # type: ignore[method-assign]
    Process.__init__ = started  # type: ignore[method-assign]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a test that shows a secret, once it is over."""
    report: Any = yield
    shown = [item.nodeid, *(text for _, text in report.sections), report.longreprtext]
    if report.when == "teardown":
        shown += [each.output if isinstance(each, Process) else each for each in _printed]
        shown += [path.read_bytes() for path in _kept(item)]
        _printed.clear()
    leaked = sorted({name for content in shown for name in secrets_in(content)})
    if leaked:
        told = f"{' and '.join(leaked)} stood in what this test or its processes brought out"
        report.sections.append(("secrets", told))
        if report.outcome != "failed":
            report.outcome, report.longrepr = "failed", told
    return report


def _kept(item: pytest.Item) -> Iterator[Path]:
    folder = getattr(item, "funcargs", {}).get("tmp_path")
    if folder is not None:
        for pattern in ("**/*.log*", "**/user_data/**/*", "**/*.sqlite*"):
            yield from (path for path in folder.glob(pattern) if path.is_file())
