"""A checked sheet as a document: what went wrong and why, then every line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from gradcalc.errors import TIED, visible
from gradcalc.grading.marking.verdict import Review
from gradcalc.report.blocks import (
    Document,
    DocumentBlock,
    Facts,
    PagePlace,
    Paragraph,
    ReportTable,
    Section,
    TableColumn,
    Tone,
)
from gradcalc.report.mathematics.notation import Notation
from gradcalc.report.results.check_slips import Memory, Slips
from gradcalc.report.results.check_steps import Steps, put_right, sheet_lines
from gradcalc.report.results.check_table import (
    MARKS,
    SINGLE,
    entry_name,
    line_table,
    summary,
)
from gradcalc.report.results.reasons import Reasons, Reveal
from gradcalc.report.results.wording import Wording
from gradcalc.report.steps.conventions import own_numbers

MOST = 40
"""Slips, and answers that could not be read, that are told."""
MOST_LINES = 6
FEW = 3
"""Gradients below which nothing is said of rounding."""
POINT_COLUMNS = (
    TableColumn("", "left", long="quantity", name=True),
    TableColumn("", "left", long="points", gap=2),
)


@dataclass(frozen=True)
class Points:
    """The points of each quantity and of all, each with how many there are, and the scheme."""

    of: Mapping[str, tuple[str, str]]
    score: tuple[str, str]
    scheme: str


@dataclass(frozen=True)
class Told:
    """What a review is told with.

    kind: what sort of document it is; hint: say how more can be seen; points: of a sheet that
    is graded; scored: say the score first; ruled: by the number of a finding, what a teacher
    has ruled on it; keys: what makes each finding distinct, so that `memory` keeps what was
    said of it for other sheets.
    """

    reveal: Reveal = "full"
    kind: str = ""
    hint: bool = True
    points: Points | None = None
    scored: bool = False
    ruled: Mapping[int, str] = field(default_factory=dict)
    keys: Sequence[object] = ()
    memory: Memory = field(default_factory=dict)


def check_document(review: Review, words: Wording, told: Told) -> Document:
    """Return what a check has found, as far as it is to be revealed."""
    kind = told.kind or what_is_checked(review.sheet.name)
    blocks = tuple(_Check(review, words, told).blocks())
    return Document(review.lines.problem.title, kind, blocks)


@dataclass(frozen=True)
class _Check:
    review: Review
    words: Wording
    told: Told

    @property
    def notation(self) -> Notation:
        return self.words.notation

    @cached_property
    def why(self) -> Reasons:
        """Return what says where wrong answers come from."""
        return Reasons(self.review, self.words, self.told.reveal)

    @cached_property
    def said(self) -> Slips:
        """Return what says what each slip is."""
        return Slips(self.why, self.told.ruled, self.told.keys, self.told.memory)

    def blocks(self) -> Iterator[DocumentBlock]:
        """Yield all that is told."""
        reveal = self.told.reveal
        yield from self.opening()
        if reveal == "full":
            yield from self.slips()
            yield from self.unreadable()
            yield from self.after()
            yield from self.lines()
        elif reveal != "score":
            yield from Steps(self.why, self.said, self.told.hint).blocks()
        if self.told.points is not None and reveal != "score":
            yield from self.points(self.told.points)

    def opening(self) -> Iterator[DocumentBlock]:
        """Yield how many answers are right, whose numbers they are, and what to be warned of."""
        review = self.review
        problem = review.lines.problem
        points = self.told.points
        if points is not None and self.told.scored:
            score = "{} of {} points".format(*points.score)
            yield Facts((("Score", score), ("Scheme", points.scheme)))
        yield Paragraph(summary(review))
        own = own_numbers(problem, self.notation)
        if own is not None:
            whom = "" if problem.student is None else f" for {visible(problem.student)}"
            yield Paragraph(f"The numbers{whom}: {own}.", "note")
        if review.single:
            yield Paragraph(f"{SINGLE}.", "note")
        for warning in review.warnings:
            yield Paragraph(warning, "warning", lead="!", place=PagePlace(2, hang=3, gap=1))

    def slips(self) -> Iterator[DocumentBlock]:
        """Yield each slip: what is written, what should be, and where it comes from."""
        verdicts, notation = self.review.verdicts, self.notation
        for number, finding in enumerate(self.review.findings[:MOST]):
            own = [v for v in verdicts if v.finding == number and v.repeats is None]
            again = [v.line for v in verdicts if v.finding == number and v.repeats]
            accepted = any(v.status == "convention" for v in own)
            name = notation.name(finding.name)
            if len(finding.entries) == 1 and finding.entries[0]:
                name = notation.entry_name(finding.name, finding.entries[0])
            lead = f"{MARKS['convention' if accepted else 'incorrect']} {number + 1}"
            lines = _lines(sorted({*finding.lines, *again}))
            yield Paragraph(name, "heading", lines, lead, PagePlace(0, gap=1))
            yield from self.said.told(number, own)
        yield from self.more(len(self.review.findings), "slips")

    def unreadable(self) -> Iterator[DocumentBlock]:
        """Yield what could not be read, with the reason."""
        found = [v for v in self.review.verdicts if v.status == "unreadable"]
        for verdict in found[:MOST]:
            name = entry_name(verdict, self.notation)
            text = f"line {verdict.line}" + (f", {name}" if verdict.name else "")
            text = f"{text}: {verdict.reason}"
            yield Paragraph(text, "warning", lead="!", place=PagePlace(0, hang=3, gap=1))
        yield from self.more(len(found), "answers that could not be read")

    def more(self, count: int, what: str) -> Iterator[DocumentBlock]:
        """Yield how many more there are than are told."""
        if count > MOST:
            where = "; --format json has all" if self.told.hint else ""
            yield Paragraph(f"And {count - MOST} more {what}{where}.", place=PagePlace(0, gap=1))

    def after(self) -> Iterator[DocumentBlock]:
        """Yield what to put right first, where there is more room than on a page of text."""
        text = put_right(sheet_lines(self.review))
        if text:
            place = PagePlace(spare=True)
            yield Section("What follows", place=place)
            yield Paragraph(text, place=place)

    def lines(self) -> Iterator[DocumentBlock]:
        """Yield every line of the sheet, and what the writer's rounding does."""
        if not any(v.value is not None for v in self.review.verdicts):
            return
        yield Section("Line by line")
        yield line_table(self.review, self.notation)
        rounding = self.rounding()
        if rounding:
            yield Section("How the writer rounds")
            yield Paragraph(rounding)

    def rounding(self) -> str:
        """Return what the writer's rounding does to right gradients."""
        loss = self.review.lines.problem.loss
        off = {
            (v.name, v.index): abs(v.value - v.expected) / abs(v.expected)
            for v in self.review.verdicts
            if v.name.startswith(f"d{loss}/") and v.status == "correct"
            if v.value is not None and v.expected
        }
        beyond = sum(each > 0.01 for each in off.values())
        if not beyond or len(off) < FEW:
            return ""
        largest = f"{100 * max(off.values()):.1f}{TIED}%"
        return (
            f"Rounding on the way moves right gradients by up to {largest}: a tolerance of 1{TIED}%"
            f" would have called {beyond} of the {len(off)} right ones wrong."
        )

    def points(self, points: Points) -> Iterator[DocumentBlock]:
        """Yield the points of each quantity, the score, and how points are given."""
        rows = [
            (self.notation.name(name), f"{own:>6} of {of}") for name, (own, of) in points.of.items()
        ]
        score, total = points.score
        rows.append(("score", f"{score:>6} of {total}"))
        plain: list[Tone] = ["plain"] * (len(rows) - 1)
        yield Section("Points")
        yield ReportTable(POINT_COLUMNS, tuple(rows), tones=(*plain, "value"), rule=None)
        if not self.told.scored:
            yield Paragraph(points.scheme, "note", place=PagePlace(gap=1))


def what_is_checked(name: str) -> str:
    """Return what stands beside the title: `check of mine.txt`."""
    return "check of your answers" if name.startswith("<") else f"check of {Path(name).name}"


def _lines(numbers: Sequence[int]) -> str:
    """Return line numbers in words, runs of three and more as `4 to 9`.

    >>> _lines([4, 5, 6, 9]), _lines([7]), _lines([1, 2])
    ('lines 4 to 6 and 9', 'line 7', 'lines 1 and 2')
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    texts = [
        text
        for run in runs
        for text in ([f"{run[0]} to {run[-1]}"] if len(run) > 2 else map(str, run))
    ]
    if len(numbers) == 1:
        return f"line {texts[0]}"
    if len(texts) > MOST_LINES:
        texts = [*texts[: MOST_LINES - 1], f"{len(texts) - MOST_LINES + 1} more"]
    head = ", ".join(texts[:-1])
    return f"lines {head} and {texts[-1]}" if head else f"lines {texts[-1]}"
