"""`gradcalc grade`: a whole class, marked with reasons."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gradcalc.cli import output
from gradcalc.cli.measure import measured, tolerance_of
from gradcalc.errors import ProblemError, UnprovedError, visible

if TYPE_CHECKING:
    from gradcalc.cli.grading import GradeSettings
    from gradcalc.grading.gradebook import GradebookForm
    from gradcalc.grading.submissions_duplicates import Policy
    from gradcalc.report.reasons import Reveal

FILE = click.Path(path_type=Path)


@click.command("grade")
@click.argument("files", metavar="PROBLEM SUBMISSIONS...", nargs=-1, required=True)
@click.option(
    "--problem",
    "problems",
    multiple=True,
    help="A problem, in place of PROBLEM; may be given several times.",
)
@click.option("-o", "--output", "gradebook", type=FILE, help="The gradebook, a CSV file.")
@click.option(
    "--as",
    "form",
    type=click.Choice(["plain", "canvas", "moodle", "gradescope", "brightspace"]),
    default="plain",
    show_default=True,
    help="The form of the gradebook.",
)
@click.option("--results", type=FILE, help="One line of JSON a student.")
@click.option("--all", "every", is_flag=True, help="Verdicts that are correct in --results too.")
@click.option("--feedback", type=FILE, help="A folder for one file a student.")
@click.option(
    "--feedback-as",
    type=click.Choice(["md", "html"]),
    default="md",
    show_default=True,
    help="Markdown or HTML.",
)
@click.option(
    "--reveal",
    type=click.Choice(["score", "where", "why", "full"]),
    default="why",
    show_default=True,
    help="How much the feedback says.",
)
@click.option(
    "--report", type=FILE, help="The class report as a file: .html, .md, or text by any other name."
)
@click.option("--roster", type=FILE, help="Who is in the class: a CSV file.")
@click.option("--columns", type=FILE, help="Which header means which quantity: a YAML file.")
@click.option("--pattern", help="A regular expression with a group id, for names of files.")
@click.option(
    "--duplicates",
    type=click.Choice(["newest", "first", "last", "best", "error"]),
    default="newest",
    show_default=True,
    help="Which submission of a student counts.",
)
@measured
@click.option(
    "--values-only",
    is_flag=True,
    help="Compare with the solution only: nothing is carried forward, no mistake named.",
)
@click.option("--scheme", type=FILE, help="Points and shares: a YAML file, as under marking.")
@click.option("--rulings", type=FILE, help="What the teacher has ruled: a YAML file.")
@click.option("--preview", is_flag=True, help="Show how the first rows are read, and stop.")
@click.option("--only", help="Show one student's marking in full, and stop.")
@click.option("--compare", type=FILE, help="An earlier gradebook: whose score changed?")
@click.option("--resume", is_flag=True, help="Go on where an interrupted run has stopped.")
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    help="Processes that mark at the same time; as many as pay without it.",
)
@click.option("--scheduler", help="A Dask scheduler's address, or local; needs gradcalc[dask].")
def command(
    files: tuple[str, ...],
    problems: tuple[str, ...],
    gradebook: Path | None,
    form: GradebookForm,
    results: Path | None,
    every: bool,
    feedback: Path | None,
    feedback_as: str,
    reveal: Reveal,
    report: Path | None,
    roster: Path | None,
    columns: Path | None,
    pattern: str | None,
    duplicates: Policy,
    decimals: int | None,
    significant: int | None,
    absolute: float | None,
    relative: float | None,
    values_only: bool,
    scheme: Path | None,
    rulings: Path | None,
    preview: bool,
    only: str | None,
    compare: Path | None,
    resume: bool,
    processes: int | None,
    scheduler: str | None,
) -> int:
    """Mark SUBMISSIONS to a PROBLEM: points, errors carried forward, mistakes named.

    PROBLEM is a file, or a folder of several problems. SUBMISSIONS are tables (CSV,
    JSONL), folders of answer files, downloads of Canvas, Moodle or Gradescope, or - for
    standard input. The report on the class goes to standard output.

    \b
    Examples:
      gradcalc grade problem.yaml answers.csv --preview
      gradcalc grade problem.yaml answers.csv -o gradebook.csv
      gradcalc grade problem.yaml answers.csv -o marks.csv --as canvas --roster roster.csv
      gradcalc grade problem.yaml answers.csv --feedback feedback/ --reveal why
      gradcalc grade problem.yaml answers.csv --only 4711
      gradcalc grade problems/ answers.csv -o gradebook.csv
      gradcalc grade --problem relu.yaml --problem xor.yaml answers/ -o gradebook.csv

    Exit code: 0 every submission was judged whole, 1 some were not, 2 the input is at
    fault, 3 an output could not be written, 70 a line of a problem fails its numerical
    proof: nothing is judged by it, the other problems are.
    """
    from gradcalc.cli.grading import GradeSettings, changes, grade, show_one, show_preview
    from gradcalc.cli.several import assignments, problem_files
    from gradcalc.grading.assignment import Assignment

    if resume and gradebook is None:
        raise click.UsageError("--resume goes with -o: its parts are kept beside the gradebook")
    if compare is not None and gradebook is None:
        raise click.UsageError("--compare goes with -o")
    given, submissions = (problems, files) if problems else (files[:1], files[1:])
    if not submissions:
        raise click.UsageError("there are no submissions: a problem comes first, then they")
    if scheduler is not None and "-" in submissions:
        raise click.UsageError("--scheduler goes without standard input")
    whole = Assignment(
        given[0],
        submissions,
        columns,
        pattern,
        duplicates,
        scheme,
        rulings,
        roster,
        tolerance_of(decimals, significant, absolute, relative),
        values_only,
    )
    settings = [
        GradeSettings(
            assignment,
            gradebook,
            form,
            results,
            every,
            feedback,
            feedback_as,
            reveal,
            report,
            resume,
            processes,
            scheduler,
        )
        for assignment in assignments(problem_files(given), whole)
    ]
    if preview:
        return show_preview(settings)
    settings, refused = _proved(settings)
    if not settings:
        return refused
    if only is not None:
        return max(refused, show_one(settings, only))
    old = None
    if compare is not None:
        old = _scores(compare)
    code = max(refused, grade(settings))
    if old is not None and gradebook is not None:
        output.write_text(changes(old, _scores(gradebook)))
    return code


def _proved(problems: list[GradeSettings]) -> tuple[list[GradeSettings], int]:
    """Return the problems whose lines may judge, and the exit code of those that may not."""
    from gradcalc.cli import report

    fine, code = [], 0
    for settings in problems:
        try:
            settings.assignment.lines  # noqa: B018
        except UnprovedError as error:
            code = max(code, report(error))
        else:
            fine.append(settings)
    return fine, code


def _scores(path: Path) -> dict[str, str]:
    """Return the scores of a plain gradebook by student."""
    import csv

    from gradcalc.problem.reading import read_source

    source = read_source(path)
    rows = csv.DictReader(source.text.splitlines())
    if rows.fieldnames is None or not {"student", "score"} <= set(rows.fieldnames):
        raise ProblemError(
            f"{visible(str(path))} is no gradebook with the columns student and score",
            where=str(path),
            hint="compare with a gradebook that was written --as plain",
        )
    return {row["student"]: row["score"] or "" for row in rows}
