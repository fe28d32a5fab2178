"""One slip of a check: what is written, what should be, how that is computed, and the reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from gradcalc.algebra.formula.expr import Apply, Expr, rebuild, symbols
from gradcalc.algebra.formula.names import gradient_parts
from gradcalc.algebra.rewriting.entries import TooLongError
from gradcalc.grading.marking.verdict import Verdict
from gradcalc.grading.mistakes.diagnosis import Finding
from gradcalc.problem.solution import Solution
from gradcalc.report.blocks import (
    DocumentBlock,
    Facts,
    Formula,
    PagePlace,
    Paragraph,
    ReportTable,
    TableColumn,
)
from gradcalc.report.mathematics.names import figure
from gradcalc.report.mathematics.notation import Notation
from gradcalc.report.results.check_table import as_written, due_text, entry_name
from gradcalc.report.results.reasons import Reasons
from gradcalc.report.steps.view import View

INDENT, DEEP = 5, 8
"""Columns before what is said of a slip, and of a line that is not right."""
LABEL = 11
"""Columns of a label and what follows it."""
LISTED = 6
"""Entries that are listed."""
MOST_GIVEN = 400
"""Signs of an answer that are shown."""
ENTRY_COLUMNS = (
    TableColumn("", "left", long="entry", name=True),
    TableColumn("written", "point", gap=2),
    TableColumn("should be", "point", gap=2, spare=1),
    TableColumn("off by", "point", gap=2, spare=1),
)


Memory: TypeAlias = dict[object, tuple[DocumentBlock, ...]]


@dataclass(frozen=True)
class Slips:
    """Says what each slip of a sheet is; what was said of the same before is said again.

    ruled: by the number of a finding, what a teacher has ruled on it; keys: what makes each
    finding distinct, so that `memory` keeps what was said of it for other sheets.
    """

    why: Reasons
    ruled: Mapping[int, str]
    keys: Sequence[object]
    memory: Memory

    def told(self, number: int, verdicts: Sequence[Verdict]) -> Iterator[DocumentBlock]:
        """Yield what is said of a finding, of which verdicts on a line are shown."""
        whole = self.why.reveal == "full"
        if number in self.ruled:
            yield Paragraph(self.ruled[number], place=PagePlace(INDENT if whole else DEEP, gap=0))
        review, finding = self.why.review, self.why.review.findings[number]
        slip = OneSlip(self.why, finding, verdicts)
        said = slip.whole if whole else slip.reasons
        if number >= len(self.keys) or finding.name in review.lines.start:
            yield from said()
            return
        same = self.why.earlier(finding) if finding.explanations else None
        written = frozenset(v.name for v in review.verdicts if v.value is not None)
        key = (self.keys[number], same, written, tuple(v.given for v in verdicts))
        if key not in self.memory:
            self.memory[key] = tuple(said())
        yield from self.memory[key]


@dataclass(frozen=True)
class OneSlip:
    """Says what a slip is, as far as `why` reveals it."""

    why: Reasons
    finding: Finding
    verdicts: Sequence[Verdict]

    @property
    def notation(self) -> Notation:
        """Return how names and formulas are written."""
        return self.why.words.notation

    def whole(self) -> Iterator[DocumentBlock]:
        """Yield what is written beside what should be, how that is computed, and the reasons."""
        finding, verdicts = self.finding, self.verdicts
        if not verdicts or verdicts[0].value is None:
            for verdict in verdicts[:1]:
                text = verdict.given
                text = text if len(text) <= MOST_GIVEN else text[:MOST_GIVEN] + " …"
                yield _labelled("written", text)
            yield from self.right_formula()
        else:
            yield from self.numbers(verdicts[:LISTED])
            yield from self.worked()
        for text in self.why.reasons(finding, verdicts):
            yield Paragraph(text, place=PagePlace(INDENT, gap=1))

    def reasons(self) -> Iterator[DocumentBlock]:
        """Yield the reasons, and the formula that is due with the derivatives in it."""
        for text in self.why.reasons(self.finding, self.verdicts):
            yield Paragraph(text, place=PagePlace(DEEP, gap=1))
        lines = tuple(self.equations())
        if lines:
            yield Formula(lines, place=PagePlace(DEEP, hang=4, gap=1))

    def equations(self) -> Iterator[str]:
        """Yield the equation that is due, and those of the derivatives in it."""
        why, finding = self.why, self.finding
        lines = why.review.lines
        expr = why.expression(replace(finding, entries=((), ())))
        if expr is None:
            return
        yield why.words.equation(finding.name, expr)
        for local in symbols(expr):
            total = local.startswith(f"d{lines.problem.loss}/")
            if local in lines.by_name and gradient_parts(local) and not total:
                yield why.words.equation(local, lines.written_out(local))

    def numbers(self, shown: Sequence[Verdict]) -> Iterator[DocumentBlock]:
        """Yield the entries as they are written beside what should be."""
        finding, notation = self.finding, self.notation
        rows = []
        for v in shown:
            due = (v.expected if finding.trivial else v.own) or 0.0
            off = notation.number(figure((v.value or 0) - due, digits=3))
            given = as_written(v.given, notation)
            rows.append((entry_name(v, notation), given, due_text(due, notation, v.digits), off))
        place = PagePlace(INDENT, gap=0)
        if len(rows) > 1:
            yield ReportTable(ENTRY_COLUMNS, tuple(rows), rule=None, place=place)
            if len(self.verdicts) > LISTED:
                yield Paragraph(f"and {len(self.verdicts) - LISTED} more", "note", place=place)
            return
        _, given, wanted, off = rows[0]
        facts = (("written", given), ("should be", wanted), ("off by", off))
        said = self.why.words.pattern(finding.pattern) if finding.pattern else ""
        yield Facts(facts, said, numbers=True, between=2, spare=1, place=place)

    def right_formula(self) -> Iterator[DocumentBlock]:
        """Yield the formula that is due, where a formula was the answer."""
        finding, lines = self.finding, self.why.review.lines
        if finding.name in lines.by_name:
            expr = self.why.expression(
                finding if finding.shape else replace(finding, entries=((),))
            )
            yield _labelled(
                "should be", self.why.words.formula(expr or lines.written_out(finding.name))
            )

    def worked(self) -> Iterator[DocumentBlock]:
        """Yield the right line with the writer's own numbers in it, for a single entry."""
        finding, notation = self.finding, self.notation
        expr = self.why.expression(finding)
        if expr is None or finding.name not in finding.values:
            return
        own = self.own_view()
        if len(finding.entries) != 1 or not own.values.keys() >= {finding.name, *symbols(expr)}:
            equation = self.why.words.equation(finding.name, expr)
            yield Formula((equation,), "note", PagePlace(INDENT, hang=4, gap=1))
            return
        entry = finding.entries[0]
        try:
            formula = _flat(own.entry(expr, entry, numbers=False))
            filled = _flat(own.entry(expr, entry, numbers=True))
        except TooLongError:
            return
        value = notation.number(figure(float(finding.values[finding.name][entry]), digits=4))
        lines = (notation.line(formula), f"= {notation.line(filled)} = {value}")
        yield Formula(lines, "note", PagePlace(INDENT, hang=0, gap=1))

    def own_view(self) -> View:
        """Return the problem with the values that the writer's own give."""
        notation = self.notation
        values = {
            name: value
            for name, value in self.finding.values.items()
            if name in notation.shapes and np.isfinite(value).all()
        }
        problem = self.why.review.lines.problem
        return View(Solution(problem, values), unicode=notation.unicode)


def _labelled(label: str, text: str) -> Paragraph:
    return Paragraph(text, lead=label, place=PagePlace(INDENT, hang=LABEL, gap=0))


def _flat(expr: Expr) -> Expr:
    """Return a formula with products of products as one product."""

    def change(part: Expr) -> Expr:
        if not (isinstance(part, Apply) and part.op == "mul"):
            return part
        args = [a.args if isinstance(a, Apply) and a.op == "mul" else (a,) for a in part.args]
        return Apply("mul", tuple(arg for each in args for arg in each))

    return rebuild(expr, change)
