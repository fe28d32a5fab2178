"""Choose lines of a solution: by number, by name, by pass."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gradcalc.errors import ProblemError, listed, suggestion
from gradcalc.report.steps import Step
from gradcalc.report.view import View

_RANGE = re.compile(r"(\d{1,6})(?:\s*[-–]\s*(\d{1,6})?)?\Z")
PASSES = ("forward", "backward")


def chosen(view: View, steps: Sequence[Step], wanted: str) -> tuple[Step, ...]:
    """Return the lines that a text names: `1-3, 7-`, `backward`, `dL/dW1`.

    Raises ProblemError for a part that names no line.
    """
    lines = [step for step in steps if step.number]
    kept: set[int] = set()
    for part in (part.strip() for part in wanted.split(",")):
        numbers = _numbers(view, lines, part)
        if not numbers:
            raise ProblemError(
                f"--steps {part or wanted}: no line of the solution",
                hint=suggestion(
                    part,
                    [*PASSES, *(step.name for step in lines)],
                    f"lines are 1 to {len(lines)}, {listed(step.name for step in lines)}",
                ),
            )
        kept |= numbers
    return tuple(step for step in lines if step.number in kept)


def _numbers(view: View, lines: Sequence[Step], part: str) -> set[int]:
    numbered = {step.number or 0: step for step in lines}
    found = _RANGE.match(part)
    if found:
        first = int(found[1])
        open_end = "-" in part or "–" in part
        last = int(found[2]) if found[2] else max(numbered, default=0) if open_end else first
        return {number for number in numbered if first <= number <= last}
    if part in PASSES:
        return {number for number, step in numbered.items() if step.phase == part}
    ref = view.problem.lexicon.read(part)
    return {number for number, step in numbered.items() if ref and step.name == ref.name}
