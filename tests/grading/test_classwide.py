"""A class is marked as each of its students would be alone."""

import random
from dataclasses import replace

import numpy as np
import pytest

from gradcalc.grading.classes.first_pass import Marker
from gradcalc.grading.classes.individual import drawn, problem_of
from gradcalc.grading.classes.marked_block import STATUSES
from gradcalc.grading.classes.scheme import Scheme
from gradcalc.grading.classes.tally import Tally
from gradcalc.grading.evaluation.lines import lines_of
from gradcalc.grading.marking.mark_sheet import check
from gradcalc.problem.reading.loader import load
from tests.grading.classes import block_of, sheet_text, student

PROBLEMS = (
    "hand-calculation",
    "relu-network-given-values",
    "relu-squared-loss",
    "skip-connection",
    "softmax-cross-entropy",
    "batch-mean",
    "shared-bias",
)


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_class_is_marked_as_its_students_alone(name):
    problem = load(f"problems/{name}.yaml")
    lines = lines_of(problem)
    chance = random.Random(name)
    students = [student(lines, chance) for _ in range(40)]
    block = block_of(lines, students)
    marked = Marker(lines, Scheme()).mark(block)
    for row, each in enumerate(students):
        review = check(problem, sheet_text(lines, each.answers))
        alone = {(v.name, v.index): v for v in review.verdicts}
        for at, column in enumerate(block.columns):
            verdict = alone.get((column.name, column.index))
            due = verdict.status if verdict else "missing"
            assert STATUSES[marked.status[row, at]] == due, (row, str(column), each.answers)
        for quantity in block.quantities:
            number = marked.finding[quantity][row]
            found = [f for f in review.findings if f.name == quantity]
            assert (marked.findings[number].ids if number >= 0 else None) == (
                found[0].ids if found else None
            ), (row, quantity, each.answers)


def test_parts_of_a_class_add_up_to_the_whole():
    lines = lines_of(load("problems/hand-calculation.yaml"))
    chance = random.Random(3)
    students = [student(lines, chance) for _ in range(60)]
    marker = Marker(lines, Scheme())
    whole = Tally(block_of(lines, students).columns, Scheme())
    whole.add(marker.mark(block_of(lines, students)))
    parts = Tally(whole.columns, Scheme())
    for start in range(0, 60, 20):
        block = block_of(lines, students[start : start + 20])
        part = Tally(block.columns, Scheme())
        part.add(Marker(lines, Scheme()).mark(block))
        parts.merge(part)
    assert parts.students == whole.students == 60
    assert parts.scores == whole.scores
    assert parts.moments() == whole.moments()
    for name, line in whole.lines.items():
        other = parts.lines[name]
        assert (line.right, line.follows, line.wrong, line.blank, line.first) == (
            other.right,
            other.follows,
            other.wrong,
            other.blank,
            other.first,
        )
        assert np.allclose(line.sums, other.sums)
    assert {r: e.students for r, e in whole.mistakes.items()} == {
        r: e.students for r, e in parts.mistakes.items()
    }
    lost = sum(entry.points for entry in whole.mistakes.values())
    assert lost == pytest.approx(whole.lost)


def test_each_student_is_marked_against_their_own_numbers():
    problem = load("problems/hand-calculation.yaml")
    lines = lines_of(problem)
    chance = random.Random(5)
    own = np.round(np.random.default_rng(5).uniform(-1, 2, (12, 3)), 2)
    students = []
    for row in range(12):
        theirs = replace(lines, start={**lines.start, "x": own[row]})
        students.append(student(theirs, chance, slips=0.3))
    block = block_of(lines, students)
    columns = tuple(type(block.columns[0])("x", (at,)) for at in range(3))
    block = replace(block, own=columns, parameters=own)
    marked = Marker(lines, Scheme()).mark(block)
    for row, each in enumerate(students):
        theirs = replace(lines, start={**lines.start, "x": own[row]})
        review = check(problem, sheet_text(lines, each.answers), lines=theirs)
        alone = {(v.name, v.index): v.status for v in review.verdicts}
        for at, column in enumerate(block.columns):
            due = alone.get((column.name, column.index), "missing")
            assert STATUSES[marked.status[row, at]] == due, (row, str(column))


def test_a_class_with_drawn_numbers_is_marked_as_its_students_alone():
    problem = load("problems/individual-neuron.yaml")
    lines = lines_of(problem)
    chance = random.Random(11)
    ids = [f"s{row}" for row in range(60)]
    theirs = [lines_of(problem_of(problem, student)) for student in ids]
    students = [student(own, chance, slips=0.6) for own in theirs]
    block = drawn(block_of(lines, students), problem, lambda _: None)
    marker = Marker(lines, Scheme())
    marked = marker.mark(block)
    for row, each in enumerate(students):
        review = check(problem_of(problem, ids[row]), sheet_text(lines, each.answers))
        alone = {(v.name, v.index): v for v in review.verdicts}
        for at, column in enumerate(block.columns):
            verdict = alone.get((column.name, column.index))
            due = verdict.status if verdict else "missing"
            assert STATUSES[marked.status[row, at]] == due, (row, str(column), each.answers)
        for quantity in block.quantities:
            number = marked.finding[quantity][row]
            finding = marked.findings[number] if number >= 0 else None
            found = [f for f in review.findings if f.name == quantity]
            assert (finding and finding.ids) == (found[0].ids if found else None)
            assert (finding and finding.as_if) == (found[0].as_if if found else None)
        own = marker.of(block.of(row)).student(0)
        again = check(problem, sheet_text(lines, each.answers), lines=own)
        assert [v.status for v in again.verdicts] == [v.status for v in review.verdicts]
        assert own.problem.data["x"].texts == theirs[row].problem.data["x"].texts
