"""Hold an answer against the values that would make it right.

Three candidates: what the writer's own operands give as they are written; the value
itself; and what the operands give with a radius, for those who kept more digits than
they wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gradcalc.algebra.kernels import Array
from gradcalc.engine.rounding import Rounding
from gradcalc.grading.comparison import Tolerance, Typed
from gradcalc.grading.earlier import Earlier, Mask
from gradcalc.grading.explaining import slips_within
from gradcalc.grading.following import Style, evaluated, otherwise, radius
from gradcalc.grading.lines import Lines
from gradcalc.grading.search import Own

TOUCH = 1e-6


@dataclass(frozen=True)
class Judgement:
    """Where an answer is right, and why.

    exact: the value; own: what the writer's operands give. right: as it is, earlier
    errors apart; follows: right from earlier errors; trivial: only since they are 0.
    """

    exact: Array
    own: Array
    right: Mask
    follows: Mask
    trivial: Mask
    cut: Mask
    kept: Mask


@dataclass(frozen=True)
class Judge:
    """The lines of a problem, and how answers are compared."""

    lines: Lines
    tolerance: Tolerance
    style: Style

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
        if not plain[written.mask].all():
            plain = plain | self.replays(written, name)
        found = written.matches(given, self.tolerance)
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
        trivial = follows & (given == 0) & (exact != 0)
        trivial = trivial & (trivial.any() and self.all_zero(name, earlier))
        agrees = written.agrees(exact, self.tolerance) | written.agrees(given, self.tolerance)
        cut = written.mask & ~agrees & (written.cut_off(exact) | written.cut_off(given))
        cut = cut & self.tolerance.of_writer
        return Judgement(
            exact,
            given,
            (plain | found | kept) & ~follows,
            follows & ~trivial,
            trivial,
            cut,
            kept,
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
        for at, rounding in enumerate(self.roundings):
            if own is None:
                values = self.replayed[at]
            else:
                values = evaluated(self.lines, own, rounding, target=name)
            found = found | written.matches(values[name], self.tolerance)
        return found

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

    def all_zero(self, name: str, earlier: Earlier) -> bool:
        """Tell whether a wrong earlier value that counts here is nothing but zeros."""
        for other in self.lines.upstream(name):
            if earlier.spoiled(other):
                each = earlier.own[other]
                if not each.value[each.mask].any():
                    return True
        return False
