"""What a check finds: one verdict an entry, and what went wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from gradcalc.algebra.formula.shapes import Index
from gradcalc.grading.answers.sheet import Answer, Sheet
from gradcalc.grading.answers.written import NOISE
from gradcalc.grading.evaluation.comparison import NOTHING
from gradcalc.grading.evaluation.follow_through import Style
from gradcalc.grading.evaluation.lines import Lines
from gradcalc.grading.mistakes.diagnosis import Finding

Status: TypeAlias = Literal[
    "correct", "follows", "convention", "incorrect", "unreadable", "missing"
]


@dataclass(frozen=True)
class Verdict:
    """The judgement on one entry of an answer.

    expected: the value without rounding; own: what the writer's own values give.
    cut: right with its last digits cut off; rounded: the earlier line that it rounds;
    repeats: the earlier line that says the same; kept: right only if digits were kept
    that are not written; finding: which of the findings it belongs to; fault: gradcalc itself
    failed at it; absent: there is no value, and nothing is judged; digits: how many
    significant ones are written, 0 for none and for a fraction.
    """

    name: str
    index: Index
    line: int
    status: Status
    given: str
    value: float | None = None
    expected: float | None = None
    own: float | None = None
    reason: str | None = None
    cut: bool = False
    rounded: int | None = None
    repeats: int | None = None
    kept: bool = False
    finding: int | None = None
    fault: bool = False
    absent: bool = False
    digits: int = 0

    @property
    def right(self) -> bool:
        """Tell whether nothing is wrong with the entry itself."""
        return self.status in ("correct", "follows", "convention")

    @property
    def rounds_to_zero(self) -> bool:
        """Tell whether it is a right 0 for a value that is 0 only once it is rounded."""
        if self.status != "correct" or self.value != 0 or self.expected is None:
            return False
        return abs(self.expected) > NOTHING

    @property
    def one_digit(self) -> bool:
        """Tell whether it is right with a single digit, for a value that has more."""
        if not self.right or self.digits != 1 or self.value is None or self.expected is None:
            return False
        return abs(self.value - self.expected) > NOISE * abs(self.expected)


@dataclass(frozen=True)
class Review:
    """A sheet judged whole.

    single: as printed from single precision, where its digits alone do not do.
    """

    lines: Lines
    sheet: Sheet
    verdicts: tuple[Verdict, ...]
    findings: tuple[Finding, ...]
    style: Style
    warnings: tuple[str, ...] = ()
    single: bool = False

    @property
    def right(self) -> bool:
        """Tell whether every answer that was given is right."""
        return all(verdict.right or verdict.status == "missing" for verdict in self.verdicts)

    @property
    def faults(self) -> int:
        """Return at how many answers gradcalc itself failed."""
        return sum(verdict.fault for verdict in self.verdicts)

    @property
    def first_wrong(self) -> str | None:
        """Return the quantity of the first wrong line, in the order of the page."""
        wrong = (verdict for verdict in self.verdicts if verdict.status == "incorrect")
        return next((verdict.name for verdict in wrong), None)


def answer_of(review: Review, line: int, name: str) -> Answer | None:
    """Return the answer to one quantity that stands on a line of the sheet."""
    answers = review.sheet.answers
    return next((a for a in answers if a.line == line and a.name == name), None)
