"""What marking a class costs, file to file, against one plain loop over the same file.

Run `python -m tests.benchmarks.grading [ROWS [ROUNDS]]`. The class is right but for one student in
ten, who makes one of some hundred mistakes; the loop reads, compares and writes.
"""

from __future__ import annotations

import csv
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from gradcalc.grading.evaluation.lines import lines_of
from gradcalc.problem.reading.loader import load
from tests.grading.classes import quantities, student

PROBLEM = "problems/hand-calculation.yaml"


def write_class(path: Path, rows: int) -> list[float]:
    """Write a class of so many rows; return the right values."""
    lines = lines_of(load(PROBLEM))
    chance = random.Random(7)
    right = [student(lines, chance, 0.0, 0.0, 0.0) for _ in range(6)]
    wrong = [student(lines, chance, 1.0, 0.0, 0.0) for _ in range(200)]
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


def spoiled(source: Path, target: Path, share: float = 0.001) -> None:
    """Write a class again with some cells as students also write them."""
    chance = random.Random(11)
    others = ("", "n/a", "1/3", '"0,5"', "about 0.3", "?", "1e", "--")
    with source.open() as file, target.open("w") as out:
        out.write(next(file))
        for line in file:
            cells = line.rstrip("\n").split(",")
            for at in range(1, len(cells)):
                if chance.random() < share:
                    cells[at] = chance.choice(others)
            out.write(",".join(cells) + "\n")


def run(*arguments: str) -> tuple[float, float]:
    """Run a command; return its seconds and its peak memory in MB."""
    start = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, _, usage = os.wait4(child.pid, 0)
    child.returncode = 0
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def main() -> None:
    """Print seconds, ratios and peak memory."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table, worse = folder / "class.csv", folder / "spoiled.csv"
        due = write_class(table, rows)
        spoiled(table, worse)
        grade = ("-m", "gradcalc", "grade", PROBLEM)
        out = ("-o", str(folder / "book.csv"), "--processes")
        values = ("--values-only", "--abs", "0.005")
        calls = {
            "values only, 1 process": (*grade, str(table), *values, *out, "1"),
            "values only, 2 processes": (*grade, str(table), *values, *out, "2"),
            "values only, 0.1 % spoiled": (*grade, str(worse), *values, *out, "1"),
            "full marking, 1 process": (*grade, str(table), *out, "1"),
            "full marking, 2 processes": (*grade, str(table), *out, "2"),
        }
        seconds: dict[str, list[float]] = {call: [] for call in ("plain loop", *calls)}
        memory: dict[str, float] = {}
        for _ in range(rounds):
            start = time.perf_counter()
            loop(table, folder / "plain.csv", due)
            seconds["plain loop"].append(time.perf_counter() - start)
            for call, arguments in calls.items():
                spent, memory[call] = run(*arguments)
                seconds[call].append(spent)
        numpy = run("-c", "import numpy")[1]
        print(f"{rows} submissions, {len(due)} numbers each, {rounds} rounds; medians")
        for call, each in seconds.items():
            ratio = statistics.median(
                spent / plain for spent, plain in zip(each, seconds["plain loop"], strict=True)
            )
            peak = f"  {memory[call] - 3 * numpy:+8.1f} MB" if call in memory else ""
            print(f"{call:28s}{statistics.median(each):8.2f} s  {ratio:6.2f}{peak}")
        print(f"peak memory is beside 3 times that of `import numpy`, {numpy:.0f} MB")


if __name__ == "__main__":
    main()
