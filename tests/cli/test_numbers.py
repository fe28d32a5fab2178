"""`gradcalc numbers`, and `--student` of the other commands."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import subprocess
import sys

import pytest

from gradcalc.cli import run
from tests.shown import ROOT

NEURON = str(ROOT / "problems" / "individual-neuron.yaml")
OTHER = str(ROOT / "problems" / "l1-loss.yaml")


class Stream(io.StringIO):
    encoding = "utf-8"


def called(*arguments: str) -> tuple[int, str, str]:
    out, err = Stream(), Stream()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(arguments)
    return code, out.getvalue(), err.getvalue()


def listed(*arguments: str) -> list[list[str]]:
    code, out, err = called("numbers", NEURON, *arguments)
    assert (code, err) == (0, "")
    return list(csv.reader(io.StringIO(out)))


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)


def test_a_row_a_student():
    assert listed("4711", "4712") == [
        ["student_id", "x[1]", "x[2]", "y", "W1[1,1]", "W1[1,2]"],
        ["4711", "0.5", "2", *listed("4711")[1][3:]],
        ["4712", "2", "-2", *listed("4712")[1][3:]],
    ]


def test_a_roster_and_a_file(tmp_path):
    (tmp_path / "roster.csv").write_text("name,SID\nAda,4711\nBob,4712\n")
    code, out, err = called("numbers", NEURON, "--roster", "roster.csv", "-o", "numbers.csv")
    assert (code, out, err) == (0, "", "")
    found = list(csv.reader((tmp_path / "numbers.csv").read_text().splitlines()))
    assert found == listed("4711", "4712")


def alone(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "gradcalc", "numbers", NEURON, *arguments],
        input=text,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        check=False,
    )


def test_ids_on_standard_input():
    found = alone("-", text="4711\n\n 4712 \n")
    assert (found.returncode, found.stderr) == (0, "")
    assert list(csv.reader(io.StringIO(found.stdout))) == listed("4711", "4712")
    again = alone("-", text="4711\n4711\n")
    assert again.returncode == 2
    assert "<stdin>:2" in again.stderr


def test_no_cell_is_a_formula():
    assert listed("=1+1")[1][0] == "'=1+1"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((NEURON,), "name students, or a --roster"),
        ((NEURON, "7", "--roster", "r.csv"), "not both"),
        (("-", "-"), "the problem or the ids"),
        ((NEURON, "7", " 7"), "7 stands twice"),
        ((NEURON, ""), "no student id"),
        ((NEURON, "--roster", "none.csv"), "none.csv"),
        ((OTHER, "7"), "the same numbers for every student"),
    ],
)
def test_what_is_refused(arguments, said):
    code, out, err = called("numbers", *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


def test_a_table_that_cannot_be_written():
    found = alone("7", "-o", "none/numbers.csv")
    assert found.returncode == 3
    assert "could not be written" in found.stderr


def test_solve_shows_one_student():
    code, out, _ = called("solve", NEURON, "--student", " 4711 ")
    assert code == 0
    assert "Student   4711; x, y and W⁽¹⁾ are drawn for this student" in out
    code, out, _ = called("solve", NEURON)
    assert "Student   the example of the file; x, y and W⁽¹⁾ are drawn for every student" in out
    code, out, _ = called("solve", NEURON, "--student", "4711", "--format", "json")
    record = json.loads(out)
    assert record["student"] == "4711"
    assert record["values"]["x"] == [0.5, 2.0]
    assert json.loads(called("solve", NEURON, "--format", "json")[1])["student"] is None
    assert "student" not in json.loads(called("solve", OTHER, "--format", "json")[1])


def test_check_goes_by_the_numbers_of_one_student():
    record = json.loads(called("solve", NEURON, "--student", "4711", "--format", "json")[1])
    answer = f"L={record['values']['L']!r}"
    assert called("check", NEURON, "--student", "4711", "-a", answer)[0] == 0
    code, out, _ = called("check", NEURON, "--student", "4712", "-a", answer)
    assert code == 1
    assert "The numbers for 4712: x = (2, −2)" in out
    assert called("check", NEURON, "-a", answer)[0] == 1


@pytest.mark.parametrize("more", [(), ("--options",)])
def test_what_is_in_the_file_belongs_to_its_example(more):
    code, _, err = called("check", NEURON, "--student", "4711", *more)
    assert code == 2
    assert "--student goes with answers" in err


@pytest.mark.parametrize("command", ["solve", "check"])
def test_a_problem_without_drawn_numbers(command):
    more = ("-a", "L=1") if command == "check" else ()
    code, _, err = called(command, OTHER, "--student", "4711", *more)
    assert code == 2
    assert "the same numbers for every student" in err


def test_a_class_is_marked_by_everybodys_own_numbers(tmp_path):
    rows = ["student_id,z1,L"]
    for student in ("4711", "4712", "4713"):
        out = called("solve", NEURON, "--student", student, "--format", "json")[1]
        values = json.loads(out)["values"]
        wrong = -values["z1"][0] if student == "4713" else values["z1"][0]
        rows.append(f"{student},{wrong!r},{values['L']!r}")
    (tmp_path / "class.csv").write_text("\n".join(rows) + "\n")
    code, out, _ = called("grade", NEURON, "class.csv", "-o", "book.csv", "--feedback", "back")
    assert code == 0
    scores = {
        row["student"]: row["score"]
        for row in csv.DictReader((tmp_path / "book.csv").read_text().splitlines())
    }
    assert scores == {"4711": "2", "4712": "2", "4713": "1"}
    assert "x = (0.5, 2), y" in (tmp_path / "back" / "4711.md").read_text()
    _, out, _ = called("grade", NEURON, "class.csv", "--only", "4713")
    assert "sign" in out
    assert "x = (−1, 1.5)" in out
