"""The head of a page: a title, and what the page is at the right margin."""

from __future__ import annotations

from gradcalc.errors import visible, width
from gradcalc.report.page import Page


def heading(page: Page, title: str, what: str) -> None:
    """Write a title with words flush right beside it, over a double rule."""
    title = visible(title)
    gap = page.columns - width(title) - width(what)
    if gap >= 2:
        page.lines.append(((title, "title"), (" " * gap + what, "note")))
        page.text("═" * page.columns, "rule")
    else:
        page.title(title)
        page.paragraph(what, 0, "note")
    page.blank()
