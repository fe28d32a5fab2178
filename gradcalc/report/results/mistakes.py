"""The library of mistakes as pages, and which of them a question cannot show."""

from __future__ import annotations

import re

import numpy as np

from gradcalc.errors import width
from gradcalc.grading.mistakes.library import RULES
from gradcalc.grading.questions.lint import Blind, Lint
from gradcalc.grading.questions.lint_individual import Doubt
from gradcalc.report.mathematics.names import figure
from gradcalc.report.mathematics.notation import Notation
from gradcalc.report.page import Page, heading, wrapped
from gradcalc.report.results.wording import MISTAKE_WORDS, PATTERNS, Wording

INDENT = 2
MOST = 10
"""Things that are told of drawn numbers."""

MISTAKES = tuple(MISTAKE_WORDS)
_BRACES = re.compile(r"\{(\w+)\}")
MEANINGS = {
    "f": "the activation",
    "a": "its output",
    "z": "its input",
    "W": "the weight",
    "b": "the bias",
    "t": "the target",
    "n": "the number of entries",
    "delta": "δ",
    "line": "the line",
    "right": "what is due",
    "wrong": "what is written",
    "upstream": "the upstream gradient",
    "local": "the derivative",
    "error": "the error",
    "other": "something",
    "inner": "the inner function",
    "power": "the power",
    "variant": "missing or too much",
}


def lint_page(page: Page, found: Lint, words: Wording) -> Page:
    """Write the mistakes that cannot be seen, then those that cannot be told apart."""
    asked = ", ".join(words.reference(ref) for ref in found.find[:4])
    asked += ", …" if len(found.find) > 4 else ""
    heading(page, found.lines.problem.title, f"asks for {asked}")
    _warnings(page, found)
    if not (found.blind or found.twins or found.doubts):
        page.paragraph("Every mistake of the library shows, and no two look alike.", 0)
        return page
    if found.blind:
        page.text("What this question cannot show", "heading")
        for spot in found.blind:
            page.blank()
            page.paragraph(f"!  {blind_text(words, spot)}", INDENT, "plain", 3)
    if found.twins:
        if found.blind:
            page.blank(2)
        page.text("What it cannot tell apart", "heading")
        for twins in found.twins:
            page.blank()
            listed = "; ".join(
                f"{words.label(slip)} at {words.notation.name(slip.at)} ({slip.rule})"
                for slip in twins.slips
            )
            text = f"=  {listed}."
            if twins.ask is not None:
                text += f" {words.reference(twins.ask)} would tell them apart."
            else:
                text += " No other line tells them apart."
            page.paragraph(text, INDENT, "plain", 3)
    if found.doubts:
        if found.blind or found.twins:
            page.blank(2)
        page.text("What is drawn for the students", "heading")
        for doubt in found.doubts[:MOST]:
            page.blank()
            page.paragraph(f"!  {_doubted(doubt, words)}", INDENT, "plain", 3)
        if len(found.doubts) > MOST:
            page.blank()
            page.paragraph(f"and {len(found.doubts) - MOST} more", INDENT, "note", 3)
    return page


def _warnings(page: Page, found: Lint) -> None:
    """Write what was probably not meant, and what does not exist of what is asked for."""
    warnings = [trap.text for trap in found.traps]
    warnings += [f"{gap.name} does not exist {gap.told}" for gap in found.gaps]
    for text in warnings:
        page.paragraph(f"!  {text}", INDENT, "warning", 3)
        page.blank()


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


def listing(page: Page) -> None:
    """Write every id with a few words, rules before patterns of difference."""
    page.title("The library of mistakes")
    page.blank()
    wide = max(map(width, MISTAKES))
    for head, ids in (
        ("Rules that rewrite lines", [name for name in MISTAKES if name in RULES]),
        ("Patterns of difference", [name for name in MISTAKES if name not in RULES]),
    ):
        page.text(head, "heading")
        for name in ids:
            lines = wrapped(MISTAKE_WORDS[name], page.columns - INDENT - wide - 2)
            page.text(f"{name.ljust(wide)}  {lines[0]}", "plain", INDENT)
            for line in lines[1:]:
                page.text(line, "plain", INDENT + wide + 2)
        page.blank()
    page.lines.pop()


def sheet(page: Page, name: str) -> None:
    """Write one mistake: to the student, to the teacher, and where it has been seen."""
    page.title(f"{name}: {MISTAKE_WORDS[name]}")
    page.blank()
    rule = RULES.get(name)
    if rule is None:
        text = PATTERNS.get(name, "one operand was copied wrongly; the line is right from it")
        page.paragraph(f"Pattern of difference: {text.format(factor='a factor')}.", INDENT)
        return
    said = _BRACES.sub(
        lambda found: MEANINGS.get(found[1], found[1]), rule.student.replace("{f}′", "f′")
    )
    for head, text in (
        ("Student", said[0].upper() + said[1:]),
        ("Teacher", rule.teacher),
        ("Seen", f"{rule.source}."),
        ("Right under", f"accept: [{rule.convention}]" if rule.convention else ""),
    ):
        if text:
            for at, line in enumerate(wrapped(text, page.columns - INDENT - 13)):
                page.text(f"{'' if at else head:<13}{line}", "plain", INDENT)
            page.blank()
    page.lines.pop()


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
