"""Time in proportion to operations: long recurrent networks, wide attention, long sums."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

import gradcalc
from gradcalc.algebra.formula.syntax import parse
from gradcalc.problem.model import Problem
from tests.benchmarks.timing import Row, calls, paired

ROUNDS = 5
STEPS = 50
UNITS = 4
WORDS = 64


def rows() -> Iterator[Row]:
    yield from recurrent()
    yield from attention()
    yield long_sum()


def recurrence(steps: int) -> str:
    """Return a recurrent network of so many steps, one weight matrix for all of them."""
    generator = np.random.default_rng(0)

    def numbers(*shape: int) -> object:
        return (generator.normal(size=shape) / 2).round(3).tolist()

    return (
        f"inputs: {{x: {numbers(steps, UNITS)}, h0: {numbers(UNITS)}}}\n"
        f"targets: {{y: {numbers(UNITS)}}}\n"
        f"weights: {{U: {numbers(UNITS, UNITS)}, W: {numbers(UNITS, UNITS)},"
        f" b: {numbers(UNITS)}}}\n"
        f"equations: |\n  for t = 1..{steps}:\n"
        "    h[t] = tanh(U @ x[t] + W @ h[t-1] + b)\n"
        f"  L = half_squared_error(h[{steps}], y)\n"
        "find: [dL/dU, dL/dW, dL/db, dL/dx]\n"
    )


def recurrent() -> Iterator[Row]:
    """Compare twice the steps with the steps, stage by stage; twice the work is due."""
    texts = {steps: recurrence(steps) for steps in (STEPS, 2 * STEPS)}
    problems = {steps: gradcalc.load(text) for steps, text in texts.items()}
    starts = {
        steps: {name: data.array for name, data in problem.data.items()}
        for steps, problem in problems.items()
    }
    values = {steps: problems[steps].program.run(starts[steps]) for steps in problems}
    stages: dict[str, Callable[[int], object]] = {
        "read and differentiated": lambda steps: gradcalc.load(texts[steps]),
        "both passes": lambda steps: problems[steps].program.run(starts[steps]),
        "every line checked": lambda steps: problems[steps].proof.run(values[steps]),
    }
    for what, stage in stages.items():
        count = 20 if what == "both passes" else 1

        def measure(steps: int, stage: Callable[[int], object] = stage, count: int = count):
            return calls(lambda: stage(steps), count)

        yield Row(
            "R1",
            f"a recurrent network of {2 * STEPS} steps, {what}",
            f"the same with {STEPS} steps",
            2.6,
            paired(measure(2 * STEPS), measure(STEPS), ROUNDS),
        )


def head(folder: str, words: int) -> Problem:
    """Return a head of attention, words × words, its numbers in .npy files."""
    generator = np.random.default_rng(0)
    place = Path(folder)
    for name in "QKVt":
        np.save(place / f"{name}.npy", generator.normal(size=(words, words)))
    (place / "head.yaml").write_text(
        "inputs: {Q: {file: Q.npy}, K: {file: K.npy}, V: {file: V.npy}}\n"
        "targets: {t: {file: t.npy}}\n"
        f"equations: |\n  A = softmax(Q @ K.T/sqrt({words}))\n  O = A @ V\n"
        "  L = half_squared_error(O, t)\n"
        "find: [dL/dQ, dL/dK, dL/dV]\n",
        encoding="utf-8",
    )
    return gradcalc.load(place / "head.yaml")


def attention() -> Iterator[Row]:
    """Compare both passes of a head with its matrix products and exponentials by NumPy."""
    with tempfile.TemporaryDirectory() as folder:
        problem = head(folder, WORDS)
        start = {name: data.array for name, data in problem.data.items()}
    Q, K, V, t = (start[name] for name in "QKVt")

    def by_hand() -> object:
        scores = Q @ K.T / np.sqrt(WORDS)
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        a = e / e.sum(axis=1, keepdims=True)
        out = a @ V
        loss = 0.5 * np.sum((out - t) ** 2)
        d_out = out - t
        d_values = a.T @ d_out
        d_a = d_out @ V.T
        d_scores = a * (d_a - np.sum(d_a * a, axis=1, keepdims=True)) / np.sqrt(WORDS)
        return loss, d_values, d_scores @ K, d_scores.T @ Q

    solve = calls(lambda: problem.program.run(start), 50)
    yield Row(
        "R2",
        f"both passes of an attention head of {WORDS} × {WORDS}",
        "the same by hand with NumPy",
        2.0,
        paired(solve, calls(by_hand, 50), ROUNDS),
    )


def long_sum() -> Row:
    """Compare the reading of a sum of 600 terms with that of 300."""

    def read(terms: int) -> Callable[[], object]:
        text = " + ".join(["x*y"] * terms)
        return lambda: parse(text)

    ratio = paired(calls(read(600), 3), calls(read(300), 3), ROUNDS)
    return Row("R3", "a sum of 600 terms, read", "a sum of 300 terms", 2.5, ratio)


if __name__ == "__main__":
    for row in rows():
        mark = "" if row.reached else "  not reached"
        print(f"{row.name:4}  {row.what:60}  {row.ratio:7.3f}  {row.goal:7.3f}{mark}", flush=True)
        print(f"      against {row.reference}")
