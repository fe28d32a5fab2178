"""How names and numbers are written: ∂L/∂W⁽¹⁾, z₂, −½; or dL/dW1, z[2], -1/2."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from gradcalc.algebra.expr import Number
from gradcalc.algebra.names import SUBSCRIPTS, SUPERSCRIPTS, gradient_parts
from gradcalc.algebra.shapes import Shape, size
from gradcalc.algebra.syntax import format_number
from gradcalc.problem.naming import Index, Names

GREEK = {
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "epsilon": "ε",
    "eta": "η",
    "theta": "θ",
    "lam": "λ",
    "lambda": "λ",
    "mu": "μ",
    "sigma": "σ",
    "phi": "φ",
    "omega": "ω",
    "rho": "ρ",
    "tau": "τ",
    "xi": "ξ",
}
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
}
BLANK = "____"
"""A number that is left to be filled in."""
ACCENTED = {"hat": "\u0302", "tilde": "\u0303", "bar": "\u0304"}


@dataclass(frozen=True)
class Lettering:
    """How the names and numbers of one problem are written.

    layered: names whose number is a layer and stands in a superscript.
    """

    shapes: Mapping[str, Shape]
    names: Names = field(default_factory=Names)
    layered: frozenset[str] = frozenset()
    unicode: bool = True

    def name(self, name: str) -> str:
        """Return a quantity's name as it is printed: ∂L/∂W⁽¹⁾."""
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
        if own is not None:
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
        gradient = gradient_parts(name)
        if gradient and size(self.shapes.get(gradient[0], ())) != 1:
            d = "∂" if self.unicode else "d"
            whole = index if len(self.shapes.get(gradient[1], ())) == len(index) else index[-1:]
            above = self.entry_name(gradient[0], index if whole == index else index[:1])
            return f"{d}{above}/{d}{self.entry_name(gradient[1], whole)}"
        if (
            self.unicode
            and all(len(place) == 1 for place in places)
            and (shown[-1] not in SUBSCRIPTS)
        ):
            return shown + lowered("".join(places))
        return f"{shown}[{','.join(places)}]"

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
    return name.encode("ascii", "backslashreplace").decode()
