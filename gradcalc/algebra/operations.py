"""What an operation is: one row that says everything about it.

A row is written in the formula language of problem files. Its symbols are its own
operands (`params`), its parameters (`defaults`), its value (`output`), and in a
vector-Jacobian product the upstream gradient `g`, which has the shape of the value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from gradcalc.algebra.expr import Apply, Expr, Number, Symbol, substitute
from gradcalc.algebra.shapes import ShapeRule, elementwise
from gradcalc.algebra.syntax import format, parse
from gradcalc.errors import did_you_mean


@dataclass(frozen=True)
class Operation:
    """One row of the table of operations.

    derivative: elementwise partial derivatives, one a parameter, in `params`,
        `defaults` and `output`; `others` is the product of the other operands.
    vjp: for everything that is not elementwise, the product of the upstream
        gradient `g` with the Jacobian; by the operands' ranks where they matter.
    given: the derivative read off the output, for outputs that a file gives.
    positive: parameters that are to be larger than 0.
    prime: the derivative is shown as f′(x) and explained by `when`.
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
    jacobian: str | None = None
    given: str | None = None
    defaults: tuple[tuple[str, str], ...] = ()
    output: str = "y"
    kernel: str | None = None
    variadic: bool = False
    prime: bool = False
    when: str = ""
    kinks: tuple[str, ...] = ()
    kink_note: str = ""
    domain: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    reduction: str = ""
    per_sample: bool = False
    positive: tuple[str, ...] = ()

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
        return substitute(formula(self.definition), self.bind(expr))

    def vjp_for(self, ranks: tuple[int, ...]) -> tuple[str | None, ...] | None:
        """Return the vector-Jacobian products for operands of these ranks."""
        if isinstance(self.vjp, Mapping):
            return self.vjp.get(ranks)
        return self.vjp


@lru_cache(maxsize=2048)
def formula(text: str) -> Expr:
    """Return a row's formula, read once."""
    return parse(text)


def fold(name: str) -> str:
    """Return a name without case, dashes, underscores and blanks."""
    return name.casefold().replace("-", "").replace("_", "").replace(" ", "")


class Table:
    """The operations by name, with the aliases that frameworks use."""

    def __init__(self, rows: Iterable[Operation]) -> None:
        self._rows = {row.name: row for row in rows}
        self._primes: dict[str, Operation] = {}
        self._aliases: dict[str, str] = {}
        for row in self._rows.values():
            for alias in (row.name, *row.aliases):
                self._aliases.setdefault(fold(alias.partition("(")[0]), _as_call(row.name, alias))

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
        )

    def extended(self, rows: Iterable[Operation]) -> Table:
        """Return a table with further rows, as a problem file defines them."""
        return Table([*self, *rows])

    def resolve(self, name: str) -> Apply | None:
        """Return the operation that a name or an alias means, with its presets."""
        if name.endswith("'"):
            base = self.resolve(name[:-1])
            if base is None or len(self[base.op].params) != 1 or self[base.op].derivative is None:
                return None
            return Apply(base.op + "'", (), base.attrs)
        call = self._aliases.get(fold(name))
        if call is None and "." in name:
            call = self._aliases.get(fold(name.rpartition(".")[2]))
        if call is None:
            return None
        found = formula(call)
        assert isinstance(found, Apply)
        return found

    def nearest(self, name: str, kinds: tuple[str, ...] = ()) -> str | None:
        """Return the name that was probably meant."""
        rows = [row for row in self._rows.values() if not kinds or row.kind in kinds]
        known = {row.name: row.name for row in rows}
        for row in rows:
            known.update({alias.partition("(")[0]: row.name for alias in row.aliases})
        near = did_you_mean(name, known)
        return known[near] if near else None


def _as_call(name: str, alias: str) -> str:
    _, bracket, rest = alias.partition("(")
    return f"{name}({rest}" if bracket else f"{name}()"
