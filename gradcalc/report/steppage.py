"""A checked sheet for the one who wrote it: right lines, wrong lines, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from gradcalc.algebra.expr import symbols
from gradcalc.algebra.names import gradient_parts
from gradcalc.grading.verdict import Finding, Review, Verdict, answer_of
from gradcalc.report.linetable import MARKS, as_written, entry_name
from gradcalc.report.notation import Notation
from gradcalc.report.page import Page
from gradcalc.report.reasons import Reasons, Reveal
from gradcalc.report.wording import Wording

INDENT = 8


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
