"""Pages in letters: random numbers put for the letters, shapes multiply, PyTorch agrees."""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gradcalc
from gradcalc.algebra.formula.expr import Apply, Expr, Number, Symbol, parts
from gradcalc.algebra.operations.table import TABLE
from gradcalc.algebra.rewriting.indexed_entries import NoEntriesError, index_letters, ordered
from gradcalc.engine.evaluate import evaluate
from gradcalc.errors import width
from gradcalc.report.solution.page import page
from gradcalc.report.solution.record import solution_line
from gradcalc.report.solution.symbolic import forms
from gradcalc.report.steps.chain import chain_rule, closed_form
from gradcalc.report.steps.view import View
from tests.oracle import torch
from tests.shown import PROBLEMS

SIZES = {"N": 3, "M": 4, "K": 2}
NETWORKS = [
    ("relu, sigmoid", "binary_cross_entropy"),
    ("relu, identity", "squared_error"),
    ("tanh, sigmoid", "squared_error"),
    ("tanh, sigmoid", "binary_cross_entropy(reduction=mean)"),
    ("tanh, softmax", "cross_entropy"),
    ("sigmoid, softmax", "squared_error"),
    ("relu, identity", "mse"),
    ("softplus, identity", "softmax_cross_entropy"),
]
LAYOUTS = ("units_by_inputs", "inputs_by_units")
PARAMETERS = ("W1", "b1", "W2", "b2")
every = pytest.mark.parametrize(
    ("network", "layout", "jacobians"),
    list(product(NETWORKS, LAYOUTS, ("numerator", "denominator"))),
    ids=lambda value: value[1] + "-" + value[0] if isinstance(value, tuple) else value,
)


def activations() -> dict[str, Any]:
    """Return the activations of the networks as PyTorch has them."""
    return {
        "relu": torch.relu,
        "tanh": torch.tanh,
        "sigmoid": torch.sigmoid,
        "softplus": torch.nn.functional.softplus,
        "identity": lambda z: z * 1,
        "softmax": lambda z: torch.softmax(z, -1),
    }


def losses() -> dict[str, Any]:
    """Return the losses of the networks, by PyTorch where it has them."""
    return {
        "binary_cross_entropy": lambda p, y: -(y * p.log() + (1 - y) * (1 - p).log()).sum(),
        "binary_cross_entropy(reduction=mean)": torch.nn.functional.binary_cross_entropy,
        "squared_error": lambda p, y: ((p - y) ** 2).sum(),
        "mse": torch.nn.functional.mse_loss,
        "cross_entropy": lambda p, y: -(y * p.log()).sum(),
        "softmax_cross_entropy": torch.nn.functional.cross_entropy,
    }


def text(network: tuple[str, str], layout: str) -> str:
    names, loss = network
    return (
        "inputs: {x: {shape: N}}\ntargets: {y: {shape: K}}\nunits: [M, K]\n"
        f"activations: [{names}]\nloss: {loss}\nweights_layout: {layout}\n"
    )


def in_numbers(network: tuple[str, str], layout: str, jacobians: str) -> dict[str, np.ndarray]:
    """Return every quantity of a random network by PyTorch alone, gradients included."""
    pytest.importorskip("torch")
    names, loss = network
    first, second = (activations()[name] for name in names.split(", "))
    generator = torch.Generator().manual_seed(7)
    by_units = layout == "units_by_inputs"

    def drawn(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64, requires_grad=True)

    n, m, k = SIZES["N"], SIZES["M"], SIZES["K"]
    x, y = drawn(n), torch.tensor([0.3, 0.9], dtype=torch.float64)
    w1, w2 = (drawn(m, n), drawn(k, m)) if by_units else (drawn(n, m), drawn(m, k))
    b1, b2 = drawn(m), drawn(k)
    z1 = (w1 if by_units else w1.T) @ x + b1
    a1 = first(z1)
    z2 = (w2 if by_units else w2.T) @ a1 + b2
    yhat = second(z2)
    found = {"x": x, "y": y, "W1": w1, "b1": b1, "W2": w2, "b2": b2}
    found |= {"z1": z1, "a1": a1, "z2": z2, "yhat": yhat, "L": losses()[loss](yhat, y)}
    for tensor in (z1, a1, z2, yhat):
        tensor.retain_grad()
    found["L"].backward()
    values = {name: tensor.detach().numpy() for name, tensor in found.items()}
    values |= {
        f"dL/d{name}": tensor.grad.numpy()
        for name, tensor in found.items()
        if name not in ("y", "L")
    }
    links = [("a1", "z1", first), ("yhat", "z2", second)]
    links.append(("z2", "a1", lambda a: (w2 if by_units else w2.T) @ a + b2))
    for of, by, function in links:
        matrix = torch.autograd.functional.jacobian(function, found[by].detach()).numpy()
        values[f"d{of}/d{by}"] = matrix if jacobians == "numerator" else matrix.T
    return values


FUNCTIONS = {
    "tanh": np.tanh,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "relu": lambda z: np.maximum(z, 0),
    "relu'": lambda z: (z > 0) * 1.0,
    "exp": np.exp,
    "log": np.log,
    "softplus": lambda z: np.log1p(np.exp(z)),
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(),
    "neg": np.negative,
    "identity": lambda z: z,
    "xdivy": lambda a, b: a / b,
    "xlogy": lambda a, b: a * np.log(b),
}


PAIRS = {"mul": operator.mul, "add": operator.add, "div": operator.truediv}


def matrices(expr: Expr, values: dict[str, np.ndarray]) -> np.ndarray:
    """Return a formula's value by matrices alone: a vector is a column, shapes must multiply."""
    if isinstance(expr, Number):
        return np.array([[float(expr.value)]])
    if isinstance(expr, Symbol):
        value = np.asarray(float(SIZES[expr.name]) if expr.name in SIZES else values[expr.name])
        return value.reshape(value.shape if value.ndim == 2 else (-1, 1))
    args = [matrices(arg, values) for arg in expr.args]
    if expr.op == "matmul":
        return times(*args)
    if expr.op == "outer":
        return times(args[0], args[1].T)
    if expr.op == "transpose":
        return args[0].T
    if expr.op == "sum":
        return args[0].sum(keepdims=True)
    if expr.op == "pow":
        return args[0] ** args[1].item()
    if expr.op in ("mul", "add", "div"):
        found = args[0]
        for arg in args[1:]:
            assert found.shape == arg.shape or 1 in (found.size, arg.size), expr
            found = PAIRS[expr.op](found, arg)
        return found
    return FUNCTIONS[expr.op](*args)


def times(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return a product of matrices whose inner sizes are the same."""
    assert left.shape[1] == right.shape[0], (left.shape, right.shape)
    return left @ right


def entry(expr: Expr, values: dict[str, np.ndarray], at: dict[str, int]) -> float:
    """Return an indexed formula's value where each letter is a number, counted from 0."""
    if isinstance(expr, Number):
        return float(expr.value)
    if isinstance(expr, Symbol):
        return float(SIZES[expr.name]) if expr.name in SIZES else float(values[expr.name])
    if expr.op == "entry":
        base, *places = expr.args
        assert isinstance(base, Symbol)
        index = tuple(at[p.name] if isinstance(p, Symbol) else int(p.value) - 1 for p in places)
        assert len(index) == values[base.name].ndim
        return float(values[base.name][index])
    if expr.op == "total":
        letter, count = expr.attr("over"), expr.attr("count")
        assert isinstance(letter, Symbol)
        assert letter.name not in at, "an index is used twice"
        many = SIZES[count.name] if isinstance(count, Symbol) else int(count.value)
        return sum(entry(expr.args[0], values, {**at, letter.name: i}) for i in range(many))
    args = [entry(arg, values, at) for arg in expr.args]
    if expr.op == "mul":
        return float(np.prod(args))
    if expr.op == "add":
        return sum(args)
    if expr.op == "div":
        return args[0] / args[1]
    if expr.op == "pow":
        return args[0] ** args[1]
    if expr.op in FUNCTIONS:
        return float(FUNCTIONS[expr.op](*args))
    known = {f"e{i}": np.asarray(arg) for i, arg in enumerate(args)}
    shapes = dict.fromkeys(known, ())
    call = Apply(expr.op, tuple(map(Symbol, known)), expr.attrs)
    return float(evaluate(call, known, shapes, TABLE))


@every
def test_the_forms_of_a_gradient_multiply_and_are_those_of_pytorch(
    network: tuple[str, str], layout: str, jacobians: str
) -> None:
    values = in_numbers(network, layout, jacobians)
    solution = gradcalc.solve(gradcalc.load(text(network, layout)))
    view = View(solution, jacobians=True, turned=jacobians)
    for name in PARAMETERS:
        found = forms(view, f"dL/d{name}")
        assert len(found) == 2
        due = values[f"dL/d{name}"]
        for form in found:
            value = matrices(form, values)
            assert value.shape == (due.shape if due.ndim == 2 else (len(due), 1))
            np.testing.assert_allclose(value.reshape(due.shape), due, rtol=1e-9, atol=1e-12)


@every
def test_each_line_multiplies_and_is_that_of_pytorch(
    network: tuple[str, str], layout: str, jacobians: str
) -> None:
    values = in_numbers(network, layout, jacobians)
    solution = gradcalc.solve(gradcalc.load(text(network, layout)))
    view = View(solution, jacobians=True, turned=jacobians)
    seen = 0
    for node in view.backward:
        due = values[node.name]
        if node.name.startswith("dL/"):
            value = matrices(node.expr, values)
            np.testing.assert_allclose(value.reshape(due.shape), due, rtol=1e-9, atol=1e-12)
            seen += 1
    assert seen >= 7


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("network", NETWORKS, ids=lambda value: f"{value[1]}-{value[0]}")
def test_the_entries_of_a_closed_form_are_those_of_pytorch(
    network: tuple[str, str], layout: str
) -> None:
    values = in_numbers(network, layout, "numerator")
    view = View(gradcalc.solve(gradcalc.load(text(network, layout))))
    for name in PARAMETERS:
        form = closed_form(view, f"dL/d{name}")
        assert form is not None
        due = values[f"dL/d{name}"]
        letters = index_letters(view.taken)
        places = tuple(Symbol(next(letters)) for _ in due.shape)
        shown = view.anywhere(form, places, letters)
        for index in np.ndindex(due.shape):
            at = {place.name: i for place, i in zip(places, index, strict=True)}
            assert entry(shown, values, at) == pytest.approx(due[index], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("network", NETWORKS, ids=lambda value: f"{value[1]}-{value[0]}")
def test_the_entries_of_each_line_are_those_of_pytorch(
    network: tuple[str, str], layout: str
) -> None:
    values = in_numbers(network, layout, "numerator")
    view = View(gradcalc.solve(gradcalc.load(text(network, layout))))
    for node in (*view.forward, *view.backward):
        if f"{node.name}".startswith(("da1", "dyhat")):
            continue  # here a diagonal; in PyTorch's values a matrix
        local = {
            name: np.diag(value) if name in ("da1/dz1", "dyhat/dz2") else value
            for name, value in values.items()
        }
        letters = index_letters(view.taken)
        places = tuple(Symbol(next(letters)) for _ in node.shape)
        shown = view.anywhere(view.defined(node.expr), places, letters)
        due = values[node.name]
        for index in np.ndindex(due.shape):
            at = {place.name: i for place, i in zip(places, index, strict=True)}
            assert entry(shown, local, at) == pytest.approx(due[index], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("network", NETWORKS, ids=lambda value: f"{value[1]}-{value[0]}")
def test_entries_written_out_are_those_of_pytorch(network: tuple[str, str], layout: str) -> None:
    values = in_numbers(network, layout, "numerator")
    view = View(gradcalc.solve(gradcalc.load(text(network, layout), SIZES)))
    for name in PARAMETERS:
        form = closed_form(view, f"dL/d{name}")
        assert form is not None
        due = values[f"dL/d{name}"]
        for index in np.ndindex(due.shape):
            shown = ordered(view.entry(form, index, numbers=False), view.fed)
            assert "total" not in {p.op for p in parts(shown) if isinstance(p, Apply)}
            assert entry(shown, values, {}) == pytest.approx(due[index], rel=1e-9, abs=1e-12)


# --- the printed page, read again ----------------------------------------------------------


@dataclass
class Reader:
    """What stands on a page, multiplied as it stands: x aᵀ, A ⊙ B, (…)ᵀ."""

    rest: str
    values: dict[str, np.ndarray]

    def whole(self) -> np.ndarray:
        found = self.sum()
        assert not self.rest, self.rest
        return found

    def sum(self) -> np.ndarray:
        found = -self.term() if self.take("−") else self.term()
        while self.rest[:3] in (" + ", " − "):
            sign, self.rest = self.rest[1], self.rest[3:]
            found = found + (self.term() if sign == "+" else -self.term())
        return found

    def term(self) -> np.ndarray:
        found = self.product()
        while self.rest[:3] in (" ⊙ ", " / "):
            sign, self.rest = self.rest[1], self.rest[3:]
            other = self.product()
            assert found.shape == other.shape or 1 in (found.size, other.size)
            found = found * other if sign == "⊙" else found / other
        return found

    def product(self) -> np.ndarray:
        found = self.factor()
        while re.match(r"[ ·](?![+−⊙/])", self.rest):
            self.rest = self.rest[1:]
            other = self.factor()
            found = found * other if 1 in (found.size, other.size) else times(found, other)
        return found

    def factor(self) -> np.ndarray:
        if self.take("Σ "):
            return self.factor().sum(keepdims=True)
        found = self.atom()
        while self.rest[:1] in ("ᵀ", "²"):
            found = found.T if self.take("ᵀ") else found**2 if self.take("²") else found
        return found

    def atom(self) -> np.ndarray:
        if self.take("("):
            found = self.sum()
            assert self.take(")"), self.rest
            return found
        number = re.match(r"\d+", self.rest)
        if number:
            self.rest = self.rest[number.end() :]
            return np.array([[float(number[0])]])
        for shown, function in (("ReLU′(", "relu'"), ("softmax(", "softmax"), ("σ(", "sigmoid")):
            if self.take(shown):
                found = FUNCTIONS[function](self.sum())
                assert self.take(")")
                return found
        for name in sorted(self.values, key=len, reverse=True):
            if self.take(name):
                value = self.values[name]
                return value.reshape(value.shape if value.ndim == 2 else (-1, 1))
        raise AssertionError(f"what is {self.rest!r}?")

    def take(self, sign: str) -> bool:
        taken = self.rest.startswith(sign)
        self.rest = self.rest[len(sign) :] if taken else self.rest
        return taken


@every
def test_what_is_printed_multiplies_and_is_the_gradient_of_pytorch(
    network: tuple[str, str], layout: str, jacobians: str
) -> None:
    values = in_numbers(network, layout, jacobians)
    solution = gradcalc.solve(gradcalc.load(text(network, layout)))
    view = View(solution, jacobians=True, turned=jacobians)
    shown = page(view, columns=200).plain().partition("Answer ─")[2]
    named = {view.notation.name(name): value for name, value in values.items()}
    named |= {letter: np.array(float(size)) for letter, size in SIZES.items()}
    seen = 0
    for name in PARAMETERS:
        gradient = view.notation.name(f"dL/d{name}")
        block = shown.partition(f"     {gradient} = ")[2].split("\n\n")[0]
        first, *others = block.splitlines()
        assert first.strip() == chain_rule(view, f"dL/d{name}")
        due = values[f"dL/d{name}"]
        for row in others:
            formula = re.split(r"\s+∈ ", row.strip().removeprefix("= "))[0]
            value = Reader(formula, named).whole()
            assert value.shape == (due.shape if due.ndim == 2 else (len(due), 1))
            np.testing.assert_allclose(value.reshape(due.shape), due, rtol=1e-9, atol=1e-12)
            seen += 1
        dims = "×".join(SHAPES[layout][name])
        wanted = dims if len(dims) == 1 else f"{{{dims}}}"
        assert others[-1].endswith(f"∈ ℝ^{wanted}")
    assert seen >= 7
    link = re.search(r"∂z⁽²⁾/∂a⁽¹⁾ = (\S+) ", shown)
    assert link is not None
    np.testing.assert_array_equal(Reader(link[1], named).whole(), values["dz2/da1"])


SHAPES = {
    "units_by_inputs": {"W1": "MN", "b1": "M", "W2": "KM", "b2": "K"},
    "inputs_by_units": {"W1": "NM", "b1": "M", "W2": "MK", "b2": "K"},
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_page_that_multiplies_in_the_wrong_order_would_be_seen(layout: str) -> None:
    values = in_numbers(NETWORKS[0], layout, "numerator")
    with pytest.raises(AssertionError):
        Reader("dL/dyhat W2 da1/dz1 x", values).whole()


# --- any problem, with its numbers taken away ----------------------------------------------


def lettered(problem: gradcalc.Problem) -> str:
    """Return the file of a problem with shapes for its numbers."""
    lines = problem.source.text.splitlines()
    sections = {
        "input": "inputs",
        "target": "targets",
        "weight": "weights",
        "constant": "constants",
    }
    dropped = (*sections.values(), "given", "options", "answer", "expect", "rounding", "individual")
    kept, inside = [], False
    for row in lines:
        if row[:1].strip() and row[:1] not in "#-}":
            inside = row.partition(":")[0] in dropped
        if not inside:
            kept.append(row)
    for role, section in sections.items():
        shapes = (
            f"  {data.name}: {{shape: {list(data.shape)}}}"
            for data in problem.roles(role)
            if data.shape
        )
        found = list(shapes)
        if found:
            kept += [f"{section}:", *found]
    return "\n".join(kept) + "\n"


NUMERIC = [
    path
    for path in PROBLEMS
    if gradcalc.load(path).numeric
    and all(data.shape for data in gradcalc.load(path).data.values())
    and not gradcalc.load(path).upstream
]


@pytest.mark.parametrize("path", NUMERIC, ids=lambda path: path.stem)
def test_any_problem_can_be_shown_in_letters(path: Path) -> None:
    problem = gradcalc.load(lettered(gradcalc.load(path)))
    assert not problem.numeric
    solution = gradcalc.solve(problem)
    for jacobians, detail, columns, unicode in (
        (None, "entries", 40, True),
        ("numerator", "brief", 40, False),
        ("denominator", "entries", 80, False),
    ):
        view = View(solution, jacobians=bool(jacobians), turned=jacobians, unicode=unicode)
        for row in page(view, detail, columns).plain().splitlines():
            assert width(row) <= columns, row
        assert solution_line(view, detail)


@pytest.mark.parametrize("path", NUMERIC, ids=lambda path: path.stem)
def test_closed_forms_of_any_problem_have_its_values(path: Path) -> None:
    problem = gradcalc.load(path)
    view = View(gradcalc.solve(problem, "recompute"))
    values = view.solution.values
    shapes = {name: shape for name, shape in problem.visible.shapes.items() if name in values}
    for ref in problem.find:
        form = closed_form(view, ref.name)
        if form is None or problem.rounding is not None:
            continue
        value = evaluate(form, values, shapes, problem.table)
        due = values[ref.name]
        np.testing.assert_allclose(np.broadcast_to(value, due.shape), due, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("path", NUMERIC, ids=lambda path: path.stem)
def test_entries_with_an_index_have_the_values_of_any_problem(path: Path) -> None:
    problem = gradcalc.load(path)
    if problem.rounding is not None:
        pytest.skip("its values are rounded")
    values = gradcalc.solve(problem, "recompute").values
    view = View(gradcalc.solve(gradcalc.load(lettered(problem))))
    seen = 0
    for node in view.backward:
        if len(node.shape) > 2 or node.name in view.problem.jacobians:
            continue
        letters = index_letters(view.taken)
        places = tuple(Symbol(next(letters)) for _ in node.shape)
        try:
            shown = view.anywhere(view.defined(node.expr), places, letters)
        except NoEntriesError:
            continue
        due = values[node.name]
        for index in np.ndindex(due.shape):
            at = {place.name: i for place, i in zip(places, index, strict=True)}
            assert entry(shown, values, at) == pytest.approx(due[index], rel=1e-9, abs=1e-12)
            seen += 1
    assert seen
