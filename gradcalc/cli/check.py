"""`gradcalc check`: which option is right, where a solution goes wrong, and why; tolerances."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gradcalc.cli.formats import Command, Writer, formatted, style_of
from gradcalc.errors import ProblemError

if TYPE_CHECKING:
    from gradcalc.grading.answers.sheet import Sheet
    from gradcalc.grading.evaluation.comparison import Tolerance
    from gradcalc.grading.marking.options import OptionsReview
    from gradcalc.grading.marking.verdict import Review
    from gradcalc.problem.model import Problem
    from gradcalc.report.results.reasons import Reveal


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

SHEETS = (".txt", ".yaml", ".yml", ".json")
"""Endings of files of answers."""
OTHERS = ("json", "github")
"""What is written beside documents."""


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
@formatted(*OTHERS)
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
    style: str | None,
    target: Path | None,
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
    from gradcalc.cli.output import keep_apart, report

    chosen = tolerance_of(decimals, significant, absolute, relative)
    if options and (answers or given or sheet):
        raise click.UsageError("--options goes without answers")
    if sheet and (answers or given):
        raise click.UsageError("--sheet goes without answers")
    if student is not None and not (answers or given or sheet):
        raise click.UsageError("--student goes with answers; the file's own are to its example")
    style = "text" if sheet else style_of(style, target, *OTHERS)
    writer = Writer(style, target)
    printer = _Printer(writer, reveal)
    code = 0
    names = _files(problem, multiple=not (answers or given or sheet))
    keep_apart([target], [*names, *_answer_files(answers)])
    section = "options" if options else "expect"
    some = False
    for name in names:
        try:
            found = _load(name, student)
            if len(names) > 1 and section not in found.extras:
                continue  # of a folder, those that have something to check
            some = True
            if sheet:
                _write_sheet(found, writer)
            elif options:
                code = max(code, printer.options(found, chosen))
            else:
                code = max(code, _answers(found, answers, given, chosen, printer))
        except ProblemError as error:
            code, some = max(code, report(error)), True
    writer.close()
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


def _answer_files(answers: tuple[str, ...]) -> list[str]:
    """Return the files that a call reads answers from, as far as they can be found."""
    from gradcalc.problem.text.source import files_in

    found: list[str] = []
    for argument in answers:
        try:
            found += files_in(argument, SHEETS)
        except ProblemError:
            continue
    return found


def _write_sheet(problem: Problem, writer: Writer) -> None:
    from gradcalc.errors import visible
    from gradcalc.grading.answers.sheet import blank_sheet

    lines = blank_sheet(problem).splitlines()
    writer.texts.append("".join(f"{visible(each)}\n" for each in lines))


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
            names = files_in(argument, SHEETS)
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

    def __init__(self, writer: Writer, reveal: Reveal) -> None:
        self.writer, self.style, self.reveal = writer, writer.style, reveal
        self.unicode = writer.able or self.style in ("json", "html", "latex")

    def options(self, problem: Problem, tolerance: Tolerance) -> int:
        """Judge the options of a problem and write the page."""
        from gradcalc.grading.marking.options import check_options
        from gradcalc.report.results.check_record import options_annotations, options_record
        from gradcalc.report.results.options import options_document
        from gradcalc.report.results.wording import wording

        review: OptionsReview = check_options(problem, tolerance)
        words = wording(review.lines, unicode=self.unicode)
        if self.style == "json":
            self.json(options_record(review, words))
        elif self.style == "github":
            self.lines(options_annotations(review, words))
        else:
            self.writer.add(options_document(review, words))
        return 0 if review.fine else 1

    def answers(self, review: Review) -> None:
        """Write what the check of one sheet has found."""
        from gradcalc.report.results.check import Told, check_document
        from gradcalc.report.results.check_record import answers_annotations, answers_record
        from gradcalc.report.results.wording import wording

        words = wording(review.lines, unicode=self.unicode)
        if self.style == "json":
            self.json(answers_record(review, words, self.reveal))
        elif self.style == "github":
            self.lines(answers_annotations(review, words, self.reveal))
        else:
            self.writer.add(check_document(review, words, Told(self.reveal)))

    def json(self, record: dict[str, Any]) -> None:
        from gradcalc.report.results.check_record import check_line

        self.writer.add_record(check_line(record, ascii_only=not self.writer.able) + "\n")

    def lines(self, annotations: Iterable[str]) -> None:
        from gradcalc.report.page import ascii_text

        text = "".join(f"{each}\n" for each in annotations)
        self.writer.add_record(text if self.writer.able else ascii_text(text))
