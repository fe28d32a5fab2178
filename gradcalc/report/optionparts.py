"""The options of a problem as the parts of a report."""

from __future__ import annotations

from collections.abc import Iterator

from gradcalc.grading.options import OptionsReview
from gradcalc.report.optionwords import RIGHT, WRONG, OptionWords
from gradcalc.report.parts import Paragraph, Part, ReportTable, Section, TableColumn, Title
from gradcalc.report.wording import Wording

COLUMNS = (
    TableColumn("option", "left", name=True),
    TableColumn("value", "left", cut=True),
    TableColumn("what it computes", "left", cut=True),
    TableColumn("what went wrong", "left", cut=True),
)


def option_parts(review: OptionsReview, words: Wording) -> Iterator[Part]:
    """Yield the key, what the other options compute, and what the question cannot show."""
    said = OptionWords(review, words)
    yield Title(review.problem.title, f"options for {said.asked}")
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
