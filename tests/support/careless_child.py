"""A process that has children log and print a secret: `python -m tests.support.careless_child START METHOD`."""

from __future__ import annotations

import logging
import multiprocessing
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from tests.adversarial.encodings import install_redaction
from tests.support.factories import SECRET


def say(secret: str, method: str) -> None:
    """Log and print a secret in several forms; with a method, have a child of this process do the same."""
    logging.basicConfig(format="logged: %(message)s", stream=sys.stderr, force=True)
    logging.getLogger("careless").warning("a secret %s", secret)
    print("printed:", secret)
    print("printed:", secret.encode().hex(), file=sys.stderr)
    try:
        raise ValueError(secret)
    except ValueError:
        traceback.print_exc()
    sys.stdout.flush()
    if method:
        _process(method, "")


def _process(method: str, next_method: str) -> None:
    context: Any = multiprocessing.get_context(method)
    child = context.Process(target=say, args=(SECRET, next_method))
    child.start()
    child.join()


def _pool(method: str) -> None:
    with multiprocessing.get_context(method).Pool(1) as pool:
        pool.apply(say, (SECRET, ""))


def _executor(method: str) -> None:
    with ProcessPoolExecutor(1, multiprocessing.get_context(method)) as pool:
        pool.submit(say, SECRET, "").result(60)


def _joblib(_: str) -> None:
    from joblib import Parallel, delayed  # type: ignore[import-untyped]

    Parallel(n_jobs=2)([delayed(say)(SECRET, "")] * 2)


STARTS: dict[str, Callable[[str], None]] = {
    "process": lambda method: _process(method, ""),
    "grandchild": lambda method: _process(method, method),
    "pool": _pool,
    "executor": _executor,
    "joblib": _joblib,
}

if __name__ == "__main__":
    install_redaction()
    STARTS[sys.argv[1]](sys.argv[2])
