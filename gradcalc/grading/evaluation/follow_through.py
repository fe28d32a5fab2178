"""Evaluate the lines on a writer's own values: error carried forward, with its radius."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gradcalc.algebra.formula.shapes import size
from gradcalc.algebra.operations.kernels import Array
from gradcalc.engine.evaluate import Program
from gradcalc.engine.rounding import NEAR, TIE, Rounding
from gradcalc.grading.evaluation.comparison import leading
from gradcalc.grading.evaluation.earlier_answers import Cut, Own
from gradcalc.grading.evaluation.lines import Lines

MOST_LANES = 600
"""Entries whose rounding is followed through the lines; beyond them no radius is known."""


def evaluated(
    lines: Lines,
    own: Mapping[str, Own],
    rounding: Rounding | None = None,
    shift: Mapping[str, Array] | None = None,
    target: str | None = None,
) -> dict[str, Array]:
    """Return the value of every name, the writer's entries in place of computed ones.

    rounding: how lines that are not written were rounded; shift: what is added to a
    value, with leading axes; target: the one name that is needed.
    """
    given = lines.given

    def adjust(name: str, value: Array) -> Array:
        if name in given:
            value = given[name]
        elif rounding is not None:
            value = rounding(name, value)
        if name in own:
            value = own[name].over(value)
        return value + shift[name] if shift and name in shift else value

    program, start = begun(lines, own, target)
    if shift:
        start |= {name: value + shift[name] for name, value in start.items() if name in shift}
    return program.run(start, adjust=adjust, strict=False)


def begun(
    lines: Lines, own: Mapping[str, Own], target: str | None
) -> tuple[Program, dict[str, Array]]:
    """Return the lines that a target needs, compiled, and the values that they begin with.

    Without a target, all lines.
    """
    program = lines.program
    if target in lines.by_name:
        needed = frozenset(lines.reads(target, Cut(own, lines.given, target)))
        parts: dict[frozenset[str], Program] = lines.memo.setdefault("parts", {})
        if needed not in parts:
            nodes = [node for node in lines.nodes if node.name in needed]
            read = {name for node in nodes for name in lines.operands[node.name]} - needed
            shapes = {name: lines.shapes[name] for name in lines.shapes if name in read}
            parts[needed] = Program(nodes, shapes, lines.problem.table)
        program = parts[needed]
    start = {}
    for name, _ in program.inputs:
        value = lines.start.get(name, lines.given.get(name))
        each = own.get(name)
        if value is None:
            assert each is not None
            value = each.value
        start[name] = each.over(value) if each is not None else value
    return program, start


TIES = ("half_up", "half_even", "binary", "truncate")
"""What people and their tools do with halves; binary: halves of the binary fraction."""
LANES = tuple((kind, tie, deep) for kind in (0, 1) for tie in TIES for deep in (False, True))
"""Ways to round: decimals or digits, what becomes of halves, hidden lines as well."""


@dataclass(frozen=True)
class Style:
    """How a writer rounds: most decimals and most significant digits of all numbers."""

    decimals: int
    significant: int

    @classmethod
    def of(cls, decimals: int, significant: int) -> Style:
        """Return the style of most decimals and digits; whole numbers have no decimals."""
        return cls(max(0, decimals), significant)

    @property
    def roundings(self) -> tuple[Rounding, ...]:
        """Return the ways in which such digits come about: by decimals, or by digits.

        Whole numbers, and single digits, say nothing of how a writer rounds on the way.
        """
        found = []
        if self.decimals > 0:
            found.append(Rounding(decimals=self.decimals))
        if self.significant > 1:
            found.append(Rounding(significant=self.significant))
        return tuple(found)

    def halves(self, value: Array) -> Array:
        """Return how far values that are not written may have been rounded.

        Whole numbers are taken as exact.
        """
        with np.errstate(invalid="ignore", over="ignore"):
            digits = 0.5 * 10.0 ** (leading(value) + 1 - self.significant)
            places = np.maximum(0.5 * 10.0**-self.decimals, digits)
            return np.where(value == np.round(value), 0.0, places)


def otherwise(lines: Lines, target: str, own: Mapping[str, Own], style: Style) -> Array:
    """Return a value for each way of rounding lines that are not written."""
    deep = np.array([deep for _, _, deep in LANES])
    decimals = np.array([kind == 0 for kind, _, _ in LANES])
    ties = np.array([TIES.index(tie) for _, tie, _ in LANES])
    possible = np.where(decimals, style.decimals > 0, style.significant > 1)

    def adjust(name: str, value: Array) -> Array:
        if name in lines.given:
            value = lines.given[name]
        else:
            after = (len(LANES), *(1 for _ in lines.shapes[name]))
            digits = style.significant - 1 - leading(value)
            places = np.where(decimals.reshape(after), max(0, style.decimals), digits)
            rounded = _rounded(value, places, ties.reshape(after))
            rounded = np.where(possible.reshape(after), rounded, value)
            if lines.by_name[name].hidden:
                rounded = np.where(deep.reshape(after), rounded, value)
            value = rounded
        return own[name].over(value) if name in own else value

    program, start = begun(lines, own, target)
    return program.run(start, adjust=adjust, strict=False)[target]


def _rounded(value: Array, places: Array, ties: Array) -> Array:
    """Return a value rounded to decimals, halves as `ties` says for each lane."""
    with np.errstate(invalid="ignore", over="ignore"):
        scale = 10.0**places
        scaled = np.abs(value) * scale
        slack = np.minimum(np.maximum(TIE * scaled, NEAR), 1 / 8)
        floor = np.floor(scaled + slack)
        rest = scaled - floor
        up = rest > 0.5 - slack
        odd = floor % 2 == 1
        up = np.where((ties == 1) & (np.abs(rest - 0.5) <= slack), odd, up)
        exact = np.abs(value).astype(np.longdouble) * scale - floor
        up = np.where(ties == 2, (exact > 0.5) | ((exact == 0.5) & odd), up)
        whole = floor + np.where(ties == 3, False, up)
        return np.asarray(np.copysign(whole / scale, value))


def radius(
    lines: Lines,
    target: str,
    own: Mapping[str, Own],
    halves: Mapping[str, Array],
    style: Style,
) -> tuple[Array, Array] | None:
    """Return a value from the writer's own operands, and how far their rounding moves it.

    halves: half a unit of the last digit of each written entry, 0 where it is exact.
    A line that is not written is taken as rounded in the writer's style. Each entry is
    moved by its half unit, up and down, and the largest effects add up; so an interval
    that holds a kink counts with both branches. None for too many entries.
    """
    middle = evaluated(lines, own, target=target)
    moves: list[tuple[str, int, float]] = []
    for name in middle:
        hidden = name in lines.by_name and lines.by_name[name].hidden
        if name != target and not hidden:
            moves += _moves(lines, name, own, halves, style, middle)
    if not moves:
        return middle[target], np.zeros_like(middle[target])
    if len(moves) > MOST_LANES:
        return None
    shift: dict[str, Array] = {}
    for lane, (name, entry, amount) in enumerate(moves):
        shape = tuple(int(dim) for dim in lines.shapes[name])
        lanes = shift.setdefault(name, np.zeros((2 * len(moves), *shape)))
        flat = lanes.reshape(2 * len(moves), -1)
        flat[2 * lane, entry], flat[2 * lane + 1, entry] = amount, -amount
    moved = evaluated(lines, own, shift=shift, target=target)[target]
    if moved.ndim == middle[target].ndim:
        return middle[target], np.zeros_like(middle[target])
    change = np.abs(moved - middle[target])
    pairs = np.maximum(change[0::2], change[1::2])
    return middle[target], np.asarray(pairs.sum(axis=0))


def _moves(
    lines: Lines,
    name: str,
    own: Mapping[str, Own],
    halves: Mapping[str, Array],
    style: Style,
    values: Mapping[str, Array],
) -> list[tuple[str, int, float]]:
    """Return the entries of one quantity whose rounding counts, each with its half unit."""
    count = size(lines.shapes[name]) or 1
    if name in own:
        mask, room = own[name].mask.ravel(), halves[name].ravel()
        found = [(name, at, float(room[at])) for at in range(count) if mask[at] and room[at] > 0]
    else:
        mask, found = np.zeros(count, dtype=bool), []
    if name in lines.start or name in lines.given:
        return found
    value = values[name].ravel()
    if value.size != count or not np.isfinite(value).all():
        return found
    places = style.halves(value)
    return found + [
        (name, at, float(places[at])) for at in range(count) if not mask[at] and places[at] > 0
    ]
