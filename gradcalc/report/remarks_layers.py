"""A few words beside lines of layers: kernels, windows, look-ups, parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradcalc.algebra.expr import Apply, Expr, Symbol, parts
from gradcalc.algebra.names import gradient_parts
from gradcalc.report.placing import whole
from gradcalc.report.view import View

if TYPE_CHECKING:
    from gradcalc.engine.graph import Node

CONVOLUTIONS = ("conv1d", "conv2d")


def laid_over(view: View, node: Node) -> str | None:
    """Say how a kernel or a window is moved: `3 entries of x at a time, moved by 2`."""
    found = _only(node.expr, (*CONVOLUTIONS, "max_pool", "mean_pool"))
    if found is None:
        return None
    if found.op in CONVOLUTIONS:
        dims = view.shape_of(found.args[1])
        wide = "×".join(map(str, dims))
        words = f"a window of {wide} at a time" if len(dims) == 2 else f"{wide} entries at a time"
        frame = max(whole(found, "padding"), whole(found, "padding_columns"))
        framed = f"; around it {frame} {'zero' if frame == 1 else 'zeros'}" if frame else ""
        return f"{words}, moved by {whole(found, 'stride') or 1}{framed}"
    size = whole(found, "size") or 2
    rank = len(view.shape_of(found.args[0]))
    window = "×".join([str(size)] * rank)
    what = "the largest" if found.op == "max_pool" else "the mean"
    return f"{what} of each window of {window}"


def turned(view: View, node: Node) -> str | None:
    """Say what the backward pass of a convolution is, for the kernel and for the operand."""
    found = _only(node.expr, CONVOLUTIONS)
    own = gradient_parts(node.name)
    if found is None or own is None:
        return None
    second = found.args[1]
    if isinstance(second, Apply) and second.op == "flip":
        return "a full convolution: the kernel is turned round"
    if _gradient(second) or (isinstance(second, Apply) and second.op == "spread"):
        return "the operand and the gradient: what each weight met"
    return None


def looked_up(view: View, node: Node) -> str | None:
    """Say where the gradient of a table, of a part, or of steps goes."""
    if _only(node.expr, ("one_hot",)) is not None:
        return "a row for each look-up, added where it was read twice"
    expr = node.expr
    if isinstance(expr, Apply) and expr.op == "stack":
        return "each row from where it was taken"
    if isinstance(expr, Apply) and expr.op in ("part", "pick") and _gradient(expr.args[0]):
        return "its part of what was joined"
    return None


def masked(view: View, node: Node) -> str | None:
    """Say what the mask of a pooling is."""
    if isinstance(node.expr, Apply) and node.expr.op == "max_mask":
        return "1 at the largest entry of each window"
    return None


def _gradient(expr: Expr) -> bool:
    return isinstance(expr, Symbol) and gradient_parts(expr.name) is not None


def _only(expr: Expr, ops: tuple[str, ...]) -> Apply | None:
    """Return the one part of a formula that is one of these operations."""
    found = [part for part in parts(expr) if isinstance(part, Apply) and part.op in ops]
    return found[0] if len(found) == 1 else None
