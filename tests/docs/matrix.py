"""The tables of what each exchange reports, from profiles, adapters and freqtrade's own classes."""

from __future__ import annotations

from pathlib import Path

import freqtrade.exchange
from freqtrade.exchange import Exchange

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.exchanges.interface import ExchangeAdapter
from freqtrade_bitmex_guard.model.credentials import CredentialField
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from tests.docs.markdown import Row, table

PAGES = Path(__file__).parents[2] / "docs" / "pages" / "exchanges"
HEAD = ("exchange", "spot", "futures", "credentials", "permissions", "allowed IPs", "expiry", "other keys")
QUERIES = {
    "two-factor": "read_two_factor",
    "withdrawal addresses": "read_withdrawal_addresses",
    "events": "read_events",
}


def exchange_table(link: str) -> str:
    """Return what each exchange reports of a key, as a table; those of one page that report the same are one row.

    Args:
        link: the way from the page to the folder of exchanges.
    """
    groups: dict[Row, list[str]] = {}
    for name in exchanges.supported_ids():
        groups.setdefault((page_of(name), *_cells(exchanges.get_adapter(name).profile)), []).append(name)
    return table(
        HEAD,
        [
            (_label(page, names, link), _in_mode("spot", names), _in_mode("futures", names), *cells)
            for (page, *cells), names in groups.items()
        ],
    )


def account_table() -> str:
    """Return what some exchanges report of the account, too, as a table."""
    rows = []
    for name in exchanges.supported_ids():
        adapter = exchanges.get_adapter(name)
        reported = [getattr(type(adapter), query) is not getattr(ExchangeAdapter, query) for query in QUERIES.values()]
        if any(reported):
            cells = ("yes" if one else "not reported" for one in reported)
            rows.append((_label(page_of(name), [name], ""), *cells))
    return table(("exchange", *QUERIES), rows)


def page_of(exchange: str) -> str:
    """Return the name of an exchange's page; a regional twin is on the page of the exchange that it is derived from."""
    if exchanges.get_adapter(exchange).profile.cannot_report:
        return "unverifiable"
    modules = [kind.__module__.rpartition("exchanges.")[2] for kind in type(exchanges.get_adapter(exchange)).__mro__]
    return next(name for name in modules if (PAGES / f"{name}.md").exists())


def trading_modes(exchange: str) -> set[str]:
    """Return the trading modes that freqtrade has for an exchange; without a class of its own that is spot."""
    by_name = {name.lower(): kind for name, kind in vars(freqtrade.exchange).items() if isinstance(kind, type)}
    kind = by_name.get(exchange, Exchange)
    return {str(mode) for mode, _ in kind._supported_trading_mode_margin_pairs}


def _cells(profile: ExchangeProfile) -> Row:
    return (
        ", ".join(map(_credential, profile.credentials)),
        "no" if "permissions" in profile.cannot_report else "yes",
        _allowed_ips(profile),
        "yes" if profile.reports_expiry else "not reported",
        "yes" if profile.reports_siblings else "not reported",
    )


def _in_mode(mode: str, names: list[str]) -> str:
    """Return which of some exchanges freqtrade has in a trading mode: "yes" is all of them."""
    having = [name for name in names if mode in trading_modes(name)]
    return "yes" if having == names else ", ".join(f"`{name}`" for name in having) or "no"


def _credential(field: CredentialField) -> str:
    return f"`{field.name}`{' (or PEM)' if field.multiline else ''}"


def _allowed_ips(profile: ExchangeProfile) -> str:
    if "ip-restriction" in profile.cannot_report:
        return "no"
    if not profile.page.ip_field:
        return "no such limit"
    return "only whether restricted" if profile.hides_ip_list else "yes"


def _label(page: str, names: list[str], link: str) -> str:
    profiles = {name: exchanges.get_adapter(name).profile for name in names}
    titles = ", ".join(dict.fromkeys(profile.title for profile in profiles.values()))
    ids = [
        f"`{name}`" + (f" up to ccxt {profile.last_ccxt}" if profile.last_ccxt else "")
        for name, profile in profiles.items()
    ]
    return f"[{titles}]({link}{page}.md)" + ("" if ids == [f"`{page}`"] else f" ({', '.join(ids)})")
