"""Functions of one variable as they are asked for: rows of the table, or formulas."""

from __future__ import annotations

from dataclasses import dataclass

from gradcalc.algebra.formula.expr import (
    Apply,
    Expr,
    Number,
    Symbol,
    add,
    neg,
    parts,
    substitute,
    symbols,
)
from gradcalc.algebra.formula.syntax import parse
from gradcalc.algebra.operations.inference import resolve
from gradcalc.algebra.operations.operation import Operation, Table, formula
from gradcalc.engine.autodiff import partial
from gradcalc.errors import ProblemError, Source, Span
from gradcalc.report.mathematics.notation import Notation

LONGEST = 500
MOST_BREAKS = 40


@dataclass(frozen=True)
class Function:
    """A function of one letter, its derivative, and where either may break off.

    breaks: formulas whose zeros are kinks, jumps, poles and ends of the domain.
    """

    letter: str
    expr: Expr
    derivative: Expr
    breaks: tuple[Expr, ...]
    name: str
    slope: str


def read(text: str, target: Number, table: Table, *, unicode: bool = True) -> Function:
    """Return the function that a name, a call or a formula of one letter means.

    A loss is one of its prediction, its target put in. Raises ProblemError.

    >>> from gradcalc.algebra.formula.expr import ONE
    >>> from gradcalc.algebra.operations.table import TABLE
    >>> read("lrelu(alpha=0.1)", ONE, TABLE).name
    'LeakyReLU(x, α=0.1)'
    """
    text = text.strip()
    if len(text) > LONGEST:
        raise ProblemError(f"a formula of {len(text)} signs is too long to plot")
    span = Span(Source("NAME", text), 1, 1, max(1, len(text)))
    call = table.resolve(text)
    expr: Expr = call if call is not None else parse(text, span)
    if isinstance(expr, Apply) and not expr.args:
        return _of_row(expr, target, table, span, unicode)
    if isinstance(expr, Symbol) and call is None and len(expr.name) > 1:
        near = table.nearest(expr.name)
        raise ProblemError(
            f"{expr.name} is not a function that gradcalc knows",
            span,
            hint=f"did you mean {near}?" if near else "`gradcalc ops` lists the functions",
        )
    expr = resolve(expr, table, span)
    found = symbols(expr)
    if len(found) != 1:
        letters = ", ".join(found)
        raise ProblemError(
            f"the formula has the letters {letters}" if found else "the formula has no letter",
            span,
            hint="a curve is drawn over one letter: put numbers in for the others"
            if found
            else "write it with one letter, as in x*sigmoid(x)",
        )
    notation = Notation({found[0]: ()}, unicode=unicode, table=table)
    shown, name = notation.line(expr), notation.name(found[0])
    single = isinstance(expr, Apply) and len(expr.args) == 1 and isinstance(expr.args[0], Symbol)
    prime = "′" if unicode else "'"
    slope = f"f{prime}({name})"
    if single and "(" in shown:
        slope = shown.replace("(", f"{prime}(", 1)
    whole = shown if single else f"f({name}) = {shown}"
    return _made(expr, found[0], whole, slope, table, span)


def _of_row(call: Apply, target: Number, table: Table, span: Span, unicode: bool) -> Function:
    """Return the function of a row that stands alone: `relu`, `huber(delta=0.5)`."""
    found = table.resolve(call.op)
    if found is None:
        resolve(Apply(call.op, (Symbol("x"),), call.attrs, call.place), table, span)
    row = table[found.op if found is not None else call.op]
    letter = "yhat" if row.kind == "loss" else "x"
    operands: tuple[Expr, ...] = (Symbol(letter),)
    if row.kind == "loss":
        operands += (target,)
    elif len(row.params) != 1 or not row.is_elementwise or row.variadic:
        raise ProblemError(
            f"{row.name} is not a function of one number",
            span,
            hint="`gradcalc ops` lists the functions; a formula of one letter can be plotted, too",
        )
    expr = resolve(Apply(call.op, operands, call.attrs, call.place), table, span)
    assert isinstance(expr, Apply)
    notation = Notation({letter: ()}, unicode=unicode, table=table)
    name = notation.name(letter)
    prime, d = ("′", "∂") if unicode else ("'", "d")
    if row.kind == "loss":
        settings = [f"{key}={notation.line(value)}" for key, value in expr.attrs]
        settings.append(f"t = {notation.line(target)}")
        whole = f"L = {row.name.replace('_', ' ')}, {', '.join(settings)}"
        rule = (row.derivative or (None,))[0]
        assert rule is not None
        derived = substitute(formula(rule), row.bind(expr))
        return _made(expr, letter, whole, f"{d}L/{d}{name}", table, span, derived)
    shown = notation.line(expr)
    slope = shown.replace("(", f"{prime}(", 1) if "(" in shown else f"f{prime}({name})"
    return _made(expr, letter, shown, slope, table, span)


def _made(
    expr: Expr,
    letter: str,
    name: str,
    slope: str,
    table: Table,
    span: Span,
    rule: Expr | None = None,
) -> Function:
    """Return a function with its derivative: a row's own rule, or found from the formula."""
    expr = _entrywise(expr, table, span)
    derivative = partial(expr, letter, table) if rule is None else _entrywise(rule, table, span)
    return Function(letter, expr, derivative, _breaks((expr, derivative), table), name, slope)


def _entrywise(expr: Expr, table: Table, span: Span) -> Expr:
    """Return a formula over one number: losses as the loss of one entry."""
    if not isinstance(expr, Apply):
        return expr
    row = table[expr.op]
    if row.kind == "loss":
        meaning = row.expand(expr)
        assert meaning is not None
        return _entrywise(meaning, table, span)
    if not row.is_elementwise:
        raise ProblemError(
            f"{row.name} takes a vector or a matrix; a curve is drawn over one number", span
        )
    args = tuple(_entrywise(arg, table, span) for arg in expr.args)
    return Apply(expr.op, args, expr.attrs, expr.place)


def _breaks(exprs: tuple[Expr, ...], table: Table) -> tuple[Expr, ...]:
    """Return the formulas whose zeros are kinks, jumps, poles and ends of domains."""
    found: dict[Expr, None] = {}
    for part in (part for expr in exprs for part in parts(expr)):
        if isinstance(part, Apply):
            row = table[part.op]
            bound = row.bind(part)
            for text in row.kinks:
                found.setdefault(substitute(formula(text), bound))
            for margin in _margins(row, part):
                found.setdefault(substitute(margin, bound))
    return tuple(expr for expr in found if symbols(expr))[:MOST_BREAKS]


def _margins(row: Operation, part: Apply) -> list[Expr]:
    """Return the formulas that are 0 where the domain of an application ends."""
    if row.name == "pow" and isinstance(part.args[1], Number):
        whole = part.args[1].value.denominator == 1
        return [] if whole and part.args[1].value >= 0 else [Symbol(row.params[0])]
    found = []
    for text in row.domain:
        rule = formula(text)
        assert isinstance(rule, Apply)
        left, right = rule.args
        if isinstance(left, Apply) and left.op == "abs":
            left = left.args[0]
        found.append(add(left, neg(right)))
    return found
