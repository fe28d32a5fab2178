"""Numbers of every student's own: the same for the same id, exact, fair, and explained."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gradcalc
from gradcalc.errors import render
from gradcalc.problem.authoring.draw_student import numbers, of_student, picks, texts
from gradcalc.problem.solve import solve
from tests.problem.refused import load

BASE = """\
inputs:  {x: [2, -1]}
targets: {y: 1}
weights: {W1: [[0.5, 0.3]], b1: 0.1}
activations: [sigmoid]
loss: half_squared_error
"""
DRAWN = (
    BASE
    + """\
individual:
  seed: spring-2026
  x: {from: -2, to: 2, step: 0.5, without: [0]}
  W1[1,2]: [0.25, 0.5, -0.5]
  y: {from: 0, to: 1, step: 1}
"""
)
IDS = st.lists(st.text(max_size=30), min_size=1, max_size=20)


def individual(text: str = DRAWN):
    found = load(text).individual
    assert found is not None
    return found


def drawn(section: str) -> str:
    return BASE + "individual: {seed: 1, " + section + "}\n"


def said(text: str) -> str:
    """Return the diagnostic of a text that is refused."""
    with pytest.raises(gradcalc.ProblemError) as caught:
        load(text)
    return render(caught.value)


# --- what is drawn ------------------------------------------------------------------------


def test_every_entry_has_its_choices():
    found = individual()
    assert [str(entry) for entry in found.entries] == ["x[1]", "x[2]", "y", "W1[1,2]"]
    assert found.choices[0].texts == ("-2", "-1.5", "-1", "-0.5", "0.5", "1", "1.5", "2")
    assert found.choices[2].texts == ("0", "1")
    assert found.choices[3].texts == ("0.25", "0.5", "-0.5")
    assert found.seed == "spring-2026"


def test_golden_numbers():
    """The numbers that a student was handed are those that their answers are marked by."""
    assert texts(individual(), ["4711", "4712", "ada@example.org", "Ü", ""]) == [
        ("0.5", "2", "1", "0.25"),
        ("2", "-2", "1", "0.25"),
        ("1", "0.5", "0", "0.25"),
        ("-2", "-0.5", "1", "0.25"),
        ("0.5", "-1.5", "1", "-0.5"),
    ]


def test_a_single_entry_goes_before_its_quantity():
    found = individual(drawn("'x[2]': [7, 8], x: [1, 2]"))
    assert [each.texts for each in found.choices] == [("1", "2"), ("7", "8")]


@given(IDS)
def test_a_student_has_the_same_numbers_whoever_else_there_is(ids):
    found = individual()
    together = numbers(found, ids)
    for row, student in enumerate(ids):
        assert np.array_equal(numbers(found, [student])[0], together[row])


@given(st.permutations(range(3)), IDS)
def test_the_order_of_the_file_makes_no_difference(order, ids):
    lines = ["x: [1, 2, 3]", "W1: [4, 5]", "b1: [6, 7, 8]"]
    one = individual(drawn(", ".join(lines)))
    other = individual(drawn(", ".join(lines[at] for at in order)))
    assert np.array_equal(numbers(one, ids), numbers(other, ids))
    alone = individual(drawn("b1: [6, 7, 8]"))
    assert np.array_equal(numbers(one, ids)[:, -1], numbers(alone, ids)[:, 0])


def test_another_seed_gives_other_numbers():
    ids = [str(at) for at in range(200)]
    one, other = individual(), individual(DRAWN.replace("2026", "2027"))
    assert (numbers(one, ids) != numbers(other, ids)).mean() > 0.5


def test_a_seed_and_an_id_do_not_run_into_each_other():
    one, other = individual(drawn("x: [1, 2]")), individual(drawn("x: [1, 2]").replace("1,", "12,"))
    ids = [f"2{at}" for at in range(64)]
    assert not np.array_equal(numbers(one, ids), numbers(other, [name[1:] for name in ids]))


@given(
    st.integers(-(10**6), 10**6),
    st.integers(1, 10**4),
    st.integers(1, 300),
    st.integers(0, 9),
    IDS,
)
def test_numbers_are_exact_decimals(first, step, count, places, ids):
    def text(units: int) -> str:
        return format(Decimal(units).scaleb(-places), "f")

    section = f"b1: {{from: {text(first)}, to: {text(first + count * step)}, step: {text(step)}}}"
    found = individual(drawn(section))
    (choices,) = found.choices
    due = [Decimal(first + at * step).scaleb(-places) for at in range(count + 1)]
    assert [Decimal(each) for each in choices.texts] == due
    assert list(choices.values) == [float(each) for each in due]
    for value, (written,) in zip(numbers(found, ids)[:, 0], texts(found, ids), strict=True):
        assert float(written) == value
        assert np.format_float_positional(value, trim="-") == written


def test_every_choice_is_about_equally_likely():
    """χ² of each entry, and of pairs of entries, is within 5 standard deviations."""
    found = individual()
    rows = picks(found, [f"s{at}" for at in range(40_000)])
    counts = [len(each.values) for each in found.choices]
    for at, count in enumerate(counts):
        assert _fair(np.bincount(rows[:, at], minlength=count))
        for other in range(at):
            pairs = rows[:, at] * counts[other] + rows[:, other]
            assert _fair(np.bincount(pairs, minlength=count * counts[other]))


def _fair(seen: np.ndarray) -> bool:
    due = seen.sum() / len(seen)
    chi = float(((seen - due) ** 2 / due).sum())
    free = len(seen) - 1
    return chi < free + 5 * math.sqrt(2 * free)


def test_the_numbers_of_neighbours_are_not_alike():
    rows = picks(individual(), [str(at) for at in range(20_000)])
    assert abs(np.corrcoef(rows[:-1, 0], rows[1:, 0])[0, 1]) < 0.04
    assert abs(np.corrcoef(rows[:, 0], rows[:, 1])[0, 1]) < 0.04


def test_all_of_a_large_range_can_be_drawn():
    found = individual(drawn("b1: {from: 1, to: 10000, step: 1}"))
    assert len(found.choices[0].values) == 10_000
    rows = picks(found, [str(at) for at in range(200_000)])
    assert rows.min() == 0
    assert rows.max() == 9_999
    assert len(np.unique(rows)) == 10_000


# --- one student's problem ----------------------------------------------------------------


def test_the_problem_of_a_student():
    problem = load(DRAWN)
    own = of_student(problem, "4711", "4711")
    assert own.data["x"].texts == ("0.5", "2")
    assert own.data["W1"].texts == ("0.5", "0.25")
    assert own.data["b1"] == problem.data["b1"]
    assert (own.student, own.own) == ("4711", ("x", "y", "W1"))
    by_hand = load(
        BASE.replace("[2, -1]", "[0.5, 2]").replace("y: 1", "y: 1").replace("0.3", "0.25")
    )
    values, due = solve(own).values, solve(by_hand).values
    assert all(np.array_equal(values[name], due[name]) for name in due)
    assert solve(problem).values["z1"][0] == 0.8


def test_a_drawn_target_need_not_sum_to_1():
    text = """\
inputs: {z: [1, 2]}
targets: {t: [0, 1]}
equations: |
  yhat = softmax(z)
  L = cross_entropy(yhat, t)
find: dL/dz
individual: {seed: 1, t: [0.5, 2]}
"""
    own = of_student(load(text), "a", "a")
    t = own.data["t"].array
    p = np.exp([1, 2]) / np.exp([1, 2]).sum()
    assert np.allclose(solve(own).values["dL/dz"], p * t.sum() - t)


def test_numbers_of_a_file_beside_the_problem(tmp_path):
    np.save(tmp_path / "w1.npy", np.array([[0.5, 0.3]]))
    text = DRAWN.replace("[[0.5, 0.3]]", "{file: w1.npy}")
    (tmp_path / "p.yaml").write_text(text)
    own = of_student(gradcalc.load(tmp_path / "p.yaml"), "4711", "4711")
    assert own.data["W1"].array.tolist() == [[0.5, 0.25]]


def test_a_given_value_before_what_is_drawn_is_allowed():
    two = BASE.replace("b1: 0.1}", "b1: 0.1, W2: [[2]]}").replace(
        "[sigmoid]", "[sigmoid, identity]"
    )
    problem = load(two + "given: {a1: 0.5}\nindividual: {seed: 1, W2: [1, 2]}\n")
    assert [str(entry) for entry in problem.individual.entries] == ["W2[1,1]"]


# --- what is refused ----------------------------------------------------------------------

REFUSED = [
    ("w1: [1, 2]", "w1 names no value", "did you mean W1"),
    ("z1: [1, 2]", "z1 is computed, not drawn", "numbers of x, y, W1, b1"),
    ("dL/dW1: [1, 2]", "dL/dW1 is computed, not drawn", ""),
    ("'x[3]': [1, 2]", "x has no such entry", ""),
    ("'x[0]': [1, 2]", "", ""),
    ("x: 3", "a list or a range is due", "from: -2"),
    ("x: [3]", "only one number is left", ""),
    ("x: []", "no number is left", ""),
    ("x: [1, 1.0]", "1 stands twice", ""),
    ("x: [1, a]", "x: 'a' is not a number", ""),
    ("x: [1, 1/3]", "1/3 is no decimal number", ""),
    ("x: [1, 0.1234567890123]", "more digits than can be drawn", ""),
    ("x: [1, 1e9]", "more digits than can be drawn", ""),
    ("x: [1, 1e-9999]", "more digits than can be drawn", ""),
    ("x: {from: 1, to: 2}", "the range has no step", ""),
    ("x: {from: 1, to: 2, by: 1}", "by is no part of a range", ""),
    ("x: {from: 1, to: 2, step: 0}", "a step is larger than 0", ""),
    ("x: {from: 1, to: 2, step: -1}", "a step is larger than 0", ""),
    ("x: {from: 2, to: 1, step: 1}", "the range is empty: from 2 to 1", "from: 1, to: 2"),
    ("x: {from: 0, to: 1, step: 0.3}", "do not come to 1", "to: 0.9 or to: 1.2"),
    ("x: {from: 0, to: 1, step: 0.00001}", "100001 choices, at most 10000", "larger step"),
    ("x: {from: 0, to: 999999999, step: 0.000000000001}", "choices, at most 10000", ""),
    ("x: {from: 0, to: 1, step: 1, without: 0.5}", "0.5 is not in the range", ""),
    ("x: {from: 0, to: 1, step: 1, without: [0, 1]}", "no number is left", ""),
    ("x: [1, 2], ' x': [1, 2]", "x is drawn twice", ""),
]  # fmt: skip


@pytest.mark.parametrize(("section", "message", "hint"), REFUSED, ids=[r[0] for r in REFUSED])
def test_what_is_refused(section, message, hint):
    shown = said(drawn(section))
    assert message in shown
    assert hint in shown
    assert ":6:" in shown


def test_a_seed_is_due():
    assert "individual has no seed" in said(BASE + "individual: {x: [1, 2]}\n")
    assert "seed is a text" in said(BASE + "individual: {seed: [1], x: [1, 2]}\n")
    assert "draws no number" in said(BASE + "individual: {seed: 1}\n")


def test_what_is_given_must_not_depend_on_what_is_drawn():
    shown = said(BASE + "given: {z1: 0.8}\nindividual: {seed: 1, x: [1, 2]}\n")
    assert "z1 is given, but every student has another x" in shown
    shown = said(BASE + "given: {dL/dz1: 0.8}\nindividual: {seed: 1, y: [1, 2]}\n")
    assert "dL/dz1 is given, but every student has another y" in shown


def test_a_quantity_without_numbers_is_refused():
    text = "inputs: {x: {shape: N}}\nequations: y = sum(x)\nindividual: {seed: 1, x: [1, 2]}\n"
    assert "x has no numbers" in said(text)
