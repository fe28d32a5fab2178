"""Read a marking scheme: points, shares for what follows, deductions by mistake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from gradcalc.algebra.kernels import Array
from gradcalc.errors import ProblemError, suggestion
from gradcalc.grading.block import Column
from gradcalc.grading.library import RULES
from gradcalc.grading.patterns import PATTERN_IDS
from gradcalc.problem.document import MappingNode, ScalarNode, Value
from gradcalc.problem.model import Problem
from gradcalc.problem.naming import Index
from gradcalc.problem.numbers import read_number
from gradcalc.problem.vocabulary import Vocabulary

WORDS = ("points", "follows", "convention", "blank", "deduct", "cap")
MOST_POINTS = 1e6
MISTAKES = (*RULES, *PATTERN_IDS, "transcription")


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
