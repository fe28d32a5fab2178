"""The options of a problem: the key, what each of the others computes, which mistake it shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gradcalc.errors import width
from gradcalc.grading.marking.options import Option, OptionsReview
from gradcalc.grading.mistakes.library import RULES
from gradcalc.grading.mistakes.rule import Slip
from gradcalc.grading.questions.lint import blind_spots
from gradcalc.report.blocks import (
    Document,
    DocumentBlock,
    Paragraph,
    ReportTable,
    Section,
    TableColumn,
)
from gradcalc.report.mathematics.notation import Notation
from gradcalc.report.mathematics.unicode import Box, aligned
from gradcalc.report.page import Page, heading, wrapped
from gradcalc.report.results.lint import blind_text
from gradcalc.report.results.wording import NUMBERS, Wording

WRONG, RIGHT = "✗", "✓"

INDENT = 5
HANG = 9
TITLES = ("option", "what it computes", "what went wrong")

COLUMNS = (
    TableColumn("option", "left", name=True),
    TableColumn("value", "left", cut=True),
    TableColumn("what it computes", "left", cut=True),
    TableColumn("what went wrong", "left", cut=True),
)


@dataclass(frozen=True)
class MistakeOptions:
    """One mistake, said once, with the options that it leads to."""

    slip: Slip
    sentence: str
    options: tuple[Option, ...]

    @property
    def letters(self) -> str:
        """Return the letters of the options."""
        return " ".join(option.label for option in self.options)


@dataclass(frozen=True)
class OptionWords:
    """Says what each option is, and what the question cannot show."""

    review: OptionsReview
    words: Wording

    @property
    def notation(self) -> Notation:
        """Return how names and formulas are written."""
        return self.words.notation

    @property
    def asked(self) -> str:
        """Return what is asked for."""
        find = self.review.find
        if find.index is not None:
            return self.notation.entry_name(find.name, find.index)
        return self.notation.name(find.name)

    def values(self) -> list[str]:
        """Return the options as they are printed, numbers of one place under each other."""
        options = self.review.options
        arrays = [
            at
            for at, option in enumerate(options)
            if option.answer.cells and option.answer.formula is None
        ]
        found = [option.answer.text for option in options]
        counts = {len(options[at].answer.cells) for at in arrays}
        if len(counts) != 1:
            return found
        cells = [[self.cell(c) for c in options[at].answer.cells] for at in arrays]
        columns = [aligned(list(column)) for column in zip(*cells, strict=True)]
        for place, at in enumerate(arrays):
            row = [column[place] for column in columns]
            found[at] = self.joined(row, options[at].answer.shape)
        return found

    def cell(self, cell: object) -> str:
        text = getattr(cell, "text", "_")
        return self.notation.number(text)

    @staticmethod
    def joined(row: Sequence[str], shape: tuple[int, ...]) -> str:
        """Return entries in parentheses, commas behind the digits."""
        if len(row) == 1:
            return row[0]
        inner = shape[-1] if shape else len(row)
        text = ""
        for at, cell in enumerate(row):
            digits = cell.rstrip()
            last = at == len(row) - 1
            sign = "" if last else (";" if (at + 1) % inner == 0 else ",")
            text += digits + sign + cell[len(digits) :] + ("" if last else " ")
        return f"({text})"

    def computes(self, option: Option) -> list[str]:
        """Return the formula that gives an option."""
        if option.verdict == "correct" and not option.none:
            return self.words.computes(self.review.find.name, None)
        if option.explanations:
            return self.words.computes(self.review.find.name, option.explanations[0])
        return []

    def verdict(self, option: Option) -> str:
        """Return what went wrong, in the labels of the rules."""
        if option.verdict == "correct":
            return "right: none of the others is" if option.none else "the " + self.what()
        if option.none:
            return "another option is right"
        if option.reason is not None:
            return "cannot be judged"
        if not option.explanations:
            return "no known mistake gives it"
        text = ", ".join(self.words.label(slip) for slip in option.explanations[0].slips)
        more = len(option.explanations) - 1
        return f"{text}; or {more} more" if more else text

    def what(self) -> str:
        name = self.review.find.name
        return "gradient" if name.startswith(f"d{self.review.problem.loss}/") else "value"

    def groups(self) -> list[MistakeOptions]:
        """Return each mistake once, in the order of the library."""
        found: dict[tuple[str, str], list[tuple[Slip, Option]]] = {}
        for option in self.review.options:
            for explanation in option.explanations[:1]:
                for slip in explanation.slips:
                    key = (slip.rule, self.words.sentence(slip))
                    found.setdefault(key, []).append((slip, option))
        order = list(RULES)
        keys = sorted(found, key=lambda key: (order.index(key[0]), -len(found[key])))
        return [
            MistakeOptions(found[key][0][0], key[1], tuple(option for _, option in found[key]))
            for key in keys
        ]

    def right_elsewhere(self, group: MistakeOptions) -> str:
        """Return under which convention options of one mistake alone are right, if any."""
        convention = self.words.right_for(group.slip)
        alone = [
            option.label
            for option in group.options
            if option.explanations and option.explanations[0].rules == (group.slip.rule,)
        ]
        if not convention or not alone:
            return ""
        are = "is" if len(alone) == 1 else "are"
        return f"{' and '.join(alone)} alone {are} right for {convention}."

    def key(self) -> str:
        """Return which option is right, nothing where it is not one."""
        review = self.review
        if len(review.key) != 1:
            return ""
        count = len(review.options)
        unlike = not any("equal as they" in warning for warning in review.warnings)
        words = NUMBERS[count] if count < len(NUMBERS) else str(count)
        rest = f", and all {words} differ as they are printed." if unlike else "."
        return f"{review.key[0]}. One option is right{rest}"

    def blind(self) -> list[str]:
        """Return which mistakes the question cannot show."""
        if not self.review.problem.numeric:
            return []
        key = self.review.key[0] if len(self.review.key) == 1 else None
        spots = blind_spots(self.review.lines, self.review.find)
        return [blind_text(self.words, spot, key) for spot in spots]


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


def option_document(review: OptionsReview, words: Wording) -> Document:
    """Return the key, what the other options compute, and what the question cannot show."""
    said = OptionWords(review, words)
    return Document(review.problem.title, f"options for {said.asked}", tuple(_blocks(said)))


def _blocks(said: OptionWords) -> Iterator[DocumentBlock]:
    review, words = said.review, said.words
    rows = []
    for option, value in zip(review.options, said.values(), strict=True):
        mark = RIGHT if option.verdict == "correct" else WRONG
        computed = "; ".join(said.computes(option))
        plain = " ".join(value.split()).replace("( ", "(").replace(" )", ")")
        rows.append((f"{mark} {option.label}", plain, computed, said.verdict(option)))
    yield ReportTable(COLUMNS, tuple(rows))
    groups = said.groups()
    if groups:
        yield Section("The slips")
    for group in groups:
        yield Paragraph(words.label(group.slip), "heading", f"{group.letters} · {group.slip.rule}")
        yield Paragraph(" ".join(filter(None, [group.sentence, said.right_elsewhere(group)])))
    yield Section("Key")
    if said.key():
        yield Paragraph(said.key())
    for warning in review.warnings:
        yield Paragraph(warning, "warning")
    hidden = said.blind()
    if hidden:
        yield Section("What this question cannot show")
    for text in hidden:
        yield Paragraph(text)
