"""A class with drawn numbers: whose they are, what goes before them, what they cannot do."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gradcalc
from gradcalc.errors import ProblemError
from gradcalc.grading.classes.assignment import Assignment, read_submissions
from gradcalc.grading.classes.first_pass import Marker
from gradcalc.grading.classes.individual import (
    distinct,
    drawn,
    individual_of,
    number_table,
    problem_of,
)
from gradcalc.grading.classes.scheme import Scheme
from gradcalc.grading.evaluation.lines import lines_of
from gradcalc.grading.questions.lint import lint
from gradcalc.grading.submissions.duplicates import identity
from gradcalc.problem.authoring.draw_student import numbers
from tests.grading.classes import block_of, student

NEURON = "problems/individual-neuron.yaml"
LOGARITHM = """\
inputs: {c: 2, x: 1}
equations: |
  a = relu(x)
  q = log(c)*a
individual: {seed: 1, c: [0, 1, 2], x: [-1, 0, 1]}
find: dq/dx
"""


def nobody(_: str) -> None:
    return None


@pytest.fixture
def neuron():
    return gradcalc.load(NEURON)


def written(folder, text):
    path = folder / "class.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


def blocks(problem, path, **settings):
    problem_file = problem if isinstance(problem, str) else problem.source.name
    return list(Assignment(problem_file, (path,), **settings).blocks())


def test_two_spellings_of_an_id_are_one_student(neuron, tmp_path):
    path = written(tmp_path, "id,L\n s7 ,1\nAda@X.org,1\n")
    (block,) = blocks(neuron, path)
    due = numbers(neuron.individual, ["s7", "ada@x.org"])
    assert np.array_equal(block.parameters, due)
    assert [str(column) for column in block.own] == ["x[1]", "x[2]", "y", "W1[1,1]", "W1[1,2]"]


@given(st.text(min_size=1, max_size=20), st.sampled_from(["", " ", "\t", "  "]))
def test_blanks_and_capitals_make_no_difference(name, blanks):
    problem = gradcalc.load(NEURON)
    student = f"{name.strip()}@x"
    one = problem_of(problem, student)
    for other in (f"{blanks}{student}{blanks}", student.casefold()):
        again = problem_of(problem, other)
        assert identity(again.student) == identity(one.student)
        assert all(again.data[n].texts == one.data[n].texts for n in one.data)


def test_the_roster_says_which_id_an_address_means(neuron, tmp_path):
    path = written(tmp_path, "id,L\nada@x.org,1\n")
    roster = tmp_path / "roster.csv"
    roster.write_text("student_id,email\n4711,ADA@x.org\n")
    (alone,) = blocks(neuron, path)
    (known,) = blocks(neuron, path, roster_file=roster)
    assert np.array_equal(alone.parameters, numbers(neuron.individual, ["ada@x.org"]))
    assert np.array_equal(known.parameters, numbers(neuron.individual, ["4711"]))


def test_the_numbers_of_a_table_go_first(neuron, tmp_path):
    path = written(tmp_path, "id,x[2],L\ns7,3,1\n")
    (block,) = blocks(neuron, path)
    (due,) = numbers(neuron.individual, ["s7"])
    found = dict(zip(map(str, block.own), block.parameters[0], strict=True))
    assert found == {
        "x[2]": 3, "x[1]": due[0], "y": due[2], "W1[1,1]": due[3], "W1[1,2]": due[4],
    }  # fmt: skip


def test_a_list_of_numbers_is_read_back(neuron, tmp_path):
    """A class is marked alike by drawn numbers and by the list that was handed out."""
    ids = ["4711", "ada@x.org", "Ünal, K", "007"]
    own = number_table(neuron, ids)
    rows = [line.rstrip("\n") for line in own]
    path = written(tmp_path, "\n".join([rows[0] + ",L", *(f"{row},0.1" for row in rows[1:])]))
    plain = gradcalc.load(neuron.source.text.partition("individual:")[0])
    (block,) = read_submissions([path], plain)
    assert block.ids == tuple(ids)
    answers = "id,L\n" + "".join(f'"{name}",0.1\n' for name in ids)
    (again,) = blocks(neuron, written(tmp_path, answers))
    assert block.own == again.own
    assert np.array_equal(block.parameters, again.parameters)


def test_every_part_of_a_run_draws_the_same(neuron, tmp_path):
    path = written(tmp_path, "id,L\n" + "".join(f"s{at},1\n" for at in range(9000)))
    assignment = Assignment(NEURON, (path,))
    whole = {n: block.parameters for n, block, _ in assignment.read()}
    parts = {n: b.parameters for share in range(2) for n, b, _ in assignment.read(share, 2)}
    assert len(whole) > 1
    assert whole.keys() == parts.keys()
    assert all(np.array_equal(whole[n], parts[n]) for n in whole)


def test_a_student_whose_numbers_have_no_value_stops_nobody(tmp_path):
    problem = tmp_path / "p.yaml"
    problem.write_text(LOGARITHM)
    path = written(tmp_path, "id,q\n" + "".join(f"{at},0\n" for at in range(1, 31)))
    assignment = Assignment(str(problem), (path,))
    (block,) = assignment.blocks()
    c = dict(zip(block.ids, block.parameters[:, 0], strict=True))
    marked = assignment.marker.mark(block)
    assert {error.id for error in marked.block.errors} == {name for name in c if c[name] == 0}
    assert marked.block.errors[0].reason == "q has no value with the student's own numbers"
    assert set(marked.block.ids) == {name for name in c if c[name]}
    none = assignment.marker.mark(block.of(block.ids.index(marked.block.errors[0].id)))
    assert none.block.ids == ()
    with pytest.raises(ProblemError, match="log\\(0\\) has no value"):
        gradcalc.check(problem_of(assignment.problem, marked.block.errors[0].id), "q = 0")


def test_ids_on_a_list_are_ids_and_stand_once():
    assert distinct([(" 7 ", "a"), ("A@x", "b")]) == ("7", "a@x")
    for ids, message in (
        ([("7", "a"), (" 7", "b")], "7 stands twice"),
        ([("s7", "a"), ("S7", "b")], "s7 stands twice|S7 stands twice"),
        ([(" ", "a")], "no student id"),
        ([("x" * 201, "a")], "more than 200"),
    ):
        with pytest.raises(ProblemError, match=message):
            distinct(ids)


def test_a_problem_without_drawn_numbers_says_so():
    with pytest.raises(ProblemError, match="the same numbers for every student"):
        individual_of(gradcalc.load("problems/l1-loss.yaml"))


def test_lint_tries_the_numbers_on_students():
    problem = gradcalc.load(LOGARITHM)
    found = {doubt.kind: doubt for doubt in lint(problem).doubts}
    due = numbers(problem.individual, [str(at) for at in range(1, 301)])
    c, x = due[:, 0], due[:, 1]
    assert found["no value"].count == np.count_nonzero(c == 0)
    assert str(found["no value"].at) == "q"
    assert found["kink"].count == np.count_nonzero((c != 0) & (x == 0))
    assert found["zero"].count == np.count_nonzero((c != 0) & ((x <= 0) | (c == 1)))
    first = found["kink"].example
    own = problem_of(problem, first)
    assert own.data["x"].array == 0
    assert not lint(gradcalc.load(NEURON)).doubts


def test_lint_tells_of_mistakes_that_many_cannot_show():
    """A target of 0 hides that it was forgotten; the example has 0.9."""
    text = gradcalc.load(NEURON).source.text.replace("[0.1, 0.2, 0.8, 0.9]", "[0, 1]")
    problem = gradcalc.load(text)
    hidden = [doubt for doubt in lint(problem).doubts if doubt.kind == "hidden"]
    assert [doubt.slip.rule for doubt in hidden] == ["loss-target-dropped"]
    due = numbers(problem.individual, [str(at) for at in range(1, 301)])
    assert hidden[0].count == np.count_nonzero(due[:, 2] == 0)


def test_the_lines_of_a_student_share_what_is_compiled(neuron):
    lines = lines_of(neuron)
    students = [student(lines, random.Random(1)) for _ in range(3)]
    block = drawn(block_of(lines, students), neuron, nobody)
    own = Marker(lines, Scheme()).of(block).student(2)
    assert own.program is lines.program
    assert own.problem.own == ("x", "y", "W1")
    texts = problem_of(neuron, "s2").data["x"].texts
    assert own.problem.data["x"].texts == texts


def test_a_class_solved_at_once_is_each_student_solved_by_hand():
    """Both passes of a neuron, written out for every student from the numbers of the list."""
    problem = gradcalc.load(NEURON)
    ids = [f"s{at}" for at in range(200)]
    lines = lines_of(problem)
    block = replace(block_of(lines, [student(lines, random.Random(1))] * 200), ids=tuple(ids))
    values = Marker(lines, Scheme()).of(drawn(block, problem, nobody)).values
    _, *rows = number_table(problem, ids)
    for at, row in enumerate(rows):
        _, x1, x2, y, w1, w2 = row.strip().split(",")
        x, w = (float(x1), float(x2)), (float(w1), float(w2))
        yhat = 1 / (1 + math.exp(-(w[0] * x[0] + w[1] * x[1] + 0.1)))
        delta = (yhat - float(y)) * yhat * (1 - yhat)
        assert values["L"][at] == pytest.approx((yhat - float(y)) ** 2 / 2, rel=1e-12)
        assert values["dL/db1"][at] == pytest.approx(delta, rel=1e-12)
        assert values["dL/dW1"][at].tolist() == [
            [pytest.approx(delta * x[0]), pytest.approx(delta * x[1])]
        ]
