"""`gradcalc grade`: a whole class, marked with reasons; which problem each file is for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gradcalc.cli import output
from gradcalc.cli.check import measured, tolerance_of
from gradcalc.errors import ProblemError, UnprovedError, visible

if TYPE_CHECKING:
    from gradcalc.cli.grade_run import GradeSettings
    from gradcalc.grading.classes.assignment import Assignment
    from gradcalc.grading.classes.gradebook import GradebookForm
    from gradcalc.grading.submissions.duplicates import Policy
    from gradcalc.report.results.reasons import Reveal

PROBLEM_FILES = (".yaml", ".yml", ".json")

FILE = click.Path(path_type=Path)


def problem_files(given: Sequence[str]) -> tuple[str, ...]:
    """Return the problem files that are meant, those of a folder in the order of their names."""
    from gradcalc.problem.text.source import is_folder

    found: list[str] = []
    for path in given:
        if path != "-" and is_folder(path):
            inside = sorted(each for each in Path(path).iterdir() if _is_problem(each))
            if not inside:
                raise ProblemError(f"there is no problem file in {path}", where=path)
            found += map(str, inside)
        else:
            found.append(path)
    return tuple(found)


def _is_problem(path: Path) -> bool:
    return path.is_file() and path.suffix in PROBLEM_FILES and not path.name.startswith(".")


def assignments(problems: Sequence[str], whole: Assignment) -> list[Assignment]:
    """Return an assignment for each problem, with the submissions that are for it.

    A file or folder that is called as a problem is for that one, in a folder of such files
    each; any other is for all problems that find their quantities in it. Raises
    ProblemError where one is for none.
    """
    from gradcalc.grading.classes.result import check_labels

    if len(problems) == 1:
        return [replace(whole, problem_file=problems[0])]
    each = [
        replace(
            whole, problem_file=path, others=tuple(other for other in problems if other != path)
        )
        for path in problems
    ]
    check_labels(problems, [assignment.label for assignment in each])
    shared: dict[str, list[str]] = {assignment.label: [] for assignment in each}
    own: dict[str, list[str]] = {assignment.label: [] for assignment in each}
    refused: dict[str, ProblemError] = {}
    for path in whole.submissions:
        for label, source in _parted(path, own):
            if label is not None:
                own[label].append(source)
                continue
            for reader in _readers(source, each, refused):
                shared[reader].append(source)
    return [_with(a, shared[a.label], own[a.label], refused.get(a.label)) for a in each]


def _with(
    assignment: Assignment, shared: list[str], own: list[str], refused: ProblemError | None
) -> Assignment:
    """Return an assignment with its submissions; raises ProblemError where it has none."""
    if not shared and not own:
        label = assignment.label
        reason = f": {refused.message}" if refused else ""
        raise ProblemError(
            f"nothing is handed in to {label}{reason}",
            where=assignment.problem_file,
            hint=(refused and refused.hint)
            or f"a file {label}.csv is for it alone; else leave the problem out",
        )
    return replace(assignment, submissions=(*shared, *own), own=tuple(own))


def _parted(path: str, labels: Iterable[str]) -> list[tuple[str | None, str]]:
    """Return a path, or what stands in a folder, with the problem that it is called as."""
    called = {label.casefold(): label for label in labels}
    if path == "-":
        return [(None, path)]
    here = Path(path)
    label = called.get(_stem(here))
    if label is None and here.is_dir():
        inside = sorted(each for each in here.iterdir() if not each.name.startswith("."))
        if inside and all(_stem(each) in called for each in inside):
            return [(called[_stem(each)], str(each)) for each in inside]
    return [(label, path)]


def _stem(path: Path) -> str:
    return path.name.partition(".")[0].casefold()


def _readers(
    source: str, each: Sequence[Assignment], refused: dict[str, ProblemError]
) -> list[str]:
    """Return the problems that find their quantities in a source, noting why others do not."""
    from gradcalc.grading.submissions.sources import open_sources

    found: list[str] = []
    for assignment in each:
        try:
            for _ in open_sources([source], assignment.problem, assignment.reading):
                found.append(assignment.label)
                break
        except ProblemError as error:
            refused.setdefault(assignment.label, error)
    if not found:
        raise next(iter(refused.values()))
    return found


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
    type=click.Choice(["md", "html", "tex", "txt"]),
    default="md",
    show_default=True,
    help="Markdown, HTML, LaTeX or text.",
)
@click.option(
    "--reveal",
    type=click.Choice(["score", "where", "why", "full"]),
    default="why",
    show_default=True,
    help="How much the feedback says.",
)
@click.option(
    "--report",
    type=FILE,
    help="The class report as a file: .html, .md, .tex, or text by any other name.",
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
    from gradcalc.cli.grade_run import GradeSettings, changes, grade, show_one, show_preview

    pass
    from gradcalc.grading.classes.assignment import Assignment

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
    from gradcalc.cli.output import report

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

    from gradcalc.problem.text.source import read_source

    source = read_source(path)
    rows = csv.DictReader(source.text.splitlines())
    if rows.fieldnames is None or not {"student", "score"} <= set(rows.fieldnames):
        raise ProblemError(
            f"{visible(str(path))} is no gradebook with the columns student and score",
            where=str(path),
            hint="compare with a gradebook that was written --as plain",
        )
    return {row["student"]: row["score"] or "" for row in rows}
