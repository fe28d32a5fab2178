"""How names, their entries and numbers are written: ∂L/∂W⁽¹⁾, x₂, −½; or dL/dW1, x[2], -1/2."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from math import isnan
from typing import TYPE_CHECKING, TypeVar

from gradcalc.algebra.formula.expr import Apply, Expr, Number, Symbol
from gradcalc.algebra.formula.names import GREEK, SUBSCRIPTS, SUPERSCRIPTS, gradient_parts
from gradcalc.algebra.formula.shapes import Index, Shape, size
from gradcalc.algebra.formula.syntax import format_number
from gradcalc.problem.names import Names

if TYPE_CHECKING:
    from gradcalc.algebra.operations.kernels import Array

EXACT_DIGITS = 6
TABLE_DIGITS = 5
SENTENCE_DIGITS = 4
FLOAT_DIGITS = 17
"""Digits that tell a float from all others; most need fewer."""
_CLEAN = 12
ABSENT = "—"
"""What stands for a number that does not exist."""

T = TypeVar("T")
FRACTIONS = {
    Fraction(1, 2): "½",
    Fraction(1, 3): "⅓",
    Fraction(2, 3): "⅔",
    Fraction(1, 4): "¼",
    Fraction(3, 4): "¾",
    Fraction(1, 5): "⅕",
    Fraction(2, 5): "⅖",
    Fraction(1, 8): "⅛",
}
SPELLING = {
    "½": "1/2",
    "′": "'",
    "²": "^2",
    "×": "x",
    "−": "-",
    "⊙": "*",
    "≤": "<=",
    "≥": ">=",
    "σ": "sigma",
    "α": "alpha",
    "δ": "delta",
    "ŷ": "yhat",
    "·": "*",
    "ᵀ": "'",
    "∂": "d",
    "ᵢ": "[i]",
    "ⱼ": "[j]",
}
LOWERED = dict(zip("ijklmnprstuv0123456789", "ᵢⱼₖₗₘₙₚᵣₛₜᵤᵥ" + SUBSCRIPTS, strict=True))
"""Letters and digits that have a small form below the line."""
_WORDS = {sign: word for word, sign in GREEK.items()}
NO_NUMBER = "--"
"""What does not exist, in plain ASCII."""
BLANK = "____"
"""A number that is left to be filled in."""
ACCENTED = {"hat": "\u0302", "tilde": "\u0303", "bar": "\u0304"}

HIDDEN = {
    "": ("axis", "keepdims"),
    "concat": ("keepdims",),
    "spread": ("rows", "columns"),
}
"""Parameters that are not printed, by operation; under the empty name those of all others."""


def figure(value: float, decimals: int | None = None, digits: int = TABLE_DIGITS) -> str:
    """Return a number as text: exact if 6 significant digits do it, otherwise rounded.

    With `decimals`, exactly so many places. Very large and small numbers have an
    exponent, as in `1.5e-7`. No more digits are shown than tell a float from all others.
    """
    if isnan(value):
        return ABSENT
    if decimals is not None:
        text = f"{Decimal(repr(float(value))):.{decimals}f}"
        return text.lstrip("-") if not text.strip("-0.") else text
    if value == 0:
        return "0"
    clean = float(f"{value:.{_CLEAN - 1}e}")
    shown = Decimal(repr(clean))
    if len(shown.normalize().as_tuple().digits) > EXACT_DIGITS:
        shown = Decimal(f"{value:.{digits - 1}e}" if digits < FLOAT_DIGITS else repr(float(value)))
    return plain(shown)


def plain(shown: Decimal) -> str:
    """Return a decimal without trailing zeros, with an exponent where it is far from 1."""
    shown = shown.normalize()
    magnitude = shown.adjusted()
    if -4 <= magnitude <= 8:
        return f"{shown:f}"
    mantissa = shown.scaleb(-magnitude).normalize()
    return f"{mantissa:f}e{magnitude}"


def figures(value: Array, decimals: int | None = None) -> tuple[str, ...]:
    """Return the entries of an array as texts, in row order."""
    return tuple(figure(x, decimals) for x in value.ravel().tolist())


def read_figure(text: str) -> Expr:
    """Return a printed number as a formula; what does not exist is a sign of its own."""
    return Symbol(ABSENT) if text == ABSENT else Number(Fraction(text), text)


def literal(shape: tuple[int, ...], texts: tuple[str, ...]) -> Expr:
    """Return numbers written out as a formula: a number, or nested lists of numbers."""
    if not shape:
        return read_figure(texts[0])
    step = len(texts) // shape[0]
    rows = [literal(shape[1:], texts[i * step : (i + 1) * step]) for i in range(shape[0])]
    return Apply("array", tuple(rows))


@dataclass(frozen=True)
class Lettering:
    """How the names and numbers of one problem are written.

    layered: names whose number is a layer and stands in a superscript. columns: column j
    of a Jacobian ∂a/∂z belongs to aⱼ, and not row j.
    """

    shapes: Mapping[str, Shape]
    names: Names = field(default_factory=Names)
    layered: frozenset[str] = frozenset()
    unicode: bool = True
    columns: bool = False

    def name(self, name: str) -> str:
        """Return a quantity's name as it is printed: ∂L/∂W⁽¹⁾."""
        if name == ABSENT:
            return self.number(name)
        parts = gradient_parts(name)
        if parts:
            d = "∂" if self.unicode else "d"
            return f"{d}{self.name(parts[0])}/{d}{self.name(parts[1])}"
        own = self.names.whole.get(name)
        if own is not None:
            return self.styled(own, layered=False)
        return self.styled(name, layered=name in self.layered)

    def styled(self, name: str, *, layered: bool) -> str:
        if not self.unicode:
            return name if name.isascii() else _ascii(name)
        stem = name.rstrip("0123456789")
        digits = name[len(stem) :]
        if digits and layered:
            return f"{self.letter(stem)}⁽{raised(digits)}⁾"
        if digits and stem and not stem.endswith("_"):
            return self.letter(stem) + lowered(digits)
        return self.letter(name)

    def letter(self, stem: str) -> str:
        for suffix, accent in ACCENTED.items():
            if stem.endswith(suffix) and len(stem) == len(suffix) + 1:
                return unicodedata.normalize("NFC", stem[0] + accent)
        return GREEK.get(stem, stem)

    def entry_name(self, name: str, index: Index) -> str:
        """Return the name of one entry: z₂, W⁽¹⁾₂₁, or the author's own."""
        own = self.names.shown_entry(name, index)
        gradient = gradient_parts(name)
        local = gradient is not None and size(self.shapes.get(gradient[0], ())) != 1
        if own is not None and not local:
            parts = gradient_parts(own)
            d = "∂" if self.unicode else "d"
            if parts:
                return f"{d}{self.styled(parts[0], layered=False)}/{d}" + (
                    self.styled(parts[1], layered=False)
                )
            return self.styled(own, layered=False)
        places = [str(i + 1) for i in index]
        shown = self.name(name)
        if not places or size(self.shapes.get(name, ())) == 1:
            return shown
        if gradient and local:
            d = "∂" if self.unicode else "d"
            below = above = index
            if len(self.shapes.get(gradient[1], ())) != len(index):
                above, below = self.matched(index)
            of = self.entry_name(gradient[0], above)
            return f"{d}{of}/{d}{self.entry_name(gradient[1], below)}"
        ending = lowered("".join(places))
        if (
            self.unicode
            and all(len(place) == 1 for place in places)
            and (shown[-1] not in SUBSCRIPTS)
            and self.name(gradient[1] if gradient else name) + ending not in self.whole_names
        ):
            return shown + ending
        return f"{shown}[{','.join(places)}]"

    @cached_property
    def whole_names(self) -> frozenset[str]:
        """Return what is printed for whole quantities and for entries with names of their own."""
        names = (name for name in self.shapes if gradient_parts(name) is None)
        own = (self.styled(name, layered=False) for name in self.names.entries.values())
        return frozenset((*map(self.name, names), *own))

    def matched(self, index: tuple[T, ...]) -> tuple[tuple[T, ...], tuple[T, ...]]:
        """Return which part of a Jacobian's index belongs to the value, which to the operand."""
        first, last = index[:1], index[-1:]
        return (last, first) if self.columns else (first, last)

    def placed(self, name: str, places: Sequence[Number | Symbol]) -> str:
        """Return the name of an entry at numbers or letters: W⁽¹⁾ᵢⱼ, ∂L/∂z⁽²⁾ₖ, z_M."""
        if all(isinstance(place, Number) for place in places):
            numbers = [place for place in places if isinstance(place, Number)]
            return self.entry_name(name, tuple(int(place.value) - 1 for place in numbers))
        gradient = gradient_parts(name)
        if gradient:
            d = "∂" if self.unicode else "d"
            of, by = gradient
            above = self.name(of)
            if size(self.shapes.get(of, ())) != 1:
                upper = tuple(places)
                if len(self.shapes.get(by, ())) != len(places):
                    upper, places = self.matched(upper)
                above = self.placed(of, upper)
            return f"{d}{above}/{d}{self.placed(by, places)}"
        shown = self.name(name)
        texts = [str(place.value) if isinstance(place, Number) else place.name for place in places]
        if not self.unicode or not all(len(text) == 1 for text in texts):
            return f"{shown}[{','.join(texts)}]"
        if any(text not in LOWERED for text in texts) or shown[-1] in SUBSCRIPTS:
            return f"{shown}_{''.join(texts)}"
        return shown + "".join(LOWERED[text] for text in texts)

    def dimensions(self, shape: Shape) -> str:
        """Return what a quantity is one of: ∈ ℝ^N, ∈ ℝ^{M×N}, ∈ ℝ."""
        times, member, reals = ("×", "∈", "ℝ") if self.unicode else ("x", "in", "R")
        dims = [str(dim) for dim in shape]
        if not dims:
            return f"{member} {reals}"
        inner = times.join(dims)
        plain = len(dims) == 1 and len(inner) == 1
        return f"{member} {reals}^{inner if plain else '{' + inner + '}'}"

    def transposed(self, name: str) -> str:
        """Return a name with the sign of a transpose: Wᵀ."""
        return name + ("ᵀ" if self.unicode else "'")

    def indexed(self, name: str) -> str:
        """Return the name of any one entry: zᵢ, ∂yᵢ/∂zᵢ."""
        parts = gradient_parts(name)
        d = "∂" if self.unicode else "d"
        if parts:
            above = (
                self.name(parts[0])
                if size(self.shapes.get(parts[0], ())) == 1
                else (self.indexed(parts[0]))
            )
            return f"{d}{above}/{d}{self.indexed(parts[1])}"
        return self.name(name) + ("ᵢ" if self.unicode else "[i]")

    def number(self, value: Number | str) -> str:
        """Return a number with a typographic minus, halves and powers of ten."""
        raw = value if isinstance(value, str) else format_number(value)
        if raw == ABSENT:
            return raw if self.unicode else NO_NUMBER
        if not self.unicode:
            return raw
        if isinstance(value, Number) and "." not in raw and abs(value.value) in FRACTIONS:
            return ("−" if value.value < 0 else "") + FRACTIONS[abs(value.value)]
        mantissa, e, exponent = raw.lower().partition("e")
        shown = mantissa.replace("-", "−")
        if not e:
            return shown
        sign = "⁻" if exponent.startswith("-") else ""
        return f"{shown}·10{sign}{raised(exponent.lstrip('+-'))}"


def spelled(words: str) -> str:
    """Return words in plain ASCII, where signs have a spelling of several letters."""
    for sign, spelling in SPELLING.items():
        words = words.replace(sign, spelling)
    return words


def raised(digits: str) -> str:
    """Return digits as superscripts."""
    return "".join(SUPERSCRIPTS[int(d)] for d in digits)


def lowered(digits: str) -> str:
    """Return digits as subscripts."""
    return "".join(SUBSCRIPTS[int(d)] for d in digits)


def _ascii(name: str) -> str:
    """Return a name without letters beyond ASCII: Greek ones as words, others as numbers."""
    spelled = "".join(_WORDS.get(sign, sign) for sign in name)
    return spelled.encode("ascii", "backslashreplace").decode()


def shown_attrs(expr: Apply) -> list[tuple[str, Number | Symbol]]:
    """Return the parameters of an application that are printed."""
    hidden = HIDDEN.get(expr.op, HIDDEN[""])
    return [(key, value) for key, value in expr.attrs if key not in hidden]


def whole(expr: Apply, name: str) -> int:
    """Return a parameter that is a whole number; 0 where there is none."""
    value = expr.attr(name)
    return int(value.value) if isinstance(value, Number) else 0


def entry_of(expr: Apply) -> tuple[str, tuple[int, ...]] | None:
    """Return the quantity and the place that `pick` takes, None for a column or a formula.

    A place is counted from 0: of X[1,2] it is (0, 1), of the row X[2] it is (1,).
    """
    places: list[int] = []
    part: Expr = expr
    while isinstance(part, Apply) and part.op == "pick" and whole(part, "axis") == 0:
        places.insert(0, whole(part, "index") - 1)
        part = part.args[0]
    return (part.name, tuple(places)) if isinstance(part, Symbol) and places else None


def brackets_of(expr: Apply) -> str:
    """Return what stands behind a quantity where entries are taken: [2:4], [:,3]."""
    first, last = whole(expr, "first"), whole(expr, "last")
    place = f"{first}:{last}" if expr.op == "part" else str(whole(expr, "index"))
    return f"[{':,' * whole(expr, 'axis')}{place}]"


def power(notation: Lettering, bound: float) -> str:
    """Return a power of ten as a bound is written: 10⁻⁷."""
    return notation.number(figure(bound)).removeprefix("1·")
