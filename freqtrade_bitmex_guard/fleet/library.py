"""What the commands `check` and `fleet` do, for programs that do it themselves."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from freqtrade_bitmex_guard.check.bot import check_config
from freqtrade_bitmex_guard.config.files import read_config
from freqtrade_bitmex_guard.fleet.across import SeverityChoice
from freqtrade_bitmex_guard.fleet.bots import Bot, find_bots
from freqtrade_bitmex_guard.fleet.run import DEFAULT_SECONDS, FleetVerdict, OnChecked, check_bots
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.model.verdict import Verdict, sort_findings

Path = str | os.PathLike[str]


def check_bot(config: Path | Sequence[Path] | Mapping[str, Any]) -> Verdict:
    """Check the key of one bot, as `freqtrade-bitmex-guard check` does. No bot is started.

    Args:
        config: the bot's config file, several in the order of freqtrade's `-c`, or the whole config, as freqtrade
            merged it.

    Returns:
        The verdict. `admitted` is True only if the exchange showed that the key is fine; every failure is one of its
        `findings`, a config that cannot be read, too.
    """
    if isinstance(config, Mapping):
        return check_config(config)
    try:
        return check_config(read_config(_files(config)))
    except GuardError as problem:
        return Verdict(findings=sort_findings(problem.findings))


def check_fleet(
    bots: Path | Iterable[Path] | Mapping[str, Path | Sequence[Path]],
    *,
    env_file: str | None = None,
    timeout_seconds: float = DEFAULT_SECONDS,
    severities: Mapping[str, SeverityChoice] | None = None,
    on_checked: OnChecked | None = None,
) -> FleetVerdict:
    """Check the keys of many bots, as `freqtrade-bitmex-guard fleet` does. No bot is started.

    While it runs it sets variables of this process, and puts them back: call it from one thread at a time.

    Args:
        bots: patterns of config files, as `bots/*/config.json`; or the config files of each bot by its name.
        env_file: the name of a file with a bot's variables, in the folder of its first config file.
        timeout_seconds: the limit for all bots together.
        severities: what the rules across bots lead to, where that is not the default: `key-shared`, `policy-weaker`,
            `bot-unguarded` or `guard-not-armed`, and `error`, `warning` or `ignore`.
        on_checked: called with the name of each bot and the verdict on it, as soon as that is known.

    Returns:
        The verdicts, and what holds across bots. Ctrl-C ends it early, with the rest of the bots in `not_checked`.

    Raises:
        GuardError: if a pattern matches nothing, there is no bot, or two have one name.
        ValueError: if `severities` names something else.
    """
    if isinstance(bots, Mapping):
        found = [Bot(name, tuple(_files(files)), env_file) for name, files in bots.items()]
    else:
        found = find_bots(_files(bots), env_file)
    return check_bots(found, seconds=timeout_seconds, severities=severities, on_checked=on_checked)


def _files(paths: Path | Iterable[Path]) -> list[str]:
    return [os.fspath(path) for path in ([paths] if isinstance(paths, str | os.PathLike) else paths)]
