"""What a question cannot show, as a page."""

from __future__ import annotations

from gradcalc.grading.lint import Lint
from gradcalc.report.headings import heading
from gradcalc.report.page import Page
from gradcalc.report.wording import Wording, blind_text

INDENT = 2


def lint_page(page: Page, found: Lint, words: Wording) -> Page:
    """Write the mistakes that cannot be seen, then those that cannot be told apart."""
    asked = ", ".join(words.reference(ref) for ref in found.find[:4])
    asked += ", …" if len(found.find) > 4 else ""
    heading(page, found.lines.problem.title, f"asks for {asked}")
    if not found.blind and not found.twins:
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
    return page
