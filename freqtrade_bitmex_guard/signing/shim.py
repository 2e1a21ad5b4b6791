"""What is attached to freqtrade's ccxt clients, so that the agent signs for them.

ccxt sends everything through `fetch2`, which calls `sign`. Up to ccxt 4.5.88 both also take headers and a body, and an
API of one word is a text; from 4.5.89 on they do not, and it is a list. Either shape is taken here.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import types
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any
from weakref import WeakKeyDictionary

from freqtrade_bitmex_guard.signing.client import AgentClient, AgentUnavailableError
from freqtrade_bitmex_guard.signing.wire import WireError

_CREDENTIALS = ("apiKey", "secret", "password", "uid", "accountId", "login", "token", "twofa", "privateKey")

# Of ccxt's errors these alone are raised for the agent; whatever else it writes becomes an ExchangeError.
_ERRORS = frozenset(
    ["InvalidOrder", "PermissionDenied", "RequestTimeout", "NetworkError", "ExchangeNotAvailable", "ExchangeError"]
)
_EXTRA_SECONDS = 5.0


class RemoteSigner:
    """Attaches the agent to the ccxt clients of one bot."""

    def __init__(self, agent: AgentClient, mode: str, apis: list[list[str]], errors: Any) -> None:
        """Take what the agent says of itself.

        Args:
            agent: holds the key.
            mode: `carry` or `sign`.
            apis: what is signed, in ccxt's words; everything else is sent unsigned by the bot itself.
            errors: ccxt's module of errors.
        """
        self._agent = agent
        self._mode = mode
        self._apis = [tuple(words) for words in apis]
        self._errors = errors
        self._attached: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()
        self._standing = agent.standing
        self._executor = ThreadPoolExecutor(2, thread_name_prefix="signing-agent")

    def is_changed(self, client: Any) -> bool:
        """Return whether somebody else replaced what is about to be attached."""
        return any(name in vars(client) for name in ("sign", "fetch2", "request", "fetch"))

    def attach(self, client: Any) -> None:
        """Have the agent sign for a client.

        Args:
            client: of ccxt, of any class, with placeholders in the place of its credentials.
        """
        attributes: dict[str, Any] = {"sign": self._sign_for(client)}
        if self._mode == "carry":
            attributes["fetch2"] = self._fetch_for(client)
        for name, function in attributes.items():
            setattr(client, name, function)
        self._attached[client] = attributes

    def is_attached(self, client: Any) -> bool:
        """Return whether a client still has what was attached to it."""
        attributes = self._attached.get(client)
        return attributes is not None and all(vars(client).get(name) is value for name, value in attributes.items())

    def take_standing_change(self) -> bool:
        """Return whether the standing in the agent's replies has changed since the last call."""
        before, self._standing = self._standing, self._agent.standing
        return before != self._standing

    def _is_signed(self, api: object) -> bool:
        return _words(api) in self._apis

    def _sign_for(self, client: Any) -> Callable[..., Any]:
        kind = type(client)
        unsigned = types.MethodType(kind.sign, _WithoutCredentials(client))
        shape = inspect.signature(kind.sign)

        def sign(*arguments: Any, **options: Any) -> Any:
            call = _bound(shape, client, arguments, options)
            if not self._is_signed(call["api"]):
                return unsigned(*arguments, **options)
            if self._mode == "carry":
                raise self._errors.PermissionDenied("nothing is signed in the bot's process: the signing agent does it")
            self._refuse_extras(call)
            signed = self._ask("sign", call, client, client.timeout / 1000)["signed"]
            if not any(str(signed.get("url")).startswith(f"{server}/") for server in _servers(client)):
                raise self._errors.PermissionDenied("the signing agent signed for another server than this client's")
            return signed

        return sign

    def _fetch_for(self, client: Any) -> Callable[..., Any]:
        original = client.fetch2
        shape = inspect.signature(type(client).fetch2)

        def carried(call: Mapping[str, Any]) -> Any:
            self._refuse_extras(call)
            # The agent waits for its turn and for the exchange; a direct request would do the same.
            answer = self._ask("carry", call, client, client.timeout / 1000 + _EXTRA_SECONDS)["answer"]
            return _finish(client, answer, call, self._errors)

        def fetch2(*arguments: Any, **options: Any) -> Any:
            call = _bound(shape, client, arguments, options)
            return carried(call) if self._is_signed(call["api"]) else original(*arguments, **options)

        async def fetch2_async(*arguments: Any, **options: Any) -> Any:
            call = _bound(shape, client, arguments, options)
            if not self._is_signed(call["api"]):
                return await original(*arguments, **options)
            return await asyncio.get_running_loop().run_in_executor(self._executor, carried, call)

        return fetch2 if client.synchronous else fetch2_async

    def _refuse_extras(self, call: Mapping[str, Any]) -> None:
        if call.get("headers") is not None or call.get("body") is not None:
            raise self._errors.PermissionDenied("the signing agent takes neither headers nor a body")

    def _ask(self, operation: str, call: Mapping[str, Any], client: Any, seconds: float) -> dict[str, Any]:
        message = {"api": list(_words(call["api"])), "verb": call["method"], "path": call["path"]}
        try:
            reply = self._agent.call(operation, {**message, "params": dict(call["params"] or {})}, seconds)
        except AgentUnavailableError as problem:
            kind = self._errors.RequestTimeout if problem.was_sent else self._errors.ExchangeNotAvailable
            raise kind(f"{client.id} agent-unavailable: {problem}") from None
        except (WireError, TypeError, ValueError) as problem:
            raise self._errors.ExchangeError(f"{client.id} signing agent: {problem}") from None
        error = reply.get("error")
        if isinstance(error, Mapping):
            name = error.get("name") if error.get("name") in _ERRORS else "ExchangeError"
            raise getattr(self._errors, str(name))(f"{client.id} {error.get('text')}")
        if not isinstance(reply.get({"carry": "answer", "sign": "signed"}[operation]), Mapping):
            raise self._errors.ExchangeError(f"{client.id} signing agent: the reply is not one")
        return reply


class _WithoutCredentials:
    """A client as it would be without a key: what is signed through it is not signed at all, or fails."""

    def __init__(self, client: Any) -> None:
        object.__setattr__(self, "_client", client)

    def __getattr__(self, name: str) -> Any:
        if name in _CREDENTIALS:
            return None
        value = getattr(self._client, name)
        function = getattr(value, "__func__", None)
        return value if function is None else types.MethodType(function, self)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._client, name, value)


def _servers(client: Any) -> list[str]:
    """Return the URLs of a client's APIs."""
    todo, found = [client.urls.get("api")], []
    while todo:
        value = todo.pop()
        if isinstance(value, Mapping):
            todo += value.values()
        elif isinstance(value, str):
            found.append(str(client.implode_hostname(value)).rstrip("/"))
    return found


def _words(api: object) -> tuple[str, ...]:
    return (api,) if isinstance(api, str) else tuple(map(str, api)) if isinstance(api, list | tuple) else ()


def _bound(
    shape: inspect.Signature, client: Any, arguments: tuple[Any, ...], options: Mapping[str, Any]
) -> dict[str, Any]:
    bound = shape.bind(client, *arguments, **options)
    bound.apply_defaults()
    return dict(bound.arguments)


def _finish(client: Any, answer: Mapping[str, Any], call: Mapping[str, Any], errors: Any) -> Any:
    """Do with the exchange's answer what ccxt's `fetch` does with it, so that its errors are freqtrade's."""
    status, headers, text = answer["status"], dict(answer["headers"]), answer["body"]
    url, verb = f"{client.id}/{call['path']}", call["method"]
    reason = ""
    with contextlib.suppress(ValueError):
        reason = HTTPStatus(status).phrase
    text = client.on_rest_response(status, reason, url, verb, headers, text, {}, None)
    content = client.parse_json(text)
    client.last_http_response = text
    client.last_json_response = content
    client.last_response_headers = headers
    is_handled = client.handle_errors(status, reason, url, verb, headers, text, content, {}, None)
    if status >= HTTPStatus.BAD_REQUEST:
        if not (is_handled and client.synchronous):
            client.handle_http_status_code(status, reason, url, verb, text)
        if client.synchronous:
            raise errors.ExchangeError(f"{client.id} {verb} {call['path']}")
    return text if content is None else content
