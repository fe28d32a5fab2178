"""A checked sheet in its order: lines that are right in runs, and each one that is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from gradcalc.grading.marking.verdict import Review, Status, Verdict, answer_of
from gradcalc.report.blocks import DocumentBlock, Formula, Item, Items, PagePlace, Paragraph
from gradcalc.report.results.check_slips import Slips
from gradcalc.report.results.check_table import MARKS, WORDS, as_written, entry_name, unlike
from gradcalc.report.results.reasons import Reasons

HANG = 8
"""Columns before what is said of a line."""
LISTED = 6
"""Entries that are listed where an answer stands in cells."""
LEFT_OUT = PagePlace(spare=True)
LONGEST = 80
"""Signs of an entry that are shown where an answer stands in cells."""
ORDER: tuple[Status, ...] = (
    "correct",
    "convention",
    "follows",
    "missing",
    "unreadable",
    "incorrect",
)
"""From what is best to what is worst."""


@dataclass(frozen=True)
class SheetLine:
    """The entries of one quantity that stand on one line of a sheet; worst: the first such."""

    entries: tuple[Verdict, ...]
    worst: Verdict

    @property
    def wrong(self) -> bool:
        """Tell whether an entry is wrong."""
        return self.worst.status == "incorrect"

    @property
    def follows(self) -> bool:
        """Tell whether it is right from the writer's own earlier values."""
        return self.worst.status == "follows"


def sheet_lines(review: Review) -> list[SheetLine]:
    """Return the verdicts by line and quantity, in the order of the sheet."""
    found: dict[tuple[int, str], list[Verdict]] = {}
    for verdict in review.verdicts:
        found.setdefault((verdict.line, verdict.name), []).append(verdict)
    return [
        SheetLine(tuple(group), max(group, key=lambda v: ORDER.index(v.status)))
        for group in found.values()
    ]


@dataclass(frozen=True)
class Steps:
    """Says what became of each line, without values that are not the writer's."""

    why: Reasons
    slips: Slips
    hint: bool

    def blocks(self) -> Iterator[DocumentBlock]:
        """Yield right and wrong lines in order, and what to put right first."""
        lines = sheet_lines(self.why.review)
        explained: set[int] = set()
        last = 0
        for (right, follows), run in groupby(lines, lambda line: (line.worst.right, line.follows)):
            if right:
                alike = list(run)
                yield self.right(alike, last if follows else 0)
                yield from self.accepted(alike)
                continue
            for line in run:
                yield from self.wrong(line, explained, first=not last)
                last = line.worst.line if line.wrong else last
        if self.why.reveal == "why" and self.why.review.findings:
            yield from self.closing(lines)

    def right(self, lines: Sequence[SheetLine], wrong: int) -> Items:
        """Return lines that are right one after the other; wrong: the line they follow from."""
        notation = self.why.words.notation
        label = "Follows" if wrong else "Right"
        remark = f"right from your line {wrong}" if wrong else ""
        items = []
        for line in lines:
            name = notation.name(line.worst.name)
            more = unlike(line.entries)
            text = f"{self.name(line)} = {self.given(line)}{f' ({more})' if more else ''}"
            items.append(Item((label,), text, remark, name))
        return Items(tuple(items), PagePlace(0, hang=HANG, gap=1))

    def accepted(self, lines: Sequence[SheetLine]) -> Iterator[DocumentBlock]:
        """Yield under which convention lines are right, where there is room for it."""
        for line in lines:
            number = line.worst.finding
            if self.why.reveal != "why" or line.worst.status != "convention" or number is None:
                continue
            text = f"{self.name(line)} = {self.given(line)}"
            lead = f"{MARKS['convention']} {line.worst.line}"
            yield Paragraph(text, "heading", lead=lead, place=LEFT_OUT)
            for block in self.slips.told(number, [line.worst]):
                if isinstance(block, Paragraph | Formula):
                    yield replace(block, place=LEFT_OUT)

    def wrong(
        self, line: SheetLine, explained: set[int], *, first: bool
    ) -> Iterator[DocumentBlock]:
        """Yield one line that is not right, and why, once for each slip."""
        verdict, review = line.worst, self.why.review
        number = verdict.finding
        finding = None if number is None else review.findings[number]
        same = bool(finding and finding.explanations and self.why.earlier(finding))
        text = f"{self.name(line)} = {self.given(line)}"
        lead = f"{MARKS[verdict.status]} {verdict.line}"
        remark = _remark(verdict, first, same)
        yield Paragraph(text, "heading", remark, lead, PagePlace(0, hang=HANG, gap=1))
        if verdict.reason is not None:
            yield Paragraph(verdict.reason, place=PagePlace(HANG))
        count = sum(entry.status == verdict.status for entry in line.entries)
        if count < len(line.entries):
            said = f"{count} of {len(line.entries)} entries: {WORDS[verdict.status]}."
            yield Paragraph(said, place=LEFT_OUT)
        if self.why.reveal == "why" and number is not None and number not in explained and not same:
            explained.add(number)
            yield from self.slips.told(number, [verdict])

    def name(self, line: SheetLine) -> str:
        """Return what a line is about: a quantity, or an entry of it."""
        verdict, notation = line.worst, self.why.words.notation
        answer = answer_of(self.why.review, verdict.line, verdict.name)
        whole = len(line.entries) > 1 if answer is None else answer.index is None
        if whole and verdict.name in notation.shapes:
            return notation.name(verdict.name)
        return entry_name(verdict, notation)

    def given(self, line: SheetLine) -> str:
        """Return what the writer has put down on a line."""
        notation = self.why.words.notation
        answer = answer_of(self.why.review, line.worst.line, line.worst.name)
        if answer is not None:
            return as_written(answer.text, notation)
        texts = [
            "–" if v.status == "missing" else as_written(v.given, notation)[:LONGEST]
            for v in line.entries
        ]
        if all(v.status in ("unreadable", "missing") for v in line.entries):
            texts = list(dict.fromkeys(texts))  # one cell may hold a quantity whole
        return _in_one_row(line.entries, texts)

    def closing(self, lines: Sequence[SheetLine]) -> Iterator[DocumentBlock]:
        """Yield what to put right first, and how more can be seen."""
        text = put_right(lines)
        if text:
            yield Paragraph(text, place=PagePlace(0, gap=1))
        if self.hint:
            hint = "--reveal full shows the values."
            yield Paragraph(hint, "note", place=PagePlace(0, gap=0 if text else 1))


def put_right(lines: Sequence[SheetLine]) -> str:
    """Return which lines are to be put right first, and what changes with them."""
    wrong = dict.fromkeys(
        line.worst.line for line in lines if line.wrong and line.worst.repeats is None
    )
    if not wrong:
        return ""
    one, *others = (f"line {number}" for number in wrong)
    text = f"Put {one} right" + "".join(f", then {other}" for other in others)
    if any(entry.status == "follows" for line in lines for entry in line.entries):
        text += "; the lines that follow from "
        text += "them change with them" if others else "it change with it"
    return f"{text}."


def _in_one_row(entries: Sequence[Verdict], texts: Sequence[str]) -> str:
    """Return the entries of a quantity in one row, the rows of a matrix set apart."""
    if len(texts) == 1:
        return texts[0]
    found = ""
    for at, (verdict, text) in enumerate(zip(entries[:LISTED], texts, strict=False)):
        new = at and len(verdict.index) > 1 and verdict.index[0] != entries[at - 1].index[0]
        found += ("; " if new else ", " * bool(at)) + text
    return f"({found}{', …' * (len(texts) > LISTED)})"


def _remark(verdict: Verdict, first: bool, same: bool) -> str:
    """Return the few words beside a line that is not right."""
    if verdict.status != "incorrect":
        return {"unreadable": "unreadable", "missing": "blank"}[verdict.status]
    if verdict.repeats is not None:
        return f"as in line {verdict.repeats}"
    return "your first wrong line" if first else "the same slip" if same else ""
