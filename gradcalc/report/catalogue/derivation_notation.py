"""How derivations are written: the names of their entries, their sums, and their rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from gradcalc.algebra.derivation.components import entry_parts, index_of
from gradcalc.algebra.derivation.derivation import Derivation
from gradcalc.algebra.formula.expr import (
    Apply,
    Expr,
    Symbol,
    parts,
    symbols,
)
from gradcalc.algebra.formula.names import gradient_parts
from gradcalc.algebra.formula.shapes import Shape
from gradcalc.algebra.formula.syntax import LEVEL, PRODUCT
from gradcalc.algebra.operations.operation import Table
from gradcalc.report.mathematics.notation import Notation
from gradcalc.report.mathematics.unicode import Box, beside, is_call, round_brackets, text

LOWERED = dict(zip("ijklmnpst", "ᵢⱼₖₗₘₙₚₛₜ", strict=True))
SPELLED = (("∂", "d"), ("δ", "delta"), ("≠", "!="), ("σ", "sigmoid"), ("Σ", "sum"), ("Φ", "F"))
_INDEX = re.compile(r"\[(\w+)\]")

SAMPLE, ENTRY = "i", "j"
INDENT = 2


@dataclass(frozen=True)
class DerivationNotation(Notation):
    """The notation of a derivation.

    d: the sign of a derivative, d or ∂. written: names that stand for a text.
    """

    d: str = "d"
    written: Mapping[str, str] = field(default_factory=dict)

    def name(self, name: str) -> str:
        """Return a name as it is printed, an index as a subscript."""
        if name in self.written:
            return self.written[name]
        parts = gradient_parts(name)
        if parts:
            d = "∂" if self.unicode else "d"
            return f"{d}{self.name(parts[0])}/{d}{self.name(parts[1])}"
        found = entry_parts(name)
        if found is None:
            return super().name(name)
        return super().name(found[0]) + self.below(found[1])

    def below(self, index: str) -> str:
        """Return an index as it stands below a name: ᵢⱼ, or [i,j]."""
        if self.unicode and all(letter in LOWERED for letter in index):
            return "".join(LOWERED[letter] for letter in index)
        return f"[{','.join(index)}]"

    def words(self, rule: str) -> str:
        """Return the name of a rule, its indices as subscripts."""
        if not self.unicode:
            for sign, spelled in SPELLED:
                rule = rule.replace(sign, spelled)
        return _INDEX.sub(lambda found: self.below(found[1]), rule)

    def child(self, expr: Expr, floor: int) -> Box:
        if isinstance(expr, Apply) and expr.op == "sum_over":
            box = self.box(expr)
            return round_brackets(box) if floor >= PRODUCT - 1 else box
        return super().child(expr, floor)

    def factor(self, expr: Expr, *, first: bool, last: bool = False) -> Box:
        if last and isinstance(expr, Apply) and expr.op == "sum_over":
            return self.box(expr)
        if isinstance(expr, Apply) and expr.op == "where":
            return self.box(expr)
        return super().factor(expr, first=first, last=last)

    def asked(self, expr: Expr) -> Box:
        """Return the derivative that is asked for; of a formula by cases in two rows."""
        if isinstance(expr, Apply) and expr.op == "derivative":
            inner, by = expr.args
            if isinstance(inner, Apply) and inner.op == "where" and isinstance(by, Symbol):
                lead = text(f"{self.d}/{self.d}{self.name(by.name)} ")
                return beside([lead, self.whole(inner)])
        return self.box(expr)

    def _mul(self, expr: Apply, *, leading: bool = True) -> Box:
        """Write a product; a derivative by the chain rule stays last."""
        *others, last = expr.args
        if not (isinstance(last, Symbol) and (last.name in self.written or "/" in last.name)):
            return super()._mul(expr, leading=leading)
        between = "·" if self.unicode and is_call(others[-1]) else self.times(others[-1], last)
        if len(others) == 1:
            left = self.factor(others[0], first=True)
        else:
            left = super()._mul(Apply("mul", tuple(others)), leading=leading)
        return beside([left, text(between), self.box(last)])

    def _derivative(self, expr: Apply) -> Box:
        inner, by = expr.args
        assert isinstance(by, Symbol)
        box = self.box(inner)
        cased = isinstance(inner, Apply) and inner.op == "where"
        lead = text(f"{self.d}/{self.d}{self.name(by.name)} ")
        return beside([lead, box if cased else round_brackets(box)])

    def _sum_over(self, expr: Apply) -> Box:
        letter, inner = index_of(expr), self.child(expr.args[0], LEVEL["mul"] - 1)
        if not self.unicode:
            return text(f"sum_{letter} {inner.rows[0]}")
        return beside([text(f"Σ{self.below(letter)} "), inner])

    def _norm_over(self, expr: Apply) -> Box:
        """Return a length; its letter is bound, so the vector is written whole."""
        inner = _without_letter(self, expr)
        return text(f"‖{inner}‖" if self.unicode else f"norm({inner})")

    def _delta(self, expr: Apply) -> Box:
        names = "".join(arg.name for arg in expr.args if isinstance(arg, Symbol))
        return text(("δ" if self.unicode else "delta") + self.below(names))

    def _softmax_at(self, expr: Apply) -> Box:
        (own,) = expr.args
        assert isinstance(own, Symbol)
        vector, index = entry_parts(own.name) or (own.name, "")
        if len(index) == 1:
            return text(f"softmax({super().name(vector)}){self.below(index)}")
        outer = super().name(vector) + self.below(index[:-1])
        return text(f"softmax({outer}){self.below(index[-1])}")

    def _entries(self, expr: Apply) -> Box:
        return text("K")


def _without_letter(notation: DerivationNotation, expr: Apply) -> str:
    """Return what stands in a length, without the letter that it runs over."""
    letter = index_of(expr)

    def bare(part: Expr) -> Expr:
        if isinstance(part, Symbol):
            found = entry_parts(part.name)
            if found and found[1].endswith(letter):
                rest = found[1][: -len(letter)]
                return Symbol(f"{found[0]}[{rest}]" if rest else found[0])
        if isinstance(part, Apply):
            return Apply(part.op, tuple(bare(arg) for arg in part.args), part.attrs)
        return part

    return notation.line(bare(expr.args[0]))


def notation_of(
    table: Table, derivation: Derivation, d: str = "", *, unicode: bool = True
) -> DerivationNotation:
    """Return the notation in which every name of a derivation is a number."""
    names = {name for step in derivation.steps for name in symbols(step.after)}
    names |= {*symbols(derivation.of), derivation.by, "f"}
    names |= {
        part.name
        for step in derivation.steps
        for part in parts(step.before)
        if isinstance(part, Symbol)
    }
    shapes: dict[str, Shape] = dict.fromkeys(names, ())
    several = len(set(symbols(derivation.of)) - {derivation.by}) > 0
    sign = d or ("∂" if several and unicode else "d")
    return DerivationNotation(shapes, unicode=unicode, table=table, d=sign)
