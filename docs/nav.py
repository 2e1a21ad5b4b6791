"""A hook of mkdocs: a page of an exchange that the navigation does not name is added to it, under its own title."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def on_config(config: Any) -> Any:
    """Add the pages that are missing, in the order of their names."""
    section = next(item["Exchanges"] for item in config["nav"] if isinstance(item, dict) and "Exchanges" in item)
    named = {next(iter(item.values())) if isinstance(item, dict) else item for item in section}
    pages = sorted(f"exchanges/{path.name}" for path in Path(config["docs_dir"], "exchanges").glob("*.md"))
    section.extend(page for page in pages if page not in named)
    return config
