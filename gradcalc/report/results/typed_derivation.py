"""The page of `gradcalc derive`: the steps, the result, how it is typed, what was checked."""

from __future__ import annotations

from gradcalc.algebra.derivation.derivation import Derivation
from gradcalc.algebra.formula.syntax import format
from gradcalc.algebra.operations.operation import Table
from gradcalc.engine.typed_formula import CLOSE, ENTRIES, NEAR, FormulaProof, TypedFormula, kinks
from gradcalc.report.mathematics.names import figure, power
from gradcalc.report.mathematics.unicode import text
from gradcalc.report.page import Page
from gradcalc.report.results.derivations import (
    DerivationNotation,
    fitting,
    line,
    notation_of,
    write_steps,
)


def heading(page: Page, typed: TypedFormula, made: Derivation, table: Table) -> None:
    """Write the title and the formula that is derived."""
    notation = notation_of(page, table, made)
    page.title("Derivation")
    page.blank()
    names = ", ".join(notation.name(name) for name in typed.names)
    own = f"f{notation.below('i')}" if typed.vector else f"f({names})"
    line(page, f"{own} = ", fitting(page, notation, own, typed.expr), "")
    if typed.vectors:
        vectors = ", ".join(notation.name(name) for name in typed.vectors)
        said = "vector" if len(typed.vectors) == 1 else "vectors"
        page.text(f"{vectors}: {said}, written entry by entry", "note", 2)


def derivative(
    page: Page,
    typed: TypedFormula,
    made: Derivation,
    proof: FormulaProof,
    table: Table,
    *,
    brief: bool,
) -> None:
    """Write the derivative by one name: its steps, its result, its kinks, and its proof."""
    notation = notation_of(page, table, made)
    own = f"f{notation.below('i')}" if typed.vector else "f"
    left = f"{notation.d}{own}/{notation.d}{notation.name(made.by)}"
    page.band(f"Derivative by {notation.name(made.by)}")
    if brief:
        line(page, f"{left} = ", fitting(page, notation, left, made.result), "")
    else:
        write_steps(page, notation, left, made)
    page.blank()
    if not typed.vectors:
        line(page, "typed: ", text(format(made.result)), "")
    bends = [f"{notation.line(at)} = 0" for at in kinks(made, table)]
    if bends:
        page.paragraph(
            f"Kinks and jumps can lie where {' or '.join(bends)}; the derivative holds on"
            " either side.",
            2,
            "note",
        )
    page.paragraph(proved(notation, typed, proof), 2, "note" if proof.holds else "warning")


def proved(notation: DerivationNotation, typed: TypedFormula, proof: FormulaProof) -> str:
    """Return in words what the evaluation of a derivative has shown."""
    if not proof.points:
        return "! At none of the points tried do formula and derivative have values: not checked."
    where = f"At {proof.points} points"
    if typed.vectors:
        where += f", vectors of {ENTRIES} entries,"
    if not proof.holds:
        rules, other = (
            notation.number(figure(value, digits=1)) for value in (proof.rules, proof.differences)
        )
        return (
            f"! {where} the derivative is off: by {rules} from the rules, {other} from differences."
        )
    rules, other = (power(notation, bound) for bound in (CLOSE, NEAR))
    return (
        f"{where} it equals what the rules gave (largest error < {rules}) and central"
        f" differences (largest error < {other})."
    )
