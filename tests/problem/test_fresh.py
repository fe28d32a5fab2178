"""Problem files made from settings: they load, solve, pass their check, and suit a hand."""

from __future__ import annotations

import re
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gradcalc
from gradcalc.algebra.formula.expr import Apply, Symbol
from gradcalc.algebra.formula.shapes import Shape
from gradcalc.algebra.operations.operation import Operation
from gradcalc.algebra.operations.table import TABLE
from gradcalc.engine.evaluate import evaluate
from gradcalc.engine.gradient_check import kinks_of
from gradcalc.errors import ProblemError
from gradcalc.problem.authoring.draw_network import Settings
from gradcalc.problem.authoring.new import MAX_DECIMALS, MAX_SIZES, MAX_UNITS, fresh, split_calls
from gradcalc.problem.authoring.new import settings as checked
from gradcalc.problem.model import Problem
from gradcalc.problem.solution import Solution

ACTIVATIONS = (
    "identity", "sigmoid", "tanh", "relu", "leaky_relu(alpha=0.1)", "softplus", "softmax",
    "sin", "abs",
)  # fmt: skip
LOSSES = (
    *(row.name for row in TABLE if row.kind == "loss"),
    "huber(delta=0.5)",
    "CrossEntropyLoss",
)


def made(
    sizes: str = "3,2,1",
    activation: str | None = "sigmoid",
    loss: str = "half_squared_error",
    decimals: int = 1,
    seed: int = 1,
) -> Settings:
    return checked([int(size) for size in sizes.split(",")], activation, loss, decimals, seed)


def solved(text: str) -> Solution:
    return gradcalc.solve(gradcalc.load(text))


@st.composite
def requests(draw: st.DrawFn) -> Settings:
    """Return settings that go together; the others are refused and drawn again."""
    largest = draw(st.sampled_from((3, 6, MAX_UNITS)))
    sizes = draw(st.lists(st.integers(1, largest), min_size=2, max_size=MAX_SIZES))
    names = st.lists(st.sampled_from(ACTIVATIONS), min_size=len(sizes) - 1, max_size=len(sizes) - 1)
    activation = draw(st.none() | st.sampled_from(ACTIVATIONS) | names.map(",".join))
    loss, decimals = draw(st.sampled_from(LOSSES)), draw(st.integers(0, MAX_DECIMALS))
    try:
        return checked(sizes, activation, loss, decimals, draw(st.integers(0, 999)))
    except ProblemError:
        return checked([*sizes[:-1], 2], None, loss, decimals, draw(st.integers(0, 999)))


@pytest.mark.slow
@given(requests())
@settings(max_examples=100)
def test_a_fresh_file_keeps_every_promise(request: Settings) -> None:
    text = fresh(request)
    solution = solved(text)
    assert solution.check is not None
    assert not solution.check.failed
    assert not solution.check.kinks
    assert fresh(request) == text
    numbers_are_short(solution.problem, request.decimals)
    least = 3 * 10.0 ** -max(request.decimals, 1)
    for distances in kink_distances(solution):
        assert distances.min() >= least - 1e-12
    units_are_alive(solution)


@pytest.mark.parametrize("row", [r for r in TABLE if r.kind == "loss"], ids=lambda row: row.name)
def test_a_fresh_file_with_each_loss(row: Operation) -> None:
    try:
        text = fresh(made("2,3,3", None, row.name))
    except ProblemError as error:
        assert len(row.params) != 2 or "no numbers" in error.message
        return
    check = solved(text).check
    assert check is not None
    assert not check.failed
    assert not check.kinks


@pytest.mark.parametrize(
    "row", [r for r in TABLE if r.kind == "activation"], ids=lambda row: row.name
)
def test_a_fresh_file_with_each_activation(row: Operation) -> None:
    try:
        text = fresh(made("2,4,1", row.name))
    except ProblemError as error:
        assert row.name in ("prelu", "glu", "squared_relu") or "no numbers" in error.message
        return
    check = solved(text).check
    assert check is not None
    assert not check.failed


def numbers_are_short(problem: Problem, decimals: int) -> None:
    for data in problem.data.values():
        assert data.texts is not None
        for text in data.texts:
            value = Decimal(text)
            assert len(text.lstrip("-").replace(".", "").lstrip("0")) <= max(2, decimals)
            if data.role == "weight":
                assert value != 0
                assert value == round(value, decimals)
    assert "0" not in (problem.data["x"].texts or ())


def shapes_of(problem: Problem) -> dict[str, Shape]:
    return {name: shape for name, shape in problem.forward.shapes.items() if name[0] != "_"}


def kink_distances(solution: Solution) -> list[np.ndarray]:
    """Return |distance| from every kink of every line, worked out from the lines alone."""
    problem, found = solution.problem, []
    for line in problem.forward.nodes:
        for kink in kinks_of(line.expr, problem.table):
            value = evaluate(kink, solution.values, shapes_of(problem), problem.table)
            found.append(np.abs(np.atleast_1d(value)))
    return found


def units_are_alive(solution: Solution) -> None:
    problem, values = solution.problem, solution.values
    for layer in problem.layers:
        row = TABLE[layer.activation]
        if row.vjp is not None:
            continue
        call = next(line.expr for line in problem.lines if line.name == layer.after)
        assert isinstance(call, Apply)
        slope = Apply(f"{call.op}'", (Symbol(layer.z),), call.attrs)
        slopes = evaluate(slope, values, shapes_of(problem), problem.table)
        on = np.broadcast_to(np.abs(slopes) >= 0.1, values[layer.z].shape)
        if row.kinks:
            assert on.any()
            hidden = layer is not problem.layers[-1]
            assert (values[layer.z] < 0).any() == (hidden and values[layer.z].size > 1)
        else:
            assert on.all()
    assert np.abs(values["dL/dyhat"]).max() > 0
    assert all(np.any(values[f"dL/dW{layer.number}"]) for layer in problem.layers)


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh", "leaky_relu"])
@pytest.mark.parametrize("loss", ["half_squared_error", "binary_cross_entropy", "huber"])
@pytest.mark.parametrize("seed", range(5))
def test_no_gradient_of_a_small_network_vanishes(activation: str, loss: str, seed: int) -> None:
    solution = solved(fresh(made("3,3,1", activation, loss, seed=seed)))
    for layer in solution.problem.layers:
        gradient = solution.values[f"dL/db{layer.number}"]
        on = np.round(gradient, 3) != 0
        off = solution.values[layer.z] < 0 if layer.activation == "relu" else False
        assert (on | off).all()


@pytest.mark.parametrize("loss", ["half_squared_error", "softmax_cross_entropy", "hinge"])
@pytest.mark.parametrize("sizes", ["3,2", "3,2,2", "2,3,20"])
@pytest.mark.parametrize("decimals", [0, 1])
def test_each_suggestion_holds_without_its_sign(loss: str, sizes: str, decimals: int) -> None:
    text = fresh(made(sizes, "relu", loss, decimals))
    suggestions = re.findall(r"^#(\w.*)$", text, re.M)
    keys = [line.partition(":")[0] for line in suggestions]
    assert keys == ["weights_layout", "given", "rounding", "find", "options", "answer"]
    for key, line in zip(keys, suggestions, strict=True):
        if key != "answer":
            solved(text + line + "\n")
    whole = solved(re.sub(r"^#(?=\w)", "", text, flags=re.M))
    assert set(whole.problem.extras) == {"options", "answer"}
    assert solved(text + suggestions[1]).comparisons


def test_the_right_option_is_right() -> None:
    text = fresh(made())
    right = re.search(r"options: {a: ([-\d.e]+)", text)
    assert right is not None
    assert float(right[1]) == pytest.approx(float(solved(text).values["dL/db2"][0]), rel=1e-3)


def test_the_file_is_that_of_the_seed() -> None:
    """Random.Random gives the same numbers everywhere: so does this file."""
    text = fresh(made(seed=4))
    for line in (
        "# Made by gradcalc new --layers 3,2,1 --activation sigmoid --loss half_squared_error"
        " --decimals 1 --seed 4",
        "  x: [0.5, -1, 1]",
        "  y: 1",
        "  W1: [[0.7, 0.8, 0.2],",
        "       [-0.1, -0.4, 0.5]]",
        "  b1: [-0.7, -0.2]",
        "  W2: [[-0.4, -0.1]]",
        "  b2: [0.4]",
        "# chosen for the output: sigmoid, as in the layers before",
        "activations: [sigmoid, sigmoid]",
        "loss: half_squared_error",
    ):
        assert line in text.split("\n")
    assert fresh(made(seed=5)) != text


def test_lines_are_no_wider_than_a_terminal() -> None:
    text = fresh(made("20,20,20", "tanh", "mse", decimals=2))
    assert all(len(line) <= 80 for line in text.split("\n") if "Made by" not in line)
    assert "#given: {L: " in text


@pytest.mark.parametrize(
    ("sizes", "activation", "loss", "names", "why"),
    [
        ("2,2,1", "relu", "mse", "[relu, identity]", "identity, so that the output can take"),
        ("2,2,1", "sigmoid", "mse", "[sigmoid, sigmoid]", "sigmoid, as in the layers before"),
        ("2,2,1", "tanh", "l1", "[tanh, tanh]", "tanh, as in the layers before"),
        ("2,2,1", "tanh", "hinge", "[tanh, identity]", "identity, this loss takes a score"),
        ("2,2,1", "relu", "bce", "[relu, sigmoid]", "sigmoid, this loss takes a probability"),
        ("2,2,1", "relu", "BCEWithLogitsLoss", "[relu, identity]", "has the sigmoid inside"),
        ("2,2,3", "relu", "cross_entropy", "[relu, softmax]", "takes the probabilities of"),
        ("2,2,3", "sigmoid", "softmax_cross_entropy", "[sigmoid, identity]", "the softmax inside"),
        ("2,3", None, "cross_entropy", "[softmax]", "takes the probabilities of classes"),
        ("2,1", None, "mse", "[sigmoid]", "sigmoid, where no activation is asked for"),
        ("2,1", "relu", "mse", "[relu]", None),
        ("2,2,1", "relu,relu", "mse", "[relu, relu]", None),
        ("2,2,1", "lrelu(alpha=0.2),linear", "mse", "[leaky_relu(alpha=0.2), identity]", None),
    ],
)
def test_the_output_goes_with_the_loss(
    sizes: str, activation: str | None, loss: str, names: str, why: str | None
) -> None:
    text = fresh(made(sizes, activation, loss))
    assert f"activations: {names}\n" in text
    assert ("chosen for the output" in text) == (why is not None)
    assert (why or "") in text


@pytest.mark.parametrize(
    ("loss", "allowed"),
    [
        ("binary_cross_entropy", {0, 1}),
        ("binary_cross_entropy_with_logits", {0, 1}),
        ("hinge", {-1, 1}),
        ("cross_entropy", {0, 1}),
        ("softmax_cross_entropy", {0, 1}),
    ],
)
def test_targets_fit_the_loss(loss: str, allowed: set[int]) -> None:
    for seed in range(6):
        target = solved(fresh(made("2,3,3", "relu", loss, seed=seed))).values["y"]
        assert set(target.tolist()) <= allowed
        assert "cross_entropy" not in loss or "binary" in loss or target.sum() == 1


def test_the_call_in_the_file_makes_the_file_again() -> None:
    for settings_ in (made(), made("2,2", None, "cross_entropy"), made("2,2,1", "relu,tanh")):
        words = dict(zip(*[iter(settings_.call.split())] * 2, strict=True))
        again = made(
            words["--layers"],
            words.get("--activation"),
            words["--loss"],
            int(words["--decimals"]),
            int(words["--seed"]),
        )
        assert fresh(again) == fresh(settings_)
    assert (
        "--activation 'relu,leaky_relu(alpha=0.1)'"
        in made("2,2,1", "relu,leaky_relu(alpha=0.1)").call
    )


def test_calls_are_split_outside_of_parentheses() -> None:
    assert split_calls("relu, f(a=1, b=2),tanh") == ["relu", "f(a=1, b=2)", "tanh"]


@pytest.mark.parametrize(
    ("sizes", "activation", "loss", "message", "hint"),
    [
        ("2,1", "sigmod", "mse", "sigmod is not an activation", "did you mean sigmoid?"),
        ("2,1", "relu", "crossentropi", "crossentropi is not a loss", "did you mean cross_ent"),
        ("2,1", "max", "mse", "max takes several operands", None),
        ("2,1", "heaviside", "mse", "heaviside passes no gradient on", None),
        ("2,1", "relu(alpha=1)", "mse", "alpha is not a parameter of relu", "takes no"),
        ("2,1", "relu", "huber(delta=-1)", "delta of huber is to be larger than 0", None),
        ("2,1", "relu", "mse(reduction=all)", "reduction=all is not known", "sum, mean"),
        ("2,1", "relu,", "mse", "an activation is missing", None),
        ("2,2,1", "relu,relu,relu", "mse", "3 activations for 2 layers", "2 in all"),
        ("2,1", "softmax", "mse", "softmax of one unit is always 1", "two or more"),
        ("2,1", "log_softmax", "mse", "log_softmax of one unit is always 0", "two or more"),
        ("2,1", None, "cross_entropy", "cross_entropy compares classes", "two or more"),
        ("2,2", "softmax", "softmax_cross_entropy", "has softmax inside", "use cross_entropy"),
        ("2,1", "sigmoid", "bce_with_logits", "has sigmoid inside", "use binary_cross_entropy"),
        ("2,1", "relu", "bce", "takes probabilities, and relu", "name sigmoid"),
        ("2,2", "tanh", "cross_entropy", "takes probabilities, and tanh", "name softmax"),
    ],
)
def test_what_does_not_go_together_is_refused(
    sizes: str, activation: str | None, loss: str, message: str, hint: str | None
) -> None:
    with pytest.raises(ProblemError) as caught:
        made(sizes, activation, loss)
    assert message in caught.value.message
    assert (hint or "") in (caught.value.hint or "")


def test_numbers_that_are_not_found_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradcalc.problem.authoring.draw_network.SATURATED", 2.0)
    with pytest.raises(ProblemError, match="no numbers were found"):
        fresh(made())
