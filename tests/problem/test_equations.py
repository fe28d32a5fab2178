"""Equations that cannot be read, and equations that have no value."""

from __future__ import annotations

import pytest

import gradcalc
from tests.problem.refused import NETWORK, load, refused, solve


def block(*lines: str, inputs: str = "{x: 1}") -> str:
    body = "".join(f"  {line}\n" for line in lines)
    return f"inputs: {inputs}\nequations: |\n{body}"


UNREADABLE = [
    (block("y x"), "an equation is", "3:3", "no '=' here"),
    (block("y = x +"), "the formula ends too early", "3:10", "missing"),
    (block("y = 2x"), "an operator is missing before 'x'", "3:8", r"\*"),
    (block("y = (x"), "is never closed", "3:7", r"'\)' is missing"),
    (block("y = x)"), "closes nothing", "3:8", ""),
    (block("y = x = 2"), "a second '='", "3:9", "=="),
    (block("y = |x|"), "has no meaning in a formula", "3:7", r"abs\(x\)"),
    (block("y = foo(x)"), "foo is not a function", "3:7", "gradcalc ops"),
    (block("y = relux(x)"), "relux is not a function", "3:7", "did you mean relu"),
    (block("y = relu(x, x)"), "relu takes 1 operand", "3:7", ""),
    (block("y = u + 1"), "u is not defined", "3:7", "earlier line"),
    (block("z = rat + 1", inputs="{rate: 1}"), "rat is not defined", "3:7", "did you mean rate"),
    (block("u = y", "y = x"), "y is used before it is defined", "3:7", "line 4"),
    (block("y = x", "y = 2"), "y is defined twice", "4:3", "first in line 3"),
    (block("x = 2"), "x is defined twice", "3:3", "first in line 1"),
    (block("dy/dx = 1"), "dy/dx is not a name", "3:3", "under given"),
    (block("_y = 1"), "_y is not a name", "3:3", ""),
    (block("2 = x"), "2 is not a name", "3:3", "name = formula"),
    (block("x + y = 2"), r"x \+ y is not a name", "3:3", ""),
    (block("f(z) = z", "f(z) = 2*z", "y = f(x)"), "function f is defined twice", "4:3", "line 3"),
    (block("relu(z) = z"), "relu is a function that gradcalc has", "3:3", "another name"),
    (block("f'(z) = z"), "f' is a derivative", "3:3", "define f alone"),
    (block("f(z) = z*x", "y = f(x)"), "x is not an operand of f", "3:12", "only: z"),
    (block("f(2) = 1"), r"f\(2\) is not a name", "3:3", ""),
    (block("f() = 1"), r"f\(\) is not a name", "3:3", ""),
    (block("f(z, z) = 1"), "is not a name", "3:3", ""),
    (block("f(a, b) = a @ b", "y = f(x)", inputs="{x: [1]}"), "f takes 2 operands", "4:7", ""),
    (block("y = x[1]"), r"cannot take entry 1 of x \(a number\)", "3:7", "x is a number"),
    (block("y = W @ x", inputs="{x: [1, 2], W: [[1, 2, 3]]}"), r"cannot multiply W \(1×3\)",
     "3:7", "3 entries are needed, there are 2.*W is 1×3"),
    (block("u = x + x", "y = sum(u) + v*u", inputs="{x: [1, 2], v: [1, 2, 3]}"),
     "cannot combine", "4:16", "u comes from u = x"),
    (block("y = " + "(" * 70 + "x" + ")" * 70), "nested more than 60 deep", "3:67", ""),
    (block("y = " + "1 + " * 1500 + "x"), "the longest that is read", "3:7", "parts names"),
    (block(*(f"y{i} = x" for i in range(2001))), "more than 2000 equations", "", ""),
    ("inputs: {x: 1}\nequations: y = x\n  z = 3\n", "several equations in one text", "2:12", "|"),
    ("inputs: {x: 1}\nequations: >\n  y = x\n  z = 3\n", "several equations", "", "|"),
    ("equations: [[y = x]]\n", "an equation is a line", "1:13", ""),
    ("equations: {y: [1]}\n", "an equation is a formula", "1:16", ""),
    ("inputs: {x: 1}\nequations:\n  y: |\n    x\n    + 1\n", "one line is due", "5:5", ""),
    ("inputs: {x: 1}\nequations:\n  y:\n", "the formula ends too early", "3:", ""),
    ("inputs: {x: 1}\nequations: |\n  # nothing\n", "nothing to compute", "", ""),
    (NETWORK + "equations: z1 = x\n", "z1 is defined twice", "9:12", "comes from the network"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message", "place", "hint"), UNREADABLE)
def test_equations_that_cannot_be_read(text, message, place, hint):
    if place.endswith(":"):
        error = refused(text, message, hint=hint)
        assert error.span is not None
        assert error.span.line == int(place[:-1])
    else:
        refused(text, message, place, hint)


def test_functions_of_the_file_cannot_grow_without_bound():
    text = block("f(a, b) = a @ b", *(f"y{i} = {y}" for i, y in _nested(14)), inputs="{x: [1]}")
    assert load(text).loss == "y13"
    wide = "g(v) = " + " + ".join(["norm(v)"] * 300)
    refused(block(wide, "y = g(g(g(x)*x)*x)", inputs="{x: [1]}"), "more parts", "4:7", "names")
    tower = [f"f{i}(v) = f{i - 1}(v) + f{i - 1}(v)" for i in range(1, 30)]
    refused(block("f0(v) = norm(v)", *tower, "y = f29(x)", inputs="{x: [1]}"), "more parts")


def _nested(count: int):
    return [(i, "f(x, x)" if i == 0 else f"f(x, x*y{i - 1})") for i in range(count)]


NO_VALUE = [
    (block("y = log(x)", inputs="{x: 0}"), r"y: log\(0\) has no value", "3:7", "domain"),
    (block("y = x*1e400"), "1e400 is larger than any number", "3:9", ""),
    (block("y = 1e300*x*1e300"), "too large to compute with", "3:7", "1.8e308"),
    (block("u = 2*x", "y = 1/u", inputs="{x: 0}"), "y: division by 0: 1/0", "4:7", "divisor"),
    (block("y = exp(x)", inputs="{x: 1000}"), r"y: exp\(1000\) is too large", "3:7", "1.8e308"),
    (block("y = sqrt(x)", inputs="{x: -1}"), r"y: sqrt\(-1\) has no value", "3:7", "domain"),
    (block("y = sqrt(x)", inputs="{x: 0}"), "dy/dx does not exist: sqrt", "3:7", ""),
    (block("y = sum(log(x))", inputs="{x: [1, 0]}"), r"y: log\(0\) has no value", "3:7", ""),
    (block("y = sum(x^2)", inputs="{x: [1e200]}"), r"y: 1e\+200\^2 is too large", "3:7", ""),
    (block("y = x^0.5", inputs="{x: -4}"), r"y: \(-4\)\^0.5 has no value", "3:7", ""),
    (block("y = x @ x", inputs="{x: [1e200, 1]}"), "too large", "3:7", ""),
    (block("p = relu(x)", inputs="{x: [-1, 2]}") + "targets: {t: [1, 0]}\nloss: cross_entropy\n",
     r"L: log\(0\) has no value", "5:7", ""),
    ("inputs: {x: [1]}\ntargets: {y: 0}\nweights: {W1: [[800]]}\nactivations: [sigmoid]\n"
     "loss: binary_cross_entropy\n", r"L: .*log\(0\) has no value", "5:7", "domain"),
    ("inputs: {x: [1e200]}\ntargets: {y: 0}\nweights: {W1: [[1e200]]}\nactivations: [relu]\n"
     "loss: mse\n", "z1: .* is too large", "3:11", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message", "place", "hint"), NO_VALUE)
def test_values_that_do_not_exist_are_located(text, message, place, hint):
    refused(text, message, place, hint)


def test_exponentials_may_vanish():
    values = solve(block("y = exp(-1000*x)")).values
    assert float(values["y"]) == 0
    assert float(values["dy/dx"]) == 0


def test_stable_losses_of_large_logits():
    text = block("z = 1*x", inputs="{x: [1000, 0]}") + "targets: {t: [0, 1]}\n"
    values = solve(text + "loss: softmax_cross_entropy\nfind: dL/dz\n").values
    assert float(values["L"]) == 1000
    assert values["dL/dz"].tolist() == [1, -1]


def test_values_are_read_only():
    values = solve(NETWORK).values
    with pytest.raises(ValueError, match="read-only"):
        values["dL/dW1"][0, 0] = 1
    assert "dL/dq" not in values


def test_the_error_is_the_public_one():
    with pytest.raises(gradcalc.ProblemError):
        load("nothing: here\n")


@pytest.mark.parametrize("formula", ["5", "5*relu(0)", "exp(1)", "relu(-1) + 2"])
def test_a_function_that_does_not_read_its_operand_has_its_shape(formula: str) -> None:
    text = f"inputs: {{x: [1, 2]}}\nequations: |\n  f(z) = {formula}\n  a = f(x)\n  L = sum(a*x)\n"
    found = gradcalc.solve(gradcalc.load(text)).values
    value = gradcalc.solve(gradcalc.load(f"equations: a = {formula}\ninputs: {{z: 0}}\n"))
    assert found["a"].tolist() == [float(value.values["a"])] * 2
    assert found["dL/dx"].tolist() == found["a"].tolist()
