"""Text blocks with a baseline, put side by side as mathematics is set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gradcalc.algebra.formula.expr import Apply, Expr, Number, symbols
from gradcalc.algebra.formula.syntax import LEVEL, format_number
from gradcalc.errors import width
from gradcalc.report.mathematics.names import FRACTIONS

if TYPE_CHECKING:
    from gradcalc.report.mathematics.tree import Math


@dataclass(frozen=True)
class Box:
    """Rows of equal width; `base` is the row that stands on the line of text.

    tree: makes the tree of what they show, for documents; None where the row says it.
    """

    rows: tuple[str, ...]
    base: int = 0
    tree: Callable[[], Math] | None = field(default=None, compare=False, repr=False)

    @property
    def math(self) -> Math:
        """Return what the box shows as a tree, with the structure that rows cannot have."""
        from gradcalc.report.mathematics.readback import read  # noqa: PLC0415 - a terminal needs no trees

        return read(self.rows[self.base]) if self.tree is None else self.tree()

    @property
    def width(self) -> int:
        """Return the number of columns."""
        return width(self.rows[0])

    @property
    def height(self) -> int:
        """Return the number of rows."""
        return len(self.rows)


def text(content: str) -> Box:
    """Return a box of one row."""
    return Box((content,))


def shown(box: Box, tree: Math) -> Box:
    """Return a box with the tree of what it shows."""
    return replace(box, tree=lambda: tree)


def _row(boxes: Sequence[Box]) -> Math:
    from gradcalc.report.mathematics.tree import row  # noqa: PLC0415 - a terminal needs no trees

    return row(box.math for box in boxes)


def _grid(cells: Sequence[Sequence[str]]) -> Math:
    from gradcalc.report.mathematics.readback import read  # noqa: PLC0415 - a terminal needs no trees
    from gradcalc.report.mathematics.tree import Grid  # noqa: PLC0415

    return Grid(tuple(tuple(read(cell.strip()) for cell in line) for line in cells))


def _fenced(box: Box) -> Math:
    from gradcalc.report.mathematics.tree import Fenced  # noqa: PLC0415 - a terminal needs no trees

    return Fenced("(", box.math, ")")


def beside(boxes: Sequence[Box]) -> Box:
    """Return the boxes side by side, baselines in one row."""
    boxes = [box for box in boxes if box.width]
    if not boxes:
        return text("")
    if len(boxes) == 1:
        return boxes[0]
    plain = all(box.tree is None for box in boxes)
    tree = None if plain else lambda: _row(boxes)
    if all(box.height == 1 for box in boxes):
        return Box(("".join(box.rows[0] for box in boxes),), tree=tree)
    base = max(box.base for box in boxes)
    below = max(box.height - box.base for box in boxes)
    rows = []
    for row in range(base + below):
        cells = []
        for box in boxes:
            at = row - base + box.base
            cells.append(box.rows[at] if 0 <= at < box.height else " " * box.width)
        rows.append("".join(cells))
    return Box(tuple(rows), base, tree)


def joined(boxes: Sequence[Box], between: str) -> Box:
    """Return the boxes side by side with the same text between each two."""
    spread: list[Box] = []
    for box in boxes:
        if spread:
            spread.append(text(between))
        spread.append(box)
    return beside(spread)


def aligned(cells: Sequence[str]) -> list[str]:
    """Return texts padded to one width, decimal points under each other."""
    if all(_numeric(cell) for cell in cells):
        parts = [cell.partition(".") for cell in cells]
        left = max(width(whole) for whole, _, _ in parts)
        right = max(len(dot + rest) for _, dot, rest in parts)
        return [
            " " * (left - width(whole)) + whole + (dot + rest).ljust(right)
            for whole, dot, rest in parts
        ]
    widest = max(width(cell) for cell in cells)
    return [cell + " " * (widest - width(cell)) for cell in cells]


def _numeric(cell: str) -> bool:
    return all(ch in "0123456789.-−⋮…" for ch in cell)


def matrix(cells: Sequence[Sequence[str]], gap: str = "  ") -> Box:
    """Return a matrix in brackets: ⎡ ⎤ ⎣ ⎦, one row in [ ]."""
    columns = [aligned([row[j] for row in cells]) for j in range(len(cells[0]))]
    lines = [gap.join(column[i] for column in columns) for i in range(len(cells))]
    return replace(bracketed(lines), tree=lambda: _grid(cells))


def bracketed(lines: Sequence[str]) -> Box:
    """Return rows of one width in square brackets as high as they are."""
    last = len(lines) - 1

    def tree() -> Math:
        return _grid([[line] for line in lines])

    if last == 0:
        return Box((f"[ {lines[0]} ]",), tree=tree)
    rows = []
    for i, line in enumerate(lines):
        left, right = ("⎡", "⎤") if i == 0 else ("⎣", "⎦") if i == last else ("⎢", "⎥")
        rows.append(f"{left} {line} {right}")
    return Box(tuple(rows), last // 2, tree)


def round_brackets(box: Box) -> Box:
    """Return a box in round brackets as high as it is."""
    tree = None if box.tree is None else lambda: _fenced(box)
    if box.height == 1:
        return Box((f"({box.rows[0]})",), tree=tree)
    last = box.height - 1
    rows = []
    for i, row in enumerate(box.rows):
        left, right = ("⎛", "⎞") if i == 0 else ("⎝", "⎠") if i == last else ("⎜", "⎟")
        rows.append(f"{left}{row}{right}")
    return Box(tuple(rows), box.base, tree)


def guarded(box: Box) -> Box:
    """Return a box in brackets where it begins with a minus, to stand after an operator."""
    return round_brackets(box) if box.rows[box.base].lstrip()[:1] in ("−", "-") else box


def is_call(expr: Expr) -> bool:
    """Tell whether a factor is written as a function with its operands in brackets."""
    return (
        isinstance(expr, Apply)
        and expr.op not in LEVEL
        and expr.op not in ("array", "sum", "entry", "outer", "dot", "diag", "where", "abs", "norm")
        and expr.op not in ("pick", "part")
        and expr.op not in ("expand", "fill", "identity", "xdivy", "xlogy", "mean", "sqrt")
    )


def goes_last(expr: Expr) -> bool:
    """Tell whether a factor is a function of more than a name, as ln(1 − ŷ)."""
    return (
        is_call(expr)
        and isinstance(expr, Apply)
        and any(isinstance(arg, Apply) and arg.op not in ("array", "entry") for arg in expr.args)
    )


def plain_number(expr: Expr) -> bool:
    """Tell whether a number leads a product without brackets: 2, −0.5, ½."""
    if not isinstance(expr, Number):
        return False
    return "/" not in format_number(expr) or abs(expr.value) in FRACTIONS


def is_vector(expr: Expr) -> bool:
    """Tell whether a formula is a list of numbers written out."""
    return isinstance(expr, Apply) and expr.op == "array" and not is_array(expr.args[0])


def is_array(expr: Expr) -> bool:
    """Tell whether a formula is a list written out, of numbers or of rows."""
    return isinstance(expr, Apply) and expr.op == "array"


def only(expr: Expr) -> Number | None:
    """Return the one number that a formula is, in brackets or not."""
    while isinstance(expr, Apply) and expr.op == "array" and len(expr.args) == 1:
        expr = expr.args[0]
    return expr if isinstance(expr, Number) else None


def literal(expr: Expr) -> bool:
    """Tell whether a factor begins with a digit or a sign when it is written."""
    if isinstance(expr, Apply) and expr.op in ("mul", "div", "pow"):
        return literal(expr.args[0])
    return isinstance(expr, Number)


def calls(expr: Expr) -> bool:
    """Tell whether a factor over numbers alone begins with the name of a function."""
    return (
        isinstance(expr, Apply)
        and expr.op not in LEVEL
        and expr.op not in ("array", "sum", "sqrt", "entry", "xdivy")
        and not symbols(expr)
    )
