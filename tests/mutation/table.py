"""The table of evidence/mutation.md: a row for each module, one for each area, and one for all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

COLUMNS = ("mutmut", "mutmut killed", "rest", "rest killed", "survived", "timeout")


HEAD = (
    "| module | mutmut | killed | rest | killed | survived | timeout | score |",
    "|---|---|---|---|---|---|---|---|",
)


Tally = Counter[str]


"""How many mutants stand in each column."""


def one(kind: str, outcome: str) -> Tally:
    """One mutant.

    Args:
        kind: `mutmut` or `rest`.
        outcome: what became of it; whatever is neither killed nor late has survived.
    """
    column = {"killed": f"{kind} killed", "timeout": "timeout"}.get(outcome, "survived")
    return Counter((kind, column))


def table(areas: Mapping[str, Mapping[str, Tally]]) -> list[str]:
    """The lines of the table, of the tally of each file of each area."""
    lines = list(HEAD)
    for area, files in areas.items():
        lines += [_row(f"`{file}`", tally) for file, tally in files.items()]
        lines.append(_row(area.capitalize(), _sum(files.values()), "**"))
    lines.append(_row("All", _sum(tally for files in areas.values() for tally in files.values()), "**"))
    return lines


def read(page: str) -> dict[str, dict[str, Tally]]:
    """The tally of each file of each area, as the rows of a page have them; its sums and scores are not read."""
    areas: dict[str, dict[str, Tally]] = {}
    files: dict[str, Tally] = {}
    for line in page[page.index(HEAD[0]) :].splitlines()[len(HEAD) :]:
        name, *cells = re.findall(r"[^|* ][^|*]*[^|* ]|[^|* ]", line) or [""]
        if name.startswith("`"):
            numbers = [int(cell.replace(",", "").replace("–", "0")) for cell in cells[: len(COLUMNS)]]
            files[name.strip("`")] = Counter(dict(zip(COLUMNS, numbers, strict=True)))
        elif files:
            areas[name.lower()], files = files, {}
        else:
            break
    return areas


def _sum(tallies: Iterable[Tally]) -> Tally:
    return sum(tallies, Counter())


def _row(name: str, tally: Tally, mark: str = "") -> str:
    cells = [f"{tally[column]:,}" if tally[column.partition(" ")[0]] else "–" for column in COLUMNS[:4]]
    mutants = tally["mutmut"] + tally["rest"]
    killed = tally["mutmut killed"] + tally["rest killed"]
    score = f"{killed / mutants:.1%}".replace("%", " %") if mutants else "–"
    cells += [f"{tally['survived']:,}", f"{tally['timeout']:,}", score]
    return "| " + " | ".join(f"{mark}{cell}{mark}" for cell in (name, *cells)) + " |"
