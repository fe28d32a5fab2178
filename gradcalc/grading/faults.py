"""A fault of gradcalc's own: it costs the one answer at which it happens, and is said there."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from traceback import extract_tb
from typing import TypeVar

import numpy as np

from gradcalc.errors import ProblemError
from gradcalc.grading.block import Block, RowError
from gradcalc.grading.submissions_duplicates import without_rows

T = TypeVar("T")
TRACEBACK = "GRADCALC_TRACEBACK"
"""Set to 1, it lets a fault through, so that its traceback is seen."""
MOST = 120


def contained(work: Callable[[], T], instead: Callable[[str], T]) -> T:
    """Return what some work on one answer comes to; where gradcalc fails, what stands for it.

    instead: is given the reason in one line. Errors of the input, and too little memory,
    are no faults of gradcalc's and go through.
    """
    try:
        return work()
    except (ProblemError, MemoryError):
        raise
    except Exception as error:
        if os.environ.get(TRACEBACK) == "1":
            raise
        return instead(reason(error))


def reason(error: Exception) -> str:
    """Return in one line what failed, to be reported."""
    last = extract_tb(error.__traceback__)[-1]
    words = " ".join(str(error).split())[:MOST]
    what = type(error).__name__ + (f": {words}" if words else "")
    place = f"{Path(last.filename).name}:{last.lineno}"
    return f"gradcalc itself failed here, please report it: {what} ({place})"


def told(count: int, what: str) -> str:
    """Return what is said of a run in which some answers could not be judged."""
    return (
        f"gradcalc itself failed at {count} {what}{'s' * (count != 1)}, where nothing is taken off;"
        f" please report the reason that stands there, with the problem file"
        f" ({TRACEBACK}=1 shows where it comes from)"
    )


def with_faults(block: Block, faults: Mapping[tuple[int, int], str]) -> Block:
    """Return a block that says why gradcalc itself failed at some cells."""
    reason = block.reason
    return replace(block, reason=lambda row, at: faults.get((row, at)) or reason(row, at))


def without_lost(block: Block, lost: Mapping[int, str]) -> Block:
    """Return a block without some students, told among its errors."""
    errors = [
        RowError(
            block.file(row),
            block.lines[row],
            block.ids[row],
            why,
            inside=0 if block.files else None,
        )
        for row, why in lost.items()
    ]
    keep = np.setdiff1d(np.arange(len(block.ids)), list(lost))
    return without_rows(block, keep, errors)
