"""The formats of documents: a row each; whoever prints documents finds the printer here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from gradcalc.report.blocks import Document


@dataclass(frozen=True)
class Format:
    """A format: its name, endings of files, what it is, and the function that prints it.

    printer: module and function, which is loaded where it is needed.
    """

    name: str
    endings: tuple[str, ...]
    sentence: str
    printer: tuple[str, str]

    def printed(self, documents: Sequence[Document]) -> str:
        """Return documents as the text of a file."""
        module, function = self.printer
        text: str = getattr(import_module(f"gradcalc.report.formats.{module}"), function)(documents)
        return text


FORMATS = {
    row.name: row
    for row in (
        Format("text", ("txt",), "Text of 80 columns.", ("text", "text_document")),
        Format(
            "markdown",
            ("md", "markdown"),
            "Markdown, mathematics in $$.",
            ("markdown", "markdown_document"),
        ),
        Format("latex", ("tex",), "An article with amsmath.", ("latex", "article")),
        Format(
            "html", ("html", "htm"), "A page that needs no other file.", ("html", "html_document")
        ),
    )
}
NAMES = {ending: row.name for row in FORMATS.values() for ending in row.endings}
"""Ending of a file's name → the format that it stands for."""


def by_ending(path: Path) -> Format | None:
    """Return the format that a file's name asks for."""
    name = NAMES.get(path.suffix.removeprefix(".").lower())
    return FORMATS[name] if name else None
