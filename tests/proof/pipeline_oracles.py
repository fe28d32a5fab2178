"""Pipelines beside PyTorch, central differences, letters, and a class of students."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from gradcalc.algebra.formula.expr import Apply, Expr, Number, Symbol, number, parts, substitute
from gradcalc.algebra.formula.shapes import Shape
from gradcalc.algebra.formula.syntax import format, parse
from gradcalc.algebra.operations.kernels import Array
from gradcalc.algebra.operations.table import TABLE
from gradcalc.engine.autodiff import Backward, differentiate
from gradcalc.engine.differences import Check
from gradcalc.engine.evaluate import Program
from gradcalc.engine.gradient_check import check
from gradcalc.engine.graph import Graph, Line, Node, build
from gradcalc.errors import ProblemError
from tests.proof.pipelines import Pipeline

STEP = 1e-5
_PART = re.compile(r"(\d*)N(\d+)/(\d+)")
_LETTER = re.compile(r"(\d*)N(\d+)")
ROOM = 1e-9
"""How far a gradient may be from PyTorch's, relative to the largest entry of all gradients."""


class Derived:
    """A pipeline read as text, differentiated and evaluated."""

    def __init__(self, drawn: Pipeline) -> None:
        self.drawn = drawn
        self.lines = [Line(line.name, parse(format(line.expr))) for line in drawn.lines]
        self.forward, self.backward = derived(self.lines, drawn.shapes, drawn.wanted)
        nodes = [*self.forward.nodes, *self.backward.graph.nodes]
        self.program = Program(nodes, self.forward.inputs, TABLE)
        self.found = self.program.run(drawn.values)

    @property
    def gradients(self) -> dict[str, Array]:
        """Return dL/dx for every input that L is differentiated by."""
        return {name: self.found[f"dL/d{name}"] for name in self.drawn.wanted}

    @property
    def scale(self) -> float:
        """Return the largest entry of all gradients on the way, or 1."""
        sizes = [np.abs(v).max(initial=1.0) for n, v in self.found.items() if n.startswith("dL/")]
        return float(max(sizes))

    @cached_property
    def proof(self) -> Check:
        """Return the program's own check of every line."""
        return check(self.forward, self.backward, self.found, TABLE, "L")


def derived(
    lines: list[Line], shapes: Mapping[str, Shape], wanted: tuple[str, ...]
) -> tuple[Graph, Backward]:
    """Return both passes of equations that end in L."""
    forward = build(lines, shapes, TABLE)
    return forward, differentiate(forward, wanted, TABLE, loss="L")


def far_from_differences(made: Derived) -> list[str]:
    """Return the inputs whose gradient is not that of central differences, one direction each.

    An input is passed over where the differences of two steps disagree with one another.
    """
    drawn, wrong = made.drawn, []
    program = Program(made.forward.nodes, made.forward.inputs, TABLE)
    generator = np.random.default_rng(len(drawn.lines))
    for name, gradient in made.gradients.items():
        along = generator.uniform(0.5, 1, gradient.shape) * generator.choice(
            [-1, 1], gradient.shape
        )

        def slope(step: float, name: str = name, along: Array = along) -> float:
            moved = ({**drawn.values, name: drawn.values[name] + s * step * along} for s in (1, -1))
            high, low = (float(program.run(each)["L"]) for each in moved)
            return (high - low) / (2 * step)

        far, near = slope(STEP), slope(STEP / 4)
        room = max(1.0, float(np.sum(np.abs(gradient * along))), abs(near))
        if abs(far - near) > 1e-6 * room:
            continue
        if abs(np.sum(gradient * along) - near) > 1e-5 * room:
            wrong.append(name)
    return wrong


def far_from_torch(made: Derived, model: Callable[..., Any], torch: Any) -> list[str]:
    """Return the inputs whose gradient is not PyTorch's; each line is a node of `model`."""
    drawn = made.drawn
    leaves = {
        name: torch.tensor(value, requires_grad=name in drawn.wanted)
        for name, value in drawn.values.items()
    }
    found: dict[str, Any] = dict(leaves)

    def value(expr: Expr) -> Any:
        if isinstance(expr, Number):
            return torch.tensor(float(expr.value), dtype=torch.float64)
        if isinstance(expr, Symbol):
            return found[expr.name]
        if expr.op == "array":
            return torch.stack([value(arg) for arg in expr.args])
        return model(expr, *(value(arg) for arg in expr.args))

    for node in made.forward.nodes:
        found[node.name] = value(node.expr)
    assert abs(float(found["L"].detach()) - made.found["L"]) <= ROOM * made.scale, "value"
    if found["L"].requires_grad:
        found["L"].backward()
    wrong = []
    for name, gradient in made.gradients.items():
        grad = leaves[name].grad
        expected = np.zeros(gradient.shape) if grad is None else grad.numpy()
        if np.abs(gradient - expected).max(initial=0.0) > ROOM * made.scale:
            wrong.append(name)
    return wrong


def far_in_letters(made: Derived) -> list[str] | None:
    """Return the gradients that differ where every dimension but 1 is a letter, or None.

    The backward pass is derived over letters, and evaluated with numbers in their place.
    None where a rule of shapes needs numbers.
    """
    drawn = made.drawn

    def lettered(shape: Shape) -> Shape:
        return tuple(dim if dim == 1 else f"N{dim}" for dim in shape)

    shapes = {name: lettered(shape) for name, shape in drawn.shapes.items()}
    try:
        forward, backward = derived(made.lines, shapes, drawn.wanted)
    except ProblemError:
        return None
    own = made.forward.shapes | made.backward.graph.shapes
    nodes = []
    for node in forward.nodes:
        if any(
            _counted(str(dim)) != due for dim, due in zip(node.shape, own[node.name], strict=True)
        ):
            return None  # N/2 windows of an odd number of entries
    for node in (*forward.nodes, *backward.graph.nodes):
        numbers = {dim: number(_counted(dim)) for dim in _dimensions(node.expr)}
        nodes.append(Node(node.name, substitute(node.expr, numbers), own[node.name]))
    found = Program(nodes, drawn.shapes, TABLE).run(drawn.values)
    return [
        name
        for name, gradient in made.gradients.items()
        if np.abs(gradient - found[f"dL/d{name}"]).max(initial=0.0) > ROOM * made.scale
    ]


def _dimensions(expr: Expr) -> set[str]:
    """Return the sums of letters that stand for numbers in a formula."""
    values = (value for part in parts(expr) if isinstance(part, Apply) for _, value in part.attrs)
    found = (part.name for part in (*parts(expr), *values) if isinstance(part, Symbol))
    return {name for name in found if _LETTER.search(name)}


def _counted(dim: str) -> int:
    """Return the number that a sum of letters stands for: 2N3-1 is 5, N4/2 is 2."""
    whole = _PART.sub(lambda found: f"{int(found[1] or 1) * int(found[2]) // int(found[3])}", dim)
    terms = _LETTER.sub(lambda found: f"{int(found[1] or 1) * int(found[2])}", whole)
    return sum(map(int, re.findall(r"[+-]?\d+", terms)))


def far_in_a_class(made: Derived, size: int, own: tuple[str, ...]) -> list[str]:
    """Return the names whose values in a class differ from those of each student alone.

    size: how many students there are; own: the inputs that each has numbers of.
    """
    generator = np.random.default_rng(size)
    values = dict(made.drawn.values)
    for name in own:
        shape = values[name].shape
        factors = generator.uniform(0.5, 1.5, (size, *shape))
        values[name] = np.asarray(values[name] * factors)
    together = made.program.run(values, strict=False)
    wrong: dict[str, None] = {}
    for student in range(size):
        alone = made.program.run({n: v[student] if n in own else v for n, v in values.items()})
        for name, value in alone.items():
            all_of_them = together[name]
            mine = all_of_them[student] if all_of_them.ndim > value.ndim else all_of_them
            if mine.shape != value.shape or not np.allclose(mine, value, rtol=1e-9, atol=1e-9):
                wrong[name] = None
    return list(wrong)
