"""The texts of the README and of all pages, and what is found in them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SITE = ROOT / "docs" / "pages"
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDES = {
    str(path.relative_to(SITE)): path.read_text(encoding="utf-8")
    for path in sorted(SITE.rglob("*.md"))
    if path.parent.name != "evidence"
}
"""The pages for readers. Those of `evidence` are written by measurements, and have tests of their own."""


def page(name: str) -> str:
    """Return the text of a page."""
    return (SITE / name).read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    """Return the blocks of code of one language, indented ones included."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```$", text, re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", block, flags=re.MULTILINE) for indent, block in found]


def table(text: str, header: str) -> list[list[str]]:
    """Return the cells of the table with this header."""
    rows = text.split(f"{header}\n", 1)[1].splitlines()
    end = next((number for number, row in enumerate(rows) if not row.startswith("|")), len(rows))
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[1:end]]


def anchors(text: str) -> set[str]:
    """Return what a link to a heading of a page ends with."""
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).strip().replace(" ", "-") for title in titles}
