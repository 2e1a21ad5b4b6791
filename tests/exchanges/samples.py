"""Documented, recorded and constructed answers of an exchange (`data/<ccxt id>.json`)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.model.findings import Finding, GuardError
from freqtrade_bitmex_guard.model.key import KeyFacts
from tests.support.scripted_session import ScriptedSession, response


@cache
def _load(exchange: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((Path(__file__).parent / "data" / f"{exchange}.json").read_text("utf-8"))
    return content


def samples(exchange: str, endpoint: str = "") -> dict[str, Any]:
    """Return the bodies of good answers by what is noted about them, or else by their number.

    Args:
        exchange: its ccxt id.
        endpoint: how the endpoint ends, where the answers of several are listed.
    """
    listed = [sample for sample in _load(exchange)["samples"] if sample["kind"] != "error"]
    listed = [sample for sample in listed if sample["endpoint"].endswith(endpoint)]
    return {sample["note"] or f"sample {number}": sample["body"] for number, sample in enumerate(listed)}


def error_samples(exchange: str) -> dict[str, Response]:
    """Return all errors whose body is known by their names; HTTP 400 where no status is known."""
    errors = {
        error["name"]: _response(error["body"], error["status"], error.get("headers", {}))
        for error in _load(exchange)["errors"]
        if error["body"] is not None
    }
    listed = [sample for sample in _load(exchange)["samples"] if sample["kind"] == "error"]
    return errors | {f"sample {number}": _response(sample["body"], None, {}) for number, sample in enumerate(listed)}


def _response(body: Any, status: int | None, headers: dict[str, str]) -> Response:
    content = body.encode() if isinstance(body, str) else body
    return response(content, status or 400, **{name.lower().replace("-", "_"): headers[name] for name in headers})


def read_facts(exchange: str, *answers: Response, key_id: str = "") -> KeyFacts:
    """Return what an exchange's adapter reads from answers, for a key that it lists once."""
    (facts,) = exchanges.get_adapter(exchange).read_key(ScriptedSession(answers), key_id).entries
    return facts


def read_finding(exchange: str, *answers: Response, key_id: str = "") -> Finding:
    """Return the finding with which an exchange's adapter rejects answers."""
    with pytest.raises(GuardError) as raised:
        read_facts(exchange, *answers, key_id=key_id)
    (finding,) = raised.value.findings
    return finding


def granted(facts: KeyFacts) -> set[str]:
    """Return the names of the permissions of a key."""
    return {permission.name for permission in facts.permissions or ()}
