"""What people see, kept in files: compared in a test run, written anew on request."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROBLEMS = sorted((ROOT / "problems").glob("*.yaml"))
GOLDEN = ROOT / "tests" / "golden"
WRITE = bool(os.environ.get("GRADCALC_WRITE"))


def matches(path: Path, text: str) -> bool:
    """Tell whether a golden file holds `text`; on request, write it first."""
    if WRITE:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return path.read_text(encoding="utf-8") == text
