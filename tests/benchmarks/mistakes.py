"""Measure the library of mistakes: `python -m tests.benchmarks.mistakes [--quick]`.

Random networks, each slip that shows on them put into a student's sheet, and what the
check says of it. The student's values come from one run over all rewritten lines, so
that the search has no part in them.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from random import Random
from typing import Literal

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from gradcalc.algebra.kernels import Array
from gradcalc.algebra.shapes import ShapeError
from gradcalc.engine.evaluate import Program
from gradcalc.engine.graph import Node
from gradcalc.engine.rounding import Rounding
from gradcalc.grading.answers import Answer, Sheet
from gradcalc.grading.computing import put_in_place
from gradcalc.grading.library import RULES, slips_of
from gradcalc.grading.lines import Lines
from gradcalc.grading.marking import check
from gradcalc.grading.mistake import Slip, shape_of, stretches
from gradcalc.grading.verdict import Review
from gradcalc.grading.written import Written, read_written
from tests.benchmarks.networks import gradients, network

Outcome = Literal["first", "equal", "later", "missed", "unexplained", "wrong"]
OUTCOMES: tuple[Outcome, ...] = ("first", "equal", "later", "missed", "unexplained", "wrong")
PAIRS = 12
"""Random pairs of different rules tried on each network."""


@dataclass(frozen=True)
class Style:
    """How a student writes: decimals or significant digits, and what is carried on."""

    digits: int
    significant: bool
    carried: bool
    """Whether the rounded values are what the next step is computed from."""
    stripped: bool = False
    """Whether zeros at the end are not written."""

    @property
    def rounding(self) -> Rounding:
        """Return the rounding of every written line."""
        if self.significant:
            return Rounding(significant=self.digits)
        return Rounding(decimals=self.digits)

    def text(self, value: float) -> str:
        """Return a number as this student writes it."""
        form = f"#.{self.digits}g" if self.significant else f".{self.digits}f"
        text = format(value, form)
        mantissa, e, exponent = text.partition("e")
        if self.stripped and "." in mantissa:
            mantissa = mantissa.rstrip("0")
        return mantissa.rstrip(".") + e + exponent


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
        return style.rounding(name, value) if style.carried else value

    values = program.run(lines.start, adjust=adjust, strict=False)
    finite = all(np.isfinite(value).all() for value in values.values())
    return values if finite else None


def sheet_of(values: dict[str, Array], names: Sequence[str], style: Style) -> Sheet:
    """Return what a student hands in: these values, in this order, as the style has it."""
    answers = []
    for line, name in enumerate(names, 1):
        cells = tuple(_written(style.text(float(entry))) for entry in values[name].ravel())
        text = " ".join(cell.text for cell in cells)
        answers.append(Answer(name, None, line, text, values[name].shape, cells))
    return Sheet("<benchmark>", tuple(answers))


def _written(text: str) -> Written:
    if text.startswith("-") and not text.strip("-0."):
        text = text[1:]
    return read_written(text)


def computed(lines: Lines) -> list[str]:
    """Return all lines that a page shows, Jacobians and dL/dL apart."""
    jacobians = lines.problem.jacobians
    loss = lines.problem.loss
    return [name for name in lines.visible if name not in jacobians and name != f"d{loss}/d{loss}"]


def shows(wrong: Sheet, right: Sheet) -> bool:
    """Tell whether some entry differs by more than the last digit that is written."""
    for one, other in zip(wrong.answers, right.answers, strict=True):
        if one.shape != other.shape:
            return True
        for mine, due in zip(one.cells, other.cells, strict=True):
            assert mine is not None
            assert due is not None
            unit = max(float(mine.unit), float(due.unit))
            if abs(mine.value - due.value) > 1.01 * unit:
                return True
    return False


def outcome(review: Review, rule: str) -> Outcome:
    """Say how well a review names the rule that was broken."""
    if review.right:
        return "missed"
    first, *rest = review.findings
    if any(rule in finding.explanations[0].rules for finding in rest if finding.explanations):
        later: Outcome = "later"
    else:
        later = "unexplained" if not first.explained else "wrong"
    if not first.explanations:
        return later
    if rule in first.explanations[0].rules:
        return "first"
    if any(rule in each.rules for each in first.explanations):
        return "equal"
    return later


@dataclass
class Counts:
    """What came of the sheets of one or of many networks."""

    single: dict[str, Counter[tuple[str, Outcome]]] = field(
        default_factory=lambda: {"steps": Counter(), "asked": Counter()}
    )
    pairs: dict[str, Counter[str]] = field(
        default_factory=lambda: {"steps": Counter(), "asked": Counter()}
    )
    right: Counter[str] = field(default_factory=Counter)

    def add(self, other: Counts) -> None:
        for kind in self.single:
            self.single[kind].update(other.single[kind])
            self.pairs[kind].update(other.pairs[kind])
        self.right.update(other.right)


@dataclass(frozen=True)
class Trial:
    """One sheet with slips: how it was made, and what it shows."""

    kind: str
    slips: tuple[Slip, ...]
    style: Style
    sheet: Sheet


def trials(lines: Lines, slips: tuple[Slip, ...], random: Random) -> Iterator[Trial]:
    """Yield the sheets of a student with these slips on which each of them shows."""
    for kind, names in (("steps", computed(lines)), ("asked", gradients(lines))):
        style = Style(4, random.random() < 0.5, random.random() < 0.5)
        sheets = []
        for some in ((), *_fewer(slips), slips):
            values = values_of(lines, some, style)
            if values is None:
                return
            sheets.append(sheet_of(values, names, style))
        *others, wrong = sheets
        if all(shows(wrong, other) for other in others):
            yield Trial(kind, slips, style, wrong)


def _fewer(slips: tuple[Slip, ...]) -> list[tuple[Slip, ...]]:
    """Return the slips with one left out, each in turn, where there are several."""
    if len(slips) < 2:
        return []
    return [slips[:at] + slips[at + 1 :] for at in range(len(slips))]


def single(seed: int) -> Counts:
    """Return what is said of every single slip on one network."""
    lines, random, counts = network(seed), Random(seed), Counts()
    for slip in slips_of(lines):
        for trial in trials(lines, (slip,), random):
            found = outcome(check(lines.problem, trial.sheet), slip.rule)
            counts.single[trial.kind][slip.rule, found] += 1
    return counts


def pairs(seed: int, tries: int = PAIRS) -> Counts:
    """Return what is said of random pairs of slips of different rules on one network."""
    lines, random, counts = network(seed), Random(-seed - 1), Counts()
    slips = slips_of(lines)
    for _ in range(tries):
        one, other = random.choice(slips), random.choice(slips)
        if one.rule == other.rule or {e.line for e in one.edits} & {e.line for e in other.edits}:
            continue
        for trial in trials(lines, (one, other), random):
            review = check(lines.problem, trial.sheet)
            counts.pairs[trial.kind][_named(review, {one.rule, other.rule})] += 1
    return counts


def _named(review: Review, rules: set[str]) -> str:
    found: set[str] = set()
    for finding in review.findings:
        for explanation in finding.explanations:
            found |= rules & set(explanation.rules)
    return ("none", "one", "both")[len(found)]


def right(seed: int, tries: int = 50) -> Counts:
    """Return the verdicts on right answers, rounded in every way that people round."""
    lines, random, counts = network(seed), Random(seed), Counts()
    for _ in range(tries):
        style = Style(
            random.choice((2, 3, 4)),
            random.random() < 0.5,
            random.random() < 0.5,
            random.random() < 0.3,
        )
        values = values_of(lines, (), style)
        names = computed(lines)
        handed = random.choice(("all", "some", "asked"))
        if handed == "asked":
            names = gradients(lines)
        elif handed == "some":
            names = [name for name in names if random.random() < 0.6]
        if values is None or not names:
            continue
        review = check(lines.problem, sheet_of(values, names, style))
        wrong = [verdict for verdict in review.verdicts if not verdict.right]
        counts.right["sheets"] += 1
        counts.right["accused"] += bool(wrong)
        counts.right["entries"] += len(review.verdicts)
    return counts
