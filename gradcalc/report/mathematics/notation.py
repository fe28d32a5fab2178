"""Formulas as a textbook sets them, in Unicode or in plain ASCII."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

from gradcalc.algebra.formula.expr import Apply, Expr, Number, Symbol
from gradcalc.algebra.formula.names import gradient_parts, is_name
from gradcalc.algebra.formula.shapes import Shape, ShapeError, size
from gradcalc.algebra.formula.syntax import LEVEL, MINUS, POSTFIX, PRODUCT, format_number, level
from gradcalc.algebra.operations.inference import shape_finder
from gradcalc.algebra.operations.operation import Table
from gradcalc.algebra.operations.table import TABLE
from gradcalc.errors import width
from gradcalc.report.mathematics.names import (
    LOWERED,
    Lettering,
    brackets_of,
    entry_of,
    raised,
    shown_attrs,
)
from gradcalc.report.mathematics.unicode import (
    Box,
    aligned,
    beside,
    bracketed,
    calls,
    goes_last,
    guarded,
    is_array,
    is_call,
    is_vector,
    joined,
    literal,
    matrix,
    only,
    plain_number,
    round_brackets,
    text,
)

LONGEST = 8
COMPARISONS = {
    "lt": ("<", "<"),
    "le": ("≤", "<="),
    "gt": (">", ">"),
    "ge": ("≥", ">="),
    "eq": ("=", "=="),
}
"""The sign of each comparison, and how it is typed."""


@dataclass(frozen=True)
class Notation(Lettering):
    """How names and formulas are written for one problem.

    full: arrays are never shortened. drawn: vectors are columns in brackets.
    """

    table: Table = TABLE
    full: bool = False
    drawn: bool = False

    @property
    def shape_of(self) -> Callable[[Expr], Shape]:
        """Return the function that gives shapes of formulas."""
        return shape_finder(self.shapes, self.table)

    def line(self, expr: Expr) -> str:
        """Return a formula in one row."""
        return replace(self, drawn=False).box(expr).rows[0]

    def box(self, expr: Expr) -> Box:
        """Return a formula as a block of text."""
        if isinstance(expr, Number):
            return text(self.number(expr))
        if isinstance(expr, Symbol):
            return text(self.name(expr.name))
        if expr.op in COMPARISONS:
            return self.compared(expr)
        write = getattr(self, f"_{expr.op}", None)
        if write is not None:
            box: Box = write(expr)
            return box
        return self.call(self.function(expr.op), expr)

    def function(self, op: str) -> str:
        """Return the symbol of a function."""
        row = self.table[op]
        symbol = row.symbol or row.name
        if self.unicode:
            return symbol
        return row.name

    def call(self, name: str, expr: Apply) -> Box:
        pieces = [self.box(arg) for arg in expr.args]
        pieces += [
            text(f"{self.styled(key, layered=False)}={self.setting(value)}")
            for key, value in shown_attrs(expr)
        ]
        inner = joined(pieces, ", ")
        alone = len(expr.args) == 1 and not expr.attrs and inner.height == 1
        if (
            alone
            and inner.rows[0].startswith("(")
            and isinstance(expr.args[0], Apply)
            and (expr.args[0].op in ("array", "where"))
        ):
            return beside([text(name), inner])
        return beside([text(name), round_brackets(inner)])

    def setting(self, value: Number | Symbol) -> str:
        """Return the value of a parameter; a sum of letters (K-1) is no name."""
        if isinstance(value, Symbol) and not is_name(value.name):
            return value.name.replace("-", "−" if self.unicode else "-")
        return self.box(value).rows[0]

    def shape(self, expr: Expr) -> Shape:
        try:
            return self.shape_of(expr)
        except (KeyError, ShapeError):
            return ()

    def child(self, expr: Expr, floor: int) -> Box:
        box = self.box(expr)
        single = isinstance(expr, Apply) and expr.op == "sum" and self.one(expr)
        own = level(expr)
        alone = only(expr)
        if alone is not None and self.number(alone)[0] in "−-":
            own = MINUS
        if isinstance(expr, Apply) and expr.op == "sum" and not single:
            own = PRODUCT - 1
        if isinstance(expr, Apply) and expr.op in ("outer", "dot"):
            own = PRODUCT
        if single and isinstance(expr, Apply):
            own = level(expr.args[0])
        return round_brackets(box) if own <= floor else box

    def one(self, expr: Apply) -> bool:
        """Tell whether a sum has a single term."""
        return size(self.shape(expr.args[0])) == 1

    def spread(self, expr: Apply) -> Apply:
        """Return a sum or product with vectors that every row takes part in set as rows."""
        if not any(len(self.shape(arg)) == 2 for arg in expr.args):
            return expr
        args = tuple(Apply("array", (arg,)) if is_vector(arg) else arg for arg in expr.args)
        return Apply(expr.op, args, expr.attrs)

    def _add(self, expr: Apply) -> Box:
        expr = self.spread(expr)
        boxes = [self.child(expr.args[0], LEVEL["add"] - 1)]
        minus = "−" if self.unicode else "-"
        for term in expr.args[1:]:
            if isinstance(term, Apply) and term.op == "neg":
                boxes += [text(f" {minus} "), guarded(self.child(term.args[0], MINUS))]
            elif isinstance(term, Number) and format_number(term).startswith("-"):
                boxes += [text(f" {minus} "), text(self.number(term).lstrip("−-"))]
            elif isinstance(term, Apply) and term.op == "mul":
                boxes += [text(" + "), self._mul(term, leading=False)]
            else:
                boxes += [text(" + "), guarded(self.child(term, LEVEL["add"]))]
        return beside(boxes)

    def _neg(self, expr: Apply) -> Box:
        minus = text("−" if self.unicode else "-")
        return beside([minus, guarded(self.child(expr.args[0], MINUS))])

    def _mul(self, expr: Apply, *, leading: bool = True) -> Box:
        """Write a product; long functions last, so that nothing follows their brackets."""
        expr = self.spread(expr)
        first, *rest = sorted(expr.args, key=goes_last)
        boxes = [self.box(first) if plain_number(first) else self.factor(first, first=True)]
        if not leading:
            boxes = [guarded(boxes[0])]
        for before, arg in pairwise([first, *rest]):
            last = arg is rest[-1]
            boxes += [
                text(self.times(before, arg)),
                guarded(self.factor(arg, first=False, last=last)),
            ]
        return beside(boxes)

    def factor(self, expr: Expr, *, first: bool, last: bool = False) -> Box:
        """Return a factor; a quotient, or a sum sign that others follow, in brackets."""
        if last and isinstance(expr, Apply) and expr.op == "sum" and not self.one(expr):
            return self.box(expr)
        tight = isinstance(expr, Apply) and (
            expr.op == "div" or (expr.op in ("matmul", "dot") and not self.shape(expr))
        )
        if isinstance(expr, Number) and "/" in format_number(expr) and not plain_number(expr):
            return round_brackets(self.box(expr))
        return self.child(expr, LEVEL["mul"] - 1 if first and not tight else LEVEL["mul"])

    def operand(self, expr: Expr) -> Box:
        """Return the left side of a matrix product; an elementwise product in brackets."""
        if (
            isinstance(expr, Apply)
            and expr.op == "mul"
            and (sum(size(self.shape(arg)) != 1 for arg in expr.args) > 1)
        ):
            return round_brackets(self.box(expr))
        return self.factor(expr, first=True)

    def times(self, left: Expr, right: Expr) -> str:
        """Return what stands between two factors: ⊙, ·, or a blank."""
        if not self.unicode:
            drawn = self.drawn and max(self.box(side).height for side in (left, right)) > 1
            return " * " if drawn else "*"
        both = all(size(self.shape(side)) != 1 for side in (left, right))
        if both:
            return " ⊙ "
        if literal(right) or (isinstance(left, Number) and calls(right)):
            return "·"
        if is_call(left) and not is_call(right):
            return "·"
        return " "

    def _div(self, expr: Apply) -> Box:
        over = self.child(expr.args[0], LEVEL["div"] - 1)
        return self.over(over, self.child(expr.args[1], LEVEL["div"]))

    def over(self, over: Box, under: Box) -> Box:
        """Return a quotient."""
        return beside([over, text(" / "), under])

    def _pow(self, expr: Apply) -> Box:
        base, exponent = expr.args
        power = base.op if isinstance(base, Apply) else ""
        box = self.child(base, POSTFIX - 1)
        if power in ("sum",) and isinstance(base, Apply):
            box = round_brackets(self.box(base))
        if self.unicode and isinstance(exponent, Number) and exponent.value.denominator == 1:
            sign = "⁻" if exponent.value < 0 else ""
            return beside([box, text(sign + raised(str(abs(exponent.value))))])
        return self.power(box, self.child(exponent, POSTFIX - 1))

    def power(self, base: Box, exponent: Box) -> Box:
        """Return a power whose exponent is more than a whole number."""
        return beside([base, text("^"), exponent])

    def _matmul(self, expr: Apply) -> Box:
        first = expr.args[0]
        if isinstance(first, Apply) and first.op == "array" and not is_array(first.args[0]):
            left = self.array_row(first)
        else:
            left = self.operand(first)
        if (
            len(self.shape(first)) == 1
            and len(self.shape(expr.args[1])) == 1
            and (isinstance(first, Symbol))
        ):
            left = beside([left, text(self.transposed(""))])
        return beside([left, text(" "), self.child(expr.args[1], LEVEL["matmul"])])

    def _outer(self, expr: Apply) -> Box:
        a, b = expr.args
        if isinstance(b, Apply) and b.op == "array":
            left = self.box(a) if only(a) is not None else self.operand(a)
            return beside([left, text(" "), self.array_row(b)])
        if isinstance(b, Apply) and b.op == "transpose":
            return beside([self.operand(a), text(" "), self.child(b.args[0], LEVEL["matmul"] - 1)])
        turned = "" if size(self.shape(b)) == 1 else self.transposed("")
        return beside([self.operand(a), text(" "), self.child(b, POSTFIX - 1), text(turned)])

    def _dot(self, expr: Apply) -> Box:
        a, b = expr.args
        if isinstance(a, Apply) and a.op == "array":
            return beside([self.array_row(a), text(" "), self.child(b, LEVEL["matmul"])])
        return beside(
            [
                self.child(a, POSTFIX - 1),
                text(self.transposed("") + " "),
                self.child(b, LEVEL["matmul"]),
            ]
        )

    def _transpose(self, expr: Apply) -> Box:
        inner = expr.args[0]
        parts = gradient_parts(inner.name) if isinstance(inner, Symbol) else None
        if parts and self.shapes.get(parts[0]) and len(self.shape(inner)) == 2:
            return beside([round_brackets(self.box(inner)), text(self.transposed(""))])
        return beside([self.child(expr.args[0], POSTFIX - 1), text(self.transposed(""))])

    def _sum(self, expr: Apply) -> Box:
        inner = expr.args[0]
        if self.one(expr) and not expr.attrs:
            return self.box(inner)
        if not self.unicode:
            return self.call("sum", expr)
        shape = self.shape(inner)
        axis = dict(expr.attrs).get("axis")
        mark = "Σ"
        if isinstance(axis, Number) and len(shape) == 2:
            mark = "Σ_rows" if axis.value in (0, -2) else "Σ_columns"
        bracketed_terms = isinstance(inner, Apply) and inner.op in ("add", "neg", "mul")
        box = round_brackets(self.box(inner)) if bracketed_terms else self.box(inner)
        return beside([text(f"{mark} "), box])

    def _mean(self, expr: Apply) -> Box:
        axis = dict(expr.attrs).get("axis")
        if not isinstance(axis, Number) or len(self.shape(expr.args[0])) != 2:
            return self.call("mean", expr)
        return self.call("mean_rows" if axis.value in (0, -2) else "mean_columns", expr)

    def _xlogy(self, expr: Apply) -> Box:
        a, b = expr.args
        return self.box(Apply("mul", (a, Apply("log", (b,)))))

    def _xdivy(self, expr: Apply) -> Box:
        return self._div(Apply("div", expr.args))

    def _identity(self, expr: Apply) -> Box:
        return self.box(expr.args[0])

    def _expand(self, expr: Apply) -> Box:
        return self.box(expr.args[0])

    def _fill(self, expr: Apply) -> Box:
        return self.box(expr.args[0])

    def _abs(self, expr: Apply) -> Box:
        inner = self.box(expr.args[0])
        if inner.height > 1:
            return self.call("abs", expr)
        return self.between("|", inner)

    def between(self, sign: str, inner: Box) -> Box:
        """Return an absolute value or a norm."""
        return beside([text(sign), inner, text(sign)])

    def _sqrt(self, expr: Apply) -> Box:
        if not self.unicode:
            return self.call("sqrt", expr)
        inner = self.box(expr.args[0])
        under = expr.args[0]
        named = isinstance(under, Symbol | Number) or under.op == "entry"
        simple = named and inner.height == 1
        return self.root(inner if simple else round_brackets(inner))

    def root(self, inner: Box) -> Box:
        """Return a square root."""
        return beside([text("√"), inner])

    def _norm(self, expr: Apply) -> Box:
        if not self.unicode:
            return self.call("norm", expr)
        return self.between("‖", self.box(expr.args[0]))

    def whole(self, expr: Expr) -> Box:
        """Return a whole formula; one of two cases in two rows after a brace."""
        if isinstance(expr, Apply) and expr.op == "sum" and self.one(expr) and not expr.attrs:
            return self.whole(expr.args[0])
        if isinstance(expr, Apply) and expr.op == "where":
            return self._cases(expr)
        return self.box(expr)

    def _cases(self, expr: Apply) -> Box:
        condition, yes, no = (self.box(part) for part in expr.args)
        if self.unicode and all(box.height == 1 for box in (condition, yes, no)):
            widest = max(yes.width, no.width)
            first, second = (box.rows[0] + " " * (widest - box.width) for box in (yes, no))
            rows = (f"⎧ {first}   where {condition.rows[0]}", f"⎩ {second}   otherwise")
            longest = max(width(row) for row in rows)
            return Box(tuple(row + " " * (longest - width(row)) for row in rows))
        return self._where(expr)

    def _where(self, expr: Apply) -> Box:
        condition, yes, no = (self.box(part) for part in expr.args)
        return beside([text("("), yes, text(" if "), condition, text(", else "), no, text(")")])

    def compared(self, expr: Apply) -> Box:
        """Return a comparison with its sign."""
        sign = COMPARISONS[expr.op][0 if self.unicode else 1]
        return joined([self.child(arg, LEVEL["lt"]) for arg in expr.args], f" {sign} ")

    def _entry(self, expr: Apply) -> Box:
        base, *places = expr.args
        assert isinstance(base, Symbol)
        if places == [Symbol("i")] and not self.shapes.get(base.name):
            return text(self.indexed(base.name))
        found = [place for place in places if isinstance(place, Number | Symbol)]
        return text(self.placed(base.name, found))

    def _total(self, expr: Apply) -> Box:
        """Write a sum over an index: Σₖ Wₖᵢ ∂L/∂zₖ."""
        letter = expr.attr("over")
        assert isinstance(letter, Symbol)
        if not self.unicode:
            return beside([text(f"sum_{letter.name} "), round_brackets(self.box(expr.args[0]))])
        return beside(
            [text(f"Σ{LOWERED[letter.name]} "), self.child(expr.args[0], LEVEL["mul"] - 1)]
        )

    def _pick(self, expr: Apply) -> Box:
        found = entry_of(expr)
        return self._part(expr) if found is None else text(self.entry_name(*found))

    def _part(self, expr: Apply) -> Box:
        return beside([self.child(expr.args[0], POSTFIX - 1), text(brackets_of(expr))])

    def _unpool(self, expr: Apply) -> Box:
        return self.call(self.function(expr.op), Apply(expr.op, expr.args[:1], expr.attrs))

    # --- arrays ------------------------------------------------------------------

    def _array(self, expr: Apply) -> Box:
        rows = [
            list(item.args) if isinstance(item, Apply) and item.op == "array" else [item]
            for item in expr.args
        ]
        cells = [[self.line(item) for item in row] for row in rows]
        if len(cells) == 1 and len(cells[0]) == 1:
            return self.box(rows[0][0])
        if not is_array(expr.args[0]):
            return self.vector([row[0] for row in cells])
        return self.grid(cells)

    def array_row(self, expr: Apply) -> Box:
        """Return a vector as one row of a matrix: [ 6  7 ]."""
        cells = [self.box(item).rows[0] for item in expr.args]
        if len(cells) == 1:
            box = self.box(expr.args[0])
            return round_brackets(box) if cells[0][0] in "−-" else box
        return matrix([self.shortened(cells)])

    def vector(self, cells: list[str]) -> Box:
        """Return a vector: a column in brackets where it is multiplied, else (a, b, c)."""
        if len(cells) == 1:
            return text(cells[0])
        if self.drawn:
            return bracketed(aligned(self.shortened(cells, "⋮")))
        return text("(" + ", ".join(self.shortened(cells)) + ")")

    def grid(self, cells: list[list[str]]) -> Box:
        """Return a matrix, elided in the middle where it is large."""
        rows = (
            cells
            if self.full or len(cells) <= LONGEST
            else ([*cells[:3], ["⋮"] * len(cells[0]), *cells[-3:]])
        )
        return matrix([self.shortened(row) for row in rows])

    def shortened(self, cells: list[str], dots: str = "…") -> list[str]:
        if self.full or len(cells) <= LONGEST:
            return cells
        return [*cells[:3], dots if self.unicode else "...", *cells[-3:]]
