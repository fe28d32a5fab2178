"""Formulas and names of a catalogue as mathematics."""

from __future__ import annotations

from collections.abc import Sequence

from gradcalc.algebra.formula.expr import Apply, Expr
from gradcalc.report.blocks import Text
from gradcalc.report.catalogue.derivation_notation import DerivationNotation
from gradcalc.report.mathematics.notation import Notation
from gradcalc.report.mathematics.readback import read
from gradcalc.report.mathematics.rows import Rowed
from gradcalc.report.mathematics.tree import Atom, Fraction, Math, row
from gradcalc.report.mathematics.unicode import Box, text


def formula_of(notation: Notation, expr: Expr) -> Math:
    """Return a formula."""
    asked = isinstance(expr, Apply) and expr.op == "derivative"
    if asked and isinstance(notation, DerivationNotation):
        return _shown(notation.box(expr), notation.asked(expr))
    return _shown(notation.box(expr), notation.whole(expr))


def name_of(notation: Notation, name: str) -> Math:
    """Return a name."""
    return _shown(text(notation.name(name)))


def slope_of(notation: Notation, of: Math, by: Math) -> Math:
    """Return the derivative of one name by another."""
    d = "∂" if notation.unicode else "d"
    if isinstance(notation, DerivationNotation):
        d = notation.d
    assert isinstance(of, Rowed)
    assert isinstance(by, Rowed)
    row_of_text = f"{d}{of.line.rows[0]}/{d}{by.line.rows[0]}"
    sign = Atom("operator", d)
    tree = Fraction(row((sign, *of.parts)), row((sign, *by.parts)))
    return Rowed((tree,), text(row_of_text), text(row_of_text))


def call_of(notation: Notation, function: str, names: Sequence[str]) -> Math:
    """Return a function of names."""
    inner = ", ".join(map(notation.name, names))
    return _shown(text(f"{notation.name(function)}({inner})"))


def row_of(content: str) -> Math:
    """Return mathematics that was written as a row."""
    return _shown(text(content))


def _shown(line: Box, whole: Box | None = None) -> Math:
    return Rowed((read(line.rows[0]),), line, line if whole is None else whole)


def joined(names: Sequence[Math]) -> tuple[str | Math, ...]:
    """Return names with commas between them, "and" before the last."""
    found: list[str | Math] = []
    for at, name in enumerate(names):
        between = "" if at == 0 else " and " if at == len(names) - 1 else ", "
        found += [between, name] if between else [name]
    return tuple(found)


def listed(names: Sequence[Math]) -> Text:
    """Return names with commas between them."""
    return tuple(part for name in names for part in (", ", name))[1:]
