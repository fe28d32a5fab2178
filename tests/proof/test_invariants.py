"""What must hold of any gradient: symmetry, composition, names, order, classes, rounding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcalc.algebra.formula.expr import Apply, Expr, Symbol, number, substitute, symbols
from gradcalc.algebra.formula.shapes import Shape
from gradcalc.algebra.operations.kernels import Array
from gradcalc.algebra.operations.table import TABLE
from gradcalc.engine.autodiff import differentiate
from gradcalc.engine.evaluate import Program
from gradcalc.engine.graph import Graph, Line, Node, build, visible
from gradcalc.engine.rounding import Rounding
from tests.engine.running import lines, passes, run
from tests.strategies import LETTERS, POOL, SHAPES, Example, examples, shaped

ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "softplus", "abs", "identity", "softmax")
seeds = st.integers(0, 2**16)


def close(found: Mapping[str, Array], expected: Mapping[str, Array], error: float = 1e-11) -> None:
    """Compare values by name, in parts of the largest entry of each."""
    for name, value in expected.items():
        scale = max(1.0, np.abs(value).max())
        assert found[name].shape == value.shape, name
        np.testing.assert_allclose(found[name], value, rtol=0, atol=error * scale, err_msg=name)


def gradients(equations: list[Line], values: Mapping[str, Array]) -> dict[str, Array]:
    """Return the gradients of the last line by every input."""
    shapes: dict[str, Shape] = {name: value.shape for name, value in values.items()}
    forward, backward = passes(equations, shapes, tuple(values))
    found = run(forward, backward.graph, values)
    return {name: found[f"d{forward.output}/d{name}"] for name in values}


# --- networks ----------------------------------------------------------------------------


def network(activation: str, loss: str, batch: bool) -> list[Line]:
    first, second = ("x @ W1.T", "a1 @ W2.T") if batch else ("W1 @ x", "W2 @ a1")
    return lines(f"z1 = {first} + b1\na1 = {activation}(z1)\nz2 = {second} + b2\nL = {loss}(z2, t)")


def network_values(seed: int, batch: bool, inputs: int = 3, hidden: int = 4) -> dict[str, Array]:
    generator = np.random.default_rng(seed)
    rows = (5,) if batch else ()
    shapes = {
        "W1": (hidden, inputs),
        "b1": (hidden,),
        "W2": (3, hidden),
        "b2": (3,),
        "x": (*rows, inputs),
    }
    values = {name: generator.uniform(-1, 1, shape) for name, shape in shapes.items()}
    target = generator.uniform(0, 1, (*rows, 3))
    return {**values, "t": target / target.sum(axis=-1, keepdims=True)}


activations = st.sampled_from(ACTIVATIONS)
losses = st.sampled_from(("half_squared_error", "mse", "huber", "softmax_cross_entropy"))


@settings(max_examples=60)
@given(activations, losses, st.booleans(), seeds, st.permutations(range(4)))
def test_permuted_hidden_units_permute_their_gradients(
    activation: str, loss: str, batch: bool, seed: int, order: list[int]
) -> None:
    values = network_values(seed, batch)
    equations = network(activation, loss, batch)
    permuted = {
        **values,
        "W1": values["W1"][order],
        "b1": values["b1"][order],
        "W2": values["W2"][:, order],
    }
    once, again = gradients(equations, values), gradients(equations, permuted)
    expected = {
        **once,
        "W1": once["W1"][order],
        "b1": once["b1"][order],
        "W2": once["W2"][:, order],
    }
    close(again, expected, 1e-14)


@settings(max_examples=40)
@given(activations, st.booleans(), seeds)
def test_cross_entropy_of_logits_passes_back_nothing_in_sum(
    activation: str, batch: bool, seed: int
) -> None:
    """Targets of a sample sum to 1, so its δ sums to 0, and so does what W2 and b2 get."""
    values = network_values(seed, batch)
    forward, backward = passes(
        network(activation, "softmax_cross_entropy", batch),
        {name: value.shape for name, value in values.items()},
        tuple(values),
    )
    found = run(forward, backward.graph, values)
    np.testing.assert_allclose(found["dL/dz2"].sum(axis=-1), 0, atol=1e-15)
    np.testing.assert_allclose(found["dL/dW2"].sum(axis=0), 0, atol=1e-14)
    np.testing.assert_allclose(found["dL/db2"].sum(), 0, atol=1e-15)


@settings(max_examples=40)
@given(activations, st.booleans(), seeds, st.floats(-50, 50))
def test_a_constant_added_to_the_logits_changes_nothing(
    activation: str, batch: bool, seed: int, constant: float
) -> None:
    values = network_values(seed, batch)
    equations = network(activation, "softmax_cross_entropy", batch)
    once = gradients(equations, values)
    again = gradients(equations, {**values, "b2": values["b2"] + constant})
    close(again, {name: once[name] for name in ("W1", "b1", "W2", "b2", "x")}, 1e-13)


@settings(max_examples=60)
@given(activations, losses, seeds)
def test_a_batch_is_the_sum_of_its_samples(activation: str, loss: str, seed: int) -> None:
    values = network_values(seed, batch=True)
    together = gradients(network(activation, f"{loss}", batch=True), values)
    alone = [
        gradients(
            network(activation, loss, batch=False),
            {**values, "x": values["x"][row], "t": values["t"][row]},
        )
        for row in range(5)
    ]
    samples = 1 if loss in ("half_squared_error", "huber") else 5
    for name in ("W1", "b1", "W2", "b2"):
        total = np.sum([one[name] for one in alone], axis=0) / samples
        close({name: together[name]}, {name: total}, 1e-13)


@settings(max_examples=40)
@given(activations, losses, st.booleans(), seeds, st.sampled_from([(3,), (4,), (5,), (1, 3)]))
def test_a_class_is_as_many_single_networks(
    activation: str, loss: str, batch: bool, seed: int, lead: tuple[int, ...]
) -> None:
    """A class of 3, 4 or 5 is as large as a vector or a batch of these networks."""
    equations = network(activation, loss, batch)
    values = network_values(seed, batch)
    forward, backward = passes(
        equations, {name: value.shape for name, value in values.items()}, tuple(values)
    )
    generator = np.random.default_rng(seed)
    own = ("W1", "b2", "x") if seed % 2 else ("W2", "b1", "t")
    stacked = {
        name: value + generator.uniform(-0.5, 0.5, lead + value.shape) if name in own else value
        for name, value in values.items()
    }
    together = run(forward, backward.graph, stacked)
    for student in np.ndindex(lead):
        single = {n: v[student] if n in own else v for n, v in stacked.items()}
        for name, expected in run(forward, backward.graph, single).items():
            found = np.broadcast_to(together[name], lead + expected.shape)[student]
            close({name: found}, {name: expected}, 2e-15)


# --- any equations -----------------------------------------------------------------------


@settings(max_examples=80)
@given(examples(), st.permutations(sorted(SHAPES)))
def test_other_names_give_the_same_gradients(example: Example, order: list[str]) -> None:
    names = {name: f"q{order.index(name)}" for name in SHAPES}
    names |= {line.name: f"p{number}" for number, line in enumerate(example.lines)}
    renamed = [
        Line(names[line.name], substitute(line.expr, {n: Symbol(m) for n, m in names.items()}))
        for line in example.lines
    ]
    once = gradients(list(example.lines), example.values)
    again = gradients(renamed, {names[n]: v for n, v in example.values.items()})
    for name, gradient in once.items():
        np.testing.assert_array_equal(again[names[name]], gradient)


@settings(max_examples=80)
@given(examples(), st.randoms(use_true_random=False))
def test_the_order_of_independent_lines_does_not_matter(example: Example, random: object) -> None:
    waiting = list(example.lines)
    ordered: list[Line] = []
    done = set(SHAPES)
    while waiting:
        ready = [line for line in waiting if set(symbols(line.expr)) <= done]
        line = ready[random.randrange(len(ready))]  # type: ignore[attr-defined]
        if line.name == "L" and len(waiting) > 1:
            line = next((other for other in ready if other.name != "L"), line)
        waiting.remove(line)
        ordered.append(line)
        done.add(line.name)
    once = gradients(list(example.lines), example.values)
    close(gradients(ordered, example.values), once)


@settings(max_examples=80)
@given(examples(), st.integers(0, 3))
def test_shared_names_get_the_sum_of_what_copies_would_get(example: Example, shift: int) -> None:
    """Each place where an input is read gets a copy of its own; the copies' gradients add up."""
    copies: dict[str, str] = {}

    def apart(expr: Expr) -> Expr:
        if isinstance(expr, Apply):
            return Apply(expr.op, tuple(map(apart, expr.args)), expr.attrs)
        if isinstance(expr, Symbol) and expr.name in SHAPES:
            copy = f"{expr.name}copy{len(copies) + shift}"
            copies[copy] = expr.name
            return Symbol(copy)
        return expr

    separate = [Line(line.name, apart(line.expr)) for line in example.lines]
    if not copies:
        return
    found = gradients(separate, {copy: example.values[name] for copy, name in copies.items()})
    shared = gradients(list(example.lines), example.values)
    for name in set(copies.values()):
        total = sum(found[copy] for copy, original in copies.items() if original == name)
        close({name: shared[name]}, {name: np.asarray(total)})


@settings(max_examples=80)
@given(examples(), st.data())
def test_a_composed_function_is_differentiated_step_by_step(
    example: Example, data: st.DataObject
) -> None:
    """dL/du through a middle line m is what dL/dm, handed in, gives through m alone."""
    shape = data.draw(st.sampled_from(list(POOL)))
    pool = {own: list(names) for own, names in POOL.items()}
    inner = Line("m", data.draw(shaped(shape, pool, 2)))
    middle = POOL[shape][0]
    outer = [
        Line(line.name, substitute(line.expr, {middle: Symbol("m")})) for line in example.lines
    ]
    whole = gradients([inner, *outer], example.values)
    value = Program(build([inner], SHAPES, TABLE).nodes, SHAPES, TABLE).run(example.values)["m"]
    last = gradients(outer, {**example.values, "m": value})
    first = build([inner], SHAPES, TABLE)
    backward = differentiate(first, tuple(SHAPES), TABLE, loss="L", upstream=["m"]).graph
    shapes = {**SHAPES, "dL/dm": shape}
    program = Program([*first.nodes, *backward.nodes], shapes, TABLE)
    through = program.run({**example.values, "dL/dm": last["m"]})
    for name in SHAPES:
        total = last[name] + through[f"dL/d{name}"]
        close({name: whole[name]}, {name: total})


@settings(max_examples=60)
@given(examples(), examples(), st.floats(-2, 2))
def test_the_gradient_is_linear_in_the_loss(one: Example, two: Example, factor: float) -> None:
    def marked(example: Example, mark: str) -> list[Line]:
        names = {line.name: Symbol(line.name + mark) for line in example.lines}
        return [Line(line.name + mark, substitute(line.expr, names)) for line in example.lines]

    both = [*marked(one, "one"), *marked(two, "two"), *lines("L = Lone + factor*Ltwo")]
    values = {**one.values, "factor": np.asarray(factor)}
    first = gradients(list(one.lines), one.values)
    second = gradients(list(two.lines), one.values)
    expected = {name: first[name] + factor * second[name] for name in SHAPES}
    close(gradients(both, values), expected)


@settings(max_examples=80)
@given(examples())
def test_formulas_in_letters_give_the_numbers(example: Example) -> None:
    """A derivation for shapes m and n, with 2 and 3 put in, has the values of 2×3."""
    sizes = {letter: dim for dim, letter in LETTERS.items()}

    def lettered(shape: Shape) -> Shape:
        return tuple(LETTERS.get(dim, dim) if isinstance(dim, int) else dim for dim in shape)

    def counted(node: Node) -> Node:
        expr = substitute(node.expr, {letter: number(dim) for letter, dim in sizes.items()})
        shape = tuple(sizes.get(dim, dim) if isinstance(dim, str) else dim for dim in node.shape)
        return Node(node.name, expr, shape)

    shapes = {name: lettered(shape) for name, shape in SHAPES.items()}
    forward, backward = passes(list(example.lines), shapes, example.read)
    shown = visible(forward, backward.graph, TABLE)
    nodes = [counted(node) for node in (*shown.forward, *shown.backward)]
    found = Program(nodes, SHAPES, TABLE).run(example.values)
    once = gradients(list(example.lines), example.values)
    close({name: found[f"dL/d{name}"] for name in SHAPES}, once, 1e-10)


# --- rounding ----------------------------------------------------------------------------

MODES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "truncate": ROUND_DOWN}
Rows = list[list[Decimal]]
tenths = st.integers(-30, 30).map(lambda n: Decimal(n) / 10)
HAND = "z1 = W1 @ x + b1\na1 = relu(z1)\nz2 = W2 @ a1 + b2\nL = half_squared_error(z2, t)"


def by_hand(v: Mapping[str, Rows], cut: Callable[[Decimal], Decimal]) -> dict[str, Rows]:
    """Return both passes in decimals, every value cut before it is carried on."""

    def each(rows: Rows) -> Rows:
        return [[cut(entry) for entry in row] for row in rows]

    def times(a: Rows, b: Rows) -> Rows:
        columns = list(zip(*b, strict=True))
        return [
            [sum((p * q for p, q in zip(r, c, strict=True)), Decimal()) for c in columns] for r in a
        ]

    def plus(a: Rows, b: Rows) -> Rows:
        return [[p + q for p, q in zip(r, s, strict=True)] for r, s in zip(a, b, strict=True)]

    def turned(a: Rows) -> Rows:
        return [list(row) for row in zip(*a, strict=True)]

    z1 = each(plus(times(v["W1"], v["x"]), v["b1"]))
    a1 = each([[max(entry, Decimal())] for (entry,) in z1])
    z2 = each(plus(times(v["W2"], a1), v["b2"]))
    error = [[p - q] for (p,), (q,) in zip(z2, v["t"], strict=True)]
    loss = sum((e * e for (e,) in error), Decimal()) / 2
    d2 = each(error)
    da1 = each(times(turned(v["W2"]), d2))
    slope = each([[Decimal(int(entry > 0))] for (entry,) in z1])
    d1 = each([[p * q] for (p,), (q,) in zip(da1, slope, strict=True)])
    return {
        "z1": z1,
        "a1": a1,
        "z2": z2,
        "L": [[cut(loss)]],
        "dL/dz2": d2,
        "dL/dW2": each(times(d2, turned(a1))),
        "dL/db2": d2,
        "dL/da1": da1,
        "da1/dz1": slope,
        "dL/dz1": d1,
        "dL/dW1": each(times(d1, turned(v["x"]))),
        "dL/dx": each(times(turned(v["W1"]), d1)),
    }


HAND_SHAPES: dict[str, Shape] = {
    "W1": (2, 3),
    "x": (3,),
    "b1": (2,),
    "W2": (2, 2),
    "b2": (2,),
    "t": (2,),
}


def floats(rows: Rows, shape: tuple[int, ...]) -> Array:
    return np.array([[float(entry) for entry in row] for row in rows]).reshape(shape)


@settings(max_examples=150)
@given(st.data(), st.sampled_from(sorted(MODES)), st.integers(0, 2))
def test_rounded_passes_are_decimal_arithmetic(
    data: st.DataObject, mode: str, decimals: int
) -> None:
    """Tenths times tenths end in a 5 often, so ties are met at every line."""
    values = {
        name: [
            [data.draw(tenths) for _ in range(shape[1] if len(shape) == 2 else 1)]  # type: ignore[arg-type]
            for _ in range(shape[0])  # type: ignore[arg-type]
        ]
        for name, shape in HAND_SHAPES.items()
    }
    places = Decimal(1).scaleb(-decimals)
    expected = by_hand(values, lambda value: value.quantize(places, MODES[mode]))
    forward, backward = passes(lines(HAND), HAND_SHAPES, ("W1", "b1", "W2", "b2", "x"))
    start = {name: floats(values[name], shape) for name, shape in HAND_SHAPES.items()}  # type: ignore[arg-type]
    program = Program([*forward.nodes, *backward.graph.nodes], forward.inputs, TABLE)
    found = program.run(start, adjust=Rounding(decimals=decimals, mode=mode))
    shapes = {**forward.shapes, **backward.graph.shapes}
    for name, rows in expected.items():
        own = tuple(int(dim) for dim in shapes[name])
        np.testing.assert_array_equal(found[name], floats(rows, own) + 0.0, err_msg=name)


# --- single rules ------------------------------------------------------------------------


def at(text: str, wanted: str, **values: object) -> Array:
    """Return the gradient of the last line by one name."""
    arrays = {name: np.asarray(value, dtype=float) for name, value in values.items()}
    shapes: dict[str, Shape] = {name: array.shape for name, array in arrays.items()}
    forward, backward = passes(lines(text), shapes, [wanted])
    return run(forward, backward.graph, arrays)[f"dL/d{wanted}"]


@pytest.mark.parametrize("function", ["hinge", "binary_cross_entropy_with_logits", "mse"])
def test_an_operand_that_stands_twice_gets_both_parts(function: str) -> None:
    text = f"L = 2*{function}(u, {{}})"
    u = np.array([0.3, -0.2])
    apart = gradients(lines(text.format("v")), {"u": u, "v": u})
    found = at(text.format("u"), "u", u=u)
    np.testing.assert_allclose(found, apart["u"] + apart["v"], rtol=1e-15)


def test_an_absent_class_of_probability_zero_passes_nothing_back() -> None:
    found = at("L = cross_entropy(p, t)", "p", p=[1, 0, 0], t=[1, 0, 0])
    np.testing.assert_array_equal(found, [-1, 0, 0])


def given_output(text: str, z: list[float], a: list[float]) -> Array:
    """Return dL/dz of a line a = f(z) whose value is given, L being the sum of a."""
    shapes: dict[str, Shape] = {"z": (len(z),)}
    forward: Graph = build(lines(f"a = {text}\nL = sum(a)"), shapes, TABLE)
    backward = differentiate(forward, ["z"], TABLE, loss="L", given=["a"]).graph
    program = Program([*forward.nodes, *backward.nodes], forward.inputs, TABLE)
    return program.run({"z": np.array(z)}, given={"a": np.array(a)})["dL/dz"]


@pytest.mark.parametrize(
    ("text", "a", "slope"),
    [
        ("relu(z)", [0.0, 2.0], [0, 1]),
        ("leaky_relu(z)", [-0.5, 2.0], [0.01, 1]),
        ("leaky_relu(z, alpha=0.25)", [-0.5, 2.0], [0.25, 1]),
        ("sigmoid(z)", [0.5, 0.75], [0.25, 0.1875]),
        ("tanh(z)", [0.5, -0.25], [0.75, 0.9375]),
        ("softmax(z)", [0.5, 0.5], [0, 0]),
    ],
)
def test_a_given_output_decides_and_not_the_pre_activation(
    text: str, a: list[float], slope: list[float]
) -> None:
    """The pre-activations contradict the given outputs in sign and size."""
    np.testing.assert_allclose(given_output(text, [3.0, -3.0], a), slope, rtol=1e-15, atol=1e-15)
