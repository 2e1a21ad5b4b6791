"""Posture rules about the account around the key: what protects the money from whoever gets in without the key."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from freqtrade_bitmex_guard.addresses import admits_everyone
from freqtrade_bitmex_guard.facts import MOVES_MONEY, Everywhere, KeyFacts, NotTold, Only
from freqtrade_bitmex_guard.policy import Policy
from freqtrade_bitmex_guard.posture import Event, OtherKey, Posture, Timeline
from freqtrade_bitmex_guard.redaction import harmless, some
from freqtrade_bitmex_guard.rules.posture import Concern, not_told
from freqtrade_bitmex_guard.terms import Terms

_SAME_MOMENT = timedelta(minutes=1)


def two_factor(posture: Posture, _policy: Policy, terms: Terms) -> Iterator[Concern]:
    """Logging in takes a second factor."""
    told = posture.account.two_factor
    if isinstance(told, NotTold):
        yield not_told("whether two-factor is on", told, terms)
    elif not told:
        yield Concern(
            "Two-factor is off: whoever learns the account's password can make a key of their own, or withdraw.",
            f"{terms.two_factor} Then start again; the key can stay as it is.",
        )


def sibling_keys(posture: Posture, _policy: Policy, terms: Terms) -> Iterator[Concern]:
    """No other key of the account can do what this one must not."""
    others = posture.account.others
    if isinstance(others, NotTold):
        yield not_told("which other keys the account has", others, terms)
        return
    risky = [(other, danger) for other in others if (danger := dangers(other))]
    if risky:
        keys = "Another key" if len(risky) == 1 else f"{len(risky):,} other keys"
        listed = some(risky, lambda found: f"{shown(found[0])} ({', '.join(found[1])})")
        yield Concern(
            f"{keys} of the account can do what this one must not: {listed}. If one leaks, the same money is at risk.",
            f"Delete those that are not needed, and replace the others: {terms.keys_page}.",
        )


def shown(other: OtherKey) -> str:
    """Another key, for a person: its id, masked, and its name."""
    name = other.facts.name if other.facts else None
    return f"{other.shown} {harmless(name, 30)!r}" if name else other.shown


def dangers(other: OtherKey) -> list[str]:
    """What makes another key a danger, in a few words each; nothing if it is none."""
    if other.facts is None:
        return ["described oddly"]
    rights = {permission.right for permission in other.facts.permissions or ()}
    found = [f"can {right}" for right in sorted(rights.intersection(MOVES_MONEY))]
    if other.facts.permissions is None:
        found.append("rights not told")
    if _is_open(other.facts):
        found.append("works from everywhere")
    if found and other.facts.enabled is False:
        found.append("switched off at present")
    return found


def _is_open(facts: KeyFacts) -> bool:
    limit = facts.addresses
    if isinstance(limit, Only):
        return bool(limit.unreadable) or not limit.networks or admits_everyone(limit.networks)
    return isinstance(limit, Everywhere | NotTold)


def withdrawal_address(posture: Posture, _policy: Policy, terms: Terms) -> Iterator[Concern]:
    """No saved address gets money without the safeguards that withdrawals have."""
    told = posture.account.withdrawal_addresses
    if isinstance(told, NotTold):
        yield not_told("which withdrawal addresses are saved", told, terms)
        return
    loose = [address for address in told if address.skips]
    if loose:
        listed = some(loose, lambda address: f"{harmless(address.name, 30)!r} ({', '.join(address.skips)})")
        yield Concern(
            f"Withdrawals to {len(loose):,} saved address{'es' if len(loose) > 1 else ''} skip a safeguard: {listed}. "
            "Whoever is logged in can send money there at once.",
            f"Remove what you do not know, and switch the skipping off: {terms.security_page}.",
        )


def security_event(posture: Posture, policy: Policy, terms: Terms) -> Iterator[Concern]:
    """Nothing happened lately that changes who can get at the money, or moved some."""
    timeline = posture.account.timeline
    days = f"{policy.event_days} day{'s' if policy.event_days > 1 else ''}"
    if isinstance(timeline, NotTold):
        yield not_told(f"what happened to the account in the last {days}", timeline, terms)
        return
    since = posture.now - timedelta(days=policy.event_days)
    own = own_making(posture.key, timeline)
    weighty = [event for event in timeline.since(since) if event.weighty and event is not own]
    if weighty:
        yield Concern(
            f"In the last {days}: {some(weighty, told_of)}. If that was not you, somebody else is in the account.",
            f"If you do not know of it: change the password, end all sessions, delete all keys: {terms.security_page}.",
        )
    if not timeline.covers(since):
        why = NotTold("the events that were told do not reach back so far")
        yield not_told(f"all that happened in the last {days}", why, terms)


def own_making(key: KeyFacts, timeline: Timeline) -> Event | None:
    """The event of this very key's making, so that a new key is no alarm; None if it cannot be told from others."""
    created = key.created
    if created is None:
        return None
    made = [event for event in timeline.events if event.makes_a_key and abs(event.moment - created) < _SAME_MOMENT]
    return made[0] if len(made) == 1 else None


def told_of(event: Event) -> str:
    """An event, for a person: what, when, from where, and how it ended if it did not succeed."""
    ended = "" if event.status in (None, "success") else f" ({harmless(event.status or '', 20)})"
    where = f" from {harmless(event.address, 45)}" if event.address else ""
    return f"{harmless(event.word, 40)}{ended} on {event.moment:%Y-%m-%d %H:%M} UTC{where}"
