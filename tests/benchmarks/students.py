"""Sheets of invented students: what they compute, with or without slips, and write down.

The values come from one run over all rewritten lines, so that the search for mistakes
has no part in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

import numpy as np

from gradcalc.algebra.formula.shapes import ShapeError
from gradcalc.algebra.operations.kernels import Array
from gradcalc.engine.evaluate import Program
from gradcalc.engine.graph import Node
from gradcalc.engine.rounding import round_decimals, round_significant
from gradcalc.grading.answers.sheet import Answer, Sheet
from gradcalc.grading.answers.written import Written, read_written
from gradcalc.grading.evaluation.lines import Lines
from gradcalc.grading.mistakes.rule import Slip, put_in_place, shape_of, stretches

Ties = Literal["half_up", "half_even", "binary"]
"""What becomes of halves; binary: as Python and C print a number."""

NOTHING = 1e-14
"""What numbers that cancel leave: nobody writes it down."""


@dataclass(frozen=True)
class Style:
    """How a student writes.

    significant: digits are significant ones, else decimals; carried: the next step
    reads what is written, and not what was computed; stripped: zeros at the end are not
    written; inside: steps inside a line are rounded as well.
    """

    digits: int
    significant: bool
    carried: bool
    stripped: bool = False
    ties: Ties = "half_up"
    inside: bool = False

    def rounded(self, value: Array) -> Array:
        """Return a value as it is carried on."""
        if self.ties == "binary":
            form = f".{self.digits}{'g' if self.significant else 'f'}"
            flat = [float(format(entry, form)) for entry in value.ravel().tolist()]
            return np.array(flat).reshape(value.shape)
        if self.significant:
            return round_significant(value, self.digits, self.ties)
        return round_decimals(value, self.digits, self.ties)

    def text(self, value: float) -> str:
        """Return a number as this student writes it."""
        form = f"#.{self.digits}g" if self.significant else f".{self.digits}f"
        value = value if abs(value) > NOTHING else 0.0
        mantissa, e, exponent = format(value, form).partition("e")
        if self.stripped and "." in mantissa:
            mantissa = mantissa.rstrip("0")
        text = mantissa.rstrip(".") + e + exponent
        return text.lstrip("-") if not text.strip("-0.") else text


def any_style(random: Random) -> Style:
    """Return one of the ways in which people round right answers."""
    return Style(
        random.choice((2, 3, 4)),
        random.random() < 0.5,
        random.random() < 0.5,
        random.random() < 0.3,
        random.choice(("half_up", "half_even", "binary")),
        random.random() < 0.2,
    )


def values_of(lines: Lines, slips: Sequence[Slip], style: Style) -> dict[str, Array] | None:
    """Return every value as a student with these slips computes it; None where one cannot."""
    put = put_in_place(lines, slips)
    nodes = []
    for node in lines.nodes:
        expr = put.get(node.name, node.expr)
        shape = shape_of(lines, expr)
        if shape is None:
            return None
        own = node.shape if stretches(shape, node.shape) else shape
        nodes.append(Node(node.name, expr, own, node.span, node.hidden))
    try:
        program = Program(nodes, lines.inputs, lines.problem.table)
    except ShapeError:
        return None

    def adjust(name: str, value: Array) -> Array:
        if not style.carried or (lines.by_name[name].hidden and not style.inside):
            return value
        return style.rounded(value)

    values = program.run(lines.start, adjust=adjust, strict=False)
    finite = all(np.isfinite(value).all() for value in values.values())
    return values if finite else None


def sheet_of(values: dict[str, Array], names: Sequence[str], style: Style) -> Sheet:
    """Return what a student hands in: these values, in this order, in the student's style."""
    answers = []
    for line, name in enumerate(names, 1):
        texts = [style.text(entry) for entry in values[name].ravel().tolist()]
        answers.append(answer_of(name, line, texts, values[name].shape))
    return Sheet("<benchmark>", tuple(answers))


def answer_of(name: str, line: int, texts: Sequence[str], shape: tuple[int, ...]) -> Answer:
    """Return an answer of numbers as they are written."""
    return Answer(name, None, line, " ".join(texts), shape, tuple(map(read_written, texts)))


def computed(lines: Lines) -> list[str]:
    """Return all lines that a page shows, Jacobians and dL/dL apart."""
    loss, jacobians = lines.problem.loss, lines.problem.jacobians
    return [name for name in lines.visible if name not in jacobians and name != f"d{loss}/d{loss}"]


def gradients(lines: Lines) -> list[str]:
    """Return the gradients that are asked for, in the order of the solution."""
    asked = {find.name for find in lines.problem.find}
    return [name for name in lines.visible if name in asked]


def shows(wrong: Sheet, right: Sheet) -> bool:
    """Tell whether some entry differs by more than the last digit that is written."""
    for one, other in zip(wrong.answers, right.answers, strict=True):
        if one.shape != other.shape:
            return True
        for mine, due in zip(_written(one), _written(other), strict=True):
            if abs(mine.value - due.value) > 1.01 * max(float(mine.unit), float(due.unit)):
                return True
    return False


def _written(answer: Answer) -> list[Written]:
    return [cell for cell in answer.cells if cell is not None]
