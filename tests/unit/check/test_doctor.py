"""What can be known without the exchange: the same findings as a check's, all at once, and no connection."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from freqtrade_bitmex_guard import BotModuleFinder
from freqtrade_bitmex_guard.check import doctor, environment
from freqtrade_bitmex_guard.check.doctor import SUBJECTS, examine
from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.client import proxies
from freqtrade_bitmex_guard.config.files import read_config
from freqtrade_bitmex_guard.model.diagnosis import Diagnosis, State
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.support.factories import KEY_ID, SECRET, allow_secrets_in, bot_config, store_files

Change = Callable[[dict[str, Any]], Any]


def section(**written: Any) -> Change:
    return lambda config: config["api_key_guard"].update(written)


def in_exchange(**written: Any) -> Change:
    return lambda config: config["exchange"].update(written)


def ccxt(**written: Any) -> Change:
    return lambda config: config["exchange"]["ccxt_config"].update(written)


PLAIN = in_exchange(key=KEY_ID, secret=SECRET)
PROGRAMS = {"store": "command", "key_command": ["no-such-program"], "secret_command": ["no-such-program"]}
NO_FILES = {"store": "files", "key_file": "/no-such-file", "secret_file": "/no-such-file"}

CAUSES: dict[str, Change] = {
    "nothing": lambda _: None,
    "dry-run": lambda config: config.update(dry_run=True),
    "disabled": section(enabled=False),
    "no section": lambda config: config.pop("api_key_guard"),
    "no section, plain key": lambda config: (config.pop("api_key_guard"), PLAIN(config)),
    "misnamed section": lambda config: config.update(api_key_gaurd=config.pop("api_key_guard")),
    "section is a list": lambda config: config.update(api_key_guard=[]),
    "enabled is a text": section(enabled="true"),
    "unknown field": section(polcy={}),
    "invalid policy": section(policy={"max_ip_addresses": "one"}),
    "withdraw allowed": section(policy={"allowed_permissions": ["order", "withdraw"]}),
    "wide policy": section(policy={"ip_within": ["0.0.0.0/1", "127.0.0.1/32"]}),
    "not supported": in_exchange(name="poloniex"),
    "no exchange": lambda config: config.pop("exchange"),
    "plain key": PLAIN,
    "placeholder": in_exchange(key="your_exchange_key"),
    "verbose": ccxt(verbose=True),
    "unknown setting": ccxt(verfy=False),
    "settings are a list": in_exchange(ccxt_config=[]),
    "another host": section(allowed_hosts=["www.bitmex.com"]),
    "plain http": ccxt(urls={"api": {"public": "http://192.0.2.1", "private": "http://192.0.2.1"}}),
    "relay": ccxt(proxyUrl="https://192.0.2.1/"),
    "two proxies": in_exchange(ccxt_async_config={"httpsProxy": "http://192.0.2.1:1"}),
    "no file": section(credentials=NO_FILES),
    "no program": section(credentials=PROGRAMS),
    "invalid store": section(credentials={"store": "drawer"}),
}


def store(config: dict[str, Any]) -> dict[str, str]:
    files: dict[str, str] = config["api_key_guard"]["credentials"]
    return files


def swap(config: dict[str, Any]) -> None:
    files = store(config)
    files["key_file"], files["secret_file"] = files["secret_file"], files["key_file"]


CAUSES |= {
    "exposed file": lambda config: Path(store(config)["secret_file"]).chmod(0o644),
    "swapped": swap,
    "empty file": lambda config: Path(store(config)["secret_file"]).write_text(""),
    "SOCKS proxy": ccxt(socksProxy="socks5h://192.0.2.1:1"),
}


def write(path: Path, config: dict[str, Any]) -> list[str]:
    allow_secrets_in(path)
    path.write_text(json.dumps(config))
    return [str(path)]


def names(verdict: Verdict) -> list[str]:
    return [finding.name for finding in verdict.findings]


def states(diagnosis: Diagnosis) -> dict[str, State]:
    return {subject.name: subject.state for subject in diagnosis.subjects}


@pytest.fixture
def config(tmp_path: Path, exchange: SimulatedBitMEX) -> dict[str, Any]:
    return bot_config(tmp_path, exchange)


@pytest.mark.parametrize("cause", CAUSES)
def test_code_and_first_finding_are_those_of_a_check(
    cause: str, config: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxies, "_SOCKS_MODULES", ("a_package_that_is_missing",))
    CAUSES[cause](config)
    files = write(tmp_path / "config.json", config)
    check = LocalCheck(read_config(files)).run().verdict.with_findings(*environment.find_disabled(config))

    diagnosis = examine(files)

    assert diagnosis.exit_code == check.exit_code
    assert names(diagnosis.verdict)[:1] == names(check)[:1]
    assert set(names(check)) <= set(names(diagnosis.verdict))
    assert diagnosis.is_ready is check.admitted


class Handler(BaseHTTPRequestHandler):
    """CoinEx, as far as a check gets: one signed read that succeeds."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"code": 0, "data": [], "message": "OK"}')

    def log_message(self, *_: Any) -> None:
        pass


class Listener(ThreadingHTTPServer):
    """A server that counts connections, whatever is sent on them."""

    connections = 0

    def get_request(self) -> Any:
        accepted = super().get_request()
        self.connections += 1
        return accepted


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.01,)).start()
        yield server
        server.shutdown()


def coinex(folder: Path, server: Listener, policy: dict[str, Any]) -> dict[str, Any]:
    names = ("public", "private", "perpetualPublic", "perpetualPrivate")
    urls = {"api": dict.fromkeys(names, f"http://127.0.0.1:{server.server_address[1]}")}
    return {
        "exchange": {"name": "coinex", "ccxt_config": {"urls": urls}},
        "api_key_guard": {"credentials": store_files(folder), "allowed_hosts": ["127.0.0.1"], "policy": policy},
    }


@pytest.mark.parametrize(("accepted", "code"), [([], 3), (["permissions", "ip-restriction"], 0)])
def test_an_exchange_that_cannot_report_is_found_without_a_connection(
    accepted: list[str], code: int, listener: Listener, tmp_path: Path
) -> None:
    pytest.importorskip("ccxt.coinex", reason="ccxt dropped CoinEx after 4.5.86")
    files = write(tmp_path / "config.json", coinex(tmp_path, listener, {"accept_unverifiable": accepted}))

    diagnosis = examine(files)

    assert listener.connections == 0
    check = LocalCheck(read_config(files)).run().verdict
    assert listener.connections == 1, "the listener counts"
    assert diagnosis.exit_code == check.exit_code == code
    assert names(diagnosis.verdict) == names(check)[:2] == ["exchange-cannot-tell"] * 2


def test_a_good_bot_is_ready_and_no_request_is_sent(
    config: dict[str, Any], exchange: SimulatedBitMEX, tmp_path: Path
) -> None:
    diagnosis = examine(write(tmp_path / "config.json", config))

    assert (diagnosis.word, diagnosis.exit_code) == ("ready", 0)
    assert set(states(diagnosis).values()) <= {State.OK, State.UNKNOWN, State.WARNING}
    assert list(states(diagnosis)) == list(SUBJECTS)
    assert exchange.requests == []


def test_it_goes_on_after_the_first_thing_that_is_wrong(config: dict[str, Any], tmp_path: Path) -> None:
    written = {"polcy": {}, "policy": {"max_ip_addresses": "one"}, "allowed_hosts": ["www.bitmex.com"]}
    section(**written, credentials=NO_FILES)(config)
    PLAIN(config)

    diagnosis = examine(write(tmp_path / "config.json", config))

    wrong = {name for name, state in states(diagnosis).items() if state is State.ERROR}
    assert wrong == {"section", "policy", "hosts", "credentials"}
    assert {"host-not-allowed", "credentials-in-config", "credentials-missing"} < set(names(diagnosis.verdict))


@pytest.mark.parametrize("cause", ["no section", "no section, plain key", "plain key"])
def test_an_unguarded_or_plain_key_names_the_ways_out(cause: str, config: dict[str, Any], tmp_path: Path) -> None:
    CAUSES[cause](config)

    fixes = " ".join(finding.fix for finding in examine(write(tmp_path / "config.json", config)).verdict.findings)

    assert "`freqtrade-bitmex-guard check --as-is -c CONFIG`" in fixes
    assert "`freqtrade-bitmex-guard setup -c CONFIG`" in fixes


@pytest.mark.parametrize("content", [None, "{", "[]"])
def test_a_config_that_cannot_be_read_is_misconfigured(content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    if content is not None:
        path.write_text(content)

    diagnosis = examine([str(path)])

    assert (diagnosis.exit_code, names(diagnosis.verdict)) == (4, ["config-unreadable"])
    assert diagnosis.verdict.bot is not None
    assert diagnosis.verdict.bot.config_files == (str(path),)


def test_an_exchange_that_closed_is_unverified_unless_a_server_plays_it(config: dict[str, Any], tmp_path: Path) -> None:
    closed = {**config, "exchange": {"name": "bitmex"}}
    section(allowed_hosts=["www.bitmex.com"])(closed)

    diagnosis = examine(write(tmp_path / "config.json", closed))

    assert (diagnosis.exit_code, names(diagnosis.verdict)) == (3, ["unreachable"])
    assert "closed on 2026-09-23" in diagnosis.verdict.findings[0].message


def test_an_environment_that_is_not_armed_is_a_warning(
    config: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.meta_path", [finder for finder in sys.meta_path if finder is not BotModuleFinder])

    diagnosis = examine(write(tmp_path / "config.json", config))

    assert (diagnosis.exit_code, states(diagnosis)["plug-in"]) == (0, State.WARNING)
    assert "guard-not-armed" in names(diagnosis.verdict)


def test_a_subject_that_was_not_examined_is_never_ready(
    config: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "SUBJECTS", (*SUBJECTS, "another"))

    diagnosis = examine(write(tmp_path / "config.json", config))

    assert states(diagnosis)["another"] is State.NOT_EXAMINED
    assert (diagnosis.word, diagnosis.exit_code) == ("unverified", 3)


STEPS = ["find_adapter", "read_section", "make_client", "load_credentials"]


@pytest.mark.parametrize("raised", [SystemExit(0), MemoryError(), RuntimeError()], ids=repr)
@pytest.mark.parametrize("target", [*(f"prepare.{name}" for name in STEPS), "read_config", "read_clock"])
def test_a_step_that_breaks_is_a_bug_and_never_ready(
    target: str, raised: BaseException, config: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise raised

    monkeypatch.setattr(f"freqtrade_bitmex_guard.check.doctor.{target}", fail)

    diagnosis = examine(write(tmp_path / "config.json", config))

    assert not diagnosis.is_ready
    assert diagnosis.exit_code == 1
    assert "internal-error" in names(diagnosis.verdict)
