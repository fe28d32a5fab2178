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
from gradcalc.grading.comparison import Mask, Tolerance, Typed
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
        """Return how lines that are not written may have been rounded."""
        rounding = self.lines.problem.rounding
        return (rounding,) if rounding else self.style.roundings

    @cached_property
    def replayed(self) -> tuple[dict[str, Array], ...]:
        """Return all values with every line rounded, for each way of rounding."""
        return tuple(evaluated(self.lines, {}, rounding) for rounding in self.roundings)

    def judge(
        self,
        name: str,
        written: Typed,
        own: Mapping[str, Own],
        right: Mapping[str, Own],
        halves: Mapping[str, Array],
    ) -> Judgement:
        """Return where an answer is right.

        own: the writer's values of other names; right: those of them that are right;
        halves: half a unit of their last digits, 0 where they are exact.
        """
        exact = self.lines.values[name]
        given = self.own_value(name, own)
        plain = self.matches(written, exact)
        if not plain[written.mask].all():
            plain = plain | self.replays(written, name, {})
        found = self.matches(written, given)
        if (written.mask & ~plain & ~found).any():
            found = found | self.replays(written, name, own)
        unsettled = written.mask & ~plain & ~found
        if unsettled.any():
            found = found | (unsettled & self.otherwise(written, name, own))
            unsettled = unsettled & ~found
        kept = np.zeros_like(written.mask)
        if unsettled.any():
            kept = unsettled & self.by_radius(written, name, own, halves)
        follows = (found | kept) & ~plain
        if follows.any():
            follows = follows & self.after_wrong(written, name, own, right)
        trivial = follows & self.all_zero(name, own, right) & (given == 0) & (exact != 0)
        agrees = written.agrees(exact, self.tolerance) | written.agrees(given, self.tolerance)
        cut = written.mask & ~agrees & (written.cut_off(exact) | written.cut_off(given))
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
        if name in self.lines.start or not own:
            return self.lines.values[name]
        return evaluated(self.lines, own, target=name)[name]

    def matches(self, written: Typed, due: Array) -> Mask:
        """Tell where an answer is a value, rounded or cut off."""
        found = written.agrees(due, self.tolerance)
        if self.tolerance.measure == "own digits":
            found = found | (written.mask & written.cut_off(due))
        return found & np.isfinite(due)

    def replays(self, written: Typed, name: str, own: Mapping[str, Own]) -> Mask:
        """Tell where an answer is what comes out if every line not written was rounded."""
        found = np.zeros_like(written.mask)
        if name in self.lines.start:
            return found
        for at, rounding in enumerate(self.roundings):
            known = self.replayed[at] if not own else None
            values = known or evaluated(self.lines, own, rounding, target=name)
            found = found | self.matches(written, values[name])
        return found

    def otherwise(self, written: Typed, name: str, own: Mapping[str, Own]) -> Mask:
        """Tell where an answer comes out if halves, or steps inside a line, are rounded otherwise.

        Where the problem says how to round, there is no other way.
        """
        known = self.lines.problem.rounding is not None or not self.roundings
        if name in self.lines.start or known:
            return np.zeros_like(written.mask)
        values = otherwise(self.lines, name, own, self.style)
        return np.asarray(self.matches(written, values).reshape(-1, *written.mask.shape).any(0))

    def after_wrong(
        self, written: Typed, name: str, own: Mapping[str, Own], right: Mapping[str, Own]
    ) -> Mask:
        """Tell where an answer is right only from wrong values before it."""
        before = self.lines.reads(name)
        inputs = self.lines.start
        if all(
            right.get(other) is each for other, each in own.items() if other in {*before, *inputs}
        ):
            return np.zeros_like(written.mask)
        alike = self.matches(written, self.own_value(name, right))
        alike = alike | self.replays(written, name, right)
        if not alike[written.mask].all():
            alike = alike | self.otherwise(written, name, right)
        return np.asarray(written.mask & ~alike)

    def with_radius(
        self, written: Typed, name: str, own: Mapping[str, Own], halves: Mapping[str, Array]
    ) -> Mask:
        """Tell where some rounding before an entry, not written or not seen, explains it."""
        found = self.otherwise(written, name, own)
        if found[written.mask].all():
            return found
        return found | self.by_radius(written, name, own, halves)

    def by_radius(
        self, written: Typed, name: str, own: Mapping[str, Own], halves: Mapping[str, Array]
    ) -> Mask:
        """Tell where digits that were kept but not written explain an entry.

        It counts only while it would not also let 0, the other sign, or a known slip pass.
        """
        nothing = np.zeros_like(written.mask)
        if self.tolerance.measure != "own digits":
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

    def all_zero(self, name: str, own: Mapping[str, Own], right: Mapping[str, Own]) -> bool:
        """Tell whether a wrong earlier value that counts here is nothing but zeros."""
        before = self.lines.reads(name)
        for other, each in own.items():
            wrong = each.mask & ~(right[other].mask if other in right else False)
            if other in before and wrong.any() and not each.value[each.mask].any():
                return True
        return False
