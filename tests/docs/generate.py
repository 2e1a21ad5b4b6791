"""Writes the pages that repeat what the code says: `python -m tests.docs.generate`.

`PAGES` are generated whole. In the pages of `PARTS`, what is between `<!-- generated: NAME -->` and
`<!-- /generated -->` is. `test_pages.py` compares both with what is committed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import yaml

from freqtrade_bitmex_guard import exchanges, rules
from freqtrade_bitmex_guard.cli.parser import SHELLS
from freqtrade_bitmex_guard.model.catalogue import FINDINGS
from freqtrade_bitmex_guard.model.verdict import EXIT_CODES
from tests.docs import picture
from tests.docs.completion import completion
from tests.docs.markdown import table
from tests.docs.matrix import account_table, exchange_table, page_of
from tests.docs.reference_pages import NOTE, cli_page, config_page, exit_code_table
from tests.docs.simulated import run, simulated_bot

ROOT = Path(__file__).parents[2]
SITE = ROOT / "docs" / "pages"
GUIDE: dict[str, dict[str, str]] = yaml.safe_load((ROOT / "docs" / "findings.yml").read_text(encoding="utf-8"))

# The findings


def findings_page() -> str:
    """Return a page with one heading for each finding."""
    names = [(f"[`{name}`](#{name})", spec.outcome.value, spec.meaning) for name, spec in FINDINGS.items()]
    head = (
        "# Findings\n\n"
        "A finding is one thing that a check found.\n"
        "Its name is the same in every report, log line and JSON document, and never changes its meaning.\n"
        "[When it refuses](troubleshooting.md) says where to begin.\n\n"
        "- **Refused:** the key was read and breaks the policy.\n"
        "- **Unverified:** the key could not be verified.\n"
        "- **Misconfigured:** configuration error; the check did not run.\n\n"
        "A *transient* cause usually goes away by itself.\n"
        "The guard tries again inside `timeout_seconds`, and `--wait-for-exchange` waits for it.\n"
        "A *configurable* finding is an error, a warning or ignored, as the policy says.\n\n"
    )
    sections = [_finding(name) for name in FINDINGS]
    return (
        NOTE.format(source="`docs/findings.yml` or the code")
        + head
        + "\n".join([table(("finding", "verdict", "meaning"), names), *sections])
    )


def _finding(name: str) -> str:
    spec, guide = FINDINGS[name], GUIDE[name]
    severity = f"yes, in `policy.severity`; `{_default_severity(name)}` by default" if spec.configurable else "no"
    return "\n".join(
        [
            f"## {name}\n\n{spec.meaning}\n",
            f"- **Verdict:** {spec.outcome.value} (exit code {EXIT_CODES[spec.outcome]})",
            f"- **Transient:** {'yes' if spec.transient else 'no'}",
            f"- **Configurable:** {severity}\n",
            f"**Usual cause:** {_sentences(guide['cause'])}\n",
            f"**What to do:** {_sentences(guide['action'])}\n",
        ]
    )


def _default_severity(name: str) -> str:
    return next(rule.severity.value for rule in rules.rules_for(configurable=True) if rule.name == name)


def _sentences(text: str) -> str:
    return re.sub(r"(?<=[.:]) (?=[A-Z`])", "\n", text.strip()) if ". " in text else text.strip()


# The exchanges


def permission_table(exchange: str) -> str:
    """Return the permissions of one exchange, as a table."""
    profile = exchanges.get_adapter(exchange).profile
    rows = [
        (
            f"`{spec.name}`",
            spec.label,
            spec.kind.value,
            ("never allowed" if profile.is_forbidden(spec.name) else spec.default.value)
            + (f" for {', '.join(spec.trading_modes)}, else allowed" if spec.trading_modes else ""),
            spec.note,
        )
        for spec in profile.permissions
    ]
    head = ("permission", "on the exchange's page", "kind", "by default", "note")
    columns = len(head) if any(spec.note for spec in profile.permissions) else len(head) - 1
    return table(head[:columns], [row[:columns] for row in rows])


def severity_table() -> str:
    """Return the rules whose severity the operator chooses, as a table."""
    rows = [
        (f"[`{rule.name}`](findings.md#{rule.name})", f"`{rule.severity.value}`", FINDINGS[rule.name].meaning)
        for rule in rules.rules_for(configurable=True)
    ]
    return table(("rule", "default", "what it finds"), rows)


# What commands print


def check_json() -> str:
    """Return the document of a refused check."""
    with simulated_bot("order", "withdraw") as config:
        return f"```json\n{run('--check-only', '-c', config, '--format', 'json').rstrip()}\n```\n"


def audit_json() -> str:
    """Return the document of an audit."""
    with simulated_bot() as config:
        return f"```json\n{run('audit', '-c', config, '--format', 'json').rstrip()}\n```\n"


# The README on the site


def home_page() -> str:
    """Return the README up to its list of pages, with its links as the site needs them."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").split("\n## Documentation\n")[0]
    text = re.sub(r"<!-- /?generated.*?-->\n", "", text)
    text = text.replace("](docs/pages/", "](")
    return NOTE.format(source="README.md") + text + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "docs/pages/index.md": home_page,
    "docs/pages/findings.md": findings_page,
    "docs/pages/reference/cli.md": cli_page,
    "docs/pages/reference/config.md": config_page,
    "docs/pages/images/refused.svg": picture.draw,
    **{f"freqtrade_bitmex_guard/cli/completion/{shell}": partial(completion, shell) for shell in SHELLS},
}
PARTS: dict[str, dict[str, Callable[[], str]]] = {
    "README.md": {"exchanges": lambda: exchange_table("docs/pages/exchanges/")},
    "docs/pages/configuration.md": {"severities": severity_table},
    "docs/pages/exchanges/index.md": {"exchanges": lambda: exchange_table(""), "accounts": account_table},
    **{
        f"docs/pages/exchanges/{name}.md": {"permissions": partial(permission_table, name)}
        for name in exchanges.supported_ids()
        if page_of(name) == name
    },
    "docs/pages/reference/json.md": {"check": check_json, "audit": audit_json},
    "docs/pages/running.md": {"exit-codes": exit_code_table},
}


def with_parts(text: str, parts: Mapping[str, Callable[[], str]]) -> str:
    """Return a page with its generated parts as they are today.

    Raises:
        ValueError: if the page has no such part.
    """
    for name, part in parts.items():
        between = re.compile(rf"(<!-- generated: {name} -->\n).*?(<!-- /generated -->)", re.DOTALL)
        found = between.search(text)
        if found is None:
            raise ValueError(f"no part {name}")
        text = f"{text[: found.start()]}{found[1]}\n{part()}\n{found[2]}{text[found.end() :]}"
    return text


def main() -> None:
    """Write all pages and parts; the home page last, for it repeats the README."""
    for name, parts in PARTS.items():
        path = ROOT / name
        path.write_text(with_parts(path.read_text(encoding="utf-8"), parts), encoding="utf-8")
    for name, page in PAGES.items():
        (ROOT / name).write_text(page(), encoding="utf-8")
        print(name, file=sys.stderr)


if __name__ == "__main__":
    main()
