"""What marking a class costs, file to file, against one plain loop over the same file.

Run `python -m tests.benchmarks.grading [ROWS]`. The class is right but for one student in
ten, who makes one of some hundred mistakes; the loop reads, compares and writes.
"""

from __future__ import annotations

import csv
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from gradcalc.grading.lines import lines_of
from gradcalc.problem.loader import load
from tests.grading.classes import quantities, student

PROBLEM = "problems/hand-calculation.yaml"


def write_class(path: Path, rows: int) -> list[float]:
    """Write a class of so many rows; return the right values."""
    lines = lines_of(load(PROBLEM))
    chance = random.Random(7)
    right = [student(lines, chance, 0.0, 0.0, 0.0) for _ in range(6)]
    wrong = [student(lines, chance, 1.0, 0.0, 0.0) for _ in range(100)]
    places = [
        (name, tuple(int(i) for i in at))
        for name in quantities(lines)
        for at in np.ndindex(tuple(int(dim) for dim in lines.shapes[name]))
    ]

    def cells(each: object) -> str:
        found = []
        for name, at in places:
            shape = tuple(int(dim) for dim in lines.shapes[name])
            place = int(np.ravel_multi_index(at, shape)) if at else 0
            found.append(each.answers[name][place])  # type: ignore[attr-defined]
        return ",".join(found)

    texts = [cells(each) for each in right], [cells(each) for each in wrong]
    with path.open("w") as file:
        heads = [f"{n}[{','.join(str(i + 1) for i in at)}]" if at else n for n, at in places]
        file.write(",".join(["student_id", *(f'"{h}"' if "," in h else h for h in heads)]) + "\n")
        for row in range(rows):
            pool = texts[1] if chance.random() < 0.1 else texts[0]
            file.write(f"s{row:07d},{chance.choice(pool)}\n")
    return [float(lines.values[name][at]) for name, at in places]


def loop(source: Path, target: Path, due: list[float]) -> None:
    """Read, compare and write as one would without anything else."""
    with source.open(newline="") as file, target.open("w", newline="") as out:
        reader, writer = csv.reader(file), csv.writer(out)
        next(reader)
        for row in reader:
            right = [
                abs(float(cell) - value) <= 5e-3 for cell, value in zip(row[1:], due, strict=True)
            ]
            writer.writerow([row[0], sum(right), *map(int, right)])


def main() -> None:
    """Print seconds and ratios."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        due = write_class(folder / "class.csv", rows)
        start = time.perf_counter()
        loop(folder / "class.csv", folder / "plain.csv", due)
        reference = time.perf_counter() - start
        print(f"plain loop over {rows} rows  {reference:8.2f} s   1.00")
        for processes in ("1", "2"):
            call = [sys.executable, "-m", "gradcalc", "grade", PROBLEM, str(folder / "class.csv")]
            call += ["-o", str(folder / "book.csv"), "--processes", processes]
            start = time.perf_counter()
            subprocess.run(call, check=False, capture_output=True)
            spent = time.perf_counter() - start
            print(f"full marking, {processes} process  {spent:8.2f} s  {spent / reference:6.2f}")


if __name__ == "__main__":
    main()
