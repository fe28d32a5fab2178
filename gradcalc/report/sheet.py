"""The question of a problem, and a sheet to fill in: what is asked, with blanks for the answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal, TypeAlias

from gradcalc.algebra.expr import Symbol
from gradcalc.errors import ProblemError, visible
from gradcalc.problem.document import MappingNode, ScalarNode
from gradcalc.problem.numbers import read_array
from gradcalc.report.boxes import Box, text
from gradcalc.report.figures import literal
from gradcalc.report.layout import formula_box, value_box
from gradcalc.report.lettering import BLANK
from gradcalc.report.steps import Step
from gradcalc.report.view import View

SheetKind: TypeAlias = Literal["problem", "blank", "solution"]

BANDS = {"forward": "Forward pass", "backward": "Backward pass"}
ROOM = 1_000_000
"""Columns of a page on which nothing is broken or left out for want of room."""


def blanked(step: Step) -> Step:
    """Return a line as it is to be filled in: its formula where it was given, no number."""
    if step.given or step.phase == "known":
        return step
    formula = step.formula if step.phase == "forward" else None
    texts = None if step.value is None else (BLANK,) * step.value.size
    if step.value is None and formula is None:
        formula = Symbol(BLANK)
    return replace(
        step, formula=formula, substitution=None, worked=None, texts=texts, note=None, entries=()
    )


def to_fill(view: View, steps: Sequence[Step], room: int = ROOM) -> Iterator[tuple[str, Box]]:
    """Yield the name of everything that is asked for, and its blanks."""
    found = {step.name: step for step in steps}
    for ref in view.problem.find:
        step = found.get(ref.name)
        if ref.index is not None:
            yield view.notation.entry_name(ref.name, ref.index), text(BLANK)
        elif step is None or step.value is None:
            yield view.notation.name(ref.name), text(BLANK)
        else:
            blanks = (BLANK,) * step.value.size
            yield view.notation.name(ref.name), value_box(view, step.value, blanks, room=room)


def options(view: View) -> Iterator[tuple[str, Box]]:
    """Yield the letter of each option of a question, and what it says."""
    found = view.problem.extras.get("options")
    for key, node in found.pairs if isinstance(found, MappingNode) else ():
        try:
            cells = read_array(node, "an option")
            box = formula_box(view, literal(cells.shape, tuple(c.text for c in cells.cells)))
        except ProblemError:  # a formula or a word is no array
            box = text(visible(node.text) if isinstance(node, ScalarNode) else "…")
        yield visible(key.text), box
