"""Parts of arrays as Python writes them, x[0] and X[:, 1:3], and what takes a list."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gradcalc.algebra.expr import Apply, Number
from gradcalc.algebra.shapes import Dim

CUTS = ("pick", "part")
JOINS = ("concat", "stack")
_TERM = re.compile(r"([+-]?)(\d*)([^\W\d]\w*)(?:/(\d+))?|([+-]?)(\d+)")


def size_letters(dim: Dim) -> list[str]:
    """Return the letters of a size: n and m of n+2m-1."""
    return [term[2] for term in _TERM.findall(dim) if term[2]] if isinstance(dim, str) else []


def size_text(dim: Dim, names: Mapping[str, str], more: int = 0) -> str:
    """Return a size as Python writes it, and `more` added: n + 2 * m - 1, N // 2."""
    if isinstance(dim, int):
        return str(dim + more)
    found = []
    for sign, count, letter, below, whole_sign, whole in _TERM.findall(dim):
        if letter:
            text = f"{count} * {names[letter]}" if count else names[letter]
            found.append((sign or "+", f"{text} // {below}" if below else text))
        else:
            more += int(whole_sign + whole)
    if more:
        found.append(("+" if more > 0 else "-", str(abs(more))))
    text = " ".join(f"{sign} {term}" for sign, term in found) or "+ 0"
    return f"-{text[2:]}" if text[0] == "-" else text[2:]


def size_value(dim: Dim, sizes: Mapping[str, int]) -> int:
    """Return a size with numbers for its letters."""
    if isinstance(dim, int):
        return dim
    found = 0
    for sign, count, letter, below, whole_sign, whole in _TERM.findall(dim):
        if letter:
            found += int(f"{sign}{count or 1}") * (sizes[letter] // int(below or 1))
        else:
            found += int(whole_sign + whole)
    return found


def cut(expr: Apply, operand: str, names: Mapping[str, str]) -> str:
    """Return an entry, row or column counted from 0: x[0], X[:, 1:3]."""
    found = {key: size_of(value) for key, value in expr.attrs}
    if expr.op == "pick":
        inner = size_text(found.get("index", 1), names, -1)
    else:
        first = size_text(found.get("first", 1), names, -1)
        last = size_text(found.get("last", 1), names)
        start = "" if first == "0" else first
        wide = not all(end.isidentifier() or end.isdigit() for end in (first, last))
        inner = f"{start} : {last}".lstrip() if wide else f"{start}:{last}"
    axis = found.get("axis", 0)
    assert isinstance(axis, int)
    before = "..., " if axis == -1 else ":, " * axis
    return f"{operand}[{before}{inner}]"


def size_of(value: object) -> Dim:
    """Return a parameter as a size: a whole number, or letters."""
    return int(value.value) if isinstance(value, Number) else str(getattr(value, "name", value))
