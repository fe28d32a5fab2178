"""Find what a question cannot show: mistakes that change nothing in what is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from gradcalc.algebra.formula.shapes import Index, size
from gradcalc.algebra.operations.kernels import Array
from gradcalc.errors import ProblemError
from gradcalc.grading.evaluation.lines import Lines, lines_of
from gradcalc.grading.mistakes.library import RULES
from gradcalc.grading.mistakes.rule import Slip
from gradcalc.grading.mistakes.search import Search
from gradcalc.grading.questions.lint_individual import Doubt, doubts, lanes
from gradcalc.problem.model import Data, Problem
from gradcalc.problem.names import Reference
from gradcalc.problem.solution import Gap
from gradcalc.problem.traps import Trap, traps

DRAWS = 6
MOST_CHANGES = 4_000
VISIBLE = 1e-3
"""Relative to the largest entry: a difference that rounding does not hide."""
SAME = 1e-9
ROLES = ("target", "input", "given", "constant", "weight")
Rank: TypeAlias = tuple[int, float, bool]


@dataclass(frozen=True)
class Remedy:
    """One number of the problem that would have to be another, and what would then show."""

    data: Reference
    old: str
    new: str
    entry: Index
    right: float
    wrong: float


@dataclass(frozen=True)
class Blind:
    """A mistake that nobody can see in what is asked for.

    change: the smallest change of one number that would show it; ask: where no change
    would, or where it is simpler, a further quantity that shows it.
    """

    slip: Slip
    change: Remedy | None
    ask: Reference | None
    right: float | None = None
    wrong: float | None = None


@dataclass(frozen=True)
class Twins:
    """Mistakes that give the same answer, and a further quantity that tells them apart."""

    slips: tuple[Slip, ...]
    ask: Reference | None


@dataclass(frozen=True)
class Lint:
    """What a problem's question cannot show, and what it cannot tell apart.

    doubts: what is wrong with numbers that are drawn for students. traps: what was probably
    not meant; gaps: why something that is asked for has no value.
    """

    lines: Lines
    find: tuple[Reference, ...]
    blind: tuple[Blind, ...]
    twins: tuple[Twins, ...]
    doubts: tuple[Doubt, ...] = ()
    traps: tuple[Trap, ...] = ()
    gaps: tuple[Gap, ...] = ()

    @property
    def fine(self) -> bool:
        """Tell whether nothing was found."""
        return not (self.blind or self.twins or self.doubts or self.traps or self.gaps)


@np.errstate(over="ignore", invalid="ignore")  # numbers near the end of the range
def lint(problem: Problem) -> Lint:
    """Return the mistakes that what the problem asks for cannot show, or tell apart.

    Raises ProblemError for a problem in letters: it can show whatever it derives.
    """
    if not problem.numeric:
        raise ProblemError(
            "a problem in letters has no numbers that could hide a mistake",
            where=problem.source.name,
            hint="give numbers under inputs, targets and weights",
        )
    lines = lines_of(problem)
    searches = [Search(lines, ref.name) for ref in problem.find if ref.name in lines.by_name]
    possible = [slip for slip in _single(searches) if RULES[slip.rule].convention is None]
    effects = {slip.key: _effects(searches, problem.find, slip) for slip in possible}
    right = _unchanged(searches, problem.find)
    hidden = [slip for slip in possible if _same(effects[slip.key], right)]
    blind = tuple(found for slip in hidden if (found := _blind(lines, searches, slip)))
    shown = [slip for slip in possible if not _same(effects[slip.key], right)]
    twins = tuple(_twins(lines, shown, effects))
    gaps = tuple(lines.gaps[ref.name] for ref in problem.find if ref.name in lines.gaps)
    drawn = doubts(lines, problem.find, shown)
    return Lint(lines, problem.find, blind, twins, drawn, traps(problem), gaps)


def blind_spots(lines: Lines, find: Reference) -> tuple[Blind, ...]:
    """Return the mistakes that one quantity cannot show."""
    search = Search(lines, find.name)
    right = _unchanged([search], (find,))
    found = []
    for slip in _single([search]):
        if RULES[slip.rule].convention is None and _same(_effects([search], (find,), slip), right):
            spot = _blind(lines, [search], slip)
            if spot:
                found.append(spot)
    return tuple(found)


def _single(searches: Sequence[Search]) -> list[Slip]:
    """Return every single slip once, of a rule's variants at one line the first."""
    found: dict[tuple[str, str, str], Slip] = {}
    for search in searches:
        for slip in search.possible:
            if not slip.systematic:
                found.setdefault(slip.key, slip)
    return list(found.values())


def _effects(
    searches: Sequence[Search], find: Sequence[Reference], slip: Slip
) -> tuple[Array | None, ...]:
    values = []
    for search in searches:
        ((_, value),) = search.effects([(slip,)])
        values.append(value)
    return _entries(searches, find, values)


def _unchanged(searches: Sequence[Search], find: Sequence[Reference]) -> tuple[Array | None, ...]:
    return _entries(searches, find, [search.unchanged for search in searches])


def _entries(
    searches: Sequence[Search], find: Sequence[Reference], values: Sequence[Array | None]
) -> tuple[Array | None, ...]:
    """Return the asked entries of values, whole ones where no entry is asked for."""
    asked = {ref.name: ref.index for ref in find}
    found: list[Array | None] = []
    for search, value in zip(searches, values, strict=True):
        index = asked.get(search.target)
        whole = index is None or value is None or value.ndim < len(index)
        found.append(value if whole or value is None else value[index])
    return tuple(found)


def _same(one: Sequence[Array | None], other: Sequence[Array | None]) -> bool:
    """Tell whether two answers are the same numbers."""
    for a, b in zip(one, other, strict=True):
        if a is None or b is None or np.shape(a) != np.shape(b):
            return False
        scale = float(np.nan_to_num(np.abs(b)).max(initial=0.0))
        both = np.isnan(a) & np.isnan(b)
        if not bool((both | (a == b) | (np.abs(a - b) <= SAME * max(scale, 1.0))).all()):
            return False
    return True


def _blind(lines: Lines, searches: Sequence[Search], slip: Slip) -> Blind | None:
    """Return what would show a slip; None where nothing ever would, so that it is none."""
    ask = _further(lines, slip)
    if any(_shows(search, slip) for search in searches):
        change = _smallest(lines, searches, slip)
        if change is not None:
            return Blind(slip, change, ask[0] if ask else None)
    if ask is None:
        return None
    return Blind(slip, None, *ask)


def _shows(search: Search, slip: Slip) -> bool:
    """Tell whether some numbers would show a slip."""
    for seed in range(DRAWS):
        generator = np.random.default_rng(seed)
        low = -1.5 if seed % 2 else 0.5
        start, given = (
            {
                name: value * generator.uniform(low, 1.5, value.shape)
                + generator.uniform(-1.0, 1.0, value.shape)
                for name, value in values.items()
            }
            for values in (search.lines.start, search.lines.given)
        )
        other = Search(_moved(search.lines, start, given), search.target)
        (_, value), (_, right) = other.effects([(slip,), ()])
        if value is None or right is None or value.shape != right.shape:
            return True
        if np.isfinite(value).all() and np.isfinite(right).all() and not np.allclose(value, right):
            return True
    return False


def _moved(lines: Lines, start: dict[str, Array], given: dict[str, Array]) -> Lines:
    """Return the same lines with other numbers; their slips are the same."""
    return replace(lines, start=start, given=given)


def _smallest(lines: Lines, searches: Sequence[Search], slip: Slip) -> Remedy | None:
    """Return the smallest change of one number that shows a slip."""
    changes = sorted(_changes(lines), key=lambda change: change[3])[:MOST_CHANGES]
    if not changes:
        return None
    start, given = (
        {name: _stack(name, value, changes) for name, value in values.items()}
        for values in (lines.start, lines.given)
    )
    best: tuple[int, Remedy] | None = None
    for search in searches:
        other = Search(_moved(lines, start, given), search.target)
        wrong = lanes(other, (slip,), len(changes))
        right = lanes(other, (), len(changes))
        if wrong is None or right is None or wrong.shape != right.shape:
            continue
        flat = (len(changes), -1)
        with np.errstate(invalid="ignore"):
            distance = np.abs(wrong - right).reshape(flat)
            scale = np.abs(right).reshape(flat).max(axis=1, initial=1e-6)
            seen = np.isfinite(distance).all(axis=1) & (distance.max(axis=1) > VISIBLE * scale)
        if seen.any():
            lane = int(np.flatnonzero(seen)[0])
            own = right.shape[1:]
            place = int(distance[lane].argmax())
            entry = tuple(int(i) for i in np.unravel_index(place, own)) if own else ()
            data, at, new, _ = changes[lane]
            change = Remedy(
                Reference(data, at or None),
                _text(lines, data, at),
                new,
                entry,
                float(right[(lane, *entry)]),
                float(wrong[(lane, *entry)]),
            )
            if best is None or lane < best[0]:
                best = (lane, change)
    return best[1] if best else None


def _stack(name: str, value: Array, changes: Sequence[tuple[str, Index, str, Rank]]) -> Array:
    """Return a value once for each change, with the change that is its own."""
    lanes = np.repeat(value[None], len(changes), axis=0)
    for lane, (data, at, new, _) in enumerate(changes):
        if data == name:
            lanes[(lane, *at)] = float(new)
    return lanes


def _quantities(lines: Lines) -> dict[str, Data]:
    """Return the quantities of the file that have numbers, given values included."""
    every = {**lines.problem.data, **lines.problem.given}
    return {
        name: data for name, data in every.items() if name in lines.start or name in lines.given
    }


def _changes(lines: Lines) -> Iterator[tuple[str, Index, str, Rank]]:
    """Yield single numbers of the problem with another in their place, and their rank.

    A target is changed before an input, an input before a weight; then the least change.
    """
    for name, data in _quantities(lines).items():
        texts = data.texts
        if texts is None:
            continue
        shape = tuple(int(dim) for dim in lines.shapes[name])
        if (size(lines.shapes[name]) or 0) != len(texts):
            continue
        whole = all("." not in text and "/" not in text for text in texts)
        for at, text in zip(np.ndindex(shape), texts, strict=True):
            if "/" in text or "e" in text.lower():
                continue
            value, places = float(text), len(text.partition(".")[2])
            steps = (1, 2, 5, 10) if whole else (1, 2, 3, 5, 10, 20)
            unit = 1.0 if whole else 10.0**-places
            others = {value + sign * step * unit for step in steps for sign in (1, -1)}
            others |= {-value, 0.0}
            if data.role == "given" and value >= 0:  # the output of a unit keeps its sign
                others = {other for other in others if other >= 0}
            for other in sorted(others - {value}):
                new = f"{other:.{0 if whole else places}f}"
                index = tuple(int(i) for i in at)
                yield name, index, new, (ROLES.index(data.role), abs(other - value), other < 0)


def _text(lines: Lines, name: str, at: Index) -> str:
    texts = _quantities(lines)[name].texts or ()
    shape = tuple(int(dim) for dim in lines.shapes[name])
    return texts[int(np.ravel_multi_index(at, shape)) if shape else 0]


def _further(lines: Lines, slip: Slip) -> tuple[Reference, float | None, float | None] | None:
    """Return the smallest further quantity that shows a slip, with both its values."""
    best: tuple[int, int, Reference, float | None, float | None] | None = None
    asked = {ref.name for ref in lines.problem.find}
    for place, name in enumerate(lines.visible):
        if name in asked or name in lines.given:
            continue
        search = Search(lines, name)
        if not any(edit.line in search.inside for edit in slip.edits):
            continue
        (_, value), (_, right) = search.effects([(slip,), ()])
        if value is None or right is None or value.shape != right.shape:
            continue
        if np.allclose(value, right, rtol=1e-6) or not np.isfinite(value).all():
            continue
        count = size(lines.shapes[name]) or 1
        single = count == 1
        numbers = (float(right.ravel()[0]), float(value.ravel()[0])) if single else (None, None)
        if best is None or (count, place) < best[:2]:
            best = (count, place, Reference(name), *numbers)
    return best[2:] if best else None


def _twins(
    lines: Lines,
    slips: Sequence[Slip],
    effects: dict[tuple[str, str, str], tuple[Array | None, ...]],
) -> Iterator[Twins]:
    """Yield groups of slips of different rules with the same effect."""
    groups: dict[bytes, list[Slip]] = {}
    for slip in slips:
        values = effects[slip.key]
        if any(value is None or not np.isfinite(value).all() for value in values):
            continue
        key = b"|".join(np.round(value, 9).tobytes() for value in values if value is not None)
        groups.setdefault(key, []).append(slip)
    for group in groups.values():
        if len({slip.rule for slip in group}) > 1:
            first: dict[str, Slip] = {}
            for slip in group:
                first.setdefault(slip.rule, slip)
            members = tuple(first.values())
            yield Twins(members, _apart(lines, members))


def _apart(lines: Lines, slips: Sequence[Slip]) -> Reference | None:
    """Return the quantity that gives the most different values under these slips."""
    best: tuple[int, int, Reference] | None = None
    for name in lines.visible:
        search = Search(lines, name)
        values = {
            b"" if value is None else np.round(value, 9).tobytes()
            for _, value in search.effects([(slip,) for slip in slips])
        }
        rank = (-len(values), size(lines.shapes[name]) or 1)
        if len(values) > 1 and (best is None or rank < best[:2]):
            best = (*rank, Reference(name))
    return best[2] if best else None
