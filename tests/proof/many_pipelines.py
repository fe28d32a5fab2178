"""Many random pipelines beside every oracle: `python -m tests.proof.many_pipelines 2000`.

A second number is the first seed. Ends with exit code 1 where one of them is wrong.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcalc.algebra.formula.syntax import format
from gradcalc.engine.evaluate import EvaluationError
from tests.proof.pipeline_oracles import (
    Derived,
    far_from_differences,
    far_from_torch,
    far_in_a_class,
    far_in_letters,
)
from tests.proof.pipelines import Pipeline, pipeline

Oracle = Callable[[Derived], list[str]]


def in_a_class(made: Derived) -> list[str]:
    """Compare a class as large as one of the dimensions with each of its students alone."""
    drawn = made.drawn
    generator = np.random.default_rng(len(drawn.values))
    dims = [dim for shape in drawn.shapes.values() for dim in map(int, shape) if dim > 1] or [2]
    chosen = [name for name in drawn.wanted if generator.random() < 0.6]
    return far_in_a_class(made, int(generator.choice(dims)), tuple(chosen or drawn.wanted[:1]))


ORACLES: dict[str, Oracle] = {
    "its own proof": lambda made: list(made.proof.failed),
    "differences": far_from_differences,
    "letters": lambda made: far_in_letters(made) or [],
    "a class": in_a_class,
}


def beside_torch() -> Oracle:
    """Return the comparison with PyTorch."""
    import torch

    from tests.proof.torch_rows import value

    def compare(made: Derived) -> list[str]:
        return far_from_torch(made, value, torch)

    return compare


def faults(drawn: Pipeline, oracles: dict[str, Oracle]) -> list[str]:
    """Return which oracles a pipeline disagrees with, and where; nothing near a kink."""
    try:
        made = Derived(drawn)
        if made.proof.kinks:
            return []
        found = {name: oracle(made) for name, oracle in oracles.items()}
    except EvaluationError:  # the direction of a vector of zeros
        return []
    except Exception as error:  # whatever it is, it is a fault of this pipeline
        return [f"{type(error).__name__}: {error}"]
    return [f"{name}: {', '.join(names)}" for name, names in found.items() if names]


def shown(drawn: Pipeline) -> str:
    """Return the equations and the shapes of a pipeline."""
    lines = [f"{line.name} = {format(line.expr)}" for line in drawn.lines]
    return "\n".join([*lines, str(drawn.shapes)])


def main(arguments: list[str]) -> int:
    """Compare as many pipelines as are asked for; print those that are wrong."""
    count, first = (*map(int, arguments), *(2000, 0)[len(arguments) :])
    oracles: dict[str, Any] = dict(ORACLES)
    try:
        oracles["PyTorch"] = beside_torch()
    except ImportError:
        print("without PyTorch, which is not installed")
    wrong = 0
    for seed in range(first, first + count):
        drawn = pipeline(seed)
        for fault in faults(drawn, oracles):
            wrong += 1
            print(f"seed {seed}, {fault}\n{shown(drawn)}\n")
    print(f"{count} pipelines, {', '.join(oracles)}: {wrong} faults")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
