"""`gradcalc solve`: the worked solution of each file, as text, JSON, a document or a script."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gradcalc.cli.formats import SCRIPTS, Writer, formatted, style_of
from gradcalc.errors import ProblemError

if TYPE_CHECKING:
    from gradcalc.problem.solution import Solution
    from gradcalc.problem.solve import Given
    from gradcalc.report.solution.statement import SheetKind

OTHERS = ("json", *SCRIPTS)
"""What is written beside documents."""


@dataclass(frozen=True)
class Shown:
    """How solutions are to be shown; lines: those that are shown, all where it is empty."""

    detail: str = "steps"
    decimals: int | None = None
    jacobians: bool = False
    turned: str | None = None
    full: bool = False
    sheet: SheetKind = "solution"
    lines: str = ""


@dataclass(frozen=True)
class SolutionWriter:
    """What has been solved, on its way to a writer."""

    writer: Writer
    shown: Shown

    def add(self, solution: Solution) -> None:
        """Take a solution."""
        from gradcalc.report.steps.view import View

        shown, writer = self.shown, self.writer
        style = writer.style
        if style in SCRIPTS:
            name = f"{style}_script"
            module = import_module(f"gradcalc.report.scripts.{name}")
            printer: Callable[[Solution], str] = getattr(module, name)
            writer.add_script(printer(solution))
            return
        typeset = style not in ("text", "json")
        whole = shown.jacobians or bool(shown.turned)
        view = View(
            solution, shown.decimals, whole, writer.unicode, shown.full, shown.turned, typeset
        )
        if style == "json":
            from gradcalc.report.solution.record import solution_line

            plain = not writer.able
            writer.add_record(solution_line(view, shown.detail, ascii_only=plain) + "\n")
        elif typeset:
            from gradcalc.report.solution.document import document

            writer.add(document(view, shown.detail, shown.sheet, shown.lines))
        else:
            from gradcalc.report.solution.page import page

            columns = writer.page().columns
            writer.add_page(page(view, shown.detail, columns, sheet=shown.sheet, lines=shown.lines))


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
@formatted(*OTHERS)
@click.option("--fragment", is_flag=True, help="LaTeX without preamble, to be put into a document.")
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

    style = style_of(style, target, *OTHERS)
    if fragment and style != "latex":
        raise click.UsageError("--fragment is for LaTeX")
    if style in OTHERS and (lines or sheet != "solution"):
        raise click.UsageError(
            "--steps and --sheet are for text and documents, not for JSON or code"
        )
    several = len(files) > 1 or is_folder(files[0])
    if style in SCRIPTS and target is not None and several:
        raise click.UsageError("--output takes one problem file; a script is one problem")
    sizes = read_sizes(letters)
    shown = Shown(detail, decimals, jacobians, turned, full, sheet, lines or "")
    writer = Writer(style, target)
    solutions = SolutionWriter(writer, shown)
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
                solutions.add(solution)
            except ProblemError as error:
                code = max(code, report(error))
                continue
            failed = solution.check is not None and bool(solution.check.failed)
            stopped = solution.training is not None and solution.training.stopped
            if failed or solution.gaps or stopped:
                code = max(code, 1)
    if fragment:
        from gradcalc.report.formats.latex import fragments

        writer.close(fragments)
    else:
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
