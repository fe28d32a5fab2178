"""Tell what of a class's submissions is not read although it looks like an answer."""

from __future__ import annotations

import re

from gradcalc.algebra.names import canonical, gradient_parts
from gradcalc.grading.answers_names import LETTER_NAMES, Quantities
from gradcalc.grading.block import Likeness, Unread
from gradcalc.grading.headers import EMAILS, FEEDBACK, IDS, NAMES, STAMPS, folded, near_miss
from gradcalc.grading.submissions_cells import written_in
from gradcalc.problem.naming import Reference

MOST = 200
"""Names of one source that are told."""
MOST_WORDS = 40
ABOUT = frozenset(
    (
        *(*IDS, *EMAILS, *NAMES, *STAMPS),
        *("firstname", "lastname", "surname", "forename", "givenname", "familyname", "vorname"),
        *("nachname", "section", "sections", "sectionname", "group", "groups", "team", "role"),
        *("institution", "department", "course", "class", "semester", "year", "program", "major"),
        *("state", "status", "grade", "maximumgrade", "gradecanbechanged", "lastmodifiedgrade"),
        *("score", "totalscore", "points", "totalpoints", "maxpoints", "maxscore", "total", "sum"),
        *("result", "percent", "mark", "marks", "lateness", "lateness:h:m:s", "latenessh:m:s"),
        *("viewcount", "submissioncount", "submissionid", "attempt", "attempts", "version"),
        *("startedon", "started", "timetaken", "duration", "date", "onlinetext", "language"),
        *("feedback", "feedbackcomments", "comment", "comments", "note", "notes", "remark"),
        *("remarks", "row", "line", "nr", "no", "number", "index", "position", "problem", "task"),
        *("ip", "ipaddress", "integrationid", "rootaccount", "endoflineindicator", "parameters"),
        *("exercise", "assignment", "seat", "room", "tutor", "tutorial", "age", "gender"),
    )
)
"""What tables say about students and submissions, folded as headers are."""
_DERIVATIVE = re.compile(r"[dD∂]\s?\w{1,12}(?:\[[\d,\s]{1,20}\])?\s?[/_]\s?[dD∂]\s?\w")
_GRADIENT = re.compile(r"(?:∇|δ|grad(?:ient)?[ _(]|delta_?\d)", re.IGNORECASE)
_PLATFORM = re.compile(r"(?:q\.?\s?\d+\s?)?/\s?\d+(?:[.,]\d+)?\Z|grade/\d", re.IGNORECASE)


def looks_like(name: str, quantities: Quantities) -> Likeness:
    """Return whether a name that is no quantity looks like one."""
    if folded(name) in ABOUT or FEEDBACK.match(name) or _PLATFORM.search(name):
        return "other"
    derivative = gradient_parts(canonical(name.partition("[")[0].strip()))
    near = near_miss(name, quantities) or _within(name, quantities)
    if near or derivative or _DERIVATIVE.match(name.strip()) or _GRADIENT.match(name.strip()):
        return "quantity"
    return "quantity" if name.strip().casefold() in LETTER_NAMES else "other"


def unread(
    source: str,
    line: int,
    name: str,
    quantities: Quantities,
    *,
    numbers: bool = False,
    reason: str = "",
    count: int = 0,
) -> Unread:
    """Return a column or name that is not read, with why, and what it looks like.

    numbers: whether numbers stand under it. reason: where it is another than the name.
    """
    looks = "quantity" if reason else looks_like(name, quantities)
    if looks == "other" and numbers and folded(name) not in ABOUT and not FEEDBACK.match(name):
        looks = "other" if _PLATFORM.search(name) else "numbers"
    shown = " ".join(name.split())[:80]
    return Unread(source, line, shown, reason or _why(name, quantities), looks, count=count)


def _why(name: str, quantities: Quantities) -> str:
    """Return why a name is not read."""
    reason = quantities.find(name)
    text = reason if isinstance(reason, str) else f"{name} is too large for one column"
    within = "" if "did you mean" in text else _within(name, quantities)
    return f"not read: {text}; did you mean {within}?" if within else f"not read: {text}"


def _within(name: str, quantities: Quantities) -> str:
    """Return the last word of a header that can only be a quantity: `Question 1: dL/dz`."""
    words = [word.strip(".,:;?!()") for word in name.split()[:MOST_WORDS]]
    sure = [word for word in words if any(sign in word for sign in "/0123456789")]
    found = [word for word in sure if isinstance(quantities.find(word), Reference)]
    return found[-1] if found and len(words) > 1 else ""


def holds_numbers(cells: list[str]) -> bool:
    """Tell whether most of some cells that are filled in hold a number.

    >>> holds_numbers(["0.5", "", "-2"]), holds_numbers(["Anna", "7"])
    (True, False)
    """
    filled = [cell for cell in cells if cell.strip()]
    return bool(filled) and 2 * sum(map(_is_number, filled)) > len(filled)


def _is_number(cell: str) -> bool:
    try:
        return written_in(cell[:80]) is not None
    except ValueError:
        return False
