"""What solving and checking cost inside one process, against NumPy by hand."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np

import gradcalc
from gradcalc.problem.model import Problem
from tests.benchmarks.timing import Row, calls, paired

ROUNDS = 7
SMALL = """
inputs:  {x: [1, 2, 3]}
targets: {y: 10}
weights:
  W1: [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]
  b1: [0.1, 0.2]
  W2: [[0.7, 0.8], [0.9, 1.0]]
  b2: [0.3, 0.4]
  W3: [[1.1, 1.2]]
  b3: [0.5]
activations: [relu, relu, identity]
loss: half_squared_error
"""


def rows() -> Iterator[Row]:
    problem = gradcalc.load(SMALL)
    start = {name: data.array for name, data in problem.data.items()}
    by_hand = hand_written(start)
    floats = problem.compiled(exact=False)
    solve = calls(lambda: floats.run(start), 300)
    yield Row(
        "V0",
        "both passes in floats, every intermediate by name, 3-2-2-1",
        "idiomatic NumPy",
        2.0,
        paired(solve, calls(by_hand, 300), ROUNDS),
    )
    values = problem.program.run(start)
    proof = calls(lambda: problem.proof.run(values), 30)
    yield Row(
        "V2",
        "every line compared with central differences, 3-2-2-1",
        "one forward and backward pass by hand",
        4.0,
        paired(proof, calls(by_hand, 300), ROUNDS),
    )
    for sizes, batch in (((784, 256, 10), 64), ((1024, 1024, 1024, 10), 256)):
        yield large(sizes, batch)
    yield from loading()


def hand_written(start: dict[str, np.ndarray]) -> Callable[[], object]:
    """Return both passes of the small network as one would write them with NumPy."""
    x, y = start["x"], start["y"]
    W1, b1, W2, b2, W3, b3 = (start[n] for n in ("W1", "b1", "W2", "b2", "W3", "b3"))

    def passes() -> dict[str, np.ndarray]:
        z1 = W1 @ x + b1
        a1 = np.maximum(z1, 0)
        z2 = W2 @ a1 + b2
        a2 = np.maximum(z2, 0)
        z3 = W3 @ a2 + b3
        loss = 0.5 * np.sum((z3 - y) ** 2)
        d3 = z3 - y
        gW3 = np.outer(d3, a2)
        da2 = W3.T @ d3
        r2 = (z2 > 0).astype(float)
        d2 = da2 * r2
        gW2 = np.outer(d2, a1)
        da1 = W2.T @ d2
        r1 = (z1 > 0).astype(float)
        d1 = da1 * r1
        gW1 = np.outer(d1, x)
        return {
            "z1": z1,
            "a1": a1,
            "z2": z2,
            "a2": a2,
            "z3": z3,
            "L": loss,
            "d3": d3,
            "gW3": gW3,
            "da2": da2,
            "r2": r2,
            "d2": d2,
            "gW2": gW2,
            "da1": da1,
            "r1": r1,
            "d1": d1,
            "gW1": gW1,
        }

    return passes


def network(folder: str, sizes: tuple[int, ...], batch: int) -> Problem:
    """Return a ReLU network of these sizes, its numbers in .npy files."""
    generator = np.random.default_rng(0)
    place = Path(folder)
    np.save(place / "x.npy", generator.normal(size=(batch, sizes[0])))
    np.save(place / "t.npy", np.eye(sizes[-1])[generator.integers(0, sizes[-1], batch)])
    weights = []
    for number, (inputs, units) in enumerate(pairwise(sizes), start=1):
        np.save(place / f"w{number}.npy", generator.normal(size=(units, inputs)) / inputs**0.5)
        np.save(place / f"b{number}.npy", np.zeros(units))
        weights += [f"W{number}: {{file: w{number}.npy}}", f"b{number}: {{file: b{number}.npy}}"]
    hidden = ["relu"] * (len(sizes) - 2)
    (place / "p.yaml").write_text(
        "inputs: {x: {file: x.npy}}\ntargets: {y: {file: t.npy}}\n"
        f"weights: {{{', '.join(weights)}}}\n"
        f"activations: [{', '.join([*hidden, 'identity'])}]\nloss: softmax_cross_entropy\n",
        encoding="utf-8",
    )
    return gradcalc.load(place / "p.yaml")


def large(sizes: tuple[int, ...], batch: int) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        problem = network(folder, sizes, batch)
        start = {name: data.array for name, data in problem.data.items()}
    layers = len(sizes) - 1
    outputs = [np.ones((batch, units)) for units in sizes[1:]]

    def products() -> None:
        value = start["x"]
        for n in range(1, layers + 1):
            value = value @ start[f"W{n}"].T
        for n in range(layers, 0, -1):
            before = start["x"] if n == 1 else outputs[n - 2]
            outputs[n - 1].T @ before
            if n > 1:
                outputs[n - 1] @ start[f"W{n}"]

    count = 5 if batch < 100 else 1
    ratio = paired(calls(lambda: problem.program.run(start), count), calls(products, count), ROUNDS)
    name = "-".join(map(str, sizes))
    return Row(
        "V1", f"both passes, {name}, batch {batch}", "NumPy's matrix products alone", 1.2, ratio
    )


def loading() -> Iterator[Row]:
    """Compare a layer of 1000 × 1000 in a .npy file with one written in YAML."""
    import yaml

    generator = np.random.default_rng(0)
    weights = generator.normal(size=(400, 400)).round(4)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = "W1: " + str(weights.tolist())
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        np.save(place / "w1.npy", weights)
        np.save(place / "x.npy", np.ones(400))
        (place / "p.yaml").write_text(
            "inputs: {x: {file: x.npy}}\nweights: {W: {file: w1.npy}}\n"
            "equations: L = sum((W @ x)^2)\n",
            encoding="utf-8",
        )
        own = calls(lambda: gradcalc.load(place / "p.yaml"), 3)
        yield Row(
            "L2",
            "a problem with a 400 × 400 layer in .npy",
            "the same layer as YAML, with the C loader",
            0.005,
            paired(own, calls(lambda: yaml.load(text, Loader=loader), 1), 3),
        )
