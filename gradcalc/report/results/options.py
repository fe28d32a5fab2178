"""The options of a problem: the key, what each of the others computes, which mistake it shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gradcalc.grading.marking.options import Option, OptionsReview
from gradcalc.grading.mistakes.library import RULES
from gradcalc.grading.mistakes.rule import Slip
from gradcalc.grading.questions.lint import blind_spots
from gradcalc.report.blocks import (
    Alternatives,
    Document,
    DocumentBlock,
    PagePlace,
    Paragraph,
    ReportTable,
    Section,
    TableCell,
    TableColumn,
    Tone,
    VectorCell,
)
from gradcalc.report.mathematics.notation import Notation
from gradcalc.report.results.lint import blind_text
from gradcalc.report.results.wording import NUMBERS, Wording

WRONG, RIGHT = "✗", "✓"

INDENT = 5
HANG = 9
"""Columns of a mistake's label."""
SIGN, SIGNED = 2, 3
"""Columns before a sign in the margin, and of the sign."""

COLUMNS = (
    TableColumn("", "left", long="option", name=True),
    TableColumn("option", "left", long="value", gap=2, over=True),
    TableColumn("what it computes", "left", gap=2),
    TableColumn("what went wrong", "left", gap=2, over=True),
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

    def values(self) -> list[TableCell]:
        """Return the options as they are printed, those with as many numbers as entries."""
        options = self.review.options
        found: list[TableCell] = [option.answer.text for option in options]
        arrays = {
            at: option.answer
            for at, option in enumerate(options)
            if option.answer.cells and option.answer.formula is None
        }
        if len({len(answer.cells) for answer in arrays.values()}) != 1:
            return found
        for at, answer in arrays.items():
            cells = tuple(self.cell(cell) for cell in answer.cells)
            found[at] = VectorCell(cells, answer.shape[-1] if answer.shape else len(cells))
        return found

    def cell(self, cell: object) -> str:
        text = getattr(cell, "text", "_")
        return self.notation.number(text)

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


def options_document(review: OptionsReview, words: Wording) -> Document:
    """Return the options, each mistake once, the key, and what the question cannot show."""
    said = OptionWords(review, words)
    return Document(review.problem.title, f"options for {said.asked}", tuple(_blocks(review, said)))


def _blocks(review: OptionsReview, said: OptionWords) -> Iterator[DocumentBlock]:
    yield _table(review, said)
    groups = said.groups()
    if groups:
        yield Section("The slips")
    for at, group in enumerate(groups):
        yield from _slip(said, group, gap=min(at, 1))
    yield Section("Key")
    if said.key():
        yield Paragraph(said.key())
    for warning in review.warnings:
        yield Paragraph(warning, "warning", lead="!", place=PagePlace(SIGN, hang=SIGNED, gap=0))
    hidden = said.blind()
    if hidden:
        yield Section("What this question cannot show")
    for at, text in enumerate(hidden):
        yield Paragraph(text, lead="!", place=PagePlace(SIGN, hang=SIGNED, gap=min(at, 1)))


def _table(review: OptionsReview, said: OptionWords) -> ReportTable:
    """Return one row an option."""
    rows: list[tuple[TableCell, ...]] = []
    tones: list[Tone] = []
    for option, value in zip(review.options, said.values(), strict=True):
        right = option.verdict == "correct"
        computed = Alternatives(tuple(said.computes(option)))
        lead = f"{RIGHT if right else WRONG} {option.label}"
        rows.append((lead, value, computed, said.verdict(option)))
        tones.append("value" if right else "plain")
    return ReportTable(COLUMNS, tuple(rows), tones=tuple(tones), rule=SIGN, stacked=True)


def _slip(said: OptionWords, group: MistakeOptions, *, gap: int) -> Iterator[DocumentBlock]:
    """Yield a mistake with the options that it leads to."""
    words, deep = said.words, INDENT + HANG
    lead = words.label(group.slip)
    yield Paragraph(
        group.sentence, lead=lead, place=PagePlace(INDENT, hang=HANG, gap=gap, margin=True)
    )
    place = PagePlace(deep, gap=0, flow=True)
    yield Paragraph(group.letters, "note", group.slip.rule, place=place)
    convention = said.right_elsewhere(group)
    if convention:
        yield Paragraph(convention, place=PagePlace(deep, gap=0))
