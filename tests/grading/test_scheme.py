"""Marking schemes: points, shares, deductions, and what cannot be one."""

import random

import numpy as np
import pytest

from gradcalc.errors import ProblemError, Source
from gradcalc.grading.classes.first_pass import Marker
from gradcalc.grading.classes.scheme import Scheme, read_rulings, read_scheme
from gradcalc.grading.classes.tally import Tally
from gradcalc.grading.evaluation.lines import lines_of
from gradcalc.grading.submissions.block import Column
from gradcalc.problem.reading.loader import load
from gradcalc.problem.text.yaml_nodes import parse_document
from tests.grading.classes import Student, block_of, student

PROBLEM = load("problems/hand-calculation.yaml")
LINES = lines_of(PROBLEM)
RIGHT = {
    "z1": ["0.7384", "-0.8796"],
    "a1": ["0.6766", "0.2933"],
    "z2": ["0.2903"],
    "yhat": ["0.5721"],
    "L": ["1.7336"],
    "dL/dyhat": ["1.8621"],
    "dL/dz2": ["0.4558"],
}


def scheme(text: str) -> Scheme:
    root = parse_document(Source("scheme.yaml", text))
    return read_scheme(root.get("marking"), PROBLEM)


def mark(answers: dict[str, list[str]], given: Scheme, rulings: str = ""):
    block = block_of(LINES, [Student(answers, None, 0)])
    found = read_rulings(Source("rulings.yaml", rulings), LINES) if rulings else ()
    return Marker(LINES, given, rulings=found).mark(block)


def test_points_of_a_quantity_are_shared_by_its_entries():
    found = scheme("marking: {dL/dW1: 3, z1: 1, 'dL/dW2[1,1]': 2, points: 0.5}\n")
    columns = [Column("dL/dW1", (i, j)) for i in range(3) for j in range(2)]
    columns += [Column("dL/dW2", (0, 0)), Column("dL/dW2", (1, 0)), Column("L")]
    assert found.points(columns).tolist() == [0.5] * 6 + [2, 0.5, 0.5]
    assert found.most(columns) == 6


def test_a_file_may_name_quantities_as_the_author_does():
    assert scheme("marking: {E: 2, dE/dw1: 1}\n").whole == {"L": 2.0}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("marking: {follows: 2}\n", "follows is a share from 0 to 1"),
        ("marking: {dL/dW9: 2}\n", "dL/dW9"),
        ("marking: {z1: -1}\n", "z1 is a number from 0"),
        ("marking: {z1: nan}\n", "not a finite number"),
        ("marking: {deduct: {loss-sine: 1}}\n", "loss-sine is not the id of a mistake"),
        ("marking: {deduct: [loss-sign]}\n", "deduct names mistakes"),
    ],
)
def test_what_is_no_scheme_is_refused_at_its_place(text, message):
    with pytest.raises(ProblemError, match=message) as caught:
        scheme(text)
    assert caught.value.span is not None


def test_what_follows_gets_its_share():
    wrong = {**RIGHT, "z2": ["0.5503"], "yhat": ["0.6342"]}
    full = mark(wrong, Scheme())
    half = mark(wrong, Scheme(follows=0.5))
    none = mark(wrong, Scheme(follows=0.0))
    assert full.score[0] - none.score[0] == pytest.approx(2 * (half.score[0] - none.score[0]))
    assert full.score[0] > none.score[0]


def test_a_named_mistake_takes_off_what_it_costs_and_no_more():
    wrong = {**RIGHT, "dL/dz2": ["1.8621"]}
    nothing = mark(wrong, Scheme())
    gentle = mark(wrong, Scheme(deduct={"act-derivative-missing": 0.25}))
    harsh = mark(wrong, Scheme(deduct={"act-derivative-missing": 4}))
    assert gentle.score[0] - nothing.score[0] == pytest.approx(0.75)
    assert harsh.score[0] == nothing.score[0]


def test_a_cap_and_blanks():
    assert mark(RIGHT, Scheme(cap=3)).score[0] == 3
    some = {name: cells for name, cells in RIGHT.items() if name != "L"}
    assert mark(some, Scheme(blank=0.5)).score[0] > mark(some, Scheme()).score[0]


def test_a_ruling_on_a_value_and_one_on_a_formula():
    wrong = {**RIGHT, "z1": ["-0.486", "0.490"], "dL/dz2": ["0.7968"]}
    before = mark(wrong, Scheme())
    rulings = (
        "rulings:\n"
        "  - {at: z1, value: [-0.486, 0.490], name: read by rows, share: 0.5}\n"
        "  - {at: dL/dz2, as_if: dL/dyhat * (1 - yhat), name: half of it, share: 0.25}\n"
    )
    after = mark(wrong, Scheme(), rulings)
    assert after.ruled["z1"].tolist() == [0] and after.ruled["dL/dz2"].tolist() == [1]
    assert after.score[0] - before.score[0] == pytest.approx(0.75)
    tally = Tally(after.block.columns, Scheme())
    tally.add(after)
    assert tally.mistakes["read by rows"].students == tally.mistakes["half of it"].students == 1
    other = mark({**RIGHT, "z1": ["-0.4", "0.5"]}, Scheme(), rulings)
    assert other.ruled["z1"].tolist() == [-1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x: 1\n", "no list of rulings"),
        ("rulings: [3]\n", "a ruling is a mapping"),
        ("rulings: [{at: z1, name: a, share: 0.5}]\n", "value or a formula"),
        ("rulings: [{at: z9, name: a, share: 0.5, value: 1}]\n", "z9"),
        ("rulings: [{at: z1, name: a, share: 2, value: [1, 2]}]\n", "from 0 to 1"),
        ("rulings: [{at: z1, name: a, share: 1, value: [1, 2, 3]}]\n", "z1 has 2 entries"),
        ("rulings: [{at: z1, name: a, share: 1, as_if: W9 @ x}]\n", "W9"),
        ("rulings: [{at: z1, name: a, share: 1, value: 1, note: x}]\n", "no part of a ruling"),
    ],
)
def test_what_is_no_ruling_is_refused(text, message):
    with pytest.raises(ProblemError, match=message):
        read_rulings(Source("rulings.yaml", text), LINES)


def test_the_points_lost_are_those_of_the_mistakes():
    chance = random.Random(9)
    block = block_of(LINES, [student(LINES, chance) for _ in range(50)])
    given = scheme("marking: {dL/dW1: 3, dL/dz1: 2, follows: 0.5, deduct: {loss-sign: 0.25}}\n")
    marked = Marker(LINES, given).mark(block)
    tally = Tally(block.columns, given)
    tally.add(marked)
    follows = given.points(block.columns) * 0.5 * (marked.status == 2)
    lost = sum(entry.points for entry in tally.mistakes.values()) + follows.sum()
    assert np.isclose(lost, tally.lost)
    assert "0.5 of the points" in given.described and "loss-sign takes off 0.25" in given.described
