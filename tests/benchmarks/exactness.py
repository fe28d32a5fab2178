"""What it costs that values are the floats nearest to their exact ones."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path

import gradcalc
from gradcalc.engine.evaluate import Program
from gradcalc.errors import ProblemError
from gradcalc.grading.evaluation.lines import lines_of
from gradcalc.problem.authoring.draw_student import numbers
from gradcalc.problem.model import Problem
from tests.benchmarks.in_process import SMALL
from tests.benchmarks.individual import DRAWN, put
from tests.benchmarks.timing import Row, calls, paired

ROUNDS = 9
STUDENTS = 10_000
ROOT = Path(__file__).parents[2]
CANCELS = ROOT / "tests" / "report" / "in_decimals"


def rows() -> Iterator[Row]:
    for name, what, folder, goal in (
        ("X1", "shipped problems solved, the median of them", ROOT / "problems", 1.1),
        ("X2", "problems in which something cancels, the median", CANCELS, 1.5),
    ):
        ratio = statistics.median(map(against_floats, problems(folder)))
        yield Row(name, what, "the same in floats alone", goal, ratio)
    yield a_class()


def problems(folder: Path) -> Iterator[Path]:
    """Yield the files of problems with numbers."""
    for path in sorted(folder.glob("*.yaml")):
        try:
            if gradcalc.solve(gradcalc.load(path)).values:
                yield path
        except ProblemError:
            continue


def against_floats(path: Path) -> float:
    """Return what one problem costs to solve, against its solution in floats."""
    exact, floats = gradcalc.load(path), in_floats(gradcalc.load(path))
    return paired(
        calls(lambda: gradcalc.solve(exact), 3), calls(lambda: gradcalc.solve(floats), 3), ROUNDS
    )


def in_floats(problem: Problem) -> Problem:
    """Return a problem whose lines are compiled without exact values."""
    vars(problem)["program"] = problem.compiled(exact=False)
    return problem


def a_class() -> Row:
    """Compare the run of a class in which everybody has other numbers."""
    lines = lines_of(gradcalc.load(SMALL + DRAWN))
    ids = tuple(f"s{at:07d}" for at in range(STUDENTS))
    start = put(lines, numbers(lines.problem.individual, ids))  # type: ignore[arg-type]
    for array in start.values():
        array.flags.writeable = False  # as those of a block are
    floats = Program(lines.nodes, lines.inputs, lines.problem.table, exact=False)
    ratio = paired(
        calls(lambda: lines.program.run(start, strict=False), 3),
        calls(lambda: floats.run(start, strict=False), 3),
        ROUNDS,
    )
    return Row("X3", f"both passes of a class of {STUDENTS}", "the same in floats", 2.5, ratio)


if __name__ == "__main__":
    for row in rows():
        mark = "" if row.reached else "  not reached"
        print(f"{row.name:4}  {row.what:52}  {row.ratio:7.3f}  {row.goal:7.3f}{mark}", flush=True)
        print(f"      against {row.reference}")
