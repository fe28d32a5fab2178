"""A page on a terminal that shows colour: the same text, with rich's styles."""

from __future__ import annotations

from typing import IO

from gradcalc.report.page import Page

STYLES = {
    "title": "bold",
    "rule": "dim",
    "heading": "bold",
    "value": "bold",
    "note": "dim",
    "faint": "dim",
    "warning": "bold yellow",
    "curve": "blue",
    "slope": "red",
}


def paint(page: Page, stream: IO[str]) -> None:
    """Write a page in colour; its text is what `Page.plain` returns."""
    from rich.color import ColorSystem  # noqa: PLC0415 - most pages are plain
    from rich.style import Style  # noqa: PLC0415

    styles = {name: Style.parse(style) for name, style in STYLES.items()}
    plain = Style.null()
    for line in page.rows():
        pieces = [(text, styles.get(style, plain)) for text, style in line if text]
        if pieces:
            text, style = pieces[-1]
            pieces[-1] = (text.rstrip(), style)
        stream.write(
            "".join(style.render(text, color_system=ColorSystem.STANDARD) for text, style in pieces)
            + "\n"
        )
