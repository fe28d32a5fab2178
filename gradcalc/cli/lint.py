"""`gradcalc lint`: which mistakes a problem cannot show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from gradcalc.cli.formats import Writer, formatted, style_of
from gradcalc.errors import ProblemError


@click.command("lint")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@formatted()
def command(files: tuple[str, ...], style: str | None, target: Path | None) -> int:
    """Tell which mistakes each FILE cannot show, and which it cannot tell apart.

    A mistake that changes nothing in what is asked for cannot be seen by anybody who
    marks. The smallest change of one number that would show it is named, or what else
    to ask for. Numbers that are drawn for every student are tried on 300 of them.

    \b
    Examples:
      gradcalc lint problem.yaml
      gradcalc lint problems/
      gradcalc lint problem.yaml -o lint.html

    Exit code: 0 every mistake shows, 1 some do not, or drawn numbers do not suit, 2 a file
    cannot be used, 70 a line of the problem fails its numerical proof.
    """
    from gradcalc.cli.output import keep_apart, report
    from gradcalc.grading.questions.lint import lint
    from gradcalc.problem.reading.loader import load
    from gradcalc.problem.text.source import read_source
    from gradcalc.report.results.lint import lint_document
    from gradcalc.report.results.wording import wording

    writer = Writer(style_of(style, target), target)
    code = 0
    names = list(_files(files))
    keep_apart([target], [name for name in names if isinstance(name, str)])
    for name in names:
        try:
            if isinstance(name, ProblemError):
                raise name
            found = lint(load(read_source(name)))
        except ProblemError as error:
            code = max(code, report(error))
            continue
        writer.add(lint_document(found, wording(found.lines, unicode=writer.unicode)))
        code = max(code, int(not found.fine))
    writer.close()
    return code


def _files(arguments: tuple[str, ...]) -> Iterator[str | ProblemError]:
    """Yield the files that arguments name, or why there are none."""
    from gradcalc.problem.text.source import problem_files

    for argument in arguments:
        try:
            yield from problem_files(argument)
        except ProblemError as error:
            yield error
