"""The first half of a check: everything that the operator can get wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.client import exchange_client
from freqtrade_bitmex_guard.client.connection import ClientConnection
from freqtrade_bitmex_guard.client.exchange_client import ExchangeClient
from freqtrade_bitmex_guard.client.settings import Places
from freqtrade_bitmex_guard.config.parse import GuardState, guard_state, parse_section
from freqtrade_bitmex_guard.config.places import where_written
from freqtrade_bitmex_guard.config.section import SECTION, GuardConfig
from freqtrade_bitmex_guard.credentials import open_store
from freqtrade_bitmex_guard.credentials.access import load
from freqtrade_bitmex_guard.exchanges.interface import ExchangeAdapter
from freqtrade_bitmex_guard.model.credentials import Credentials
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.model.shape import require_shapes
from freqtrade_bitmex_guard.redaction import output
from freqtrade_bitmex_guard.redaction.opaque import opaque_dataclass
from freqtrade_bitmex_guard.redaction.sanitize import sanitize
from freqtrade_bitmex_guard.util import lazy_packages


@opaque_dataclass
class PreparedCheck:
    """All that it takes to query the exchange about a key.

    Attributes:
        adapter: the exchange.
        section: the operator's section.
        client: sends requests to the exchange; its settings and servers were checked.
        credentials: of the key to check.
    """

    adapter: ExchangeAdapter
    section: GuardConfig
    client: ExchangeClient
    credentials: Credentials


ClientBuilder = Callable[[Mapping[str, Any], ExchangeProfile, list[str], Places], ExchangeClient]
"""What does the same as `client.exchange_client.build_client`."""


def prepare(
    config: Mapping[str, Any],
    credentials: Credentials | None = None,
    build_client: ClientBuilder | None = None,
) -> PreparedCheck:
    """Read section, exchange, client settings and credentials; send nothing.

    Args:
        config: freqtrade's whole, merged config.
        credentials: a candidate to check instead of what the store has.
        build_client: to use instead of `client.exchange_client.build_client`, for many bots.

    Raises:
        GuardError: misconfigured, if one of them is wrong.
    """
    adapter, section, client = _prepare_client(config, build_client)
    if credentials is None:
        credentials = load_credentials(section, adapter.profile)
    # Whatever the source: what does not look like a key is sent to nobody, for it may be the secret.
    require_shapes(credentials, adapter.profile)
    return PreparedCheck(adapter, section, client, credentials)


def prepare_without_credentials(config: Mapping[str, Any]) -> tuple[ExchangeProfile, GuardConfig, ClientConnection]:
    """Read section, exchange and client settings of a bot whose key a signing agent holds; send nothing.

    Args:
        config: freqtrade's whole, merged config.

    Raises:
        GuardError: misconfigured, if one of them is wrong.
    """
    adapter, section, client = _prepare_client(config)
    return adapter.profile, section, client.connection


def build_public_client(config: Mapping[str, Any]) -> ExchangeClient:
    """Return a client of the config's exchange for public data, with the settings that a check uses.

    Args:
        config: freqtrade's, or the agent's.

    Raises:
        GuardError: misconfigured, if one of them is wrong.
    """
    return _prepare_client(config)[2]


def _prepare_client(
    config: Mapping[str, Any], build_client: ClientBuilder | None = None
) -> tuple[ExchangeAdapter, GuardConfig, ExchangeClient]:
    adapter = find_adapter(config)  # first: where it is not supported, no section helps
    section = read_section(config, adapter.profile)
    client = make_client(config, adapter.profile, section.allowed_hosts, build_client)
    protect_output()
    return adapter, section, client


# The steps, which `doctor` takes one by one


def find_adapter(config: Mapping[str, Any]) -> ExchangeAdapter:
    """Return the adapter of the bot's exchange.

    Raises:
        GuardError: misconfigured, if the config names none that the guard supports.
    """
    return exchanges.get_adapter(_exchange_section(config).get("name"))


def read_section(config: Mapping[str, Any], profile: ExchangeProfile) -> GuardConfig:
    """Validate the operator's section.

    Raises:
        GuardError: misconfigured, if there is none, or if something in it is wrong.
    """
    if guard_state(config) is GuardState.ABSENT:
        fail(
            "section-missing",
            "The config has no api_key_guard section, so a bot started with it is not guarded.",
            "To check the key that is in the config now: `freqtrade-bitmex-guard check --as-is -c CONFIG`. To guard "
            "the bot: `freqtrade-bitmex-guard setup -c CONFIG`, which writes the section; or add "
            '"api_key_guard": {} for a key in the system\'s keyring. docs/pages/credentials.md has the other stores.',
        )
    return parse_section(config[SECTION], profile, config.get("trading_mode"), config)


def make_client(
    config: Mapping[str, Any],
    profile: ExchangeProfile,
    allowed_hosts: list[str],
    build_client: ClientBuilder | None = None,
) -> ExchangeClient:
    """Build the client of the bot's exchange; it connects to nothing yet.

    Args:
        config: freqtrade's whole, merged config.
        profile: of the exchange.
        allowed_hosts: where requests may go.
        build_client: see `prepare`.

    Raises:
        GuardError: misconfigured, with everything that makes an answer untrustworthy.
    """
    build = build_client or exchange_client.build_client
    return build(_exchange_section(config), profile, allowed_hosts, partial(where_written, config))


def protect_output() -> None:
    """Keep secrets out of all output; call it before one is read."""
    lazy_packages.end_import_phase()
    output.install()


def load_credentials(section: GuardConfig, profile: ExchangeProfile) -> Credentials:
    """Load the bot's credentials from the store that the section names.

    Raises:
        GuardError: misconfigured, if they cannot be read, or are not what the exchange issues.
    """
    return load(open_store(section.credentials, profile.id), profile)


def exchange_label(config: Mapping[str, Any]) -> str | None:
    """Return the exchange's name as the config has it, safe to show; None if there is none."""
    exchange = config.get("exchange")
    name = exchange.get("name", "") if isinstance(exchange, dict) else ""
    return sanitize(str(name)).lower() or None


def _exchange_section(config: Mapping[str, Any]) -> Mapping[str, Any]:
    exchange = config.get("exchange")
    if not isinstance(exchange, dict):
        fail("exchange-unsupported", "The config has no exchange section.", 'Write "exchange": {"name": …}.')
    return exchange
