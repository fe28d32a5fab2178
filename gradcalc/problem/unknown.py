"""Functions without a formula: a line `g(w)` under equations names one.

Its derivative is g′, and of several operands g_w, the partial derivative by w. Such a
function has no values, so the file's answer is a formula; an answer in other words is
compared with it by a smooth function that stands in, one for each name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zlib import crc32

from gradcalc.algebra.expr import Apply, Expr, parts
from gradcalc.algebra.operations import Operation, Table
from gradcalc.engine.graph import Graph
from gradcalc.errors import ProblemError, Span
from gradcalc.problem.model import Data

FAMILY = "without a formula"


def unknown_rows(name: str, params: Sequence[str]) -> list[Operation]:
    """Return the rows of a function without a formula and of its derivatives."""
    operands = ", ".join(params)
    phase = (("phase", f"{crc32(name.encode()) / 2**32:.6f}"),)
    derivatives = [f"{name}'"] if len(params) == 1 else [f"{name}_{param}" for param in params]
    rows = [
        Operation(
            name,
            tuple(params),
            "activation" if len(params) == 1 else "elementwise",
            f"{name}({operands}), any function",
            name,
            derivative=tuple(f"{derivative}({operands})" for derivative in derivatives),
            output="_",
            prime=len(params) == 1,
            kernel="kernels.stand_in",
            defaults=phase,
            family=FAMILY,
        )
    ]
    for index, derivative in enumerate(derivatives):
        rows.append(
            Operation(
                derivative,
                tuple(params),
                "elementwise",
                f"derivative of {name}",
                derivative.replace("'", "′"),
                kernel="kernels.stand_in_slope",
                defaults=(*phase, ("index", str(index))),
                family=FAMILY,
            )
        )
    return rows


def is_unknown(expr: Expr, table: Table) -> bool:
    """Tell whether a formula is an application of a function without a formula."""
    return isinstance(expr, Apply) and expr.op in table and table[expr.op].family == FAMILY


def refuse_derivatives(expr: Expr, table: Table, span: Span) -> None:
    """Refuse an equation that reads the derivative of a function without a formula."""
    for part in parts(expr):
        if is_unknown(part, table) and isinstance(part, Apply):
            row = table[part.op]
            if row.derivative is None:
                raise ProblemError(
                    f"{part.op} is worked out, and not read in an equation",
                    span.within(*part.place) if part.place else span,
                    hint="a derivative with a name of its own is a letter: dg",
                )


def refuse_numbers(forward: Graph, data: Mapping[str, Data], table: Table) -> None:
    """Refuse numbers where a function without a formula would have to be computed."""
    if not data or not all(quantity.known for quantity in data.values()):
        return
    for node in forward.nodes:
        for part in parts(node.expr):
            if is_unknown(part, table) and isinstance(part, Apply):
                raise ProblemError(
                    f"{part.op} has no formula, so its value is not known",
                    node.span,
                    hint=f"give it one, {part.op}(z) = …, or leave the numbers out: find names"
                    " the letters",
                )
