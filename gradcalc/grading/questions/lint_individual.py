"""Try the numbers that are drawn on a few hundred students, before they are handed out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from gradcalc.algebra.operations.inference import shape_finder
from gradcalc.algebra.operations.kernels import Array, Mask
from gradcalc.engine.evaluate import Program
from gradcalc.engine.gradient_check import kinks_of
from gradcalc.engine.graph import Node
from gradcalc.grading.classes.individual import columns_of
from gradcalc.grading.evaluation.lines import Lines
from gradcalc.grading.mistakes.rule import Slip
from gradcalc.grading.mistakes.search import Search
from gradcalc.grading.submissions.block import with_own
from gradcalc.problem.authoring.draw_student import numbers
from gradcalc.problem.names import Reference, is_hidden

STUDENTS = 300
NEAR = 1e-9
"""Distance from a kink that is none but for the binary fractions of a float."""
NOTHING = 5e-4
"""What is 0 to three decimals, as people write a gradient."""
SAME = 1e-6
OFTEN = 0.05
"""Share of the students from which on it is told that they cannot show a mistake."""
Defect: TypeAlias = Literal["no value", "kink", "zero", "hidden"]


@dataclass(frozen=True)
class Doubt:
    """What is wrong with the numbers of some students, and the id of one of them."""

    kind: Defect
    at: Reference
    count: int
    of: int
    example: str
    slip: Slip | None = None


def doubts(lines: Lines, find: Sequence[Reference], slips: Sequence[Slip]) -> tuple[Doubt, ...]:
    """Return what is wrong with the drawn numbers of the students with the ids 1, 2, and so on.

    Lines without a finite value, kinks that are hit, gradients that are asked for and come
    to nothing for many, and slips, visible in the file's own numbers, that many cannot show.
    """
    individual = lines.problem.individual
    if individual is None:
        return ()
    ids = [str(number) for number in range(1, STUDENTS + 1)]
    columns = columns_of(individual)
    theirs = replace(lines, start=with_own(lines.start, columns, numbers(individual, ids)))
    fine = np.ones(STUDENTS, dtype=bool)
    fine[list(theirs.lost)] = False
    found = []
    for name in dict.fromkeys(theirs.lost.values()):
        rows = np.array([line == name for line in map(theirs.lost.get, range(STUDENTS))])
        found.append(_doubt("no value", Reference(name), rows, ids))
    found += _kinks(theirs, fine, ids)
    asked = [ref for ref in find if ref.name in lines.by_name]
    nothing = fine.copy()
    for ref in asked:
        value = _of(_each(theirs, ref.name), ref)
        rows = fine & (np.abs(value).max(axis=1, initial=0.0) < NOTHING)
        nothing &= rows
        if rows.sum() >= OFTEN * STUDENTS:
            found.append(_doubt("zero", ref, rows, ids))
    named = [slip for slip in slips if not is_hidden(slip.at)]
    return tuple(found + _hidden(theirs, asked, named, fine & ~nothing, ids))


def lanes(search: Search, slips: tuple[Slip, ...], count: int) -> Array | None:
    """Return the value under some slips for every lane of the data."""
    groups = search.stacked([slips] * count)
    if len(groups) != 1:
        return None
    rows, value = groups[0]
    return value if len(rows) == count else None


def _kinks(theirs: Lines, fine: Mask, ids: Sequence[str]) -> list[Doubt]:
    found = []
    table, count = theirs.problem.table, len(theirs.problem.forward.nodes)
    find = shape_finder(theirs.shapes, table)
    for node in theirs.nodes[:count]:
        rows = np.zeros(len(ids), dtype=bool)
        for kink in kinks_of(node.expr, table):
            shapes = {name: theirs.shapes[name] for name in node.operands}
            program = Program([Node("value", kink, find(kink))], shapes, table)
            value = program.run({name: theirs.values[name] for name in shapes}, strict=False)
            away = np.abs(value["value"])
            if away.ndim > len(find(kink)):
                rows |= (away.reshape(len(ids), -1) <= NEAR).any(axis=1)
        if (rows & fine).any():
            name = next((n for n in node.operands if not is_hidden(n)), node.name)
            found.append(_doubt("kink", Reference(name), rows & fine, ids))
    return found


def _hidden(
    theirs: Lines,
    asked: Sequence[Reference],
    slips: Sequence[Slip],
    fine: Mask,
    ids: Sequence[str],
) -> list[Doubt]:
    found: dict[tuple[str, str], Doubt] = {}
    searches = [(ref, Search(theirs, ref.name)) for ref in asked]
    right = [_of(_each(theirs, ref.name), ref) for ref in asked]
    for slip in slips:
        rows = fine.copy()
        for (ref, search), due in zip(searches, right, strict=True):
            value = lanes(search, (slip,), len(ids))
            if value is None or value.shape[1:] != tuple(theirs.shapes[ref.name]):
                rows[:] = False
                break
            scale = np.maximum(np.abs(due).max(axis=1, initial=0.0), SAME)
            with np.errstate(invalid="ignore"):
                off = np.abs(_of(value, ref) - due)
            rows &= (off <= SAME * scale[:, None]).all(axis=1)
        if rows.sum() >= OFTEN * len(ids) and (slip.rule, slip.at) not in found:
            found[slip.rule, slip.at] = _doubt("hidden", Reference(slip.at), rows, ids, slip)
    return sorted(found.values(), key=lambda doubt: -doubt.count)


def _each(theirs: Lines, name: str) -> Array:
    """Return a value for every student."""
    shape = tuple(int(dim) for dim in theirs.shapes[name])
    count = len(next(theirs.start[n] for n in theirs.theirs))
    return np.broadcast_to(theirs.values[name], (count, *shape))


def _of(value: Array, ref: Reference) -> Array:
    """Return the entries that are asked for, a row a student."""
    flat = value.reshape(len(value), -1)
    if ref.index is None:
        return flat
    at = int(np.ravel_multi_index(ref.index, value.shape[1:]))
    return flat[:, at : at + 1]


def _doubt(
    kind: Defect, at: Reference, rows: Mask, ids: Sequence[str], slip: Slip | None = None
) -> Doubt:
    first = int(np.flatnonzero(rows)[0])
    return Doubt(kind, at, int(rows.sum()), len(ids), ids[first], slip)
