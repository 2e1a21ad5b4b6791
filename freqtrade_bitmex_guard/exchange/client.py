"""The one ccxt client that asks, and the comparison with those that freqtrade builds afterwards."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from freqtrade_bitmex_guard import lean
from freqtrade_bitmex_guard.credentials.secret import Credentials
from freqtrade_bitmex_guard.exchange import settings
from freqtrade_bitmex_guard.exchange.conversation import Conversation
from freqtrade_bitmex_guard.exchange.route import Route, differences, objections
from freqtrade_bitmex_guard.exchange.transport import MOST_BYTES, MOST_BYTES_OF_SEVERAL, BoundedSession
from freqtrade_bitmex_guard.findings import Finding, Stopped, error, stop
from freqtrade_bitmex_guard.sealed import record, sealed
from freqtrade_bitmex_guard.terms import Terms

_OTHER_CREDENTIALS = ("password", "uid", "accountId", "login", "privateKey", "walletAddress", "token", "twofa")


class _Silent(logging.Logger):
    """ccxt's logger holds key id, signature and body at DEBUG; ours says nothing, whatever level is set."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: ARG002, N802
        return False


SILENT = _Silent("freqtrade_bitmex_guard.ccxt")


@sealed
class Line:
    """A client that is fit to ask, without credentials yet.

    Attributes:
        route: how it gets to the exchange.
    """

    def __init__(self, terms: Terms, given: Mapping[str, Any], most_bytes: int = MOST_BYTES) -> None:
        """Make the client.

        Args:
            terms: the exchange's words.
            given: ccxt's settings for it, judged already.
            most_bytes: how large an answer may be.

        Raises:
            Stopped: misconfigured, if ccxt cannot work with them.
        """
        self._terms = terms
        self._given = given
        self._client = _client(terms, given)
        self.route = Route.of(self._client, asynchronous=False)
        self._session = BoundedSession(self.route.servers, most_bytes)
        self._client.session = self._session
        self._client.logger = SILENT
        self._client.enableRateLimit = False  # it would sleep beyond the bound; our few requests need no throttle

    @property
    def in_sandbox(self) -> bool:
        """Whether it talks to the exchange's test network."""
        return bool(self._client.isSandboxModeEnabled)

    @property
    def one_request_seconds(self) -> float:
        """How long one request may take, by ccxt's own setting, which is in milliseconds.

        Raises:
            Stopped: misconfigured, if that is not a number.
        """
        told = self._client.timeout
        if isinstance(told, bool) or not isinstance(told, int | float) or not 0 < told < 1e9:
            stop(
                "client-settings",
                "exchange.ccxt_config.timeout is not a number of milliseconds.",
                'Write "timeout": 10000.',
            )
        return told / 1000

    def twin(self) -> Line:
        """Another client like this one, to ask something at the same time; for shorter answers."""
        return Line(self._terms, self._given, MOST_BYTES_OF_SEVERAL)

    def conversation(self, credentials: Credentials, seconds: float, *, patient: bool = True) -> Conversation:
        """Hand the client its credentials and start to talk.

        Args:
            credentials: the key to ask about, which signs.
            seconds: bounds all talk together.
            patient: whether to ask again what failed for a passing cause.
        """
        self._client.apiKey = credentials.key.reveal()
        self._client.secret = credentials.secret.reveal()
        return Conversation(self._client, self._session, self._terms, seconds, patient=patient)


def build(exchange: Mapping[str, Any], terms: Terms, allowed_hosts: list[str]) -> Line:
    """A ccxt client with the settings that freqtrade will use.

    Args:
        exchange: freqtrade's `exchange` section.
        terms: the exchange's words.
        allowed_hosts: hosts that may be asked.

    Raises:
        Stopped: misconfigured, with everything that makes an answer untrustworthy.
    """
    unfit = [*settings.malformed(exchange), *settings.credentials_in(exchange)]
    if unfit:
        raise Stopped(*unfit)
    line = Line(terms, settings.merged(exchange, "ccxt_sync_config"))
    other = Route.of(_client(terms, settings.merged(exchange, "ccxt_async_config")), asynchronous=True)
    found = [
        *_several(line, terms),
        *objections(line.route, allowed_hosts, terms),
        *objections(other, allowed_hosts, terms),
        *differences(other, line.route),
    ]
    if found:
        raise Stopped(*dict.fromkeys(found))
    _ = line.one_request_seconds  # a check, too
    return line


def hosts(exchange: Mapping[str, Any], terms: Terms) -> list[str]:
    """The hosts that signed requests would go to, whether they are allowed or not.

    Args:
        exchange: freqtrade's `exchange` section.
        terms: the exchange's words.

    Raises:
        Stopped: misconfigured, if ccxt makes no client of it.
    """
    unfit = list(settings.malformed(exchange))
    if unfit:
        raise Stopped(*unfit)
    return sorted({server.host for server in Line(terms, settings.merged(exchange, "ccxt_sync_config")).route.servers})


def _several(line: Line, terms: Terms) -> Iterator[Finding]:
    route = line.route
    if len(route.servers) <= 1:
        return
    shipped = Route.of(_client(terms, {"sandbox": line.in_sandbox}), asynchronous=False)
    if route.places != shipped.places:
        yield error(
            "origins-differ",
            "Only some of the API's addresses were changed, so signed requests would go to several servers, of which "
            "only one would be asked about the key.",
            "In exchange.ccxt_config.urls.api write the same server for every one: public, private …",
        )


def ccxt_class(terms: Terms) -> Any:
    """The exchange's class in the installed ccxt.

    Raises:
        Stopped: misconfigured, with the version to install, if there is none.
    """
    if (alone := lean.part("ccxt", terms.exchange)) is not None:
        return alone
    import ccxt  # noqa: PLC0415 - half a second and 70 MB: only when a key is really checked

    kind = getattr(ccxt, terms.exchange, None)
    if terms.exchange not in ccxt.exchanges or kind is None:
        last = terms.last_ccxt
        stop(
            "ccxt-class-missing",
            f"The installed ccxt {ccxt.__version__} has no {terms.exchange}"
            + (f"; {last} was the last version that had it." if last else "."),
            f"In the bot's own environment: pip install 'ccxt=={last}'" if last else "Install a ccxt that has it.",
        )
    return kind


def _client(terms: Terms, given: Mapping[str, Any]) -> Any:
    kind = ccxt_class(terms)
    try:
        return kind(dict(given))
    except Exception as problem:
        stop(
            "client-settings",
            f"ccxt cannot work with the settings given ({type(problem).__name__}).",
            "Check exchange.ccxt_config, ccxt_sync_config and ccxt_async_config.",
        )


def can_sign(client: Any) -> bool:
    """Whether a ccxt client holds anything that it could sign a request with."""
    names = ("apiKey", "secret", *_OTHER_CREDENTIALS)
    return any(getattr(client, name, None) for name in names) or any(settings.signed_headers(vars(client)))


@record
class Proven:
    """What was shown to be fine: this key, by this route."""

    credentials: Credentials
    route: Route
    terms: Terms
    allowed_hosts: tuple[str, ...]

    def objections(self, client: Any, *, asynchronous: bool) -> Iterator[Finding]:
        """Everything in which a client that freqtrade built differs from what was proven.

        Args:
            client: just built, before its first request.
            asynchronous: whether it is one of ccxt's asynchronous classes.
        """
        changed = [
            name
            for name, expected in (("apiKey", self.credentials.key), ("secret", self.credentials.secret))
            if not expected.matches(getattr(client, name, None))
        ]
        changed += [name for name in _OTHER_CREDENTIALS if getattr(client, name, None)]
        changed += [*settings.signed_headers(vars(client)), *settings.odd_headers(vars(client))]
        for name in changed:
            yield error(
                "client-changed",
                f"freqtrade built a client whose {name} is not what was checked.",
                "Look for what sets it: a second -c file, a FREQTRADE__EXCHANGE__… variable, or a strategy's code.",
            )
        route = Route.of(client, asynchronous=asynchronous)
        yield from objections(route, list(self.allowed_hosts), self.terms)
        yield from differences(route, self.route)
