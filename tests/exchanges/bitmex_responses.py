"""Responses of BitMEX, and what its adapter makes of them."""

from __future__ import annotations

from typing import Any

import pytest

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.model.findings import Finding, GuardError
from freqtrade_bitmex_guard.model.key import KeyFacts
from tests.support.factories import KEY_ID
from tests.support.scripted_session import ScriptedSession

VENUE = exchanges.get_adapter("bitmex")


GOOD = {"id": KEY_ID, "name": "bot", "permissions": ["order"], "cidr": "203.0.113.7/32", "enabled": True}


def message(text: str) -> dict[str, Any]:
    return {"error": {"message": text, "name": "HTTPError"}}


def facts(*answers: Response) -> tuple[KeyFacts, ...]:
    return VENUE.read_key(ScriptedSession(answers), KEY_ID).entries


def entry(**changed: Any) -> dict[str, Any]:
    return {name: value for name, value in {**GOOD, **changed}.items() if value is not ...}


def finding(*answers: Response) -> Finding:
    with pytest.raises(GuardError) as stopped:
        facts(*answers)
    (found,) = stopped.value.findings
    return found
