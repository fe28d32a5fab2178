"""Read equations: lines, functions that the file defines, and functions without a formula.

Its derivative is g′, and of several operands g_w, the partial derivative by w. Such a
function has no values, so the file's answer is a formula; an answer in other words is
compared with it by a smooth function that stands in, one for each name.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import groupby
from typing import TypeAlias
from zlib import crc32

from gradcalc.algebra.formula.expr import Apply, Expr, Number, Symbol, parts, rebuild, substitute
from gradcalc.algebra.formula.names import IDENTIFIER, canonical, gradient_parts
from gradcalc.algebra.formula.syntax import LEVEL, format, parse
from gradcalc.algebra.operations.inference import resolve
from gradcalc.algebra.operations.operation import Operation, Table
from gradcalc.engine.autodiff import partial
from gradcalc.engine.graph import Graph, Line
from gradcalc.errors import ProblemError, Span
from gradcalc.problem.model import Data
from gradcalc.problem.reading.loops import Loop, at_step, blocks, step_name, with_names
from gradcalc.problem.text.yaml_nodes import MappingNode, ScalarNode, SequenceNode, Value

_COMMENT = re.compile(r"(^|\s)#.*$")
_DECLARED = re.compile(rf"\s*{IDENTIFIER}\s*\(\s*{IDENTIFIER}\s*(,\s*{IDENTIFIER}\s*)*\)\s*\Z")
MAX_LINES = 2000
MAX_SIZE = 5000
_LARGEST = Fraction(sys.float_info.max)

Macros = dict[str, tuple[tuple[str, ...], Expr]]
_Statement: TypeAlias = tuple[Expr, Expr | None, Span, Span, Loop | None]
_Text: TypeAlias = tuple[str, str | None, Span, Span, Loop | None]

FAMILY = "without a formula"


@dataclass(frozen=True)
class Equations:
    """Equations, the functions that the file defines, the places of the left sides, the table.

    letters: what repeated lines are counted by, with the place of the repetition.
    """

    lines: tuple[Line, ...]
    functions: tuple[Line, ...]
    heads: Mapping[str, Span]
    table: Table
    letters: Mapping[str, Span] = field(default_factory=dict)


def read_equations(node: Value, table: Table) -> Equations:
    """Return the equations of a text block, a list or a mapping.

    An elementwise function becomes a row of the table; one of vectors is written out
    wherever it is used. A line `g(w)` names a function without a formula. Raises
    ProblemError at the place of what is no equation.
    """
    lines: dict[str, Line] = {}
    functions: list[Line] = []
    heads: dict[str, Span] = {}
    macros: Macros = {}
    letters: dict[str, Span] = {}
    for head, right, span, left_span, block in _each_step(_read(node)):
        if right is None:
            table = table.extended(_unknown(head, functions, table, left_span))
            name = head.op if isinstance(head, Apply) else format(head)
            functions.append(Line(name, head, left_span))
            continue
        if block is not None:
            letters.setdefault(block.letter, block.span)
        body = _written_out(right, macros, span)
        if isinstance(head, Apply) and head.op not in LEVEL and head.op != "array":
            _check_function_name(head.op, functions, table, left_span)
            params = _parameters(head, left_span)
            resolved = _function_body(head.op, params, body, table, span)
            if _elementwise(resolved, table):
                table = table.extended([_row(head.op, params, body, resolved, table)])
            else:
                macros[head.op] = params, resolved
            functions.append(Line(head.op, body, span))
            continue
        refuse_derivatives(body, table, span)
        if not isinstance(head, Symbol) or gradient_parts(head.name) or head.name[0] == "_":
            raise _not_a_name(format(head), left_span)
        if head.name in lines:
            raise ProblemError(
                f"{head.name} is defined twice",
                left_span,
                _first(lines[head.name]),
                hint="give the second value a name of its own",
            )
        lines[head.name], heads[head.name] = Line(head.name, body, span), left_span
        if len(lines) > MAX_LINES:
            raise ProblemError(f"more than {MAX_LINES} equations", span)
    return Equations(tuple(lines.values()), tuple(functions), heads, table, letters)


def _read(node: Value) -> Iterable[_Statement]:
    """Return the two sides of each equation as formulas, with their places and their block."""
    found = (
        (parse(left, left_span), _formula(right, span), span, left_span, block)
        for left, right, span, left_span, block in _statements(node)
    )
    return _in_order(list(found)) if isinstance(node, MappingNode) else found


def _in_order(statements: list[_Statement]) -> Iterator[_Statement]:
    """Yield the equations of a mapping, each after those that it reads.

    Keys have no order, and programs sort them; where it does not matter, the file's stays.
    """
    defined = {_defined(statement[0]): statement for statement in statements}
    if len(defined) < len(statements):
        yield from statements  # a name that is defined twice is refused
        return
    waiting: list[tuple[str, Iterator[str]]] = []
    seen: set[str] = set()
    for start in defined:
        waiting.append((start, iter((start,))))
        while waiting:
            name, rest = waiting[-1]
            following = next((other for other in rest if other not in seen), None)
            if following is not None:
                seen.add(following)
                waiting.append((following, _read_by(defined[following][1], defined)))
                continue
            waiting.pop()
            if waiting:
                yield defined[name]


def _defined(head: Expr) -> str:
    """Return what the left side of an equation names: a quantity, or a function."""
    return f"{head.op}()" if isinstance(head, Apply) else format(head)


def _read_by(body: Expr | None, names: Iterable[str]) -> Iterator[str]:
    """Return the quantities and functions among `names` that a formula reads."""
    found = () if body is None else parts(body)
    return iter([name for name in map(_defined, found) if name in names])


def _each_step(statements: Iterable[_Statement]) -> Iterator[_Statement]:
    """Yield the equations with those of a repetition written for each step."""
    series: set[str] = set()
    for block, members in groupby(statements, key=lambda statement: statement[-1]):
        repeated = list(members)
        if block is not None:
            series |= {step_name(head, block, place) for head, _, _, place, _ in repeated}
        for step in (None,) if block is None else block.steps:
            for head, body, span, left_span, _ in repeated:
                if body is None:
                    yield head, None, span, left_span, block
                    continue
                sides = (head, body)
                if block is not None and step is not None:
                    sides = (at_step(head, block, step), at_step(body, block, step))
                left, right = (with_names(side, series, span) for side in sides)
                yield left, right, span, left_span, block


def _formula(text: str | None, span: Span) -> Expr | None:
    """Return the formula of a right side, once each of its numbers is one to compute with."""
    expr = None if text is None else parse(text, span)
    for part in () if expr is None else parts(expr):
        if isinstance(part, Number) and abs(part.value) > _LARGEST:
            raise ProblemError(
                f"{part.text} is larger than any number gradcalc computes with",
                span.within(*part.place) if part.place else span,
            )
    return expr


def _check_function_name(name: str, functions: list[Line], table: Table, span: Span) -> None:
    """Refuse a function that is there already, and a derivative in place of a function."""
    before = next((line for line in functions if line.name == name), None)
    if before is not None:
        raise ProblemError(f"the function {name} is defined twice", span, _first(before))
    if name.endswith("'"):
        raise ProblemError(
            f"{name} is a derivative, and derivatives are worked out",
            span,
            hint=f"define {name.rstrip(chr(39))} alone",
        )
    if not table.replaceable(name):
        raise ProblemError(
            f"{name} is a function that gradcalc has", span, hint="give yours another name"
        )


def _unknown(head: Expr, functions: list[Line], table: Table, span: Span) -> list[Operation]:
    """Return the rows of a function that a line names without a formula: `g(w)`."""
    assert isinstance(head, Apply)
    _check_function_name(head.op, functions, table, span)
    return unknown_rows(head.op, _parameters(head, span))


def _first(line: Line) -> str:
    return f"first in line {line.span.line}" if line.span else ""


def _not_a_name(left: str, span: Span) -> ProblemError:
    hint = "an equation is `name = formula`; a function is `f(z) = formula`"
    if gradient_parts(canonical(left.strip())):
        hint = "derivatives are worked out; a known one stands under given"
    return ProblemError(f"{left.strip()} is not a name for a quantity", span, hint=hint)


def _statements(node: Value) -> Iterator[_Text]:
    """Yield left side, right side, their places without blanks around them, and the block.

    A line that only names a function, `g(w)`, has no right side.
    """
    if isinstance(node, MappingNode):
        for key, value in node.pairs:
            if node.flow and (")" in key.text and "(" not in key.text):
                raise _split_at_comma(key.span)
            if not isinstance(value, ScalarNode):
                raise ProblemError("an equation is a formula", value.span)
            if node.flow and value.text.count("(") != value.text.count(")"):
                raise _split_at_comma(value.span)
            (name, key_span), (text, span) = key.only_line(), value.only_line()
            left, left_span = _trimmed(name, 0, key_span)
            yield left, *_trimmed(text, 0, span), left_span, None
        return
    for item in node.items if isinstance(node, SequenceNode) else (node,):
        if not isinstance(item, ScalarNode):
            raise ProblemError("an equation is a line `name = formula`", item.span)
        lines = ((_COMMENT.sub("", line), span) for line, span in item.lines())
        for text, span, block in blocks(lines):
            yield *_statement(text, span, item), block


def _statement(text: str, span: Span, item: ScalarNode) -> tuple[str, str | None, Span, Span]:
    left, equals, right = _split(text)
    if not equals and _DECLARED.match(text):
        return text.strip(), None, span, _trimmed(text, 0, span)[1]
    if not equals:
        name, colon, _ = text.partition(":")
        raise ProblemError(
            "an equation is `name = formula`",
            _trimmed(text, 0, span)[1],
            "there is no '=' here",
            f"in a text block, write {name.strip()} = …" if colon else None,
        )
    if not left.strip():
        raise ProblemError(
            "a name is missing before the '='", span.within(len(left), len(left) + 1)
        )
    if left.rstrip().endswith(":"):
        raise ProblemError(
            "an equation is `name = formula`", _trimmed(left, 0, span)[1], hint="write = alone"
        )
    _refuse_commas(right, len(left) + 1, span)
    if item.style != "|" and _split(right)[1]:
        raise ProblemError(
            "several equations in one text",
            _trimmed(text, 0, span)[1],
            hint="write them as a text block, one a line: `equations: |`",
        )
    return (
        left.strip(),
        *_trimmed(right, len(left) + 1, span),
        _trimmed(left, 0, span)[1],
    )


def _refuse_commas(right: str, offset: int, span: Span) -> None:
    """Refuse a comma outside of all brackets: a decimal one, or one between equations."""
    depth = 0
    for at, sign in enumerate(right):
        depth += (sign in "([") - (sign in ")]")
        if sign != "," or depth:
            continue
        place = span.within(offset + at, offset + at + 1)
        if right[:at][-1:].isdigit() and right[at + 1 :][:1].isdigit():
            raise ProblemError("a decimal comma in a formula", place, hint="write 0.5 for 0,5")
        hint = "one equation a line" if _split(right[at:])[1] else None
        raise ProblemError("a comma outside of brackets", place, hint=hint)


def _split(text: str) -> tuple[str, str, str]:
    match = re.search(r"(?<![<>=!])=(?!=)", text)
    # an '=' inside brackets is a parameter, as in leaky_relu(z, alpha=0.1)
    if match is None or text[: match.start()].count("(") != text[: match.start()].count(")"):
        return text, "", ""
    return text[: match.start()], "=", text[match.end() :]


def _trimmed(text: str, offset: int, span: Span) -> tuple[str, Span]:
    """Return a text without blanks around it, and its place."""
    lead = len(text) - len(text.lstrip())
    return text.strip(), span.within(offset + lead, offset + max(lead + 1, len(text.rstrip())))


def _split_at_comma(span: Span) -> ProblemError:
    return ProblemError(
        "the formula was cut at its comma: { } is YAML's flow style",
        span,
        "brackets do not balance",
        "write the equations as a text block: `equations: |`",
    )


def _parameters(head: Apply, span: Span) -> tuple[str, ...]:
    names = tuple(arg.name for arg in head.args if isinstance(arg, Symbol))
    if not names or len(set(names)) < len(head.args) or head.attrs:
        raise _not_a_name(format(head), span)
    return names


def _function_body(
    name: str, params: tuple[str, ...], body: Expr, table: Table, span: Span
) -> Expr:
    """Return the body with the table's own names, once it reads its operands only."""
    for part in parts(body):
        if isinstance(part, Apply) and part.op == name:
            raise ProblemError(
                f"{name} is read in its own definition",
                span.within(*part.place) if part.place else span,
                hint="a function is a formula of its operands and of earlier functions",
            )
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
    return all(table[part.op].is_elementwise for part in applied)


def _row(name: str, params: tuple[str, ...], body: Expr, resolved: Expr, table: Table) -> Operation:
    kind = "activation" if len(params) == 1 else "elementwise"
    derivatives = tuple(format(partial(resolved, param, table)) for param in params)
    return Operation(
        name,
        params,
        kind,
        f"{name}({', '.join(params)}) = {format(body)}",
        name,
        definition=format(resolved),
        derivative=derivatives,
        output="_",
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

    found = rebuild(expr, change) if macros else expr
    if found.size > MAX_SIZE:
        raise ProblemError(
            "a formula of more parts than are read, its functions written out",
            span,
            hint="give its parts names of their own, one line each",
        )
    return found


def unknown_rows(name: str, params: Sequence[str]) -> list[Operation]:
    """Return the rows of a function without a formula and of its derivatives."""
    operands = ", ".join(params)
    phase = (("phase", f"{crc32(name.encode()) / 2**32:.6f}"),)
    derivatives = [f"{name}'"] if len(params) == 1 else [f"{name}_{param}" for param in params]
    rows = [
        Operation(
            name,
            tuple(params),
            "activation" if len(params) == 1 else "elementwise",
            f"{name}({operands}), any function",
            name,
            derivative=tuple(f"{derivative}({operands})" for derivative in derivatives),
            output="_",
            prime=len(params) == 1,
            kernel="kernels.stand_in",
            defaults=phase,
            family=FAMILY,
        )
    ]
    for index, derivative in enumerate(derivatives):
        rows.append(
            Operation(
                derivative,
                tuple(params),
                "elementwise",
                f"derivative of {name}",
                derivative.replace("'", "′"),
                kernel="kernels.stand_in_slope",
                defaults=(*phase, ("index", str(index))),
                family=FAMILY,
            )
        )
    return rows


def is_unknown(expr: Expr, table: Table) -> bool:
    """Tell whether a formula is an application of a function without a formula."""
    return isinstance(expr, Apply) and expr.op in table and table[expr.op].family == FAMILY


def refuse_derivatives(expr: Expr, table: Table, span: Span) -> None:
    """Refuse an equation that reads the derivative of a function without a formula."""
    for part in parts(expr):
        if is_unknown(part, table) and isinstance(part, Apply):
            row = table[part.op]
            if row.derivative is None:
                raise ProblemError(
                    f"{part.op} is worked out, and not read in an equation",
                    span.within(*part.place) if part.place else span,
                    hint="a derivative with a name of its own is a letter: dg",
                )


def refuse_numbers(forward: Graph, data: Mapping[str, Data], table: Table) -> None:
    """Refuse numbers where a function without a formula would have to be computed."""
    if not data or not all(quantity.known for quantity in data.values()):
        return
    for node in forward.nodes:
        for part in parts(node.expr):
            if is_unknown(part, table) and isinstance(part, Apply):
                raise ProblemError(
                    f"{part.op} has no formula, so its value is not known",
                    node.span,
                    hint=f"give it one, {part.op}(z) = …, or leave the numbers out: find names"
                    " the letters",
                )
