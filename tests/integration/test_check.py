"""The whole check with real ccxt against the look-alike: verdict, cause and number of requests."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from freqtrade_bitmex_guard.check import prepare
from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.credentials import access, interface
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.report import json as report
from freqtrade_bitmex_guard.report.text import render_plain
from freqtrade_bitmex_guard.simulator.bitmex import Key, SimulatedBitMEX, error
from freqtrade_bitmex_guard.simulator.responses import Hang, Reaction, Reset, Response, page
from tests.support.factories import KEY_ID, SECRET, bot_config, key, other_key, trusted_authority


def check(folder: Path, exchange: SimulatedBitMEX, **section: Any) -> Verdict:
    return LocalCheck(bot_config(folder, exchange, **section)).run().verdict


def told(verdict: Verdict) -> tuple[Outcome, list[str], int]:
    return verdict.outcome, [finding.name for finding in verdict.findings], verdict.requests


def test_a_good_key_is_admitted_before_the_account_is_queried(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    result = LocalCheck(bot_config(tmp_path, exchange)).run()
    verdict = result.verdict
    assert told(verdict) == (Outcome.ADMITTED, [], 4)
    assert exchange.paths()[0] == "GET /apiKey"
    assert sorted(exchange.paths()[1:]) == ["GET /address", "GET /user", "GET /userEvent"]
    assert verdict.key == "LAqU…"
    assert verdict.exchange == "bitmex"
    assert result.admission is not None
    assert result.admission.credentials.part("secret").matches(SECRET)


@pytest.mark.parametrize(
    ("changed", "rules"),
    [
        ({"permissions": ["order", "withdraw"]}, ["withdraw-permission"]),
        ({"permissions": ["order", "Withdraw"]}, ["withdraw-permission"]),
        ({"permissions": ["order", "sudo"]}, ["permission-not-allowed"]),
        ({"permissions": []}, ["permission-missing"]),
        ({"permissions": ["orderCancel"]}, ["permission-not-allowed", "permission-missing"]),
        ({"cidr": ""}, ["ip-unrestricted"]),
        ({"cidr": None}, ["ip-unrestricted"]),
        ({"cidr": "0.0.0.0/0"}, ["ip-unrestricted", "ip-too-many"]),
        ({"cidr": "0.0.0.0"}, ["ip-unrestricted"]),
        ({"cidr": "127.0.0.1", "cidrs": ["0.0.0.0/1", "128.0.0.0/1"]}, ["ip-unrestricted", "ip-too-many"]),
        ({"cidr": "127.0.0.0/8"}, ["ip-too-many"]),
        ({"cidr": "everyone"}, ["ip-unreadable"]),
        ({"overrides": {"enabled": False}}, ["key-disabled"]),
    ],
)
def test_a_key_that_breaks_the_policy_is_refused(tmp_path: Path, changed: dict[str, Any], rules: list[str]) -> None:
    with SimulatedBitMEX([key(**changed)]) as exchange:
        assert told(check(tmp_path, exchange)) == (Outcome.REFUSED, rules, 1)


def test_a_key_listed_twice_is_judged_by_all_it_can_do(tmp_path: Path) -> None:
    with SimulatedBitMEX([key(), key(permissions=["withdraw"])]) as exchange:
        outcome, rules, requests = told(check(tmp_path, exchange))
    assert (outcome, requests) == (Outcome.REFUSED, 1)
    assert "withdraw-permission" in rules
    with SimulatedBitMEX([key(), key(cidr="127.0.0.2")]) as exchange:
        assert told(check(tmp_path, exchange)) == (Outcome.REFUSED, ["ip-too-many"], 1)


def test_another_key_of_the_account_keeps_nothing_from_starting(tmp_path: Path) -> None:
    with SimulatedBitMEX([other_key(permissions=["withdraw"], cidr=""), key()]) as exchange:
        assert told(check(tmp_path, exchange)) == (Outcome.ADMITTED, ["sibling-keys"], 4)


@pytest.mark.parametrize(
    ("changed", "outcome", "rules", "requests"),
    [
        ({"can_list_keys": False}, Outcome.ADMITTED, ["sibling-keys"], 5),
        ({"can_list_keys": False, "can_read_itself": False}, Outcome.UNVERIFIED, ["access-denied"], 2),
    ],
)
def test_a_key_without_access_to_the_list_is_queried_about_itself(
    tmp_path: Path, changed: dict[str, Any], outcome: Outcome, rules: list[str], requests: int
) -> None:
    with SimulatedBitMEX([key(**changed)]) as exchange:
        assert told(check(tmp_path, exchange)) == (outcome, rules, requests)
        assert exchange.paths()[:2] == ["GET /apiKey", "GET /apiKey/self"]


@pytest.mark.parametrize(
    ("changed", "outcome", "rule"),
    [
        ({"id": "unknown"}, Outcome.UNVERIFIED, "key-unknown"),
        ({"secret": "wrong"}, Outcome.UNVERIFIED, "signature-invalid"),
        ({"cidr": "203.0.113.7"}, Outcome.UNVERIFIED, "address-not-allowed"),
        ({"enabled": False}, Outcome.REFUSED, "key-disabled"),
        ({"overrides": {"permissions": None}}, Outcome.UNVERIFIED, "response-invalid"),
        ({"overrides": {"id": "other"}}, Outcome.UNVERIFIED, "key-not-listed"),
    ],
)
def test_every_unreadable_response_has_its_finding(
    tmp_path: Path, changed: dict[str, Any], outcome: Outcome, rule: str
) -> None:
    with SimulatedBitMEX([Key(**{"id": KEY_ID, "secret": SECRET, **changed})]) as exchange:
        verdict = check(tmp_path, exchange)
    assert (verdict.outcome, verdict.findings[0].name) == (outcome, rule)


GOOD_LIST = json.dumps([key().to_json()]).encode()


@pytest.mark.parametrize(
    "behaviour",
    [
        Reset(),
        error(503, "overloaded"),
        page(502),
        error(500, "Server Error"),
        error(429, "Rate limit exceeded", {"Retry-After": "1"}),
    ],
)
def test_a_passing_failure_is_retried_inside_the_time(
    tmp_path: Path, exchange: SimulatedBitMEX, behaviour: Reaction
) -> None:
    exchange.respond_next("/apiKey", behaviour)
    assert told(check(tmp_path, exchange, timeout_seconds=10)) == (Outcome.ADMITTED, [], 5)


def test_retries_pause_longer_each_time(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    exchange.respond_always("/apiKey", error(503, "overloaded"))
    began = time.monotonic()
    assert told(check(tmp_path, exchange, timeout_seconds=5))[2] == 3  # at 0, 1 and 3 seconds; 7 would be too late
    assert 3 <= time.monotonic() - began < 8


def test_a_rate_limit_is_waited_out_only_if_the_wait_fits(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    exchange.respond_next("/apiKey", error(429, "Rate limit exceeded", {"Retry-After": "2"}))
    began = time.monotonic()
    assert told(check(tmp_path, exchange, timeout_seconds=10)) == (Outcome.ADMITTED, [], 5)
    assert time.monotonic() - began >= 2


def test_a_date_in_retry_after_is_respected(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    from email.utils import formatdate

    later = error(503, "overloaded", {"Retry-After": formatdate(time.time() + 3, usegmt=True)})
    exchange.respond_next("/apiKey", later)
    began = time.monotonic()
    assert told(check(tmp_path, exchange, timeout_seconds=10)) == (Outcome.ADMITTED, [], 5)
    assert time.monotonic() - began >= 1.9
    exchange.respond_next("/apiKey", error(503, "overloaded", {"Retry-After": "60"}))
    assert told(check(tmp_path, exchange, timeout_seconds=3)) == (Outcome.UNVERIFIED, ["overloaded"], 1)


@pytest.mark.parametrize(("size", "rules"), [(3_990_000, []), (4_010_000, ["response-too-large"])])
@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_may_have_four_megabytes(
    tmp_path: Path, exchange: SimulatedBitMEX, size: int, rules: list[str], packed: bool
) -> None:
    body = GOOD_LIST + b" " * (size - len(GOOD_LIST))
    headers = {"Content-Encoding": "gzip"} if packed else {}
    exchange.respond_always("/apiKey", Response(200, gzip.compress(body) if packed else body, headers))
    assert told(check(tmp_path, exchange))[1] == rules


def test_the_smaller_of_the_two_time_outs_holds(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    exchange.respond_always("/apiKey", Hang())
    config = bot_config(tmp_path, exchange, timeout_seconds=3)
    config["exchange"]["ccxt_config"]["timeout"] = 700
    began = time.monotonic()
    verdict = LocalCheck(config).run().verdict
    assert verdict.findings[0].name == "timed-out"
    assert verdict.requests >= 2  # each is given up after 0.7 seconds
    assert time.monotonic() - began < 6


def test_ccxts_own_retries_stay_off_whatever_the_settings_say(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    exchange.respond_always("/apiKey", page(403))  # which ccxt takes for a passing failure
    config = bot_config(tmp_path, exchange)
    config["exchange"]["ccxt_config"]["options"] = {
        "maxRetriesOnFailure": 5,
        "maxRetriesOnFailureDelay": 1,
        "apiKey": {"maxRetriesOnFailure": 5},
    }
    assert told(LocalCheck(config).run().verdict) == (Outcome.UNVERIFIED, ["address-banned"], 1)


def test_who_cannot_reach_bitmex_itself_is_told_that_it_closed(
    tmp_path: Path, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(*args: Any, **options: Any) -> Any:
        raise socket.gaierror("no such host")

    config = bot_config(tmp_path, exchange, allowed_hosts=["www.bitmex.com"], timeout_seconds=1)
    config["exchange"]["ccxt_config"] = {}
    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    (finding,) = LocalCheck(config).run().verdict.findings
    assert finding.name == "unreachable"
    assert "www.bitmex.com" in finding.message
    assert "closed on 2026-09-23" in finding.message


def test_a_second_request_is_cut_off_as_surely_as_the_first(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    # The first answer leaves its connection open, and a client that used it again could not be cut off.
    exchange.respond_always("/apiKey", error(403, "Access Denied"))
    exchange.respond_always("/apiKey/self", Response(200, GOOD_LIST, seconds_per_byte=0.1))
    began = time.monotonic()
    assert told(check(tmp_path, exchange, timeout_seconds=1.5)) == (Outcome.UNVERIFIED, ["timed-out"], 2)
    assert time.monotonic() - began < 5
    assert not [thread for thread in threading.enumerate() if thread.name == "freqtrade-bitmex-guard"]


def test_a_request_that_was_cut_off_is_never_sent_later(
    tmp_path: Path, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_up = socket.getaddrinfo

    def slowly(*args: Any, **options: Any) -> Any:
        time.sleep(1.8)
        return look_up(*args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", slowly)
    assert told(check(tmp_path, exchange, timeout_seconds=1))[:2] == (Outcome.UNVERIFIED, ["timed-out"])
    time.sleep(2)
    assert exchange.requests == []


@pytest.mark.parametrize(
    "changed",
    [
        {"overrides": {"name": f"my {SECRET} key {KEY_ID}"}},
        {"permissions": ["order", KEY_ID, SECRET]},
        {"cidrs": [KEY_ID, SECRET]},
        {"overrides": {"name": f"{'x' * 70}{SECRET}"}},
    ],
)
def test_what_the_exchange_quotes_of_key_and_secret_is_left_out(tmp_path: Path, changed: dict[str, Any]) -> None:
    with SimulatedBitMEX([key(**changed)]) as exchange:
        said = error(400, f"{'y' * 100} Key {KEY_ID} with {SECRET} is not verified")
        verdicts = [check(tmp_path, exchange)]
        exchange.respond_always("/apiKey", said)
        verdicts.append(check(tmp_path, exchange))
        for verdict in verdicts:
            for shown in (report.to_json(verdict), render_plain(verdict)):
                assert KEY_ID[:6] not in shown
                assert SECRET[:6] not in shown


def test_an_answer_that_would_keep_us_busy_is_turned_away(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    entry = key().to_json()
    for many in (
        [{**entry, "cidr": f"10.0.{number // 256}.{number % 256}"} for number in range(5_000)],
        [{**entry, "cidrs": [f"odd {number}" for number in range(100_000)]}],
        [{**entry, "permissions": [f"word{number}" for number in range(100_000)]}],
    ):
        exchange.respond_always("/apiKey", Response(200, json.dumps(many).encode()))
        verdict = check(tmp_path, exchange)
        assert told(verdict) == (Outcome.UNVERIFIED, ["response-invalid"], 1)
        assert verdict.duration_ms < 10_000
        assert len(render_plain(verdict)) < 2000


def test_a_redirect_is_not_followed_and_nothing_signed_goes_elsewhere(
    tmp_path: Path, exchange: SimulatedBitMEX
) -> None:
    with SimulatedBitMEX([key()]) as elsewhere:
        exchange.respond_always("/apiKey", Response(302, headers={"Location": f"{elsewhere.url}/api/v1/apiKey"}))
        assert check(tmp_path, exchange).findings[0].name == "redirected"
        assert elsewhere.requests == []


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[trustme.CA]:
    with trusted_authority(tmp_path) as authority:
        yield authority


def served_with(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


class ConnectProxy(threading.Thread):
    """An https proxy: it passes encrypted bytes on and takes down where to."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.server.getsockname()[1]}"
        self.asked: list[str] = []
        self.start()

    def run(self) -> None:
        while True:
            client, _ = self.server.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client: socket.socket) -> None:
        asked = client.recv(4096).decode()
        self.asked.append(asked)
        host, _, port = asked.split()[1].partition(":")
        with client, socket.create_connection((host, int(port))) as beyond:
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=self.pump, args=(beyond, client), daemon=True)
            back.start()
            self.pump(client, beyond)
            back.join(5)

    @staticmethod
    def pump(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(65536):
                target.sendall(chunk)
            target.shutdown(socket.SHUT_WR)


def test_the_check_leaves_by_the_proxy_that_freqtrade_will_use(tmp_path: Path, authority: trustme.CA) -> None:
    proxy = ConnectProxy()
    with SimulatedBitMEX([key()], tls=served_with(authority.issue_cert("127.0.0.1"))) as exchange:
        config = bot_config(tmp_path, exchange)
        config["exchange"]["ccxt_config"]["httpsProxy"] = proxy.url
        assert told(LocalCheck(config).run().verdict) == (Outcome.ADMITTED, [], 4)
        assert len(proxy.asked) == 4
        for asked in proxy.asked:
            assert asked.startswith(f"CONNECT {exchange.url.removeprefix('https://')} ")
            assert "api-key" not in asked


def test_variables_do_not_send_the_check_another_way(
    tmp_path: Path, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    assert told(check(tmp_path, exchange)) == (Outcome.ADMITTED, [], 4)


def misconfigured(config: dict[str, Any], rule: str) -> None:
    verdict = LocalCheck(config).run().verdict
    assert verdict.outcome is Outcome.MISCONFIGURED
    assert rule in [finding.name for finding in verdict.findings]
    assert verdict.requests == 0


def test_a_wrong_config_sends_no_request_and_opens_no_store(
    tmp_path: Path, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch
) -> None:
    def untouchable(*args: Any) -> Any:
        raise AssertionError("the store was opened")

    monkeypatch.setattr(prepare, "open_store", untouchable)
    wrongs: list[tuple[Callable[[dict[str, Any]], Any], str]] = [
        (lambda config: config.pop("api_key_guard"), "section-missing"),
        (lambda config: config.update(api_key_guard=[]), "section-invalid"),
        (lambda config: config.update(api_key_gaurd={}), "section-misnamed"),
        (lambda config: config["api_key_guard"].update(x=1), "section-invalid"),
        (lambda config: config.pop("exchange"), "exchange-unsupported"),
        (lambda config: config["exchange"].update(name="examplex"), "exchange-unsupported"),
        (lambda config: config["exchange"].update(key="x"), "credentials-in-config"),
        (lambda config: config["exchange"]["ccxt_config"].update(verify=False), "tls-not-verified"),
        (lambda config: config["api_key_guard"].update(allowed_hosts=["www.bitmex.com"]), "host-not-allowed"),
    ]
    for spoil, rule in wrongs:
        config = bot_config(tmp_path, exchange)
        spoil(config)
        misconfigured(config, rule)
    assert exchange.requests == []


@pytest.mark.parametrize(
    "raised", [SystemExit(0), MemoryError(), RecursionError(), AttributeError(SECRET), ImportError()]
)
def test_whatever_a_store_raises_is_misconfigured(
    tmp_path: Path, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch, raised: BaseException
) -> None:
    class Broken:
        def load(self) -> Any:
            raise raised

        def cancel(self) -> None:
            """Nothing hangs."""

    monkeypatch.setattr(prepare, "open_store", lambda *args: Broken())
    verdict = check(tmp_path, exchange)
    assert told(verdict) == (Outcome.MISCONFIGURED, ["store-unavailable"], 0)
    assert SECRET not in str(verdict)


def test_a_store_has_thirty_seconds() -> None:
    assert interface.STORE_TIMEOUT_SECONDS == 30
    assert access._GRACE_SECONDS < 1


def test_a_store_that_hangs_is_given_up(
    tmp_path: Path, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Hanging:
        def load(self, fields: Any) -> Any:
            time.sleep(3)

    monkeypatch.setattr(prepare, "open_store", lambda *args: Hanging())
    monkeypatch.setattr(access, "STORE_TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(Hanging, "cancel", lambda self: None, raising=False)
    assert told(check(tmp_path, exchange)) == (Outcome.MISCONFIGURED, ["store-timed-out"], 0)


@pytest.mark.parametrize(
    "raised", [SystemExit(0), MemoryError(), AttributeError(SECRET), ImportError(), GeneratorExit()]
)
@pytest.mark.parametrize(
    "place",
    [
        "freqtrade_bitmex_guard.check.local.rules.evaluate",
        "freqtrade_bitmex_guard.check.local.merge_entries",
        "freqtrade_bitmex_guard.check.prepare.exchanges.get_adapter",
        "freqtrade_bitmex_guard.check.prepare.exchange_client.build_client",
        "freqtrade_bitmex_guard.check.local.Admission",
        "freqtrade_bitmex_guard.check.prepare.parse_section",
    ],
)
def test_a_bug_of_the_guard_is_never_an_admission(
    tmp_path: Path, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch, raised: BaseException, place: str
) -> None:
    def broken(*args: Any, **options: Any) -> Any:
        raise raised

    monkeypatch.setattr(place, broken)
    result = LocalCheck(bot_config(tmp_path, exchange)).run()
    verdict = result.verdict
    assert (verdict.outcome, [finding.name for finding in verdict.findings]) == (Outcome.UNVERIFIED, ["internal-error"])
    assert verdict.is_internal_error
    assert result.admission is None
    assert SECRET not in str(verdict)


@pytest.mark.parametrize("raised", [AttributeError(SECRET), SystemExit(0), MemoryError(), RecursionError()])
def test_an_error_that_ccxt_raises_early_is_never_an_admission(
    tmp_path: Path, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch, raised: BaseException
) -> None:
    import ccxt

    def broken(*args: Any, **options: Any) -> Any:
        raise raised

    monkeypatch.setattr(ccxt.bitmex, "sign", broken)
    verdict = check(tmp_path, exchange)
    assert verdict.outcome in (Outcome.MISCONFIGURED, Outcome.UNVERIFIED)
    assert verdict.findings[0].name in ("client-settings", "internal-error")
    assert SECRET not in str(verdict)


def test_ctrl_c_stays_ctrl_c(tmp_path: Path, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(prepare, "open_store", interrupted)
    with pytest.raises(KeyboardInterrupt):
        check(tmp_path, exchange)


def test_nothing_secret_and_no_signature_is_logged_at_any_level(
    tmp_path: Path, exchange: SimulatedBitMEX, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(1)
    for name in ("ccxt", "ccxt.base.exchange", "urllib3", "requests"):
        caplog.set_level(1, logger=name)
    check(tmp_path, exchange)
    signed = exchange.requests[0].headers["api-signature"]
    for hidden in (SECRET, SECRET[:6], KEY_ID, KEY_ID[:5], signed):
        assert hidden not in caplog.text
