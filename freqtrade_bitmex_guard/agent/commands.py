"""What `agent run`, `status`, `learn` and `record` do, up to their report and exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from freqtrade_bitmex_guard.agent.config_file import AgentFile
from freqtrade_bitmex_guard.agent.learn import narrowest_section
from freqtrade_bitmex_guard.agent.record import record_files, verify_file
from freqtrade_bitmex_guard.agent.run import run_agent
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.model.verdict import EXIT_CODES, Verdict
from freqtrade_bitmex_guard.redaction.sanitize import sanitize
from freqtrade_bitmex_guard.signing.client import AgentClient, AgentUnavailableError
from freqtrade_bitmex_guard.signing.wire import WireError


def run(config: str) -> Verdict:
    """Run the agent until it is stopped; return the verdict of its first check."""
    return run_agent(AgentFile(Path(config)))


def learn(config: str) -> tuple[Verdict, str]:
    """Run the agent without limits until it is stopped.

    Returns:
        The verdict of its first check, and the narrowest section for what it let through, as JSON.
    """
    path = Path(config)
    file = AgentFile(path, learning=True)
    verdict = run_agent(file)
    if not verdict.admitted:
        return verdict, ""
    entries = [entry for recorded in record_files(file.record_folder()) for entry in verify_file(recorded)[0]]
    section = narrowest_section(entries, file.written_agent)
    if not section["pairs"]:
        return verdict, "The bot has asked for no order yet, so there is nothing to learn from."
    return verdict, json.dumps({"agent": section}, indent=2)


def status(socket: str) -> tuple[dict[str, Any], int]:
    """Ask an agent for its status.

    Args:
        socket: its path.

    Returns:
        The status, and the exit code of its verdict.

    Raises:
        GuardError: unverified, if no agent answers.
    """
    try:
        reply = AgentClient(socket).status()
    except (AgentUnavailableError, WireError) as problem:
        fail(
            "agent-unavailable",
            f"{str(problem)[:1].upper()}{str(problem)[1:]}.",
            "Start it: `systemctl start freqtrade-agent@NAME`, or `freqtrade-bitmex-guard agent run -c AGENT_CONFIG`.",
        )
    content = reply.get("status")
    if not isinstance(content, dict):
        fail("agent-refused", "The signing agent does not tell this process its status.", "Ask as root.")
    word = content["verdict"]["verdict"]
    code = EXIT_CODES[Outcome(word)] if word in set(Outcome) else 1
    standing = sanitize(str(reply.get("standing")))
    if standing != "all" and code == 0:
        code = EXIT_CODES[Outcome.UNVERIFIED]
    head = {name: content["verdict"].get(name) for name in ("schema_version", "bot", "config")}
    return {**head, "standing": standing, **content}, code


def render_status(content: dict[str, Any]) -> str:
    """Return a status for people."""
    verdict = content["verdict"]
    peers = content.get("peers") or {}
    lines = [
        f"Signing agent for {content['exchange']} ({content['trading_mode']}, {content['mode']}), key {verdict['key']}",
        f"verdict    {verdict['verdict']}, checked {content['age_seconds']} seconds ago",
        f"standing   lets through: {content['standing']}",
        f"versions   agent {content['version']} with ccxt {content['ccxt']}; bot "
        + (f"{peers['version']} with ccxt {peers['ccxt']}" if peers else "not seen yet"),
        *(f"left       {name}: {left:g}" for name, left in content["budgets"].items()),
        f"record     {content['record']['lines']} lines since the start, head {content['record']['head']}",
        *(f"finding    {finding['rule']}: {finding['message']}" for finding in verdict["findings"]),
        *(f"refused    {entry['route']}: {entry['limit']}: {entry['text']}" for entry in content["refusals"]),
    ]
    return "\n".join(sanitize(line, 300) for line in lines)


def show_record(file: str) -> str:
    """Verify the chain of one file of a record, and return its newest entries and its head.

    Raises:
        GuardError: misconfigured, if the chain is broken.
    """
    path = Path(file)
    if not path.is_file():
        fail("record-damaged", "There is no such file.", "Name a file of the record: record-YYYY-MM-DD.jsonl.")
    entries, head = verify_file(path)
    lines = [
        sanitize(
            f"{entry['time']} {entry.get('verdict', '')} {entry.get('kind')} {entry.get('route', '')} "
            f"{json.dumps(entry.get('params', ''))}",
            300,
        )
        for entry in entries
    ]
    return "\n".join([*lines, f"{len(entries)} lines, each follows the one before it. Head: {head}"])
