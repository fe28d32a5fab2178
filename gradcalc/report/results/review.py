"""What the writer of a sheet is told: every line, what went wrong and why, what follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from gradcalc.algebra.formula.expr import symbols
from gradcalc.algebra.formula.names import gradient_parts
from gradcalc.grading.marking.verdict import Review, Status, Verdict
from gradcalc.grading.mistakes.diagnosis import Finding
from gradcalc.report.blocks import (
    Document,
    DocumentBlock,
    Facts,
    Formula,
    Item,
    Items,
    Paragraph,
    ReportTable,
    Section,
    TableColumn,
)
from gradcalc.report.mathematics.names import figure
from gradcalc.report.mathematics.notation import Notation
from gradcalc.report.page import Page
from gradcalc.report.results.check_page import AuditPage
from gradcalc.report.results.check_table import (
    MARKS,
    SINGLE,
    as_written,
    due_text,
    entry_name,
    summary,
)
from gradcalc.report.results.reasons import Reasons, Reveal
from gradcalc.report.results.wording import Wording
from gradcalc.report.steps.conventions import own_numbers

LISTED = 6
"""Entries that are listed."""

Memory: TypeAlias = dict[object, tuple[DocumentBlock, ...]]
Points: TypeAlias = Mapping[str, str]

MOST = 40
"""Slips, and answers that could not be read, that are told."""
MOST_ROWS = 400
LONGEST = 80
"""Signs of an answer that are shown."""
WORDS: dict[Status, str] = {
    "correct": "right",
    "follows": "right from your own earlier values",
    "convention": "right under another convention",
    "missing": "blank",
    "unreadable": "not read",
    "incorrect": "wrong",
}
ORDER: tuple[Status, ...] = tuple(WORDS)
"""From what is best to what is worst."""


def slip_blocks(
    why: Reasons, finding: Finding, verdicts: Sequence[Verdict], same: str | None
) -> Iterator[DocumentBlock]:
    """Yield where a wrong answer comes from, and the formula or the numbers that are due.

    same: the earlier slip that is the same, whose formula is not said again.
    """
    for text in why.reasons(finding, verdicts):
        yield Paragraph(text)
    if why.reveal == "full":
        yield from _numbers(why, finding, verdicts)
    elif same is None:
        lines = tuple(_equations(why, finding))
        if lines:
            yield Formula(lines)


def _equations(why: Reasons, finding: Finding) -> Iterator[str]:
    """Yield the formula that is due, and those of the derivatives in it."""
    lines = why.review.lines
    expr = why.expression(replace(finding, entries=((), ())))
    if expr is None:
        return
    yield why.words.equation(finding.name, expr)
    for local in symbols(expr):
        total = local.startswith(f"d{lines.problem.loss}/")
        if local in lines.by_name and gradient_parts(local) and not total:
            yield why.words.equation(local, lines.written_out(local))


def _numbers(
    why: Reasons, finding: Finding, verdicts: Sequence[Verdict]
) -> Iterator[DocumentBlock]:
    """Yield what is written beside what should be, and how that is computed."""
    notation = why.words.notation
    rows = []
    for v in verdicts[:LISTED]:
        due = v.expected if finding.trivial else v.own
        if v.value is None or due is None:
            continue
        off = notation.number(figure(v.value - due, digits=3))
        given = as_written(v.given, notation)
        rows.append((entry_name(v, notation), given, due_text(due, notation, v.digits), off))
    page = Page(100)
    audit = AuditPage(page, why.review, why.words)
    if not rows:
        audit.right_formula(finding)
    else:
        titles = ("written", "should be", "off by")
        columns = (TableColumn("entry", "left"), *(TableColumn(title, gap=2) for title in titles))
        yield ReportTable(columns, tuple(rows))
        if finding.pattern is not None and len(verdicts) == 1 and finding.as_if is None:
            said = why.words.pattern(finding.pattern)
            if finding.pattern.id != "arithmetic-slip":  # the reasons have that one
                said = f"{said[0].upper()}{said[1:]}."
                yield Paragraph(f"{said}{why.ids((finding.pattern.id,))}")
        if len(verdicts) > LISTED:
            yield Paragraph(f"And {len(verdicts) - LISTED} more entries.", "note")
        audit.worked(finding)
    lines = tuple(line.strip() for line in page.plain().splitlines() if line.strip())
    if lines:
        yield Formula(lines)


@dataclass(frozen=True)
class Told:
    """What a review is told with.

    points: of each quantity, in words; score: of the sheet; scheme: how points are given;
    ruled: by the number of a finding, what a teacher has ruled on it; keys: what makes
    each finding distinct, so that `memory` keeps what was said of it for other sheets, as
    `names` does how quantities are written.
    """

    reveal: Reveal = "full"
    kind: str = ""
    points: Points = field(default_factory=dict)
    score: str = ""
    scheme: str = ""
    ruled: Mapping[int, str] = field(default_factory=dict)
    keys: Sequence[object] = ()
    memory: Memory = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)


def review_document(review: Review, words: Wording, told: Told) -> Document:
    """Return what a review says, as far as it is to be revealed."""
    blocks = tuple(_ReviewBlocks(review, words, told).blocks())
    return Document(review.lines.problem.title, told.kind, blocks)


@dataclass(frozen=True)
class _ReviewBlocks:
    review: Review
    words: Wording
    told: Told

    @property
    def notation(self) -> Notation:
        return self.words.notation

    @property
    def explains(self) -> bool:
        return self.told.reveal in ("why", "full")

    def blocks(self) -> Iterator[DocumentBlock]:
        told, review = self.told, self.review
        rows = [("Score", told.score)] * bool(told.score)
        own = own_numbers(review.lines.problem, self.notation)
        if own is not None:
            rows.append(("Numbers", own))
        rows.append(("Answers", summary(review)))
        if review.single:
            rows.append(("Precision", f"{SINGLE}."))
        if told.scheme:
            rows.append(("Scheme", told.scheme))
        yield Facts(tuple(rows))
        for warning in review.warnings:
            yield Paragraph(warning, "warning")
        if told.reveal == "score":
            return
        groups = self.groups()
        yield Section("Line by line")
        yield self.table(groups[:MOST_ROWS])
        if len(groups) > MOST_ROWS:
            yield Paragraph(f"And {len(groups) - MOST_ROWS} more.", "note")
        wrong = [v for group in groups for v in group if v.status == "incorrect"]
        accepted = [v for group in groups for v in group if v.status == "convention"]
        if self.explains and (wrong or accepted):
            yield from self.slips()
            yield from self.after(groups)
        yield from self.unreadable()

    def groups(self) -> list[list[Verdict]]:
        """Return the verdicts by line and quantity, in the order of the sheet."""
        found: dict[tuple[int, str], list[Verdict]] = {}
        for verdict in self.review.verdicts:
            found.setdefault((verdict.line, verdict.name), []).append(verdict)
        return list(found.values())

    def table(self, groups: Sequence[Sequence[Verdict]]) -> ReportTable:
        """Return every quantity with its points, the verdict and the answer."""
        told = self.told
        full, points = told.reveal == "full", bool(told.points)
        columns = [TableColumn("line", "left", cut=True, name=True), TableColumn("points", gap=2)]
        columns += [
            TableColumn("verdict", "left", gap=2),
            TableColumn("your answer", "left", gap=2, cut=True),
        ]
        columns.append(TableColumn("from your own values", "left", gap=2, spare=1, cut=True))
        kept = [True, points, True, True, full]
        rows = []
        first = True
        for group in groups:
            worst = max(group, key=lambda v: ORDER.index(v.status))
            words = self.verdict(group, worst.status)
            if worst.status == "incorrect" and first:
                words, first = f"{words}, the first", False
            row = (
                self.name(group),
                told.points.get(worst.name, ""),
                f"{MARKS[worst.status]} {words}",
                self.given(group),
                self.due(group) if full else "",
            )
            rows.append(tuple(cell for cell, keep in zip(row, kept, strict=True) if keep))
        chosen = tuple(column for column, keep in zip(columns, kept, strict=True) if keep)
        return ReportTable(chosen, tuple(rows))

    @staticmethod
    def verdict(group: Sequence[Verdict], worst: Status) -> str:
        if all(verdict.absent for verdict in group):
            return "does not exist, not judged"
        if worst in ("correct", "follows", "convention"):
            zero = ", 0 once it is rounded" * any(v.rounds_to_zero for v in group)
            return WORDS[worst] + zero + ", one digit only" * any(v.one_digit for v in group)
        if len(group) == 1:
            return WORDS[worst]
        count = sum(verdict.status == worst for verdict in group)
        return WORDS[worst] if count == len(group) else f"{count} of {len(group)} {WORDS[worst]}"

    def name(self, group: Sequence[Verdict]) -> str:
        verdict = group[0]
        if (len(group) == 1 and verdict.index) or verdict.name not in self.notation.shapes:
            return entry_name(verdict, self.notation)
        known = self.told.names.get(verdict.name)
        if known is None:
            known = self.told.names[verdict.name] = self.notation.name(verdict.name)
        return known

    def given(self, group: Sequence[Verdict]) -> str:
        texts = [
            "–" if v.status == "missing" else as_written(v.given, self.notation)[:LONGEST]
            for v in group
        ]
        if all(v.status == "unreadable" for v in group):
            texts = list(dict.fromkeys(texts))  # one cell may hold a quantity whole
        return "" if set(texts) == {"–"} else _row(group, texts)

    def due(self, group: Sequence[Verdict]) -> str:
        """Return what the writer's own values give."""
        values = [v.own if v.own is not None else v.expected for v in group]
        texts = [
            "–" if value is None else due_text(value, self.notation, v.digits)
            for v, value in zip(group, values, strict=True)
        ]
        return "" if set(texts) == {"–"} else _row(group, texts)

    def slips(self) -> Iterator[DocumentBlock]:
        """Yield each slip with where it comes from."""
        yield Section("What went wrong")
        first = True
        for number, finding in enumerate(self.review.findings[:MOST]):
            verdicts = [
                v for v in self.review.verdicts if v.finding == number and v.repeats is None
            ]
            if not verdicts:
                continue
            accepted = all(v.status == "convention" for v in verdicts)
            name = self.notation.name(finding.name)
            if len(finding.entries) == 1 and finding.entries[0]:
                name = self.notation.entry_name(finding.name, finding.entries[0])
            remark = "your first wrong line" * (first and not accepted)
            first = first and accepted
            mark = MARKS["convention" if accepted else "incorrect"]
            given = self.given(verdicts)
            yield Paragraph(f"{mark} {number + 1}  {name} = {given}", "heading", remark)
            if number in self.told.ruled:
                yield Paragraph(self.told.ruled[number])
            yield from self.reasons(number, finding, verdicts)
        more = len(self.review.findings) - MOST
        if more > 0:
            yield Paragraph(f"And {more} more.")

    def reasons(
        self, number: int, finding: Finding, verdicts: Sequence[Verdict]
    ) -> tuple[DocumentBlock, ...]:
        """Return what is said of one slip; what was said of the same before is said again."""
        told = self.told
        why = Reasons(self.review, self.words, told.reveal)
        same = why.earlier(finding) if finding.explanations else None
        if number >= len(told.keys) or finding.name in self.review.lines.start:
            return tuple(slip_blocks(why, finding, verdicts, same))
        written = frozenset(v.name for v in self.review.verdicts if v.value is not None)
        key = (told.keys[number], same, written, tuple(v.given for v in verdicts))
        if key not in told.memory:
            told.memory[key] = tuple(slip_blocks(why, finding, verdicts, same))
        return told.memory[key]

    def after(self, groups: Sequence[Sequence[Verdict]]) -> Iterator[DocumentBlock]:
        """Yield which lines are right as they follow, and what to put right first."""
        wrong = dict.fromkeys(
            self.name(group)
            for group in groups
            if any(v.status == "incorrect" and v.repeats is None for v in group)
        )
        follows = dict.fromkeys(
            self.name(group)
            for group in groups
            if any(v.status == "follows" for v in group) and self.name(group) not in wrong
        )
        if not wrong:
            return
        one, *others = wrong
        text = f"Put {one} right" + "".join(f", then {other}" for other in others) + "."
        if follows:
            one_line = len(follows) == 1
            text += (
                f" {', '.join(follows)} {'follows' if one_line else 'follow'} from your own values"
            )
            if self.told.points:
                text += f" and {'has its' if one_line else 'have their'} points"
            text += (
                "; the line will change with what it comes from."
                if one_line
                else "; the lines will change with what they come from."
            )
        yield Section("What follows")
        yield Paragraph(text)

    def unreadable(self) -> Iterator[DocumentBlock]:
        """Yield what could not be read, with the reason."""
        found: dict[tuple[int, str, str, str], list[Verdict]] = {}
        for v in self.review.verdicts:
            if v.status == "unreadable":
                found.setdefault((v.line, v.name, v.given, v.reason or ""), []).append(v)
        if not found:
            return
        yield Section("What could not be read")
        items = [
            Item((self.name(group),), as_written(text, self.notation)[:LONGEST], reason)
            for (*_, text, reason), group in found.items()
        ]
        yield Items(tuple(items[:MOST]))
        if len(items) > MOST:
            yield Paragraph(f"And {len(items) - MOST} more.")


def _row(group: Sequence[Verdict], texts: Sequence[str]) -> str:
    """Return the entries of a quantity in one row, the rows of a matrix set apart."""
    if len(texts) == 1:
        return texts[0]
    found = ""
    for at, (verdict, text) in enumerate(zip(group[:LISTED], texts, strict=False)):
        new = at and len(verdict.index) > 1 and verdict.index[0] != group[at - 1].index[0]
        found += ("; " if new else ", " * bool(at)) + text
    return f"({found}{', …' * (len(texts) > LISTED)})"
