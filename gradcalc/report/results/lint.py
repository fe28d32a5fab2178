"""What a question cannot show, as a document: mistakes that nobody can see or tell apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from gradcalc.grading.questions.lint import Blind, Lint, Twins
from gradcalc.grading.questions.lint_individual import Doubt
from gradcalc.report.blocks import Document, DocumentBlock, PagePlace, Paragraph, Section
from gradcalc.report.mathematics.names import figure
from gradcalc.report.mathematics.notation import Notation
from gradcalc.report.results.wording import Wording

MOST = 10
"""Things that are told of drawn numbers."""
SPOT = PagePlace(indent=2, hang=3, gap=1)
"""Where a text page puts what is found."""


def lint_document(found: Lint, words: Wording) -> Document:
    """Return the mistakes that cannot be seen, then those that cannot be told apart."""
    asked = ", ".join(words.reference(ref) for ref in found.find[:4])
    asked += ", …" if len(found.find) > 4 else ""
    blocks = tuple(_blocks(found, words))
    return Document(found.lines.problem.title, f"asks for {asked}", blocks)


def _blocks(found: Lint, words: Wording) -> Iterator[DocumentBlock]:
    warnings = tuple(_warnings(found))
    yield from warnings
    if not (found.blind or found.twins or found.doubts):
        said = "Every mistake of the library shows, and no two look alike."
        yield Paragraph(said, place=PagePlace(gap=int(bool(warnings))))
        return
    doubts = [_doubted(each, words) for each in found.doubts]
    told = (
        ("What this question cannot show", "!", [blind_text(words, at) for at in found.blind]),
        ("What it cannot tell apart", "=", [_alike(twins, words) for twins in found.twins]),
        ("What is drawn for the students", "!", doubts[:MOST]),
    )
    gap = int(bool(warnings))
    for head, sign, texts in told:
        if texts:
            yield Section(head, ruled=False, place=PagePlace(indent=0, gap=gap))
            yield from (Paragraph(text, lead=sign, place=SPOT) for text in texts)
            gap = 2
    if len(doubts) > MOST:
        yield Paragraph(f"and {len(doubts) - MOST} more", "note", place=SPOT)


def _warnings(found: Lint) -> Iterator[DocumentBlock]:
    """Yield what was probably not meant, and what does not exist of what is asked for."""
    warnings = [trap.text for trap in found.traps]
    warnings += [f"{gap.name} does not exist {gap.told}" for gap in found.gaps]
    for at, text in enumerate(warnings):
        yield Paragraph(text, "warning", lead="!", place=replace(SPOT, gap=int(at > 0)))


def _alike(twins: Twins, words: Wording) -> str:
    """Return which mistakes give the same answer, and what would tell them apart."""
    listed = "; ".join(
        f"{words.label(slip)} at {words.notation.name(slip.at)} ({slip.rule})"
        for slip in twins.slips
    )
    if twins.ask is None:
        return f"{listed}. No other line tells them apart."
    return f"{listed}. {words.reference(twins.ask)} would tell them apart."


def _doubted(doubt: Doubt, words: Wording) -> str:
    """Return in a sentence what is wrong with some students' numbers."""
    name = words.reference(doubt.at)
    if doubt.kind == "no value":
        what = f"{name} has no value"
    elif doubt.kind == "kink":
        what = f"{name} lies on a kink, where the derivative is a convention"
    elif doubt.kind == "zero":
        what = f"{name} is 0 to three decimals"
    else:
        assert doubt.slip is not None
        what = f"{words.label(doubt.slip)} at {name} ({doubt.slip.rule}) does not show"
    which = "such as" if doubt.count > 1 else "namely"
    return f"{what} for {doubt.count} of the students 1 to {doubt.of}, {which} {doubt.example}."


def blind_text(words: Wording, spot: Blind, key: str | None = None) -> str:
    """Return what a question cannot show, and what would; `key` is the right option."""
    notation = words.notation
    text = f"{words.label(spot.slip)} ({spot.slip.rule}): {words.sentence(spot.slip)}"
    change = spot.change
    if change is not None:
        data = notation.name(change.data.name)
        if change.data.index is not None:
            data = notation.entry_name(change.data.name, change.data.index)
        where = ""
        if change.entry:
            where = f" in entry {','.join(str(i + 1) for i in change.entry)}"
        text += (
            f" {'Here this changes nothing' if key is None else f'Here it gives {key}, the key'}."
            f" With {data} = {notation.number(change.new)} instead of"
            f" {notation.number(change.old)} it would give {_figure(notation, change.wrong)}"
            f"{where} instead of {_figure(notation, change.right)}."
        )
    elif spot.ask is not None:
        told = "No numbers can show it here" if key is None else f"It gives {key} with any numbers"
        text += f" {told}. Ask for {notation.name(spot.ask.name)} too"
        if spot.right is not None and spot.wrong is not None:
            right, wrong = _figure(notation, spot.right), _figure(notation, spot.wrong)
            text += f": it is {right}, and {wrong} with this slip"
        text += "."
    return text


def _figure(notation: Notation, value: float) -> str:
    return notation.number(figure(float(np.asarray(value) + 0.0), digits=4))
