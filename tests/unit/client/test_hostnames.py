"""An exchange whose URLs leave the host open: every host that ccxt may put in is judged."""

from __future__ import annotations

from typing import Any

import pytest

from freqtrade_bitmex_guard.client import exchange_client
from freqtrade_bitmex_guard.exchanges import get_adapter
from freqtrade_bitmex_guard.model.findings import GuardError

PROFILE = get_adapter("htx").profile


def findings_of(**settings: Any) -> set[str]:
    try:
        exchange_client.build_client({"name": "htx", **settings}, PROFILE, list(PROFILE.hosts))
    except GuardError as stopped:
        return {finding.name for finding in stopped.findings}
    return set()


def hostnames(**hosts: Any) -> dict[str, Any]:
    return {"urls": {"hostnames": hosts}}


def test_both_of_its_hosts_are_known() -> None:
    assert exchange_client.request_hosts({"name": "htx"}, PROFILE) == ["api.hbdm.vn", "api.huobi.pro"]


@pytest.mark.parametrize("block", ["ccxt_config", "ccxt_sync_config", "ccxt_async_config"])
@pytest.mark.parametrize("part", ["spot", "contract", "status"])
def test_a_strange_host_in_any_part_is_misconfigured(part: str, block: str) -> None:
    assert "host-not-allowed" in findings_of(**{block: hostnames(**{part: "api.example.org"})})


@pytest.mark.parametrize("odd", [7, None, ["api.huobi.pro"], "api.huobi.pro@example.org", "{hostname}", ""], ids=repr)
def test_a_host_that_is_no_plain_name_is_misconfigured(odd: Any) -> None:
    assert findings_of(ccxt_config=hostnames(spot=odd)) & {"client-settings", "host-not-allowed"}


def test_the_other_client_must_use_the_same_host() -> None:
    assert findings_of(ccxt_async_config=hostnames(spot="api-aws.huobi.pro")) == {"endpoint-mismatch"}
    exchanged = hostnames(spot="api.hbdm.vn", contract="api.huobi.pro")
    assert findings_of(ccxt_async_config=exchanged) == {"endpoint-mismatch"}


def test_the_host_of_only_one_part_is_a_mismatch() -> None:
    assert findings_of(ccxt_config=hostnames(spot="api-aws.huobi.pro")) == {"endpoint-mismatch"}
