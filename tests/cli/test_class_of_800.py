"""A class of 800 made by a script: every verdict as injected, and totals that add up."""

from __future__ import annotations

import csv
import json
import random

import numpy as np
import pytest

from gradcalc.cli import run
from gradcalc.grading.evaluation.lines import lines_of
from gradcalc.problem.reading.loader import load
from tests.grading.classes import Student, quantities, student

PROBLEM = "problems/hand-calculation.yaml"
LINES = lines_of(load(PROBLEM))
COUNT, AGAIN, LOST = 800, 24, 5
SPOILED = ("n/a", "see page 2", "1e999", "12:30", "=1+1")


def places() -> list[tuple[str, tuple[int, ...]]]:
    return [
        (name, tuple(int(i) for i in at))
        for name in quantities(LINES)
        for at in np.ndindex(tuple(int(dim) for dim in LINES.shapes[name]))
    ]


def cells(each: Student) -> list[str]:
    found = []
    for name, at in places():
        own = each.answers.get(name)
        shape = tuple(int(dim) for dim in LINES.shapes[name])
        found.append("" if own is None else own[int(np.ravel_multi_index(at, shape)) if at else 0])
    return found


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    """Return the students, what was spoiled, and what the command made of the class."""
    folder = tmp_path_factory.mktemp("class")
    chance = random.Random(800)
    pool = [student(LINES, chance, slips=0.4, blanks=0.03, pen=0.0) for _ in range(120)]
    students = [chance.choice(pool) for _ in range(COUNT)]
    rows, spoiled = [], {}
    for number, each in enumerate(students):
        row = cells(each)
        if chance.random() < 0.02:
            at = chance.choice([at for at, text in enumerate(row) if text])
            row[at] = chance.choice(SPOILED)
            spoiled[f"s{number:04d}"] = at
        rows.append([f"s{number:04d}", "2026-11-20T10:00:00+00:00", *row])
    early = [
        [f"s{number:04d}", "2026-11-19T10:00:00+00:00", *cells(chance.choice(pool))]
        for number in chance.sample(range(COUNT), AGAIN)
    ]
    lost = [["", "2026-11-20T11:00:00+00:00", *cells(pool[0])] for _ in range(LOST)]
    whole = rows + early + lost
    chance.shuffle(whole)
    with (folder / "class.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        heads = [f"{n}[{','.join(str(i + 1) for i in at)}]" if at else n for n, at in places()]
        writer.writerow(["student_id", "submitted_at", *heads])
        writer.writerows(whole)
    files = [str(folder / name) for name in ("class.csv", "book.csv", "results.jsonl")]
    code = run(["grade", PROBLEM, files[0], "-o", files[1], "--results", files[2]])
    lines = (folder / "results.jsonl").read_text().splitlines()
    results = {record["student"]: record for record in map(json.loads, lines)}
    book = list(csv.DictReader((folder / "book.csv").read_text().splitlines()))
    problems = list(csv.DictReader((folder / "problems.csv").read_text().splitlines()))
    return code, students, spoiled, results, book, problems


def test_nothing_is_lost(marked):
    code, _, spoiled, results, book, problems = marked
    assert code == 1  # some rows and cells could not be judged
    assert len(results) == COUNT
    assert sum(row["status"] == "marked" for row in book) == COUNT
    assert sum(row["status"] == "unreadable" for row in book) == LOST
    assert sum("later" in row["reason"] for row in problems) == AGAIN
    cell_rows = [row for row in problems if row["quantity"]]
    assert {row["student"] for row in cell_rows} == set(spoiled)
    assert len(cell_rows) == len(spoiled)


def test_scores_add_up(marked):
    _, _, _, results, book, _ = marked
    names = quantities(LINES)
    for row in book:
        if row["status"] != "marked":
            continue
        record = results[row["student"]]
        assert sum(record["points"].values()) == pytest.approx(record["score"], abs=1e-5)
        assert float(row["score"]) == pytest.approx(record["score"], abs=1e-4)
        assert sum(float(row[name]) for name in names) == pytest.approx(record["score"], abs=1e-3)
        assert sum(record["status"].values()) == len(places())


def test_every_verdict_is_as_injected(marked):
    _, students, spoiled, results, _, _ = marked
    named = slips = 0
    for number, each in enumerate(students):
        name = f"s{number:04d}"
        record = results[name]
        counts = record["status"]
        blanks = sum(not text for text in cells(each))
        assert counts.get("missing", 0) == blanks
        assert counts.get("unreadable", 0) == (name in spoiled)
        wrong = [v for v in record["verdicts"] if v["status"] == "incorrect"]
        if each.slip is None:
            assert not wrong, (name, wrong)
            assert counts.get("follows", 0) == 0
        elif wrong:
            slips += 1
            named += any(each.slip.rule in verdict["mistakes"] for verdict in wrong)
    assert slips > 100
    assert named >= 0.9 * slips, (named, slips)  # the rest is listed among equals
