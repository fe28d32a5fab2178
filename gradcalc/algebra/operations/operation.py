"""What an operation is: one row that says everything about it, also at its kinks.

A row is written in the formula language of problem files. Its symbols are its own
operands (`params`), its parameters (`defaults`), its value (`output`), and in a
vector-Jacobian product the upstream gradient `g`, which has the shape of the value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, TypeAlias

from gradcalc.algebra.formula import shapes
from gradcalc.algebra.formula.expr import (
    ZERO,
    Apply,
    Expr,
    Number,
    Symbol,
    parts,
    rebuild,
    substitute,
)
from gradcalc.algebra.formula.names import REDUCED, fold, framework_of
from gradcalc.algebra.formula.shapes import Attrs, Shape, ShapeRule, elementwise
from gradcalc.algebra.formula.syntax import format, format_number, parse
from gradcalc.errors import did_you_mean

CLASSIC = ("identity", "sigmoid", "tanh", "relu", "leaky_relu", "softplus", "softmax")
"""Activations whose names mean one thing in every file."""
OPTIONAL = ("axis", "keepdims", "padding", "padding_columns", "stride", "rows", "columns")
"""Parameters that a call may leave out, and a row's formula then leaves out as well."""
Measures: TypeAlias = Callable[[tuple[Shape, ...], Attrs, int], Mapping[str, "Number | Symbol"]]


@dataclass(frozen=True)
class Operation:
    """One row of the table of operations.

    derivative: elementwise partial derivatives, one a parameter, in `params`,
        `defaults` and `output`; `others` is the product of the other operands.
    vjp: for everything that is not elementwise, the product of the upstream
        gradient `g` with the Jacobian; by the operands' ranks where they matter.
    told: the backward pass in words, for the sheet of a row whose formula needs measures.
    usage: how the row is written in a file, where an example says more than its name.
    measures: what the products of the `vjp` need to know of the operands' shapes, by the
        names that stand for it there, for the operand at an index.
    mask: the slope of each entry of the operand, 0 or more: a line of its own where the
        row has one, and `spread_out` what the upstream gradient is to be multiplied with it.
    limits: derivatives in a form that has a value where `derivative` comes to 0/0 or 0 ln 0
        and its limit exists, one a parameter; they stand in its place at such numbers.
    given: the derivative read off the output, for outputs that a file gives.
    positive: parameters that are to be larger than 0.
    options: parameters without a default value, and what they say.
    whole: parameters that are whole numbers.
    parameter_names: other names of parameters, as frameworks call them, and ours.
    variants: parameters that another row takes, and that row.
    prime: the derivative is shown as f′(x) and explained by `when`.
    kinks: formulas that are 0 at the kinks; `kink` says in words which derivative is
        taken there, with `kink_value` for the braces.
    at_kink: the derivatives at a kink, one a parameter, for a slope c that a file chooses;
        empty where the slope does not matter.
    reduction: how the entries of a loss become one number; `whole` where the definition
        is that number already.
    remark: what its shape means for learning, in a few sentences.
    rational: how exact numbers go through the kernel, a word of `engine.exact.Rule`; empty
        where it leaves the fractions.
    """

    name: str
    params: tuple[str, ...]
    kind: str
    text: str
    symbol: str = ""
    shape: ShapeRule = elementwise
    definition: str | None = None
    derivative: tuple[str | None, ...] | None = None
    vjp: tuple[str | None, ...] | Mapping[tuple[int, ...], tuple[str, ...]] | None = None
    measures: Measures | None = None
    told: tuple[str, ...] = ()
    usage: tuple[str, ...] = ()
    mask: str | None = None
    spread_out: str | None = None
    jacobian: str | None = None
    limits: tuple[str | None, ...] = ()
    given: str | None = None
    defaults: tuple[tuple[str, str], ...] = ()
    output: str = "y"
    kernel: str | None = None
    variadic: bool = False
    prime: bool = False
    when: str = ""
    kinks: tuple[str, ...] = ()
    kink: str = ""
    kink_value: str = "0"
    at_kink: tuple[str, ...] = ()
    domain: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    reduction: str = ""
    per_sample: bool = False
    positive: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    whole: tuple[str, ...] = ()
    parameter_names: tuple[tuple[str, str], ...] = ()
    variants: tuple[tuple[str, str], ...] = ()
    family: str = ""
    remark: str = ""
    rational: str = ""

    @property
    def kink_note(self) -> str:
        """Return in words which derivative is taken at a kink."""
        return self.kink.format(self.kink_value)

    @property
    def is_elementwise(self) -> bool:
        """Tell whether each entry of the value depends on one entry of each operand."""
        return self.kind in ("arithmetic", "comparison", "elementwise") or (
            self.kind == "activation" and self.vjp is None
        )

    @cached_property
    def attributes(self) -> dict[str, Number | Symbol]:
        """Return the parameters with their default values."""
        found: dict[str, Number | Symbol] = {}
        for name, text in self.defaults:
            value = parse(text)
            assert isinstance(value, Number | Symbol)
            found[name] = value
        return found

    def bind(self, expr: Apply) -> dict[str, Expr]:
        """Return what each symbol of this row stands for in one application."""
        bound: dict[str, Expr] = {**self.attributes, **dict(expr.attrs)}
        bound.update(zip(self.params, expr.args, strict=False))
        return bound

    def expand(self, expr: Apply) -> Expr | None:
        """Return the definition of one application, or None where there is none."""
        if self.definition is None:
            return None
        return applied(self.definition, self.bind(expr))

    def vjp_for(self, ranks: tuple[int, ...]) -> tuple[str | None, ...] | None:
        """Return the vector-Jacobian products for operands of these ranks."""
        if isinstance(self.vjp, Mapping):
            return self.vjp.get(ranks)
        return self.vjp


@lru_cache(maxsize=2048)
def formula(text: str) -> Expr:
    """Return a row's formula, read once."""
    return parse(text)


@lru_cache(maxsize=2048)
def _placeholders(text: str) -> frozenset[str]:
    """Return the symbols of a row's formula that stand for parameters one may leave out."""
    called = (part for part in parts(formula(text)) if isinstance(part, Apply))
    return frozenset(
        value.name
        for part in called
        for key, value in part.attrs
        if key in OPTIONAL and isinstance(value, Symbol)
    )


@lru_cache(maxsize=2048)
def _without(text: str, missing: frozenset[str]) -> Expr:
    """Return a row's formula without the parameters that these symbols stand for."""

    def change(part: Expr) -> Expr:
        if not isinstance(part, Apply) or not part.attrs:
            return part
        kept = (
            (key, value)
            for key, value in part.attrs
            if not (key in OPTIONAL and isinstance(value, Symbol) and value.name in missing)
        )
        return Apply(part.op, part.args, tuple(kept), part.place)

    return rebuild(formula(text), change)


def applied(text: str, bound: Mapping[str, Expr]) -> Expr:
    """Return a row's formula with its symbols put in, without parameters left out of a call."""
    missing = frozenset(name for name in _placeholders(text) if name not in bound)
    return substitute(_without(text, missing) if missing else formula(text), bound)


class Table:
    """The operations by name, with the aliases that frameworks use.

    refused: names that mean different things in different frameworks, with the choices.
    """

    def __init__(self, rows: Iterable[Operation], refused: Mapping[str, str] | None = None) -> None:
        self._refused = dict(refused or {})
        self._rows = {row.name: row for row in rows}
        self._primes: dict[str, Operation] = {}
        self._aliases: dict[str, str] = {}
        for row in reversed(self._rows.values()):  # what a file defines comes last, and wins
            for alias in (row.name, *row.aliases):
                key = fold(alias.partition("(")[0])
                self._aliases.setdefault(key, _as_call(row.name, alias))

    def __iter__(self) -> Iterator[Operation]:
        return iter(self._rows.values())

    def __contains__(self, name: str) -> bool:
        return name in self._rows

    def __getitem__(self, name: str) -> Operation:
        """Return the row of an operation; `f'` is the derivative of the row `f`."""
        row = self._rows.get(name) or self._primes.get(name)
        if row is None:
            row = self._primes[name] = self._prime(name)
        return row

    def _prime(self, name: str) -> Operation:
        base = self._rows[name.removesuffix("'")] if name.endswith("'") else self._rows[name]
        if base.derivative is None or len(base.params) != 1:
            raise KeyError(name)
        inner = Apply(
            base.name,
            (Symbol(base.params[0]),),
            tuple((key, Symbol(key)) for key in base.attributes),
        )
        text = base.derivative[0]
        assert text is not None
        return Operation(
            name=name,
            params=base.params,
            kind="elementwise",
            text=f"derivative of {base.name}",
            symbol=f"{base.symbol or base.name}′",
            definition=format(substitute(formula(text), {base.output: inner})),
            defaults=base.defaults,
            kinks=base.kinks,
            kink=base.kink,
            kink_value=base.kink_value,
        )

    def extended(self, rows: Iterable[Operation]) -> Table:
        """Return a table with further rows, as a problem file defines them."""
        return Table([*self, *rows], self._refused)

    def resolve(self, name: str) -> Apply | None:
        """Return the operation that a name or an alias means, with its presets."""
        if name.endswith("'"):
            base = self.resolve(name[:-1])
            if base is None or len(self[base.op].params) != 1 or self[base.op].derivative is None:
                return None
            return Apply(base.op + "'", (), base.attrs)
        framework, last = framework_of(name)
        own = self._aliases.get(f"{framework}.{fold(last)}")
        call = own or self._aliases.get(fold(last))
        if call is None:
            return None
        found = formula(call)
        assert isinstance(found, Apply)
        settled = own is not None and found.attr("reduction") is not None
        reduces = self._rows[found.op].reduction not in ("", "whole")
        if settled or not reduces or framework not in REDUCED:
            return found
        kept = tuple((name, value) for name, value in found.attrs if name != "reduction")
        return Apply(found.op, (), (*kept, ("reduction", Symbol(REDUCED[framework]))))

    def replaceable(self, name: str) -> bool:
        """Tell whether a file may define a function of this name: no other row reads it."""
        found = self.resolve(name)
        if found is None:
            return True
        row = self[found.op]
        return bool(row.family) and row.name not in CLASSIC and row.name not in self._read

    @cached_property
    def _read(self) -> frozenset[str]:
        """Return the operations that formulas of other rows read."""
        texts = (
            text
            for row in self
            for text in (row.definition, *(row.derivative or ()), *_texts(row.vjp), *row.kinks)
            if text and text != "others"
        )
        read = (part for text in texts for part in parts(formula(text)))
        return frozenset(part.op for part in read if isinstance(part, Apply))

    def refusal(self, name: str) -> str | None:
        """Return the choices where a name has no one meaning, None for every other name."""
        return None if self.resolve(name) else self._refused.get(fold(framework_of(name)[1]))

    def nearest(self, name: str, kinds: tuple[str, ...] = ()) -> str | None:
        """Return the name that was probably meant."""
        rows = [row for row in self._rows.values() if not kinds or row.kind in kinds]
        known = {row.name: row.name for row in rows}
        for row in rows:
            known.update({alias.partition("(")[0]: row.name for alias in row.aliases})
        near = did_you_mean(name, known)
        return known[near] if near else None


def _texts(
    vjp: tuple[str | None, ...] | Mapping[tuple[int, ...], tuple[str, ...]] | None,
) -> list[str]:
    rules = vjp.values() if isinstance(vjp, Mapping) else [vjp or ()]
    return [text for rule in rules for text in rule if text]


def _as_call(name: str, alias: str) -> str:
    _, bracket, rest = alias.partition("(")
    return f"{name}({rest}" if bracket else f"{name}()"


def loss(
    name: str,
    text: str,
    entry: str,
    derivative: tuple[str, ...],
    reduction: str = "sum",
    **rest: Any,
) -> Operation:
    """Return the row of a loss from the loss of one entry and its derivatives."""
    found: dict[str, Any] = {"params": ("y", "t"), "shape": shapes.loss, **rest}
    return Operation(
        name,
        kind="loss",
        text=text,
        definition=entry,
        derivative=derivative,
        output="L",
        reduction=reduction,
        **found,
    )


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
