"""Mathematics as a tree that every document format prints: scripts, fractions, brackets, grids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import fsum
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal[
    "letter", "word", "function", "number", "operator", "bracket", "space", "sign"
]
GAP = "  "
"""The blank beside a word."""


@dataclass(frozen=True)
class Atom:
    """One sign or word: a letter slanted, a function upright, a sign close to its number."""

    kind: Kind
    text: str


@dataclass(frozen=True)
class Blank:
    """A place to be filled in by hand."""


@dataclass(frozen=True)
class Accent:
    """A letter with a hat, a tilde or a bar."""

    base: Math
    sign: str


@dataclass(frozen=True)
class Row:
    """Parts side by side."""

    parts: tuple[Math, ...]


@dataclass(frozen=True)
class Scripts:
    """What stands below and above a base at its right; no base: that of what comes before."""

    base: Math | None
    below: Math | None = None
    above: Math | None = None


@dataclass(frozen=True)
class Fraction:
    """A fraction; a small one stands in a line of text, as ½ does."""

    over: Math
    under: Math
    small: bool = False


@dataclass(frozen=True)
class Root:
    """A square root."""

    inner: Math


@dataclass(frozen=True)
class Fenced:
    """A part between signs as high as it is: ( ), | |, ‖ ‖."""

    left: str
    inner: Math
    right: str


@dataclass(frozen=True)
class Grid:
    """A matrix in square brackets."""

    rows: tuple[tuple[Math, ...], ...]


@dataclass(frozen=True)
class Cases:
    """Values, each with the words and the condition under which it holds."""

    rows: tuple[tuple[Math, str, Math | None], ...]


@dataclass(frozen=True)
class Quantity:
    """A name, and the quantity it stands for."""

    key: str
    inner: Math


Math: TypeAlias = (
    Atom | Blank | Accent | Row | Scripts | Fraction | Root | Fenced | Grid | Cases | Quantity
)


def row(parts: Iterable[Math]) -> Math:
    """Return parts side by side, each script on what stands before it."""
    found: list[Math] = []
    for part in _flat(parts):
        if isinstance(part, Scripts) and part.base is None and found:
            found[-1] = _scripted(found[-1], part)
        else:
            found.append(part)
    return found[0] if len(found) == 1 else Row(tuple(found))


def _flat(parts: Iterable[Math]) -> Iterator[Math]:
    for part in parts:
        if isinstance(part, Row):
            yield from part.parts
        else:
            yield part


def _scripted(base: Math, script: Scripts) -> Math:
    """Return a base with one more script; a fraction in brackets."""
    inner = base.inner if isinstance(base, Quantity) else base
    square = isinstance(script.above, Atom) and script.above.kind == "number"
    if isinstance(inner, Scripts) and inner.above is not None and square:  # (a⁽¹⁾)²
        return replace(script, base=Fenced("(", base, ")"))
    if isinstance(inner, Scripts):
        below = _beside(inner.below, script.below)
        found: Math = replace(inner, below=below, above=_beside(inner.above, script.above))
    elif isinstance(inner, Fraction):
        return replace(script, base=Fenced("(", base, ")"))
    else:
        found = replace(script, base=inner)
    return replace(base, inner=found) if isinstance(base, Quantity) else found


def _beside(first: Math | None, second: Math | None) -> Math | None:
    if first is None or second is None:
        return first or second
    return row((first, second))


def bare(part: Math) -> Math:
    """Return a part without the round brackets around all of it."""
    return part.inner if isinstance(part, Fenced) and part.left == "(" else part


def tall(part: Math) -> bool:
    """Tell whether a part is higher than a line of text."""
    match part:
        case Fraction():
            return not part.small
        case Grid() | Cases() | Root():
            return True
        case Row():
            return any(map(tall, part.parts))
        case Scripts():
            return part.base is not None and tall(part.base)
        case Fenced() | Quantity() | Accent():
            return tall(part.base if isinstance(part, Accent) else part.inner)
        case _:
            return False


def gridded(part: Math) -> bool:
    """Tell whether a matrix stands in a part."""
    match part:
        case Grid() | Cases():
            return True
        case Row():
            return any(map(gridded, part.parts))
        case Scripts():
            return part.base is not None and gridded(part.base)
        case Fenced() | Root() | Quantity():
            return gridded(part.inner)
        case Fraction():
            return gridded(part.over) or gridded(part.under)
        case _:
            return False


def stroked(part: Math) -> Math:
    """Return a part in which derivatives have a stroke, to stand in a fraction."""
    match part:
        case Fraction() if not part.small and _derivative(part):
            return row((part.over, Atom("operator", "/"), part.under))
        case Row():
            return row(map(stroked, part.parts))
        case Quantity() | Fenced():
            return replace(part, inner=stroked(part.inner))
        case _:
            return part


def _derivative(part: Fraction) -> bool:
    first = part.under.parts[0] if isinstance(part.under, Row) else part.under
    return first == Atom("operator", "∂")


def extent(part: Math) -> float:
    """Return about how wide a part is, in digits."""
    match part:
        case Atom():
            around = 1.4 if part.kind == "operator" and part.text not in ",.′Σ∂" else 0.0
            return 0.4 * len(part.text) if part.kind == "space" else len(part.text) + around
        case Blank():
            return 4
        case Accent():
            return extent(part.base)
        case Row():
            return fsum(map(extent, part.parts))
        case Scripts():
            scripts = [extent(each) for each in (part.below, part.above) if each is not None]
            return (extent(part.base) if part.base else 0) + 0.7 * max(scripts, default=0)
        case Fraction():
            return max(extent(part.over), extent(part.under)) * (0.7 if part.small else 1)
        case Root():
            return extent(part.inner) + 2
        case Fenced():
            return extent(part.inner) + 1.6
        case Grid():
            columns = zip(*part.rows, strict=True)
            return fsum(max(map(extent, column)) + 2 for column in columns) + 1
        case Cases():
            return 3 + max(
                extent(value) + len(words) + 2 + (extent(condition) if condition else 0)
                for value, words, condition in part.rows
            )
        case Quantity():
            return extent(part.inner)


def lines(part: Math, room: float, *, large: bool = False) -> tuple[Math, ...]:
    """Return a long part as several lines, broken before signs between terms.

    large: inside high brackets, too, which then are signs of their own: ⟮ ⟯, larger ❨ ❩.
    """
    if extent(part) <= room:
        return (part,)
    found: list[list[Math]] = [[]]
    used = 0.0
    for each in _open(part, large):
        wide = extent(each)
        if found[-1] and used + wide > room:
            kept, rest = _cut(found[-1])
            found[-1:] = [kept, rest] if rest else [kept]
            used = fsum(map(extent, found[-1])) if rest else used
        found[-1].append(each)
        used += wide
    return tuple(row(line) for line in found if line)


def _open(part: Math, large: bool) -> Iterator[Math]:
    """Yield the parts between which a line may break; round brackets are opened."""
    if isinstance(part, Row):
        for each in part.parts:
            yield from _open(each, large)
    elif isinstance(part, Fenced) and part.left == "(" and not tall(part.inner):
        yield from (Atom("bracket", "("), *_open(part.inner, large), Atom("bracket", ")"))
    elif isinstance(part, Fenced) and part.left == "(" and large:
        left, right = "❨❩" if gridded(part.inner) else "⟮⟯"
        yield from (Atom("bracket", left), *_open(part.inner, large), Atom("bracket", right))
    else:
        yield part


def _cut(line: list[Math]) -> tuple[list[Math], list[Math]]:
    """Return a full line cut before its last sign between terms, or after its last comma."""
    for signs, after in (("+−", 0), (",", 1), ("·⊙/", 0)):
        for at in range(len(line) - 1, 0, -1):
            each = line[at]
            sums = isinstance(each, Atom) and each.kind == "operator" and each.text in signs
            prose = signs == "," and line[at + 1 : at + 2] == [Atom("space", GAP)]
            if sums and not prose and (after or not _leads(line[at - 1])):
                return line[: at + after], line[at + after :]
    return line, []


def _leads(before: Math) -> bool:
    """Tell whether a sign after this part is one before a number, as in 2·(−1)."""
    return isinstance(before, Atom) and (before.text == "(" or before.kind == "operator")
