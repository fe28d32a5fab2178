"""Several problems in one run: whose quantity a name is, and marks that are put together."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gradcalc.cli.grade import command
from gradcalc.errors import ProblemError

RELU = """
title: A rectified loss
inputs: {z: [0.1, -0.1]}
targets: {t: [0, 1]}
equations: |
  y = relu(z)
  L = squared_error(y, t)
find: dL/dz
options: {a: [0.2, 0], b: [0.1, 0]}
"""
NEURON = """
title: A neuron
inputs: {x: [-1, -2]}
weights: {w: [2, -3], b: -3}
equations: |
  z = w @ x + b
  f = sigmoid(z)
find: [df/dw, df/db]
"""


@pytest.fixture
def problems(tmp_path: Path) -> Path:
    folder = tmp_path / "problems"
    folder.mkdir()
    (folder / "relu.yaml").write_text(RELU)
    (folder / "neuron.yaml").write_text(NEURON)
    return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(each) for each in arguments])


def book(tmp_path: Path, *arguments: object) -> list[dict[str, str]]:
    path = tmp_path / "book.csv"
    result = run(*arguments, "-o", path)
    assert result.exception is None or result.exit_code in (0, 1), result.exception
    with path.open() as file:
        return list(csv.DictReader(file))


def test_names_say_which_problem_they_belong_to(problems: Path, tmp_path: Path) -> None:
    table = tmp_path / "class.csv"
    table.write_text(
        "student_id,relu:answer,neuron:z,df/db,relu.y[1]\ns1,a,1,0.1966,0.1\ns2,b,,0.5,\n,a,1,1,1\n"
    )
    rows = book(tmp_path, problems, table)
    assert [row["student"] for row in rows] == ["s1", "s2", ""]
    assert rows[0]["score"] == rows[0]["max_score"] == "4"
    assert (rows[0]["neuron"], rows[0]["relu"], rows[0]["neuron:z"]) == ("2", "2", "1")
    assert "relu: first wrong: dL/dz (loss-factor-2)" in rows[1]["note"]
    assert rows[2]["status"] == "unreadable"


def test_a_name_of_two_problems_is_refused(problems: Path, tmp_path: Path) -> None:
    table = tmp_path / "class.csv"
    table.write_text("student_id,z,f\ns1,1,0.7\n")
    result = run(problems, table)
    assert isinstance(result.exception, ProblemError)
    assert "neuron:z or relu:z" in str(result.exception.hint)


def test_files_that_are_called_as_a_problem_are_for_it_alone(
    problems: Path, tmp_path: Path
) -> None:
    sheets = tmp_path / "sheets"
    (sheets / "relu").mkdir(parents=True)
    (sheets / "relu" / "anna.yaml").write_text("answer: a\n")
    (sheets / "relu" / "ben.txt").write_text("Answer: (b)\n")
    (sheets / "neuron.csv").write_text("id,z,f\nAnna,1,0.7311\nzed,2,0.8808\n")
    rows = {row["student"]: row for row in book(tmp_path, problems, sheets)}
    assert {name: row["score"] for name, row in rows.items()} == {
        "Anna": "3",
        "ben": "0",
        "zed": "1",
    }
    assert rows["zed"]["relu"] == "" and "relu: nothing handed in" in rows["zed"]["note"]


def test_json_and_long_tables(problems: Path, tmp_path: Path) -> None:
    lines = tmp_path / "class.jsonl"
    answers = {"relu": {"answer": "a"}, "neuron": {"z": 1, "f": 0.73}}
    lines.write_text(json.dumps({"id": "q", "answers": answers}) + "\n")
    assert [row["score"] for row in book(tmp_path, problems, lines)] == ["3"]
    long = tmp_path / "class.csv"
    long.write_text("id,problem,quantity,value\nq,relu,answer,a\nq,neuron,z,1\nr,neuron,z,2\n")
    assert [row["score"] for row in book(tmp_path, problems, long)] == ["2", "0"]


def test_results_roster_scheme_and_only(problems: Path, tmp_path: Path) -> None:
    table = tmp_path / "class.csv"
    table.write_text("student_id,relu:answer,neuron:z\nS1,a,1\ns2,b,1\n")
    (tmp_path / "roster.csv").write_text("student_id,name\ns2,Bo\ns3,Cy\ns1,Al\n")
    (tmp_path / "scheme.yaml").write_text("relu: {dL/dz: 10}\nneuron: {z: 5}\n")
    results = tmp_path / "results.jsonl"
    more = ("--roster", tmp_path / "roster.csv", "--scheme", tmp_path / "scheme.yaml")
    rows = book(tmp_path, problems, table, *more, "--results", results)
    found = [(row["student"], row["score"], row["status"]) for row in rows]
    assert found == [("s2", "5", "marked"), ("s3", "", "missing"), ("s1", "15", "marked")]
    records = [json.loads(line) for line in results.read_text().splitlines()]
    assert [(each["problem"], each["score"]) for each in records] == [
        ("neuron", 5.0),
        ("neuron", 5.0),
        ("relu", 10.0),
        ("relu", 0.0),
    ]
    shown = run(problems, table, "--only", "s1")
    assert "A neuron" in shown.output and "A rectified loss" in shown.output


def test_a_problem_that_nothing_is_for(problems: Path, tmp_path: Path) -> None:
    table = tmp_path / "class.csv"
    table.write_text("student_id,relu:answer\ns1,a\n")
    result = run(problems, table)
    assert isinstance(result.exception, ProblemError)
    assert "nothing is handed in to neuron" in str(result.exception)
    assert run("--problem", problems / "relu.yaml", table).exit_code == 0


def test_two_problems_of_one_name(problems: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "relu.yaml").write_text(RELU)
    table = tmp_path / "class.csv"
    table.write_text("student_id,answer\ns1,a\n")
    result = run("--problem", problems / "relu.yaml", "--problem", other / "relu.yaml", table)
    assert "two problems are called relu" in str(result.exception)
