"""Thirty causes of a refusal, and what the message in a chat has to say of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from freqtrade_bitmex_guard.report.faults import Fault
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX, error

CHECK = "freqtrade-bitmex-guard check"
ROTATE = "freqtrade-bitmex-guard credentials rotate"
SHOW = "freqtrade-bitmex-guard credentials show"
AS_IS = "freqtrade-bitmex-guard check --as-is"
MIGRATE = "freqtrade-bitmex-guard credentials migrate"
CLOCK = "timedatectl set-ntp true"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row of the table.

    Attributes:
        cause: what the first line has to say.
        fault: what is at fault.
        command: how the command begins that the message names.
        prepare: brings it about, on the exchange or in the bot's config.
    """

    cause: str
    fault: Fault
    command: str
    prepare: Callable[[SimulatedBitMEX, dict[str, Any]], object]


def key(**changes: Any) -> Callable[[SimulatedBitMEX, dict[str, Any]], None]:
    """Return what changes the bot's key on the exchange."""

    def change(exchange: SimulatedBitMEX, _config: dict[str, Any]) -> None:
        for name, value in changes.items():
            setattr(exchange.keys[0], name, value)

    return change


def answer(status: int, message: str) -> Callable[[SimulatedBitMEX, dict[str, Any]], object]:
    """Return what has the exchange answer with an error."""
    return lambda exchange, _config: exchange.respond_always("/apiKey", error(status, message))


def section(**written: Any) -> Callable[[SimulatedBitMEX, dict[str, Any]], None]:
    """Return what writes into the bot's section."""
    return lambda _exchange, config: config["api_key_guard"].update(written)


def ccxt(**written: Any) -> Callable[[SimulatedBitMEX, dict[str, Any]], None]:
    """Return what writes into the settings of ccxt."""
    return lambda _exchange, config: config["exchange"]["ccxt_config"].update(written)


def in_exchange(**written: Any) -> Callable[[SimulatedBitMEX, dict[str, Any]], None]:
    """Return what writes into freqtrade's section about the exchange."""
    return lambda _exchange, config: config["exchange"].update(written)


def two_factor_off(exchange: SimulatedBitMEX, _config: dict[str, Any]) -> None:
    """Switch two-factor off."""
    exchange.account.two_factor = None


EXPIRED = "This request has expired - `expires` is in the past. Current time: 1516539999"

PROGRAMS = {"key_command": ["no-such-program"], "secret_command": ["no-such-program"]}

REFUSALS: dict[str, Refusal] = {
    "can withdraw": Refusal("permission 'withdraw'", Fault.KEY, ROTATE, key(permissions=["order", "withdraw"])),
    "can transfer": Refusal("permission 'transfer'", Fault.KEY, ROTATE, key(permissions=["order", "transfer"])),
    "cannot trade": Refusal("lacks the permission", Fault.KEY, ROTATE, key(permissions=[])),
    "no address": Refusal("no IP restriction", Fault.KEY, ROTATE, key(cidr="")),
    "all addresses": Refusal("no IP restriction", Fault.KEY, ROTATE, key(cidr="0.0.0.0/0")),
    "too many": Refusal("allows 256 IP addresses", Fault.KEY, ROTATE, key(cidr="127.0.0.0/24")),
    "outside": Refusal("allows 127.0.0.1", Fault.KEY, ROTATE, section(policy={"ip_within": ["203.0.113.0/24"]})),
    "disabled": Refusal("key is disabled", Fault.KEY, CHECK, answer(403, "This key is disabled.")),
    "two-factor": Refusal("Two-factor", Fault.ACCOUNT, CHECK, two_factor_off),
    "somebody else's": Refusal("belongs to user", Fault.KEY, CHECK, section(policy={"expected_user_id": 7})),
    "unknown": Refusal("does not know this key", Fault.KEY, SHOW, answer(401, "Invalid API Key.")),
    "signature": Refusal("signature", Fault.KEY, SHOW, answer(401, "Signature not valid.")),
    "clock": Refusal("clock is", Fault.MACHINE, CLOCK, answer(400, EXPIRED)),
    "address": Refusal("address", Fault.MACHINE, CHECK, answer(403, "This IP address is not allowed to use this key.")),
    "account": Refusal("account", Fault.ACCOUNT, CHECK, answer(403, "Your account has been disabled")),
    "sub-account": Refusal("sub-account", Fault.KEY, CHECK, answer(403, "Invalid use of subaccount API key")),
    "overloaded": Refusal("overloaded", Fault.EXCHANGE, CHECK, answer(503, "The system is currently overloaded.")),
    "maintenance": Refusal("maintenance", Fault.EXCHANGE, CHECK, answer(503, "BitMEX is down for maintenance")),
    "rate limit": Refusal("fewer requests", Fault.MACHINE, CHECK, answer(429, "Rate limit exceeded")),
    "internal": Refusal("internal error", Fault.EXCHANGE, CHECK, answer(500, "Internal error")),
    "odd error": Refusal("HTTP 418", Fault.EXCHANGE, CHECK, answer(418, "I'm a teapot")),
    "no section": Refusal(
        "no api_key_guard section", Fault.CONFIG, AS_IS, lambda _exchange, config: config.pop("api_key_guard")
    ),
    "misspelt": Refusal("polcy", Fault.CONFIG, CHECK, section(polcy={})),
    "withdraw allowed": Refusal(
        "withdraw", Fault.CONFIG, CHECK, section(policy={"allowed_permissions": ["order", "withdraw"]})
    ),
    "another exchange": Refusal("does not support", Fault.CONFIG, CHECK, in_exchange(name="poloniex")),
    "key in the config": Refusal("exchange.password", Fault.CONFIG, MIGRATE, in_exchange(password="made-up-words")),
    "another host": Refusal("127.0.0.1", Fault.CONFIG, CHECK, section(allowed_hosts=["www.bitmex.com"])),
    "verbose": Refusal("verbose", Fault.CONFIG, CHECK, ccxt(verbose=True)),
    "no file": Refusal(
        "no-such-file",
        Fault.STORE,
        CHECK,
        section(credentials={"store": "files", "key_file": "/no-such-file", "secret_file": "/no-such-file"}),
    ),
    "no program": Refusal(
        "no-such-program",
        Fault.STORE,
        CHECK,
        section(credentials={"store": "command", **PROGRAMS}),
    ),
}
