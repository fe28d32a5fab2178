"""Read equations: lines `name = formula`, and `f(z) = formula` that define functions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gradcalc.algebra.expr import Apply, Expr, Symbol, parts, rebuild, substitute
from gradcalc.algebra.inference import resolve
from gradcalc.algebra.names import canonical, gradient_parts
from gradcalc.algebra.operations import Operation, Table
from gradcalc.algebra.syntax import LEVEL, format, parse
from gradcalc.engine.autodiff import partial
from gradcalc.engine.graph import Line
from gradcalc.errors import ProblemError, Span
from gradcalc.problem.document import Mapping, Scalar, Sequence, Value

_COMMENT = re.compile(r"(^|\s)#.*$")
MAX_LINES = 2000


Macros = dict[str, tuple[tuple[str, ...], Expr]]


@dataclass(frozen=True)
class Equations:
    """Equations, the functions that the file defines, and the table with them."""

    lines: tuple[Line, ...]
    functions: tuple[Line, ...]
    table: Table


def read_equations(node: Value, table: Table) -> Equations:
    """Return the equations of a text block, a list or a mapping.

    An elementwise function becomes a row of the table; one of vectors is written out
    wherever it is used. Raises ProblemError at the place of what is no equation.
    """
    lines: dict[str, Line] = {}
    functions: list[Line] = []
    macros: Macros = {}
    for left, right, span, left_span in _statements(node):
        head = parse(left, left_span)
        body = _written_out(parse(right, span), macros, span)
        if isinstance(head, Apply) and head.op not in LEVEL and head.op != "array":
            params = _parameters(head, left_span)
            resolved = _function_body(head.op, params, body, table, span, left_span)
            if _elementwise(resolved, table):
                table = table.extended([_row(head.op, params, body, resolved, table)])
            else:
                macros[head.op] = params, resolved
            functions.append(Line(head.op, body, span))
            continue
        if not isinstance(head, Symbol) or gradient_parts(head.name):
            raise _not_a_name(left, left_span)
        if head.name in lines:
            raise ProblemError(f"{head.name} is defined twice", left_span,
                               hint="give the second value a name of its own")
        lines[head.name] = Line(head.name, body, span)
        if len(lines) > MAX_LINES:
            raise ProblemError(f"more than {MAX_LINES} equations", span)
    return Equations(tuple(lines.values()), tuple(functions), table)


def _not_a_name(left: str, span: Span) -> ProblemError:
    hint = "an equation is `name = formula`; a function is `f(z) = formula`"
    if gradient_parts(canonical(left.strip())):
        hint = "derivatives are worked out; a known one stands under given"
    return ProblemError(f"{left.strip()} is not a name for a quantity", span, hint=hint)


def _statements(node: Value) -> Iterator[tuple[str, str, Span, Span]]:
    """Yield left side, right side and their places."""
    if isinstance(node, Mapping):
        for key, value in node.pairs:
            if node.flow and (")" in key.text and "(" not in key.text):
                raise _split_at_comma(key.span)
            if not isinstance(value, Scalar):
                raise ProblemError("an equation is a formula", value.span)
            if node.flow and value.text.count("(") != value.text.count(")"):
                raise _split_at_comma(value.span)
            text, span = next(value.lines())
            yield key.text, text, span, key.span
        return
    items = node.items if isinstance(node, Sequence) else (node,)
    for item in items:
        if not isinstance(item, Scalar):
            raise ProblemError("an equation is a line `name = formula`", item.span)
        for line, span in item.lines():
            text = _COMMENT.sub("", line)
            if not text.strip():
                continue
            left, equals, right = _split(text)
            if not equals:
                raise ProblemError("an equation is `name = formula`", _trimmed(text, 0, span),
                                   "there is no '=' here")
            offset = len(left) + 1
            right_span = span.within(offset, offset + max(1, len(right)))
            yield left, right, right_span, _trimmed(left, 0, span)


def _split(text: str) -> tuple[str, str, str]:
    match = re.search(r"(?<![<>=!])=(?!=)", text)
    # an '=' inside brackets is a parameter, as in leaky_relu(z, alpha=0.1)
    if match is None or text[: match.start()].count("(") != text[: match.start()].count(")"):
        return text, "", ""
    return text[: match.start()], "=", text[match.end() :]


def _trimmed(text: str, offset: int, span: Span) -> Span:
    lead = len(text) - len(text.lstrip())
    return span.within(offset + lead, offset + max(lead + 1, len(text.rstrip())))


def _split_at_comma(span: Span) -> ProblemError:
    return ProblemError(
        "the formula was cut at its comma: { } is YAML's flow style", span,
        "brackets do not balance", "write the equations as a text block: `equations: |`",
    )


def _parameters(head: Apply, span: Span) -> tuple[str, ...]:
    names = tuple(arg.name for arg in head.args if isinstance(arg, Symbol))
    if not names or len(set(names)) < len(head.args) or head.attrs:
        raise _not_a_name(format(head), span)
    return names


def _function_body(
    name: str, params: tuple[str, ...], body: Expr, table: Table, span: Span, head: Span
) -> Expr:
    """Return the body with the table's own names, once it reads its operands only."""
    if table.resolve(name) is not None:
        raise ProblemError(f"{name} is a function that gradcalc has", head,
                           hint="give yours another name")
    resolved = resolve(body, table, span)
    for part in parts(resolved):
        if isinstance(part, Symbol) and part.name not in params:
            raise ProblemError(
                f"{part.name} is not an operand of {name}",
                span.within(*part.place) if part.place else span,
                hint=f"a function knows its own operands only: {', '.join(params)}",
            )
    return resolved


def _elementwise(expr: Expr, table: Table) -> bool:
    applied = [part for part in parts(expr) if isinstance(part, Apply)]
    return all(part.op != "entry" and table[part.op].is_elementwise for part in applied)


def _row(
    name: str, params: tuple[str, ...], body: Expr, resolved: Expr, table: Table
) -> Operation:
    kind = "activation" if len(params) == 1 else "elementwise"
    derivatives = tuple(format(partial(resolved, param, table)) for param in params)
    return Operation(
        name, params, kind, f"{name}({', '.join(params)}) = {format(body)}", name,
        definition=format(resolved), derivative=derivatives, output="_",
    )


def _written_out(expr: Expr, macros: Macros, span: Span) -> Expr:
    """Return a formula with the file's functions of vectors written out."""

    def change(part: Expr) -> Expr:
        if isinstance(part, Apply) and part.op in macros:
            params, body = macros[part.op]
            if len(part.args) != len(params):
                place = span.within(*part.place) if part.place else span
                raise ProblemError(f"{part.op} takes {len(params)} operands", place)
            return substitute(body, dict(zip(params, part.args, strict=True)))
        return part

    return rebuild(expr, change) if macros else expr
