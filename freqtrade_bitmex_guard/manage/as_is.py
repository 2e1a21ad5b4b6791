"""Checks the key that freqtrade would take from the config as it is now: no section is needed, nothing is stored."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.client import settings
from freqtrade_bitmex_guard.client.exchange_client import request_hosts
from freqtrade_bitmex_guard.config.edit import find_line
from freqtrade_bitmex_guard.config.files import read_config
from freqtrade_bitmex_guard.config.parse import GuardState, guard_state
from freqtrade_bitmex_guard.config.places import where_written
from freqtrade_bitmex_guard.config.section import SECTION
from freqtrade_bitmex_guard.model.credentials import (
    CredentialField,
    Credentials,
    parse_credential,
    register_for_redaction,
)
from freqtrade_bitmex_guard.model.findings import Finding, GuardError, fail, warning
from freqtrade_bitmex_guard.model.profile import HOW_TO_STORE, ExchangeProfile
from freqtrade_bitmex_guard.model.verdict import Verdict, sort_findings
from freqtrade_bitmex_guard.redaction import output
from freqtrade_bitmex_guard.redaction.opaque import same_text

NOT_GUARDED = "This bot is not guarded: its config has no api_key_guard section."
SECTION_LEFT_ASIDE = "The section api_key_guard was left aside: this is about the key in the config, by default policy."
_AS_IS = "freqtrade-bitmex-guard check --as-is -c CONFIG"
_SETUP = "freqtrade-bitmex-guard setup -c CONFIG"
_STORE_THE_NEW_KEY = (
    f"Take the old one out of the config, store the new one with `{_SETUP}`, and delete the old one last."
)
_OF_THE_LABEL = ("bot_name", "config_files", "add_config_files")
_CLIENT_BLOCKS = ("ccxt_sync_config", "ccxt_async_config")

# freqtrade/exchange/exchange.py, `_init_ccxt`: the first of these names that is there is taken, even if it is empty.
_FREQTRADE_NAMES = {
    "key": ("api_key", "apiKey", "key"),
    "secret": ("secret",),
    "password": ("password",),
    "wallet_address": ("wallet_address", "walletAddress"),
    "private_key": ("private_key", "privateKey"),
}


def check_as_is(files: Sequence[str], more_hosts: Sequence[str] = ()) -> tuple[str, Verdict]:
    """Check the key in the config by the exchange's default policy and hosts.

    Args:
        files: the bot's config files, as freqtrade takes them.
        more_hosts: hosts that requests may go to besides the exchange's own.

    Returns:
        Whether the bot is guarded, as a sentence, and the verdict on the key, with a warning that names the place of
        the plain text.

    Raises:
        GuardError: misconfigured, if the config has no key, or cannot be read.
    """
    config = read_config(list(files))
    exchange = config.get("exchange")
    profile = exchanges.get_adapter(exchange.get("name") if isinstance(exchange, dict) else None).profile
    assert isinstance(exchange, dict)  # noqa: S101 - get_adapter fails on anything else
    output.install()
    credentials, places = _read_credentials(config, exchange, profile)
    hosts = [*profile.hosts, *more_hosts]
    bare = {
        **{name: config[name] for name in _OF_THE_LABEL if name in config},
        "exchange": settings.without_credentials(exchange),
        "trading_mode": config.get("trading_mode"),
        SECTION: {"allowed_hosts": hosts},
    }
    verdict = LocalCheck(bare, credentials).run().verdict
    warnings = [_plain_text(profile, places)]
    guarded = SECTION_LEFT_ASIDE if _has_section(config) else NOT_GUARDED
    if guarded == NOT_GUARDED:
        warnings.append(_no_section())
    again = " ".join(
        [_AS_IS, *(f"--allow-host {shlex.quote(host)}" for host in _unknown_hosts(exchange, profile, hosts))]
    )
    findings = (_fix_as_is(finding, again) for finding in (*verdict.findings, *warnings))
    return guarded, replace(
        verdict,
        findings=sort_findings(tuple(findings)),
        store=f"plain text: {', '.join(places)}",
        again=_SETUP if verdict.admitted else again,
    )


def _unknown_hosts(exchange: Mapping[str, Any], profile: ExchangeProfile, known: Sequence[str]) -> list[str]:
    with suppress(GuardError):  # the verdict says so already
        return [host for host in request_hosts(exchange, profile) if host not in known]
    return []


def _fix_as_is(finding: Finding, again: str) -> Finding:
    """Return a finding whose fix needs no section and no stored key."""
    fix = finding.fix.replace(HOW_TO_STORE, _STORE_THE_NEW_KEY)
    if finding.name == "host-not-allowed":
        fix = fix.replace("add the host to allowed_hosts", f"allow it: `{again}`")
    return replace(finding, fix=fix)


def _read_credentials(
    config: Mapping[str, Any], exchange: Mapping[str, Any], profile: ExchangeProfile
) -> tuple[Credentials, list[str]]:
    """Return what freqtrade's clients would sign with, and where it was written."""
    parts, places, missing = {}, [], []
    for field in profile.credentials:
        found = _value_for_freqtrade(exchange, field)
        if found is None:
            missing.append(field.label)
            continue
        path, value = found
        register_for_redaction(value, field)
        place = where_written(config, ("exchange", *path), find_line)
        places.append(f"exchange.{'.'.join(path)}" + (f" ({place})" if place else ""))
        parts[field] = parse_credential(value, field, places[-1])
    if missing:
        fail(
            "credentials-missing",
            f"The config and its variables have no {' and no '.join(missing)} for {profile.title}.",
            f"For a key that is in a store: `freqtrade-bitmex-guard check -c CONFIG`. For a new one: `{_SETUP}`.",
        )
    return Credentials(parts), places


def _value_for_freqtrade(exchange: Mapping[str, Any], field: CredentialField) -> tuple[tuple[str, ...], str] | None:
    """Return the path and the value that freqtrade would hand to its clients (`Exchange._init_ccxt`).

    Raises:
        GuardError: misconfigured, if its two clients would get different ones.
    """
    found: list[tuple[tuple[str, ...], str]] = []
    for block in _CLIENT_BLOCKS:
        value = settings.merge_settings(exchange, block).get(field.ccxt_name)
        if value:
            own = exchange.get(block)
            name = block if isinstance(own, Mapping) and own.get(field.ccxt_name) else "ccxt_config"
            found.append(((name, field.ccxt_name), str(value)))
        else:
            spelled = next((name for name in _FREQTRADE_NAMES[field.name] if name in exchange), None)
            if spelled is not None and exchange[spelled]:
                found.append(((spelled,), str(exchange[spelled])))
    if not found:
        return None
    if len(found) < len(_CLIENT_BLOCKS) or not same_text(found[0][1], found[1][1]):
        fail(
            "credentials-conflict",
            f"freqtrade's two clients would get different values as {field.label}.",
            "Write it once, at the top of the exchange section.",
        )
    return found[0]


def _has_section(config: Mapping[str, Any]) -> bool:
    try:
        return guard_state(config) is not GuardState.ABSENT
    except GuardError:  # almost a section guards nothing
        return False


def _plain_text(profile: ExchangeProfile, places: Sequence[str]) -> Finding:
    return warning(
        "credentials-in-config",
        f"The key for {profile.title} is in plain text: {', '.join(places)}. It reaches logs and backups there.",
        "Move it into a store: `freqtrade-bitmex-guard credentials migrate -c CONFIG`. Treat the secret as exposed, "
        "and replace the key.",
    )


def _no_section() -> Finding:
    return warning(
        "section-missing",
        f"{NOT_GUARDED} `freqtrade trade` starts it without this check.",
        "Guard it: `freqtrade-bitmex-guard setup -c CONFIG`.",
    )
