"""What individual numbers cost: drawing them, and marking a class in which all differ.

Run `python -m tests.benchmarks.individual [STUDENTS]`. Everybody is right, so that the
reference, one solve a student written with NumPy, does all that there is to do.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import statistics
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np

import gradcalc
from gradcalc.grading.classes.first_pass import Marker
from gradcalc.grading.classes.individual import drawn
from gradcalc.grading.classes.scheme import Scheme
from gradcalc.grading.evaluation.comparison import Tolerance
from gradcalc.grading.evaluation.lines import Lines, lines_of
from gradcalc.grading.submissions.block import NUMBER, Block, Column
from gradcalc.problem.authoring.draw_student import numbers
from tests.benchmarks.in_process import SMALL, hand_written
from tests.benchmarks.timing import Row

ROUNDS = 7
CHUNK = 4096
LOOP = 500
WEIGHTS = "{from: -0.95, to: 0.95, step: 0.1}"
DRAWN = (
    "individual:\n  seed: 1\n  x: {from: -2, to: 2, step: 0.5}\n  y: {from: 1, to: 9, step: 1}\n"
)
DRAWN += "".join(f"  {letter}{n}: {WEIGHTS}\n" for n in (1, 2, 3) for letter in "Wb")


def asked(lines: Lines) -> tuple[Column, ...]:
    """Return every entry that is asked for: both passes, no local derivatives."""
    names = [n for n in lines.visible if n != "dL/dL" and ("/" not in n or n.startswith("dL/"))]
    return tuple(
        Column(name, tuple(int(i) for i in at))
        for name in names
        for at in np.ndindex(tuple(int(dim) for dim in lines.shapes[name]))
    )


def blocks(lines: Lines, columns: tuple[Column, ...], students: int) -> Iterator[Block]:
    """Yield a class without numbers of its own, in which everybody is right."""
    for start in range(0, students, CHUNK):
        ids = tuple(f"s{at:07d}" for at in range(start, min(start + CHUNK, students)))
        own = numbers(lines.problem.individual, ids)  # type: ignore[arg-type]
        values = lines.program.run(put(lines, own))
        shape = (len(ids), len(columns))
        value = np.empty(shape)
        for at, column in enumerate(columns):
            value[:, at] = values[column.name][(slice(None), *column.index)]
        yield Block(
            "class.csv",
            columns,
            ids,
            tuple(range(start + 2, start + 2 + len(ids))),
            value,
            np.full(shape, 12, dtype=np.int16),
            np.full(shape, 12, dtype=np.int16),
            np.full(shape, NUMBER, dtype=np.uint8),
            lambda row, column: "",
            lambda row, column: "",
        )


def put(lines: Lines, own: np.ndarray) -> dict[str, np.ndarray]:
    """Return every student's inputs of both passes."""
    start, at = {}, 0
    for name, value in lines.start.items():
        start[name] = own[:, at : at + value.size].reshape(len(own), *value.shape)
        at += value.size
    return start


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def rows(students: int) -> Iterator[Row]:
    """Yield the goals, each the median of paired rounds."""
    problem = gradcalc.load(SMALL + DRAWN)
    lines = lines_of(problem)
    assert problem.individual is not None
    individual = problem.individual
    ids = [f"s{at:07d}" for at in range(students)]
    ratios = [
        (seconds(lambda: numbers(individual, ids)) / students)
        / (seconds(lambda: [np.random.default_rng(at) for at in range(LOOP)]) / LOOP)
        for _ in range(ROUNDS)
    ]
    yield Row(
        "G8",
        f"drawing {len(individual.entries)} numbers each",
        "np.random.default_rng(seed) for each student",
        0.1,
        statistics.median(ratios),
    )
    columns = asked(lines)
    kept = list(blocks(lines, columns, students))
    own = put(lines, numbers(individual, ids[:LOOP]))
    solves = [hand_written({name: own[name][at] for name in own}) for at in range(LOOP)]

    own_blocks = [drawn(block, problem, lambda _: None) for block in kept]
    marker = Marker(lines, Scheme())

    def solve() -> None:
        for block in own_blocks:
            assert len(marker.of(block).values["L"]) == len(block.ids)

    def mark() -> None:
        for block in kept:
            marked = marker.mark(drawn(block, problem, lambda _: None))
            assert marked.score[0] == marker.scheme.most(columns)

    def loop() -> None:
        for solve in solves:
            solve()

    ratios = [(seconds(solve) / students) / (seconds(loop) / LOOP) for _ in range(ROUNDS)]
    yield Row(
        "G7a",
        "both passes of a class, 3-2-2-1, its numbers drawn",
        "a solve with NumPy for each student",
        1 / 60,
        statistics.median(ratios),
    )
    plain = Marker(lines, Scheme(), Tolerance("absolute", 5e-3), values_only=True)

    def compare() -> None:
        for block in own_blocks:
            assert plain.mark(block).score[0] == marker.scheme.most(columns)

    ratios = [(seconds(compare) / students) / (seconds(loop) / LOOP) for _ in range(ROUNDS)]
    yield Row(
        "G7",
        f"both passes, {len(columns)} answers compared, points, its numbers drawn",
        "a solve with NumPy for each student",
        1 / 60,
        statistics.median(ratios),
    )
    ratios = [(seconds(mark) / students) / (seconds(loop) / LOOP) for _ in range(ROUNDS)]
    yield Row(
        "G7b",
        f"drawing, solving, marking {len(columns)} answers each",
        "a solve with NumPy for each student",
        1 / 60,
        statistics.median(ratios),
    )


if __name__ == "__main__":
    for row in rows(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000):
        mark = "" if row.reached else "  not reached"
        print(f"{row.name}  {row.what:52}  {row.ratio:7.4f}  {row.goal:7.4f}{mark}", flush=True)
        print(f"    against {row.reference}: 1/{1 / row.ratio:.0f}")
