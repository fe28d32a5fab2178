"""The options of a problem as a page: the key, what the others compute, what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gradcalc.errors import width
from gradcalc.grading.library import RULES
from gradcalc.grading.lint import blind_spots
from gradcalc.grading.mistake import Slip
from gradcalc.grading.options import Option, OptionsReview
from gradcalc.report.boxes import Box, aligned
from gradcalc.report.headings import heading
from gradcalc.report.notation import Notation
from gradcalc.report.page import Page, wrapped
from gradcalc.report.wording import NUMBERS, Wording, blind_text

WRONG, RIGHT = "✗", "✓"
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
    def notation(self) -> Notation:
        """Return how names and formulas are written."""
        return self.words.notation

    def write(self) -> Page:
        """Write all bands and return the page."""
        asked = self.notation.name(self.review.find.name)
        if self.review.find.index is not None:
            asked = self.notation.entry_name(self.review.find.name, self.review.find.index)
        heading(self.page, self.review.problem.title, f"options for {asked}")
        self.table()
        self.slips()
        self.key()
        self.blind()
        return self.page

    def table(self) -> None:
        """Write one row an option, or one paragraph an option where a row is too wide."""
        options = self.review.options
        values = self.values()
        formulas = [self.computes(option) for option in options]
        wrong = [self.verdict(option) for option in options]
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

    def slips(self) -> None:
        """Write each mistake once, with the options that it leads to."""
        groups: dict[tuple[str, str], list[tuple[Slip, Option]]] = {}
        for option in self.review.options:
            for explanation in option.explanations[:1]:
                for slip in explanation.slips:
                    key = (slip.rule, self.words.sentence(slip))
                    groups.setdefault(key, []).append((slip, option))
        if not groups:
            return
        self.page.band("The slips")
        order = list(RULES)
        for at, (rule, sentence) in enumerate(
            sorted(groups, key=lambda key: (order.index(key[0]), -len(groups[key])))
        ):
            members = groups[(rule, sentence)]
            if at:
                self.page.blank()
            self.slip(members[0][0], sentence, [option for _, option in members])

    def slip(self, slip: Slip, sentence: str, options: Sequence[Option]) -> None:
        label = self.words.label(slip)
        room = self.page.columns - INDENT - HANG
        lines = wrapped(self.page.prose(sentence), room)
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
        letters = " ".join(option.label for option in options)
        gap = max(2, self.page.columns - INDENT - HANG - width(letters) - width(slip.rule))
        if gap == 2:
            self.page.paragraph(f"{letters}  {slip.rule}", INDENT + HANG)
        else:
            self.page.text(letters + " " * gap + slip.rule, "note", INDENT + HANG)
        convention = self.words.right_for(slip)
        alone = [
            option.label
            for option in options
            if option.explanations and option.explanations[0].rules == (slip.rule,)
        ]
        if convention and alone:
            self.page.paragraph(
                f"{' and '.join(alone)} alone {'is' if len(alone) == 1 else 'are'} right for"
                f" {convention}.",
                INDENT + HANG,
            )

    def key(self) -> None:
        """Write which option is right, and what there is to warn of."""
        self.page.band("Key")
        review = self.review
        if len(review.key) == 1:
            count = len(review.options)
            unlike = not any("equal as they" in warning for warning in review.warnings)
            text = f"{review.key[0]}. One option is right"
            words = NUMBERS[count] if count < len(NUMBERS) else str(count)
            text += f", and all {words} differ as they are printed." if unlike else "."
            self.page.paragraph(text, INDENT)
        for warning in review.warnings:
            self.page.paragraph(f"!  {warning}", 2, "warning", 3)

    def blind(self) -> None:
        """Write which mistakes the question cannot show."""
        if not self.review.problem.numeric:
            return
        spots = blind_spots(self.review.lines, self.review.find)
        if not spots:
            return
        self.page.band("What this question cannot show")
        key = self.review.key[0] if len(self.review.key) == 1 else None
        for at, spot in enumerate(spots):
            if at:
                self.page.blank()
            self.page.paragraph(f"!  {blind_text(self.words, spot, key)}", 2, "plain", 3)


def _box(lines: Sequence[str]) -> Box:
    widest = max(map(width, lines))
    return Box(tuple(line + " " * (widest - width(line)) for line in lines))
