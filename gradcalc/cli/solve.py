"""`gradcalc solve`: the worked solution of each file, as text, JSON, a document or a script."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gradcalc.cli import output
from gradcalc.errors import ProblemError

if TYPE_CHECKING:
    from gradcalc.problem.solution import Solution
    from gradcalc.problem.solve import Given
    from gradcalc.report.blocks import Document
    from gradcalc.report.solution.statement import SheetKind
    from gradcalc.report.steps.view import View

SCRIPTS = {
    "numpy": ("gradcalc.report.scripts.numpy_script", "numpy_script"),
    "torch": ("gradcalc.report.scripts.torch_script", "torch_script"),
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
        from gradcalc.report.steps.view import View

        shown = self.shown
        apart = shown.target is not None or shown.style != "text"
        unicode = apart or encodable(output.encoding())
        typeset = shown.style in DOCUMENTS
        whole = shown.jacobians or bool(shown.turned)
        view = View(solution, shown.decimals, whole, unicode, shown.full, shown.turned, typeset)
        if shown.style in SCRIPTS:
            self._script(solution)
        elif typeset:
            from gradcalc.report.solution.document import document

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
            from gradcalc.cli.output import write_file

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
        from gradcalc.report.solution.record import solution_line

        if self.shown.target is not None:
            self.texts.append(solution_line(view, self.shown.detail) + "\n")
            return
        plain = not encodable(output.encoding())
        output.write_json(solution_line(view, self.shown.detail, ascii_only=plain) + "\n")

    def _page(self, view: View) -> None:
        from gradcalc.errors import visible
        from gradcalc.report.solution.page import page

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
        if self.shown.fragment:
            from gradcalc.report.formats.latex import fragments

            return fragments(self.documents)
        from gradcalc.report.formats.registry import FORMATS as DOCUMENT_FORMATS

        return DOCUMENT_FORMATS[self.shown.style].printed(self.documents)


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


@click.command("solve")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--given",
    type=click.Choice(["trust", "recompute", "fail"]),
    default="trust",
    show_default=True,
    help="Use given values, set them aside, or refuse contradictions.",
)
@click.option(
    "--detail",
    type=click.Choice(["brief", "steps", "entries"]),
    default="steps",
    show_default=True,
    help="Formulas and values; with the numbers put in; each entry, and each sample of a batch.",
)
@click.option("--student", metavar="ID", help="With the numbers of this student.")
@click.option("--set", "letters", metavar="N=3", multiple=True, help="Numbers for letters.")
@click.option("--decimals", type=click.IntRange(0, 15), help="Decimals of computed values.")
@click.option("--jacobians", is_flag=True, help="Local derivatives as whole matrices.")
@click.option(
    "--jacobian-layout",
    "turned",
    type=click.Choice(["numerator", "denominator"]),
    help="The same; entry i, j of da/dz is da[i]/dz[j], or da[j]/dz[i].",
)
@click.option("--full", is_flag=True, help="Large matrices whole, not elided in the middle.")
@click.option("--steps", "lines", metavar="LINES", help="Lines shown: 5-9, dL/dW1, backward.")
@click.option(
    "--sheet",
    type=click.Choice(["problem", "blank", "solution"]),
    default="solution",
    show_default=True,
    help="The question alone; with blanks to fill in; worked out.",
)
@click.option(
    "--format",
    "style",
    type=click.Choice(FORMATS),
    help="Text to read, an object a line, or a document (default: by the ending of -o, else text).",
)
@click.option("--fragment", is_flag=True, help="LaTeX without preamble, to be put into a document.")
@click.option(
    "-o", "--output", "target", type=click.Path(path_type=Path), help="Write all into one file."
)
def command(
    files: tuple[str, ...],
    given: Given,
    detail: str,
    student: str | None,
    decimals: int | None,
    jacobians: bool,
    turned: str | None,
    letters: tuple[str, ...],
    full: bool,
    lines: str | None,
    sheet: SheetKind,
    style: str | None,
    fragment: bool,
    target: Path | None,
) -> int:
    """Show the worked solution of each FILE: forward pass, backward pass, answer.

    FILE is a problem file, a folder of them, or - for standard input.

    \b
    Examples:
      gradcalc solve problem.yaml
      gradcalc solve problem.yaml --given recompute
      gradcalc solve problems/ --format json > solutions.jsonl
      gradcalc solve problem.yaml --student 4711
      gradcalc solve problem.yaml --format torch -o problem.py
      gradcalc solve letters.yaml --set N=3 --detail entries
      gradcalc solve a.yaml b.yaml -o all.html
      gradcalc solve problem.yaml --sheet blank -o sheet.tex
      cat problem.yaml | gradcalc solve - --detail entries --decimals 4

    \b
    A first problem file:
      inputs:  {x: [2, -1]}
      targets: {y: 1}
      weights: {W1: [[0.5, 0.3]], b1: 0.1}
      activations: [sigmoid]
      loss: half_squared_error

    Exit code: 0 fine, 1 a line of the solution does not exist or failed its numerical check,
    or a descent ended early, 2 a file cannot be used, 3 the output could not be written.
    """
    from gradcalc.cli.output import keep_apart, report
    from gradcalc.problem.reading.size_letters import read_sizes
    from gradcalc.problem.text.source import is_folder, problem_files

    style = style_of(style, target)
    if fragment and style != "latex":
        raise click.UsageError("--fragment is for LaTeX")
    if style in ("json", *SCRIPTS) and (lines or sheet != "solution"):
        raise click.UsageError(
            "--steps and --sheet are for text and documents, not for JSON or code"
        )
    several = len(files) > 1 or is_folder(files[0])
    if style in SCRIPTS and target is not None and several:
        raise click.UsageError("--output takes one problem file; a script is one problem")
    sizes = read_sizes(letters)
    shown = Shown(
        style, detail, decimals, jacobians, turned, full, sheet, lines or "", fragment, target
    )
    writer = SolutionWriter(shown)
    code = 0
    for argument in files:
        try:
            names = problem_files(argument)
        except ProblemError as error:
            code = max(code, report(error))
            continue
        keep_apart([target], names)
        for name in names:
            try:
                solution = _solved(name, given, student, sizes)
                writer.add(solution)
            except ProblemError as error:
                code = max(code, report(error))
                continue
            failed = solution.check is not None and bool(solution.check.failed)
            stopped = solution.training is not None and solution.training.stopped
            if failed or solution.gaps or stopped:
                code = max(code, 1)
    writer.close()
    return code


def _solved(name: str, given: Given, student: str | None, sizes: dict[str, int]) -> Solution:
    from gradcalc.problem.reading.loader import load
    from gradcalc.problem.text.source import read_source

    problem = load(read_source(name), sizes)
    if student is not None:
        from gradcalc.grading.classes.individual import problem_of

        problem = problem_of(problem, student)
    from gradcalc.problem.solve import solve

    return solve(problem, given)
