"""`gradcalc lint`: which mistakes a problem cannot show."""

from __future__ import annotations

import click

from gradcalc.cli import output


@click.command("lint")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
def command(files: tuple[str, ...]) -> int:
    """Tell which mistakes each FILE cannot show, and which it cannot tell apart.

    A mistake that changes nothing in what is asked for cannot be seen by anybody who
    marks. The smallest change of one number that would show it is named, or what else
    to ask for. Numbers that are drawn for every student are tried on 300 of them.

    \b
    Examples:
      gradcalc lint problem.yaml
      gradcalc lint problems/

    Exit code: 0 every mistake shows, 1 some do not, or drawn numbers do not suit, 2 a file
    cannot be used, 70 a line of the problem fails its numerical proof.
    """
    from gradcalc.cli.output import report
    from gradcalc.errors import ProblemError
    from gradcalc.grading.questions.lint import lint
    from gradcalc.problem.reading.loader import load
    from gradcalc.problem.text.source import problem_files, read_source
    from gradcalc.report.formats.text import write_document
    from gradcalc.report.page import Page, encodable
    from gradcalc.report.results.lint import lint_document
    from gradcalc.report.results.wording import wording

    code, first = 0, True
    able = encodable(output.encoding())
    for argument in files:
        try:
            names = problem_files(argument)
        except ProblemError as error:
            code = max(code, report(error))
            continue
        for name in names:
            try:
                found = lint(load(read_source(name)))
            except ProblemError as error:
                code = max(code, report(error))
                continue
            words = wording(found.lines, unicode=able)
            if not first:
                output.write_text("\n\n")
            first = False
            page = Page(output.columns(), able)
            output.write_page(write_document(page, lint_document(found, words)))
            code = max(code, int(not found.fine))
    return code
