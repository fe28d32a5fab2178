"""The texts on the edges of a graph: values, gradients, local derivatives."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from gradcalc.algebra.expr import Apply, Expr, Number, Symbol, substitute, symbols
from gradcalc.algebra.operations import formula
from gradcalc.algebra.shapes import Shape
from gradcalc.engine.evaluate import EvaluationError, evaluate
from gradcalc.engine.graph import Node
from gradcalc.errors import width
from gradcalc.report.figures import figures
from gradcalc.report.view import LARGEST_LITERAL, View

if TYPE_CHECKING:
    from gradcalc.algebra.kernels import Array

LONGEST_LOCAL, SHOWN, STACKED, LONGEST_SIDE = 24, 4, 12, 4


class EdgeLabels:
    """How the quantities of one solution are written on edges; without numbers, their shapes."""

    def __init__(self, view: View) -> None:
        self.view, self.problem = view, view.problem
        self.shapes: Mapping[str, Shape] = self.problem.visible.shapes
        self.values: Mapping[str, Array] = view.solution.values

    @cached_property
    def texts_known(self) -> Mapping[str, tuple[str, ...]]:
        """Return the printed entries of all values."""
        return self.view.texts if self.values else {}

    def text(self, name: str) -> str:
        """Return a value as it is printed on an edge; without numbers, its shape."""
        if not self.values:
            return _dims(self.shapes[name])
        texts = self.texts_known.get(name)
        if texts is None:
            return _dims(self.shapes[name])
        return self.array(texts, self.shapes[name])

    def rows(self, name: str) -> tuple[str, ...]:
        """Return a small matrix row by row; nothing for what one row shows, or is too large."""
        texts, shape = self.texts_known.get(name), self.shapes.get(name, ())
        if texts is None or len(shape) != 2 or not SHOWN < len(texts) <= STACKED:
            return ()
        if max(int(dim) for dim in shape) > LONGEST_SIDE:
            return ()
        shown = [self.view.notation.number(text) for text in texts]
        columns = int(shape[1])
        lines = (shown[at : at + columns] for at in range(0, len(shown), columns))
        return tuple(f"[{', '.join(line)}]" for line in lines)

    def full(self, name: str) -> str:
        """Return a value in all its entries."""
        texts = self.texts_known.get(name)
        shown = self.view.notation.name(name)
        if texts is None:
            return f"{shown}: {_dims(self.shapes[name])}" if name in self.shapes else shown
        return f"{shown} = {self.array(texts, self.shapes[name], whole=True)}"

    def array(self, texts: tuple[str, ...], shape: Shape, *, whole: bool = False) -> str:
        """Return entries in one row; long ones are abbreviated, or only their shape."""
        shown = [self.view.notation.number(text) for text in texts]
        if not shape:
            return shown[0]
        more = "…" if self.view.unicode else "..."
        if len(shape) == 1:
            if len(shown) > SHOWN and not whole:
                shown = [*shown[:2], more, shown[-1]]
            return f"[{', '.join(shown)}]"
        if len(shown) > SHOWN and not whole:
            return _dims(shape)
        columns = int(shape[1])
        rows = (shown[at : at + columns] for at in range(0, len(shown), columns))
        return f"[{'; '.join(', '.join(row) for row in rows)}]"

    def computed(self, expr: Expr) -> str:
        """Return the value of a formula over known values."""
        value = self.evaluated(expr)
        if value is None or value.size > LARGEST_LITERAL:
            return ""
        return self.array(figures(value, self.view.decimals), value.shape)

    def evaluated(self, expr: Expr) -> Array | None:
        names = symbols(expr)
        if any(name not in self.values for name in names):
            return None
        shapes: dict[str, Shape] = {name: self.values[name].shape for name in names}
        try:
            return evaluate(expr, self.values, shapes, self.problem.table)
        except (EvaluationError, OverflowError):
            return None

    def formula(self, expr: Expr) -> str:
        shown = self.view.notation.line(expr)
        return shown if width(shown) <= LONGEST_LOCAL else ""

    def chain(self, factors: tuple[Expr, ...]) -> str:
        """Return local derivatives that are applied one after the other."""
        shown = [self.formula(factor) for factor in factors]
        return ", then ".join(shown) if all(shown) else ""

    def special(self, node: Node | None, passed: Expr | None) -> str:
        """Return what stands for a local derivative that is no factor: a Jacobian, a sum."""
        if node is None or passed is None or not isinstance(node.expr, Apply):
            return ""
        row = self.problem.table[node.expr.op]
        if row.jacobian is not None and len(node.shape) == 1:
            bound = {**row.bind(node.expr), row.output: Symbol(node.name)}
            return self.formula(substitute(formula(row.jacobian), bound))
        summed = isinstance(passed, Apply) and passed.op == "sum"
        return ("Σ" if self.view.unicode else "sum") if summed else ""

    def local(self, factor: Expr) -> str:
        """Return a local derivative: its formula, and its value where that is a number."""
        shown = self.formula(factor)
        if isinstance(factor, Number) or not self.values:
            return shown
        value = self.evaluated(factor)
        if (
            value is None
            or value.size > SHOWN
            or (isinstance(factor, Apply) and _only_turned(factor))
        ):
            return shown
        text = self.array(figures(value, self.view.decimals), value.shape)
        if isinstance(factor, Symbol) and value.ndim:
            return shown
        both = f"{shown} = {text}"
        return both if shown and width(both) <= LONGEST_LOCAL + 6 else shown or text


def _only_turned(factor: Apply) -> bool:
    return factor.op == "transpose" and isinstance(factor.args[0], Symbol)


def _dims(shape: Shape) -> str:
    """Return a shape for an edge: `2×3`, `5`, nothing for a number."""
    return "×".join(str(dim) for dim in shape)
