"""A simulated exchange, a bot that uses it, and environments with the plugin, built once for a test run."""

from __future__ import annotations

import fcntl
import logging
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path

import ccxt
import hypothesis
import keyring
import pytest

from freqtrade_bitmex_guard.redaction import registry
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from freqtrade_bitmex_guard.simulator.bot import DemoBot
from tests.support import leak_search
from tests.support.factories import allow_secrets_in, key
from tests.support.file_keyring import Vault

# A busy machine is no failure.
hypothesis.settings.register_profile("steady", deadline=None)
hypothesis.settings.register_profile("long", deadline=None, max_examples=100_000)
hypothesis.settings.load_profile("steady")

ROOT = Path(__file__).parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--without-bitmex", action="store_true", help="skip what needs BitMEX if the installed ccxt does not have it"
    )


def skip_without_bitmex(config: pytest.Config) -> None:
    """Skip a test that needs BitMEX, if ccxt has none and the run says so; in any other run the test fails."""
    if config.getoption("--without-bitmex") and "bitmex" not in ccxt.exchanges:
        pytest.skip(f"ccxt {ccxt.__version__} has no BitMEX")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("bitmex"):
        skip_without_bitmex(item.config)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(leak_search)
    # A background process of a script ignores interrupts, and so would the processes that the tests start.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def fresh_redaction(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start each test like a process: no secret is registered, and no filter is before the log."""
    monkeypatch.setattr(registry, "_registered", {})
    for owner, name in ((logging.Handler, "handle"), (sys, "stdout"), (sys, "stderr")):
        monkeypatch.setattr(owner, name, getattr(owner, name))


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode:
        pytest.fail(f"{' '.join(command)}\n{done.stdout}\n{done.stderr}")


def _make(folder: Path, *what: str) -> Path:
    """A new environment with this plugin installed into it, and everything else taken from the tests' own.

    A path in a `.pth` file makes modules importable and runs no `.pth` beside them, so the plugin of the tests' own
    environment stays asleep.
    """
    _run(sys.executable, "-m", "venv", "--without-pip", str(folder))
    python = folder / "bin" / "python"
    site = next(folder.glob("lib/python*/site-packages"))
    (site / "zz_dependencies.pth").write_text(f"{sysconfig.get_paths()['purelib']}\n")
    if what:
        _run(sys.executable, "-m", "pip", "--quiet", "--python", str(python), "install", "--no-deps", *what)
    return python


def _build_wheel(folder: Path) -> Path:
    pip = (sys.executable, "-m", "pip", "--quiet")
    _run(*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(ROOT))
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Gives the interpreter of an environment by what was installed: `wheel`, `editable`, `no pth`, which is the
    wheel with its `.pth` and `.start` files deleted, `target`, which has the wheel beside it in a folder `target`
    (`pip install --target`), `newest ccxt`, which has that and not the plugin, or `extras`, which is the wheel and a
    package that brings an exchange and a store.
    """
    shared = tmp_path_factory.getbasetemp()
    if shared.name.startswith("popen-"):  # a worker of pytest-xdist: share with the others
        shared = shared.parent

    def give(kind: str) -> Path:
        folder = shared / f"environment-{kind.replace(' ', '-')}"
        with (shared / f"{folder.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            python = folder / "bin" / "python"
            if (folder / "done").exists():
                return python
            if kind == "editable":
                _make(folder, "--no-build-isolation", "--editable", str(ROOT))
            elif kind == "newest ccxt":
                _build_wheel(shared / "wheels-newest-ccxt")
                _run(
                    sys.executable,
                    "-m",
                    "pip",
                    "--quiet",
                    "--python",
                    str(_make(folder)),
                    "install",
                    "--upgrade",
                    "ccxt",
                )
            elif kind == "extras":
                extras = shared / "guard-extras"
                shutil.copytree(ROOT / "tests" / "exchanges" / "foreign" / "package", extras)
                _make(folder, str(_build_wheel(shared / "wheels-extras")), "--no-build-isolation", str(extras))
            elif kind == "target":
                wheel = _build_wheel(shared / "wheels-target")
                target = ("--target", str(_make(folder).parent.parent / "target"))
                _run(sys.executable, "-m", "pip", "--quiet", "install", "--no-deps", *target, str(wheel))
            else:
                wheels = shared / f"wheels-{kind.replace(' ', '-')}"
                _make(folder, str(_build_wheel(wheels)))
            if kind == "no pth":
                for ending in ("pth", "start"):
                    next(folder.glob(f"lib/python*/site-packages/freqtrade_bitmex_guard.{ending}")).unlink()
            (folder / "done").touch()
            return python

    return give


@pytest.fixture(scope="session")
def wheel(environment: Callable[[str], Path]) -> Path:
    """The interpreter of an environment with the wheel."""
    return environment("wheel")


@pytest.fixture
def exchange(pytestconfig: pytest.Config) -> Iterator[SimulatedBitMEX]:
    """A simulated BitMEX with one good key."""
    skip_without_bitmex(pytestconfig)
    with SimulatedBitMEX([key()]) as running:
        yield running


@pytest.fixture
def bot(tmp_path: Path, exchange: SimulatedBitMEX) -> DemoBot:
    """A bot with that key in its store."""
    bot = DemoBot(tmp_path / "bot", exchange)
    allow_secrets_in(bot.folder / "key", bot.folder / "secret")
    bot.store(exchange.keys[0])
    return bot


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file of a keyring that is used instead of the user's."""
    allow_secrets_in(tmp_path / "vault.json", tmp_path / "vault.new")
    before = keyring.get_keyring()
    keyring.set_keyring(Vault())  # type: ignore[no-untyped-call]
    monkeypatch.setenv("VAULT", str(tmp_path / "vault.json"))
    yield tmp_path / "vault.json"
    keyring.set_keyring(before)
