"""Explain a value by one operand that was copied wrongly: as if x[3] were 1.31."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from gradcalc.algebra.kernels import Array
from gradcalc.grading.comparison import Tolerance, Typed
from gradcalc.grading.earlier import Cut, Decimals, Own
from gradcalc.grading.following import evaluated
from gradcalc.grading.lines import Lines
from gradcalc.grading.written import digits_text
from gradcalc.problem.naming import Index, Reference

MOST_READINGS = 20_000


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
