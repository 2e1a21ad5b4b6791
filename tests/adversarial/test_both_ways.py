"""Attacks that send a bot's signed requests elsewhere, each tried twice with real freqtrade.

First without the guard, where the attack has to succeed: one that does not work shows nothing. Then with the guard,
where no bot starts and no signed request leaves the machine.
"""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme

from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from freqtrade_bitmex_guard.simulator.bot import DemoBot
from freqtrade_bitmex_guard.simulator.responses import Response
from tests.support import captured_output
from tests.support.factories import KEY_ID, allow_secrets_in, credentials_in_config, key, other_key, wait_until

pytestmark = pytest.mark.slow
ANOTHER = other_key()
LONGEST_SECONDS = 30


@dataclass
class Scene:
    """One bot, its exchange, an attacker's servers, and what the attacker adds to the start.

    Attributes:
        attacker: a server that plays the exchange.
        impostor: another one, with an untrusted certificate.
        second: a second `-c` file.
        variables: of the process.
        printed: what freqtrade alone prints.
    """

    bot: DemoBot
    exchange: SimulatedBitMEX
    attacker: SimulatedBitMEX
    impostor: SimulatedBitMEX
    second: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    printed: Callable[[], str] = str

    @property
    def elsewhere(self) -> str:
        """The attacker's address, by a name that is not an allowed host."""
        return self.attacker.url.replace("127.0.0.1", "localhost")

    def client(self, settings: dict[str, Any], block: str = "ccxt_config") -> None:
        self.second = {"exchange": {block: settings}}

    def start(self, python: Path) -> Any:
        path = self.bot.folder / "second.json"
        allow_secrets_in(path)
        path.write_text(json.dumps(self.second))
        return self.bot.trade("-c", str(path), python=str(python), extra=self.variables)


@pytest.fixture
def scene(bot: DemoBot, exchange: SimulatedBitMEX) -> Iterator[Scene]:
    exchange.keys.append(ANOTHER)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with SimulatedBitMEX([key()]) as attacker, SimulatedBitMEX([key()], tls=context) as impostor:
        yield Scene(bot, exchange, attacker, impostor)


def the_attacker_sees_the_key(scene: Scene) -> bool:
    return any(request.key == KEY_ID for request in (*scene.attacker.requests, *scene.impostor.requests))


def another_key_signs(scene: Scene) -> bool:
    return any(request.key == ANOTHER.id for request in scene.exchange.requests)


def a_signature_is_good_for_a_year(scene: Scene) -> bool:
    year = time.time() + 365 * 24 * 3600
    return any(float(request.headers.get("api-expires", 0)) >= year for request in scene.exchange.requests)


def signatures_are_printed(scene: Scene) -> bool:
    printed = scene.printed()
    return any(request.headers.get("api-signature", KEY_ID) in printed for request in scene.exchange.requests)


def the_bot_asks_for_its_balance(scene: Scene) -> bool:
    return any((request.path, request.status) == ("/user/margin", 200) for request in scene.exchange.requests)


def a_key_that_can_withdraw(scene: Scene) -> None:
    scene.exchange.keys[0] = key(permissions=["order", "withdraw"])


def another_key_in_a_second_file(scene: Scene) -> None:
    scene.second = {"exchange": {"key": ANOTHER.id, "secret": ANOTHER.secret}}


def another_key_in_variables(scene: Scene) -> None:
    scene.variables = {"FREQTRADE__EXCHANGE__KEY": ANOTHER.id, "FREQTRADE__EXCHANGE__SECRET": ANOTHER.secret}


def another_key_for_ccxt(scene: Scene) -> None:
    scene.client({"apiKey": ANOTHER.id, "secret": ANOTHER.secret}, "ccxt_sync_config")


def another_server(scene: Scene) -> None:
    scene.client({"urls": {"api": {"public": scene.elsewhere, "private": scene.elsewhere}}})


def another_server_in_an_included_file(scene: Scene) -> None:
    another_server(scene)
    (scene.bot.folder / "included.json").write_text(json.dumps(scene.second))
    scene.second = {"add_config_files": ["included.json"]}


def another_server_for_one_client(scene: Scene) -> None:
    scene.client(scene.attacker.ccxt_config(), "ccxt_async_config")


def another_server_as_the_sandbox(scene: Scene) -> None:
    urls = {"public": scene.elsewhere, "private": scene.elsewhere}
    scene.client({"sandbox": True, "urls": {"test": urls}})


def a_proxy_for_one_client(scene: Scene) -> None:
    scene.client({"httpProxy": scene.attacker.url}, "ccxt_async_config")


def a_certificate_that_nobody_vouches_for(scene: Scene) -> None:
    scene.client({**scene.impostor.ccxt_config(), "verify": False})


def the_same_by_another_setting(scene: Scene) -> None:
    scene.client({**scene.impostor.ccxt_config(), "ssl_context": False}, "ccxt_async_config")


def a_redirect(scene: Scene) -> None:
    for path in ("/apiKey", "/user/margin"):
        scene.exchange.respond_always(path, Response(307, b"", {"Location": f"{scene.elsewhere}/api/v1{path}"}))


def signatures_that_do_not_expire(scene: Scene) -> None:
    scene.client({"options": {"recvWindow": 400 * 24 * 3600 * 1000}})


def a_client_that_prints_what_it_sends(scene: Scene) -> None:
    scene.client({"verbose": True})


ATTACKS: list[tuple[Callable[[Scene], None], Callable[[Scene], bool], str]] = [
    (a_key_that_can_withdraw, the_bot_asks_for_its_balance, "withdraw-permission"),
    (another_key_in_a_second_file, another_key_signs, "credentials-in-config"),
    (another_key_in_variables, another_key_signs, "credentials-in-config"),
    (another_key_for_ccxt, another_key_signs, "credentials-in-config"),
    (another_server, the_attacker_sees_the_key, "host-not-allowed"),
    (another_server_in_an_included_file, the_attacker_sees_the_key, "host-not-allowed"),
    (another_server_for_one_client, the_attacker_sees_the_key, "endpoint-mismatch"),
    (another_server_as_the_sandbox, the_attacker_sees_the_key, "host-not-allowed"),
    (a_proxy_for_one_client, the_attacker_sees_the_key, "proxy-mismatch"),
    (a_certificate_that_nobody_vouches_for, the_attacker_sees_the_key, "tls-not-verified"),
    (the_same_by_another_setting, the_attacker_sees_the_key, "client-settings"),
    (a_redirect, the_attacker_sees_the_key, "redirected"),
    (signatures_that_do_not_expire, a_signature_is_good_for_a_year, "client-settings"),
    (a_client_that_prints_what_it_sends, signatures_are_printed, "verbose-client"),
]


@pytest.mark.parametrize(("attack", "gets_by", "rule"), ATTACKS, ids=[attack.__name__ for attack, _, _ in ATTACKS])
def test_what_gets_by_freqtrade_alone_does_not_get_by_the_guard(
    scene: Scene,
    environment: Callable[[str], Path],
    attack: Callable[[Scene], None],
    gets_by: Callable[[Scene], bool],
    rule: str,
) -> None:
    attack(scene)
    guarded = dict(scene.bot.config["exchange"])
    section = scene.bot.config.pop("api_key_guard")
    credentials_in_config(scene.bot)
    unguarded = scene.start(environment("no pth"))
    scene.printed = lambda: unguarded.output
    wait_until(lambda: gets_by(scene), LONGEST_SECONDS)
    unguarded.kill()
    unguarded.wait()
    captured_output.discard()  # freqtrade alone logs its client's settings with the key
    assert gets_by(scene), "it does not work without the guard, so it shows nothing"

    scene.printed = lambda: process.output
    scene.exchange.requests.clear()
    scene.attacker.requests.clear()
    scene.impostor.requests.clear()
    scene.bot.config |= {"exchange": guarded, "api_key_guard": section}
    process = scene.start(environment("wheel"))
    assert process.wait() == 2, process.output
    assert f"[error] {rule}:" in process.output
    assert "to: RUNNING" not in process.output
    assert scene.attacker.requests == scene.impostor.requests == []
    assert not gets_by(scene)
    assert {request.path for request in scene.exchange.requests} <= {"/apiKey"}
