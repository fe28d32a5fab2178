"""Written-out calculations carry the rounding of their numbers, and of nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import numpy as np
import pytest

from gradcalc.grading.evaluation.lines import lines_of
from gradcalc.grading.marking.mark_sheet import check
from gradcalc.grading.marking.options import check_options
from gradcalc.problem.reading.loader import load

NEURON = """
inputs: {x: [2, -1]}
targets: {y: 1}
weights: {W1: [[0.5, 0.3]], b1: 0.1}
activations: [sigmoid]
loss: half_squared_error
"""  # z1 = 0.8, yhat = 0.68997, dL/dyhat = -0.31003, dyhat/dz1 = 0.21391
SATURATED = """
inputs: {x: [1.8, -3.4]}
targets: {y: 5}
weights: {W1: [[0.1, -0.5]], b1: [0.1]}
activations: [sigmoid]
loss: half_squared_error
"""
SQUARE = "inputs: {x: 0.3714835}\nequations: z1 = x^2\n"


def statuses(problem: str, answers: str) -> list[str]:
    return [each.status for each in check(load(problem), answers).verdicts]


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("dL/dz1 = -0.31*0.2139", True),
        ("dL/dz1 = -0.31003*0.2139", True),
        ("dL/dz1 = -0.32*0.2139", False),
        ("dL/dz1 = -0.31003*0.2149", False),
        ("dL/dz1 = (0.69 - 1)*0.69*(1 - 0.69)", True),
        ("dL/dW1 = -0.31*0.2139*[2 -1]", True),
        ("dL/dW1 = -0.31*0.2139*[2, -1]", True),
        ("dL/dW1 = -0.31*0.2139*(2, -1)", True),
        ("dL/dW1 = -0.31*0.2139*[2; -1]", True),
        ("dL/dW1 = -0.31*0.2139*[2 1]", False),
        ("dL/dW1[2] = 0.31*0.2139", True),
        ("z1 = 0.5*2 + 0.3*(-1) + 0.1", True),  # all of the file: exact
        ("z1 = 0.5*2 + 0.3*(-1) + 0.2", False),
        ("z1 = 0.5*2 + 0.31*(-1) + 0.1", False),
        ("z1 = 8/10", True),
        ("z1 = 4/5", True),
        ("yhat = 1/(1 + exp(-0.8))", True),
        ("yhat = 69/100", True),
        ("yhat = 9/13", False),  # 0.6923: a fraction is exact
        ("dL/dyhat = 0.69 - y", True),
        ("dL/dyhat = 0.68 - y", False),
        ("dL/dyhat = yhat - 1", True),
        ("dL/dyhat = yhat - 2", False),
        ("dL/dyhat = 2*(yhat - 1)", False),
        ("dL/dz1 = (yhat - 1)*0.2139", True),
    ],
)
def test_calculations(answer: str, right: bool) -> None:
    found = statuses(NEURON, answer)
    assert set(found) == {"correct"} if right else "incorrect" in found


def test_a_calculation_goes_on_from_what_is_written() -> None:
    right = lines_of(load(SATURATED)).values["yhat"].item()
    cut = f"{np.floor(right * 1e4) / 1e4:.4f}"
    assert statuses(SATURATED, f"yhat = {cut}\ndL/dyhat = {cut} - 5") == ["correct", "correct"]
    wrong = f"yhat = {right + 0.1:.4f}\ndL/dyhat = {right + 0.1:.4f} - 5"
    assert statuses(SATURATED, wrong) == ["incorrect", "follows"]
    later = "dL/dyhat = 0.69 - 2\ndL/dz1 = -1.31*0.2139"
    assert statuses(NEURON, later) == ["incorrect", "follows"]


def test_a_fraction_over_a_power_of_ten_is_a_decimal() -> None:
    assert statuses(SQUARE, "z1 = 138/1000") == ["correct"]
    assert statuses(SQUARE, "z1 = 136/1000") == ["incorrect"]
    assert statuses(SQUARE, "z1 = 138/999") == ["incorrect"]
    assert statuses(SQUARE, "z1 = 1380/10000") == ["correct"]


def test_a_number_that_is_worked_out_on_the_line_goes_before_its_calculation() -> None:
    assert statuses(NEURON, "dL/dyhat = 0.5 - 1 = -0.31") == ["correct"]
    assert statuses(NEURON, "dL/dyhat = -0.31 = 0.5 - 1") == ["correct"]


@pytest.mark.parametrize("answer", ["z1 = 1/0.0", "z1 = [1 2 3]*[1 2]", "z1 = 10.5^1000"])
def test_what_comes_to_nothing_is_unreadable(answer: str) -> None:
    assert statuses(NEURON, answer) == ["unreadable"]


def test_options_are_formulas_or_numbers_as_before() -> None:
    problem = "inputs: {x: 2}\nequations: f = x^2\nfind: f\noptions: {a: 2*x, b: x^2, c: 2*3}\n"
    assert check_options(load(problem)).key == ("b",)


# --- drawn networks --------------------------------------------------------------------------


def neuron(chance: Random) -> str:
    """Return one unit over two or three inputs, of numbers with two decimals."""
    count = chance.choice((2, 3))

    def drawn() -> float:
        return chance.choice((-1, 1)) * chance.randint(11, 199) / 100

    inputs, weights = [drawn() for _ in range(count)], [drawn() for _ in range(count)]
    return (
        f"inputs: {{x: {inputs}}}\ntargets: {{y: {drawn()}}}\n"
        f"weights: {{W1: [{weights}], b1: {drawn()}}}\n"
        f"activations: [{chance.choice(('sigmoid', 'tanh'))}]\nloss: half_squared_error\n"
    )


def calculations(chance: Random, text: str, off: float = 0.0) -> Iterator[tuple[str, str]]:
    """Yield quantities with what they are worked out from, numbers rounded to 2 to 6 decimals.

    off: how much one of the rounded numbers is wrong, relative to it.
    """
    values = {name: np.ravel(value) for name, value in lines_of(load(text)).values.items()}
    (yhat,), (y,), x = values["yhat"], values["y"], values["x"]

    def told(value: float, wrong: float = 0.0) -> str:
        return f"({value * (1 + wrong):.{chance.randint(2, 6)}f})"

    slope = "{0}*(1 - {0})" if "sigmoid" in text else "1 - {0}^2"
    products = [f"({w:.2f})*({v:.2f})" for w, v in zip(values["W1"], x, strict=True)]
    bias = values["b1"][0]
    yield "z1", " + ".join([*products, f"({bias * (1 + off):.2f})" if off else f"({bias:.2f})"])
    yield "dL/dyhat", f"{told(yhat, off)} - ({y:.2f})"
    yield "dyhat/dz1", slope.format(told(yhat, off))
    yield "dL/dz1", f"{told(values['dL/dyhat'][0], off)}*{told(values['dyhat/dz1'][0])}"
    inputs = " ".join(f"{v:.2f}" for v in x)
    yield "dL/dW1", f"{told(values['dL/dz1'][0], off)}*[{inputs}]"


def test_drawn_calculations_with_rounded_numbers_are_right() -> None:
    tried = 0
    for seed in range(60):
        chance = Random(seed)
        text = neuron(chance)
        problem, values = load(text), lines_of(load(text)).values
        for name, formula in calculations(chance, text):
            if np.abs(values[name]).min() < 0.02:
                continue  # two decimals say nothing of it
            tried += 1
            review = check(problem, f"{name} = {formula}")
            assert {each.status for each in review.verdicts} == {"correct"}, (text, name, formula)
    assert tried > 200


def test_drawn_calculations_with_a_wrong_number_are_wrong() -> None:
    tried = passed = 0
    for seed in range(60):
        chance = Random(seed)
        text = neuron(chance)
        problem, values = load(text), lines_of(load(text)).values
        wrong = chance.choice((-0.3, 0.3))
        for name, formula in calculations(chance, text, wrong):
            if np.abs(values[name]).min() < 0.1:
                continue
            tried += 1
            review = check(problem, f"{name} = {formula}")
            passed += "incorrect" not in {each.status for each in review.verdicts}
    assert tried > 120
    assert passed <= tried / 40, (passed, tried)
