"""A teacher's rulings on answers that no rule explains: kept with the marks, applied again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gradcalc.algebra.expr import Expr, symbols
from gradcalc.algebra.inference import shape_finder
from gradcalc.algebra.kernels import Array
from gradcalc.algebra.shapes import ShapeError, describe
from gradcalc.engine.evaluate import Program
from gradcalc.engine.graph import Node
from gradcalc.errors import ProblemError, Source, suggestion
from gradcalc.grading.answers_formula import read_formula
from gradcalc.grading.answers_names import Quantities
from gradcalc.grading.comparison import Tolerance
from gradcalc.grading.earlier import Mask
from gradcalc.grading.lines import Lines
from gradcalc.grading.marked import Answers, rowwise
from gradcalc.problem.document import MappingNode, ScalarNode, SequenceNode, Value, parse_document
from gradcalc.problem.naming import Reference
from gradcalc.problem.numbers import NumeralArray, read_array, read_number

KEYS = ("problem", "at", "value", "as_if", "name", "share")


@dataclass(frozen=True)
class Ruling:
    """One ruling: who writes this value, or this formula's, gets this share of the points."""

    at: str
    name: str
    share: float
    value: Array | None = None
    half: Array | None = None
    formula: Expr | None = None

    def applies(
        self, answers: Answers, lines: Lines, values: Mapping[str, Array], tolerance: Tolerance
    ) -> Mask:
        """Tell for each student whether the answer is the one that was ruled on.

        values: what the students' own values give, students first.
        """
        if self.value is not None and self.half is not None:
            due, further = self.value, self.half
        else:
            assert self.formula is not None
            shapes = {name: lines.shapes[name] for name in symbols(self.formula)}
            node = Node("ruled", self.formula, lines.shapes[self.at])
            program = Program([node], shapes, lines.problem.table)
            due = program.run({n: values[n] for n in shapes}, strict=False)["ruled"]
            further = np.zeros(())
        if not tolerance.of_writer:
            further = np.zeros(())
        same = answers.typed.agrees(np.broadcast_to(due, answers.value.shape), tolerance, further)
        alike = rowwise(same | ~answers.mask).all(axis=1)
        return np.asarray(alike & rowwise(answers.mask).any(axis=1))


def read_rulings(source: Source, lines: Lines, label: str = "") -> tuple[Ruling, ...]:
    """Return the rulings of a file: a list under `rulings:`.

    label: what the problem is called among several; rulings on others are left out.
    Raises ProblemError with the place of whatever is no ruling.
    """
    root = parse_document(source)
    node = root.get("rulings")
    if not isinstance(node, SequenceNode):
        raise ProblemError(
            "there is no list of rulings",
            root.span,
            hint="rulings: [{at: z1, value: [0.1, 0.2], name: W1 read by rows, share: 0.5}]",
        )
    quantities = Quantities(lines.problem)
    return tuple(_ruling(item, lines, quantities) for item in node.items if _concerns(item, label))


def _concerns(node: Value, label: str) -> bool:
    """Tell whether a ruling is on the problem of this name."""
    problem = node.get("problem") if isinstance(node, MappingNode) else None
    return not label or not isinstance(problem, ScalarNode) or problem.text.strip() == label


def _ruling(node: Value, lines: Lines, quantities: Quantities) -> Ruling:
    if not isinstance(node, MappingNode):
        raise ProblemError(
            "a ruling is a mapping", node.span, hint="{at: z1, value: …, share: 0.5}"
        )
    for key, _ in node.pairs:
        if key.text not in KEYS:
            raise ProblemError(
                f"{key.text} is no part of a ruling",
                key.span,
                hint=suggestion(key.text, KEYS, ", ".join(KEYS)),
            )
    at, name = _text(node, "at"), _text(node, "name")
    found = quantities.find(at)
    if not isinstance(found, Reference) or found.name not in lines.shapes:
        reason = found if isinstance(found, str) else f"{at} is no line that is judged"
        raise ProblemError(reason, node.span)
    if found.index is not None:
        raise ProblemError("a ruling is on a whole quantity", node.span, hint=f"at: {found.name}")
    share = read_number(_value(node, "share"), "share").value
    if not 0 <= share <= 1:
        raise ProblemError("share is from 0 to 1", _value(node, "share").span)
    value, as_if = node.get("value"), node.get("as_if")
    if (value is None) == (as_if is None):
        raise ProblemError("a ruling has a value or a formula as_if", node.span)
    if value is not None:
        array, half = _numbers(read_array(value, "value"), lines, found.name, value)
        return Ruling(found.name, name, share, array, half)
    text = _text(node, "as_if")
    try:
        formula = read_formula(text, quantities)
        shape_finder(lines.shapes, lines.problem.table)(formula)
    except (ValueError, ShapeError) as error:
        raise ProblemError(f"as_if: {error}", _value(node, "as_if").span) from None
    return Ruling(found.name, name, share, formula=formula)


def _numbers(cells: NumeralArray, lines: Lines, name: str, node: Value) -> tuple[Array, Array]:
    """Return the numbers of a ruling in the shape of the quantity, and their half units."""
    shape = tuple(int(dim) for dim in lines.shapes[name])
    count = int(np.prod(shape, dtype=int))
    if len(cells.cells) != count:
        raise ProblemError(
            f"{name} has {describe(shape)}, here: {describe(cells.shape)}", node.span
        )
    flat = np.array([cell.value for cell in cells.cells])
    places = [len(cell.text.partition(".")[2].rstrip("eE")) for cell in cells.cells]
    half = np.array([0.5 * 10.0**-place for place in places])
    return flat.reshape(shape), half.reshape(shape)


def _value(node: MappingNode, key: str) -> Value:
    found = node.get(key)
    if found is None:
        raise ProblemError(f"the ruling has no {key}", node.span)
    return found


def _text(node: MappingNode, key: str) -> str:
    found = _value(node, key)
    if not isinstance(found, ScalarNode):
        raise ProblemError(f"{key} is a text", found.span)
    return found.text.strip()
