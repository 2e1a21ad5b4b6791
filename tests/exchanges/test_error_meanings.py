"""The sites of one exchange for several places: a fix names the page of the site that the bot uses."""

from __future__ import annotations

import pytest

from freqtrade_bitmex_guard.exchanges import get_adapter
from tests.exchanges.samples import error_samples, read_finding

SITES = {"myokx": "okx", "okxus": "okx", "bybiteu": "bybit"}


@pytest.mark.parametrize(("site", "exchange"), SITES.items())
def test_no_error_sends_to_the_page_of_another_site(site: str, exchange: str) -> None:
    own, other = (get_adapter(name).profile.page.location for name in (site, exchange))

    fixes = [read_finding(site, answer).fix for answer in error_samples(exchange).values()]

    assert not any(other in fix for fix in fixes)
    assert any(own in fix for fix in fixes)
