"""The table of all runs."""

from __future__ import annotations

from pathlib import Path

from tests.frozen import checking, drawing, grading, looking, solving
from tests.frozen.run import Run


def runs(inputs: Path) -> list[Run]:
    """Return all rows for a folder of inputs, their paths relative to it."""
    modules = (solving, checking, grading, drawing, looking)
    return [run for module in modules for run in module.rows(inputs)]
