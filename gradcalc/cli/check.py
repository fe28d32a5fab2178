"""`gradcalc check`: which option is right, where a solution goes wrong, and why; tolerances."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gradcalc.cli import output
from gradcalc.errors import ProblemError

if TYPE_CHECKING:
    from gradcalc.grading.answers.sheet import Sheet
    from gradcalc.grading.evaluation.comparison import Tolerance
    from gradcalc.grading.marking.options import OptionsReview
    from gradcalc.grading.marking.verdict import Review
    from gradcalc.problem.model import Problem
    from gradcalc.report.blocks import Document
    from gradcalc.report.results.reasons import Reveal

Command = TypeVar("Command", bound=Callable[..., Any])

OPTIONS = (
    click.option("--decimals", type=click.IntRange(0, 15), help="Compare to so many decimals."),
    click.option("--significant", type=click.IntRange(1, 15), help="Compare to so many digits."),
    click.option(
        "--abs", "absolute", type=click.FloatRange(0), help="Largest absolute difference."
    ),
    click.option(
        "--rel", "relative", type=click.FloatRange(0), help="Largest relative difference."
    ),
)

REFERENCES = "xmlcharrefreplace"
"""How HTML and Markdown say what a stream cannot write."""


def measured(command: Command) -> Command:
    """Add the options to a command."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def tolerance_of(
    decimals: int | None, significant: int | None, absolute: float | None, relative: float | None
) -> Tolerance:
    """Return the tolerance that the options ask for; the writer's own digits without any."""
    from gradcalc.grading.evaluation.comparison import Measure, Tolerance

    measures: dict[Measure, float | None] = {
        "decimals": decimals,
        "significant": significant,
        "absolute": absolute,
        "relative": relative,
    }
    asked = [(measure, amount) for measure, amount in measures.items() if amount is not None]
    if len(asked) > 1:
        raise click.UsageError("--decimals, --significant, --abs and --rel exclude each other")
    return Tolerance(*asked[0]) if asked else Tolerance()


@click.command("check")
@click.argument("problem", metavar="PROBLEM")
@click.argument("answers", metavar="[ANSWERS]", nargs=-1)
@click.option("--options", "options", is_flag=True, help="Judge the options of the problem.")
@click.option("-a", "--answer", "given", multiple=True, help="An answer: 'dL/dz3 = -2'.")
@click.option("--student", metavar="ID", help="With the numbers of this student.")
@click.option("--sheet", is_flag=True, help="Print a file of answers to fill in.")
@click.option(
    "--reveal",
    type=click.Choice(["score", "where", "why", "full"]),
    default="full",
    show_default=True,
    help="How much is said: a count, the lines, the mistakes, the values.",
)
@measured
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "markdown", "html", "json", "github"]),
    default="text",
    show_default=True,
    help="Text to read, a page, one JSON object a file, or annotations of a workflow.",
)
def command(
    problem: str,
    answers: tuple[str, ...],
    options: bool,
    given: tuple[str, ...],
    student: str | None,
    sheet: bool,
    reveal: Reveal,
    decimals: int | None,
    significant: int | None,
    absolute: float | None,
    relative: float | None,
    style: str,
) -> int:
    """Check ANSWERS to a PROBLEM, its options, or its published key.

    PROBLEM is a problem file; ANSWERS are files of lines `name = value`, YAML or JSON,
    folders of them, or - for standard input. Without ANSWERS the key under `expect:` is
    checked; a folder of problems then means those that have one. A value is right if the
    writer's own digits explain its distance to what the writer's own earlier values
    give; --decimals and the like ask for another measure.

    \b
    Examples:
      gradcalc check problem.yaml --options           the key, and what the others come from
      gradcalc check problem.yaml --sheet > mine.txt  a file to fill in
      gradcalc check problem.yaml mine.txt            where it goes wrong, and why
      gradcalc check problem.yaml -a 'dL/dz3 = -2'    a single value
      gradcalc check problem.yaml mine.txt --reveal why
      gradcalc check problem.yaml mine.txt --student 4711

    Exit code: 0 all is right (--options: one key and no warning), 1 something is not,
    2 it could not be checked, 70 a line of the problem fails its numerical proof.
    """
    from gradcalc.cli.output import report

    chosen = tolerance_of(decimals, significant, absolute, relative)
    if options and (answers or given or sheet):
        raise click.UsageError("--options goes without answers")
    if sheet and (answers or given):
        raise click.UsageError("--sheet goes without answers")
    if student is not None and not (answers or given or sheet):
        raise click.UsageError("--student goes with answers; the file's own are to its example")
    printer = _Printer(style, reveal)
    code = 0
    names = _files(problem, multiple=not (answers or given or sheet))
    section = "options" if options else "expect"
    some = False
    for name in names:
        try:
            found = _load(name, student)
            if len(names) > 1 and section not in found.extras:
                continue  # of a folder, those that have something to check
            some = True
            if sheet:
                _write_sheet(found)
            elif options:
                code = max(code, printer.options(found, chosen))
            else:
                code = max(code, _answers(found, answers, given, chosen, printer))
        except ProblemError as error:
            code, some = max(code, report(error)), True
    printer.end()
    if not some:
        return report(ProblemError(f"no file in {problem} has {section}:"))
    return code


def _files(problem: str, *, multiple: bool) -> list[str]:
    from gradcalc.problem.text.source import problem_files

    names = problem_files(problem)
    if len(names) > 1 and not multiple:
        raise click.UsageError("answers belong to one problem; name its file")
    return names


def _load(name: str, student: str | None) -> Problem:
    from gradcalc.problem.reading.loader import load
    from gradcalc.problem.text.source import read_source

    problem = load(read_source(name))
    if student is None:
        return problem
    from gradcalc.grading.classes.individual import problem_of

    return problem_of(problem, student)


def _write_sheet(problem: Problem) -> None:
    from gradcalc.errors import visible
    from gradcalc.grading.answers.sheet import blank_sheet

    text = blank_sheet(problem)
    output.write_text("".join(f"{visible(check_line)}\n" for check_line in text.splitlines()))


def _answers(
    problem: Problem,
    answers: tuple[str, ...],
    given: tuple[str, ...],
    tolerance: Tolerance,
    printer: _Printer,
) -> int:
    """Check every sheet against a problem and return the exit code."""
    from gradcalc.cli.output import AT_FAULT, report
    from gradcalc.grading.marking.judge import told
    from gradcalc.grading.marking.mark_sheet import check

    code = 0
    for sheet in _sheets(problem, answers, given):
        if isinstance(sheet, ProblemError):
            code = max(code, report(sheet))
            continue
        review = check(problem, sheet, tolerance)
        printer.answers(review)
        if review.faults:
            click.echo(told(review.faults, "answer"), err=True)
        blank = all(verdict.status == "missing" for verdict in review.verdicts)
        code = max(code, AT_FAULT if blank else int(not review.right))
    return code


def _sheets(
    problem: Problem, answers: tuple[str, ...], given: tuple[str, ...]
) -> list[Sheet | ProblemError]:
    """Return the sheets that a call names; one that cannot be read is an error in its place."""
    from gradcalc.grading.answers.sheet import expected_sheet, read_assignments, read_sheet
    from gradcalc.problem.text.source import files_in, read_source

    found: list[Sheet | ProblemError] = []
    if given:
        found.append(read_assignments(given, problem))
    for argument in answers:
        try:
            names = files_in(argument, (".txt", ".yaml", ".yml", ".json"))
        except ProblemError as error:
            found.append(error)
            continue
        for name in names:
            try:
                found.append(read_sheet(read_source(name), problem))
            except ProblemError as error:
                found.append(error)
    if not given and not answers:
        found.append(expected_sheet(problem))
    return found


class _Printer:
    """Writes one check after the other in one style."""

    def __init__(self, style: str, reveal: Reveal) -> None:
        from gradcalc.report.page import encodable

        self.style, self.reveal = style, reveal
        self.able = encodable(output.encoding())
        self.first = True
        self.documents: list[Document] = []

    def options(self, problem: Problem, tolerance: Tolerance) -> int:
        """Judge the options of a problem and write the page."""
        from gradcalc.grading.marking.options import check_options
        from gradcalc.report.results.check_record import options_annotations, options_record
        from gradcalc.report.results.options import options_document
        from gradcalc.report.results.wording import wording

        review: OptionsReview = check_options(problem, tolerance)
        words = wording(review.lines, unicode=self.able or self.style in ("json", "html"))
        if self.style == "json":
            self.json(options_record(review, words))
        elif self.style == "github":
            self.text("".join(f"{each}\n" for each in options_annotations(review, words)))
        else:
            self.document(options_document(review, words))
        return 0 if review.fine else 1

    def answers(self, review: Review) -> None:
        """Write what the check of one sheet has found."""
        from gradcalc.report.results.check import Told, check_document
        from gradcalc.report.results.check_record import answers_annotations, answers_record
        from gradcalc.report.results.wording import wording

        words = wording(review.lines, unicode=self.able or self.style in ("json", "html"))
        if self.style == "json":
            self.json(answers_record(review, words, self.reveal))
        elif self.style == "github":
            lines = answers_annotations(review, words, self.reveal)
            self.text("".join(f"{each}\n" for each in lines))
        else:
            self.document(check_document(review, words, Told(self.reveal)))

    def document(self, document: Document) -> None:
        """Write a document as text, or keep it for the page that all are put on."""
        from gradcalc.report.formats.text import write_document
        from gradcalc.report.page import Page

        if self.style != "text":
            self.documents.append(document)
            return
        output.write_text("" if self.first else "\n\n")
        self.first = False
        output.write_page(write_document(Page(output.columns(), self.able), document))

    def end(self) -> None:
        """Write the page that all checks are put on."""
        from gradcalc.report.formats.registry import FORMATS

        if self.documents:
            page = FORMATS[self.style].printed(self.documents)
            output.write_text(page if self.able else page.encode("ascii", REFERENCES).decode())

    def json(self, record: dict[str, Any]) -> None:
        from gradcalc.report.results.check_record import check_line

        output.write_json(check_line(record, ascii_only=not self.able) + "\n")

    def text(self, text: str) -> None:
        from gradcalc.report.page import ascii_text

        output.write_json(text if self.able else ascii_text(text))
