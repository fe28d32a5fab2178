"""Counts, points and mistakes of a class in words."""

from __future__ import annotations

from gradcalc.grading.tally import BLANK, UNEXPLAINED, UNREADABLE
from gradcalc.report.figures import figure
from gradcalc.report.page import TIED
from gradcalc.report.wording import MISTAKE_WORDS


def mistake_name(rule: str) -> str:
    """Return a mistake, or what a teacher has ruled on, in a few words."""
    others = {BLANK: "left blank", UNREADABLE: "unreadable", UNEXPLAINED: "no rule explains it"}
    return others.get(rule) or MISTAKE_WORDS.get(rule, rule)


def points_text(value: float, decimals: int = 2) -> str:
    """Return points as people write them: no more decimals than say something."""
    return figure(round(value, decimals))


def so_many_points(value: float) -> str:
    text = points_text(value, 1)
    return f"{text} point{'s' * (text != '1')}"


def percent(share: float) -> str:
    return f"{100 * share:.0f}{TIED}%"


def counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"
