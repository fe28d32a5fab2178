"""Steps of an optimiser: against numbers worked out by hand, and what they are made of."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import gradcalc
from gradcalc.problem.solution import Training
from tests.problem.refused import load, solve

NETWORK = """\
inputs: {x: [[0.5, -1.2, 0.3], [1.1, 0.4, -0.7]]}
targets: {y: [[1], [-0.5]]}
weights:
  W1: [[0.2, -0.4, 0.1], [0.7, 0.3, -0.5]]
  b1: [0.1, -0.2]
  W2: [[0.6, -0.9]]
  b2: 0.05
activations: [tanh, identity]
loss: squared_error(reduction=mean)
"""
SURFACE = "inputs: {x: 1, y: 2}\nequations: f = -x^3 + 100*(y^2 - x)^2\n"


def trained(text: str) -> Training:
    found = solve(text).training
    assert found is not None
    return found


# --- by hand -----------------------------------------------------------------------------

LINE = """\
inputs:  {x: [1, 2]}
targets: {t: [2, 3]}
weights: {w: 0, b: 0}
equations: |
  y = w*x + b
  L = half_squared_error(y, t)
"""
PRODUCT = "weights: {u: 2, v: 3}\nequations: f = u*v\n"


def test_two_steps_with_momentum_worked_by_hand() -> None:
    # w = b = 0: errors -2 and -3, so dL/dw = -2 - 6 and dL/db = -5; then w = 0.8, b = 0.5,
    # y = 1.3 and 2.1, errors -0.7 and -0.9: dL/dw = -0.7 - 1.8, dL/db = -1.6
    training = trained(LINE + "descent: {learning_rate: 0.1, momentum: 0.5, steps: 2}\n")
    first, second = training.updates
    same(first.state["w"]["v"], -8)
    same(first.after["w"], 0.8)
    same(first.after["b"], 0.5)
    same(second.gradients["dL/dw"], -2.5)
    same(second.gradients["dL/db"], -1.6)
    same(second.entered["w"]["v"], -8)
    same(second.state["w"]["v"], 0.5 * -8 - 2.5)
    same(second.after["w"], 0.8 + 0.65)
    same(second.after["b"], 0.5 + 0.41)
    same(training.loss, 0.5 * (0.36**2 + 0.81**2))


def same(value: object, due: float) -> None:
    np.testing.assert_allclose(value, due, rtol=1e-14)  # type: ignore[call-overload]


def test_descent_on_the_function_of_the_worksheet() -> None:
    # exact fractions of -x^3 + 100(y^2 - x)^2; nothing of gradcalc takes part
    x, y = Fraction(1), Fraction(2)
    rate = Fraction(1, 1000)
    training = trained(SURFACE + "descent: {learning_rate: 0.001, steps: 5}\n")
    for update in training.updates:
        same(update.before["x"], float(x))
        same(update.before["y"], float(y))
        by_x, by_y = -3 * x**2 - 200 * (y**2 - x), 400 * y * (y**2 - x)
        x, y = x - rate * by_x, y - rate * by_y
    np.testing.assert_allclose(training.values["x"], float(x), rtol=1e-12)
    np.testing.assert_allclose(training.values["y"], float(y), rtol=1e-12)
    np.testing.assert_allclose(training.loss, float(-(x**3) + 100 * (y**2 - x) ** 2), rtol=1e-11)


def test_parameters_are_moved_together_by_gradients_of_one_pass() -> None:
    # df/du = v = 3, df/dv = u = 2; with the new u = -1, df/dv would be -1 and v = 4
    (update,) = trained(PRODUCT + "descent: {learning_rate: 1}\n").updates
    assert (float(update.after["u"]), float(update.after["v"])) == (-1, 1)
    (other,) = trained(PRODUCT + "descent: {learning_rate: 1, parameters: [v, u]}\n").updates
    assert (float(other.after["u"]), float(other.after["v"])) == (-1, 1)


def test_a_learning_rate_for_each_step() -> None:
    training = trained("inputs: {x: 1}\nequations: y = x^2\ndescent: {lr: [0.5, 0.25, 1]}\n")
    assert [update.rate for update in training.updates] == [0.5, 0.25, 1]
    training = trained("inputs: {x: 1}\nequations: y = x^2\ndescent: {lr: [0.25, 1]}\n")
    assert [float(update.after["x"]) for update in training.updates] == [0.5, -0.5]


def test_decoupled_weight_decay_of_plain_descent() -> None:
    text = "weights: {w: 2}\nequations: f = w^2\n"
    text += "descent: {lr: 0.1, weight_decay: 0.5, decoupled: true}\n"
    same(trained(text).values["w"], 2 * (1 - 0.1 * 0.5) - 0.1 * 4)


def test_update_is_another_name_of_descent() -> None:
    first = trained(PRODUCT + "descent: {lr: 0.5, steps: 2}\n")
    second = trained(PRODUCT + "update: {lr: 0.5, steps: 2}\n")
    assert first.loss == second.loss


# --- which parameters --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        ("descent: {}", ("W1", "b1", "W2", "b2")),
        ("descent: {parameters: [b1, x]}", ("x", "b1")),
        ("find: dL/dx\ndescent: {lr: 1}", ("W1", "b1", "W2", "b2")),
        ("find: dL/dx\ndescent: {parameters: x}", ("x",)),
        ("names: {b1: c}\ndescent: {parameters: c}", ("b1",)),
    ],
)
def test_what_is_moved(text: str, moved: tuple[str, ...]) -> None:
    problem = load(NETWORK + text.replace("{}", "{steps: 1}") + "\n")
    assert problem.descent is not None
    assert problem.descent.parameters == moved


def test_inputs_that_find_differentiates_by_are_moved() -> None:
    problem = load(SURFACE + "find: df/dy\ndescent: {steps: 2}\n")
    assert problem.descent is not None
    assert problem.descent.parameters == ("y",)


def test_letters_have_a_descent_and_no_steps() -> None:
    text = "equations: f = x^2\nfind: df/dx\ndescent: {method: adam, steps: 3}\n"
    assert solve(text).training is None
    assert load(text).descent is not None


def test_without_a_descent_there_is_no_training() -> None:
    assert solve(SURFACE).training is None


# --- rounding, given values, batches -----------------------------------------------------


def test_every_value_of_a_step_is_rounded_as_the_problem_rounds() -> None:
    text = "weights: {w: 1}\nequations: f = w^3\nrounding: {decimals: 1}\n"
    training = trained(text + "descent: {lr: 0.05, momentum: 0.5, steps: 2}\n")
    first, second = training.updates
    same(first.state["w"]["v"], 3)
    same(first.after["w"], 0.9)  # 0.85, half up
    same(second.gradients["df/dw"], 2.4)  # 3·0.81 = 2.43
    same(second.state["w"]["v"], 3.9)
    same(second.after["w"], 0.7)  # 0.9 − 0.195


def test_a_parameter_alone_can_be_rounded() -> None:
    text = "weights: {w: 1}\nequations: f = w^3\nrounding: {w: 1}\n"
    training = trained(text + "descent: {lr: 0.05, steps: 2}\n")
    same(training.updates[0].after["w"], 0.9)
    same(training.updates[1].gradients["df/dw"], 3 * 0.81)


def test_given_values_count_for_the_first_step() -> None:
    text = "weights: {w: 1}\nequations: |\n  a = 2*w\n  f = a^2\ngiven: {a: 3}\n"
    text += "descent: {lr: 0.01, steps: 2}\n"
    first, second = trained(text).updates
    same(first.gradients["df/dw"], 12)
    same(second.gradients["df/dw"], 8 * 0.88)
    recomputed = gradcalc.solve(load(text), "recompute").training
    assert recomputed is not None
    same(recomputed.updates[0].gradients["df/dw"], 8)


def test_an_upstream_gradient_is_that_of_one_step() -> None:
    text = "weights: {w: 1}\nequations: a = 2*w\ngiven: {dL/da: 3}\ndescent: {lr: 0.5}\n"
    (update,) = trained(text).updates
    same(update.after["w"], 1 - 0.5 * 6)
    assert update.loss is None


def test_the_gradient_of_a_batch_is_that_of_its_loss() -> None:
    text = "inputs: {x: [[1], [2]]}\ntargets: {y: [[0], [0]]}\nweights: {W1: [[1]]}\n"
    text += "activations: [identity]\nloss: squared_error(reduction=REDUCTION)\n"
    for reduction, due in (("sum", 10), ("mean", 5)):
        descent = text.replace("REDUCTION", reduction) + "descent: {lr: 0.1}\n"
        same(trained(descent).values["W1"], 1 - 0.1 * due)


# --- where a descent ends ----------------------------------------------------------------


def test_a_descent_that_diverges_keeps_what_is_known() -> None:
    text = "inputs: {x: 3}\nequations: y = x^4\ndescent: {lr: 10, steps: 9}\n"
    training = trained(text)
    assert training.stopped is not None
    done = len(training.updates)
    assert 0 < done < 9
    assert f"After step {done}, y" in training.stopped
    assert training.loss is None
    assert all(np.isfinite(update.after["x"]) for update in training.updates)


def test_a_step_that_overflows_is_said() -> None:
    text = "weights: {w: 1}\nequations: f = 1e200*w\ndescent: {method: adam}\n"
    training = trained(text)
    assert training.updates == ()
    assert training.stopped is not None
    assert training.stopped.startswith("Step 1 has no value")


def test_long_descents_take_time_in_proportion() -> None:
    training = trained(SURFACE + "descent: {lr: 1e-6, steps: 10000}\n")
    assert len(training.updates) == 10_000


def test_more_than_can_be_kept_is_refused() -> None:
    text = f"weights: {{w: {[0.5] * 200}}}\nequations: f = sum(w^2)\n"
    with pytest.raises(gradcalc.ProblemError, match="10000 steps of 200 numbers") as caught:
        load(text + "descent: {steps: 10000}\n")
    assert caught.value.hint == "at most 5000 steps here"
