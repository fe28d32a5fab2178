"""Derivations: every line of every row is equal to the derivative, and names its rule."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from gradcalc.algebra.derivation.components import entry_parts, reindexed, unrolled
from gradcalc.algebra.derivation.derivation import RowDerivation, derive, row_derivation
from gradcalc.algebra.derivation.rules import is_pending
from gradcalc.algebra.formula.expr import Apply, Expr, Symbol, parts, rebuild
from gradcalc.algebra.formula.syntax import format, parse
from gradcalc.algebra.operations.inference import resolve
from gradcalc.algebra.operations.operation import Operation
from gradcalc.algebra.operations.table import TABLE
from gradcalc.engine.autodiff import partial
from gradcalc.engine.typed_formula import prove, values_of
from gradcalc.errors import ProblemError

DERIVED = {row.name: found for row in TABLE if (found := row_derivation(row, TABLE)) is not None}
SIZE = 3
DOCUMENT = (
    *("sigmoid", "tanh", "relu", "softmax", "softmax_cross_entropy", "cross_entropy"),
    *("hinge", "l1", "huber", "half_squared_error", "cosine_loss"),
)


def typed(text: str) -> Expr:
    return resolve(parse(text), TABLE)


def put_in(expr: Expr, of: Expr) -> Expr:
    """Return a line with the function's value written out again."""
    values = {"f": of, "f[i]": of, "f[j]": reindexed(of, "i", "j")}
    return rebuild(expr, lambda p: values.get(p.name, p) if isinstance(p, Symbol) else p)


def places(found: RowDerivation) -> list[dict[str, int]]:
    return [{"i": 1, "j": 2}, {"i": 2, "j": 2}] if found.vector else [{}]


def test_all_rows_of_the_document_are_derived() -> None:
    assert set(DOCUMENT) <= set(DERIVED)


def test_every_elementwise_row_with_a_definition_is_derived() -> None:
    plain = [
        row.name
        for row in TABLE
        if row.definition
        and row.derivative
        and all(
            TABLE[p.op].is_elementwise for p in parts(parse(row.definition)) if isinstance(p, Apply)
        )
    ]
    assert set(plain) <= set(DERIVED)


@pytest.mark.parametrize("name", DERIVED)
def test_every_line_is_the_derivative(name: str) -> None:
    found = DERIVED[name]
    made = found.steps
    vector, _ = entry_parts(made.by) or (made.by, "")
    checked = 0
    for at in places(found):
        by = f"{vector}[{at['j']}]" if found.vector else made.by
        of = unrolled(made.of, at, SIZE)
        exact = partial(of, by, TABLE)
        for step in made.steps:
            line = unrolled(put_in(step.after, made.of), at, SIZE)
            if any(is_pending(part) for part in parts(line)):
                continue
            proof = prove(of, by, exact, line, TABLE)
            assert proof.holds, (format(step.after), proof)
            assert proof.points >= 40
            checked += 1
    assert checked


@pytest.mark.parametrize("name", [n for n, found in DERIVED.items() if not found.vector])
def test_the_last_line_is_the_derivative_of_the_table(name: str) -> None:
    row: Operation = TABLE[name]
    assert row.derivative is not None
    ours = put_in(DERIVED[name].steps.result, DERIVED[name].steps.of)
    own = rebuild(
        parse(row.derivative[0] or ""),
        lambda p: DERIVED[name].steps.of if p == Symbol(row.output) else p,
    )
    generator = np.random.default_rng(2)
    names = {p.name for e in (ours, own) for p in parts(e) if isinstance(p, Symbol)}
    points = {n: generator.uniform(0.1, 0.9, 50) for n in sorted(names | {"x"})}
    np.testing.assert_allclose(
        values_of(ours, points, TABLE), values_of(own, points, TABLE), rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize("name", DERIVED)
def test_the_cases_are_the_last_line_with_their_condition(name: str) -> None:
    found = DERIVED[name]
    if not found.cases or found.cases[0][0] == "Σ t = 1":
        return
    generator = np.random.default_rng(5)
    vector, _ = entry_parts(found.steps.by) or ("", "")
    points = {f"{vector}[{k}]": generator.uniform(-1, 1, 20) for k in range(1, SIZE + 1)}
    points["tau"] = generator.uniform(1, 2, 20)
    for (_, case), at in zip(found.cases, ({"i": 2, "j": 2}, {"i": 1, "j": 2}), strict=True):
        lines = [put_in(expr, found.steps.of) for expr in (found.steps.result, case)]
        whole, own = (values_of(unrolled(e, at, SIZE), points, TABLE) for e in lines)
        np.testing.assert_allclose(own, whole, rtol=1e-12)


def lines(name: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(format(step.after), step.rules) for step in DERIVED[name].steps.steps]


def test_the_sigmoid_as_in_the_document() -> None:
    assert lines("sigmoid") == [
        ("-derivative(exp(-x), x)/(1 + exp(-x))^2", ("reciprocal rule",)),
        ("exp(-x)/(1 + exp(-x))^2", ("exponential", "chain rule")),
        ("1/(1 + exp(-x)) - 1/(1 + exp(-x))^2", ("add and subtract",)),
        ("f - f^2", ("f put back",)),
        ("f*(1 - f)", ("take out common factors",)),
    ]


def test_softmax_by_the_quotient_rule_and_delta() -> None:
    found = lines("softmax")
    assert found[0][1] == ("quotient rule",)
    assert "δ[kj] leaves k = j" in found[1][1]
    assert found[-1][0] == "f[i]*(delta(i, j) - f[j])"
    assert [(words, format(case)) for words, case in DERIVED["softmax"].cases] == [
        ("i = j", "f[i]*(1 - f[i])"),
        ("i ≠ j", "-f[i]*f[j]"),
    ]


def test_cross_entropy_after_softmax_is_the_difference() -> None:
    assert [format(case) for _, case in DERIVED["softmax_cross_entropy"].cases] == [
        "softmax_at(y[j]) - t[j]"
    ]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("3*x + 2", "sum rule"),
        ("3*x", "constant factor"),
        ("x", "dx/dx = 1"),
        ("x^3", "power rule"),
        ("x*sin(x)", "product rule"),
        ("sin(x)/x", "quotient rule"),
        ("1/sin(x)", "reciprocal rule"),
        ("sin(2*x)", "chain rule"),
        ("exp(x)", "exponential"),
        ("2^x", "exponential"),
        ("log(x)", "logarithm"),
        ("sin(x)", "sine"),
        ("cos(x)", "cosine"),
        ("sqrt(x)", "square root"),
        ("abs(x)", "absolute value"),
        ("where(x > 0, x, 0)", "case by case"),
        ("max(x, 1)", "case by case"),
        ("x^x", "power as e^(n ln x)"),
        ("mish(x)", "derivative of mish"),
        ("sigmoid'(x)", "definition of σ′"),
        ("heaviside(x)", "constant between its jumps"),
    ],
)
def test_the_rule_that_a_formula_asks_for(text: str, rule: str) -> None:
    made = derive(typed(text), "x", TABLE)
    assert rule in made.steps[0].rules
    assert prove(made.of, "x", made.worked_out, made.result, TABLE).holds


def test_steps_follow_one_another() -> None:
    for found in DERIVED.values():
        steps = found.steps.steps
        for before, after in pairwise(steps):
            assert after.before == before.after


def test_a_wrong_derivative_is_not_proved() -> None:
    of, right = typed("x^2*sin(x)"), typed("2*x*sin(x) + x^2*cos(x)")
    assert prove(of, "x", right, right, TABLE).holds
    for wrong in ("2*x*sin(x) - x^2*cos(x)", "2*x*sin(x)", "1.001*(2*x*sin(x) + x^2*cos(x))"):
        assert not prove(of, "x", right, typed(wrong), TABLE).holds
        assert not prove(of, "x", typed(wrong), typed(wrong), TABLE).holds


def test_a_formula_without_values_is_not_proved() -> None:
    made = derive(typed("log(-x^2 - 1)"), "x", TABLE)
    proof = prove(made.of, "x", made.worked_out, made.result, TABLE)
    assert not proof.points
    assert not proof.holds


def test_a_derivative_that_grows_without_end_is_refused() -> None:
    deep = "x"
    for _ in range(20):
        deep = f"({deep})*sin({deep})" if len(deep) < 1500 else deep
    with pytest.raises(ProblemError, match="more parts than are written down"):
        derive(typed(deep), "x", TABLE)


# --- slips of the hand-written derivations (document 004, part B) -------------------------

Line = Callable[[dict[str, np.ndarray]], np.ndarray]


def at_points(of: str, by: str, written: Line) -> tuple[np.ndarray, np.ndarray]:
    """Return what a line of the document gives, and the derivative, at random points."""
    generator = np.random.default_rng(11)
    points = {name: generator.uniform(0.3, 1.7, 40) for name in ("x", "y", "t")}
    made = derive(typed(of), by, TABLE)
    assert prove(made.of, by, made.worked_out, made.result, TABLE).holds
    return written(points), values_of(made.result, points, TABLE)


def test_the_middle_line_of_l2_has_a_stray_half() -> None:
    """It writes ½ (y − ŷ)(−1) where the 2 of the square has cancelled the ½, and a minus more."""
    written, right = at_points("1/2*(t - y)^2", "y", lambda p: (p["t"] - p["y"]) * -1 / 2)
    np.testing.assert_allclose(written, right / 2)
    stray, _ = at_points("1/2*(t - y)^2", "y", lambda p: -(p["y"] - p["t"]))
    np.testing.assert_allclose(stray, -right)
    boxed, _ = at_points("1/2*(t - y)^2", "y", lambda p: p["y"] - p["t"])
    np.testing.assert_allclose(boxed, right)


def test_the_quotient_of_tanh_has_e_to_the_x_and_not_e_squared() -> None:
    """It writes e² + e⁻² for e^x + e^−x: right at x = 2 alone."""

    def line(p: dict[str, np.ndarray], inner: np.ndarray) -> np.ndarray:
        above, below = np.exp(p["x"]) - np.exp(-p["x"]), np.exp(p["x"]) + np.exp(-p["x"])
        slopes = np.exp(inner) + np.exp(-inner), np.exp(inner) - np.exp(-inner)
        return np.asarray((below * slopes[0] - above * slopes[1]) / below**2)

    text = "(exp(x) - exp(-x))/(exp(x) + exp(-x))"
    written, right = at_points(text, "x", lambda p: line(p, np.full(40, 2.0)))
    assert np.min(np.abs(written - right)) > 0.001
    mended, _ = at_points(text, "x", lambda p: line(p, p["x"]))
    np.testing.assert_allclose(mended, right)


def test_the_middle_line_of_l1_is_a_sign_and_not_a_reciprocal() -> None:
    """It writes −1/(y − ŷ), which is −sign(y − ŷ) only where the error is 1 in size."""
    written, right = at_points("abs(t - y)", "y", lambda p: -1 / (p["t"] - p["y"]))
    assert np.all(np.sign(written) == right)
    assert np.min(np.abs(np.abs(written) - 1)) > 1e-3
    boxed, _ = at_points("abs(t - y)", "y", lambda p: np.abs(p["y"] - p["t"]) / (p["y"] - p["t"]))
    np.testing.assert_allclose(boxed, right)
