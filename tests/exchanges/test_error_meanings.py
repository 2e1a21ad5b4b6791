"""Errors whose finding or fix depends on more than their code: the site that the bot uses, the status, the text."""

from __future__ import annotations

from typing import Any

import pytest

from freqtrade_bitmex_guard.exchanges import get_adapter
from tests.exchanges.samples import error_samples, read_finding
from tests.support.scripted_session import response

SITES = {"myokx": "okx", "okxus": "okx", "bybiteu": "bybit"}


@pytest.mark.parametrize(("site", "exchange"), SITES.items())
def test_no_error_sends_to_the_page_of_another_site(site: str, exchange: str) -> None:
    own, other = (get_adapter(name).profile.page.location for name in (site, exchange))

    fixes = [read_finding(site, answer).fix for answer in error_samples(exchange).values()]

    assert not any(other in fix for fix in fixes)
    assert any(own in fix for fix in fixes)


@pytest.mark.parametrize(
    ("exchange", "status", "body", "finding"),
    [
        ("bybit", 403, {"retCode": 10010, "retMsg": "Unmatched IP"}, "address-not-allowed"),
        ("bybit", 403, {"retCode": 10003, "retMsg": "API key is invalid."}, "key-unknown"),
        ("bybit", 403, {"retCode": 10099, "retMsg": ""}, "address-banned"),
        ("deribit", 400, {"error": {"code": 10001, "message": "invalid_credentials"}}, "key-unknown"),
        ("deribit", 400, {"error": {"code": 10001, "message": "error"}}, "exchange-error"),
    ],
    ids=str,
)
def test_a_code_with_two_meanings_is_read_with_what_is_beside_it(
    exchange: str, status: int, body: dict[str, Any], finding: str
) -> None:
    assert read_finding(exchange, response(body, status)).name == finding
