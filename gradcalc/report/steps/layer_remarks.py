"""A few words beside lines of layers, and beside lines that have no value."""

from __future__ import annotations

import math
from collections.abc import Iterator

from gradcalc.algebra.formula.expr import Apply, Expr, Symbol, parts, symbols
from gradcalc.algebra.formula.names import gradient_parts
from gradcalc.engine.graph import Node
from gradcalc.engine.undefined_values import tolerant
from gradcalc.problem.solution import SHOWN_ENTRIES, Gap
from gradcalc.report.mathematics.names import whole
from gradcalc.report.steps.view import View

CONVOLUTIONS = ("conv1d", "conv2d")

LIMITS = {
    "xlogy": "0 ln 0 counts as 0, the limit of x ln x",
    "xdivy": "0/0 counts as 0: the term 0 ln 0 stays 0",
}
"""What counts as 0 where both operands are 0, and why."""

BATCH = ("sample", "unit")
"""What the rows and the columns of a batch are."""


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


def count_off(view: View, name: str, count: int) -> str:
    """Say how many are off: of the units of one sample, or of the values of an array."""
    shape = view.values[name].shape
    total = math.prod(shape)
    if len(shape) < 2:
        return f"{count} of {total} units off"
    off = f"{count} of {total} values off"
    if len(shape) > 2 or all(layer.z != name for layer in view.problem.layers):
        return off
    of = [f"{n} {what}{'s' * (n != 1)}" for n, what in zip(shape, BATCH, strict=True)]
    return f"{off} ({' × '.join(of)})"


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


def beside(view: View, gap: Gap) -> str:
    """Return the words beside a line: that it does not exist, or which entries, and why."""
    why = _why(view, gap)
    if gap.whole:
        return f"does not exist: {why}"
    return f"{_entries(view, gap)} {_verb(gap)} not exist: {why}"


def missing(view: View) -> Iterator[str]:
    """Yield a sentence on each line at which something begins not to exist."""
    shown = {node.name for node in (*view.forward, *view.backward)}
    gaps = [gap for gap in view.solution.gaps.values() if gap.name in shown]
    asked = {ref.name for ref in view.problem.find}
    for gap in gaps:
        if gap.on is not None and gap.on in shown:
            continue
        name = view.notation.name(gap.name) if gap.whole else _entries(view, gap)
        rest = [
            view.notation.name(g.name) for g in gaps if g.name in asked and _rests(view, g, gap)
        ]
        after = f" {_listed(rest)} {'rests' if len(rest) == 1 else 'rest'} on it." if rest else ""
        yield f"! {name} {'does' if gap.whole else _verb(gap)} not exist: {_why(view, gap)}.{after}"


def _rests(view: View, gap: Gap, root: Gap) -> bool:
    """Tell whether a line has no value because another has none."""
    on = gap.on
    while on is not None and on != root.name and on in view.solution.gaps:
        on = view.solution.gaps[on].on
    return on == root.name


def _entries(view: View, gap: Gap) -> str:
    if len(gap.entries) > SHOWN_ENTRIES:
        return f"{len(gap.entries)} entries of {view.notation.name(gap.name)}"
    return _listed([view.notation.entry_name(gap.name, at) for at in gap.entries])


def _why(view: View, gap: Gap) -> str:
    if gap.on is None:
        return gap.why
    several = len(gap.entries) > 1 and not gap.whole
    return f"{'they rest' if several else 'it rests'} on {view.notation.name(gap.on)}"


def _verb(gap: Gap) -> str:
    return "does" if len(gap.entries) == 1 else "do"


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def at_limit(view: View, node: Node) -> str | None:
    """Say that 0 ln 0 is 0, or that a term 0/0 is none, where a line meets it."""
    for part in parts(view.defined(node.expr)):
        if not isinstance(part, Apply) or part.op not in LIMITS or not view.values:
            continue
        values = []
        for arg in part.args:
            shapes = {name: view.shapes[name] for name in symbols(arg)}
            line = Node("value", arg, view.shape_of(arg))
            values.append(tolerant(line, view.solution.values, shapes, view.problem.table))
        factor, other = values
        if ((factor == 0) & (other == 0)).any():
            return LIMITS[part.op]
    return None
