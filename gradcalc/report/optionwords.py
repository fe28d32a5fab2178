"""What is said of the options of a problem, whatever it is written on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gradcalc.grading.library import RULES
from gradcalc.grading.lint import blind_spots
from gradcalc.grading.mistake import Slip
from gradcalc.grading.options import Option, OptionsReview
from gradcalc.report.boxes import aligned
from gradcalc.report.notation import Notation
from gradcalc.report.wording import NUMBERS, Wording, blind_text

WRONG, RIGHT = "✗", "✓"


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
