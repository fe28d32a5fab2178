"""A checked sheet line by line: what is written, what it is held against, how many are right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby, islice

import numpy as np

from gradcalc.grading.marking.verdict import Review, Status, Verdict
from gradcalc.report.blocks import (
    Across,
    Brief,
    PagePlace,
    ReportTable,
    TableCell,
    TableColumn,
    TableRow,
    Tone,
)
from gradcalc.report.mathematics.names import ABSENT, TABLE_DIGITS, figure
from gradcalc.report.mathematics.notation import Notation
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


COLUMNS = (
    TableColumn("", long="line"),
    TableColumn("", "left", long="quantity", gap=2, name=True),
    TableColumn("written", "words", gap=2),
    TableColumn("from own", "words", gap=2, spare=1),
    TableColumn("exact", "words", gap=2, spare=2),
    TableColumn("off by", "words", gap=2, spare=3),
    TableColumn("", "left", long="verdict", gap=2),
)
OWN, EXACT, OFF = 3, 4, 5
LEGEND = {
    "f": "follows from an earlier slip.",
    "c": "cut off after the last digit, not rounded.",
    "k": "right if digits were kept that are not written.",
    "0": "not 0 itself; it is 0 only once it is rounded.",
    "1": "right, but a single digit says little; write more.",
}
"""What the signs behind a mark mean."""
WORDS: dict[Status, str] = {
    "correct": "right",
    "follows": "right from your own earlier values",
    "convention": "right under another convention",
    "missing": "blank",
    "unreadable": "not read",
    "incorrect": "wrong",
}
ABSENT_WORDS = "does not exist, not judged"
SAID = {
    "c": "cut off, not rounded",
    "k": "if digits were kept that are not written",
    "0": "0 once it is rounded",
    "1": "one digit only",
}
"""What the signs behind a mark say where there is room for words."""


def line_table(review: Review, notation: Notation) -> ReportTable:
    """Return the table, one row an entry; lines that only repeat are put together."""
    made = _Rows(review, notation)
    found = list(islice(made.rows(), MOST + 1))
    rows = found[:MOST]
    whole = [row for row in rows if not isinstance(row, Across)]
    columns = list(COLUMNS)
    if [row[OWN] for row in whole] == [row[EXACT] for row in whole]:
        columns[EXACT], columns[OFF] = (
            replace(columns[EXACT], spare=columns[OFF].spare),
            replace(columns[OFF], spare=columns[EXACT].spare),
        )
    if not whole:
        columns[0] = replace(columns[0], least=2)
    tones = tuple(map(_tone, rows))
    if len(found) > MOST:
        rows.append(Across("and more; --format json has all", tone="note"))
    signs = dict.fromkeys(sign for verdict in review.verdicts for sign in _signs(verdict))
    notes = tuple(f"{sign}: {text}" for sign, text in LEGEND.items() if sign in signs)
    return ReportTable(
        tuple(columns),
        tuple(rows),
        tones=tones,
        notes=notes,
        margin=2,
        rule=1,
        tight=True,
        place=PagePlace(0),
    )


def _tone(row: TableRow) -> Tone:
    mark = "" if isinstance(row, Across) else row[-1]
    return "warning" if isinstance(mark, Brief) and MARKS["incorrect"] in mark.text else "plain"


def _signs(verdict: Verdict) -> list[str]:
    """Return the signs behind the mark of an entry."""
    signs = {
        "f": verdict.status == "follows",
        "c": verdict.cut and verdict.right,
        "k": verdict.kept,
        "0": verdict.rounds_to_zero,
        "1": verdict.one_digit,
    }
    return [sign for sign, stands in signs.items() if stands]


@dataclass(frozen=True)
class _Rows:
    review: Review
    notation: Notation

    @cached_property
    def first(self) -> Verdict | None:
        """Return the first wrong entry."""
        return next((v for v in self.review.verdicts if v.status == "incorrect"), None)

    def rows(self) -> Iterator[TableRow]:
        """Yield the rows; runs of lines that repeat what stands above are one remark."""
        verdicts = self.review.verdicts
        lines = [list(group) for _, group in groupby(verdicts, key=lambda v: v.line)]
        many = len(verdicts) > WHOLE
        for again, run in groupby(lines, key=_again):
            groups = list(run)
            if again:
                yield from self.repeats(groups)
                continue
            for group in groups:
                if many and all(verdict.right and not _remarked(verdict) for verdict in group):
                    yield self.counted(group)
                else:
                    for at, verdict in enumerate(group):
                        yield self.row(verdict, "" if at else str(verdict.line))

    def repeats(self, groups: Sequence[Sequence[Verdict]]) -> Iterator[TableRow]:
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
            yield Across(f"{place}: {count} {verb} what stands above", MARKS["correct"])
        for verdict in verdicts:
            if not verdict.right:
                yield self.row(verdict, str(verdict.line))

    def counted(self, group: Sequence[Verdict]) -> Across:
        name = self.notation.name(group[0].name)
        said = "right" if len(group) == 1 else f"all {len(group)} entries are right"
        return Across(f"{group[0].line}: {name}, {said}", MARKS["correct"])

    def row(self, verdict: Verdict, line: str) -> tuple[TableCell, ...]:
        notation, digits = self.notation, verdict.digits
        name = entry_name(verdict, notation)
        given = as_written(verdict.given, notation)
        if verdict.value is None:
            short = given if len(given) <= LONGEST else given[: LONGEST - 1] + "…"
            return (line, name, short, "", "", "", self.mark(verdict))
        own = "" if verdict.own is None else due_text(verdict.own, notation, digits)
        if verdict.rounded is not None and verdict.right:
            own = f"line {verdict.rounded}, rounded"
        if verdict.repeats is not None:
            own = f"as in line {verdict.repeats}"
        exact = "" if verdict.expected is None else due_text(verdict.expected, notation, digits)
        exact = notation.number(ABSENT) if verdict.absent else exact
        return (line, name, given, own, exact, off_by(verdict, notation), self.mark(verdict))

    def mark(self, verdict: Verdict) -> Brief:
        """Return the sign of a verdict, and the words for it."""
        text = MARKS[verdict.status]
        signs = _signs(verdict)
        slip = ""
        if verdict.finding is not None and not verdict.right:
            slip = str(verdict.finding + 1)
        said = WORDS[verdict.status]
        if verdict.absent:
            said = ABSENT_WORDS
        said = ", ".join((said, *(SAID[sign] for sign in signs if sign in SAID)))
        said += ", the first" if verdict is self.first else ""
        said += f", slip {slip}" if slip else ""
        return Brief(" ".join(filter(None, (text, slip, *signs))), f"{text} {said}")


def unlike(verdicts: Sequence[Verdict]) -> str:
    """Return in words what makes right entries unlike others, nothing where it is nothing."""
    found = {SAID[sign] for verdict in verdicts for sign in _signs(verdict) if sign in SAID}
    if all(verdict.absent for verdict in verdicts):
        found = {ABSENT_WORDS}
    elif any(verdict.status == "convention" for verdict in verdicts):
        found.add(WORDS["convention"])
    return ", ".join(sorted(found))


def _again(group: Sequence[Verdict]) -> bool:
    """Tell whether a line says nothing new."""
    known = all(verdict.repeats is not None or verdict.rounded is not None for verdict in group)
    return known and any(verdict.repeats is not None for verdict in group)


def _remarked(verdict: Verdict) -> bool:
    return verdict.kept or verdict.rounds_to_zero or verdict.one_digit


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
