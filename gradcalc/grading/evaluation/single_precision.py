"""Numbers printed from single precision: how they are recognised, and how far they may be off.

NumPy and PyTorch print the shortest decimal of a float32, or all digits of it. That is a way of
writing, like rounding: a sheet so printed is right as far as single precision can tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from zlib import crc32

import numpy as np

from gradcalc.algebra.formula.shapes import size
from gradcalc.algebra.operations.kernels import Array, Mask, Whole
from gradcalc.grading.evaluation.comparison import SLACK, Tolerance, Typed, half_of
from gradcalc.grading.evaluation.earlier_answers import Own
from gradcalc.grading.evaluation.follow_through import begun
from gradcalc.grading.evaluation.lines import Lines

LONG = 7
"""Digits from which on a number may tell its precision."""
FEWEST = 3
"""Long numbers that a sheet needs, so that they tell it together."""
UNIT = 2.0**-24
"""Relative to a number: how far the float32 next to it may be."""
UNITS = 4
"""What the largest effect is multiplied by: a line is computed in several steps."""
LANES = 16
CLOSER = 8
"""How many times less a second half of the lanes is moved: what jumps all the same is at a kink."""
ALIKE = 1e-5
"""Relative to a value beyond a kink: what counts as it."""
MOST_NUMBERS = 20_000_000


def in_single(value: Array, decimals: Whole, significant: Whole, number: Mask) -> Mask:
    """Tell which sheets, one a row, are printed from single precision.

    Every long number is then what a float32 is to so many decimals; short ones say nothing.
    number: which entries are numbers with a last digit.
    """
    long = number & (significant >= LONG)
    enough = np.asarray(long.sum(axis=-1) >= FEWEST)
    if enough.any():
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            nearest = value.astype(np.float32).astype(float)
            same = np.abs(value - nearest) <= half_of(np.where(long, decimals, 0)) * (1 + SLACK)
        enough &= (same | ~long).all(axis=-1)
    return enough


def scattered(
    lines: Lines, own: Mapping[str, Own], target: str | None = None
) -> dict[str, Array] | None:
    """Return values as single precision may scatter them: a leading axis of lanes.

    In each, every number of the calculation is moved by half a unit of its last place, up or
    down by chance; in the second half of the lanes by much less. own: a writer's values, which
    stand in place of computed ones; target: the one name that is needed. None where there are
    too many numbers.
    """
    program, start = begun(lines, own, target)
    count = sum(size(lines.shapes[name]) or 1 for name, _ in (*program.inputs, *program.names))
    if count * 2 * LANES > MOST_NUMBERS:
        return None

    def moved(name: str, value: Array) -> Array:
        return np.asarray(value * _factors(lines, name))

    def adjust(name: str, value: Array) -> Array:
        value = lines.given.get(name, value)
        return moved(name, own[name].over(value) if name in own else value)

    start = {name: moved(name, value) for name, value in start.items()}
    return program.run(start, adjust=adjust, strict=False)


def _factors(lines: Lines, name: str) -> Array:
    """Return what each lane multiplies a quantity by; students stand behind the lanes."""
    known: dict[str, Array] = lines.memo.setdefault("single", {})
    shape = tuple(int(dim) for dim in lines.shapes[name])
    if name not in known:
        generator = np.random.default_rng(crc32(name.encode()))
        signs = generator.choice((-UNIT, UNIT), (LANES, *shape))
        known[name] = 1 + np.concatenate([signs, signs / CLOSER])
    return known[name].reshape(2 * LANES, *(1,) * bool(lines.theirs), *shape)


def reached(written: Typed, due: Array, lanes: Array, tolerance: Tolerance) -> Mask:
    """Tell where an entry is the value due, as far as single precision can tell.

    lanes: the value as it is scattered; beyond a kink it is another one.
    """
    change = np.abs(lanes - due) if lanes.ndim > due.ndim else np.zeros((2 * LANES, *due.shape))
    with np.errstate(invalid="ignore", over="ignore"):
        wide, narrow = change[:LANES].max(axis=0), change[LANES:].max(axis=0)
        jumps = ~(narrow <= wide / 2)
        room = np.where(jumps, 0.0, UNITS * wide) * (1 + SLACK)
        near = written.agrees(due, tolerance, room) | (np.abs(written.value - due) <= room)
        if jumps.any():
            other = np.abs(written.value - lanes) <= ALIKE * np.abs(lanes)
            near = near | (jumps & other.any(axis=0))
    return np.asarray(written.mask & near & np.isfinite(due))


def loosened(written: Typed) -> Typed:
    """Return an answer with the room of single precision, for what mistakes give."""
    room = UNITS * UNIT * np.abs(written.value) * written.mask
    return replace(written, half=np.maximum(written.half, room))
