"""A fault of gradcalc's own costs the one answer at which it happens."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import gradcalc
from gradcalc.algebra.operations import kernels
from gradcalc.cli import gradcalc as command
from gradcalc.grading.classes.assignment import read_submissions
from gradcalc.grading.classes.first_pass import Marker
from gradcalc.grading.classes.marked_block import STATUSES
from gradcalc.grading.classes.scheme import Scheme
from gradcalc.grading.evaluation.lines import lines_of
from gradcalc.grading.marking.mark_sheet import check
from gradcalc.grading.mistakes import library
from gradcalc.grading.submissions.block import Block, Column

PROBLEM = """
inputs: {x: [2, -1]}
targets: {y: 1}
weights: {W1: [[0.5, 0.3]], b1: 0.1}
activations: [sigmoid]
loss: half_squared_error
find: [z1, yhat, dL/dz1]
"""
TABLE = """student_id,z1,yhat,dL/dz1
right,0.8,0.6900,-0.0663
other,7.25,0.9993,-0.0663
wrong,0.8,0.6900,0.1111
last,0.8,0.6900,-0.0663
"""


def break_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one rule of the library fail."""

    def find(lines: object) -> Any:
        raise ZeroDivisionError("a rule of the library")

    rules = library.RULES | {"loss-sign": replace(library.RULES["loss-sign"], find=find)}
    monkeypatch.setattr(library, "RULES", rules)


def break_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one operation fail at one value."""
    plain = kernels.sigmoid

    def sigmoid(x: Any) -> Any:
        if (np.abs(np.asarray(x) - 7.25) < 1e-9).any():
            raise IndexError("a kernel")
        return plain(x)

    monkeypatch.setattr(kernels, "sigmoid", sigmoid)


def block(folder: Path, table: str = TABLE) -> Block:
    path = folder / "class.csv"
    path.write_text(table)
    (found,) = read_submissions([str(path)], gradcalc.load(PROBLEM))
    return found


def statuses(folder: Path) -> list[list[str]]:
    marked = Marker(lines_of(gradcalc.load(PROBLEM)), Scheme()).mark(block(folder))
    return [[STATUSES[code] for code in row] for row in marked.status.tolist()]


def test_a_rule_that_fails_costs_the_answers_that_it_was_tried_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    due = statuses(tmp_path)
    assert due[2] == ["correct", "correct", "incorrect"]
    break_rule(monkeypatch)
    found = Marker(lines_of(gradcalc.load(PROBLEM)), Scheme()).mark(block(tmp_path))
    codes = [[STATUSES[code] for code in row] for row in found.status.tolist()]
    assert codes[2] == ["correct", "correct", "unreadable"]
    assert codes[0] == codes[3] == ["correct"] * 3
    assert found.score.tolist()[2] == 3
    assert "ZeroDivisionError: a rule of the library" in found.block.reason(2, 2)


def test_an_operation_that_fails_costs_what_was_computed_with_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    due = statuses(tmp_path)
    assert due[1][:2] == ["incorrect", "follows"]
    break_kernel(monkeypatch)
    found = statuses(tmp_path)
    assert found[1][1] == "unreadable"
    assert [found[row] for row in (0, 2, 3)] == [due[row] for row in (0, 2, 3)]


@pytest.mark.parametrize("fault", [break_rule, break_kernel])
def test_a_sheet_alone_is_judged_as_in_the_class(
    fault: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fault(monkeypatch)
    problem, whole = gradcalc.load(PROBLEM), statuses(tmp_path)
    for row, line in enumerate(TABLE.splitlines()[1:]):
        _, *cells = line.split(",")
        sheet = "\n".join(
            f"{n} = {c}" for n, c in zip(("z1", "yhat", "dL/dz1"), cells, strict=True)
        )
        review = check(problem, sheet)
        assert [verdict.status for verdict in review.verdicts] == whole[row]
        assert review.faults == whole[row].count("unreadable")


def test_a_student_whose_own_numbers_fail_costs_nobody_else_anything(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    break_kernel(monkeypatch)
    whole = block(tmp_path)
    own = np.array([[0.1], [0.1], [6.55], [0.1]])  # z1 = 1 - 0.3 + 6.55
    whole = replace(whole, own=(Column("b1"),), parameters=own)
    marked = Marker(lines_of(gradcalc.load(PROBLEM)), Scheme()).mark(whole)
    assert marked.block.ids == ("right", "other", "last")
    (error,) = marked.block.errors
    assert error.id == "wrong" and "IndexError: a kernel" in error.reason


def test_a_class_goes_on_and_says_what_to_report(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    break_rule(monkeypatch)
    problem, table, book = (tmp_path / name for name in ("p.yaml", "class.csv", "book.csv"))
    problem.write_text(PROBLEM)
    table.write_text(TABLE)
    call = ["grade", str(problem), str(table), "-o", str(book)]
    run = CliRunner().invoke(command, call, standalone_mode=False)
    assert run.return_value == 1, run.exception
    assert "gradcalc itself failed at 2 cells" in run.stderr
    assert "2 cells at which gradcalc failed, full points" in run.stdout
    rows = csv.DictReader(book.read_text().splitlines())
    assert {row["student"]: row["score"] for row in rows} == dict.fromkeys(
        ("right", "other", "wrong", "last"), "3"
    )
    troubles = (tmp_path / "problems.csv").read_text()
    assert troubles.count("please report it: ZeroDivisionError: a rule of the library") == 2


def test_a_check_goes_on_and_says_what_to_report(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    break_rule(monkeypatch)
    problem = tmp_path / "p.yaml"
    problem.write_text(PROBLEM)
    call = ["check", str(problem), "-a", "dL/dz1 = 0.1111", "-a", "z1 = 0.8"]
    run = CliRunner().invoke(command, call, standalone_mode=False)
    assert run.return_value == 1, run.exception
    assert "gradcalc itself failed at 1 answer" in run.stderr
    assert "ZeroDivisionError" in " ".join(run.stdout.split())


def test_the_traceback_can_be_had(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    break_rule(monkeypatch)
    monkeypatch.setenv("GRADCALC_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        statuses(tmp_path)
    with pytest.raises(ZeroDivisionError):
        check(gradcalc.load(PROBLEM), "dL/dz1 = 0.1111")
