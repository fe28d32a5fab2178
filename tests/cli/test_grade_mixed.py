"""Classes in several files, and quantities that nobody answers: one maximum score for all."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from gradcalc.cli import run

OPTIONS = "problems/relu-squared-loss.yaml"
NETWORK = "problems/hand-calculation.yaml"


def graded(folder: Path, problem: str, *call: object) -> tuple[int, list[dict], list[dict]]:
    """Return the exit code, the rows of the gradebook and the lines of the results."""
    book, results = folder / "book.csv", folder / "results.jsonl"
    code = run(["grade", problem, *map(str, call), "-o", str(book), "--results", str(results)])
    rows = list(csv.DictReader(book.read_text().splitlines()))
    return code, rows, [json.loads(line) for line in results.read_text().splitlines()]


def test_sources_with_other_columns_share_one_gradebook(tmp_path):
    wide, lines, long = tmp_path / "a.csv", tmp_path / "b.jsonl", tmp_path / "c.csv"
    wide.write_text('student_id,dL/dz\n1,"0.2 0 -1.2 1.4 0"\n')
    lines.write_text('{"student_id": "2", "L": 0.86, "y": [0.1, 0, 0.4, 0.7, 0]}\n')
    long.write_text("student_id,quantity,index,value\n3,y,1,0.1\n3,y,2,x\n")
    code, rows, results = graded(tmp_path, OPTIONS, wide, lines, long)
    assert code == 1
    assert list(rows[0]) == ["student", "score", "max_score", "dL/dz", "y", "L", "status", "note"]
    assert [(row["student"], row["score"], row["max_score"]) for row in rows] == [
        ("1", "1", "3"),
        ("2", "2", "3"),
        ("3", "0.2", "3"),
    ]
    assert [(row["dL/dz"], row["y"], row["L"]) for row in rows] == [
        ("1", "0", "0"),
        ("0", "1", "1"),
        ("0", "0.2", "0"),
    ]
    assert {line["max_score"] for line in results} == {3.0}
    assert [line["status"] for line in results] == [
        {"missing": 6, "correct": 5},
        {"missing": 5, "correct": 6},
        {"missing": 9, "correct": 1, "unreadable": 1},
    ]
    assert [verdict["given"] for verdict in results[2]["verdicts"] if "given" in verdict] == ["x"]


@pytest.mark.parametrize("kind", ["json", "long", "folder"])
def test_what_find_asks_for_counts_though_nobody_answers_it(tmp_path, kind):
    if kind == "json":
        source = tmp_path / "a.jsonl"
        source.write_text('{"student_id": "1", "y": [0.1, 0, 0.4, 0.7, 0]}\n')
    elif kind == "long":
        source = tmp_path / "a.csv"
        source.write_text('student_id,quantity,value\n1,y,"0.1 0 0.4 0.7 0"\n')
    else:
        source = tmp_path / "sheets"
        source.mkdir()
        (source / "1.txt").write_text("y = 0.1 0 0.4 0.7 0\n")
    code, rows, results = graded(tmp_path, OPTIONS, source)
    assert code == 0
    assert [(row["score"], row["max_score"], row["dL/dz"]) for row in rows] == [("1", "2", "0")]
    assert results[0]["max_score"] == 2 and results[0]["status"]["missing"] == 5


def test_what_the_scheme_has_points_for_counts_though_nobody_answers_it(tmp_path):
    scheme, source = tmp_path / "scheme.yaml", tmp_path / "a.jsonl"
    scheme.write_text("dL/dW2: 4\ndL/dW1[1,1]: 0.5\n")
    source.write_text('{"student_id": "1", "z2": 0.2903}\n')
    _, rows, results = graded(tmp_path, NETWORK, source, "--scheme", scheme)
    assert [(row["score"], row["max_score"]) for row in rows] == [("1", "5.5")]
    assert results[0]["points"] == {"z2": 1.0, "dL/dW2": 0.0, "dL/dW1": 0.0}


def test_the_roster_finds_a_student_by_any_of_their_ids(tmp_path):
    source, roster = tmp_path / "a.csv", tmp_path / "r.csv"
    source.write_text("student_id,L\nANN,0.86\nbo@x.org,0.86\n\u200fdi,0.86\neve,0.86\n")
    roster.write_text("student_id,name,email\ndi,Di,\nbo,Bo,Bo@x.org\nann,Ann,\ncy,Cy,\n")
    _, rows, _ = graded(tmp_path, OPTIONS, source, "--roster", roster)
    assert [(row["student"], row["score"]) for row in rows] == [
        ("di", "1"),
        ("bo", "1"),
        ("ann", "1"),
        ("cy", ""),
        ("eve", "1"),
    ]


def test_what_too_few_answer_is_not_asked_but_what_find_asks_for_is(tmp_path):
    source = tmp_path / "a.jsonl"
    known = [f'{{"student_id": "s{at}", "y": [0.1, 0, 0.4, 0.7, 0]}}' for at in range(30)]
    known[7] = '{"student_id": "s7", "L": 0.86, "dL/dz[1]": 0.2}'
    source.write_text("\n".join(known) + "\n")
    _, rows, _ = graded(tmp_path, OPTIONS, source)
    assert list(rows[0])[3:-2] == ["y", "dL/dz"]
    assert {row["max_score"] for row in rows} == {"2"}
    assert rows[7]["dL/dz"] == "0.2"


def test_rows_that_are_no_submissions_stand_where_they_stood(tmp_path):
    source = tmp_path / "a.csv"
    source.write_text("student_id,L\ns1,0.86\ns2,1,2,3\ns3,x\n,0.86\ns5,0.86\ns5,0.9\n")
    code, rows, _ = graded(tmp_path, OPTIONS, source)
    assert code == 1
    assert [(row["student"], row["status"]) for row in rows] == [
        ("s1", "marked"),
        ("s2", "unreadable"),
        ("s3", "marked"),
        ("", "unreadable"),
        ("s5", "unreadable"),
        ("s5", "unreadable"),
    ]
    problems = list(csv.DictReader((tmp_path / "problems.csv").read_text().splitlines()))
    assert [row["line"] for row in problems] == ["3", "4", "5", "6", "7"]


@pytest.mark.parametrize("text", ["[0.86]", "((0.86))", "(43/50)", '"[0,86]"', "8.6e-1", "_"])
def test_whatever_is_read_as_a_number_can_be_shown(tmp_path, capsys, text):
    source = tmp_path / "a.csv"
    source.write_text(f"student_id,L\n1,{text}\n")
    folder = tmp_path / "feedback"
    assert run(["grade", OPTIONS, str(source), "--feedback", str(folder)]) == 0
    assert run(["grade", OPTIONS, str(source), "--only", "1"]) == 0
    points = "0" if text == "_" else "1"
    assert f"{points} of 1" in capsys.readouterr().out
    assert f"{points} of 1" in (folder / "1.md").read_text()


@pytest.mark.parametrize(
    "text",
    [
        "student_id,L\n",
        "student_id,L\n,0.86\n",
        "student_id,z[1],L\ns1,x,0.86\n",
        "student_id,L\ns1,1\ns1,2\n",
    ],
)
def test_a_class_without_a_submission_has_a_report_too(tmp_path, text, capsys):
    source = tmp_path / "a.csv"
    source.write_text(text)
    if text.count("\n") == 1:
        assert run(["grade", OPTIONS, str(source)]) == 2
        assert "there is no submission to mark" in capsys.readouterr().err
        return
    code, rows, results = graded(tmp_path, OPTIONS, source)
    assert code == 1 and not results
    assert {row["status"] for row in rows} == {"unreadable"}
    assert " = 0 marked + " in capsys.readouterr().err
