"""What is said of one slip: where it comes from, and what is due, as far as it is revealed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from gradcalc.algebra.expr import symbols
from gradcalc.algebra.names import gradient_parts
from gradcalc.grading.verdict import Finding, Verdict
from gradcalc.report.auditpage import AuditPage
from gradcalc.report.figures import figure
from gradcalc.report.linetable import as_written, due_text, entry_name
from gradcalc.report.page import Page
from gradcalc.report.parts import Formula, Paragraph, Part, ReportTable, TableColumn
from gradcalc.report.reasons import Reasons

LISTED = 6
"""Entries that are listed."""


def slip_parts(
    why: Reasons, finding: Finding, verdicts: Sequence[Verdict], same: str | None
) -> Iterator[Part]:
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


def _numbers(why: Reasons, finding: Finding, verdicts: Sequence[Verdict]) -> Iterator[Part]:
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
