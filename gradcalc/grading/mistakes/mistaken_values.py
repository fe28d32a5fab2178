"""Evaluate lines with mistakes in them: what each combination makes of one value.

All combinations are one leading axis: each line is evaluated once for all of them, and
once more for those that rewrite it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import numpy as np

from gradcalc.algebra.formula.expr import ZERO, Expr, symbols
from gradcalc.algebra.formula.shapes import Shape, size
from gradcalc.algebra.operations.kernels import Array, Indices, Mask
from gradcalc.engine.evaluate import Program
from gradcalc.engine.graph import Node
from gradcalc.engine.rounding import Rounding
from gradcalc.grading.evaluation.earlier_answers import Cut, Own
from gradcalc.grading.evaluation.lines import Lines
from gradcalc.grading.mistakes.library import slips_of
from gradcalc.grading.mistakes.rule import Slip, rewritten, shape_of, stretches

Made: TypeAlias = tuple[Slip, ...]
"""Slips made together."""
Halves: TypeAlias = Callable[[Array], Array]
"""Tells for values that are not written how far each may have been rounded."""

CHUNK = 1_000_000
MOST_MOVES = 300
"""Entries whose rounding is followed through the lines; beyond them no reach is known."""


@dataclass(frozen=True)
class Compiled:
    """A formula that can be run, its shape and that of what it reads."""

    program: Program
    shape: tuple[int, ...]
    reads: Mapping[str, Shape]


class EffectValues(dict[str, Array]):
    """The values of one run; one that is not computed is looked up when it is read.

    known: gives such a value; moved: what is added to values.
    """

    def __init__(self, known: Callable[[str], Array], moved: Mapping[str, Array]) -> None:
        super().__init__()
        self.known, self.moved = known, moved

    def __missing__(self, name: str) -> Array:
        value = self.known(name)
        self[name] = value + self.moved[name] if name in self.moved else value
        return self[name]


@dataclass(frozen=True)
class Moves:
    """What rounding may have moved: entries of named values, for each combination.

    amounts: half units, one row a combination.
    """

    entries: tuple[tuple[str, int], ...]
    amounts: Array


@dataclass(frozen=True)
class Ran:
    """All values of one run, and what came of the combinations.

    others: values of another shape than is due, and whose they are; possible: which
    could be made, and have the shape that is due.
    """

    values: Mapping[str, Array]
    others: tuple[tuple[Indices, Array], ...]
    possible: Mask


@dataclass(frozen=True)
class Effects:
    """The values that mistakes give to one quantity, on what the writer has."""

    lines: Lines
    target: str
    own: Mapping[str, Own] = field(default_factory=dict)

    @cached_property
    def cut(self) -> Cut:
        """Return the names whose values are wholly the writer's, or given."""
        return Cut(self.own, self.lines.given, self.target)

    @cached_property
    def inside(self) -> frozenset[str]:
        """Return the lines that the value is computed from."""
        return frozenset(self.lines.reads(self.target, self.cut))

    @cached_property
    def possible(self) -> Made:
        """Return the slips at these lines; what would change a value that is known is none."""
        found = []
        for slip in slips_of(self.lines):
            at = {(edit.line, edit.term) for edit in slip.edits if edit.line in self.inside}
            if len(at) <= int(slip.systematic):
                continue
            edited = {edit.line for edit in slip.edits}
            known = [line for line in edited if line in self.cut and line in self.own]
            if all(self._same(line, slip) for line in known):
                found.append(slip)
        return tuple(found)

    def _same(self, name: str, slip: Slip) -> bool:
        """Tell whether a line gives the same under a slip, on the right values before it."""
        expr = self._rewritten(name, (slip,))
        if expr is None:
            return False
        value = self._value(expr, name, self.lines.values, None)
        right = self.lines.values[name]
        return value.shape == right.shape and bool(np.allclose(value, right, 1e-12, 1e-12))

    @cached_property
    def cone(self) -> tuple[str, ...]:
        """Return the lines to evaluate in order: those, and what a mistake may read."""
        found = set(self.inside)
        waiting = [(edit.line, slip) for slip in self.possible for edit in slip.edits]
        while now := [(line, slip) for line, slip in waiting if line in found]:
            waiting = [(line, slip) for line, slip in waiting if line not in found]
            for read in set[str]().union(*(self._read(line, slip) for line, slip in now)) - found:
                found |= self.lines.reads(read, self.cut)
        known = {name for name in found if name in self.cut}
        return tuple(sorted(found - known, key=self.lines.place.__getitem__))

    @cached_property
    def unchanged(self) -> Array:
        """Return the value without any mistake."""
        ((_, value),) = self.effects([()])
        assert value is not None
        return value

    def effects(self, candidates: Sequence[Made]) -> list[tuple[Made, Array | None]]:
        """Return the value under each combination; None where it cannot be made."""
        found: list[tuple[Made, Array | None]] = [(each, None) for each in candidates]
        slips, table = _numbered(candidates)
        for start, part in self.parts(table):
            for rows, value in self.rows(slips, part):
                for at, row in enumerate(rows):
                    found[start + row] = (candidates[start + row], value[at])
        return found

    def stacked(self, candidates: Sequence[Made]) -> list[tuple[Indices, Array]]:
        """Return the values of all combinations that can be made, grouped by their shape."""
        return self.rows(*_numbered(candidates))

    def parts(self, table: Indices) -> Iterator[tuple[int, Indices]]:
        """Yield the combinations in parts that fit into memory, each with its start."""
        step = max(1, CHUNK // self.widest)
        for start in range(0, len(table), step):
            yield start, table[start : start + step]

    @cached_property
    def widest(self) -> int:
        """Return the number of entries of the largest line."""
        return max((size(self.lines.shapes[name]) or 1 for name in self.cone), default=1)

    def rows(
        self, slips: Sequence[Slip], table: Indices, rounding: Rounding | None = None
    ) -> list[tuple[Indices, Array]]:
        """Return the values of combinations that are rows of numbers of slips; −1 is none.

        rounding: how every line that is not written was rounded before it was read.
        """
        return self._shaped(self._run(slips, table, rounding), len(table))

    def reach(
        self, slips: Sequence[Slip], table: Indices, halves: Mapping[str, Array], unwritten: Halves
    ) -> list[tuple[Indices, Array, Array]]:
        """Return values as `rows` does, and how far rounding may have moved each.

        halves: half a unit of the last digit of each written entry, 0 where it is exact;
        unwritten: the same for values that are not written. Each entry is moved by its
        half unit, up and down, and the largest effects add up; nothing for too many.
        """
        middle = self._run(slips, table)
        moves = self._moves(middle.values, len(table), halves, unwritten)
        count, lanes = len(moves.entries), 2 * len(moves.entries)
        if not count:
            return [(rows, value, 0 * value) for rows, value in self._shaped(middle, len(table))]
        if count > MOST_MOVES:
            return []
        shift: dict[str, Array] = {}
        for at, (name, entry) in enumerate(moves.entries):
            shape = tuple(int(dim) for dim in self.lines.shapes[name])
            moved = shift.setdefault(name, np.zeros((len(table) * lanes, *shape)))
            flat = moved.reshape(len(table), lanes, -1)
            flat[:, 2 * at, entry] = moves.amounts[:, at]
            flat[:, 2 * at + 1, entry] = -moves.amounts[:, at]
        ran = self._run(slips, np.repeat(table, lanes, axis=0), None, shift)
        found = []
        for rows, value in self._shaped(middle, len(table)):
            around = np.zeros((len(table) * lanes, *value.shape[1:]))
            for places, other in self._shaped(ran, len(table) * lanes):
                if other.shape[1:] == value.shape[1:]:
                    around[places] = other
            every = around.reshape(len(table), count, 2, *value.shape[1:])[rows]
            change = np.abs(every - value[:, None, None])
            found.append((rows, value, np.asarray(change.max(axis=2).sum(axis=1))))
        return found

    def _shaped(self, ran: Ran, count: int) -> list[tuple[Indices, Array]]:
        """Return the values of the combinations of a run, grouped by their shape."""
        value, possible = ran.values[self.target], np.flatnonzero(ran.possible)
        if value.ndim == len(self.lines.shapes[self.target]):
            value = np.broadcast_to(value, (count, *value.shape))
        return [*ran.others, (possible, value[possible])]

    def _moves(
        self, values: Mapping[str, Array], rows: int, halves: Mapping[str, Array], unwritten: Halves
    ) -> Moves:
        """Return what rounding may have moved before the value was computed."""
        entries: list[tuple[str, int]] = []
        amounts: list[Array] = []
        for name in values:
            node = self.lines.by_name.get(name)
            if name == self.target or (node is not None and node.hidden):
                continue
            count = size(self.lines.shapes[name]) or 1
            room = np.zeros((rows, count))
            if node is not None and name not in self.lines.given:
                room = room + unwritten(values[name]).reshape(-1, count)
            if name in self.own:
                room = np.where(self.own[name].mask.ravel(), halves[name].ravel(), room)
            for entry in np.flatnonzero(room.any(axis=0)):
                entries.append((name, int(entry)))
                amounts.append(room[:, entry])
        return Moves(tuple(entries), np.array(amounts).T.reshape(rows, len(entries)))

    def _run(
        self,
        slips: Sequence[Slip],
        table: Indices,
        rounding: Rounding | None = None,
        shift: Mapping[str, Array] | None = None,
    ) -> Ran:
        """Evaluate all lines for every combination.

        shift: what is added to a value, for each combination.
        """
        variants, possible = self._variants(slips, table)
        for name, changed in variants.items():
            for expr in [expr for expr in changed if self._reads_later(expr, name)]:
                possible[changed.pop(expr)] = False
        moved = shift or {}
        values = EffectValues(self._known, moved)
        others: list[tuple[Indices, Array]] = []
        for name in self.cone:
            if name in self.lines.given and name not in self.own and name != self.target:
                values[name] = self.lines.given[name]
                continue
            value = self._value(self.lines.by_name[name].expr, name, values, None)
            value, more = self._changed(name, value, variants.get(name, {}), values, len(table))
            for rows, _ in more:
                possible[rows] = False
            if name == self.target:
                others += more
                values[name] = value
                break
            if rounding is not None:
                value = rounding(name, value)
            value = self._replaced(name, value)
            values[name] = value + moved[name] if name in moved else value
        return Ran(values, tuple(others), possible)

    def _reads_later(self, expr: Expr, name: str) -> bool:
        """Tell whether a formula reads what is worked out only after its line."""
        place = self.lines.place
        return any(
            place.get(read, -1) >= place[name]
            and read not in self.lines.start
            and read not in self.cut
            for read in self._compiled(expr, name).reads
        )

    def _changed(
        self,
        name: str,
        value: Array,
        changed: Mapping[Expr, Indices],
        values: Mapping[str, Array],
        count: int,
    ) -> tuple[Array, list[tuple[Indices, Array]]]:
        """Return a line's value with what mistakes make of it, values of other shapes apart."""
        if changed and value.ndim == len(self.lines.shapes[name]):
            value = np.repeat(value[None], count, axis=0)
        elif changed:
            value = value.copy()  # a line that is only another name shares its value
        others = []
        for expr, rows in changed.items():
            other = self._value(expr, name, values, rows)
            if other.ndim == len(self._compiled(expr, name).shape):
                other = np.broadcast_to(other, (len(rows), *other.shape))
            if other.shape[1:] == value.shape[1:]:
                value[rows] = other
            else:
                others.append((rows, other))
        return value, others

    def _known(self, name: str) -> Array:
        """Return a value that no line of these computes: handed in, given, or written whole."""
        own, value = self.own.get(name), self.lines.start.get(name, self.lines.given.get(name))
        if own is None:
            assert value is not None
            return value
        return own.value if value is None else own.over(value)

    def _replaced(self, name: str, value: Array) -> Array:
        own = self.own.get(name)
        if own is None or name == self.target:
            return value
        return own.over(value)

    def _variants(
        self, slips: Sequence[Slip], table: Indices
    ) -> tuple[dict[str, dict[Expr, Indices]], Mask]:
        """Return for each line the formulas that candidates put there, and who can be made."""
        possible = np.ones(len(table), dtype=bool)
        found: dict[str, dict[Expr, list[Indices]]] = {}
        edited: dict[str, Mask] = {}
        cone, known = frozenset(self.cone), {id(slip) for slip in self.possible}
        for number, slip in enumerate(slips):
            seen = cone if id(slip) in known else self.inside
            for name in {edit.line for edit in slip.edits} & seen:
                edited.setdefault(name, np.zeros(len(slips) + 1, dtype=bool))[number] = True
        for name, touches in edited.items():
            for numbers, rows in _groups(np.where(touches[table], table, -1)):
                expr = self._rewritten(name, tuple(slips[number] for number in numbers))
                if expr is None:
                    possible[rows] = False
                else:
                    found.setdefault(name, {}).setdefault(expr, []).append(rows)
        whole = {
            name: {expr: np.concatenate(rows) for expr, rows in changed.items()}
            for name, changed in found.items()
        }
        return whole, possible

    @cached_property
    def _formulas(self) -> dict[tuple[str, bool, tuple[int, ...]], tuple[Made, Expr | None]]:
        known: dict[tuple[str, bool, tuple[int, ...]], tuple[Made, Expr | None]]
        known = self.lines.memo.setdefault("formulas", {})
        return known

    def _rewritten(self, name: str, slips: Made) -> Expr | None:
        key = (name, name == self.target, tuple(id(slip) for slip in slips))
        if key not in self._formulas:
            edits = [edit for slip in slips for edit in slip.edits if edit.line == name]
            expr = rewritten(self.lines, name, edits)
            if expr is not None:
                shape = shape_of(self.lines, expr)
                due = self.lines.by_name[name].shape
                if shape is None or (not stretches(shape, due) and name != self.target):
                    expr = None
            self._formulas[key] = slips, expr
        return self._formulas[key][1]

    def _read(self, name: str, slip: Slip) -> frozenset[str]:
        """Return the names that a line reads under a slip."""
        known: dict[Expr, frozenset[str]] = self.lines.memo.setdefault("symbols", {})
        expr = self._rewritten(name, (slip,)) or ZERO
        if expr not in known:
            known[expr] = frozenset(symbols(expr))
        return known[expr]

    @cached_property
    def _programs(self) -> dict[tuple[Expr, str], Compiled]:
        known: dict[tuple[Expr, str], Compiled] = self.lines.memo.setdefault("programs", {})
        return known

    def _compiled(self, expr: Expr, name: str) -> Compiled:
        found = self._programs.get((expr, name))
        if found is None:
            own, due = shape_of(self.lines, expr), self.lines.by_name[name].shape
            assert own is not None
            shape = tuple(int(dim) for dim in (due if stretches(own, due) else own))
            shapes = {read: self.lines.shapes[read] for read in symbols(expr)}
            program = Program([Node(name, expr, shape)], shapes, self.lines.problem.table)
            found = self._programs[expr, name] = Compiled(program, shape, shapes)
        return found

    def _value(
        self,
        expr: Expr,
        name: str,
        values: Mapping[str, Array],
        rows: Indices | None,
    ) -> Array:
        """Return the value of a formula, for some of the candidates or for all."""
        compiled = self._compiled(expr, name)
        operands = {}
        for read, shape in compiled.reads.items():
            value = values[read]
            if rows is not None and value.ndim > len(shape):
                value = value[rows]
            operands[read] = value
        return compiled.program.run(operands, strict=False)[name]


def _numbered(candidates: Sequence[Made]) -> tuple[list[Slip], Indices]:
    """Return the slips of all combinations, and each as a row of their numbers; −1 is none."""
    slips: list[Slip] = []
    numbers: dict[int, int] = {}
    width = max(map(len, candidates), default=0)
    table = np.full((len(candidates), max(width, 1)), -1)
    for row, each in enumerate(candidates):
        for column, slip in enumerate(each):
            if id(slip) not in numbers:
                numbers[id(slip)] = len(slips)
                slips.append(slip)
            table[row, column] = numbers[id(slip)]
    return slips, table


def _groups(table: Indices) -> Iterator[tuple[tuple[int, ...], Indices]]:
    """Yield what different rows hold apart from −1, in order, and which rows hold it."""
    key = np.zeros(len(table), dtype=np.intp)
    base = int(table.max(initial=-1)) + 2
    for column in table.T:
        key = np.where(column >= 0, key * base + column + 1, key)
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    for rows in np.split(order, starts[1:]):
        if len(rows) and key[rows[0]]:
            first = table[rows[0]]
            yield tuple(first[first >= 0].tolist()), rows
