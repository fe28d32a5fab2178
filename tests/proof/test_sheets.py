"""Each student of a class gets what the same sheet gets alone."""

from __future__ import annotations

import csv
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner

from gradcalc.cli import gradcalc as command
from gradcalc.grading.classes.assignment import read_submissions
from gradcalc.grading.classes.first_pass import Marker
from gradcalc.grading.classes.scheme import read_scheme
from gradcalc.grading.classes.second_pass import SecondPass
from gradcalc.grading.evaluation.lines import lines_of
from gradcalc.problem.reading.loader import load
from tests.proof.sheets import class_of, differences

NEURON = """
inputs: {x: [2, -1]}
targets: {y: 1}
weights: {W1: [[0.5, 0.3]], b1: 0.1}
activations: [sigmoid]
loss: squared_error
"""


@pytest.mark.parametrize("part", range(8))
def test_students_of_random_classes(part: int) -> None:
    entries = 0
    for seed in range(10_000 + 1000 * part, 11_000 + 1000 * part):
        one = class_of(seed, students=16)
        assert list(differences(one, seed)) == []
        head, *rows = one.table.splitlines()
        entries += len(rows) * head.count('"') // 2
        if entries >= 400:
            break


def graded(folder: Path, problem: str, rows: list[str], *more: str) -> dict[str, str]:
    """Return the scores of a class by student."""
    paths = [folder / name for name in ("p.yaml", "class.csv", "book.csv")]
    paths[0].write_text(problem)
    paths[1].write_text("\n".join([f"student_id,{more[0]}", *rows]) + "\n")
    call = ["grade", str(paths[0]), str(paths[1]), "-o", str(paths[2]), *more[1:]]
    run = CliRunner().invoke(command, call, standalone_mode=False)
    assert run.exception is None, run.exception
    return {
        row["student"]: row["score"] for row in csv.DictReader(paths[2].read_text().splitlines())
    }


def test_what_is_read_inside_a_line_tells_sheets_apart(tmp_path: Path) -> None:
    rows, heads = ["s1,0.69,-1.24", "s2,0.38,-1.24"], "yhat,dL/dyhat"
    due = {"s1": "1", "s2": "1"}
    assert graded(tmp_path, NEURON, rows, heads) == due
    assert graded(tmp_path, NEURON, rows[::-1], heads) == due
    for row in rows:
        student = row.partition(",")[0]
        assert graded(tmp_path, NEURON, [row], heads) == {student: due[student]}


SUM = "inputs: {x: 3}\nequations: y = x + 4\nmarking: {deduct: {sign-slip: 0.5}}\n"


def test_a_deduction_is_the_same_however_many_are_wrong(tmp_path: Path) -> None:
    chance = Random(3)
    rows = [f"w{at},{chance.uniform(20, 90):.4f}" for at in range(1_010)]
    found = graded(tmp_path, SUM, [*rows, "s,-7"], "y")
    assert found["s"] == graded(tmp_path, SUM, ["s,-7", *rows], "y")["s"] == "0.5"


def test_it_is_the_same_in_any_order_and_with_any_number_of_processes(tmp_path: Path) -> None:
    rows = [f"a{at},{(7, 7.1, -7, 70, 4.5)[at % 5]}" for at in range(9_000)]  # two blocks
    found = graded(tmp_path, SUM, rows, "y", "--processes", "1")
    assert set(found.values()) == {"0", "0.5", "1"}
    assert graded(tmp_path, SUM, rows[::-1], "y", "--processes", "2") == found


def test_a_search_is_made_once_for_all_who_need_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = []
    explained = SecondPass.explained

    def counted(self: SecondPass, *args: object, **more: object) -> object:
        made.append(args[0])
        return explained(self, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(SecondPass, "explained", counted)
    problem = load(NEURON)
    path = tmp_path / "class.csv"
    # z1 is right in several ways and does not matter to dL/dyhat beside a written yhat
    rows = [f"s{at},{('0.8', '0.80', '0.800')[at % 3]},0.69,0.62" for at in range(9)]
    path.write_text("\n".join(["student_id,z1,yhat,dL/dyhat", *rows]) + "\n")
    (block,) = read_submissions([str(path)], problem)
    Marker(lines_of(problem), read_scheme(None, problem)).mark(block)
    assert len(made) <= 3  # one a way of rounding
