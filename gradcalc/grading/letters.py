"""Judge the letter of an option."""

from __future__ import annotations

from gradcalc.grading.answers import Answer
from gradcalc.grading.comparison import Tolerance
from gradcalc.grading.options import check_options
from gradcalc.grading.verdict import Verdict
from gradcalc.problem.document import MappingNode
from gradcalc.problem.model import Problem


def judge_letter(problem: Problem, answer: Answer, tolerance: Tolerance) -> Verdict:
    """Return the verdict on the letter of an option."""
    letter = answer.letter or ""
    if answer.reason is not None or not isinstance(problem.extras.get("options"), MappingNode):
        reason = answer.reason or "the problem has no options"
        return Verdict("answer", (), answer.line, "unreadable", answer.text, reason=reason)
    right = letter in check_options(problem, tolerance).key
    return Verdict("answer", (), answer.line, "correct" if right else "incorrect", letter)
