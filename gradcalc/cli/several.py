"""Which of several problems each file of submissions is for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gradcalc.errors import ProblemError

if TYPE_CHECKING:
    from gradcalc.grading.assignment import Assignment

PROBLEM_FILES = (".yaml", ".yml", ".json")


def problem_files(given: Sequence[str]) -> tuple[str, ...]:
    """Return the problem files that are meant, those of a folder in the order of their names."""
    from gradcalc.problem.reading import is_folder

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
    from gradcalc.grading.several import check_labels

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
    from gradcalc.grading.submissions_open import open_sources

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
