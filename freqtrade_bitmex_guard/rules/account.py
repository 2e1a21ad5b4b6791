"""Rules about the account around the key: what protects its money from a thief who does not need this key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from freqtrade_bitmex_guard.config.policy import Policy
from freqtrade_bitmex_guard.model.account import AccountEvent, Evidence, SiblingKey
from freqtrade_bitmex_guard.model.key import (
    FORBIDDEN_KINDS,
    IpRestriction,
    NotReported,
    NotSupported,
    RestrictedTo,
    RestrictedUndisclosed,
)
from freqtrade_bitmex_guard.model.networks import admits_everyone
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.redaction.sanitize import join_limited, sanitize
from freqtrade_bitmex_guard.rules.engine import Issue, not_reported

_MAX_EVENT_TYPES = 25  # more than any exchange documents


def two_factor(evidence: Evidence, _policy: Policy, profile: ExchangeProfile) -> Iterator[Issue]:
    """Logging in takes a second factor."""
    answer = evidence.account.two_factor
    if isinstance(answer, NotReported):
        yield not_reported("whether two-factor is on", answer, profile)
    elif not answer:
        yield Issue(
            "Two-factor authentication is off: anyone who learns the account's password can create a key or withdraw.",
            f"{profile.page.two_factor} Then start again; the key can stay as it is.",
        )


def sibling_keys(evidence: Evidence, _policy: Policy, profile: ExchangeProfile) -> Iterator[Issue]:
    """No other key of the account can do what this one must not."""
    siblings = evidence.account.siblings
    if isinstance(siblings, NotReported):
        yield not_reported("which other keys the account has", siblings, profile)
        return
    risky = [(sibling, risks) for sibling in siblings if (risks := sibling_risks(sibling))]
    if risky:
        keys = "Another key" if len(risky) == 1 else f"{len(risky):,} other keys"
        listed = join_limited(risky, lambda pair: f"{describe_key(pair[0])} ({', '.join(pair[1])})")
        yield Issue(
            f"{keys} of the account can do what this one must not: {listed}. If one leaks, the same money is at risk.",
            f"Delete those that are not needed, and replace the others: {profile.page.location}.",
        )


def describe_key(sibling: SiblingKey) -> str:
    """Describe another key by its masked id and its name."""
    name = sibling.facts.name if sibling.facts else None
    return f"{sibling.masked_id} {sanitize(name, 30)!r}" if name else sibling.masked_id


def sibling_risks(sibling: SiblingKey) -> list[str]:
    """Return what makes another key a risk, in a few words each; nothing if it is none."""
    facts = sibling.facts
    if facts is None:
        return ["described oddly"]
    kinds = {permission.kind for permission in facts.permissions or ()}
    risks = [f"can {kind}" for kind in sorted(kinds.intersection(FORBIDDEN_KINDS))]
    if facts.permissions is None:
        risks.append("permissions not reported")
    risks += _ip_risks(facts.ip_restriction)
    if risks and facts.enabled is False:
        risks.append("disabled at present")
    return risks


def _ip_risks(restriction: IpRestriction) -> list[str]:
    if isinstance(restriction, RestrictedUndisclosed):
        return ["allowed IPs not reported"]
    if isinstance(restriction, NotSupported):
        return []  # no key of the exchange has one, and `ip-not-supported` says so
    is_limit = (
        isinstance(restriction, RestrictedTo)
        and restriction.networks
        and not restriction.unreadable
        and not admits_everyone(restriction.networks)
    )
    return [] if is_limit else ["no IP restriction"]


def withdrawal_address(evidence: Evidence, _policy: Policy, profile: ExchangeProfile) -> Iterator[Issue]:
    """No saved address receives money without the safeguards that withdrawals have."""
    addresses = evidence.account.withdrawal_addresses
    if isinstance(addresses, NotReported):
        yield not_reported("which withdrawal addresses are saved", addresses, profile)
        return
    unsafe = [address for address in addresses if address.skipped_safeguards]
    if unsafe:
        listed = join_limited(
            unsafe, lambda address: f"{sanitize(address.name, 30)!r} ({', '.join(address.skipped_safeguards)})"
        )
        yield Issue(
            f"Withdrawals to {len(unsafe):,} saved address{'es' if len(unsafe) > 1 else ''} skip a safeguard: "
            f"{listed}. Anyone who is logged in can send money there at once.",
            f"Remove addresses that you do not know, and switch the skipping off: {profile.page.security}.",
        )


def security_event(evidence: Evidence, policy: Policy, profile: ExchangeProfile) -> Iterator[Issue]:
    """No recent event moved money or changed who can reach it."""
    log = evidence.account.event_log
    days = f"{policy.event_days} day{'s' if policy.event_days > 1 else ''}"
    if isinstance(log, NotReported):
        yield not_reported(f"what happened to the account in the last {days}", log, profile)
        return
    since = evidence.now - timedelta(days=policy.event_days)
    own = log.creation_of(evidence.key)
    relevant = [event for event in log.since(since) if event.security_relevant and event is not own]
    if relevant:
        yield Issue(
            f"In the last {days}: {_describe_types(relevant)}. If that was not you, somebody else has "
            "access to the account.",
            f"If you do not recognize it: change the password, end all sessions, delete all keys: "
            f"{profile.page.security}.",
        )
    if not log.covers(since):
        reason = NotReported("the reported events do not go back that far")
        yield not_reported(f"all that happened in the last {days}", reason, profile)


def _describe_types(events: Sequence[AccountEvent]) -> str:
    """Describe the newest event of each type, so that many of one kind hide no other."""
    by_type: dict[str, list[AccountEvent]] = {}
    for event in events:
        by_type.setdefault(event.type, []).append(event)
    return join_limited(
        by_type.values(),
        lambda alike: describe_event(alike[0]) + (f" (the newest of {len(alike):,})" if len(alike) > 1 else ""),
        _MAX_EVENT_TYPES,
    )


def describe_event(event: AccountEvent) -> str:
    """Describe an event: what, when, from where, and its status unless it succeeded."""
    status = "" if event.status in (None, "success") else f" ({sanitize(event.status or '', 20)})"
    origin = f" from {sanitize(event.ip, 45)}" if event.ip else ""
    return f"{sanitize(event.type, 40) or 'an event without a name'}{status} on {event.time:%Y-%m-%d %H:%M} UTC{origin}"
