"""What a question cannot show, as a page."""

from __future__ import annotations

from gradcalc.grading.lint import Lint
from gradcalc.grading.lint_drawn import Doubt
from gradcalc.report.headings import heading
from gradcalc.report.page import Page
from gradcalc.report.wording import Wording, blind_text

INDENT = 2
MOST = 10
"""Things that are told of drawn numbers."""


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
