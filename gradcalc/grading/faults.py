"""A fault of gradcalc's own: it costs the one answer at which it happens, and is said there."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from traceback import extract_tb
from typing import TypeVar

from gradcalc.errors import ProblemError

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
