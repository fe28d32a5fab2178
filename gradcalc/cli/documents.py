"""Solutions as text, JSON or documents: which format, and where it goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gradcalc.cli import output

if TYPE_CHECKING:
    from gradcalc.problem.model import Solution
    from gradcalc.report.document import Document
    from gradcalc.report.sheet import SheetKind
    from gradcalc.report.view import View

SCRIPTS = {
    "numpy": ("gradcalc.report.numpyscript", "numpy_script"),
    "torch": ("gradcalc.report.torchscript", "torch_script"),
}
"""Format → the module and the function that print it."""
FORMATS = ("text", "json", "markdown", "latex", "html", *SCRIPTS)
ENDINGS = {
    "txt": "text",
    "json": "json",
    "jsonl": "json",
    "md": "markdown",
    "markdown": "markdown",
    "tex": "latex",
    "html": "html",
    "htm": "html",
    "py": "numpy",
}
DOCUMENTS = ("markdown", "latex", "html")


@dataclass(frozen=True)
class Shown:
    """How solutions are to be shown.

    lines: those that are shown, all where it is empty. fragment: LaTeX without preamble.
    """

    style: str
    detail: str = "steps"
    decimals: int | None = None
    jacobians: bool = False
    turned: str | None = None
    full: bool = False
    sheet: SheetKind = "solution"
    lines: str = ""
    fragment: bool = False
    target: Path | None = None


@dataclass
class SolutionWriter:
    """What has been solved, on its way to standard output or into one file."""

    shown: Shown
    documents: list[Document] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, solution: Solution) -> None:
        """Take a solution; to standard output, text and JSON are written at once."""
        from gradcalc.report.page import encodable
        from gradcalc.report.view import View

        shown = self.shown
        apart = shown.target is not None or shown.style != "text"
        unicode = apart or encodable(output.encoding())
        typeset = shown.style in DOCUMENTS
        whole = shown.jacobians or bool(shown.turned)
        view = View(solution, shown.decimals, whole, unicode, shown.full, shown.turned, typeset)
        if shown.style in SCRIPTS:
            self._script(solution)
        elif typeset:
            from gradcalc.report.writing import document

            self.documents.append(document(view, shown.detail, shown.sheet, shown.lines))
        elif shown.style == "json":
            self._json(view)
        else:
            self._page(view)
        self.count += 1

    def close(self) -> None:
        """Write what has been kept; nothing where no problem could be solved."""
        if not self.count:
            return
        text = self._document() if self.documents else "".join(self.texts)
        if self.shown.target is not None:
            from gradcalc.cli.files import write_file

            write_file(self.shown.target, text)
        elif text:
            output.write_text(carried(text, self.shown.style))

    def _script(self, solution: Solution) -> None:
        """Take the script of a solution."""
        module, name = SCRIPTS[self.shown.style]
        printer: Callable[[Solution], str] = getattr(import_module(module), name)
        self.texts.append(("\n\n" if self.count else "") + printer(solution))

    def _json(self, view: View) -> None:
        from gradcalc.report.page import encodable
        from gradcalc.report.record import solution_line

        if self.shown.target is not None:
            self.texts.append(solution_line(view, self.shown.detail) + "\n")
            return
        plain = not encodable(output.encoding())
        output.write_json(solution_line(view, self.shown.detail, ascii_only=plain) + "\n")

    def _page(self, view: View) -> None:
        from gradcalc.errors import visible
        from gradcalc.report.terminal import page

        shown = self.shown
        columns = output.columns() if shown.target is None else output.PIPED
        found = page(view, shown.detail, columns, sheet=shown.sheet, lines=shown.lines)
        between = "\n\n" if self.count else ""
        if shown.target is not None:
            rows = (visible(row) for row in found.plain().splitlines())
            self.texts.append(between + "".join(f"{row}\n" for row in rows))
            return
        output.write_text(between)
        output.write_page(found)

    def _document(self) -> str:
        style = self.shown.style
        if style == "html":
            from gradcalc.report.htmldocument import html_document

            return html_document(self.documents)
        if style == "markdown":
            from gradcalc.report.markdowndocument import markdown_document

            return markdown_document(self.documents)
        from gradcalc.report.latexdocument import article, fragments

        make: Callable[[list[Document]], str] = fragments if self.shown.fragment else article
        return make(self.documents)


def style_of(style: str | None, target: Path | None) -> str:
    """Return the format that is asked for, or that the ending of a file's name stands for."""
    if style is not None or target is None:
        return style or "text"
    found = ENDINGS.get(target.suffix.removeprefix(".").lower())
    if found is None:
        known = ", ".join(f".{ending}" for ending in ("md", "tex", "html", "txt", "json", "py"))
        raise click.UsageError(
            f"{target}: the file is to end in one of {known}, or --format says what it is"
        )
    return found


def carried(text: str, style: str) -> str:
    """Return a document that the stream can carry: signs that it cannot as their numbers."""
    encoding = output.encoding()
    if style in SCRIPTS:  # in comments and texts alone, where it may be so
        return text.encode(encoding, "backslashreplace").decode(encoding)
    if style not in DOCUMENTS:
        return text
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        kept = text.encode(encoding, "xmlcharrefreplace" if style != "latex" else "replace")
        return kept.decode(encoding)
    return text
