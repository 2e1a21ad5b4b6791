"""Shapes of real `exchange` sections, in 102 public repositories and in issues and manuals, with their outcomes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PUBLIC: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
