"""Ways around the guard that no other test tries; evidence/adversarial.md lists all of them."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.plugin import bot_hook, start_guard
from freqtrade_bitmex_guard.plugin.start_guard import StartGuard, StartRefused
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.support.factories import (
    SECRET,
    bot_config,
    key,
)
from tests.unit.client.judged_settings import HOSTS, findings_of, urls


@pytest.fixture
def guard(monkeypatch: pytest.MonkeyPatch) -> StartGuard:
    guard = StartGuard()
    monkeypatch.setattr(start_guard, "START_GUARD", guard)
    return guard


class BuiltError(BaseException):
    """A bot was built."""


def start(config: dict[str, Any], guard: StartGuard) -> None:
    """What freqtrade does with a config, up to the first thing that a bot would do."""

    def build(self: Any, config: dict[str, Any]) -> None:
        raise BuiltError

    bot_hook.wrap_init(build, guard)(object(), config)


def test_the_start_that_is_attacked_below_builds_a_bot(
    tmp_path: Path, guard: StartGuard, exchange: SimulatedBitMEX
) -> None:
    with pytest.raises(BuiltError):
        start(bot_config(tmp_path, exchange), guard)


PLACES = [
    "freqtrade_bitmex_guard.plugin.start_guard.guard_state",
    "freqtrade_bitmex_guard.plugin.start_guard.open_check",
    "freqtrade_bitmex_guard.check.prepare.guard_state",
    "freqtrade_bitmex_guard.check.prepare.parse_section",
    "freqtrade_bitmex_guard.check.local.prepare",
    "freqtrade_bitmex_guard.check.interface.CheckResult.__post_init__",
    "freqtrade_bitmex_guard.exchanges.get_adapter",
    "freqtrade_bitmex_guard.client.settings.merge_settings",
    "freqtrade_bitmex_guard.check.admission.Admission.injected",
    "freqtrade_bitmex_guard.client.connection.ClientConnection.of",
    "freqtrade_bitmex_guard.client.http.BoundedSession.request",
    "freqtrade_bitmex_guard.client.response.Response.json",
    "freqtrade_bitmex_guard.credentials.files.FileStore.load",
    "freqtrade_bitmex_guard.credentials.files.is_orchestrator_file",
    "freqtrade_bitmex_guard.redaction.output.install",
    "freqtrade_bitmex_guard.util.deadline.run_with_timeout",
    "freqtrade_bitmex_guard.exchanges.bitmex.BitMEX.read_key",
    "freqtrade_bitmex_guard.exchanges.bitmex.keys._facts",
    "freqtrade_bitmex_guard.rules.evaluate",
    "freqtrade_bitmex_guard.check.local.sort_findings",
    "freqtrade_bitmex_guard.model.verdict.Verdict.outcome",
    "freqtrade_bitmex_guard.report.text.summary_line",
    "ccxt.bitmex.__init__",
    "ccxt.bitmex.sign",
    "ccxt.bitmex.fetch",
    "ccxt.bitmex.hmac",
]


@pytest.mark.parametrize(
    "raised", [AttributeError, ImportError, SystemExit, MemoryError, RecursionError, KeyboardInterrupt, OSError]
)
@pytest.mark.parametrize("place", PLACES)
def test_an_error_anywhere_builds_no_bot(
    tmp_path: Path,
    guard: StartGuard,
    exchange: SimulatedBitMEX,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    raised: type[BaseException],
) -> None:
    called = []

    def broken(*_: Any, **__: Any) -> Any:
        called.append(place)
        raise raised(SECRET)

    config = bot_config(tmp_path, exchange, timeout_seconds=1)
    (tmp_path / "secret").chmod(0o640 if place.endswith("is_orchestrator_file") else 0o600)
    monkeypatch.setattr(place, property(broken) if place.endswith("outcome") else broken)
    with pytest.raises(KeyboardInterrupt if raised is KeyboardInterrupt else StartRefused) as refused:
        start(config, guard)
    assert called, "the attack did not reach its place"
    assert raised is KeyboardInterrupt or type(refused.value) is StartRefused
    assert guard.admission is None or place.endswith("injected")
    assert raised is KeyboardInterrupt or SECRET not in str(refused.value)
    assert not config["exchange"].get("secret")


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        ({"sandbox": True, "urls": {"test": {"public": "https://evil.example"}}}, "host-not-allowed"),
        ({"sandbox": True, "urls": {"test": "https://evil.example"}}, "client-settings"),
        ({"hostname": "evil.example", **urls("https://{hostname}")}, "host-not-allowed"),
        ({"hostname": "www.bitmex.com@evil.example", **urls("https://{hostname}")}, "client-settings"),
        ({"urls": {"api": {"private": "https://www.bitmex.com", "v2": "https://evil.example"}}}, "host-not-allowed"),
        ({"has": {"fetchBalance": False}}, "client-settings"),
        ({"api": {"private": {"get": {"apiKey": 1}}}}, "client-settings"),
        ({"requiredCredentials": {"apiKey": False}}, "client-settings"),
        ({"session": None}, "client-settings"),
        ({"nonce": 1}, "client-settings"),
        ({"__class__": "x"}, "client-settings"),
        ({"proxyUrl": "https://www.bitmex.com/"}, "proxy-relay"),
        ({"wsProxy": "http://10.0.0.1:1"}, None),
    ],
)
def test_a_setting_that_changes_server_class_or_signer_is_misconfigured(
    settings: dict[str, Any], rule: str | None
) -> None:
    found = findings_of({"name": "bitmex", "ccxt_config": settings}, HOSTS)
    assert found == (set() if rule is None else found)
    assert rule is None or rule in found


def test_no_variable_makes_an_unknown_authority_trusted(
    tmp_path: Path, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch
) -> None:
    attacker = trustme.CA()
    bundle = tmp_path / "attacker.pem"
    attacker.cert_pem.write_to_path(str(bundle))
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(bundle))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    monkeypatch.setenv("PYTHONHTTPSVERIFY", "0")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    attacker.issue_cert("127.0.0.1").configure_cert(tls)
    with SimulatedBitMEX([key()], tls=tls) as served:
        verdict = LocalCheck(bot_config(tmp_path, served)).run().verdict
        assert [finding.name for finding in verdict.findings] == ["tls-failed"]
        assert served.requests == []
    # Without the guard that is the way in: Python itself trusts it.
    context = ssl.create_default_context()
    with SimulatedBitMEX([key()], tls=tls) as served:
        host, port = served.url.removeprefix("https://").split(":")
        with socket.create_connection((host, int(port))) as plain, context.wrap_socket(plain, server_hostname=host):
            pass
