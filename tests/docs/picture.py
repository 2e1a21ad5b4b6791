"""The picture of the README: a real check of a key that can withdraw, as a terminal shows it."""

from __future__ import annotations

import io
from xml.etree import ElementTree

from rich.console import Console
from rich.text import Text

from tests.docs.simulated import COLUMNS, run, simulated_bot

COMMAND = "freqtrade-bitmex-guard --check-only -c config.json"


def draw() -> str:
    """Run the check and return its output as SVG."""
    with simulated_bot("order", "withdraw") as config:
        printed = run("--check-only", "-c", config, color=True)
    console = Console(record=True, width=int(COLUMNS), file=io.StringIO(), force_terminal=True)
    console.print(Text.assemble(("$ ", "bold green"), COMMAND))
    console.print(Text.from_ansi(printed))
    return console.export_svg(title="freqtrade-bitmex-guard", unique_id="refused")


def words(svg: str) -> list[str]:
    """Return the text of a picture, line by line, whatever its colours and places."""
    nodes = ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    lines = ("".join(node.itertext()).replace("\xa0", " ").strip() for node in nodes)
    return [line for line in lines if line]
