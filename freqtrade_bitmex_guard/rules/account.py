"""Posture rules about the account around the key: what protects the money from whoever gets in without the key."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from freqtrade_bitmex_guard.config.policy import Policy
from freqtrade_bitmex_guard.model.account import AccountEvent, EventLog, Evidence, SiblingKey
from freqtrade_bitmex_guard.model.key import FORBIDDEN_KINDS, KeyFacts, NotReported, RestrictedTo, RestrictedUndisclosed
from freqtrade_bitmex_guard.model.networks import admits_everyone
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.redaction.sanitize import join_limited, sanitize
from freqtrade_bitmex_guard.rules.engine import Issue, not_reported

_SAME_MOMENT = timedelta(minutes=1)


def two_factor(posture: Evidence, _policy: Policy, terms: ExchangeProfile) -> Iterator[Issue]:
    """Logging in takes a second factor."""
    told = posture.account.two_factor
    if isinstance(told, NotReported):
        yield not_reported("whether two-factor is on", told, terms)
    elif not told:
        yield Issue(
            "Two-factor is off: whoever learns the account's password can make a key of their own, or withdraw.",
            f"{terms.page.two_factor} Then start again; the key can stay as it is.",
        )


def sibling_keys(posture: Evidence, _policy: Policy, terms: ExchangeProfile) -> Iterator[Issue]:
    """No other key of the account can do what this one must not."""
    others = posture.account.siblings
    if isinstance(others, NotReported):
        yield not_reported("which other keys the account has", others, terms)
        return
    risky = [(other, danger) for other in others if (danger := sibling_risks(other))]
    if risky:
        keys = "Another key" if len(risky) == 1 else f"{len(risky):,} other keys"
        listed = join_limited(risky, lambda found: f"{describe_key(found[0])} ({', '.join(found[1])})")
        yield Issue(
            f"{keys} of the account can do what this one must not: {listed}. If one leaks, the same money is at risk.",
            f"Delete those that are not needed, and replace the others: {terms.page.location}.",
        )


def describe_key(other: SiblingKey) -> str:
    """Another key, for a person: its id, masked, and its name."""
    name = other.facts.name if other.facts else None
    return f"{other.masked_id} {sanitize(name, 30)!r}" if name else other.masked_id


def sibling_risks(other: SiblingKey) -> list[str]:
    """What makes another key a danger, in a few words each; nothing if it is none."""
    if other.facts is None:
        return ["described oddly"]
    rights = {permission.kind for permission in other.facts.permissions or ()}
    found = [f"can {right}" for right in sorted(rights.intersection(FORBIDDEN_KINDS))]
    if other.facts.permissions is None:
        found.append("rights not told")
    if isinstance(other.facts.ip_restriction, RestrictedUndisclosed):
        found.append("allowed IPs not reported")
    elif _works_from_anywhere(other.facts):
        found.append("works from everywhere")
    if found and other.facts.enabled is False:
        found.append("switched off at present")
    return found


def _works_from_anywhere(facts: KeyFacts) -> bool:
    limit = facts.ip_restriction
    if isinstance(limit, RestrictedTo):
        return bool(limit.unreadable) or not limit.networks or admits_everyone(limit.networks)
    return True


def withdrawal_address(posture: Evidence, _policy: Policy, terms: ExchangeProfile) -> Iterator[Issue]:
    """No saved address gets money without the safeguards that withdrawals have."""
    told = posture.account.withdrawal_addresses
    if isinstance(told, NotReported):
        yield not_reported("which withdrawal addresses are saved", told, terms)
        return
    loose = [address for address in told if address.skipped_safeguards]
    if loose:
        listed = join_limited(
            loose, lambda address: f"{sanitize(address.name, 30)!r} ({', '.join(address.skipped_safeguards)})"
        )
        yield Issue(
            f"Withdrawals to {len(loose):,} saved address{'es' if len(loose) > 1 else ''} skip a safeguard: {listed}. "
            "Whoever is logged in can send money there at once.",
            f"Remove what you do not know, and switch the skipping off: {terms.page.security}.",
        )


def security_event(posture: Evidence, policy: Policy, terms: ExchangeProfile) -> Iterator[Issue]:
    """Nothing happened lately that changes who can get at the money, or moved some."""
    timeline = posture.account.event_log
    days = f"{policy.event_days} day{'s' if policy.event_days > 1 else ''}"
    if isinstance(timeline, NotReported):
        yield not_reported(f"what happened to the account in the last {days}", timeline, terms)
        return
    since = posture.now - timedelta(days=policy.event_days)
    own = creation_of(posture.key, timeline)
    weighty = [event for event in timeline.since(since) if event.security_relevant and event is not own]
    if weighty:
        yield Issue(
            f"In the last {days}: {join_limited(weighty, describe_event)}. If that was not you, somebody else is in "
            "the account.",
            f"If you do not know of it: change the password, end all sessions, delete all keys: {terms.page.security}.",
        )
    if not timeline.covers(since):
        why = NotReported("the events that were told do not reach back so far")
        yield not_reported(f"all that happened in the last {days}", why, terms)


def creation_of(key: KeyFacts, timeline: EventLog) -> AccountEvent | None:
    """The event of this very key's making, so that a new key is no alarm; None if it cannot be told from others."""
    created = key.created
    if created is None:
        return None
    made = [event for event in timeline.events if event.creates_key and abs(event.time - created) < _SAME_MOMENT]
    return made[0] if len(made) == 1 else None


def describe_event(event: AccountEvent) -> str:
    """An event, for a person: what, when, from where, and how it ended if it did not succeed."""
    ended = "" if event.status in (None, "success") else f" ({sanitize(event.status or '', 20)})"
    where = f" from {sanitize(event.ip, 45)}" if event.ip else ""
    return f"{sanitize(event.type, 40)}{ended} on {event.time:%Y-%m-%d %H:%M} UTC{where}"
