"""What only shows when bots are compared: shared keys, weak policies, bots that nothing guards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from freqtrade_bitmex_guard.config.parse import GuardState
from freqtrade_bitmex_guard.fleet.armed import environment_of, is_armed
from freqtrade_bitmex_guard.fleet.policies import weaker_fields
from freqtrade_bitmex_guard.fleet.subject import Subject
from freqtrade_bitmex_guard.model.catalogue import FINDINGS
from freqtrade_bitmex_guard.model.findings import Finding, Severity
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.redaction.sanitize import join_limited, sanitize

SeverityChoice = Literal["error", "warning", "ignore"]

DEFAULT_SEVERITIES: Mapping[str, SeverityChoice] = {
    "key-shared": "warning",
    "policy-weaker": "warning",
    "bot-unguarded": "error",
    "guard-not-armed": "warning",
}
"""The rules across bots; `fleet --severity` changes what each leads to."""

_SEVERITIES = {"error": Severity.ERROR, "warning": Severity.WARNING}


@dataclass(frozen=True, slots=True)
class AcrossFinding:
    """Something that holds for several bots, or that no bot's own check finds.

    Attributes:
        finding: what was found, and what to do.
        bots: the names of the bots that it is about.
    """

    finding: Finding
    bots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Observation:
    """One bot, and the verdict on it.

    Attributes:
        subject: what is known of it without its exchange.
        verdict: of its check.
    """

    subject: Subject
    verdict: Verdict

    @property
    def name(self) -> str:
        """The bot's name."""
        return self.subject.bot.name


Issue = tuple[Sequence[str], str, str]
"""The bots, what was found, and the next thing to do."""


def find_across(fleet: Sequence[Observation], severities: Mapping[str, SeverityChoice]) -> list[AcrossFinding]:
    """Judge bots by the rules across them.

    Args:
        fleet: all bots that were checked.
        severities: of the rules that the operator chose another severity for.

    Returns:
        The findings, the most severe first.
    """
    found = []
    for name, rule in _RULES.items():
        severity = {**DEFAULT_SEVERITIES, **severities}[name]
        if severity == "ignore":
            continue
        for bots, message, fix in rule(fleet):
            found.append(AcrossFinding(Finding(name, _SEVERITIES[severity], message, fix), tuple(bots)))
    return sorted(found, key=lambda across: list(_SEVERITIES.values()).index(across.finding.severity))


def require_known(severities: Mapping[str, str]) -> None:
    """Fail on a severity that would be ignored without a word.

    Raises:
        ValueError: if a name or a word is none.
    """
    if not set(severities) <= set(DEFAULT_SEVERITIES) or not set(severities.values()) <= set(get_args(SeverityChoice)):
        raise ValueError(f"there are {', '.join(DEFAULT_SEVERITIES)}, and {', '.join(get_args(SeverityChoice))}")


def key_shared(fleet: Sequence[Observation]) -> Iterator[Issue]:
    """Yield each key that several bots use."""
    for _, bots in _grouped(fleet, lambda bot: bot.subject.key):
        names = [bot.name for bot in bots]
        yield (
            names,
            f"{join_limited(names, limit=8)} use one key, {bots[0].subject.masked_key}. Whoever takes it from one of "
            "them trades for all; nobody can withdraw it from one alone, and its orders do not show whose they are.",
            "Make a key for each bot on the exchange, and store it with `freqtrade-bitmex-guard credentials rotate "
            "-c CONFIG`.",
        )


def policy_weaker(fleet: Sequence[Observation]) -> Iterator[Issue]:
    """Yield each bot whose policy accepts what another bot's on the same account does not."""
    reported: set[str] = set()
    for _, bots in (*_grouped(fleet, lambda bot: bot.subject.key), *_grouped(fleet, _account_of)):
        for bot in bots:
            weaker = [(other, fields) for other in bots if other is not bot and (fields := _weaker(bot, other))]
            if not weaker or bot.name in reported:
                continue
            reported.add(bot.name)
            other, fields = max(weaker, key=lambda pair: len(pair[1]))
            yield (
                [bot.name],
                f"The policy of {bot.name} accepts more than that of {other.name} on the same account, in "
                f"{', '.join(fields)}: the account is only as safe as the weakest of its policies.",
                f"Write the same api_key_guard.policy for both, or say in {bot.name}'s config why it differs.",
            )


def bot_unguarded(fleet: Sequence[Observation]) -> Iterator[Issue]:
    """Yield the bots that would start without a check, by the reason."""
    reasons: tuple[tuple[Callable[[Subject], bool], str, str], ...] = (
        (
            lambda subject: subject.state is GuardState.ABSENT,
            "no api_key_guard section: `freqtrade trade` starts without any check",
            "Run `freqtrade-bitmex-guard setup -c CONFIG` for each.",
        ),
        (
            lambda subject: subject.state is GuardState.DISABLED,
            "api_key_guard.enabled is false: `freqtrade trade` starts without any check",
            "Set it to true.",
        ),
        (
            lambda subject: subject.has_plain_key,
            "a credential in plain text in the config or its variables: it reaches logs and backups",
            "Run `freqtrade-bitmex-guard credentials migrate -c CONFIG` for each, and treat the old secret as exposed.",
        ),
    )
    for applies, reason, fix in reasons:
        names = [bot.name for bot in fleet if applies(bot.subject)]
        if names:
            yield names, f"{join_limited(names, limit=8)}: {reason}.", fix


def guard_not_armed(fleet: Sequence[Observation]) -> Iterator[Issue]:
    """Yield the guarded bots whose environment does not load the guard, by environment."""
    guarded = [bot for bot in fleet if bot.subject.is_guarded]
    for environment in dict.fromkeys(environment_of(bot.subject.bot.folder) for bot in guarded):
        if is_armed(environment):
            continue
        names = [bot.name for bot in guarded if environment_of(bot.subject.bot.folder) == environment]
        place = sanitize(str(environment), 200)
        yield (
            names,
            f"Plain `freqtrade trade` in {place} does not load the guard, so it starts {join_limited(names, limit=8)} "
            "without any check.",
            f"Install freqtrade-bitmex-guard with {place}'s own pip, or start with `freqtrade-bitmex-guard trade`.",
        )


def _grouped(
    fleet: Iterable[Observation], mark: Callable[[Observation], Hashable | None]
) -> list[tuple[Hashable, list[Observation]]]:
    """Return the groups of two or more bots with the same mark; None is the mark of no group."""
    groups: defaultdict[Hashable, list[Observation]] = defaultdict(list)
    for bot in fleet:
        if (value := mark(bot)) is not None:
            groups[value].append(bot)
    return [(value, bots) for value, bots in groups.items() if len(bots) > 1]


def _account_of(bot: Observation) -> Hashable | None:
    facts = next((facts for facts in bot.verdict.facts if facts.user_id or facts.account_id), None)
    return None if facts is None else (bot.verdict.exchange, facts.user_id, facts.account_id)


def _weaker(bot: Observation, other: Observation) -> list[str]:
    ours, theirs = bot.subject.policy, other.subject.policy
    return [] if ours is None or theirs is None else weaker_fields(ours, theirs)


_RULES: dict[str, Callable[[Sequence[Observation]], Iterator[Issue]]] = {
    rule.__name__.replace("_", "-"): rule for rule in (key_shared, policy_weaker, bot_unguarded, guard_not_armed)
}
if set(_RULES) != set(DEFAULT_SEVERITIES) or any(name not in FINDINGS for name in _RULES):
    raise ValueError("a rule across bots without a severity or a place in the catalogue")
