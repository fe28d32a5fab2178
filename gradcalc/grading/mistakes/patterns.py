"""Slips of the pen that no rewrite of a line gives: patterns of difference, numbers misread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

import numpy as np

from gradcalc.algebra.formula.shapes import Index
from gradcalc.algebra.operations.kernels import Array, Mask
from gradcalc.grading.answers.written import digits_text
from gradcalc.grading.evaluation.comparison import Tolerance, Typed
from gradcalc.grading.evaluation.earlier_answers import Cut, Decimals, Own
from gradcalc.grading.evaluation.follow_through import evaluated
from gradcalc.grading.evaluation.lines import Lines
from gradcalc.problem.names import Reference

SIMPLE = tuple(
    Fraction(text) for text in ("2", "1/2", "10", "1/10", "100", "1/100", "3", "1/3", "4", "1/4")
)
PATTERN_IDS = (
    "negated",
    "sign-slip",
    "scaled",
    "decimal-slip",
    "layout-transposed",
    "rows-swapped",
    "columns-swapped",
    "entries-swapped",
    "digit-slip",
    "arithmetic-slip",
    "given-value-conflict",
)
"""Ids of all patterns; they never change."""

MOST_READINGS = 20_000


@dataclass(frozen=True)
class Pattern:
    """A difference that has a shape of its own, at these entries.

    id: negated, sign-slip, scaled, decimal-slip, layout-transposed, rows-swapped,
    columns-swapped, entries-swapped, digit-slip, arithmetic-slip, given-value-conflict.
    """

    id: str
    entries: tuple[Index, ...]
    factor: Fraction | None = None


def pattern(written: Typed, due: Array, wrong: Mask, tolerance: Tolerance) -> Pattern | None:
    """Return the first pattern that explains the wrong entries of an answer."""
    return next(_patterns(written, due, wrong, tolerance), None)


def _patterns(written: Typed, due: Array, wrong: Mask, tolerance: Tolerance) -> Iterator[Pattern]:
    entries = tuple(tuple(int(i) for i in at) for at in np.argwhere(wrong))

    def holds(other: Array, mask: Mask) -> bool:
        return bool(written.matches(other, tolerance)[mask].all())

    clear = wrong & (np.abs(written.value) > tolerance.half(written.value, written.half))
    if clear[wrong].all() and holds(-due, wrong):
        every = holds(-due, written.mask) and written.mask.sum() > 1
        yield Pattern("negated" if every else "sign-slip", entries)
    for factor in SIMPLE:
        ten = factor in (10, 100, Fraction(1, 10), Fraction(1, 100))
        where = wrong if ten else written.mask
        several = written.mask.sum() > 1 or ten
        if several and clear[wrong].all() and holds(due * float(factor), where):
            yield Pattern("decimal-slip" if ten else "scaled", entries, factor)
    yield from _moved(written, due, entries, tolerance)
    if all(_near_digits(written, due, at) for at in entries):
        yield Pattern("digit-slip", entries)
    if len(entries) == 1 and written.mask.sum() > 1:
        yield Pattern("arithmetic-slip", entries)


def _moved(
    written: Typed, due: Array, entries: tuple[Index, ...], tolerance: Tolerance
) -> Iterator[Pattern]:
    """Yield patterns in which right numbers stand at wrong places."""
    if not written.mask.all() or due.size < 2:
        return

    def holds(other: Array) -> bool:
        return bool(written.agrees(other, tolerance).all())

    if due.ndim == 2 and due.shape[0] == due.shape[1] and holds(due.T):
        yield Pattern("layout-transposed", entries)
    names = ("rows-swapped", "columns-swapped") if due.ndim == 2 else ("entries-swapped",)
    for axis, name in enumerate(names[: due.ndim]):
        for one, other in combinations(range(min(due.shape[axis], 20)), 2):
            order = np.arange(due.shape[axis])
            order[[one, other]] = other, one
            if holds(np.take(due, order, axis)):
                yield Pattern(name, entries)
    flat = due.ravel()
    if len(entries) == 2 and due.ndim == 2:
        one, other = (int(np.ravel_multi_index(at, due.shape)) for at in entries)
        swapped = flat.copy()
        swapped[[one, other]] = flat[other], flat[one]
        if holds(swapped.reshape(due.shape)):
            yield Pattern("entries-swapped", entries)


def _near_digits(written: Typed, due: Array, at: Index) -> bool:
    """Tell whether an entry is the value due with one digit or two neighbours changed."""
    decimals = int(written.decimals[at])
    text = digits_text(float(written.value[at]), decimals)
    return bool(text) and near_digits(text, f"{due[at]:.{decimals}f}", least=3)


def near_digits(text: str, other: str, least: int = 2) -> bool:
    """Tell whether two numbers differ in one digit, or in two neighbours that are swapped.

    least: significant digits below which nothing can be said.

    >>> near_digits("1.31", "1.34"), near_digits("0.1454", "0.1544"), near_digits("2", "3")
    (True, True, False)
    """
    first, second = text, other
    if len(first) != len(second) or first == second:
        return False
    digits = [ch for ch in second if ch.isdigit()]
    if len("".join(digits).lstrip("0")) < least:
        return False
    different = [i for i, (a, b) in enumerate(zip(first, second, strict=True)) if a != b]
    if len(different) == 1:
        return first[different[0]].isdigit() and second[different[0]].isdigit()
    if len(different) != 2:
        return False
    one, two = different
    between = second[one + 1 : two]
    swapped = first[one] == second[two] and first[two] == second[one]
    return swapped and between in ("", ".")


@dataclass(frozen=True)
class AsIf:
    """One operand that would explain a value, as it must have been read."""

    operand: Reference
    text: str
    right: str


def as_if(
    lines: Lines,
    target: str,
    own: Mapping[str, Own],
    decimals: Mapping[str, Decimals],
    written: Typed,
    tolerance: Tolerance,
) -> AsIf | None:
    """Return the one operand whose misreading gives exactly what is written.

    decimals: those that the own values are written with. All readings of an operand with
    one digit changed, two neighbours swapped, the sign lost or the point moved are one
    leading axis. None where there is no such reading, or more than one.
    """
    if written.value.shape != lines.shapes[target]:
        return None
    wanted = lines.reads(target, Cut(own, lines.given, target))
    read = {operand for name in wanted for operand in lines.operands[name]}
    readings = [
        (name, index, text, other)
        for name in (*lines.inputs, *lines.by_name)
        if name in read
        for index, text in _texts(lines, name, own, decimals).items()
        for other in misreadings(text)
    ][:MOST_READINGS]
    if not readings:
        return None
    values = evaluated(lines, own, shift=_shifts(lines, readings), target=target)[target]
    if values.ndim == len(lines.shapes[target]) or values.shape[1:] != written.value.shape:
        return None
    same = written.agrees(values, tolerance) | ~written.mask
    hits = np.flatnonzero(same.reshape(len(readings), -1).all(axis=1))
    operands = {readings[hit][:2] for hit in hits}
    if len(operands) != 1:
        return None
    name, index, right, text = readings[int(hits[0])]
    return AsIf(Reference(name, index or None), text, right)


def _texts(
    lines: Lines, name: str, own: Mapping[str, Own], decimals: Mapping[str, Decimals]
) -> dict[Index, str]:
    """Return how the entries of an operand are written: by the writer, else in the file."""
    found = dict(lines.texts.get(name, {}))
    if name in own:
        for at in np.argwhere(own[name].mask).tolist():
            place = tuple(at)
            text = digits_text(float(own[name].value[place]), int(decimals[name][place]))
            found[place] = text
    return found


def _shifts(lines: Lines, readings: list[tuple[str, Index, str, str]]) -> dict[str, Array]:
    found: dict[str, Array] = {}
    for lane, (name, index, right, text) in enumerate(readings):
        shape = tuple(int(dim) for dim in lines.shapes[name])
        lanes = found.setdefault(name, np.zeros((len(readings), *shape)))
        lanes[(lane, *index)] = float(text) - float(right)
    return found


def misreadings(text: str) -> Iterator[str]:
    """Yield what a number may have been misread as, each once.

    >>> "1.31" in set(misreadings("1.34")), "13.4" in set(misreadings("1.34"))
    (True, True)
    """
    seen = {text}
    for other in _misreadings(text):
        if other not in seen:
            seen.add(other)
            yield other


def _misreadings(text: str) -> Iterator[str]:
    if not text.replace("-", "", 1).replace(".", "", 1).isdigit():
        return
    yield text[1:] if text.startswith("-") else f"-{text}"
    for at, digit in enumerate(text):
        if digit.isdigit():
            for other in "0123456789":
                if other != digit:
                    yield text[:at] + other + text[at + 1 :]
            if at + 1 < len(text) and text[at + 1].isdigit():
                yield text[:at] + text[at + 1] + digit + text[at + 2 :]
    value = float(text)
    for factor in (10, 0.1):
        if value:
            yield f"{value * factor:.12g}"
