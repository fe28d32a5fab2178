"""Many problems that meet kinks in decimals: `python -m tests.proof.many_decimals 1000`.

A second number is the first seed. Each is solved beside exact fractions, alone and as one
of a class. Ends with exit code 1 where a number is not the one that is due.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping
from fractions import Fraction

import numpy as np

import gradcalc
from gradcalc.errors import ProblemError
from gradcalc.grading.evaluation.lines import lines_of
from gradcalc.problem.model import Problem
from gradcalc.problem.reading.loader import load
from tests.proof.decimals import Made, Maker, wrong

STUDENTS = 5
Numbers = dict[str, list[Fraction]]


def compared(made: Made, given: Numbers, values: Mapping[str, np.ndarray]) -> list[str]:
    """Return which values are not the exact ones; values have no leading axes."""
    found, _ = made.values(given)
    faults = []
    for line in made.lines:
        entries = np.asarray(values[line.name]).ravel()
        assert len(entries) == line.width, line
        for at, (entry, dual) in enumerate(zip(entries, found[line.name], strict=True)):
            faults.append(wrong(f"{line.name}[{at}]", float(entry), dual.value, dual.size))
    loss = found["L"][0]
    for name in given:
        slopes = np.asarray(values[f"dL/d{name}"]).ravel()
        for at, slope in enumerate(slopes):
            exact = loss.slopes.get((name, at), Fraction(0))
            size = max(abs(each) for each in (*loss.slopes.values(), Fraction(1)))
            faults.append(wrong(f"dL/d{name}[{at}]", float(slope), exact, 1000 * size))
    return [fault for fault in faults if fault]


def alone(made: Made) -> list[str]:
    """Compare the problem by itself, solved and checked as anyone would."""
    solution = gradcalc.solve(gradcalc.load(made.file))
    assert solution.check is not None
    faults = [f"{line} fails its check" for line in solution.check.failed]
    return faults + compared(made, dict(made.given), solution.values)


def classmates(made: Made, seed: int) -> list[Numbers]:
    """Return the numbers of some students: the same, mixed up, with other signs or sizes."""
    chance = random.Random(seed)
    found: list[Numbers] = [dict(made.given)]
    for _ in range(STUDENTS - 1):
        own: Numbers = {}
        for name, entries in made.given.items():
            way = chance.randrange(4)
            own[name] = {
                0: list(entries),
                1: [-entry for entry in entries],
                2: list(reversed(entries)),
                3: [entry * 10 if entry.denominator > 1 else entry for entry in entries],
            }[way]
        found.append(own)
    return found


def in_a_class(made: Made, problem: Problem, seed: int) -> list[str]:
    """Compare the students of a class, each with numbers of their own."""
    lines = lines_of(problem)
    students = classmates(made, seed)
    start = {}
    for name, array in lines.start.items():
        rows = [[float(entry) for entry in own[name]] for own in students]
        start[name] = np.array(rows).reshape(len(students), *array.shape)
    values = lines.program.run(start, strict=False)
    faults = []
    for row, own in enumerate(students):
        shapes = lines.shapes
        theirs = {
            name: value[row] if value.ndim > len(shapes[name]) else value
            for name, value in values.items()
        }
        faults += [f"student {row}: {fault}" for fault in compared(made, own, theirs)]
        single = lines.program.run({name: value[row] for name, value in start.items()})
        faults += [
            f"student {row}: {name} is another number alone"
            for name, value in single.items()
            if not np.array_equal(value, theirs[name])
        ]
    return faults


def examined(seed: int) -> tuple[int, list[str]]:
    """Return how many kinks one problem meets, and what is wrong with it."""
    made = Maker(seed).problem()
    _, kinks = made.values(made.given)
    try:
        problem = load(made.file)
        faults = alone(made)
        if made.by_floats:
            faults += in_a_class(made, problem, seed)
    except ProblemError as error:
        faults = [f"refused: {error.message}"]
    return kinks.met, faults


def main() -> int:
    """Examine as many problems as are asked for; return the exit code."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    met = faulty = kinks = 0
    for seed in range(first, first + count):
        found, faults = examined(seed)
        kinks += found
        met += found > 0
        if faults:
            faulty += 1
            print(f"seed {seed}:", *faults[:3], sep="\n  ", flush=True)
    print(f"{count} problems, {met} of them meet {kinks} kinks and ties; {faulty} are wrong")
    return int(faulty > 0)


if __name__ == "__main__":
    sys.exit(main())
