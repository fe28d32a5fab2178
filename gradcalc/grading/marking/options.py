"""Judge the options of a multiple-choice problem: the key, and what the others come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from gradcalc.algebra.operations.kernels import Array
from gradcalc.errors import ProblemError
from gradcalc.grading.answers.names import Quantities
from gradcalc.grading.answers.sheet import Answer, text_of
from gradcalc.grading.answers.values import ValueReader
from gradcalc.grading.answers.written import Written
from gradcalc.grading.evaluation.comparison import Tolerance, Typed, leading, shown_bit, typed
from gradcalc.grading.evaluation.lines import Lines, lines_of
from gradcalc.grading.marking.formulas import judge_formula
from gradcalc.grading.marking.verdict import Verdict
from gradcalc.grading.mistakes.diagnosis import diagnose
from gradcalc.grading.mistakes.search import Explanation, Search
from gradcalc.problem.model import Problem
from gradcalc.problem.names import Reference
from gradcalc.problem.text.yaml_nodes import MappingNode, ScalarNode, Value

NONE_OF_THESE = ("none of these", "none of the above", "none of them", "none", "no option")


@dataclass(frozen=True)
class Option:
    """One option: its verdict, and the simplest mistakes that give it.

    complete: no combination of mistakes was left out of the search.
    """

    label: str
    answer: Answer
    verdict: Literal["correct", "incorrect"]
    explanations: tuple[Explanation, ...] = ()
    none: bool = False
    complete: bool = True
    reason: str | None = None


@dataclass(frozen=True)
class OptionsReview:
    """The options of a problem, judged."""

    lines: Lines
    find: Reference
    options: tuple[Option, ...]
    warnings: tuple[str, ...]

    @property
    def problem(self) -> Problem:
        """Return the problem."""
        return self.lines.problem

    @property
    def key(self) -> tuple[str, ...]:
        """Return the labels of all options that are right."""
        return tuple(option.label for option in self.options if option.verdict == "correct")

    @property
    def fine(self) -> bool:
        """Tell whether exactly one option is right and nothing is warned of."""
        return len(self.key) == 1 and not self.warnings


@np.errstate(over="ignore", invalid="ignore")  # numbers near the end of the range
def check_options(problem: Problem, tolerance: Tolerance | None = None) -> OptionsReview:
    """Return the key among a problem's options, and which mistakes give the others.

    tolerance: how near a value has to be, in place of the digits that the options have.
    Raises ProblemError where there are no options, or not one quantity is asked for.
    """
    section = problem.extras.get("options")
    if not isinstance(section, MappingNode):
        raise ProblemError(
            "the problem has no options",
            where=problem.source.name,
            hint="options: {a: [1, 2], b: [2, 1]}, or name a file of answers",
        )
    if len(problem.find) != 1:
        raise ProblemError(
            "options are for one quantity; find names " + (str(len(problem.find)) or "none"),
            section.span,
            hint="find: dL/dW1",
        )
    lines, (find,) = lines_of(problem), problem.find
    search = Search(lines, find.name)
    answers = [_answer(lines, find, node) for _, node in section.pairs]
    cells = [cell for answer in answers for cell in answer.cells if cell and cell.rounded]
    digits = Printed(
        max((cell.decimals for cell in cells), default=0),
        max((cell.significant for cell in cells), default=0),
    )
    options = [
        _judged(search, find, key.text, answer, digits, tolerance or Tolerance())
        for (key, _), answer in zip(section.pairs, answers, strict=True)
    ]
    if not any(option.verdict == "correct" for option in options):
        options = [
            replace(option, verdict="correct" if option.none else "incorrect") for option in options
        ]
    found = OptionsReview(lines, find, tuple(options), ())
    return replace(found, warnings=tuple(_warnings(found)))


@dataclass(frozen=True)
class Printed:
    """How many decimals and significant digits the options of a question are printed with."""

    decimals: int
    significant: int

    def typed(
        self, cells: Sequence[Written | None], shape: Sequence[int], at: tuple[int, ...] | None
    ) -> Typed:
        """Return an option; what is shorter than the longest of all has lost its zeros."""
        found = typed(cells, shape, at, shown_bit(self.decimals))
        places = 10.0 ** (leading(found.value) + 1 - self.significant)
        room = np.maximum(0.5 * 10.0**-self.decimals, 0.5 * places * (found.value != 0))
        return replace(found, half=np.where(found.mask, np.minimum(found.half, room), 0.0))


def _answer(lines: Lines, find: Reference, node: Value) -> Answer:
    """Return an option as an answer to what is asked for."""
    text = text_of(node)
    line = node.span.line
    if text.casefold().rstrip(".") in NONE_OF_THESE:
        return Answer(find.name, find.index, line, text, letter=text)
    shape = lines.shapes[find.name] if find.index is None else ()
    due = tuple(int(dim) for dim in shape)
    value = ValueReader(Quantities(lines.problem)).value([text], text, find, due)
    return Answer(
        find.name,
        find.index,
        line,
        text,
        value.shape,
        value.cells,
        value.formula,
        reason=value.reason,
    )


def _judged(
    search: Search,
    find: Reference,
    label: str,
    answer: Answer,
    digits: Printed,
    tolerance: Tolerance,
) -> Option:
    lines = search.lines
    if answer.letter is not None:
        return Option(label, answer, "incorrect", none=True)
    if answer.reason is not None:
        return Option(label, answer, "incorrect", reason=answer.reason)
    if answer.formula is not None:
        verdict, finding = judge_formula(lines, answer, tolerance)
        right = verdict.status == "correct"
        return Option(
            label,
            answer,
            "correct" if right else "incorrect",
            finding.explanations if finding else (),
            reason=verdict.reason,
        )
    return _numbers(search, label, answer, digits, tolerance)


def _numbers(
    search: Search, label: str, answer: Answer, digits: Printed, tolerance: Tolerance
) -> Option:
    """Return an option of numbers, judged at the precision that all are printed with."""
    lines = search.lines
    if not lines.problem.numeric:
        return Option(label, answer, "incorrect", reason="the problem has letters")
    whole = tuple(int(dim) for dim in lines.shapes[answer.name])
    if answer.shape == (() if answer.index is not None else whole):
        written = digits.typed(answer.cells, whole, answer.index)
        written = replace(written, mask=written.mask & ~np.isnan(lines.values[answer.name]))
        if agrees(written, search.unchanged, tolerance):
            return Option(label, answer, "correct")
    else:
        written = digits.typed(answer.cells, answer.shape, None)
    diagnosis = diagnose(search, written, tolerance)
    return Option(label, answer, "incorrect", diagnosis.explanations, complete=diagnosis.complete)


def agrees(written: Typed, value: Array, tolerance: Tolerance) -> bool:
    """Tell whether a value is what is printed."""
    same = written.agrees(value, tolerance)
    return bool(same[written.mask].all())


def _warnings(review: OptionsReview) -> list[str]:
    found = []
    key = review.key
    if not key:
        found.append("No option is right.")
    elif len(key) > 1:
        found.append(
            f"Options {_listed(key)} are both right."
            if len(key) == 2
            else f"Options {_listed(key)} are all right."
        )
    gap = review.lines.gaps.get(review.find.name)
    if gap is not None:
        found.append(f"{gap.name} does not exist {gap.told}; it is not compared there.")
    found += [
        f"Options {_listed(group)} are equal as they are printed."
        for group in _equal(review.options)
    ]
    found += [
        f"Option {option.label} cannot be judged: {option.reason}."
        for option in review.options
        if option.reason is not None
    ]
    declared = review.problem.extras.get("answer")
    if isinstance(declared, ScalarNode) and declared.text.strip() not in key:
        own = f"the value is that of {_listed(key)}" if key else "no option has the value"
        found.append(f"The file's answer is {declared.text.strip()}; {own}.")
    return found


def _listed(labels: Sequence[str]) -> str:
    return labels[0] if len(labels) == 1 else ", ".join(labels[:-1]) + " and " + labels[-1]


def _equal(options: Sequence[Option]) -> list[list[str]]:
    """Return groups of options that are the same numbers."""
    groups: dict[tuple[object, ...], list[str]] = {}
    for option in options:
        cells = option.answer.cells
        if cells and None not in cells:
            key = (option.answer.shape, *(cell.exact for cell in cells if cell is not None))
            groups.setdefault(key, []).append(option.label)
    return [labels for labels in groups.values() if len(labels) > 1]


def judge_letter(problem: Problem, answer: Answer, tolerance: Tolerance) -> Verdict:
    """Return the verdict on the letter of an option."""
    letter = answer.letter or ""
    if answer.reason is not None or not isinstance(problem.extras.get("options"), MappingNode):
        reason = answer.reason or "the problem has no options"
        return Verdict("answer", (), answer.line, "unreadable", answer.text, reason=reason)
    right = letter in check_options(problem, tolerance).key
    return Verdict("answer", (), answer.line, "correct" if right else "incorrect", letter)
