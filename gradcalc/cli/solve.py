"""`gradcalc solve`: the worked solution of each file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gradcalc.cli import output
from gradcalc.cli.scripts import SCRIPTS, check_output, write_script
from gradcalc.errors import ProblemError

if TYPE_CHECKING:
    from gradcalc.problem.model import Solution
    from gradcalc.problem.solve import Given


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
    help="Formulas and values; with the numbers put in; each entry on a line of its own.",
)
@click.option("--student", metavar="ID", help="With the numbers of this student.")
@click.option("--decimals", type=click.IntRange(0, 15), help="Decimals of computed values.")
@click.option("--jacobians", is_flag=True, help="Local derivatives as whole matrices.")
@click.option("--full", is_flag=True, help="Large matrices whole, not elided in the middle.")
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json", *SCRIPTS]),
    default="text",
    show_default=True,
    help="Text to read, one JSON object a file, or a script that computes the same.",
)
@click.option("-o", "--output", "file", type=click.Path(), help="Write the script to FILE.py.")
def command(
    files: tuple[str, ...],
    given: Given,
    detail: str,
    student: str | None,
    decimals: int | None,
    jacobians: bool,
    full: bool,
    style: str,
    file: str | None,
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
      cat problem.yaml | gradcalc solve - --detail entries --decimals 4

    \b
    A first problem file:
      inputs:  {x: [2, -1]}
      targets: {y: 1}
      weights: {W1: [[0.5, 0.3]], b1: 0.1}
      activations: [sigmoid]
      loss: half_squared_error

    Exit code: 0 fine, 1 a line of the solution failed its numerical check or a descent
    ended early, 2 a file cannot be used, 3 the output could not be written.
    """
    from gradcalc.cli import AT_FAULT, report
    from gradcalc.problem.reading import problem_files

    if file is not None:
        check_output(file, style, files)
    code, first = 0, True
    for argument in files:
        try:
            names = problem_files(argument)
        except ProblemError as error:
            report(error)
            code = AT_FAULT
            continue
        for name in names:
            try:
                solution = _solved(name, given, student)
                if style in SCRIPTS:
                    write_script(solution, style, file, first)
            except ProblemError as error:
                report(error)
                code = AT_FAULT
                continue
            if style not in SCRIPTS:
                _show(solution, detail, decimals, jacobians, full, style, first)
            first = False
            failed = solution.check is not None and bool(solution.check.failed)
            if failed or (solution.training is not None and solution.training.stopped):
                code = max(code, 1)
    return code


def _solved(name: str, given: Given, student: str | None) -> Solution:
    from gradcalc.problem.loader import load
    from gradcalc.problem.reading import read_source

    problem = load(read_source(name))
    if student is not None:
        from gradcalc.grading.individual import problem_of

        problem = problem_of(problem, student)
    from gradcalc.problem.solve import solve

    return solve(problem, given)


def _show(
    solution: Solution,
    detail: str,
    decimals: int | None,
    jacobians: bool,
    full: bool,
    style: str,
    first: bool,
) -> None:
    from gradcalc.report.page import encodable
    from gradcalc.report.view import View

    unicode = style == "json" or encodable(output.encoding())
    view = View(solution, decimals, jacobians, unicode, full)
    if style == "json":
        from gradcalc.report.record import line

        output.write_json(line(view, detail, ascii_only=not encodable(output.encoding())) + "\n")
        return
    from gradcalc.report.terminal import page

    if not first:
        output.write_text("\n\n")
    output.write_page(page(view, detail, output.columns()))
