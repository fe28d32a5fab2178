"""Say where a wrong answer comes from: rules, patterns, an operand copied wrongly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from gradcalc.algebra.formula.shapes import Index, size
from gradcalc.algebra.operations.kernels import Array, Indices, Mask
from gradcalc.grading.evaluation.comparison import Tolerance, Typed, leading
from gradcalc.grading.evaluation.earlier_answers import Earlier, Own
from gradcalc.grading.evaluation.follow_through import Style
from gradcalc.grading.evaluation.lines import Lines, lines_of
from gradcalc.grading.mistakes.library import RULES
from gradcalc.grading.mistakes.mistaken_values import Effects, Made
from gradcalc.grading.mistakes.patterns import AsIf, Pattern, as_if, pattern
from gradcalc.grading.mistakes.search import Diagnosis, Explanation, Search, ranked
from gradcalc.problem.names import Reference

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

MOST_EXPLAINED = 200
"""Slips on one sheet whose mistakes are searched for."""
READINGS = 200
"""Misreadings of one number, about: each may match by chance."""

RARE = frozenset(("act-wrong-argument", "act-local-wrong"))
"""Rules with so many ways to go wrong that one misread digit is likelier."""


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


@dataclass(frozen=True)
class Wrong:
    """A wrong answer with all that is known of its writer.

    entries: the wrong ones; due: what the own operands give; earlier: what was put down
    before; trivial: it would follow only since earlier values are all 0.
    """

    name: str
    written: Typed
    entries: Mask
    due: Array
    earlier: Earlier
    style: Style | None = None
    trivial: bool = False


def explained(
    lines: Lines, wrong: Wrong, tolerance: Tolerance, line: int, *, searched: bool
) -> Finding:
    """Return where a wrong answer comes from; not searched, or trivial, it is only noted."""
    if wrong.trivial or not searched:
        found = noted(wrong, line)
        return replace(found, trivial=wrong.trivial, unsearched=not searched)
    return explain(lines, wrong, tolerance, line)


def noted(wrong: Wrong, line: int) -> Finding:
    """Return a slip without a search for where it comes from."""
    entries = tuple(tuple(int(i) for i in at) for at in np.argwhere(wrong.entries))
    return Finding(wrong.name, entries, (line,))


def explain(lines: Lines, wrong: Wrong, tolerance: Tolerance, line: int) -> Finding:
    """Return what a wrong answer comes from: the first of rule, pattern, misread operand."""
    finding = noted(wrong, line)
    if wrong.name in lines.start:
        found = pattern(wrong.written, wrong.due, wrong.entries, tolerance)
        return _with(finding, pattern=found)
    if wrong.name in lines.given and _recomputed(lines, wrong, tolerance):
        return _with(finding, pattern=Pattern("given-value-conflict", finding.entries))
    own = wrong.earlier.own
    search = Search(lines, wrong.name, own)
    way = Way(wrong.style or style_of(wrong.written), wrong.earlier.halves)
    diagnosis = diagnose(search, wrong.written, tolerance, way)
    found = _difference(lines, wrong, tolerance)
    if diagnosis.explanations and not _pen(found, wrong, diagnosis):
        return _with(finding, diagnosis=diagnosis, tells=telling(search, diagnosis))
    if found is None or found.id == "arithmetic-slip":
        read = as_if(lines, wrong.name, own, wrong.earlier.decimals, wrong.written, tolerance)
        if (
            read is not None
            and chance(search, wrong.written, tolerance=tolerance) * READINGS < LESS_LUCK
        ):
            return _with(finding, as_if=read, pattern=found)
    return _with(finding, pattern=found)


def style_of(written: Typed) -> Style:
    """Return how the entries of one answer are rounded."""
    known = written.mask & (written.half > 0) & (written.value != 0)
    if not known.any():
        return Style(0, 0)
    decimals = -np.floor(np.log10(2 * written.half[known]) + 0.5)
    first = leading(written.value[known])
    return Style(int(decimals.max()), int((first + 1 + decimals).max()))


def _difference(lines: Lines, wrong: Wrong, tolerance: Tolerance) -> Pattern | None:
    """Return the pattern of a difference from what is due, or from the value itself."""
    found = pattern(wrong.written, wrong.due, wrong.entries, tolerance)
    exact = lines.values[wrong.name]
    if (found is None or found.id == "arithmetic-slip") and exact.shape == wrong.due.shape:
        other = pattern(wrong.written, exact, wrong.entries, tolerance)
        found = other if other is not None and other.id != "arithmetic-slip" else found
    return found


def _with(finding: Finding, **changes: object) -> Finding:
    known = {name: getattr(finding, name) for name in ("name", "entries", "lines")}
    return Finding(**{**known, **changes})


def _pen(found: Pattern | None, wrong: Wrong, diagnosis: Diagnosis) -> bool:
    """Tell whether a slip of the pen is simpler than several mistakes together."""
    if found is None or found.id not in ("sign-slip", "decimal-slip", "digit-slip"):
        return False
    simplest = min(len(set(each.rules)) for each in diagnosis.explanations)
    if found.id != "digit-slip":
        return simplest > 1
    rare = all(set(each.rules) <= RARE for each in diagnosis.explanations)
    one = len(found.entries) == 1 and bool(wrong.written.value[wrong.entries].all())
    return one and (rare or simplest > 1)


def _recomputed(lines: Lines, wrong: Wrong, tolerance: Tolerance) -> bool:
    """Tell whether a given value was computed although it is given."""
    others = (
        lines.computed[wrong.name],
        lines_of(lines.problem, recompute=True).values[wrong.name],
    )
    written = wrong.written
    return any(
        other.shape == written.value.shape
        and bool(written.agrees(other, tolerance)[written.mask].all())
        for other in others
    )


def slips_within(
    lines: Lines, name: str, own: Mapping[str, Own], middle: Array, reach: Array
) -> Mask:
    """Tell for which entries the value that some slip gives is as near as what is written."""
    search = Search(lines, name, own)
    found = np.zeros(middle.shape, dtype=bool)
    for _, value in search.singles:
        if value.shape == middle.shape:
            differs = np.abs(value - middle) > 1e-9 * np.abs(middle)
            with np.errstate(invalid="ignore"):
                found |= differs & (np.abs(value - middle) <= reach)
    return found


def telling(search: Search, diagnosis: Diagnosis) -> Reference | None:
    """Return the one further quantity whose value would tell equal explanations apart."""
    explanations = diagnosis.explanations
    if len(explanations) < 2:
        return None
    best: tuple[int, int, str] | None = None
    lines = search.lines
    for name in lines.visible:
        if name == search.target or name in search.own or name in lines.given:
            continue
        other = Search(lines, name, search.own)
        values = [
            b"" if value is None else np.round(value, 9).tobytes()
            for _, value in other.effects([each.slips for each in explanations])
        ]
        kinds = len(set(values))
        size = int(np.prod([int(dim) for dim in lines.shapes[name]], dtype=int))
        if kinds > 1 and (best is None or (-kinds, size) < best[:2]):
            best = (-kinds, size, name)
    return Reference(best[2]) if best else None


def convention(explanations: tuple[Explanation, ...], accepted: tuple[str, ...]) -> str | None:
    """Return the accepted convention under which an answer is right, if there is one."""
    for explanation in explanations:
        keys = {RULES[rule].convention for rule in explanation.rules}
        if len(keys) == 1:
            (key,) = keys
            if key is not None and key in accepted:
                return key
    return None


@dataclass(frozen=True)
class Finding:
    """One thing that went wrong: a quantity, its wrong entries, and where it comes from.

    diagnosis: rules that rewrite lines; pattern: a shape of the difference; as_if: one
    operand copied wrongly; shape: another shape was written than is due; tells: the
    further quantity that would tell equally simple explanations apart; trivial: it would
    follow only since the earlier values are all 0; unsearched: too many stand before it on
    the sheet; fault: why gradcalc itself failed at it; written: the answer as it is written;
    values: every value as the writer's own give it.
    """

    name: str
    entries: tuple[Index, ...]
    lines: tuple[int, ...]
    diagnosis: Diagnosis | None = None
    pattern: Pattern | None = None
    as_if: AsIf | None = None
    shape: bool = False
    tells: Reference | None = None
    trivial: bool = False
    unsearched: bool = False
    fault: str = ""
    written: tuple[str, ...] = ()
    values: Mapping[str, Array] = field(default_factory=dict, compare=False, repr=False)

    @property
    def explanations(self) -> tuple[Explanation, ...]:
        """Return all equally simple combinations of mistakes."""
        return self.diagnosis.explanations if self.diagnosis else ()

    @property
    def explained(self) -> bool:
        """Tell whether anything says where the value comes from."""
        named = self.pattern is not None and self.pattern.id != "arithmetic-slip"
        return bool(self.explanations) or self.as_if is not None or named

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the ids of the mistakes of the first explanation, or of the pattern."""
        if self.explanations:
            return self.explanations[0].rules
        if self.as_if is not None:
            return ("transcription",)
        if self.pattern is not None:
            return (self.pattern.id,)
        return ()
