"""Formulas set for documents: the terminal's own notation, with fractions, roots and grids.

What stands in brackets, in which order and with which sign, `Notation` decides; here
parts that one row of text cannot show get the tree of what they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from gradcalc.algebra.formula.expr import Apply, Expr, Number, Symbol
from gradcalc.report.mathematics.notation import LONGEST, Notation
from gradcalc.report.mathematics.readback import read
from gradcalc.report.mathematics.tree import (
    Atom,
    Cases,
    Fenced,
    Fraction,
    Grid,
    Math,
    Quantity,
    Root,
    Scripts,
    bare,
    gridded,
    row,
    stroked,
)
from gradcalc.report.mathematics.unicode import Box, is_array, shown, text


def quantity(notation: Notation, name: str) -> Math:
    """Return the name of a quantity as it is set: ∂L/∂z as a fraction."""
    return Quantity(name, read(notation.name(name), name=True))


@dataclass(frozen=True)
class Typeset(Notation):
    """How names and formulas of one problem are written in documents.

    flat: quotients have a stroke, as in the entries of a matrix.
    """

    flat: bool = False

    def box(self, expr: Expr) -> Box:
        """Return a formula as a block of text, with its tree."""
        if isinstance(expr, Symbol):
            return shown(text(self.name(expr.name)), quantity(self, expr.name))
        if isinstance(expr, Number):
            found = text(self.number(expr))
            return shown(found, _ratio(expr) or found.math)
        return super().box(expr)

    def child(self, expr: Expr, floor: int) -> Box:
        """Return an operand, in brackets where it needs them; a fraction needs none."""
        found = super().child(expr, floor)
        inner = bare(found.math)
        return shown(found, inner) if isinstance(inner, Fraction) and not inner.small else found

    def over(self, over: Box, under: Box) -> Box:
        """Return a quotient as a fraction."""
        found = super().over(over, under)
        top, bottom = bare(over.math), bare(under.math)
        if self.flat or gridded(top) or gridded(bottom):
            return found
        return shown(found, Fraction(stroked(top), stroked(bottom)))

    def power(self, base: Box, exponent: Box) -> Box:
        """Return a power, its exponent raised."""
        script = Scripts(None, above=bare(exponent.math))
        return shown(super().power(base, exponent), row((base.math, script)))

    def root(self, inner: Box) -> Box:
        """Return a square root, its bar over all of it."""
        return shown(super().root(inner), Root(bare(inner.math)))

    def between(self, sign: str, inner: Box) -> Box:
        """Return an absolute value or a norm, its signs as high as it is."""
        return shown(super().between(sign, inner), Fenced(sign, inner.math, sign))

    def _cases(self, expr: Apply) -> Box:
        return self._where(expr)

    def _where(self, expr: Apply) -> Box:
        condition, yes, no = (self.box(part) for part in expr.args)
        tree = Cases(((yes.math, "where", condition.math), (no.math, "otherwise", None)))
        return shown(text(f"({yes.rows[0]} if {condition.rows[0]}, else {no.rows[0]})"), tree)

    def _entry(self, expr: Apply) -> Box:
        found = super()._entry(expr)
        base = expr.args[0]
        assert isinstance(base, Symbol)
        return shown(found, Quantity(base.name, read(found.rows[0], name=True)))

    # --- arrays ------------------------------------------------------------------

    def _array(self, expr: Apply) -> Box:
        rows = [
            list(item.args) if isinstance(item, Apply) and item.op == "array" else [item]
            for item in expr.args
        ]
        if len(rows) == 1 and len(rows[0]) == 1:
            return self.box(rows[0][0])
        inner = replace(self, drawn=False, flat=True)
        cells = [[inner.box(item) for item in line] for line in rows]
        plain = text("(" + ", ".join(" ".join(box.rows[0] for box in line) for line in cells) + ")")
        if is_array(expr.args[0]) or self.drawn:
            return shown(plain, self._grid(cells))
        listed = self._listed([line[0] for line in cells], "…")
        comma = Atom("operator", ",")
        parts = [part for each in listed for part in (comma, Atom("space", " "), each)][2:]
        bracketed = (Atom("bracket", "("), *parts, Atom("bracket", ")"))
        return shown(plain, row(bracketed))

    def array_row(self, expr: Apply) -> Box:
        """Return a vector as one row of a matrix."""
        cells = [self.box(item) for item in expr.args]
        if len(cells) == 1:
            return super().array_row(expr)
        plain = text("[ " + "  ".join(box.rows[0] for box in cells) + " ]")
        return shown(plain, self._grid([cells]))

    def _grid(self, cells: list[list[Box]]) -> Grid:
        rows = [self._listed(line, "…") for line in cells]
        if not self.full and len(rows) > LONGEST:
            dots: list[Math] = [Atom("operator", "⋮")] * len(rows[0])
            rows = [*rows[:3], dots, *rows[-3:]]
        return Grid(tuple(map(tuple, rows)))

    def _listed(self, cells: list[Box], dots: str) -> list[Math]:
        trees = [box.math for box in cells]
        if self.full or len(trees) <= LONGEST:
            return trees
        return [*trees[:3], Atom("operator", dots), *trees[-3:]]


def _ratio(number: Number) -> Math | None:
    """Return a number that is written with a stroke as a fraction, None for any other."""
    over, stroke, under = (number.text or str(number.value)).partition("/")
    if not stroke:
        return None
    minus = (Atom("operator", "−"),) * over.startswith("-")
    digits = Fraction(Atom("number", over.lstrip("-")), Atom("number", under), small=True)
    return row((*minus, digits))
