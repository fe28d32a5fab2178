"""The options of a problem as a page: the key, what the others compute, what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gradcalc.errors import width
from gradcalc.grading.options import OptionsReview
from gradcalc.report.boxes import Box
from gradcalc.report.headings import heading
from gradcalc.report.optionwords import RIGHT, WRONG, MistakeOptions, OptionWords
from gradcalc.report.page import Page, wrapped
from gradcalc.report.wording import Wording

INDENT = 5
HANG = 9
TITLES = ("option", "what it computes", "what went wrong")


@dataclass(frozen=True)
class OptionPage:
    """Writes the page."""

    page: Page
    review: OptionsReview
    words: Wording

    @property
    def said(self) -> OptionWords:
        """Return what is said."""
        return OptionWords(self.review, self.words)

    def write(self) -> Page:
        """Write all bands and return the page."""
        heading(self.page, self.review.problem.title, f"options for {self.said.asked}")
        self.table()
        self.slips()
        self.key()
        self.blind()
        return self.page

    def table(self) -> None:
        """Write one row an option, or one paragraph an option where a row is too wide."""
        options = self.review.options
        values = self.said.values()
        formulas = [self.said.computes(option) for option in options]
        wrong = [self.said.verdict(option) for option in options]
        label = max(width(option.label) for option in options)
        first = 2 + label + 2 + max(map(width, values)) + 2
        second = max((width(text) for each in formulas for text in each[:1]), default=0) + 2
        third = max(map(width, wrong))
        single = all(len(each) <= 1 for each in formulas)
        if single and first + max(second, 18) + third <= self.page.columns:
            self.rows(values, formulas, wrong, first, max(second, 18), label)
            return
        for option, value, lines, verdict in zip(options, values, formulas, wrong, strict=True):
            mark = RIGHT if option.verdict == "correct" else WRONG
            lead = f"{mark} {option.label.ljust(label)}  "
            for at, row in enumerate(wrapped(value, self.page.columns - width(lead))):
                self.page.text((lead if not at else " " * width(lead)) + row)
            for text in (*lines, verdict):
                self.page.paragraph(text, width(lead), "note", 2)
            self.page.blank()
        self.page.lines.pop()

    def rows(
        self,
        values: Sequence[str],
        formulas: Sequence[list[str]],
        wrong: Sequence[str],
        first: int,
        second: int,
        label: int,
    ) -> None:
        head = "     " + TITLES[0]
        head += " " * max(1, first - width(head)) + TITLES[1].ljust(second) + TITLES[2]
        self.page.text(head.rstrip(), "faint")
        self.page.text("  " + "─" * (self.page.columns - 2), "rule")
        for option, value, lines, verdict in zip(
            self.review.options, values, formulas, wrong, strict=True
        ):
            right = option.verdict == "correct"
            lead = f"{RIGHT if right else WRONG} {option.label.ljust(label)}  {value}"
            lead += " " * (first - width(lead))
            middle = lines[0] if lines else ""
            row = lead + middle + " " * (second - width(middle)) + verdict
            self.page.text(row.rstrip(), "value" if right else "plain")

    def slips(self) -> None:
        """Write each mistake once, with the options that it leads to."""
        groups = self.said.groups()
        if not groups:
            return
        self.page.band("The slips")
        for at, group in enumerate(groups):
            if at:
                self.page.blank()
            self.slip(group)

    def slip(self, group: MistakeOptions) -> None:
        label, rule = self.words.label(group.slip), group.slip.rule
        room = self.page.columns - INDENT - HANG
        lines = wrapped(self.page.prose(group.sentence), room)
        if width(label) >= HANG:
            self.page.text(label, "heading", INDENT)
            self.page.block(_box(lines), INDENT + HANG)
        else:
            lead = label + " " * (HANG - width(label))
            self.page.lines.append(
                ((" " * INDENT, "plain"), (lead, "heading"), (lines[0], "plain"))
            )
            for line in lines[1:]:
                self.page.text(line, "plain", INDENT + HANG)
        gap = max(2, self.page.columns - INDENT - HANG - width(group.letters) - width(rule))
        if gap == 2:
            self.page.paragraph(f"{group.letters}  {rule}", INDENT + HANG)
        else:
            self.page.text(group.letters + " " * gap + rule, "note", INDENT + HANG)
        convention = self.said.right_elsewhere(group)
        if convention:
            self.page.paragraph(convention, INDENT + HANG)

    def key(self) -> None:
        """Write which option is right, and what there is to warn of."""
        self.page.band("Key")
        text = self.said.key()
        if text:
            self.page.paragraph(text, INDENT)
        for warning in self.review.warnings:
            self.page.paragraph(f"!  {warning}", 2, "warning", 3)

    def blind(self) -> None:
        """Write which mistakes the question cannot show."""
        texts = self.said.blind()
        if not texts:
            return
        self.page.band("What this question cannot show")
        for at, text in enumerate(texts):
            if at:
                self.page.blank()
            self.page.paragraph(f"!  {text}", 2, "plain", 3)


def _box(lines: Sequence[str]) -> Box:
    widest = max(map(width, lines))
    return Box(tuple(line + " " * (widest - width(line)) for line in lines))
