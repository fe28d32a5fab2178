"""Choose the derivative at a kink, where a problem takes another than the table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from gradcalc.algebra.expr import ZERO, Apply, Expr, Number, Symbol, substitute
from gradcalc.algebra.operations import Operation, formula
from gradcalc.algebra.syntax import format, format_number


def slopes_at_kink(row: Operation) -> tuple[str, ...]:
    """Return the derivatives at a kink for a slope c, one a parameter; none to choose: ()."""
    if row.at_kink or not row.kinks or row.derivative is None:
        return row.at_kink
    flat = all(text == "0" for text in row.derivative)
    return () if flat or len(row.params) != 1 else ("c",)


def with_slopes(row: Operation, slopes: Sequence[Number]) -> Operation:
    """Return the row with these derivatives at its kinks, one for all or one a kink."""
    assert row.derivative is not None
    values = list(slopes) * len(row.kinks) if len(slopes) == 1 else list(slopes)
    derivative = tuple(
        format(_placed(row, formula(text or "0"), formula(at), values)) if at else text
        for text, at in zip(row.derivative, slopes_at_kink(row), strict=True)
    )
    shown = ", ".join(format_number(slope) for slope in slopes)
    when = f"{row.when}; {shown} at the kink" if row.when else ""
    given = row.given
    if given and row.prime:  # off the output, 0 is no kink but every unit that is off
        own = formula(row.derivative[0] or "0")
        given = format(substitute(own, {row.params[0]: Symbol(row.output)}))
    words = row.kink if row.kink.count("{") == 1 else f"{row.symbol or row.name}′ = {{}} there"
    return replace(row, derivative=derivative, kink=words, kink_value=shown, when=when, given=given)


def _placed(row: Operation, own: Expr, at: Expr, slopes: Sequence[Number]) -> Expr:
    """Return a derivative with a case for each kink in front."""
    for kink, slope in zip(reversed(row.kinks), reversed(slopes), strict=True):
        hit = Apply("eq", (formula(kink), ZERO))
        own = Apply("where", (hit, substitute(at, {"c": slope}), own))
    return own


def chosen_slopes(row: Operation) -> Iterator[tuple[Expr, Mapping[str, Expr]]]:
    """Yield each kink of a row whose slopes a file chooses, the last first.

    With a kink come the slopes there, by the parameters that they are derivatives by.
    """
    assert row.derivative is not None
    own = {
        param: formula(text or "0")
        for param, text, at in zip(row.params, row.derivative, slopes_at_kink(row), strict=True)
        if at
    }
    found = []
    for kink in row.kinks:
        cases = {param: expr for param, expr in own.items() if isinstance(expr, Apply)}
        found.append((formula(kink), {param: expr.args[1] for param, expr in cases.items()}))
        own = {param: expr.args[2] for param, expr in cases.items()}
    yield from reversed(found)
