"""`--format` and `-o`: in which format a command writes, and where; the same for every command."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gradcalc.cli import output
from gradcalc.report.formats.registry import ENDINGS, FORMATS

if TYPE_CHECKING:
    from gradcalc.report.blocks import Document
    from gradcalc.report.page import Page

Command = TypeVar("Command", bound=Callable[..., Any])

OTHERS = {"json": ("json", "jsonl"), "numpy": ("py",), "torch": (), "github": ()}
"""What some commands write that is no document, with the endings of its files."""
SCRIPTS = ("numpy", "torch")


def formatted(*others: str) -> Callable[[Command], Command]:
    """Return what adds `--format` (style) and `-o` (target) to a command.

    others: the formats beside those of documents that it writes.
    """
    said = "; ".join(f"{row.name}: {row.sentence}" for row in FORMATS.values())
    style = click.option(
        "--format",
        "style",
        type=click.Choice([*FORMATS, *others]),
        help=f"{said} (default: by the ending of -o, else text).",
    )
    target = click.option(
        "-o", "--output", "target", type=click.Path(path_type=Path), help="Write all into one file."
    )
    return lambda command: style(target(command))


def style_of(style: str | None, target: Path | None, *others: str) -> str:
    """Return the format that is asked for, or that the ending of a file's name stands for.

    others: the formats beside those of documents that the command writes.
    """
    if style is not None or target is None:
        return style or "text"
    endings = ENDINGS | {ending: name for name in others for ending in OTHERS[name]}
    found = endings.get(target.suffix.removeprefix(".").lower())
    if found is None:
        rows = sorted(FORMATS.values(), key=lambda row: row.name == "text")
        first = [row.endings[0] for row in rows]
        first += [OTHERS[name][0] for name in others if OTHERS[name]]
        known = ", ".join(f".{ending}" for ending in first)
        raise click.UsageError(
            f"{target}: the file is to end in one of {known}, or --format says what it is"
        )
    return found


@dataclass
class Writer:
    """What a command says, on its way to standard output or into one file.

    To standard output, pages of text and records are written at once; documents of other
    formats, and all that goes into a file, when it is closed.
    """

    style: str
    target: Path | None = None
    documents: list[Document] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    count: int = 0

    @cached_property
    def able(self) -> bool:
        """Tell whether what is written can carry the signs of mathematics as they are."""
        from gradcalc.report.page import encodable

        return self.target is not None or encodable(output.encoding())

    @property
    def unicode(self) -> bool:
        """Tell whether names and formulas are to be put into words with their own signs."""
        return self.able or self.style != "text"

    def page(self) -> Page:
        """Return an empty page of text, as wide as what it is written to."""
        from gradcalc.report.page import Page

        columns = output.columns() if self.target is None else output.PIPED
        return Page(columns, self.able)

    def add(self, document: Document) -> None:
        """Take a document."""
        if self.style == "text":
            from gradcalc.report.formats.text import write_document

            self.add_page(write_document(self.page(), document))
        else:
            self.documents.append(document)

    def add_page(self, page: Page) -> None:
        """Take a page of text; two empty lines stand between pages."""
        between = "\n\n" if self.count else ""
        self.count += 1
        if self.target is None:
            output.write_text(between)
            output.write_page(page)
            return
        from gradcalc.report.page import printable

        self.texts.append(between + printable(page).plain())

    def add_record(self, text: str) -> None:
        """Take a record: lines of JSON or of annotations."""
        if self.target is None:
            output.write_json(text)
        else:
            self.texts.append(text)

    def add_script(self, text: str) -> None:
        """Take a script; two empty lines stand between several."""
        self.texts.append("\n\n" * bool(self.texts) + text)

    def close(self, printed: Callable[[Sequence[Document]], str] | None = None) -> None:
        """Write what has been kept; nothing where there is nothing.

        printed: what makes a text of documents in place of their format's own printer.
        """
        text = "".join(self.texts)
        if self.documents:
            text = (printed or FORMATS[self.style].printed)(self.documents)
        if not text:
            return
        if self.target is None:
            output.write_text(self.carried(text))
            return
        from gradcalc.cli.output import write_file

        write_file(self.target, text)

    def carried(self, text: str) -> str:
        """Return a text that the stream can carry: signs that it cannot as their numbers."""
        encoding = output.encoding()
        if self.style in SCRIPTS:  # in comments and texts alone, where it may be so
            return text.encode(encoding, "backslashreplace").decode(encoding)
        errors = "replace" if self.style == "latex" else "xmlcharrefreplace"
        return text.encode(encoding, errors).decode(encoding)


def write_documents(documents: Sequence[Document], style: str, target: Path | None) -> None:
    """Write documents in a format, to standard output or into a file."""
    writer = Writer(style, target)
    for document in documents:
        writer.add(document)
    writer.close()
