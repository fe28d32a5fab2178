"""`gradcalc grade`: a class from a table to a gradebook, and nothing of it lost."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from gradcalc.cli import run
from gradcalc.grading.evaluation.lines import lines_of
from gradcalc.problem.reading.loader import load
from tests.grading.classes import Student, quantities, student

PROBLEM = "problems/hand-calculation.yaml"
LINES = lines_of(load(PROBLEM))


def class_file(path: Path, count: int, pool: int = 40, seed: int = 1) -> list[Student]:
    """Write a wide table of a class and return its students."""
    chance = random.Random(seed)
    known = [student(LINES, chance, slips=0.35, blanks=0.03) for _ in range(min(count, pool))]
    students = [known[at] if at < len(known) else chance.choice(known) for at in range(count)]
    names = quantities(LINES)
    places = [
        (name, tuple(int(i) for i in at)) for name in names for at in np.ndindex(shape_of(name))
    ]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["student_id", *(header(name, at) for name, at in places)])
        for row, each in enumerate(students):
            writer.writerow([f"s{row:06d}", *(cell(each, name, at) for name, at in places)])
    return students


def shape_of(name: str) -> tuple[int, ...]:
    return tuple(int(dim) for dim in LINES.shapes[name])


def header(name: str, at: tuple[int, ...]) -> str:
    return f"{name}[{','.join(str(i + 1) for i in at)}]" if at else name


def cell(each: Student, name: str, at: tuple[int, ...]) -> str:
    cells = each.answers.get(name)
    if cells is None:
        return ""
    return cells[int(np.ravel_multi_index(at, shape_of(name))) if at else 0]


@pytest.fixture
def grade(capsys):
    """Return what runs the command and gives exit code, standard output and error."""

    def called(*arguments: object) -> tuple[int, str, str]:
        code = run(["grade", PROBLEM, *map(str, arguments)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return called


def test_a_class_from_table_to_gradebook(tmp_path, grade):
    table, book, results = tmp_path / "class.csv", tmp_path / "book.csv", tmp_path / "all.jsonl"
    students = class_file(table, 30)
    code, page, said = grade(table, "-o", book, "--results", results)
    assert code == 0
    assert "30 read = 30 marked + 0 unreadable + 0 duplicates" in said
    assert "class report" in page and "Where it first goes wrong" in page
    rows = list(csv.DictReader(book.read_text().splitlines()))
    assert [row["student"] for row in rows] == [f"s{row:06d}" for row in range(30)]
    lines = [json.loads(line) for line in results.read_text().splitlines()]
    for row, line, each in zip(rows, lines, students, strict=True):
        assert float(row["score"]) == pytest.approx(line["score"], abs=1e-4)
        assert sum(line["points"].values()) == pytest.approx(line["score"])
        assert sum(line["status"].values()) == 24
        if each.slip is None and not each.blanks and not line["verdicts"]:
            assert line["score"] == line["max_score"]
    assert not list(tmp_path.glob(".*"))


def test_twice_the_same_bytes(tmp_path, grade):
    table = tmp_path / "class.csv"
    class_file(table, 20)
    outputs = []
    for name in ("one.csv", "two.csv"):
        code, page, _ = grade(table, "-o", tmp_path / name)
        assert code == 0
        outputs.append((page, (tmp_path / name).read_bytes()))
    assert outputs[0] == outputs[1]


def test_one_bad_row_costs_that_row_only(tmp_path, grade):
    table, book = tmp_path / "class.csv", tmp_path / "book.csv"
    class_file(table, 5)
    lines = table.read_text().splitlines()
    lines.insert(2, "s1,1,2")
    lines.append('=cmd(),"[red]x[/red]",\x1b[31m' + ",nan" * 22)
    table.write_text("\n".join(lines) + "\n")
    code, page, said = grade(table, "-o", book)
    assert code == 1
    assert "7 read = " in said
    rows = list(csv.reader(book.read_text().splitlines()))
    assert {len(row) for row in rows} == {len(rows[0])}
    assert not any(cell.startswith("=") for row in rows for cell in row)
    assert "\x1b" not in page and "\x1b" not in book.read_text()
    problems = list(csv.DictReader((tmp_path / "problems.csv").read_text().splitlines()))
    assert any(row["line"] == "3" and "cells in this row" in row["reason"] for row in problems)


def test_a_roster_tells_who_is_missing_and_orders_the_gradebook(tmp_path, grade):
    table, book, roster = tmp_path / "c.csv", tmp_path / "b.csv", tmp_path / "r.csv"
    class_file(table, 3)
    roster.write_text(
        "SID,First Name,Last Name,Email\ns000002,Ada,King,a@b.c\ns9,Bo,Li,b@b.c\ns000000,Cy,Do,\n"
    )
    code, page, _ = grade(table, "-o", book, "--roster", roster, "--as", "canvas")
    assert code == 0
    rows = list(csv.reader(book.read_text().splitlines()))
    assert [row[2] for row in rows[2:]] == ["s000002", "s9", "s000000", "s000001"]
    assert rows[2][0] == "Ada King" and rows[3][-1] == ""
    assert "3 students = 2 marked + 1 without" in page


def test_feedback_has_each_students_own_numbers_and_no_path(tmp_path, grade):
    table, folder = tmp_path / "c.csv", tmp_path / "feedback"
    class_file(table, 3)
    text = table.read_text().replace("s000001", "../../evil<script>")
    table.write_text(text)
    code, _, _ = grade(table, "--feedback", folder, "--feedback-as", "html")
    assert code == 0
    names = sorted(file.name for file in folder.iterdir())
    assert len(names) == 3 and all("/" not in name and ".." not in name for name in names)
    for file in folder.iterdir():
        page = file.read_text()
        assert "<script>" not in page and "points</th>" in page
    assert not (tmp_path / "evil").exists()


def test_one_student_for_an_appeal(tmp_path, grade):
    table = tmp_path / "c.csv"
    class_file(table, 6)
    code, page, _ = grade(table, "--only", "s000004")
    assert code == 0 and "check of s000004" in page and "Points" in page
    assert run(["grade", PROBLEM, str(table), "--only", "nobody"]) == 2


def test_compare_with_an_earlier_gradebook(tmp_path, grade):
    table, old, new = tmp_path / "c.csv", tmp_path / "old.csv", tmp_path / "new.csv"
    class_file(table, 5)
    assert grade(table, "-o", old)[0] == 0
    scheme = tmp_path / "scheme.yaml"
    scheme.write_text("points: 2\n")
    _, page, _ = grade(table, "-o", new, "--scheme", scheme, "--compare", old)
    assert "scores changed." in page and "s000000: " in page
    _, page, _ = grade(table, "-o", new, "--compare", old)
    assert "No score changed." in page


def test_an_output_that_cannot_be_written_leaves_the_old_one(tmp_path):
    table, book = tmp_path / "c.csv", tmp_path / "book.csv"
    class_file(table, 3)
    book.mkdir()
    for target in (book, tmp_path / "no" / "book.csv"):
        call = [sys.executable, "-m", "gradcalc", "grade", PROBLEM, str(table), "-o", str(target)]
        done = subprocess.run(call, capture_output=True, text=True, check=False)
        assert done.returncode == 3 and "could not be written" in done.stderr
    assert book.is_dir() and not (tmp_path / "no").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_run_that_was_killed_goes_on_to_the_same_bytes(tmp_path):
    table, whole, book = tmp_path / "c.csv", tmp_path / "whole.csv", tmp_path / "book.csv"
    class_file(table, 30_000, pool=12)
    assert run(["grade", PROBLEM, str(table), "-o", str(whole)]) == 0
    call = [sys.executable, "-m", "gradcalc", "grade", PROBLEM, str(table), "-o", str(book)]
    process = subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    parts = tmp_path / ".book.csv.parts"
    for _ in range(30_000):
        if len(list(parts.glob("*.json"))) >= 2 or process.poll() is not None:
            break
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    left = len(list(parts.glob("*.json")))
    assert left >= 2 and not book.exists()
    assert run(["grade", PROBLEM, str(table), "-o", str(book), "--resume"]) == 0
    assert book.read_bytes() == whole.read_bytes()
    assert not parts.exists()


def test_which_of_several_submissions_counts(tmp_path, grade):
    table, book = tmp_path / "c.csv", tmp_path / "b.csv"
    table.write_text(
        "student_id,z2,yhat\n1,0.2903,0.5721\n2,0.1,0.2\n1,0.2903,0.1\n2,0.2903,0.5721\n3,0.29,0.57\n"
    )
    code, _, said = grade(table, "-o", book)
    assert code == 1 and "5 read = 1 marked + 4 unreadable + 0 duplicates" in said
    scores = {}
    for policy in ("first", "last", "best"):
        code, _, said = grade(table, "-o", book, "--duplicates", policy)
        assert code == 0 and "5 read = 3 marked + 0 unreadable + 2 duplicates" in said
        rows = csv.DictReader(book.read_text().splitlines())
        scores[policy] = {row["student"]: row["score"] for row in rows}
    assert scores["best"] == {"1": "2", "2": "2", "3": "2"}
    assert scores["first"]["2"] == "0" and scores["last"]["1"] == "1"


def test_two_processes_write_what_one_does(tmp_path, grade):
    table = tmp_path / "c.csv"
    class_file(table, 9_000, pool=6)
    pages = []
    for count in (1, 2):
        book = tmp_path / f"{count}.csv"
        code, page, _ = grade(table, "-o", book, "--processes", count)
        assert code == 0
        pages.append((page, book.read_bytes()))
    assert pages[0] == pages[1]


def test_each_student_has_numbers_of_their_own(tmp_path, grade):
    table, results = tmp_path / "c.csv", tmp_path / "r.jsonl"
    table.write_text(
        "student_id,x[1],x[2],x[3],z1[1],z1[2]\n"
        "1,0.18,2.42,1.34,0.7384,-0.8796\n"
        "2,1,0,1,0.03,-0.67\n"
        "3,1,0,1,0.7384,-0.8796\n"
    )
    code, _, _ = grade(table, "--results", results)
    assert code == 0
    scores = [json.loads(line)["score"] for line in results.read_text().splitlines()]
    assert scores == [1.0, 1.0, 0.0]


def test_a_preview_says_how_headers_are_read(tmp_path, grade):
    table = tmp_path / "c.csv"
    table.write_text('Timestamp,Email Address,"Q3: dL/dyhat",z1\n1/2/2026,a@b.c,1.86,"0.7 -0.9"\n')
    columns = tmp_path / "columns.yaml"
    columns.write_text('dL/dyhat: "Q3*"\n')
    code, page, _ = grade(table, "--columns", columns, "--preview")
    assert code == 0
    assert "dL/dyhat" in page and "a@b.c" in page


def test_a_cluster_gives_what_one_machine_does(tmp_path):
    pytest.importorskip("distributed")
    table = tmp_path / "c.csv"
    class_file(table, 9_000, pool=5)
    books = []
    for name, more in (("one", ()), ("cluster", ("--scheduler", "local"))):
        book = tmp_path / f"{name}.csv"
        call = [sys.executable, "-m", "gradcalc", "grade", PROBLEM, str(table), "-o", str(book)]
        done = subprocess.run([*call, *more], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        books.append((done.stdout, book.read_bytes()))
    assert books[0] == books[1]
