"""A block of submissions with its verdicts, and the answers to one quantity in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from gradcalc.algebra.formula.shapes import Index
from gradcalc.algebra.operations.kernels import Array, Indices, Mask
from gradcalc.grading.answers.written import NO_DECIMALS
from gradcalc.grading.evaluation.comparison import (
    COARSE,
    Tolerance,
    Typed,
    half_of,
    half_of_odd,
    is_shown,
    shown_decimals,
)
from gradcalc.grading.evaluation.earlier_answers import Decimals, Entries, Trace
from gradcalc.grading.evaluation.lines import Lines
from gradcalc.grading.evaluation.single_precision import LANES, reached, scattered
from gradcalc.grading.marking.verdict import Status
from gradcalc.grading.mistakes.diagnosis import Finding
from gradcalc.grading.submissions.block import NUMBER, Block, Small

MISSING, CORRECT, FOLLOWS, CONVENTION, INCORRECT, UNREAD = range(6)
STATUSES: tuple[Status, ...] = (
    "missing",
    "correct",
    "follows",
    "convention",
    "incorrect",
    "unreadable",
)
Codes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Kinds:
    """Students who are marked in the same way, as kinds.

    which: each student's kind; firsts: the first student of each; counts: how many it has.
    """

    which: Indices
    firsts: Indices
    counts: Indices


@dataclass(frozen=True)
class Marked:
    """A block of submissions, marked.

    status: a code an entry (see STATUSES); points an entry, score a student; follow: works
    out what the student's own values give; finding: for each quantity the number of the finding
    its wrong entries belong to, or -1; kept: right only by digits that are not written;
    findings, keys: the distinct findings of the block, and what makes each distinct;
    unsearched: wrong answers beyond those that are explained; ruled: which of the rulings
    a wrong answer to a quantity falls under, or -1; faults: the cells at which gradcalc
    itself failed, by row and column, and why; single: submissions judged as printed from
    single precision.
    """

    block: Block
    status: Codes
    points: Array
    score: Array
    follow: Callable[[], Array]
    exact: Array
    finding: dict[str, Indices]
    kept: Mask
    findings: tuple[Finding, ...] = ()
    keys: tuple[str, ...] = ()
    unsearched: int = 0
    ruled: dict[str, Indices] = field(default_factory=dict)
    rulings: tuple[str, ...] = ()
    faults: Mapping[tuple[int, int], str] = field(default_factory=dict)
    single: Mask | None = None

    @cached_property
    def kinds(self) -> Kinds:
        """Return which students are marked in the same way: most are."""
        numbers = [*self.finding.values(), *self.ruled.values()]
        points = self.points.sum(axis=1)
        parts = [self.status, *(each[:, None] for each in (*numbers, points))]
        bytewise = [np.ascontiguousarray(each).view(np.uint8) for each in parts]
        table = np.concatenate(bytewise, axis=1)
        known: dict[bytes, int] = {}
        each: list[bytes] = table.view(f"V{table.shape[1]}").ravel().tolist()
        which = np.array([known.setdefault(row, len(known)) for row in each], dtype=np.intp)
        firsts = np.zeros(len(known), dtype=np.intp)
        firsts[which[::-1]] = np.arange(len(which))[::-1]
        return Kinds(which, firsts, np.bincount(which, minlength=len(known)))

    @cached_property
    def own(self) -> Array:
        """Return what the students' own earlier values give."""
        return self.follow()


@dataclass(frozen=True)
class Judged:
    """What the entries of one answer are judged to be.

    kept: right only by digits that are not written; trivial: a wrong one would follow only
    since earlier values are 0; fault: why gradcalc itself failed at it.
    """

    status: Codes
    kept: Mask
    trivial: bool
    fault: str = ""


@dataclass
class Findings:
    """What is known of the distinct answers of a class, by what makes them distinct.

    judged: what they are; known: where wrong ones come from; sheets: whole submissions;
    traces: what such a judgement on a quantity has looked at, each once.
    """

    judged: dict[bytes, Judged] = field(default_factory=dict)
    known: dict[bytes, Finding] = field(default_factory=dict)
    sheets: dict[bytes, Any] = field(default_factory=dict)
    traces: dict[tuple[str, str], dict[Trace, None]] = field(default_factory=dict)


@dataclass(frozen=True)
class Answers:
    """The answers to one quantity, students first.

    columns: of the block; entries, flat: which entry of the quantity each one holds.
    """

    columns: list[int]
    entries: tuple[Index, ...]
    flat: list[int]
    value: Array
    mask: Mask
    half: Array
    decimals: Decimals
    shown: Mask

    def taken(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the entries of the columns, from an array over the whole quantity."""
        return rowwise(values)[:, self.flat]

    def rows(self, rows: Indices) -> Answers:
        """Return the answers of some students."""
        names = ("value", "mask", "half", "decimals", "shown")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})

    @property
    def typed(self) -> Typed:
        """Return the answers as entries to be compared."""
        return Typed(self.value, self.mask, self.half, self.decimals, self.shown)

    def of(self, row: int, wrong: Mask, follows: Mask, due: Array) -> Entries:
        """Return the answer of one student.

        wrong, follows: which entries of all are not correct, and which of these follow.
        """
        return Entries(
            self.value[row],
            self.mask[row],
            self.half[row],
            self.decimals[row],
            wrong[row],
            follows[row],
            due,
        )


def nothing(block: Block) -> Marked:
    """Return what becomes of a block in which no row is a submission."""
    shape = block.value.shape
    codes, blank = np.full(shape, MISSING, dtype=np.uint8), np.zeros(shape)
    mask: Mask = np.zeros(shape, dtype=bool)
    return Marked(block, codes, blank, np.zeros(len(block.ids)), lambda: blank, blank, {}, mask)


def rowwise(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the entries of each student in one row; there may be no student."""
    return values.reshape(len(values), prod(values.shape[1:]))


@dataclass(frozen=True)
class Rooms:
    """How far the numbers of a block may be rounded.

    half: half a unit of the last digit of every cell; shown: cells whose decimals the rest of
    their sheet shows, where it matters. See `comparison.half_units` and `shown_decimals`.
    """

    half: Array
    shown: Mask


def rooms(block: Block, due: Array) -> Rooms:
    """Return how far every cell may be rounded; due: the value of each."""
    number = rounded(block)
    decimals = decimals_of(block)
    odd = number & ((decimals <= 0) | (block.value == 0))
    half = half_of(decimals)
    shown = np.zeros(len(block.ids), dtype=np.int64)
    short = number & (block.significant <= 1)
    if short.any():
        short &= (block.value == 0) | (half > COARSE * np.abs(block.value))
        rows = np.flatnonzero(short.any(axis=1))
        shown[rows] = shown_decimals(block.value[rows], decimals[rows], number[rows], due[rows])
    if odd.any():
        digits = np.where(number, block.significant, 0)
        for columns in block.quantities.values():
            rows, places = np.nonzero(odd[:, columns])
            if rows.size:
                at = rows, np.array(columns)[places]
                most = decimals[:, columns].max(axis=1)[rows]
                longest = digits[:, columns].max(axis=1)[rows]
                half[at] = half_of_odd(block.value[at], decimals[at], most, longest, shown[rows])
    return Rooms(np.where(number, half, 0.0), short & is_shown(decimals, shown[:, None]))


def rounded(block: Block) -> Mask:
    """Tell which cells are numbers with a last digit: a fraction such as 1/3 has none."""
    return np.asarray((block.state == NUMBER) & (block.significant >= 0))


def digits_of(block: Block, rows: Indices) -> tuple[Array, Small, Small, Mask]:
    """Return the values, decimals and digits of some submissions, and which have a last digit."""
    number = rounded(block)[rows]
    return block.value[rows], block.decimals[rows], block.significant[rows], number


def decimals_of(block: Block) -> Decimals:
    """Return the decimals of every cell that has a last digit."""
    return np.where(rounded(block), block.decimals, np.int16(NO_DECIMALS))


def right_in_single(
    lines: Lines, answers: Mapping[str, Answers], tolerance: Tolerance
) -> Iterator[tuple[list[int], Mask]]:
    """Yield columns of a class, and which students' cells in them are the values due."""
    lanes = scattered(lines, {})
    if lanes is None:
        return
    for name, each in answers.items():
        shape = each.value.shape[1:]
        students = len(each.value) if lines.theirs else 1
        due = np.broadcast_to(lines.values[name], (students, *shape))
        own = lanes[name].reshape(2 * LANES, -1, *shape)  # one for all, where no number is theirs
        wide = np.broadcast_to(own, (2 * LANES, students, *shape))
        yield each.columns, each.taken(reached(each.typed, due, wide, tolerance))
