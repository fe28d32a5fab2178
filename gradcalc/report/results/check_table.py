"""A checked sheet line by line: what is written, what it is held against, how many are right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice

import numpy as np

from gradcalc.errors import width
from gradcalc.grading.marking.verdict import Review, Verdict
from gradcalc.report.mathematics.names import ABSENT, TABLE_DIGITS, figure
from gradcalc.report.mathematics.notation import Notation
from gradcalc.report.mathematics.unicode import aligned
from gradcalc.report.page import Page
from gradcalc.report.results.wording import NUMBERS

MARKS = {
    "correct": "✓",
    "follows": "✓",
    "convention": "✓",
    "incorrect": "✗",
    "unreadable": "!",
    "missing": "·",
}
SMALL = 5e-4
"""Relative difference below which nothing is said."""
FAR = 1e9
"""Percent from which on two digits and a power of ten say how far."""
LONGEST = 24
WHOLE = 60
"""Rows above which right entries are counted and not listed."""
MOST = 400
"""Rows of a table."""
NOISE = 1e-15
"""Below it a value is what the order of additions makes of a 0."""

SINGLE = "Printed from single precision (float32): what its rounding moves counts as right"
"""What is said of a sheet whose numbers NumPy or PyTorch printed."""


@dataclass(frozen=True)
class LineRow:
    """One row of the table: texts in columns, or one remark over all of them."""

    line: str
    name: str
    written: str = ""
    own: str = ""
    exact: str = ""
    off: str = ""
    mark: str = ""
    remark: str = ""


def line_table(page: Page, review: Review, notation: Notation) -> None:
    """Write the table, one row an entry; lines that only repeat are put together."""
    rows = list(islice(_rows(review, notation), MOST + 1))
    long = len(rows) > MOST
    rows = rows[:MOST]
    columns = [
        [getattr(row, key) for row in rows if not row.remark]
        for key in ("written", "own", "exact", "off")
    ]
    texts = [_column(column) for column in columns]
    name = max((width(row.name) for row in rows), default=4)
    number = max((width(row.line) for row in rows if not row.remark), default=2)
    wide = [max((width(text) for text in column), default=0) for column in texts]
    heads = ("written", "from own", "exact", "off by")
    wide = [max(own, width(head)) for own, head in zip(wide, heads, strict=True)]
    marks = max((width(row.mark) for row in rows if not row.remark), default=1)
    rest = 2 + number + 2 + name + 2 + marks
    choices = [[0, 1, 2, 3], [0, 1, 2], [0, 1], [0]]
    if columns[1] == columns[2]:
        choices[1] = [0, 1, 3]
    fitting = (each for each in choices if rest + sum(wide[k] + 2 for k in each) <= page.columns)
    kept = next(fitting, [0])
    if rest + wide[0] + 2 > page.columns:  # no room for points under each other
        texts[0] = columns[0]
        wide[0] = max(width(text) for text in (heads[0], *columns[0]))
    gap = " " * (1 if rest + wide[0] + 2 > page.columns else 2)
    titles = [heads[k].ljust(wide[k]) for k in kept]
    start = gap + " " * number + gap + " " * name
    page.text(gap.join((start, *titles)).rstrip(), "faint")
    page.text(" " + "─" * (page.columns - 1), "rule")
    at = 0
    for row in rows:
        if row.remark:
            page.beside(row.remark, f"{row.mark} ", "plain", 2, 4)
            continue
        cells = [texts[k][at].ljust(wide[k]) for k in kept]
        text = gap.join(("", row.line.rjust(number), row.name.ljust(name), *cells, row.mark))
        page.text(text.rstrip(), "plain" if "✗" not in row.mark else "warning")
        at += 1
    if long:
        page.paragraph("and more; --format json has all", 2, "note")


def _rows(review: Review, notation: Notation) -> Iterator[LineRow]:
    """Yield the rows; runs of lines that repeat what stands above are one remark."""
    lines = [list(group) for _, group in groupby(review.verdicts, key=lambda v: v.line)]
    many = len(review.verdicts) > WHOLE
    for again, run in groupby(lines, key=_again):
        groups = list(run)
        if again:
            yield from _repeats(groups, notation)
            continue
        for group in groups:
            if many and all(verdict.right and not _remarked(verdict) for verdict in group):
                yield _counted(group, notation)
            else:
                yield from _entries(group, notation)


def _again(group: Sequence[Verdict]) -> bool:
    """Tell whether a line says nothing new."""
    known = all(verdict.repeats is not None or verdict.rounded is not None for verdict in group)
    return known and any(verdict.repeats is not None for verdict in group)


def _column(texts: Sequence[str]) -> list[str]:
    """Return texts padded to one width, decimal points of the numbers under each other."""
    numbers = [at for at, text in enumerate(texts) if text[-1:].isdigit() and " " not in text]
    found = list(texts)
    for at, text in zip(numbers, aligned([texts[at] for at in numbers] or [""]), strict=False):
        found[at] = text
    widest = max(map(width, found), default=0)
    return [text + " " * (widest - width(text)) for text in found]


def _repeats(groups: Sequence[Sequence[Verdict]], notation: Notation) -> Iterator[LineRow]:
    verdicts = [verdict for group in groups for verdict in group]
    first, last = groups[0][0].line, groups[-1][0].line
    right = sum(verdict.right for verdict in verdicts)
    place = f"{first} to {last}" if last > first else str(first)
    if right:
        count = (
            f"{right} of {len(verdicts)} numbers"
            if right < len(verdicts)
            else (f"{right} numbers" if right > 1 else "1 number")
        )
        verb = "repeats" if right == 1 else "repeat"
        yield LineRow(place, "", mark="✓", remark=f"{place}: {count} {verb} what stands above")
    for verdict in verdicts:
        if not verdict.right:
            yield _row(verdict, notation, str(verdict.line))


def _remarked(verdict: Verdict) -> bool:
    return verdict.kept or verdict.rounds_to_zero or verdict.one_digit


def _counted(group: Sequence[Verdict], notation: Notation) -> LineRow:
    name = notation.name(group[0].name)
    return LineRow("", "", mark="✓", remark=f"{group[0].line}: {name}, " + _all_right(len(group)))


def _all_right(count: int) -> str:
    return "right" if count == 1 else f"all {count} entries are right"


def _entries(group: Sequence[Verdict], notation: Notation) -> Iterator[LineRow]:
    for at, verdict in enumerate(group):
        yield _row(verdict, notation, str(verdict.line) if not at else "")


def _row(verdict: Verdict, notation: Notation, line: str) -> LineRow:
    mark = MARKS[verdict.status]
    if verdict.finding is not None and not verdict.right:
        mark += f" {verdict.finding + 1}"
    if verdict.status == "follows":
        mark += " f"
    mark += " c" if verdict.cut and verdict.right else ""
    mark += " k" if verdict.kept else ""
    mark += " 0" if verdict.rounds_to_zero else ""
    mark += " 1" if verdict.one_digit else ""
    name = entry_name(verdict, notation)
    given = as_written(verdict.given, notation)
    if verdict.value is None:
        short = given if len(given) <= LONGEST else given[: LONGEST - 1] + "…"
        return LineRow(line, name, short, "", "", "", mark)
    own = "" if verdict.own is None else due_text(verdict.own, notation, verdict.digits)
    if verdict.rounded is not None and verdict.right:
        own = f"line {verdict.rounded}, rounded"
    if verdict.repeats is not None:
        own = f"as in line {verdict.repeats}"
    exact = "" if verdict.expected is None else due_text(verdict.expected, notation, verdict.digits)
    exact = notation.number(ABSENT) if verdict.absent else exact
    return LineRow(line, name, given, own, exact, off_by(verdict, notation), mark)


def off_by(verdict: Verdict, notation: Notation) -> str:
    """Return how far an entry is from the unrounded value, in percent of it.

    Of what is right as it is, a small difference is not worth a word.
    """
    if verdict.value is None or verdict.expected is None:
        return ""
    value, due = verdict.value, verdict.expected
    if abs(due) < NOISE:
        due = 0.0
    if min(value, due) < 0 < max(value, due):
        return "sign"
    if due == 0 or not np.isfinite(due):
        return "" if value == due else notation.number(figure(value - due, digits=2))
    relative = (value - due) / due
    if abs(relative) < SMALL and (verdict.status == "correct" or not relative):
        return ""
    percent = 100 * relative
    if abs(relative) < SMALL or abs(percent) >= FAR:
        if np.isfinite(percent):
            return notation.number(figure(percent, digits=2)) + " %"
        return f"> {notation.number('1e308')} %"
    return notation.number(f"{percent:.1f}" if abs(relative) < 10 else f"{percent:.0f}") + " %"


def due_text(value: float, notation: Notation, digits: int = 0) -> str:
    """Return a value that is due with the digits that are written, as far as they are more.

    What is only noise around 0 is 0.
    """
    shown = 0.0 if abs(value) < NOISE else value
    return notation.number(figure(shown, digits=max(digits, TABLE_DIGITS)))


def as_written(text: str, notation: Notation) -> str:
    """Return what a writer has put down, its minus signs typographic where it is numbers."""
    plain = all(ch in "0123456789.,;-+/_ []()" for ch in text)
    return text.replace("-", "−") if plain and notation.unicode else text


def entry_name(verdict: Verdict, notation: Notation) -> str:
    """Return the name of what a verdict is about."""
    if verdict.name == "answer":
        return "answer"
    if verdict.name not in notation.shapes:
        return verdict.name[:24] or "?"
    if not verdict.index:
        return notation.name(verdict.name)
    return notation.entry_name(verdict.name, verdict.index)


def summary(review: Review) -> str:
    """Return in one or two sentences how many numbers are right."""
    verdicts = [v for v in review.verdicts if v.status != "missing" and not v.absent]
    absent = sum(v.absent for v in review.verdicts)
    wrong = [v for v in verdicts if v.status == "incorrect"]
    unread = [v for v in verdicts if v.status == "unreadable"]
    blank = len(review.verdicts) - len(verdicts) - absent
    follows = sum(v.status == "follows" for v in verdicts)
    right = len(verdicts) - len(wrong) - len(unread)
    kind = "number" if all(v.value is not None for v in verdicts) else "answer"
    if not verdicts:
        text = "There is no answer to check."
    elif not wrong and not unread:
        every = f"Both {kind}s" if right == 2 else f"All {right} {kind}s"
        text = f"{every} are right." if right > 1 else f"The one {kind} is right."
    elif not wrong and not right:
        one = len(verdicts) == 1
        text = "The one answer could not be read." if one else "None of the answers could be read."
    elif not wrong:
        text = f"{_word(right).capitalize()} of the {len(verdicts)} {kind}s {_are(right)} right."
    else:
        slips = len({v.finding for v in wrong if v.finding is not None}) or 1
        text = f"{_word(slips).capitalize()} {'slip' if slips == 1 else 'slips'}, in "
        text += (
            f"{len(wrong)} of the {len(verdicts)} {kind}s."
            if len(verdicts) > 1
            else (f"the one {kind}.")
        )
        if right:
            text += " The other one is right" if right == 1 else f" The other {right} are right"
            if follows:
                verb = "follows" if follows == 1 else "follow"
                what = "it" if right == 1 else "all" if follows == right else str(follows)
                text += f"; {what} {verb} from an earlier slip"
            text += "."
    if unread and (right or wrong):
        text += f" {_word(len(unread)).capitalize()} could not be read."
    if absent:
        what = "stands for a value that does" if absent == 1 else "stand for values that do"
        text += f" {_word(absent).capitalize()} {what} not exist, and {_are(absent)} not judged."
    if blank:
        text += f" {_word(blank).capitalize()} {_are(blank)} blank."
    return text


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _word(count: int) -> str:
    return NUMBERS[count] if count < len(NUMBERS) else str(count)
