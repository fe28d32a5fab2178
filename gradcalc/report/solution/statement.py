"""The head of a solution: what is known, given and wanted; the question, and a blank sheet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from gradcalc.algebra.formula.expr import Symbol
from gradcalc.algebra.formula.names import gradient_name
from gradcalc.algebra.formula.shapes import Shape
from gradcalc.errors import TIED, ProblemError, visible, width
from gradcalc.problem.solution import Comparison
from gradcalc.problem.solve import without
from gradcalc.problem.text.numbers import read_array
from gradcalc.problem.text.yaml_nodes import MappingNode, ScalarNode
from gradcalc.problem.traps import traps
from gradcalc.report.mathematics.names import BLANK, figures, literal, spelled
from gradcalc.report.mathematics.unicode import Box, aligned, beside, text
from gradcalc.report.page import NARROW, Page, wrapped
from gradcalc.report.steps.chain import chain
from gradcalc.report.steps.conventions import conventions, whose
from gradcalc.report.steps.steps import Step
from gradcalc.report.steps.value_boxes import (
    EQUALS,
    fitted,
    flow,
    formula_box,
    named,
    stacked,
    value_box,
)
from gradcalc.report.steps.view import View

if TYPE_CHECKING:
    from gradcalc.algebra.operations.kernels import Array

MARGIN = 10
GAP = 4

SheetKind: TypeAlias = Literal["problem", "blank", "solution"]

BANDS = {"forward": "Forward pass", "backward": "Backward pass"}
ROOM = 1_000_000
"""Columns of a page on which nothing is broken or left out for want of room."""


def head(
    page: Page,
    view: View,
    steps: Sequence[Step],
    *,
    question: bool = False,
    equations: Box | None = None,
) -> None:
    """Write everything that stands before the forward pass.

    question: what is computed is left out. equations: those of the question.
    """
    page.title(view.problem.title)
    if view.problem.cite:
        page.paragraph(view.problem.cite, 0, "faint")
    page.blank()
    if chain(page, view):
        page.blank()
    known = [step for step in steps if step.phase == "known"]
    box = _known(page, view, known)
    labelled(page, "Known", box)
    if box and any("⎣" in row for row in box.rows):
        page.blank()
    theirs = whose(view.problem, view.notation)
    if theirs is not None:
        words(page, "Student", theirs)
    labelled(page, "Given", _given(page, view, steps))
    labelled(page, "Equations", equations)
    words(page, "Wanted", wanted(view))
    reading = conventions(view)
    reading.pop("given", None)
    if reading:
        words(
            page,
            "Read as",
            ";  ".join(
                _tied(content, page.columns - _margin(page) - 1) if name == "loss" else content
                for name, content in reading.items()
            ),
        )
    if not question:
        for trap in traps(view.problem):
            page.blank()
            _exclaim(page, trap.text if page.unicode else spelled(trap.text))
        _contradiction(page, view)


def _tied(convention: str, room: int) -> str:
    """Return the words of a convention, its formula kept in one row where it fits."""
    before, colon, formula = convention.rpartition(": ")
    if width(formula) > room:
        return convention
    return before + colon + formula.replace(" ", TIED)


def labelled(page: Page, label: str, box: Box | None) -> None:
    """Write a box with a label in the margin, or over it on a narrow page."""
    if box is None:
        return
    if _margin(page) < MARGIN:
        page.text(label, "heading")
        label = ""
    for at, row in enumerate(box.rows):
        lead = label if at == 0 else ""
        page.lines.append(((lead.ljust(_margin(page)), "heading"), (row.rstrip(), "plain")))


def words(page: Page, label: str, content: str) -> None:
    """Write a sentence with a label in the margin."""
    lines = wrapped(content, page.columns - _margin(page))
    labelled(page, label, Box(tuple(lines)))


def _margin(page: Page) -> int:
    return 2 if page.columns < NARROW else MARGIN


def wanted(view: View) -> str:
    """Return in words what is asked for."""
    problem = view.problem
    if problem.asked:
        return ", ".join(
            view.notation.name(ref.name)
            if ref.index is None
            else view.notation.entry_name(ref.name, ref.index)
            for ref in problem.find
        )
    names = [ref.name for ref in problem.find]
    own = [data.name for data in problem.roles("weight")]
    if own and names == [gradient_name(problem.loss, name) for name in own]:
        biases = any(layer.bias for layer in problem.layers)
        what = "weight and bias" if biases else "weight" if problem.layers else "parameter"
        return f"the gradient of {view.notation.name(problem.loss)} with respect to every {what}"
    return ", ".join(view.notation.name(name) for name in names)


# --- known ------------------------------------------------------------------------


def _known(page: Page, view: View, known: Sequence[Step]) -> Box | None:
    """Return what is known: data in one column, each layer's weight and bias beside it."""
    room = page.columns - _margin(page)
    boxes = {step.name: _quantity(view, step, known, room) for step in known}
    if not boxes:
        return None
    in_layers = [
        [name for name in (layer.weight, layer.bias) if name] for layer in view.problem.layers
    ]
    layered = {name for names in in_layers for name in names}
    single = [boxes[step.name] for step in known if step.name not in layered]
    layers = [[boxes[name] for name in names] for names in in_layers]
    if not layers:
        return stacked(single)
    left = max((box.width for box in single), default=0)
    right = max(sum(box.width + GAP for box in row) for row in layers)
    if single and len(single) <= len(layers) and left + GAP + right <= room:
        blanks = [text("")] * (len(layers) - len(single))
        return flow([[a, *b] for a, b in zip([*single, *blanks], layers, strict=True)], room, GAP)
    return stacked([flow([single], room, GAP), flow(layers, room, GAP)])


def _quantity(view: View, step: Step, known: Sequence[Step], room: int) -> Box:
    """Return one known quantity: `z = (0.1, −0.1)     input`."""
    name = view.notation.name(step.name)
    data = view.problem.data.get(step.name)
    if step.value is None:
        return text(f"{name} {view.notation.dimensions(step.shape)}")
    in_network = bool(view.problem.layers)
    drawn = in_network and step.value.ndim == 1 and step.value.size > 1
    if in_network:
        return fitted(view, name, step.value, step.texts, room, drawn=drawn)
    lead = name.rjust(max(width(view.notation.name(s.name)) for s in known))
    box = fitted(view, lead, step.value, step.texts, room)
    if step.value.ndim == 1 and step.texts and 1 < step.value.size <= LONGEST:
        aligned_box = named(lead, text("( " + " ".join(_columns(view, step, known)) + " )"))
        box = aligned_box if aligned_box.width <= room else box
    role = data.role if data else "given, the upstream gradient"
    numbers = [
        width(view.notation.number(other.texts[0]))
        for other in known
        if not other.shape and other.texts
    ]
    pad = max(numbers) + len(EQUALS) + width(lead) - box.width if not step.shape and numbers else 0
    fits = box.width + 8 + len(role) <= room
    return beside([box, text(" " * (5 + pad) + role)]) if fits else box


LONGEST = 8
DOZEN = 12
THEN = "then "
"""Stands before a value that follows from the given ones, among them."""


def _columns(view: View, step: Step, known: Sequence[Step]) -> list[str]:
    """Return the entries of a vector, under those of the other vectors of its length."""
    weights = {data.name for data in view.problem.roles("weight")}
    like = [
        other
        for other in known
        if other.shape == step.shape
        and other.texts
        and (other.name in weights) == (step.name in weights)
    ]
    cells = []
    for at in range(len(step.texts or ())):
        column = [view.notation.number((other.texts or ())[at]) for other in like]
        cell = aligned(column)[like.index(step)]
        comma = "," if at < len(step.texts or ()) - 1 else ""
        cells.append(cell.rstrip() + comma + " " * (len(cell) - len(cell.rstrip())))
    return cells


def dimensions(shape: Shape) -> str:
    """Return the shape of a quantity without numbers, in words."""
    if not shape:
        return "is a number"
    if len(shape) == 1:
        return f"has {shape[0]} {'entry' if shape[0] == 1 else 'entries'}"
    return "is " + "×".join(str(dim) for dim in shape)


# --- given ------------------------------------------------------------------------


def _given(page: Page, view: View, steps: Sequence[Step]) -> Box | None:
    fixed = [step for step in steps if step.given and step.phase != "known"]
    if not fixed:
        return None
    room = page.columns - _margin(page)
    boxes = []
    for step in fixed:
        assert step.value is not None
        name = view.notation.name(step.name)
        boxes.append(named(name, value_box(view, step.value, step.texts, room=room - 12)))
    boxes.append(text("  used as they stand" if len(fixed) > 1 else "  used as it stands"))
    return flow([boxes], room, 4)


@dataclass(frozen=True)
class Contradiction:
    """Given values beside what the equations make of them: a sentence, and a table.

    rows: the first is the header. consequence: what would be without the given values.
    """

    sentence: str
    rows: tuple[tuple[str, ...], ...]
    consequence: str | None


def contradiction(view: View) -> Contradiction | None:
    """Return what is said where given values differ from the equations, None where none do."""
    solution = view.solution
    wrong = [comparison for comparison in solution.comparisons if comparison.differs]
    if not wrong:
        return None
    rounded = all(_only_rounded(view, comparison) for comparison in wrong)
    if rounded and not solution.trusted:
        sentence = "The given values are rounded, and are set aside. Given were:"
    elif rounded:
        sentence = (
            "The given values are rounded. They are used as they stand; unrounded, the "
            "equations give:"
        )
    elif solution.trusted:
        sentence = (
            "The given values contradict the equations. They are trusted, as given "
            "values are unless told otherwise. What the equations would give in their place:"
        )
    else:
        sentence = "The given values contradict the equations and are set aside. Given were:"
    consequence = _consequence(view) if solution.trusted else None
    return Contradiction(sentence, _compared(view, wrong), consequence)


def _contradiction(page: Page, view: View) -> None:
    """Set given values beside what the equations make of them, where they differ."""
    found = contradiction(view)
    if found is None:
        return
    page.blank()
    _exclaim(page, found.sentence)
    page.blank()
    _compare(page, found.rows)
    if found.consequence:
        page.blank()
        page.paragraph(f"With --given recompute {found.consequence}.", 5)


def _exclaim(page: Page, content: str) -> None:
    for at, line in enumerate(wrapped(content, page.columns - 5)):
        page.lines.append((("  !  " if at == 0 else "     ", "warning"), (line, "plain")))


def _only_rounded(view: View, comparison: Comparison) -> bool:
    """Tell whether a given value is the computed one, rounded to the digits it was given with."""
    texts = view.problem.given[comparison.name].texts
    if texts is None:
        return False
    places = [len(t.partition(".")[2]) if "e" not in t.lower() else 9 for t in texts]
    half = 0.5 * 10.0 ** -np.array(places, dtype=float)
    off = np.abs(comparison.given - comparison.computed).ravel()
    return bool((off <= half * (1 + 1e-9)).all())


def _compared(view: View, wrong: Sequence[Comparison]) -> tuple[tuple[str, ...], ...]:
    inputs = [view.notation.name(data.name) for data in view.problem.roles("input")]
    start = inputs[0] if len(inputs) == 1 else "the inputs"
    header = ["", "given", "from the given values before it", f"all from {start}"]
    rows = [header, *(_row(view, comparison) for comparison in wrong)]
    rows += _first_gradient(view, wrong)
    return tuple(map(tuple, rows))


def _compare(page: Page, rows: Sequence[Sequence[str]]) -> None:
    header = rows[0]
    widths = [max(width(row[j]) for row in rows) for j in range(len(header))]
    if sum(widths) + 3 * GAP + 5 > page.columns:
        for name, own, *others in rows[1:]:
            page.paragraph(f"{name}  {own if own.startswith(THEN) else f'given {own}'}", 5, hang=2)
            for label, cell in zip(header[2:], others, strict=True):
                page.paragraph(f"{label}: {cell}", 7, hang=2)
        return
    for at, row in enumerate(rows):
        cells = [cell + " " * (widths[j] - width(cell)) for j, cell in enumerate(row)]
        page.text((" " * GAP).join(cells).rstrip(), "faint" if at == 0 else "plain", 5)


def _row(view: View, comparison: Comparison) -> list[str]:
    values = (comparison.given, comparison.computed, comparison.recomputed)
    return [view.notation.name(comparison.name), *(_short(view, value) for value in values)]


def _short(view: View, value: Array) -> str:
    """Return a value in one row, whole up to a dozen entries: (1, 2; 3, 4)."""
    if (value.ndim != 2 and value.size <= DOZEN) or value.size == 1:
        return value_box(replace(view, full=True), value, figures(value)).rows[0]
    if value.size > DOZEN:
        largest = figures(value.ravel()[[np.argmax(np.nan_to_num(np.abs(value)))]])[0]
        return f"{value.size} entries, largest {view.notation.number(largest)}"
    rows = (", ".join(map(view.notation.number, figures(row))) for row in value)
    return f"({'; '.join(rows)})"


def _first_gradient(view: View, wrong: Sequence[Comparison]) -> list[list[str]]:
    """Return the row of the first gradient, if the last given value decides it."""
    recomputed, problem = view.solution.recomputed, view.problem
    name = gradient_name(problem.loss, wrong[-1].name)
    if recomputed is None or name not in recomputed or not view.solution.trusted:
        return []
    if len(wrong) != len(view.solution.comparisons):
        return []
    alone = without(view.solution, wrong[-1].name)
    own, *others = (_short(view, each[name]) for each in (view.solution.values, alone, recomputed))
    return [[view.notation.name(name), THEN + own, *others]]


def _consequence(view: View) -> str | None:
    """Say what becomes of the gradients without the given values."""
    solution = view.solution
    if solution.recomputed is None:
        return None
    names = [ref.name for ref in view.problem.find if ref.name in solution.recomputed]
    pairs = [(solution.values[name], solution.recomputed[name]) for name in names]
    if pairs and all((a * b < 0).all() for a, b in pairs):
        return (
            "every gradient changes its sign" if len(pairs) > 1 else "the answer changes its sign"
        )
    return "they are set aside and everything follows from the inputs"


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
