"""The marking scheme and the rulings: points, shares for what follows, deductions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from gradcalc.algebra.formula.expr import Expr, symbols
from gradcalc.algebra.formula.shapes import Index, ShapeError, describe
from gradcalc.algebra.operations.inference import shape_finder
from gradcalc.algebra.operations.kernels import Array, Mask
from gradcalc.engine.evaluate import Program
from gradcalc.engine.graph import Node
from gradcalc.errors import ProblemError, Source, suggestion
from gradcalc.grading.answers.names import Quantities
from gradcalc.grading.answers.values import read_formula
from gradcalc.grading.classes.marked_block import Answers, rowwise
from gradcalc.grading.evaluation.comparison import Tolerance
from gradcalc.grading.evaluation.lines import Lines
from gradcalc.grading.mistakes.library import RULES
from gradcalc.grading.mistakes.patterns import PATTERN_IDS
from gradcalc.grading.submissions.block import Column
from gradcalc.problem.model import Problem
from gradcalc.problem.names import Reference
from gradcalc.problem.reading.vocabulary import Vocabulary
from gradcalc.problem.text.numbers import NumeralArray, read_array, read_number
from gradcalc.problem.text.yaml_nodes import (
    MappingNode,
    ScalarNode,
    SequenceNode,
    Value,
    parse_document,
)

WORDS = ("points", "follows", "convention", "blank", "deduct", "cap")
MOST_POINTS = 1e6
MISTAKES = (*RULES, *PATTERN_IDS, "transcription")

KEYS = ("problem", "at", "value", "as_if", "name", "share")


@dataclass(frozen=True)
class Scheme:
    """How many points there are for what.

    whole: points of a quantity, shared by its entries; entries: points of single ones;
    default: points of any other quantity. follows, convention: the share of an entry that
    follows from an earlier error, or is right under an accepted convention. deduct: what a
    named mistake takes off, where a wrong entry would otherwise get nothing; blank: points
    of an entry that is left blank; cap: most points in all; undivided: quantities with
    options to choose from; a wrong option has no points for entries that happen to be right;
    measure: how near a value has to be, in words, where it is not to its own digits.
    """

    whole: Mapping[str, float] = field(default_factory=dict)
    entries: Mapping[tuple[str, Index], float] = field(default_factory=dict)
    default: float = 1.0
    follows: float = 1.0
    convention: float = 1.0
    blank: float = 0.0
    deduct: Mapping[str, float] = field(default_factory=dict)
    cap: float | None = None
    undivided: frozenset[str] = frozenset()
    measure: str = ""

    def points(self, columns: Sequence[Column]) -> Array:
        """Return the points of each entry; a quantity's points are shared evenly."""
        counts: dict[str, int] = {}
        for column in columns:
            if (column.name, column.index) not in self.entries:
                counts[column.name] = counts.get(column.name, 0) + 1
        found = []
        for column in columns:
            single = self.entries.get((column.name, column.index))
            if single is None:
                whole = self.whole.get(column.name, self.default)
                single = whole / counts[column.name]
            found.append(single)
        return np.array(found)

    def most(self, columns: Sequence[Column]) -> float:
        """Return the largest score that can be reached."""
        total = float(self.points(columns).sum())
        return total if self.cap is None else min(total, self.cap)

    @cached_property
    def described(self) -> str:
        """Return the scheme in one or two sentences."""
        parts = []
        if self.follows == 1:
            parts.append("full points for what follows from the student's own earlier values")
        elif self.follows:
            parts.append(f"{self.follows:g} of the points for what follows from earlier errors")
        else:
            parts.append("no points for what follows from earlier errors")
        if self.convention != 1:
            parts.append(f"{self.convention:g} of them under another accepted convention")
        if self.blank:
            parts.append(f"{self.blank:g} points for a blank")
        parts += [f"{rule} takes off {points:g}" for rule, points in self.deduct.items()]
        if self.cap is not None:
            parts.append(f"at most {self.cap:g} in all")
        if self.undivided:
            parts.append("none for a wrong option")
        if self.measure:
            parts.append(f"values are compared {self.measure}")
        text = "; ".join(parts)
        return text[0].upper() + text[1:] + "."


def read_scheme(node: Value | None, problem: Problem) -> Scheme:
    """Return the scheme under `marking:`, or the default one.

    Points stand by quantity, `marking: {dL/dW1: 4}`, beside the words follows,
    convention, blank, deduct and cap. Raises ProblemError at what cannot be one.
    """
    single = "options" in problem.extras and len(problem.find) == 1
    undivided = frozenset(ref.name for ref in problem.find if single)
    if node is None:
        return Scheme(undivided=undivided)
    if not isinstance(node, MappingNode):
        raise ProblemError("a marking scheme is a mapping", node.span, hint="marking: {dL/dW1: 4}")
    shapes = {**problem.forward.shapes, **problem.backward.graph.shapes}
    vocabulary = Vocabulary(problem.names, shapes, problem.loss)
    whole: dict[str, float] = {}
    entries: dict[tuple[str, Index], float] = {}
    words: dict[str, float] = {}
    deduct: dict[str, float] = {}
    pairs = list(node.pairs)
    for key, value in pairs:
        if key.text == "deduct":
            deduct = _deductions(value)
        elif key.text == "points" and isinstance(value, MappingNode):
            pairs.extend(value.pairs)
        elif key.text in WORDS:
            words[key.text] = _amount(value, key.text)
        else:
            found = vocabulary.read(key, more=WORDS)
            points = _amount(value, key.text)
            if found.index is None:
                whole[found.name] = points
            else:
                entries[(found.name, found.index)] = points
    for word in ("follows", "convention"):
        if words.get(word, 0) > 1:
            place = (node.key(word) or node).span
            raise ProblemError(f"{word} is a share from 0 to 1", place, hint=f"{word}: 0.5")
    return Scheme(
        whole,
        entries,
        words.get("points", 1.0),
        words.get("follows", 1.0),
        words.get("convention", 1.0),
        words.get("blank", 0.0),
        deduct,
        words.get("cap"),
        undivided,
    )


def _amount(node: Value, what: str) -> float:
    number = read_number(node, what)
    if not 0 <= number.value <= MOST_POINTS:
        raise ProblemError(f"{what} is a number from 0 to {MOST_POINTS:g}", number.span)
    return number.value


def _deductions(node: Value) -> dict[str, float]:
    if not isinstance(node, MappingNode):
        raise ProblemError("deduct names mistakes", node.span, hint="deduct: {loss-sign: 0.5}")
    found = {}
    for key, value in node.pairs:
        assert isinstance(key, ScalarNode)
        if key.text not in MISTAKES:
            raise ProblemError(
                f"{key.text} is not the id of a mistake",
                key.span,
                hint=suggestion(key.text, MISTAKES, "README.md lists the ids"),
            )
        found[key.text] = _amount(value, key.text)
    return found


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
