"""Search the mistakes that a wrong value comes from: singles, then pairs, then triples.

All candidates are one leading axis: each line is evaluated once for all of them, and
once more for those that rewrite it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations, islice
from math import comb
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from gradcalc.algebra.expr import ZERO, Expr, symbols
from gradcalc.algebra.kernels import Array
from gradcalc.algebra.shapes import size
from gradcalc.engine.evaluate import Program
from gradcalc.engine.graph import Node
from gradcalc.grading.library import RULES, slips_of
from gradcalc.grading.lines import Lines
from gradcalc.grading.mistake import Slip, rewritten, shape_of, stretches

Mask: TypeAlias = npt.NDArray[np.bool_]
Match: TypeAlias = Callable[[Array], Mask]
"""Tells for each value of a leading axis whether it is the one to be explained."""

MOST_TOGETHER = 3
MOST_CANDIDATES = (2_000, 20_000, 40_000)
"""Combinations of one, two and three mistakes that are tried."""
MOST_NUMBERS = 20_000_000
"""Numbers that one search may compute, so that large networks are answered in seconds."""
CHUNK = 1_000_000


@dataclass(frozen=True)
class Own:
    """Values that a writer has put in place of computed ones; `mask` tells which entries."""

    value: Array
    mask: Mask

    def over(self, computed: Array) -> Array:
        """Return the computed value with the writer's entries in it."""
        return np.where(self.mask, self.value, computed)


@dataclass(frozen=True)
class Explanation:
    """Mistakes that together give a value, in the order of their lines."""

    slips: tuple[Slip, ...]

    @property
    def rules(self) -> tuple[str, ...]:
        """Return the ids of the rules."""
        return tuple(slip.rule for slip in self.slips)


@dataclass(frozen=True)
class Diagnosis:
    """All equally simple explanations, the likeliest first; complete: none was left out."""

    explanations: tuple[Explanation, ...]
    complete: bool = True


@dataclass(frozen=True)
class Search:
    """The mistakes that can be seen in one value, given what the writer has."""

    lines: Lines
    target: str
    own: Mapping[str, Own] = field(default_factory=dict)

    @cached_property
    def cut(self) -> frozenset[str]:
        """Return the names whose values are wholly the writer's."""
        known = {name for name, own in self.own.items() if own.mask.all()}
        return frozenset((known | self.lines.given.keys()) - {self.target})

    @cached_property
    def inside(self) -> frozenset[str]:
        """Return the lines that the value is computed from."""
        return frozenset(self.lines.reads(self.target, self.cut))

    @cached_property
    def possible(self) -> tuple[Slip, ...]:
        """Return the slips at these lines; what would change a value that is known is none."""
        found = []
        for slip in slips_of(self.lines):
            at = {edit.line for edit in slip.edits}
            written = at & self.own.keys() & self.cut
            if len(at & self.inside) > int(slip.systematic) and not written:
                found.append(slip)
        return tuple(found)

    @cached_property
    def cone(self) -> tuple[str, ...]:
        """Return the lines to evaluate in order: those, and what a mistake may read."""
        found = set(self.inside)
        for slip in self.possible:
            for edit in slip.edits:
                if edit.line in self.inside:
                    for read in symbols(self._rewritten(edit.line, (slip,)) or ZERO):
                        found |= self.lines.reads(read, self.cut) - found
        return tuple(sorted(found - self.cut, key=self.lines.place.__getitem__))

    @cached_property
    def slips(self) -> tuple[Slip, ...]:
        """Return the slips that can be seen here, no two of one rule with one effect."""
        found = self.possible
        seen: dict[tuple[str, bytes], Slip] = {}
        for slip, value in self.effects([(slip,) for slip in found]):
            if value is None or not np.isfinite(value).all():
                continue
            effect = np.round(value, 12).tobytes() + str(value.shape).encode()
            seen.setdefault((slip[0].rule, effect), slip[0])
        return tuple(seen.values())

    @cached_property
    def unchanged(self) -> Array:
        """Return the value without any mistake."""
        ((_, value),) = self.effects([()])
        assert value is not None
        return value

    def effects(
        self, candidates: Sequence[tuple[Slip, ...]]
    ) -> list[tuple[tuple[Slip, ...], Array | None]]:
        """Return the value under each combination; None where it cannot be made."""
        found: list[tuple[tuple[Slip, ...], Array | None]] = [(each, None) for each in candidates]
        widest = max((size(self.lines.shapes[name]) or 1 for name in self.cone), default=1)
        step = max(1, CHUNK // widest)
        for start in range(0, len(candidates), step):
            part = candidates[start : start + step]
            for rows, value in self.stacked(part):
                for at, row in enumerate(rows):
                    found[start + row] = (candidates[start + row], value[at])
        return found

    def stacked(
        self, candidates: Sequence[tuple[Slip, ...]]
    ) -> list[tuple[npt.NDArray[np.intp], Array]]:
        """Return the values of all combinations that can be made, grouped by their shape."""
        variants, possible = self._variants(candidates)
        values = dict(self._start)
        results: list[tuple[npt.NDArray[np.intp], Array]] = []
        for name in self.cone:
            node = self.lines.by_name[name]
            if name in self.lines.given and name not in self.own and name != self.target:
                values[name] = self.lines.given[name]
                continue
            value = self._value(node.expr, name, values, None)
            stacked = value.ndim > len(node.shape)
            changed = variants.get(name, {})
            others = []
            if changed and not stacked:
                value = np.repeat(value[None], len(candidates), axis=0)
            for expr, members in changed.items():
                rows = np.array(members, dtype=np.intp)
                other = self._value(expr, name, values, rows)
                if other.ndim == len(self._shape(expr, name)):
                    other = np.broadcast_to(other, (len(rows), *other.shape))
                if other.shape[1:] == value.shape[1:]:
                    value[rows] = other
                else:
                    others.append((rows, other))
                    possible[rows] = False
            values[name] = self._replaced(name, value)
            if name == self.target:
                results += others
                rows = np.flatnonzero(possible)
                whole = value if value.ndim > len(node.shape) else None
                if whole is None:
                    whole = np.broadcast_to(value, (len(candidates), *value.shape))
                results.append((rows, whole[rows]))
        return results

    @cached_property
    def _start(self) -> dict[str, Array]:
        values: dict[str, Array] = dict(self.lines.start)
        for name, own in self.own.items():
            if name in values:
                values[name] = own.over(values[name])
            elif name in self.cut:
                values[name] = own.value
        values |= {name: value for name, value in self.lines.given.items() if name not in values}
        return values

    def _replaced(self, name: str, value: Array) -> Array:
        own = self.own.get(name)
        if own is None or name == self.target:
            return value
        return own.over(value)

    def _variants(
        self, candidates: Sequence[tuple[Slip, ...]]
    ) -> tuple[dict[str, dict[Expr, list[int]]], Mask]:
        """Return for each line the formulas that candidates put there, and who can be made."""
        possible = np.ones(len(candidates), dtype=bool)
        found: dict[str, dict[Expr, list[int]]] = {}
        for at, slips in enumerate(candidates):
            for name in {edit.line for slip in slips for edit in slip.edits} & self.inside:
                edits = tuple(slip for slip in slips if any(e.line == name for e in slip.edits))
                expr = self._rewritten(name, edits)
                if expr is None:
                    possible[at] = False
                else:
                    found.setdefault(name, {}).setdefault(expr, []).append(at)
        return found, possible

    @cached_property
    def _formulas(self) -> dict[tuple[str, tuple[int, ...]], Expr | None]:
        return {}

    def _rewritten(self, name: str, slips: tuple[Slip, ...]) -> Expr | None:
        key = (name, tuple(id(slip) for slip in slips))
        if key not in self._formulas:
            edits = [edit for slip in slips for edit in slip.edits if edit.line == name]
            expr = rewritten(self.lines, name, edits)
            if expr is not None:
                shape = shape_of(self.lines, expr)
                due = self.lines.by_name[name].shape
                if shape is None or (not stretches(shape, due) and name != self.target):
                    expr = None
            self._formulas[key] = expr
        return self._formulas[key]

    @cached_property
    def _programs(self) -> dict[Expr, Program]:
        return {}

    def _shape(self, expr: Expr, name: str) -> tuple[int, ...]:
        due = self.lines.by_name[name].shape
        own = shape_of(self.lines, expr)
        assert own is not None
        return tuple(int(dim) for dim in (due if stretches(own, due) else own))

    def _value(
        self,
        expr: Expr,
        name: str,
        values: Mapping[str, Array],
        rows: npt.NDArray[np.intp] | None,
    ) -> Array:
        """Return the value of a formula, for some of the candidates or for all."""
        shapes = {read: self.lines.shapes[read] for read in symbols(expr)}
        program = self._programs.get(expr)
        if program is None:
            node = Node(name, expr, self._shape(expr, name))
            program = self._programs[expr] = Program([node], shapes, self.lines.problem.table)
        operands = {}
        for read, shape in shapes.items():
            value = values[read]
            if rows is not None and value.ndim > len(shape):
                value = value[rows]
            operands[read] = value
        return program.run(operands, strict=False)[program.names[0][0]]

    def diagnose(self, match: Match, most: int = 10**9) -> Diagnosis:
        """Return the simplest combinations of mistakes whose value matches.

        most: candidates above which a match may be chance; beyond single mistakes no
        more are tried.
        """
        slips = self.slips
        budget = MOST_NUMBERS // max(1, sum(size(self.lines.shapes[n]) or 1 for n in self.cone))
        complete = True
        for count in range(1, MOST_TOGETHER + 1):
            bound = min(MOST_CANDIDATES[count - 1], budget)
            if count > 1 and comb(len(slips), count) > most:
                return Diagnosis((), False)
            wanted = (each for each in combinations(slips, count) if _together(each))
            candidates = list(islice(wanted, bound + 1))
            complete = len(candidates) <= bound
            found = self._matching(candidates[:bound], match)
            if found or not complete:
                return Diagnosis(_ranked(found, self.lines), complete)
        return Diagnosis((), complete)

    def _matching(
        self, candidates: Sequence[tuple[Slip, ...]], match: Match
    ) -> list[tuple[Slip, ...]]:
        found: list[tuple[Slip, ...]] = []
        widest = max((size(self.lines.shapes[name]) or 1 for name in self.cone), default=1)
        step = max(1, CHUNK // widest)
        for start in range(0, len(candidates), step):
            part = candidates[start : start + step]
            for rows, value in self.stacked(part):
                if len(rows):
                    found += [part[row] for row in rows[match(value)]]
        return found


def _together(slips: tuple[Slip, ...]) -> bool:
    """Tell whether slips can be made together: no two ways of one rule at one line."""
    seen: set[tuple[str, str]] = set()
    for slip in slips:
        places = {(slip.rule, edit.line) for edit in slip.edits}
        if seen & places:
            return False
        seen |= places
    return True


def _ranked(found: Iterable[tuple[Slip, ...]], lines: Lines) -> tuple[Explanation, ...]:
    """Return explanations, those of commoner rules first, each once."""
    order = {name: at for at, name in enumerate(RULES)}
    unique: dict[tuple[tuple[str, str, bool], ...], Explanation] = {}
    for slips in found:
        placed = sorted(slips, key=lambda slip: (lines.place[slip.at], order[slip.rule]))
        key = tuple((slip.rule, slip.at, slip.systematic) for slip in placed)
        unique.setdefault(key, Explanation(tuple(placed)))

    def rank(explanation: Explanation) -> tuple[int, int, int]:
        return (
            len(set(explanation.rules)),
            sum(slip.systematic for slip in explanation.slips),
            sum(order[rule] for rule in explanation.rules),
        )

    return tuple(sorted(unique.values(), key=rank))
