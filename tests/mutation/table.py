"""The table of evidence/mutation.md: a row for each module, one for each area, and one for all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

COLUMNS = ("mutmut", "mutmut killed", "rest", "rest killed", "survived", "timeout")
NOT_RUN = "not run"

HEAD = (
    "| module | mutmut | killed | rest | killed | survived | timeout | score | run on |",
    "|---|---|---|---|---|---|---|---|---|",
)

Tally = Counter[str]
"""The number of mutants by column."""


@dataclass
class Row:
    """The mutants of one module.

    Attributes:
        tally: what became of them.
        date: when the module was run, as ISO; empty if it was not run since it was written.
    """

    tally: Tally = field(default_factory=Tally)
    date: str = ""


def one(kind: str, outcome: str) -> Tally:
    """Return the tally of one mutant.

    Args:
        kind: `mutmut` or `rest`.
        outcome: what became of it; everything that is neither killed nor late has survived.
    """
    column = {"killed": f"{kind} killed", "timeout": "timeout"}.get(outcome, "survived")
    return Counter((kind, column))


def table(areas: Mapping[str, Mapping[str, Row]]) -> list[str]:
    """Return the lines of the table, for the rows by file and area."""
    lines = list(HEAD)
    for area, files in areas.items():
        lines += [_line(f"`{file}`", row.tally, row.date or NOT_RUN) for file, row in files.items()]
        lines.append(_line(area.capitalize(), _sum(files.values()), "", "**"))
    lines.append(_line("All", _sum(row for files in areas.values() for row in files.values()), "", "**"))
    return lines


def parse_table(page: str) -> dict[str, dict[str, Row]]:
    """Return the rows of a page by file and area; its sums and scores are not read."""
    areas: dict[str, dict[str, Row]] = {}
    files: dict[str, Row] = {}
    for line in page[page.index(HEAD[0]) :].splitlines()[len(HEAD) :]:
        name, *cells = [cell.strip(" *") for cell in line.split("|")[1:-1]] or [""]
        if name.startswith("`"):
            numbers = [int(cell.replace(",", "").replace("–", "0")) for cell in cells[: len(COLUMNS)]]
            tally = Counter(dict(zip(COLUMNS, numbers, strict=True)))
            files[name.strip("`")] = Row(tally, "" if cells[-1] == NOT_RUN else cells[-1])
        elif files:
            areas[name.lower()], files = files, {}
        else:
            break
    return areas


def _sum(rows: Iterable[Row]) -> Tally:
    return sum((row.tally for row in rows), Tally())


def _line(name: str, tally: Tally, date: str, mark: str = "") -> str:
    cells = [f"{tally[column]:,}" if tally[column.partition(" ")[0]] else "–" for column in COLUMNS[:4]]
    mutants = tally["mutmut"] + tally["rest"]
    killed = tally["mutmut killed"] + tally["rest killed"]
    score = f"{killed / mutants:.1%}".replace("%", " %") if mutants else "–"
    cells += [f"{tally['survived']:,}", f"{tally['timeout']:,}", score]
    return "| " + " | ".join([*(f"{mark}{cell}{mark}" for cell in (name, *cells)), date]).rstrip() + " |"
