"""Read which derivative a problem takes at the kinks of its functions."""

from __future__ import annotations

from fractions import Fraction

from gradcalc.algebra.expr import Number
from gradcalc.algebra.kinks import slopes_at_kink, with_slopes
from gradcalc.algebra.operations import Operation, Table
from gradcalc.errors import ProblemError, listed
from gradcalc.problem.document import MappingNode, ScalarNode, SequenceNode, Value
from gradcalc.problem.numbers import read_number


def with_kinks(section: MappingNode | None, table: Table) -> Table:
    """Return the table with the derivatives that a file chooses: `kinks: {relu: 1}`.

    One number holds at all kinks of a function, a list has one for each. Raises
    ProblemError for a function that has no kink, or whose derivative there is settled.
    """
    changed = [
        with_slopes(row, slopes)
        for key, value in (section.pairs if section else ())
        for row in [_row(key, table)]
        for slopes in [_slopes(row, value)]
    ]
    return table.extended(changed) if changed else table


def _row(key: ScalarNode, table: Table) -> Operation:
    name = key.text.strip()
    found = table.resolve(name)
    if found is None:
        near = table.nearest(name)
        raise ProblemError(
            f"{name} is not a function that gradcalc knows",
            key.span,
            hint=f"did you mean {near}?" if near else "`gradcalc ops` lists the functions",
        )
    row = table[found.op]
    if not slopes_at_kink(row):
        known = listed(each.name for each in table if slopes_at_kink(each))
        raise ProblemError(
            f"the derivative of {row.name} at a kink cannot be chosen"
            if row.kinks
            else f"{row.name} has no kink",
            key.span,
            row.kink_note,
            f"it can for {known}",
        )
    return row


def _slopes(row: Operation, value: Value) -> list[Number]:
    items = value.items if isinstance(value, SequenceNode) else (value,)
    if isinstance(value, SequenceNode) and len(items) != len(row.kinks):
        raise ProblemError(
            f"{row.name} has {len(row.kinks)} kink{'' if len(row.kinks) == 1 else 's'}",
            value.span,
            hint="one number for all, or a list with one for each",
        )
    cells = [read_number(item, f"the derivative of {row.name} at a kink") for item in items]
    return [Number(Fraction(cell.text), cell.text) for cell in cells]
