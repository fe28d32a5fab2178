"""Both passes of equations, run together."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from gradcalc.algebra.formula.shapes import Shape
from gradcalc.algebra.formula.syntax import parse
from gradcalc.algebra.operations.kernels import Array
from gradcalc.algebra.operations.table import TABLE
from gradcalc.engine.autodiff import Backward, differentiate
from gradcalc.engine.evaluate import Program
from gradcalc.engine.graph import Graph, Line, build
from gradcalc.errors import Source, Span


def lines(text: str) -> list[Line]:
    """Return the equations of a text, one a line, with their places."""
    source = Source("equations", text)
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        name, _, formula = line.partition(" = ")
        span = Span(source, number, len(name) + 4, len(formula))
        found.append(Line(name, parse(formula, span), span))
    return found


def passes(
    equations: list[Line], shapes: Mapping[str, Shape], wanted: Collection[str]
) -> tuple[Graph, Backward]:
    """Return the forward and the backward pass of the last line."""
    forward = build(equations, shapes, TABLE)
    assert forward.output is not None
    return forward, differentiate(forward, wanted, TABLE, loss=forward.output)


def run(forward: Graph, backward: Graph, values: Mapping[str, Array]) -> dict[str, Array]:
    """Return all values of both passes."""
    return Program([*forward.nodes, *backward.nodes], forward.inputs, TABLE).run(values)
