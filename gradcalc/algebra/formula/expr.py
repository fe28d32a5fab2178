"""The formula type: numbers, symbols, operations applied to formulas; how tightly each binds.

A formula is an immutable tree that knows neither NumPy nor the table of
operations. Where it stood in a text takes no part in equality.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import ClassVar, TypeAlias

Extent: TypeAlias = tuple[int, int]
"""First and last offset of a formula in the text that it was read from."""

COMPARE, SUM, MINUS, PRODUCT, POWER, POSTFIX, ATOM = range(10, 80, 10)


@dataclass(frozen=True)
class Number:
    """An exact number; `text` is how it was written, if it was."""

    value: Fraction
    text: str | None = field(default=None, compare=False)
    place: Extent | None = field(default=None, compare=False, repr=False)
    size: ClassVar[int] = 1
    depth: ClassVar[int] = 0


@dataclass(frozen=True)
class Symbol:
    """A named quantity: `x`, `W1`, `dL/dz1`, `da1/dz1`."""

    name: str
    place: Extent | None = field(default=None, compare=False, repr=False)
    size: ClassVar[int] = 1
    depth: ClassVar[int] = 0


@dataclass(frozen=True)
class Apply:
    """An operation applied to operands; attributes are numbers or symbols by name."""

    op: str
    args: tuple[Expr, ...]
    attrs: tuple[tuple[str, Number | Symbol], ...] = ()
    place: Extent | None = field(default=None, compare=False, repr=False)
    size: int = field(init=False, compare=False, repr=False)
    depth: int = field(init=False, compare=False, repr=False)
    _hash: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        size, depth = 1, 0
        for arg in self.args:
            size += arg.size
            depth = max(depth, arg.depth)
        known = self.__dict__  # the fields are frozen for all others
        known["size"], known["depth"] = size, depth + 1
        known["_hash"] = hash((self.op, self.args, self.attrs))

    def __hash__(self) -> int:
        return self._hash

    def attr(self, name: str) -> Number | Symbol | None:
        """Return the attribute `name`, or None where it was not given."""
        return dict(self.attrs).get(name)


Expr: TypeAlias = Number | Symbol | Apply


def plainly(text: str) -> str:
    """Return the digits of a number with its power of ten as a person writes it.

    >>> plainly("2.0E+00"), plainly("1e-07")
    ('2.0', '1e-7')
    """
    mantissa, _, exponent = text.lower().partition("e")
    power = int(exponent or 0)
    return f"{mantissa}e{power}" if power else mantissa


ZERO = Number(Fraction(0))
ONE = Number(Fraction(1))


def number(value: int | Fraction) -> Number:
    """Return the exact number `value`."""
    return Number(Fraction(value))


def apply(op: str, *args: Expr, **attrs: Number | Symbol) -> Apply:
    """Return `op` applied to `args`, attributes in the order given."""
    return Apply(op, args, tuple(attrs.items()))


def add(*terms: Expr) -> Expr:
    """Return the sum of the terms; a single term is its own sum."""
    return terms[0] if len(terms) == 1 else Apply("add", terms)


def mul(*factors: Expr) -> Expr:
    """Return the elementwise product; a single factor is its own product."""
    return factors[0] if len(factors) == 1 else Apply("mul", factors)


def neg(operand: Expr) -> Expr:
    """Return minus the operand; the minus of a number is a number."""
    if isinstance(operand, Number):
        return Number(-operand.value)
    return Apply("neg", (operand,))


def with_args(expr: Apply, args: tuple[Expr, ...]) -> Apply:
    """Return `expr` with other operands; the same object where nothing changed."""
    if all(new is old for new, old in zip(args, expr.args, strict=True)):
        return expr
    return Apply(expr.op, args, expr.attrs, expr.place)


def rebuild(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """Return `expr` with `change` applied to every part, operands first.

    Parts that are one object are changed once, so shared parts stay shared.
    """
    done: dict[int, Expr] = {}

    def visit(part: Expr) -> Expr:
        known = done.get(id(part))
        if known is None:
            inner = part
            if isinstance(part, Apply):
                inner = with_args(part, tuple(visit(arg) for arg in part.args))
            known = done[id(part)] = change(inner)
        return known

    return visit(expr)


def substitute(expr: Expr, values: Mapping[str, Expr]) -> Expr:
    """Return `expr` with all symbols of `values` replaced at the same time."""
    if not values:
        return expr

    def swap(part: Expr) -> Expr:
        if isinstance(part, Symbol):
            return values.get(part.name, part)
        if isinstance(part, Apply) and part.attrs:
            attrs = tuple((name, _swap_attr(value, values)) for name, value in part.attrs)
            return part if attrs == part.attrs else Apply(part.op, part.args, attrs, part.place)
        return part

    return rebuild(expr, swap)


def _swap_attr(value: Number | Symbol, values: Mapping[str, Expr]) -> Number | Symbol:
    new = values.get(value.name, value) if isinstance(value, Symbol) else value
    return new if isinstance(new, Number | Symbol) else value


def parts(expr: Expr) -> Iterator[Expr]:
    """Yield every distinct part of a formula, outermost first."""
    seen: set[int] = set()
    stack: list[Expr] = [expr]
    while stack:
        part = stack.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        if isinstance(part, Apply):
            stack.extend(reversed(part.args))


def symbols(expr: Expr) -> tuple[str, ...]:
    """Return the names that occur in a formula, in the order of first occurrence."""
    return tuple(dict.fromkeys(part.name for part in parts(expr) if isinstance(part, Symbol)))


INFIX: dict[str, tuple[str, int]] = {
    "<": ("lt", COMPARE),
    "<=": ("le", COMPARE),
    ">": ("gt", COMPARE),
    ">=": ("ge", COMPARE),
    "==": ("eq", COMPARE),
    "+": ("add", SUM),
    "-": ("add", SUM),
    "*": ("mul", PRODUCT),
    "/": ("div", PRODUCT),
    "@": ("matmul", PRODUCT),
    "^": ("pow", POWER),
}
LEVEL: dict[str, int] = dict(INFIX.values()) | {
    "neg": MINUS,
    "transpose": POSTFIX,
    "entry": POSTFIX,
}
SIGN: dict[str, str] = {op: sign for sign, (op, _) in INFIX.items() if sign != "-"}
