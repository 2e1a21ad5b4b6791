"""The agent's own config file: one file, read strictly, without freqtrade and without its variables."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.agent.learn import without_limits
from freqtrade_bitmex_guard.config.agent import AgentConfig, parse_agent_section
from freqtrade_bitmex_guard.config.parse import parse_section
from freqtrade_bitmex_guard.config.section import SECTION
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.redaction.opaque import opaque
from freqtrade_bitmex_guard.redaction.sanitize import sanitize_tokens
from freqtrade_bitmex_guard.util.atomic_file import read_limited

_MAX_BYTES = 1_000_000
_NAMES = ("$schema", "exchange", "stake_currency", SECTION, "agent")
# freqtrade's dialect: strings are kept as they are, comments and trailing commas go.
_COMMENT = re.compile(r'("(?:[^"\\\r\n]|\\.)*")|//[^\r\n]*|/\*.*?\*/', re.DOTALL)
_TRAILING_COMMA = re.compile(r'("(?:[^"\\\r\n]|\\.)*")|,(?=\s*[}\]])', re.DOTALL)
_CURRENCY = re.compile(r"[A-Z0-9]{1,20}", re.ASCII)


@opaque
class AgentFile:
    """The agent's config.

    Attributes:
        path: of the file.
        agent: the section `agent`.
        exchange: the exchange's ccxt id.
        stake_currency: in which values are counted.
    """

    def __init__(self, path: Path, *, learning: bool = False) -> None:
        """Read and validate the file.

        Args:
            path: of the file.
            learning: whether pairs, order types and limits are to be learned, so that those in the file do not count.

        Raises:
            GuardError: misconfigured, if anything in it is wrong.
        """
        self.path = path
        config = self._config = _read(path)
        unknown = [name for name in config if name not in _NAMES]
        if unknown:
            fail(
                "agent-setup",
                f"{', '.join(map(sanitize_tokens, unknown))}: not a field of an agent's config.",
                f"Remove it. Known fields: {', '.join(_NAMES)}.",
            )
        written = config.get("agent")
        self._is_learning = learning
        self.agent: AgentConfig = parse_agent_section(without_limits(written) if learning else written)
        exchange = config.get("exchange")
        profile = exchanges.get_adapter(exchange.get("name") if isinstance(exchange, dict) else None).profile
        self.exchange = profile.id
        stake = config.get("stake_currency")
        if not isinstance(stake, str) or not _CURRENCY.fullmatch(stake):
            fail("agent-setup", "stake_currency must be a currency, as in the bot's config.", 'For example: "USDT"')
        self.stake_currency = stake
        section = config.get(SECTION)
        if not isinstance(section, dict):
            fail("section-missing", f"The agent's config has no section {SECTION}.", "Write store and policy there.")
        parsed = parse_section(section, profile, self.agent.trading_mode)
        if parsed.credentials.store == "agent" or not parsed.enabled:
            fail("agent-setup", "An agent's own store must hold the key.", 'Write "store": "files", for example.')

    def guard_config(self) -> dict[str, Any]:
        """Return the config as a check takes it."""
        kept: dict[str, Any] = {name: self._config[name] for name in ("exchange", SECTION)}
        return {**kept, "dry_run": False, "trading_mode": self.agent.trading_mode}

    @property
    def written_agent(self) -> Mapping[str, Any]:
        """The section `agent` as it is written."""
        written: Mapping[str, Any] = self._config["agent"]
        return written

    def record_folder(self) -> Path:
        """Return the folder of the record."""
        state = os.environ.get("STATE_DIRECTORY")
        # Of several folders systemd names the first one first.
        folder = Path(state.split(":")[0]) if state else self.path.resolve().parent
        record = folder / "record" if self.agent.record is None else Path(self.agent.record)
        return record.with_name(f"{record.name}-learned") if self._is_learning else record


def _read(path: Path) -> Mapping[str, Any]:
    name = sanitize_tokens(str(path))
    try:
        text = read_limited(path, _MAX_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or type(problem).__name__
        fail("config-unreadable", f"The agent's config {name} cannot be read: {reason}.", "Name it with -c.")
    plain = _TRAILING_COMMA.sub(lambda match: match[1] or "", _COMMENT.sub(lambda match: match[1] or " ", text))
    try:
        config = json.loads(plain, object_pairs_hook=_reject_duplicates, parse_constant=_reject_constant)
    except (ValueError, RecursionError):
        config = None
    if not isinstance(config, dict):
        fail("config-unreadable", f"The agent's config {name} is not one JSON object.", "Fix the file.")
    return config


def _reject_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a name occurs twice in one object")
    return names


def _reject_constant(_name: str) -> Any:
    raise ValueError("not a JSON number")
