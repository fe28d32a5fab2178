"""Parts of a report as the text of a file: HTML, Markdown, or plain text."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal, TypeAlias

from gradcalc.errors import visible
from gradcalc.report.page import Page
from gradcalc.report.parts import Part
from gradcalc.report.partshtml import html_file
from gradcalc.report.partsmarkdown import markdown
from gradcalc.report.partspage import write_parts

ReportForm: TypeAlias = Literal["html", "md", "txt"]
ENDINGS: dict[str, ReportForm] = {".html": "html", ".htm": "html", ".md": "md", ".markdown": "md"}
COLUMNS = 80


def ending(path: Path) -> ReportForm:
    """Return the form that a file's name asks for; text where it asks for no other."""
    return ENDINGS.get(path.suffix.lower(), "txt")


def printed(parts: Iterable[Part], form: ReportForm) -> str:
    """Return parts as the text of a file."""
    if form == "html":
        return html_file(parts)
    if form == "md":
        return markdown(parts)
    lines = write_parts(Page(COLUMNS), parts).plain().splitlines()
    return "".join(f"{visible(line)}\n" for line in lines)
