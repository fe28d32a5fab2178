"""Every row of the table of operations: its value, its derivative, its shape, its names."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from gradcalc.algebra.formula.expr import (
    Apply,
    Expr,
    Number,
    Symbol,
    add,
    apply,
    mul,
    number,
    parts,
    substitute,
)
from gradcalc.algebra.formula.shapes import Shape
from gradcalc.algebra.formula.syntax import format, parse
from gradcalc.algebra.operations.inference import resolve
from gradcalc.algebra.operations.kernels import Array
from gradcalc.algebra.operations.operation import Operation, formula
from gradcalc.algebra.operations.table import TABLE
from gradcalc.engine.autodiff import differentiate, partial
from gradcalc.engine.evaluate import Program, evaluate
from gradcalc.engine.graph import Line, build
from gradcalc.errors import ProblemError
from tests.algebra.samples import Sample, samples

ROWS = [row for row in TABLE if row.name != "array"]  # an array is a constant
ELEMENTWISE = [row for row in ROWS if row.is_elementwise or row.kind == "loss"]
FLAT = {"lt", "le", "gt", "ge", "eq", "sign", "heaviside", "max_mask", "one_hot"}
STILL = {("where", "a0"), ("embed", "a1"), ("unpool", "a1")}  # operands that pass nothing back
HALVES = ("first_half", "second_half", "join", "glu")  # a letter has no half
WINDOWS = ("conv1d", "conv2d", "max_pool", "mean_pool", "unpool", "max_mask", "spread")
PLACES = ("flatten", "reshape", "concat", "stack", "pick", "part", "place", "one_hot", "embed")
NUMBERED = (*HALVES, *WINDOWS, *PLACES)  # their shapes over letters have tests of their own
SMOOTH_KINKS = ("huber", "smooth_l1")  # the derivative bends, and does not jump
EXTREME = np.array([-1000.0, -30.0, 0.0, 30.0, 1000.0])


def every(rows: list[Operation]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", rows, ids=[row.name for row in rows])


def gradients(sample: Sample, weight: Array) -> dict[str, Array]:
    """Return d(Σ weight ⊙ value)/d(operand) for every operand, by the engine."""
    loss = apply("sum", mul(Symbol("weight"), Symbol("v")))
    graph = build(
        [Line("v", sample.expr), Line("L", loss)],
        {**sample.shapes, "weight": sample.shape},
        TABLE,
    )
    backward = differentiate(graph, tuple(sample.values), TABLE, loss="L").graph
    program = Program([*graph.nodes, *backward.nodes], graph.inputs, TABLE)
    values = program.run({**sample.values, "weight": weight})
    return {name: values[f"dL/d{name}"] for name in sample.values}


def weights(sample: Sample) -> Array:
    shape = tuple(int(dim) for dim in sample.shape)
    return np.random.default_rng(7).uniform(0.5, 1.5, shape)


@every(ROWS)
def test_there_are_samples_with_a_gradient(row: Operation) -> None:
    assert samples(row)
    if row.name in FLAT:
        return
    reached = dict.fromkeys(range(len(row.params)), False)
    for sample in samples(row):
        found = gradients(sample, weights(sample))
        for index in reached:
            reached[index] |= bool(np.any(found[f"a{index}"] != 0))
        if all(reached.values()):
            break
    for index, moved in reached.items():
        assert moved is ((row.name, f"a{index}") not in STILL)


@every(ROWS)
def test_gradient_against_central_differences(row: Operation) -> None:
    step = 1e-6
    for sample in samples(row):
        weight = weights(sample)
        found = gradients(sample, weight)
        generator = np.random.default_rng(3)
        for name, gradient in found.items():
            assert gradient.shape == sample.values[name].shape
            if (row.name, name) in STILL or row.name == "one_hot":
                continue
            direction = generator.uniform(-1, 1, gradient.shape)
            ends = [
                Sample(sample.expr, {**sample.values, name: sample.values[name] + h * direction})
                for h in (step, -step)
            ]
            high, low = (np.sum(weight * end.value) for end in ends)
            slope = (high - low) / (2 * step)
            np.testing.assert_allclose(
                np.sum(gradient * direction), slope, rtol=2e-7, atol=2e-8, err_msg=str(sample)
            )


@every([row for row in ROWS if row.kernel and row.definition])
def test_kernel_is_the_definition(row: Operation) -> None:
    for sample in samples(row):
        meaning = row.expand(sample.expr)
        assert meaning is not None
        expected = evaluate(meaning, sample.values, sample.shapes, TABLE)
        np.testing.assert_allclose(sample.value, expected, rtol=1e-13, atol=1e-14)


def plain(expr: Expr) -> bool:
    """Tell whether a formula is made of elementwise operations only."""
    return all(TABLE[part.op].is_elementwise for part in parts(expr) if isinstance(part, Apply))


@every([row for row in ELEMENTWISE if row.definition and plain(formula(row.definition))])
def test_derivative_is_that_of_the_definition(row: Operation) -> None:
    assert row.definition is not None
    assert row.derivative is not None
    for sample in samples(row):
        for param, text in zip(row.params, row.derivative, strict=True):
            definition = formula(row.definition)
            exact = partial(definition, param, TABLE)
            written = substitute(formula(text or "0"), {row.output: definition})
            np.testing.assert_allclose(
                *np.broadcast_arrays(sample_at(sample, written), sample_at(sample, exact)),
                rtol=1e-11,
                atol=1e-13,
            )


def sample_at(sample: Sample, expr: Expr) -> Array:
    """Return the value of a formula in the row's parameters at the sample's operands."""
    row = sample.row
    values = dict(zip(row.params, sample.values.values(), strict=True))
    shapes: dict[str, Shape] = {name: value.shape for name, value in values.items()}
    bound = {**row.attributes, **{k: v for k, v in sample.expr.attrs if k != "reduction"}}
    values |= {
        name: np.asarray(float(v.value)) for name, v in bound.items() if isinstance(v, Number)
    }
    return evaluate(expr, values, {**dict.fromkeys(values, ()), **shapes}, TABLE)


SYMPY = {
    "add": "a + b + c",
    "mul": "a*b*c",
    "neg": "-a",
    "div": "a/b",
    "pow": "a**b",
    "exp": "exp(a)",
    "log": "log(a)",
    "sqrt": "sqrt(a)",
    "abs": "Abs(a)",
    "sign": "sign(a)",
    "sin": "sin(a)",
    "cos": "cos(a)",
    "tanh": "tanh(a)",
    "sigmoid": "1/(1 + exp(-a))",
    "softplus": "log(1 + exp(a))",
    "arctan": "atan(a)",
    "erf": "erf(a)",
    "normal_cdf": "(1 + erf(a/sqrt(2)))/2",
    "normal_pdf": "exp(-a**2/2)/sqrt(2*pi)",
    "lncosh": "log(cosh(a))",
    "max": "Max(a, b)",
    "min": "Min(a, b)",
    "relu": "Max(a, 0)",
    "leaky_relu": "Max(a, 0) + Min(a, 0)/100",
    "xlogy": "a*log(b)",
    "xdivy": "a/b",
    "squared_error": "(a - b)**2",
    "half_squared_error": "(a - b)**2/2",
    "mse": "(a - b)**2",
    "l1": "Abs(a - b)",
    "hinge": "Max(0, 1 - a*b)",
    "cross_entropy": "-b*log(a)",
    "binary_cross_entropy": "-b*log(a) - (1 - b)*log(1 - a)",
    "binary_cross_entropy_with_logits": "log(1 + exp(a)) - b*a",
}


@pytest.mark.parametrize("name", SYMPY)
def test_value_and_derivative_against_sympy(name: str) -> None:
    sympy = pytest.importorskip("sympy")
    symbols = sympy.symbols("a b c", real=True)
    expected = sympy.sympify(SYMPY[name], locals=dict(zip("abc", symbols, strict=True)))
    sample = next(
        s
        for s in samples(TABLE[name])
        if set(s.shapes.values()) == {()}
        and not any(key in ("alpha", "delta") for key, _ in s.expr.attrs)
    )
    numbers = dict(zip(symbols, map(float, sample.values.values()), strict=False))
    assert float(sample.value) == pytest.approx(float(expected.subs(numbers)), rel=1e-13)
    found = gradients(sample, np.asarray(1.0))
    for symbol, gradient in zip(symbols, found.values(), strict=False):
        slope = sympy.diff(expected, symbol).subs(numbers)
        assert float(gradient) == pytest.approx(float(slope.doit()), rel=1e-12, abs=1e-15)


def test_every_smooth_row_of_numbers_stands_beside_sympy() -> None:
    """Activations and losses stand beside PyTorch, all of them, in a module of their own."""
    missing = {row.name for row in ELEMENTWISE if row.kind not in ("activation", "loss")}
    assert missing - set(SYMPY) == {"lt", "le", "gt", "ge", "eq", "heaviside", "where"}


LETTERS = {2: "m", 3: "n"}


def lettered(shape: Shape) -> Shape:
    return tuple(LETTERS.get(dim, dim) if isinstance(dim, int) else dim for dim in shape)


@every(ROWS)
def test_shape_of_the_value(row: Operation) -> None:
    for sample in samples(row):
        assert sample.value.shape == sample.shape, str(sample)
        attrs = {**row.attributes, **dict(sample.expr.attrs)}
        if row.name in ("fill", "array", *NUMBERED):
            continue
        letters = tuple(map(lettered, sample.shapes.values()))
        assert row.shape(letters, attrs) == lettered(sample.shape), str(sample)


@pytest.mark.parametrize(
    "text",
    [
        "M + N.T",
        "u + p",
        "u*M.T",
        "M @ p",
        "M @ M",
        "p @ u",
        "M @ s",
        "softmax(s)",
        "dot(u, p)",
        "dot(M, M)",
        "outer(M, u)",
        "diag(M)",
        "mse(u, p)",
        "mse(M, u)",
        "sum(u, axis=1)",
        "mean(s, axis=0)",
        "fill(u, rows=2)",
        "[[1, 2], [3]]",
        "max(u, p)",
        "where(u > 0, p, 1)",
        "u + C",
        "C*u",
        "u + D",
    ],
)
def test_operands_that_do_not_fit(text: str) -> None:
    shapes: dict[str, Shape] = {
        "M": (2, 3),
        "N": (2, 3),
        "u": (3,),
        "p": (2,),
        "s": (),
        "C": (3, 1),
        "D": (3, 2),
    }
    with pytest.raises(ProblemError, match="cannot "):
        build([Line("v", parse(text))], shapes, TABLE)
    with pytest.raises(ProblemError, match="cannot "):
        build([Line("v", parse(text))], {n: lettered(s) for n, s in shapes.items()}, TABLE)


@pytest.mark.parametrize(
    ("text", "operand", "value", "slope"),
    [
        ("relu(x)", 0.0, 0.0, 0.0),
        ("relu(x)", -0.0, 0.0, 0.0),
        ("leaky_relu(x)", 0.0, 0.0, 0.01),
        ("leaky_relu(x, alpha=0.2)", -1.0, -0.2, 0.2),
        ("abs(x)", 0.0, 0.0, 0.0),
        ("sign(x)", 0.0, 0.0, 0.0),
        ("heaviside(x)", 0.0, 0.5, 0.0),
        ("max(x, 2)", 2.0, 2.0, 0.5),
        ("min(x, 2)", 2.0, 2.0, 0.5),
        ("max(x, 2*x - 2)", 2.0, 2.0, 1.5),
        ("norm(x)", 0.0, 0.0, 0.0),
        ("norm(x)", -3.0, 3.0, -1.0),
        ("l1(x, 2)", 2.0, 0.0, 0.0),
        ("huber(x, 0)", 1.0, 0.5, 1.0),
        ("huber(x, 0)", -1.0, 0.5, -1.0),
        ("hinge(x, 1)", 1.0, 0.0, 0.0),
        ("where(x > 0, x^2, 3*x)", 0.0, 0.0, 3.0),
        ("xlogy(0, x)", 0.0, 0.0, 0.0),
        ("cross_entropy(x, 0)", 0.0, 0.0, 0.0),
        ("x^2", 0.0, 0.0, 0.0),
    ],
)
def test_conventions_at_kinks(text: str, operand: float, value: float, slope: float) -> None:
    graph = build([Line("L", parse(text))], {"x": ()}, TABLE)
    backward = differentiate(graph, ("x",), TABLE, loss="L").graph
    found = Program([*graph.nodes, *backward.nodes], graph.inputs, TABLE).run(
        {"x": np.asarray(operand)}
    )
    assert found["L"] == value
    assert found["dL/dx"] == slope


@every([row for row in ROWS if row.kinks and row.derivative])
def test_a_kink_with_a_slope_on_one_side_is_explained(row: Operation) -> None:
    if row.name not in FLAT and row.name not in SMOOTH_KINKS:
        assert row.kink_note


def extremes(row: Operation) -> dict[str, Array]:
    """Return operands a0, a1, … with |a0| up to 1000; the others are what goes with it."""
    if row.name == "glu":
        return {"a0": np.concatenate([EXTREME, EXTREME[::-1]])}
    others = {
        "alpha": np.full(5, 0.25),
        "v": np.array([0.5, 1.0, 2.0, 1.0, 1.0]),
        "b": EXTREME[::-1],
        "p": EXTREME[::-1],
        "n": EXTREME + 1,
    }
    hot = np.array([0.0, 1.0, 0.0, 0.0, 0.0])
    if "t > 0" in row.domain or "abs(t) > 0" in row.domain:
        hot += 0.5
    if row.family == "of a score, for targets −1 and 1":
        hot = 2 * hot - 1
    if row.name == "cosine_embedding":
        hot = np.asarray(-1.0)
    first = np.abs(EXTREME) + 1 if "y > 0" in row.domain or "y > -1" in row.domain else EXTREME
    return {
        f"a{i}": first if i == 0 else hot if name == "t" else others[name]
        for i, name in enumerate(row.params)
    }


OVERFLOW = {"exponential_loss", "poisson_nll"}
"""Losses whose value at 1000 is larger than any float."""


@every(
    [
        row
        for row in ROWS
        if row.kind in ("activation", "loss")
        and "y < 1" not in row.domain
        and row.name not in OVERFLOW
    ]
)
def test_far_out_values_are_finite_without_warnings(row: Operation) -> None:
    operands = extremes(row)
    sample = Sample(Apply(row.name, tuple(map(Symbol, operands))), operands)
    with warnings.catch_warnings(), np.errstate(over="raise", divide="raise", invalid="raise"):
        warnings.simplefilter("error")
        assert np.isfinite(sample.value).all()
        found = gradients(sample, weights(sample))
        assert all(np.isfinite(gradient).all() for gradient in found.values())
        if row.is_elementwise:
            rest = operands["a0"] * 0 + 1000.0
            far = Sample(sample.expr, {**operands, "a0": rest})
            assert np.isfinite(gradients(far, weights(far))["a0"]).all()


@every([row for row in ROWS if row.jacobian])
def test_jacobian_agrees_with_the_product(row: Operation) -> None:
    sample = next(s for s in samples(row) if s.shape == (3,))
    matrix = sample.at(row.jacobian or "")
    for g in np.eye(3):
        np.testing.assert_allclose(gradients(sample, g)["a0"], g @ matrix, atol=1e-15)


@every([row for row in ROWS if row.given])
def test_derivative_read_off_the_output(row: Operation) -> None:
    sample = samples(row)[0]
    graph = build([Line("v", sample.expr), Line("L", parse("sum(v)"))], sample.shapes, TABLE)
    usual, given = (
        Program(
            [
                *graph.nodes,
                *differentiate(graph, ("a0",), TABLE, loss="L", given=names).graph.nodes,
            ],
            graph.inputs,
            TABLE,
        ).run(sample.values)["dL/da0"]
        for names in ((), ("v",))
    )
    np.testing.assert_allclose(given, usual, atol=1e-15)


@every(ROWS)
def test_names_resolve(row: Operation) -> None:
    operands = tuple(Symbol(f"a{i}") for i in range(2 if row.variadic else len(row.params)))
    for alias in (row.name, *row.aliases):
        spelled = alias.partition("(")[0]
        plain = spelled if "." in spelled else f"here.{spelled}"
        for name in (spelled, spelled.upper(), spelled.replace("_", "-"), plain):
            found = TABLE.resolve(name)
            assert found is not None, name
            assert found.op == row.name
            resolve(Apply(spelled, operands, found.attrs), TABLE)


@pytest.mark.parametrize(
    ("alias", "meaning"),
    [
        ("MSELoss", "mse()"),
        ("L1Loss", "l1(reduction=mean)"),
        ("HuberLoss", "huber(reduction=mean)"),
        ("BCELoss", "binary_cross_entropy(reduction=mean)"),
        ("CrossEntropyLoss", "softmax_cross_entropy()"),
        ("LeakyReLU", "leaky_relu()"),
        ("ln", "log()"),
        ("relu'", "relu'()"),
        ("Linear", "identity()"),
    ],
)
def test_presets_of_frameworks(alias: str, meaning: str) -> None:
    found = TABLE.resolve(alias)
    assert found is not None
    assert format(found) == meaning


@every(ROWS)
def test_lists_of_a_row_are_tuples(row: Operation) -> None:
    lists = (row.params, row.kinks, row.at_kink, row.domain, row.aliases, row.positive)
    assert all(isinstance(each, tuple) for each in (*lists, row.derivative or ()))


def test_no_name_is_that_of_two_rows() -> None:
    seen: dict[str, str] = {}
    for row in ROWS:
        for alias in (row.name, *row.aliases):
            name = alias.partition("(")[0].casefold().replace("_", "")
            assert seen.setdefault(name, row.name) == row.name


@every([row for row in ROWS if len(row.name) > 3])
def test_a_misspelt_name_is_recognised(row: Operation) -> None:
    assert TABLE.nearest(row.name[:-1]) is not None
    assert TABLE.nearest(row.name + "x") == row.name


def test_an_unknown_name_has_no_row() -> None:
    assert TABLE.resolve("quux") is None
    assert TABLE.nearest("quux") is None
    assert TABLE.resolve("softmax'") is None
    with pytest.raises(KeyError):
        TABLE["quux'"]


def test_using_a_derivative_changes_nothing_in_the_table() -> None:
    before = [row.name for row in TABLE]
    assert TABLE["softplus'"].definition == "sigmoid(x)"
    assert [row.name for row in TABLE] == before
    assert "softplus'" not in TABLE


@pytest.mark.parametrize(
    "row",
    [r for r in ROWS if r.derivative and len(r.params) == 1 and not r.variadic],
    ids=lambda r: r.name,
)
def test_second_derivatives(row: Operation) -> None:
    sample = next(s for s in samples(row) if s.shape == (3,))
    prime = Sample(Apply(row.name + "'", sample.expr.args, sample.expr.attrs), sample.values)
    first = gradients(sample, np.ones(3))["a0"]
    np.testing.assert_allclose(*np.broadcast_arrays(prime.value, first), rtol=1e-13, atol=1e-15)
    step = 1e-5
    high, low = (Sample(prime.expr, {"a0": sample.values["a0"] + h}).value for h in (step, -step))
    second = gradients(prime, np.ones(3))["a0"]
    np.testing.assert_allclose(second, (high - low) / (2 * step) * np.ones(3), atol=1e-7)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rlu(x)", "rlu is not a function"),
        ("div(x, x, x)", "div takes 2 operands (a, b), 3 given"),
        ("add(x)", "add takes 2 or more operands (x), 1 given"),
        ("relu(x, x)", "relu takes 1 operand (x), 2 given"),
        ("relu(x, alpha=1)", "alpha is not a parameter of relu"),
        ("leaky_relu(x, alpha=big)", "alpha takes a number"),
        ("mse(x, x, reduction=most)", "reduction=most is not known"),
        ("sum(x, axis=1/2)", "axis takes a whole number"),
        ("sum(x, keepdims=2)", "keepdims is 0 or 1"),
        ("dot(x, x, axis=0)", "axis is not a parameter of dot"),
        ("cosine_similarity(x, x)", "cosine_similarity means different things"),
        ("rmse(x, x, reduction=sum)", "reduction is not a parameter of rmse"),
        ("x[0]", "an entry is named by whole numbers"),
        ("x[t]", "t is not a number here"),
        ("x[1,2,3]", "more indices than a matrix has axes"),
        ("x[2:]", "the last entry is missing"),
        ("conv1d(x, x, padding=1/2)", "padding takes a whole number"),
        ("multi_margin(x, x, p=1/2)", "p takes a whole number"),
        ("[1, x]", "a list in an equation holds numbers only"),
        ("size(x)", "size is not a function"),
    ],
)
def test_calls_that_are_refused(text: str, message: str) -> None:
    with pytest.raises(ProblemError) as caught:
        resolve(parse(text), TABLE)
    assert message in caught.value.message


def test_a_hint_names_the_function_that_was_meant() -> None:
    with pytest.raises(ProblemError) as caught:
        resolve(parse("sigmiod(x)"), TABLE)
    assert caught.value.hint == "did you mean sigmoid?"


def test_rows_of_a_file_join_the_table() -> None:
    row = Operation(
        "f", ("z",), "elementwise", "", definition="5*relu(z)", derivative=("5*relu'(z)",)
    )
    table = TABLE.extended([row])
    assert "f" in table
    assert "f" not in TABLE
    assert table.resolve("f") == Apply("f", ())
    assert partial(add(apply("f", Symbol("x")), number(1)), "x", table) == parse("5*relu'(x)")
