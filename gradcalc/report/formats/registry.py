"""The formats of documents: a row each; whoever prints documents finds the printer here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from gradcalc.report.blocks import Document


@dataclass(frozen=True)
class Format:
    """A format: its name, endings of files, its printer, and what it is.

    printer: the module beside this one and its function from documents to the text of a
    file, which are imported when something is printed.
    """

    name: str
    endings: tuple[str, ...]
    printer: tuple[str, str]
    sentence: str

    def printed(self, documents: Sequence[Document]) -> str:
        """Return documents as the text of a file."""
        module, function = self.printer
        found = import_module(f"gradcalc.report.formats.{module}")
        text: str = getattr(found, function)(documents)
        return text


_ROWS = (
    Format("text", ("txt",), ("text", "text_document"), "lines to read"),
    Format("markdown", ("md", "markdown"), ("markdown", "markdown_document"), "mathematics in $$"),
    Format("latex", ("tex",), ("latex", "article"), "an article with amsmath"),
    Format("html", ("html", "htm"), ("html", "html_document"), "one page, nothing from elsewhere"),
)
FORMATS = {row.name: row for row in _ROWS}
"""Every format of documents by its name."""
ENDINGS = {ending: row.name for row in _ROWS for ending in row.endings}
"""Ending of a file's name → the name of the format that it stands for."""


def format_of(path: Path) -> Format:
    """Return the format that a file's name asks for; text where it asks for no other."""
    return FORMATS[ENDINGS.get(path.suffix.removeprefix(".").lower(), "text")]
