"""What is said about a loss that does not go with its output, or is no name of a loss."""

from __future__ import annotations

import pytest

from gradcalc.problem.evaluation_errors import domain_hint
from gradcalc.problem.reading.network import as_equation
from tests.problem.refused import changed, load, refused, solve


@pytest.mark.parametrize(
    ("loss", "last", "said"),
    [
        ("binary_cross_entropy", "identity", "use sigmoid .* binary_cross_entropy_with_logits"),
        ("bce", "tanh", "use sigmoid .* binary_cross_entropy_with_logits"),
        ("cross_entropy", "relu", "use softmax .* softmax_cross_entropy"),
        ("cross_entropy", "softmax", None),
        ("bce", "sigmoid", None),
        ("mse", "identity", None),
    ],
)
def test_a_prediction_that_is_no_probability(loss: str, last: str, said: str | None) -> None:
    text = changed("loss: mse", f"loss: {loss}").replace("relu, identity", f"relu, {last}")
    hint = domain_hint(load(text).forward, "L")
    if said is None:
        assert hint is None
    else:
        assert hint is not None
        before, after = said.split(" .* ")
        assert hint.startswith(f"yhat is to be a probability: {before} ")
        assert hint.endswith(after)


def test_no_hint_for_other_lines() -> None:
    forward = load(changed("loss: mse", "loss: bce")).forward
    assert domain_hint(forward, "z1") is None
    assert domain_hint(forward, "nothing") is None


def test_yhat_has_another_name_in_equations() -> None:
    assert as_equation("mse(yhat, y)", 2) == "L = mse(a2, y)"
    assert as_equation("mse(yhat, yhat2)", 0) == "L = mse(yhat, yhat2)"


@pytest.mark.parametrize("loss", ["L = (yhat - y)^2", "(yhat - y)^2", "1/2*sum((yhat - y)^2)"])
def test_the_way_out_of_a_formula_leads_out(loss: str) -> None:
    text = changed("loss: mse", f"loss: {loss}")
    error = refused(text, "the name of a loss", "8:7", "remove the loss key")
    assert error.hint is not None
    line = error.hint.partition(": ")[2].partition(";")[0]
    values = solve(text.replace(f"loss: {loss}", f"equations: {line}")).values
    same = solve(changed("loss: mse", "loss: squared_error")).values
    factor = 0.5 if "1/2" in loss else 1
    assert values["dL/dW1"].tolist() == (factor * same["dL/dW1"]).tolist()
