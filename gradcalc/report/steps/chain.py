"""From an output back to a quantity: the partial derivatives along each path, and the chain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gradcalc.algebra.formula.expr import Apply, Expr, Number, Symbol, add, mul, rebuild, symbols
from gradcalc.algebra.formula.names import gradient_name, gradient_parts
from gradcalc.algebra.formula.shapes import Shape
from gradcalc.algebra.operations.inference import shape_finder
from gradcalc.algebra.rewriting.simplify import simplify
from gradcalc.engine.graph import Node
from gradcalc.errors import width
from gradcalc.report.page import Page
from gradcalc.report.steps.view import View

MOST_PATHS = 4
LONGEST_FORM = 150
"""Parts of a closed form above which it is not written."""
LONGEST_RAW = 1500

LONGEST_LABEL = 16
SHORTEST_ARROW = 4
INDENT = 2

ChainLink = tuple[str, str]
"""What an arrow does, and the name that it leads to."""


@dataclass(frozen=True)
class Path:
    """Names from the output to a quantity, each read by the one before."""

    names: tuple[str, ...]

    @property
    def factors(self) -> tuple[str, ...]:
        """Return the names of the partial derivatives along the path: dL/dyhat, dyhat/dz2."""
        pairs = zip(self.names, self.names[1:], strict=False)
        return tuple(gradient_name(of, by) for of, by in pairs)


def paths(view: View, name: str) -> tuple[Path, ...]:
    """Return the paths from the output to a quantity; none where they are too many."""
    lines = {node.name: node for node in view.problem.visible.forward}
    leads = _leading(view, name)
    found: list[tuple[str, ...]] = [(view.problem.loss,)]
    done: list[Path] = []
    while found:
        path = found.pop()
        line = lines.get(path[-1])
        if path[-1] == name and len(path) > 1:
            done.append(Path(path))
        elif line is not None:
            found += [(*path, read) for read in reversed(symbols(line.expr)) if read in leads]
        if len(done) > MOST_PATHS or len(found) > MOST_PATHS:
            return ()
    return tuple(done)


def _leading(view: View, name: str) -> set[str]:
    """Return the names that depend on a quantity, and its own."""
    found = {name}
    for node in view.problem.visible.forward:
        if found & set(symbols(node.expr)):
            found.add(node.name)
    return found


def chain_rule(view: View, name: str) -> str:
    """Return the partial derivatives that make a gradient: ∂L/∂ŷ · ∂ŷ/∂z · ∂z/∂W.

    name: of the gradient. Empty where there is one factor, or too many paths.
    """
    parts = gradient_parts(name)
    if parts is None or parts[0] != view.problem.loss or view.problem.upstream:
        return ""
    found = paths(view, parts[1])
    if max((len(path.factors) for path in found), default=0) < 2:
        return ""
    dot = " · " if view.unicode else " * "
    return " + ".join(dot.join(map(view.notation.name, path.factors)) for path in found)


def closed_form(view: View, name: str) -> Expr | None:
    """Return a gradient in the quantities of the forward pass alone.

    None where it is too long to be written, or where a line of it is handed in.
    """
    shape_of = shape_finder(view.problem.visible.shapes, view.problem.table)
    forms: dict[str, Expr] = {}
    for node in view.problem.visible.backward:
        if node.name in view.solution.fixed:
            continue
        expr = rebuild(node.expr, _plain)
        if _size(expr, forms) > LONGEST_RAW:
            return None
        forms[node.name] = _shorter(simplify(expr, shape_of, forms), shape_of)
        if node.name == name:
            form = rebuild(forms[name], _inward)
            return form if form.size <= LONGEST_FORM else None
    return None


def _plain(expr: Expr) -> Expr:
    """Write a quotient whose 0/0 is 0 as a quotient, so that it cancels."""
    if isinstance(expr, Apply) and expr.op == "xdivy":
        return Apply("div", expr.args)
    return expr


def _shorter(expr: Expr, shape_of: Callable[[Expr], Shape]) -> Expr:
    """Return a product with a sum, multiplied out where factors cancel: ŷ (1 − y/ŷ)."""
    if not isinstance(expr, Apply) or expr.op != "mul":
        return expr
    sums = [arg for arg in expr.args if isinstance(arg, Apply) and arg.op == "add"]
    if len(sums) != 1:
        return expr
    rest = tuple(arg for arg in expr.args if arg is not sums[0])
    terms = (simplify(mul(term, *rest), shape_of) for term in sums[0].args)
    found = _signs_last(simplify(add(*terms), shape_of))
    return found if found.size < expr.size and shape_of(found) == shape_of(expr) else expr


def _signs_last(expr: Expr) -> Expr:
    """Write −y + s as s − y."""
    if not isinstance(expr, Apply) or expr.op != "add":
        return expr
    minus = [arg for arg in expr.args if isinstance(arg, Apply) and arg.op == "neg"]
    return add(*(arg for arg in expr.args if arg not in minus), *minus)


def _inward(expr: Expr) -> Expr:
    """Write 2 ((ŷ − y) aᵀ) as 2 (ŷ − y) aᵀ."""
    if not isinstance(expr, Apply) or expr.op != "mul" or len(expr.args) != 2:
        return expr
    factor, whole = expr.args
    if not isinstance(factor, Number) or not isinstance(whole, Apply) or whole.op != "outer":
        return expr
    first, second = whole.args
    return Apply("outer", (mul(factor, *_factors(first)), second))


def _factors(expr: Expr) -> tuple[Expr, ...]:
    return expr.args if isinstance(expr, Apply) and expr.op == "mul" else (expr,)


def _size(expr: Expr, forms: dict[str, Expr]) -> int:
    """Return how many parts a formula has once others are written into it."""
    if isinstance(expr, Apply):
        return 1 + sum(_size(arg, forms) for arg in expr.args)
    return forms[expr.name].size if isinstance(expr, Symbol) and expr.name in forms else 1


def chain(page: Page, view: View) -> bool:
    """Draw the forward pass, where each line reads the one before; tell whether it does."""
    links = _links(view)
    if links is None:
        return False
    start, arrows = links
    longest = max(width(name) for _, name in [("", start), *arrows])
    if any(INDENT + longest + _arrow(label) + 2 + longest > page.columns for label, _ in arrows):
        return False
    rows: list[list[ChainLink]] = [[]]
    used = INDENT + width(start)
    for label, name in arrows:
        extra = _arrow(label) + width(name) + 2
        if rows[-1] and used + extra > page.columns:
            rows.append([])
            used = INDENT + width(rows[-2][-1][1])
        rows[-1].append((label, name))
        used += extra
    for row in rows:
        above, below = " " * (INDENT + width(start)), " " * INDENT + start
        for label, name in row:
            length = _arrow(label)
            above += " " + _centred(label, length) + " " * (1 + width(name))
            below += " " + "─" * (length - 1) + "▶ " + name
            start = name
        page.text(above.rstrip(), "faint")
        page.text(below)
    return True


def _arrow(label: str) -> int:
    return max(SHORTEST_ARROW, width(label) + (width(label) > SHORTEST_ARROW))


def _centred(label: str, length: int) -> str:
    left = (length - width(label)) // 2
    return " " * left + label + " " * (length - width(label) - left)


def _links(view: View) -> tuple[str, list[ChainLink]] | None:
    """Return the first name and the arrows, or None for a graph that is no chain."""
    lines = list(view.problem.visible.forward)
    names = {node.name for node in lines}
    links: list[ChainLink] = []
    start: str | None = None
    before: str | None = None
    layers = {layer.z: layer for layer in view.problem.layers}
    for node in lines:
        read = [name for name in symbols(node.expr) if name in names]
        if read != ([before] if before else []):
            return None
        if before is None:
            data = layers[node.name].before if node.name in layers else _input(view, node)
            if data is None:
                return None
            start = view.notation.name(data)
        shown = view.notation.name(node.name)
        if isinstance(node.expr, Apply) and node.expr.op == "identity" and links:
            links[-1] = (links[-1][0], shown)
        else:
            layer = layers.get(node.name)
            parts = [layer.weight, *([layer.bias] if layer.bias else [])] if layer else []
            label = ",".join(view.notation.name(part) for part in parts) or _label(view, node)
            links.append((label, shown))
        before = node.name
    if start is None or len(links) < 2:
        return None
    return start, links


def _input(view: View, node: Node) -> str | None:
    """Return the one input that a first line reads."""
    inputs = [
        name for name in symbols(node.expr) if view.problem.data[name].role in ("input", "weight")
    ]
    return inputs[0] if len(inputs) == 1 else None


def _label(view: View, node: Node) -> str:
    """Return what an arrow does: the symbol of its function, or a short formula."""
    expr = node.expr
    if isinstance(expr, Apply):
        row = view.problem.table[expr.op]
        if row.kind in ("activation", "elementwise") and isinstance(expr.args[0], Symbol):
            return view.notation.function(expr.op)
        shown = view.notation.box(view.defined(expr))
        if shown.height == 1 and shown.width <= LONGEST_LABEL:
            return shown.rows[0].replace(" ", "")
        if row.kind == "loss":
            return row.name.replace("_", " ")
    return ""
