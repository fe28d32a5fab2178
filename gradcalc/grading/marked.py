"""A block of submissions with its verdicts, and the answers to one quantity in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from gradcalc.algebra.kernels import Array
from gradcalc.grading.block import NUMBER, Block
from gradcalc.grading.comparison import Mask, Tolerance, Typed, leading
from gradcalc.grading.verdict import Finding, Status
from gradcalc.problem.naming import Index

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
Rows = npt.NDArray[np.intp]
Whole = npt.NDArray[Any]

MOST_KEPT = 20_000
"""Distinct wrong answers that are kept from one block to the next."""


@dataclass(frozen=True)
class Kinds:
    """Students who are marked in the same way, as kinds.

    which: each student's kind; firsts: the first student of each; counts: how many it has.
    """

    which: Rows
    firsts: Rows
    counts: Rows


@dataclass(frozen=True)
class Marked:
    """A block of submissions, marked.

    status: a code an entry (see STATUSES); points an entry, score a student; follow: works
    out what the student's own values give; finding: for each quantity the number of the finding
    its wrong entries belong to, or -1; kept: right only by digits that are not written;
    findings, keys: the distinct findings of the block, and what makes each distinct;
    unsearched: wrong answers beyond those that are explained; ruled: which of the rulings
    a wrong answer to a quantity falls under, or -1.
    """

    block: Block
    status: Codes
    points: Array
    score: Array
    follow: Callable[[], Array]
    exact: Array
    finding: dict[str, Rows]
    kept: Mask
    findings: tuple[Finding, ...] = ()
    keys: tuple[str, ...] = ()
    unsearched: int = 0
    ruled: dict[str, Rows] = field(default_factory=dict)
    rulings: tuple[str, ...] = ()

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


@dataclass
class Findings:
    """What is known of the distinct answers of a class, by what makes them distinct.

    judged: statuses, entries explained by digits that are not written, and whether they
    follow only from zeros; known: where wrong ones come from; sheets: whole submissions.
    """

    judged: dict[bytes, tuple[Codes, Mask, bool]] = field(default_factory=dict)
    known: dict[bytes, Finding] = field(default_factory=dict)
    sheets: dict[bytes, Any] = field(default_factory=dict)

    @staticmethod
    def remember(store: dict[bytes, Any], key: bytes, value: object) -> None:
        """Put something into one of these; the oldest is forgotten where it is full."""
        if len(store) >= MOST_KEPT:
            del store[next(iter(store))]
        store[key] = value


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

    def taken(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the entries of the columns, from an array over the whole quantity."""
        return rowwise(values)[:, self.flat]

    def matches(self, due: Array, tolerance: Tolerance) -> Mask:
        """Tell where answers are a value, rounded or cut off."""
        typed = self.typed
        found = typed.agrees(due, tolerance)
        if tolerance.measure == "own digits":
            found = found | (typed.mask & typed.cut_off(due))
        return found & np.isfinite(due)

    @property
    def typed(self) -> Typed:
        """Return the answers as entries to be compared."""
        return Typed(self.value, self.mask, self.half, ())


def nothing(block: Block) -> Marked:
    """Return what becomes of a block in which no row is a submission."""
    shape = block.value.shape
    codes, blank = np.full(shape, MISSING, dtype=np.uint8), np.zeros(shape)
    mask: Mask = np.zeros(shape, dtype=bool)
    return Marked(block, codes, blank, np.zeros(len(block.ids)), lambda: blank, blank, {}, mask)


def rowwise(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the entries of each student in one row; there may be no student."""
    return values.reshape(len(values), prod(values.shape[1:]))


NO_DECIMALS = -999
"""What stands for the decimals of a cell that is no number."""


def half_units(block: Block) -> Array:
    """Return half a unit of the last digit of every cell; see `comparison.half_units`."""
    number = block.state == NUMBER
    decimals = np.where(number, block.decimals, NO_DECIMALS)
    nonzero = number & (block.value != 0)
    half = half_of(decimals)
    whole = nonzero & (decimals <= 0)
    zero = number & ~nonzero
    odd = whole | zero
    if odd.any():
        sheet = np.where(nonzero, decimals, NO_DECIMALS).max(axis=1, initial=NO_DECIMALS)
        digits = np.where(number, block.significant, 0)
        for columns in block.quantities.values():
            rows, places = np.nonzero(odd[:, columns])
            if rows.size:
                at = rows, np.array(columns)[places]
                most = decimals[:, columns].max(axis=1)[rows]
                longest = digits[:, columns].max(axis=1)[rows]
                half[at] = _half_of_odd(block.value[at], half[at], most, longest, sheet[rows])
    exact = block.significant < 0  # a fraction such as 1/3 has no last digit
    return np.where(number & ~exact, half, 0.0)


def _half_of_odd(value: Array, own: Array, most: Whole, longest: Whole, sheet: Whole) -> Array:
    """Return half a unit of numbers without decimals, and of zeros.

    most, longest: decimals and digits of the answer's other entries; sheet: most decimals
    of the student's numbers but zeros, which prove no rounding.
    """
    room = np.maximum(half_of(most), half_of(longest - 1 - leading(value).astype(int)))
    seen = (np.maximum(most, sheet) > 0) & (sheet >= 0)
    of_zero = np.where(seen, half_of(np.maximum(most, sheet)), 0.0)
    return np.where(value == 0, of_zero, np.minimum(own, room))


def half_of(decimals: Whole) -> Array:
    """Return half a unit of so many decimals."""
    least, most = int(decimals.min(initial=0)), int(decimals.max(initial=0))
    with np.errstate(under="ignore", over="ignore"):
        table = 0.5 * 10.0 ** -np.arange(least, most + 1, dtype=float)
    found: Array = table[decimals - least]
    return found
