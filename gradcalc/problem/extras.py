"""Read the keys that other commands use: options, published values, points."""

from __future__ import annotations

import re

from gradcalc.algebra.shapes import describe
from gradcalc.errors import ProblemError, listed
from gradcalc.problem.document import MappingNode, ScalarNode, Value
from gradcalc.problem.model import sized
from gradcalc.problem.numbers import read_array
from gradcalc.problem.vocabulary import Vocabulary

KEPT = ("options", "answer", "expect", "marking")
_FORMULA = re.compile(r"[^\W\d_].*[-+*/(@^']|[*(@^'].*[^\W\d_]")
_NOT_FINITE = re.compile(r"[+-]?(?:\.?(?:nan|inf(?:inity)?)|[\d.]+e\d+)\Z", re.IGNORECASE)


def read_extras(root: MappingNode, vocabulary: Vocabulary) -> dict[str, Value]:
    """Return the keys that other commands read, once they are well formed."""
    _check_options(root.get("options"), root.get("answer"))
    _check_expected(root.get("expect"), vocabulary)
    return {key: value for key in KEPT if (value := root.get(key)) is not None}


def _check_options(options: Value | None, answer: Value | None) -> None:
    pairs = options.pairs if isinstance(options, MappingNode) else ()
    if isinstance(options, MappingNode) and not pairs:
        raise ProblemError("options is empty", options.span, hint="options: {a: [1, 2], b: [2, 1]}")
    for label, value in pairs:
        if isinstance(value, ScalarNode) and value.empty:
            raise ProblemError(f"option {label.text} is empty", label.span)
        if not isinstance(value, ScalarNode) or _NOT_FINITE.match(value.text.strip()):
            read_array(value, f"option {label.text}")
    if not isinstance(answer, ScalarNode):
        return
    if not pairs:
        raise ProblemError(
            "answer without options", answer.span, hint="options: {a: [1, 2], b: [2, 1]}"
        )
    labels = [label.text for label, _ in pairs]
    if answer.text.strip() not in labels:
        raise ProblemError(
            f"{answer.text.strip()} is not the letter of an option",
            answer.span,
            hint="the options are " + listed(labels),
        )


def _check_expected(expect: Value | None, vocabulary: Vocabulary) -> None:
    for key, value in expect.pairs if isinstance(expect, MappingNode) else ():
        due = vocabulary.shape(vocabulary.read(key))
        if isinstance(value, ScalarNode) and _FORMULA.search(value.text):
            continue  # `check` reads formulas
        found = read_array(value, key.text).shape
        single = all(dim == 1 for dim in (*found, *due))
        letters = any(isinstance(dim, str) for dim in due)
        if found != due and not single and not letters:
            raise ProblemError(f"{sized(key.text, due)}, here: {describe(found)}", value.span)
