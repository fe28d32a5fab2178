"""A page on a terminal that shows colour: the same text, with rich's styles."""

from __future__ import annotations

from typing import IO

from rich.console import Console
from rich.text import Text

from gradcalc.report.page import Page, widest

STYLES = {
    "title": "bold",
    "rule": "dim",
    "heading": "bold",
    "value": "bold",
    "note": "dim",
    "faint": "dim",
    "warning": "bold yellow",
}


def paint(page: Page, stream: IO[str]) -> None:
    """Write a page in colour; its text is what `Page.plain` returns."""
    columns = max(page.columns, widest(page.lines)) + 1
    console = Console(file=stream, width=columns, force_terminal=True, highlight=False)
    for line in page.rows():
        pieces = [(text, STYLES.get(style, "")) for text, style in line]
        painted = Text.assemble(*pieces)
        painted.rstrip()
        console.print(painted, soft_wrap=True)
