"""Formulas are written such that they are read back the same, and errors have a place."""

import pytest
from hypothesis import example, given, settings

from gradcalc.algebra.formula.expr import Apply, Expr, Number, Symbol, add, apply, mul, neg, number
from gradcalc.algebra.formula.parser import MAX_DEPTH, MAX_LENGTH
from gradcalc.algebra.formula.syntax import format, parse
from gradcalc.errors import ProblemError, Source, Span
from tests.strategies import expressions

x, y, z = Symbol("x"), Symbol("y"), Symbol("z")
one, two, three = number(1), number(2), number(3)


@settings(max_examples=600)
@given(expressions())
@example(apply("transpose", two))
@example(apply("div", Symbol("dx"), Symbol("dy")))
@example(apply("div", mul(x, Symbol("dL")), Symbol("dW1")))
@example(apply("div", one, two))
@example(apply("pow", x, apply("pow", y, z)))
@example(neg(number(-2)))
@example(Apply("neg", (two,)))
@example(add(x, Apply("neg", (neg(y),))))
def test_round_trip(expr: Expr) -> None:
    assert parse(format(expr)) == expr


@pytest.mark.parametrize(
    ("text", "expr"),
    [
        ("x + y*z", add(x, mul(y, z))),
        ("(x + y)*z", mul(add(x, y), z)),
        ("x - y - z", add(x, neg(y), neg(z))),
        ("x - (y - z)", add(x, neg(add(y, neg(z))))),
        ("x + y + z", add(x, y, z)),
        ("(x + y) + z", add(add(x, y), z)),
        ("x*y*z", mul(x, y, z)),
        ("x/y/z", apply("div", apply("div", x, y), z)),
        ("x/(y/z)", apply("div", x, apply("div", y, z))),
        ("x/y*z", mul(apply("div", x, y), z)),
        ("x^y^z", apply("pow", x, apply("pow", y, z))),
        ("(x^y)^z", apply("pow", apply("pow", x, y), z)),
        ("-x^2", neg(apply("pow", x, two))),
        ("(-x)^2", apply("pow", neg(x), two)),
        ("x^-2", apply("pow", x, number(-2))),
        ("-x*y", neg(mul(x, y))),
        ("-x + y", add(neg(x), y)),
        ("x*-y", mul(x, neg(y))),
        ("- -2", two),
        ("x - -2", add(x, two)),
        ("x @ y.T", apply("matmul", x, apply("transpose", y))),
        ("(x @ y).T", apply("transpose", apply("matmul", x, y))),
        ("x @ y*z", mul(apply("matmul", x, y), z)),
        ("x.T.T", apply("transpose", apply("transpose", x))),
        ("x + y < z", apply("lt", add(x, y), z)),
        ("x <= y", apply("le", x, y)),
        ("x == y", apply("eq", x, y)),
        ("relu'(z)*y", mul(apply("relu'", z), y)),
        ("leaky_relu(x, alpha=-1/2)", apply("leaky_relu", x, alpha=parse("-1/2"))),  # type: ignore[arg-type]
        ("mse(x, y, reduction=sum)", apply("mse", x, y, reduction=Symbol("sum"))),
        ("[1, [x, 2]]", apply("array", one, apply("array", x, two))),
        ("x[2,1]", apply("entry", x, two, one)),
        ("f()", apply("f")),
        ("+x", x),
    ],
)
def test_precedence(text: str, expr: Expr) -> None:
    assert parse(text) == expr


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1/2", "1/2"),
        ("-3/4", "-3/4"),
        ("1e-3", "1/1000"),
        (".5", "1/2"),
        ("2.", "2"),
        ("2.5e1", "25"),
        ("1e−3", "1/1000"),
        ("−0.25", "-1/4"),
        ("0.1", "1/10"),
    ],
)
def test_a_number_is_exact_and_keeps_its_text(text: str, value: str) -> None:
    found = parse(text)
    assert isinstance(found, Number)
    assert str(found.value) == value
    assert format(found) == text.replace("−", "-")


@pytest.mark.parametrize(
    ("text", "plain"), [("2.5E+1", "2.5e1"), ("2.0E+00", "2.0"), ("1e-07", "1e-7"), (".5e-0", ".5")]
)
def test_a_power_of_ten_is_kept_as_a_person_writes_it(text: str, plain: str) -> None:
    assert format(parse(text)) == plain
    assert parse(plain) == parse(text)


def test_only_two_whole_numbers_make_a_fraction() -> None:
    assert parse("x*1/2") == apply("div", mul(x, one), two)
    assert parse("1/2/3") == apply("div", parse("1/2"), three)
    assert parse("(1)/2") == apply("div", one, two)
    assert parse("1/0") == apply("div", one, number(0))
    assert parse("1.5/2") == apply("div", parse("1.5"), two)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("dL/da1", "dL/da1"),
        ("∂L/∂W⁽¹⁾", "dL/dW1"),
        ("∂L/∂W₁", "dL/dW1"),
        ("da⁽¹⁾/dz⁽¹⁾", "da1/dz1"),
        ("z₁₂", "z12"),
        ("W⁽¹⁾₂", "W12"),
        ("ŷ", "yhat"),
        ("y\u0302", "yhat"),
        ("ŷ₁", "yhat1"),
        ("x̄", "xbar"),
        ("δ2", "δ2"),
        ("σ_z", "σ_z"),
    ],
)
def test_names_have_one_spelling(text: str, name: str) -> None:
    assert parse(text) == Symbol(name)


def test_a_gradient_without_spaces_is_one_name() -> None:
    gradient = Symbol("dL/da1")
    assert parse("2*dL/da1") == mul(two, gradient)
    assert parse("dL / da1") == apply("div", Symbol("dL"), Symbol("da1"))
    assert parse("dL/da1.T @ x") == apply("matmul", apply("transpose", gradient), x)
    assert parse("dL/da1[2]") == apply("entry", gradient, two)
    assert parse("odd/dx") == apply("div", Symbol("odd"), Symbol("dx"))
    assert format(mul(gradient, x)) == "dL/da1 * x"


def test_a_call_is_not_the_end_of_a_gradient() -> None:
    quotient = apply("div", Symbol("dx"), apply("dot", x, y))
    assert parse("dx/dot(x, y)") == quotient
    assert parse(format(quotient)) == quotient


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("x**2", "x^2"),
        ("x − y", "x - y"),
        ("x · y", "x*y"),
        ("x × y", "x*y"),
        ("x ⊙ y", "x*y"),
        ("xᵀ", "x.T"),
        ("x ≤ y", "x <= y"),
        ("x ≥ y", "x >= y"),
        ("relu′(x)", "relu'(x)"),
    ],
)
def test_other_signs(text: str, plain: str) -> None:
    assert parse(text) == parse(plain)


@pytest.mark.parametrize(
    ("text", "message", "column", "length"),
    [
        ("", "ends too early", 1, 1),
        ("2*(x + ", "ends too early", 7, 1),
        ("2*(x + y", "'(' is never closed", 3, 1),
        ("x + y)", "')' closes nothing", 6, 1),
        ("x y", "an operator is missing before 'y'", 3, 1),
        ("2 relu(x)", "an operator is missing before 'relu'", 3, 4),
        ("x = y", "a second '='", 3, 1),
        ("x < y < z", "comparisons do not chain", 7, 1),
        ("x $ y", "'$' has no meaning", 3, 1),
        ("x²", "'²' has no meaning", 2, 1),
        ("x\x1b[0m", "a control character", 2, 1),
        ("x * / y", "a value expected, '/' found", 5, 1),
        ("relu'", "a derivative wants its argument", 1, 5),
        ("x[y^2]", "whole numbers, counted from 1", 2, 5),
        ("[]", "an empty list", 1, 1),
        ("f(alpha=1, x)", "operands come before named parameters", 12, 1),
        ("f(x, alpha=y*z)", "alpha takes a number or a word", 6, 5),
        ("f(x, alpha=1, alpha=2)", "alpha is given twice", 15, 5),
        ("f(x,)", "a value expected, ')' found", 5, 1),
        ("f(x y)", "')' expected, 'y' found", 5, 1),
        ("1e999*x", "more digits than are read", 1, 5),
        ("1" * 50, "more digits than are read", 1, 50),
    ],
)
def test_an_error_names_its_place(text: str, message: str, column: int, length: int) -> None:
    source = Source("problem.yaml", f"equations: |\n  L = {text}\n")
    with pytest.raises(ProblemError) as caught:
        parse(text, Span(source, 2, 7, max(1, len(text))))
    error = caught.value
    assert message in error.message
    assert error.span is not None
    assert (error.span.line, error.span.column, error.span.length) == (2, 6 + column, length)


@pytest.mark.parametrize(
    "text",
    [
        "(" * MAX_DEPTH + "x" + ")" * MAX_DEPTH,
        "-" * (MAX_DEPTH + 1) + "x",
        "x" + ".T" * (MAX_DEPTH + 1),
        "x" + "/x" * (MAX_DEPTH + 1),
        "x" + "^x" * MAX_DEPTH,
        "sin(" * (MAX_DEPTH + 1) + "x" + ")" * (MAX_DEPTH + 1),
        "[" * (MAX_DEPTH + 1) + "1" + "]" * (MAX_DEPTH + 1),
        "((x" + "/x" * 40 + ")" + "/x" * 40 + ")",
    ],
)
def test_depth_is_bounded(text: str) -> None:
    with pytest.raises(ProblemError, match=f"nested more than {MAX_DEPTH} deep"):
        parse(text)


def test_length_is_bounded_but_long_sums_are_read() -> None:
    with pytest.raises(ProblemError, match="the longest that is read"):
        parse("x" * (MAX_LENGTH + 1))
    found = parse("+".join(["x"] * 1000))
    assert isinstance(found, Apply)
    assert len(found.args) == 1000
    assert parse(format(found)) == found


def test_places_take_no_part_in_equality() -> None:
    spaced, tight = parse("x  +  relu( y )"), parse("x+relu(y)")
    assert spaced == tight
    assert hash(spaced) == hash(tight)
    assert isinstance(spaced, Apply)
    assert spaced.args[1].place == (6, 15)
