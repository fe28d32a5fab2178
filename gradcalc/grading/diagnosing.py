"""Hold what is written against what mistakes give: exactly, rounded on the way, or nearly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from gradcalc.algebra.kernels import Array
from gradcalc.algebra.shapes import size
from gradcalc.grading.comparison import Tolerance, Typed
from gradcalc.grading.earlier import Mask
from gradcalc.grading.effects import Effects, Indices, Made
from gradcalc.grading.following import Style
from gradcalc.grading.search import Diagnosis, Search, ranked

MOST_TOGETHER = 3
MOST_CANDIDATES = (2_000, 20_000, 40_000)
"""Combinations of one, two and three mistakes that are tried."""
MOST_NUMBERS = 20_000_000
"""Numbers that one search may compute, so that large networks are answered in seconds."""
LUCK = 0.3
"""Matches by chance above which a search would prove nothing, where mistakes are expected."""
LESS_LUCK = 0.05
"""The same for a writer's value, which may as well come from nothing that has a name."""
NEAR = 0.1
"""Of the largest entry: how far rounding on the way may move a value at most."""
MOST_NEAR = 40
DIGITS = Tolerance()
HUGE = 1e100
"""Beyond it nothing is told apart, so that sums stay finite."""


@dataclass(frozen=True)
class Way:
    """How a writer came to a value: half units of what is written, and the style."""

    style: Style
    halves: Mapping[str, Array] = field(default_factory=dict)


def diagnose(
    search: Search, written: Typed, tolerance: Tolerance, way: Way | None = None
) -> Diagnosis:
    """Return the simplest mistakes that give what is written, as far as it can prove any.

    way: without it, every step before the value is taken as exact.
    """
    return _Diagnosing(search, written, tolerance, way).simplest()


@dataclass(frozen=True)
class _Diagnosing:
    search: Search
    written: Typed
    tolerance: Tolerance
    way: Way | None
    others: dict[str, Effects] = field(default_factory=dict)

    @property
    def luck(self) -> float:
        return LUCK if self.way is None else LESS_LUCK

    def simplest(self) -> Diagnosis:
        search = self.search
        cells = sum(size(search.lines.shapes[name]) or 1 for name in search.cone)
        luck = chance(search, self.written, tolerance=self.tolerance)
        complete = True
        for count in range(1, MOST_TOGETHER + 1):
            bound = min(MOST_CANDIDATES[count - 1], MOST_NUMBERS // max(1, cells))
            table = search.together(count, bound + 1)
            if count > 1 and len(table) * luck > self.luck:
                return Diagnosis((), False)
            complete = len(table) <= bound
            found = self.among(table[:bound])
            if found or not complete:
                return Diagnosis(ranked(found, search.lines), complete)
        return Diagnosis((), complete)

    def among(self, table: Indices) -> list[Made]:
        """Return the combinations that give what is written, exactly or else nearly."""
        found, near = self.exact(table)
        if not found and self.way is not None and self.tolerance.of_writer and len(near):
            found = self.rounded(near, self.way) or self.reached(near, self.way, len(table))
        made = (tuple(self.search.slips[number] for number in row) for row in found)
        return [slips for slips in made if not self.contradicted(slips)]

    def contradicted(self, slips: Made) -> bool:
        """Tell whether another written value, which mistakes would change, is as without them."""
        halves = self.way.halves if self.way else {}
        edited = {edit.line for slip in slips for edit in slip.edits}
        lines = self.search.lines
        for name in lines.visible:
            if name == self.search.target or edited.isdisjoint(lines.upstream(name)):
                continue
            own = self.search.own.get(name)
            if own is None or not edited & self.other(name).inside:
                continue
            (_, changed), right = self.other(name).effects([slips])[0], self.other(name).unchanged
            if changed is None or changed.shape != right.shape:
                return True
            change = np.abs(changed - right)[own.mask].max(initial=0.0)
            seen = change > 4 * np.max(halves.get(name, 0.0), initial=0.0)
            if seen and np.abs(own.value - right)[own.mask].max(initial=0.0) <= change / 4:
                return True
        return False

    def other(self, name: str) -> Effects:
        """Return what mistakes make of another written value."""
        if name not in self.others:
            self.others[name] = Effects(self.search.lines, name, self.search.own)
        return self.others[name]

    def exact(self, table: Indices) -> tuple[list[Indices], Indices]:
        """Return the combinations that match, and those that come near."""
        found: list[Indices] = []
        distances, nearest = [np.zeros(0)], [table[:0]]
        for _, part in self.search.parts(table):
            for rows, value in self.fitting(self.search.rows(self.search.slips, part)):
                found += list(part[rows[self.same(value)]])
                distance = self.distance(value)
                near = distance <= 1
                distances.append(distance[near])
                nearest.append(part[rows[near]])
        order = np.argsort(np.concatenate(distances), kind="stable")[:MOST_NEAR]
        return found, np.concatenate(nearest)[order]

    def rounded(self, table: Indices, way: Way) -> list[Indices]:
        """Return the combinations that match if every line not written was rounded."""
        same = np.zeros(len(table), dtype=bool)
        for rounding in way.style.roundings:
            values = self.search.rows(self.search.slips, table, rounding)
            for rows, value in self.fitting(values):
                same[rows] |= self.same(value)
        return list(table[same])

    def reached(self, table: Indices, way: Way, count: int) -> list[Indices]:
        """Return the combinations that match if digits were kept which are not written.

        count: how many were tried, since one of many may come near by chance.
        """
        found: list[Indices] = []
        values = self.search.reach(self.search.slips, table, way.halves, way.style.halves)
        for rows, value, further in values:
            if value.shape[1:] != self.written.value.shape or not np.isfinite(further).all():
                continue
            found += [
                table[rows[row]]
                for row in np.flatnonzero(self.same(value, further))
                if chance(self.search, self.written, further[row], self.tolerance) * count
                <= self.luck
            ]
        return found

    def fitting(self, values: list[tuple[Indices, Array]]) -> Iterator[tuple[Indices, Array]]:
        for rows, value in values:
            if len(rows) and value.shape[1:] == self.written.value.shape:
                yield rows, value

    def same(self, value: Array, further: Array | float = 0.0) -> Mask:
        """Tell which values of a leading axis are what is written."""
        same = self.written.agrees(value, self.tolerance, further) | ~self.written.mask
        return np.asarray(same.reshape(len(value), -1).all(axis=1))

    def distance(self, value: Array) -> Array:
        """Return how far values are from what is written, in parts of what may be near."""
        mask, half = self.written.mask.ravel(), self.written.half.ravel()
        own = self.written.value.ravel()[mask]
        room = 4 * half[mask] + NEAR * np.abs(own).max(initial=0.0)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            found = np.abs(value.reshape(len(value), -1)[:, mask] - own) / room
        return np.asarray(np.where(np.isfinite(found), found, np.inf).max(axis=1, initial=0.0))


def chance(
    search: Search,
    written: Typed,
    further: Array | float = 0.0,
    tolerance: Tolerance = DIGITS,
) -> float:
    """Return the probability that a value which has nothing to do with it would match.

    Entries that move together under all mistakes count once.
    """
    mask = written.mask.ravel()
    own = written.value.ravel()[mask]
    spread, independent = _spread(search, written)
    half = tolerance.half(written.value, written.half) + further
    room = 2 * half.ravel()[mask]
    with np.errstate(invalid="ignore", divide="ignore"):
        parts = np.minimum(1.0, np.where(spread > 0, room / spread, 1.0))
    parts = np.maximum(parts, 1e-12)
    return float(np.prod(np.sort(parts)[: min(independent, len(own))]))


def _spread(search: Search, written: Typed) -> tuple[Array, int]:
    """Return how far mistakes spread each entry, and how many move by themselves."""
    mask = written.mask.ravel()
    own = np.clip(written.value.ravel()[mask], -HUGE, HUGE)
    effects = [
        value.ravel()[mask] for _, value in search.singles if value.shape == written.value.shape
    ]
    table = np.clip(np.array([*effects, own]), -HUGE, HUGE)
    spread = table.max(axis=0) - table.min(axis=0) + 2 * np.abs(own).max(initial=0.0)
    if not effects:
        return spread, len(own)
    centred = table - table.mean(axis=0)
    values = np.linalg.svd(centred / np.where(spread > 0, spread, 1.0), compute_uv=False)
    return spread, max(1, int((values > 0.02 * values.max(initial=0.0)).sum()))
