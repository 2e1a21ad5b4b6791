"""A session of which the answers come from the test, for adapters read as hostile input."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from typing import Any

from freqtrade_bitmex_guard.client.calls import ApiCall, ApiName
from freqtrade_bitmex_guard.client.response import Response


def response(content: Any, status: int = 200, **headers: str) -> Response:
    """Return an answer whose body is JSON, or the bytes given."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, named, body, time.time())


class ScriptedSession:
    """Answers requests in turn, and records them.

    Attributes:
        calls: what was asked.
        options: ccxt's, as the bot's config sets them.
        address: what belongs to the private key.
        in_sandbox: whether the test network is queried.
    """

    def __init__(self, answers: Iterable[Response]) -> None:
        self.calls: list[ApiCall] = []
        self.options: dict[str, Any] = {}
        self.address = ""
        self.in_sandbox = False
        self._answers = iter(answers)

    def request(
        self,
        path: str,
        verb: str = "GET",
        api: ApiName = "private",
        params: Mapping[str, Any] | None = None,
        *,
        signed: bool = True,
    ) -> Response:
        """Return the next answer."""
        self.calls.append(ApiCall(path, verb, api, params or {}, signed))
        return next(self._answers)

    def option(self, name: str) -> Any:
        """Return one of `options`."""
        return self.options.get(name)

    def signer_address(self) -> str:
        """Return `address`."""
        return self.address

    @property
    def paths(self) -> list[str]:
        """The paths that were asked."""
        return [call.path for call in self.calls]
