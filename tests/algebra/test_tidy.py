"""Simplified derivatives against SymPy: equal, and about as short."""

from __future__ import annotations

from statistics import median

import numpy as np
import pytest
import sympy

from gradcalc.algebra.derivation.derivation import derive
from gradcalc.algebra.formula.expr import Expr
from gradcalc.algebra.formula.syntax import format, parse
from gradcalc.algebra.operations.inference import resolve
from gradcalc.algebra.operations.table import TABLE
from gradcalc.algebra.rewriting.shorten import shorten
from gradcalc.engine.typed_formula import prove, values_of
from gradcalc.errors import ProblemError
from tests.algebra.sympy_expressions import COUNT, expressions

LONGEST = 1.5
NAMES = {name: sympy.Symbol(name, real=True) for name in ("x", "y", "a", "b", "c")}
FUNCTIONS = {"arctan": sympy.atan}


def ours(text: str) -> Expr:
    return resolve(parse(text.replace("**", "^")), TABLE)


def of_sympy(text: str) -> list[sympy.Expr]:
    """Return the derivative as SymPy finds it, simplified, and factored."""
    read = sympy.sympify(text.replace("^", "**"), locals={**NAMES, **FUNCTIONS}, rational=True)
    found = sympy.diff(read, NAMES["x"])
    return [found, sympy.simplify(found), sympy.factor(found)]


def size_of(expr: sympy.Expr) -> int | None:
    """Return the number of parts in our reckoning; None for functions that we lack."""
    try:
        return ours(str(expr)).size
    except ProblemError:
        return None


def test_two_hundred_derivatives_are_sympys_and_as_short() -> None:
    texts = expressions()
    assert len(texts) == COUNT == 200
    generator = np.random.default_rng(1)
    points = {name: generator.uniform(0.2, 0.9, 50) for name in NAMES}
    ratios = []
    for text in texts:
        made = derive(ours(text), "x", TABLE)
        forms = of_sympy(text)
        expected = sympy.lambdify(list(NAMES.values()), forms[0], "numpy")(*points.values())
        found = values_of(made.result, points, TABLE)
        usable = np.isfinite(found + expected)
        assert usable.any(), text
        scale = 1 + np.abs(np.broadcast_to(expected, found.shape)[usable])
        assert np.max(np.abs(found - expected)[usable] / scale) < 1e-9, text
        assert prove(made.of, "x", made.worked_out, made.result, TABLE).holds, text
        shortest = min(size for form in forms if (size := size_of(form)) is not None)
        ratios.append(made.result.size / shortest)
    assert median(ratios) <= LONGEST


@pytest.mark.parametrize(
    ("text", "simple"),
    [
        ("x*exp(x) + exp(x)", "(x + 1)*exp(x)"),
        ("exp(x)*exp(2*x)", "exp(3*x)"),
        ("exp(x)*exp(-x)", "1"),
        ("sqrt(x)*sqrt(x)", "x"),
        ("x/sqrt(x)", "sqrt(x)"),
        ("2*x/(2*sqrt(x^2 + 1))", "x/sqrt(x^2 + 1)"),
        ("sigmoid(x) - sigmoid(x)^2", "sigmoid(x)*(1 - sigmoid(x))"),
        ("1 - (1 - tanh(x)^2)", "tanh(x)^2"),
        ("log(exp(x))", "x"),
        ("sin(-x)", "-sin(x)"),
        ("cos(-x)", "cos(x)"),
        ("x*sign(x)", "abs(x)"),
        ("abs(x)^2", "x^2"),
        ("(2*x + 2)/2", "x + 1"),
        ("x^2/x^5", "1/x^3"),
        ("1/x - 1/x^2", "(x - 1)/x^2"),
        ("where(x > 0, 1, 1)", "1"),
        ("0.5*x + 0.25*x", "0.75*x"),
        ("(a*b)^2/(a*b)", "a*b"),
    ],
)
def test_a_short_form(text: str, simple: str) -> None:
    short = shorten(ours(text))
    assert short.size <= ours(simple).size
    generator = np.random.default_rng(3)
    points = {name: generator.uniform(0.2, 2.0, 30) for name in NAMES}
    np.testing.assert_allclose(
        values_of(short, points, TABLE), values_of(ours(text), points, TABLE), rtol=1e-10
    )


@pytest.mark.parametrize("text", expressions()[:60])
def test_what_is_short_stays(text: str) -> None:
    once = shorten(ours(text))
    assert shorten(once).size <= once.size
    assert resolve(parse(format(once)), TABLE) == once


@pytest.mark.parametrize("text", ["(2*x + 2)^n", "(2*x + 2)^1e300", "(3/2)^1e300"])
def test_huge_powers_are_left_alone(text: str) -> None:
    assert shorten(ours(text)) == ours(text)
