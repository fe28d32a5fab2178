"""A checked sheet as a page: what went wrong and why, then every line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gradcalc.algebra.formula.expr import Apply, Expr, rebuild, symbols
from gradcalc.algebra.formula.names import gradient_parts
from gradcalc.algebra.rewriting.entries import TooLongError
from gradcalc.errors import TIED, visible, width
from gradcalc.grading.marking.verdict import Review, Verdict, answer_of
from gradcalc.grading.mistakes.diagnosis import Finding
from gradcalc.problem.solution import Solution
from gradcalc.report.mathematics.names import figure
from gradcalc.report.mathematics.notation import Notation
from gradcalc.report.mathematics.unicode import aligned
from gradcalc.report.page import Page, heading
from gradcalc.report.results.check_table import (
    MARKS,
    SINGLE,
    as_written,
    due_text,
    entry_name,
    line_table,
    summary,
)
from gradcalc.report.results.reasons import Reasons, Reveal
from gradcalc.report.results.wording import Wording
from gradcalc.report.steps.conventions import own_numbers
from gradcalc.report.steps.view import View

INDENT = 8

AUDIT_INDENT = 5
LIST = 6
MOST = 40
"""Slips, and unreadable answers, that a page lists."""
MOST_LINES = 6
FEW = 3
"""Gradients below which nothing is said of rounding."""
MOST_GIVEN = 400


@dataclass(frozen=True)
class StepPage:
    """Writes the lines of a sheet in order, without values that are not the writer's."""

    page: Page
    review: Review
    words: Wording
    reveal: Reveal
    hint: bool = True

    @property
    def why(self) -> Reasons:
        """Return what says where wrong answers come from."""
        return Reasons(self.review, self.words, self.reveal)

    @property
    def notation(self) -> Notation:
        """Return how names and formulas are written."""
        return self.words.notation

    def write(self) -> None:
        """Write right and wrong lines in order, the reasons if they are to be revealed."""
        right: list[str] = []
        follows, last = False, 0
        first = True
        shown: set[int] = set()
        for verdict in self.names():
            if verdict.right:
                if follows != (verdict.status == "follows"):
                    self.run(right, last if follows else 0)
                    right, follows = [], verdict.status == "follows"
                right.append(self.notation.name(verdict.name))
                continue
            self.run(right, last if follows else 0)
            right = []
            self.wrong(verdict, first, shown)
            last = verdict.line if verdict.status == "incorrect" else last
            first = first and verdict.status != "incorrect"
        self.run(right, last if follows else 0)
        if self.reveal == "why" and self.review.findings:
            wrong = dict.fromkeys(
                v.line for v in self.names() if v.status == "incorrect" and v.repeats is None
            )
            one, *others = (f"line {line}" for line in wrong) if wrong else ("",)
            text = f"Put {one} right" + "".join(f", then {other}" for other in others)
            if any(v.status == "follows" for v in self.review.verdicts):
                text += "; the lines that follow from "
                text += "them change with them" if others else "it change with it"
            self.page.blank()
            if wrong:
                self.page.paragraph(f"{text}.", 0)
            if self.hint:
                self.page.paragraph("--reveal full shows the values.", 0, "note")

    def names(self) -> Iterator[Verdict]:
        """Yield one verdict a line of the sheet: the worst of its entries."""
        order = ("correct", "convention", "follows", "missing", "unreadable", "incorrect")
        worst: dict[tuple[int, str], Verdict] = {}
        for verdict in self.review.verdicts:
            key = (verdict.line, verdict.name)
            old = worst.get(key)
            if old is None or order.index(verdict.status) > order.index(old.status):
                worst[key] = verdict
        yield from worst.values()

    def run(self, names: Sequence[str], follows: int) -> None:
        """Write names that are right one after the other, or right from a wrong line."""
        if names:
            self.page.blank()
            text = f"{'Follows' if follows else 'Right  '} {'   '.join(dict.fromkeys(names))}"
            words = f"right from your line {follows}" if follows else ""
            self.page.beside(text, words, "plain", 0, INDENT)

    def wrong(self, verdict: Verdict, first: bool, shown: set[int]) -> None:
        """Write one line that is not right."""
        page, notation = self.page, self.notation
        answer = answer_of(self.review, verdict.line, verdict.name)
        name = entry_name(verdict, notation)
        if answer is not None and answer.index is None and verdict.name in notation.shapes:
            name = notation.name(verdict.name)
        given = as_written(answer.text if answer is not None else verdict.given, notation)
        number = verdict.finding
        finding = None if number is None else self.review.findings[number]
        same = bool(finding and finding.explanations and self.why.earlier(finding))
        lead = f"{MARKS[verdict.status]} {verdict.line}".ljust(INDENT) + f"{name} = {given}"
        remark = self.remark(verdict, first, same)
        page.blank()
        page.beside(lead, remark, "heading", 0, INDENT)
        if verdict.reason is not None:
            page.paragraph(verdict.reason, INDENT)
        if self.reveal == "why" and finding is not None and number not in shown and not same:
            shown.add(number or 0)
            self.explain(finding, verdict)

    @staticmethod
    def remark(verdict: Verdict, first: bool, same: bool) -> str:
        """Return the few words beside a line that is not right."""
        if verdict.status != "incorrect":
            return {"unreadable": "unreadable", "missing": "blank"}[verdict.status]
        if verdict.repeats is not None:
            return f"as in line {verdict.repeats}"
        return "your first wrong line" if first else "the same slip" if same else ""

    def explain(self, finding: Finding, verdict: Verdict) -> None:
        """Write where a slip comes from, and the formula that is due."""
        page, lines = self.page, self.review.lines
        for text in self.why.reasons(finding, [verdict]):
            page.blank()
            page.paragraph(text, INDENT)
        expr = self.why.expression(replace(finding, entries=((), ())))
        if expr is None:
            return
        page.blank()
        page.paragraph(self.words.equation(finding.name, expr), INDENT, "value", 4)
        for local in symbols(expr):
            total = local.startswith(f"d{lines.problem.loss}/")
            if local in lines.by_name and gradient_parts(local) and not total:
                inner = lines.written_out(local)
                page.paragraph(self.words.equation(local, inner), INDENT, "value", 4)


@dataclass(frozen=True)
class AuditPage:
    """Writes what a check found; `reveal` says how much of it.

    hint: say how more can be seen.
    """

    page: Page
    review: Review
    words: Wording
    reveal: Reveal = "full"
    hint: bool = True

    @property
    def why(self) -> Reasons:
        """Return what says where wrong answers come from."""
        return Reasons(self.review, self.words, self.reveal)

    @property
    def notation(self) -> Notation:
        """Return how names and formulas are written."""
        return self.words.notation

    def write(self) -> Page:
        """Write the page."""
        page, review = self.page, self.review
        heading(page, review.lines.problem.title, what_is_checked(review.sheet.name))
        page.paragraph(summary(review), 0)
        problem = review.lines.problem
        own = own_numbers(problem, self.notation)
        if own is not None:
            whom = "" if problem.student is None else f" for {visible(problem.student)}"
            page.paragraph(f"The numbers{whom}: {own}.", 0, "note")
        if review.single:
            page.paragraph(f"{SINGLE}.", 0, "note")
        for warning in review.warnings:
            page.blank()
            page.paragraph(f"!  {warning}", 2, "warning", 3)
        if self.reveal == "score":
            return page
        if self.reveal != "full":
            StepPage(page, review, self.words, self.reveal, self.hint).write()
            return page
        for number, finding in enumerate(review.findings[:MOST], start=1):
            page.blank()
            self.finding(number, finding)
        self.more(len(review.findings), "slips")
        self.unreadable()
        if any(v.value is not None for v in review.verdicts):
            page.band("Line by line")
            line_table(page, review, self.notation)
            self.legend()
            self.rounding()
        return page

    def finding(self, number: int, finding: Finding) -> None:
        """Write one slip: what is written, what should be, and where it comes from."""
        page, notation = self.page, self.notation
        verdicts = [
            v for v in self.review.verdicts if v.finding == number - 1 and v.repeats is None
        ]
        again = [v.line for v in self.review.verdicts if v.finding == number - 1 and v.repeats]
        accepted = any(v.status == "convention" for v in verdicts)
        mark = "✓" if accepted else "✗"
        place = _lines(sorted({*finding.lines, *again}))
        name = notation.name(finding.name)
        if len(finding.entries) == 1 and finding.entries[0]:
            name = notation.entry_name(finding.name, finding.entries[0])
        lead = f"{mark} {number}  {name}"
        page.beside(lead, place, "heading")
        self.numbers(finding, verdicts)
        for text in self.why.reasons(finding, verdicts):
            page.blank()
            page.paragraph(text, AUDIT_INDENT)

    def numbers(self, finding: Finding, verdicts: Sequence[Verdict]) -> None:
        """Write what is written beside what should be, and the difference."""
        page, notation = self.page, self.notation
        if not verdicts or verdicts[0].value is None:
            for verdict in verdicts[:1]:
                text = verdict.given
                text = text if len(text) <= MOST_GIVEN else text[:MOST_GIVEN] + " …"
                page.paragraph(f"written    {text}", AUDIT_INDENT, "plain", 11)
            self.right_formula(finding)
            return
        shown = verdicts[:LIST]
        given = aligned([as_written(v.given, notation) for v in shown])
        wanted = [(v.expected if finding.trivial else v.own) or 0.0 for v in shown]
        due = aligned(
            [due_text(value, notation, v.digits) for v, value in zip(shown, wanted, strict=True)]
        )
        off = aligned(
            [
                notation.number(figure((v.value or 0) - value, digits=3))
                for v, value in zip(shown, wanted, strict=True)
            ]
        )
        said = self.words.pattern(finding.pattern) if finding.pattern else ""
        if len(shown) == 1:
            both = aligned([as_written(shown[0].given, notation), due[0].strip()])
            page.text(f"written    {both[0]}".rstrip(), "plain", AUDIT_INDENT)
            page.beside(f"should be  {both[1]}".rstrip(), said, "plain", AUDIT_INDENT)
        else:
            names = [entry_name(v, notation) for v in shown]
            wide = max(map(width, names))
            columns = [("written", given), ("should be", due), ("off by", off)]
            sizes = [max(width(h), *map(width, column)) for h, column in columns]
            while (
                len(columns) > 1 and wide + sum(2 + s for s in sizes) > page.columns - AUDIT_INDENT
            ):
                columns, sizes = columns[:-1], sizes[:-1]
            head = "  ".join(h.ljust(s) for (h, _), s in zip(columns, sizes, strict=True))
            page.text((" " * (wide + 2) + head).rstrip(), "faint", AUDIT_INDENT)
            for at, own in enumerate(names):
                cells = "  ".join(
                    column[at].ljust(s) for (_, column), s in zip(columns, sizes, strict=True)
                )
                page.text(f"{own.ljust(wide)}  {cells}".rstrip(), "plain", AUDIT_INDENT)
            if len(verdicts) > LIST:
                page.text(f"and {len(verdicts) - LIST} more", "note", AUDIT_INDENT)
        self.worked(finding)

    def right_formula(self, finding: Finding) -> None:
        """Write the formula that is due, where a formula was the answer."""
        lines = self.review.lines
        if finding.name in lines.by_name:
            whole = finding if finding.shape else replace(finding, entries=((),))
            expr = self.why.expression(whole)
            text = self.words.formula(expr or lines.written_out(finding.name))
            self.page.paragraph(f"should be  {text}", AUDIT_INDENT, "plain", 11)

    def worked(self, finding: Finding) -> None:
        """Write the right line with the writer's own numbers in it, for a single entry."""
        expr = self.why.expression(finding)
        if expr is None or finding.name not in finding.values:
            return
        notation, page = self.notation, self.page
        own = self.view_of(finding)
        if len(finding.entries) != 1 or not own.values.keys() >= {finding.name, *symbols(expr)}:
            page.blank()
            page.paragraph(self.words.equation(finding.name, expr), AUDIT_INDENT, "note", 4)
            return
        entry = finding.entries[0]
        try:
            formula = _flat(own.entry(expr, entry, numbers=False))
            filled = _flat(own.entry(expr, entry, numbers=True))
        except TooLongError:
            return
        value = notation.number(figure(float(finding.values[finding.name][entry]), digits=4))
        page.blank()
        page.paragraph(notation.line(formula), AUDIT_INDENT, "note")
        page.paragraph(f"= {notation.line(filled)} = {value}", AUDIT_INDENT + 4, "note", 2)

    def view_of(self, finding: Finding) -> View:
        """Return the problem with the values that the writer's own give."""
        values = {
            name: value
            for name, value in finding.values.items()
            if name in self.notation.shapes and np.isfinite(value).all()
        }
        return View(Solution(self.review.lines.problem, values), unicode=self.notation.unicode)

    def unreadable(self) -> None:
        """Write what could not be read, with the reason."""
        found = [v for v in self.review.verdicts if v.status == "unreadable"]
        for verdict in found[:MOST]:
            self.page.blank()
            name = entry_name(verdict, self.notation)
            place = f"line {verdict.line}" + (f", {name}" if verdict.name else "")
            self.page.paragraph(f"!  {place}: {verdict.reason}", 0, "warning", 3)
        self.more(len(found), "answers that could not be read")

    def more(self, count: int, what: str) -> None:
        """Write how many more there are than a page lists."""
        if count > MOST:
            self.page.blank()
            self.page.paragraph(f"And {count - MOST} more {what}; --format json has all.", 0)

    def legend(self) -> None:
        """Write what the small letters of the table mean."""
        verdicts = self.review.verdicts
        notes = []
        if any(v.status == "follows" for v in verdicts):
            notes.append("f: follows from an earlier slip.")
        if any(v.cut and v.right for v in verdicts):
            notes.append("c: cut off after the last digit, not rounded.")
        if any(v.kept for v in verdicts):
            notes.append("k: right if digits were kept that are not written.")
        if any(v.rounds_to_zero for v in verdicts):
            notes.append("0: not 0 itself; it is 0 only once it is rounded.")
        if any(v.one_digit for v in verdicts):
            notes.append("1: right, but a single digit says little; write more.")
        if notes:
            self.page.blank()
        for note in notes:
            self.page.paragraph(note, AUDIT_INDENT, "note")

    def rounding(self) -> None:
        """Write what the writer's rounding does to right gradients."""
        loss = self.review.lines.problem.loss
        off = {}
        for v in self.review.verdicts:
            gradient = v.name.startswith(f"d{loss}/")
            if (
                gradient
                and v.right
                and v.value is not None
                and v.expected
                and v.status == "correct"
            ):
                off[(v.name, v.index)] = abs(v.value - v.expected) / abs(v.expected)
        beyond = sum(each > 0.01 for each in off.values())
        if not beyond or len(off) < FEW:
            return
        self.page.band("How the writer rounds")
        largest = f"{100 * max(off.values()):.1f}{TIED}%"
        self.page.paragraph(
            f"Rounding on the way moves right gradients by up to {largest}: a tolerance of 1\u00a0%"
            f" would have called {beyond} of the {len(off)} right ones wrong.",
            AUDIT_INDENT,
        )


def what_is_checked(name: str) -> str:
    """Return what stands beside the title: `check of mine.txt`."""
    return "check of your answers" if name.startswith("<") else f"check of {Path(name).name}"


def _flat(expr: Expr) -> Expr:
    """Return a formula with products of products as one product."""

    def change(part: Expr) -> Expr:
        if not (isinstance(part, Apply) and part.op == "mul"):
            return part
        args = [a.args if isinstance(a, Apply) and a.op == "mul" else (a,) for a in part.args]
        return Apply("mul", tuple(arg for each in args for arg in each))

    return rebuild(expr, change)


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
