"""Hold an answer against the values that would make it right; contain faults of our own.

Three candidates: what the writer's own operands give as they are written; the value
itself; and what the operands give with a radius, for those who kept more digits than
they wrote.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from traceback import extract_tb
from typing import TypeVar

import numpy as np

from gradcalc.algebra.operations.kernels import Array, Mask
from gradcalc.engine.rounding import Rounding
from gradcalc.errors import ProblemError
from gradcalc.grading.evaluation.comparison import NOTHING, Tolerance, Typed
from gradcalc.grading.evaluation.earlier_answers import Earlier, Own
from gradcalc.grading.evaluation.follow_through import Style, evaluated, otherwise, radius
from gradcalc.grading.evaluation.lines import Lines
from gradcalc.grading.evaluation.single_precision import reached, scattered
from gradcalc.grading.mistakes.diagnosis import slips_within

TOUCH = 1e-6
MOVE = 1e-5
"""Of a wrong value: how far it is moved to see whether a 0 is a 0 by accident."""
GOLDEN = 0.6180339887498949
"""Its multiples tell entries apart, so that two moved alike do not cancel."""

T = TypeVar("T")
TRACEBACK = "GRADCALC_TRACEBACK"
"""Set to 1, it lets a fault through, so that its traceback is seen."""
MOST = 120


@dataclass(frozen=True)
class Judgement:
    """Where an answer is right, and why.

    exact: the value; own: what the writer's operands give. right: as it is, earlier
    errors apart; follows: right from earlier errors; trivial: a 0 that these make by accident.
    single: judged as printed from single precision, since its digits alone do not do.
    """

    exact: Array
    own: Array
    right: Mask
    follows: Mask
    trivial: Mask
    cut: Mask
    kept: Mask
    single: bool = False


@dataclass(frozen=True)
class Judge:
    """The lines of a problem, and how answers are compared.

    single: the numbers are printed from single precision.
    """

    lines: Lines
    tolerance: Tolerance
    style: Style
    single: bool = False

    @cached_property
    def roundings(self) -> tuple[Rounding, ...]:
        """Return how lines that are not written may have been rounded.

        A measure that is asked for takes them as the problem says, or else as exact.
        """
        rounding = self.lines.problem.rounding
        if rounding is not None:
            return (rounding,)
        return self.style.roundings if self.tolerance.of_writer else ()

    @cached_property
    def replayed(self) -> tuple[dict[str, Array], ...]:
        """Return all values with every line rounded, for each way of rounding."""
        return tuple(evaluated(self.lines, {}, rounding) for rounding in self.roundings)

    def judge(self, name: str, written: Typed, earlier: Earlier) -> Judgement:
        """Return where an answer is right, with what its writer has put down before.

        What stands in place of a value that does not exist is not judged wrong.
        """
        exact, own = self.lines.values[name], earlier.own
        given = self.own_value(name, own)
        plain = written.matches(exact, self.tolerance) | (written.mask & np.isnan(exact))
        single = self.single and not plain[written.mask].all()
        if single:
            plain = plain | self.in_single(written, name)
        if not plain[written.mask].all():
            plain = plain | self.replays(written, name)
        found = written.matches(given, self.tolerance)
        if self.single and (written.mask & ~plain & ~found).any():
            found = found | self.in_single(written, name, own)
        if (written.mask & ~plain & ~found).any():
            found = found | self.replays(written, name, own)
        unsettled = written.mask & ~plain & ~found
        if unsettled.any():
            found = found | (unsettled & self.otherwise(written, name, own))
            unsettled = unsettled & ~found
        kept = np.zeros_like(written.mask)
        if unsettled.any():
            kept = unsettled & self.by_radius(written, name, own, earlier.halves)
        follows = (found | kept) & ~plain
        if follows.any():
            follows = follows & self.after_wrong(written, name, earlier)
        trivial = follows & (written.value == 0) & (np.abs(exact) > NOTHING)
        if trivial.any():
            trivial = trivial & self.by_accident(name, earlier)
        right = (plain | found | kept) & ~follows
        if self.lines.problem.rounding is None:
            right = right & ~says_nothing(written, exact, given, self.tolerance)
        agrees = written.agrees(exact, self.tolerance) | written.agrees(given, self.tolerance)
        cut = written.mask & ~agrees & (written.cut_off(exact) | written.cut_off(given))
        cut = cut & self.tolerance.of_writer
        return Judgement(
            exact,
            given,
            right,
            follows & ~trivial,
            trivial,
            cut,
            kept,
            single,
        )

    def own_value(self, name: str, own: Mapping[str, Own]) -> Array:
        """Return what a line gives on the writer's own operands."""
        if name in self.lines.start or not any(
            other in own for other in (*self.lines.start, *self.lines.upstream(name))
        ):
            return self.lines.values[name]
        return evaluated(self.lines, own, target=name)[name]

    def replays(self, written: Typed, name: str, own: Mapping[str, Own] | None = None) -> Mask:
        """Tell where an answer is what comes out if every line not written was rounded.

        own: without it, as if nothing else were written.
        """
        found = np.zeros_like(written.mask)
        if name in self.lines.start:
            return found
        said = self.lines.problem.rounding
        if said is not None:  # of the value itself, whatever was rounded before
            value = self.lines.values[name] if own is None else self.own_value(name, own)
            found = found | written.matches(said(name, value), self.tolerance)
        for at, rounding in enumerate(self.roundings):
            if own is None:
                values = self.replayed[at]
            else:
                values = evaluated(self.lines, own, rounding, target=name)
            found = found | written.matches(values[name], self.tolerance)
        return found

    @cached_property
    def scattered(self) -> dict[str, Array] | None:
        """Return all values as single precision may scatter them."""
        return scattered(self.lines, {})

    def in_single(self, written: Typed, name: str, own: Mapping[str, Own] | None = None) -> Mask:
        """Tell where an answer is what single precision may give.

        own: without it, as if nothing else were written.
        """
        lanes = self.scattered if own is None else scattered(self.lines, own, name)
        due = self.lines.values[name] if own is None else self.own_value(name, own)
        if lanes is None:
            return np.zeros_like(written.mask)
        return reached(written, due, lanes[name], self.tolerance)

    def otherwise(self, written: Typed, name: str, own: Mapping[str, Own]) -> Mask:
        """Tell where an answer comes out if halves, or steps inside a line, are rounded otherwise.

        Where the problem says how to round, there is no other way.
        """
        known = self.lines.problem.rounding is not None or not self.roundings
        if name in self.lines.start or known:
            return np.zeros_like(written.mask)
        values = otherwise(self.lines, name, own, self.style)
        same = written.matches(values, self.tolerance)
        return np.asarray(same.reshape(-1, *written.mask.shape).any(0))

    def after_wrong(self, written: Typed, name: str, earlier: Earlier) -> Mask:
        """Tell where an answer is right only from wrong values before it."""
        before, right = (*self.lines.start, *self.lines.upstream(name)), earlier.right
        if not any(earlier.spoiled(other) for other in before):
            return np.zeros_like(written.mask)
        alike = written.matches(self.own_value(name, right), self.tolerance)
        alike = alike | self.replays(written, name, right)
        if self.single:
            alike = alike | self.in_single(written, name, right)
        if not alike[written.mask].all():
            alike = alike | self.otherwise(written, name, right)
        return np.asarray(written.mask & ~alike)

    def by_radius(
        self, written: Typed, name: str, own: Mapping[str, Own], halves: Mapping[str, Array]
    ) -> Mask:
        """Tell where digits that were kept but not written explain an entry.

        It counts only while it would not also let 0, the other sign, or a known slip pass.
        """
        nothing = np.zeros_like(written.mask)
        if not self.tolerance.of_writer:
            return nothing
        if name in self.lines.start or name in self.lines.given:
            return nothing
        found = radius(self.lines, name, own, halves, self.style)
        if found is None:
            return nothing
        middle, room = found
        with np.errstate(invalid="ignore"):
            reach = room + written.half
            inside = room * (1 - TOUCH)  # intervals that only touch do not overlap
            near = written.agrees(middle, self.tolerance, inside) & (np.abs(middle) > reach)
        if near.any():
            near = near & ~slips_within(self.lines, name, own, middle, reach)
        return near

    def by_accident(self, name: str, earlier: Earlier) -> Mask:
        """Tell which entries are 0 only since a wrong earlier value is just what it is.

        Moved a little, it would leave them another number. A unit that a wrong value turns
        off stays off.
        """
        shift: dict[str, Array] = {}
        count = 0
        for other in (*self.lines.start, *self.lines.upstream(name)):
            if other == name or other not in earlier.slips:
                continue
            slips = earlier.slips[other]
            if not slips.any():
                continue
            value = earlier.first[other].value
            apart = 1 + np.modf(np.arange(count, count + value.size) * GOLDEN)[0]
            step = MOVE * np.where(value == 0, 1.0, value) * apart.reshape(value.shape) * slips
            shift[other] = np.stack([step, -step])
            count += value.size
        moved = evaluated(self.lines, earlier.first, shift=shift, target=name)[name]
        return np.asarray((moved != 0).reshape(-1, *self.lines.values[name].shape).any(axis=0))


def says_nothing(written: Typed, exact: Array, given: Array, tolerance: Tolerance) -> Mask:
    """Tell which entries cannot be told from no answer, however they came about.

    A 0 for what is not 0, where the sheet does not show that it is rounded; and a number
    without a right digit, of the value itself or of what its writer's operands give.
    """
    nothing = written.mask & (written.value == 0) & (written.half == 0) & (np.abs(exact) > NOTHING)
    if not tolerance.of_writer:
        return np.zeros_like(nothing)
    return np.asarray(nothing | ~(written.says(exact) | written.says(given)))


def contained(work: Callable[[], T], instead: Callable[[str], T]) -> T:
    """Return what some work on one answer comes to; where gradcalc fails, what stands for it.

    instead: is given the reason in one line. Errors of the input, and too little memory,
    are no faults of gradcalc's and go through.
    """
    try:
        return work()
    except (ProblemError, MemoryError):
        raise
    except Exception as error:
        if os.environ.get(TRACEBACK) == "1":
            raise
        return instead(reason(error))


def reason(error: Exception) -> str:
    """Return in one line what failed, to be reported."""
    last = extract_tb(error.__traceback__)[-1]
    words = " ".join(str(error).split())[:MOST]
    what = type(error).__name__ + (f": {words}" if words else "")
    place = f"{Path(last.filename).name}:{last.lineno}"
    return f"gradcalc itself failed here, please report it: {what} ({place})"


def told(count: int, what: str) -> str:
    """Return what is said of a run in which some answers could not be judged."""
    return (
        f"gradcalc itself failed at {count} {what}{'s' * (count != 1)}, where nothing is taken off;"
        f" please report the reason that stands there, with the problem file"
        f" ({TRACEBACK}=1 shows where it comes from)"
    )
