"""Networks without curves, from the file to the gradient, against exact fractions."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import gradcalc
from tests.proof.exact import ACTIVATIONS, LOSSES, Layer, Matrix, Network, Sized, sized

decimals = st.integers(-300, 300).map(lambda n: sized(Fraction(n, 100)))
eighths = st.integers(-16, 16).map(lambda n: sized(Fraction(n, 8)))
quarters = st.sampled_from([Fraction(1, 4), Fraction(1, 2), Fraction(2)]).map(sized)
hundredths = st.integers(1, 150).map(lambda n: sized(Fraction(n, 100)))


@st.composite
def networks(
    draw: st.DrawFn,
    entries: st.SearchStrategy[Sized],
    parameters: st.SearchStrategy[Sized],
    counts: st.SearchStrategy[int],
) -> Network:
    """Return a network of one to three layers; its file may hold a batch."""

    def rows(height: int, width: int) -> Matrix:
        return [[draw(entries) for _ in range(width)] for _ in range(height)]

    widths = draw(st.lists(counts, min_size=2, max_size=4))
    samples = draw(counts)
    names = st.sampled_from(sorted(ACTIVATIONS))
    layers = [
        Layer(rows(units, inputs), rows(1, units)[0], draw(names))
        for inputs, units in pairwise(widths)
    ]
    loss = draw(st.sampled_from(sorted(LOSSES)))
    reduction = draw(st.sampled_from(["", "sum", "mean", "batchmean"]))
    inputs, targets = rows(samples, widths[0]), rows(samples, widths[-1])
    return Network(layers, inputs, targets, loss, reduction, draw(parameters), draw(parameters))


def text(value: Sized) -> str:
    """Return a number as a file has it, exactly."""
    return f"{float(value.exact):.4f}".rstrip("0").rstrip(".")


def listed(rows: Matrix) -> str:
    return "[" + ", ".join("[" + ", ".join(map(text, row)) + "]" for row in rows) + "]"


def vector(row: list[Sized]) -> str:
    return listed([row])[1:-1]


def file(network: Network, by_units: bool) -> str:
    """Return the problem file of a network; a single sample is a vector, not a batch."""
    alone = len(network.inputs) == 1
    shown = (lambda rows: vector(rows[0])) if alone else listed
    calls = {"leaky_relu": f"leaky_relu(alpha={text(network.alpha)})"}
    activations = ", ".join(calls.get(l.activation, l.activation) for l in network.layers)
    parameters = [f"reduction={network.reduction}"] if network.reduction else []
    parameters += [f"delta={text(network.delta)}"] if network.loss == "huber" else []
    lines = [
        f"inputs: {{x: {shown(network.inputs)}}}",
        f"targets: {{y: {shown(network.targets)}}}",
        f"activations: [{activations}]",
        f"loss: {network.loss}({', '.join(parameters)})" if parameters else f"loss: {network.loss}",
        f"weights_layout: {'units_by_inputs' if by_units else 'inputs_by_units'}",
        "find: [dL/dx, dL/dW1]",
        "weights:",
    ]
    for number, layer in enumerate(network.layers, start=1):
        weight = (
            layer.weight if by_units else [list(row) for row in zip(*layer.weight, strict=True)]
        )
        lines += [f"  W{number}: {listed(weight)}", f"  b{number}: {vector(layer.bias)}"]
    return "\n".join(lines) + "\n"


def compared(network: Network, by_units: bool, found: dict[str, list[list[Sized]]]) -> float:
    """Return the largest error of any value, in parts of the size of its terms."""
    values = gradcalc.solve(gradcalc.load(file(network, by_units))).values
    worst = 0.0
    for name, rows in found.items():
        value = np.asarray(values[name])
        matrix = name.startswith("dL/dW")
        if matrix and not by_units:
            value = value.T
        expected = np.array([[entry.exact for entry in row] for row in rows], dtype=object)
        sizes = np.array([[float(entry.size) for entry in row] for row in rows])
        if value.ndim < 2:
            assert len(rows) == 1
            expected, sizes = expected.reshape(value.shape), sizes.reshape(value.shape)
        assert value.shape == expected.shape, name
        exact = np.vectorize(Fraction, otypes=[object])(value)
        gaps = np.abs(np.asarray(exact - expected, dtype=float))
        worst = max(worst, float(np.max(gaps / np.maximum(sizes, 1e-300))))
    return worst


@settings(max_examples=200)
@given(networks(decimals, hundredths, st.integers(1, 3)), st.booleans())
def test_decimal_networks_to_the_last_digits(network: Network, by_units: bool) -> None:
    found, kinks = network.passes()
    assume(min(kinks) > Fraction(1, 10**9))
    assert compared(network, by_units, found) < 1e-14


@settings(max_examples=200)
@given(networks(eighths, quarters, st.sampled_from([1, 2, 4])), st.booleans())
def test_binary_networks_exactly_and_at_kinks(network: Network, by_units: bool) -> None:
    """Eighths are floats, so every step is exact, and a kink is hit when it is hit."""
    found, _ = network.passes()
    assert compared(network, by_units, found) == 0


def test_kinks_are_hit() -> None:
    """A network that stands at every kink at once: all conventions together."""
    zero, one = sized(0), sized(1)
    for loss, target, slope in (("l1", zero, 0), ("hinge", one, 0), ("huber", -one, 1)):
        for activation in ("relu", "abs", "leaky_relu", "identity"):
            layer = Layer([[one]], [zero], activation)
            y = one if loss == "hinge" else zero
            top = Layer([[one]], [y], "identity")
            network = Network([layer, top], [[zero]], [[target]], loss, "", sized("0.5"), one)
            found, kinks = network.passes()
            assert min(kinks) == 0
            assert found["dL/dyhat"][0][0].exact == slope
            assert compared(network, True, found) == 0
