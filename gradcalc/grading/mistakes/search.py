"""Search the mistakes that a wrong value comes from: singles, then pairs, then triples."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, combinations, islice

import numpy as np

from gradcalc.algebra.operations.kernels import Array, Indices, Mask
from gradcalc.grading.evaluation.lines import Lines
from gradcalc.grading.mistakes.library import RULES
from gradcalc.grading.mistakes.mistaken_values import Effects, Made
from gradcalc.grading.mistakes.rule import Slip

MOST_LISTED = 400_000
"""Triples that are looked through for those that can be made together."""


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
class Search(Effects):
    """The mistakes that can be seen in one value, given what the writer has."""

    @cached_property
    def slips(self) -> tuple[Slip, ...]:
        """Return the slips that can be seen here, no two of one rule with one effect."""
        return tuple(slip for slip, _ in self.singles)

    @cached_property
    def singles(self) -> tuple[tuple[Slip, Array], ...]:
        """Return the slips that can be seen here, each with the value under it alone."""
        seen: dict[tuple[str, bytes], tuple[Slip, Array]] = {}
        for (slip,), value in self.effects([(slip,) for slip in self.possible]):
            if value is None or not np.isfinite(value).all():
                continue
            effect = np.round(value, 12).tobytes() + str(value.shape).encode()
            seen.setdefault((slip.rule, effect), (slip, value))
        return tuple(seen.values())

    def together(self, count: int, most: int) -> Indices:
        """Return the combinations of so many slips that can be made together, up to `most`.

        What changes nothing alone is no part of several.
        """
        if count == 1:
            return np.arange(min(len(self.slips), most))[:, None]
        seen = self._seen
        if count == 2:
            table = seen[np.stack(np.triu_indices(len(seen), 1), axis=1)]
        else:
            some = islice(combinations(seen.tolist(), count), MOST_LISTED)
            table = np.fromiter(chain.from_iterable(some), dtype=np.intp).reshape(-1, count)
        apart = self._apart
        for one, other in combinations(range(count), 2):
            table = table[apart[table[:, one], table[:, other]]]
        return table[:most]

    @cached_property
    def _seen(self) -> Indices:
        """Return the numbers of the slips that change the value."""
        right = self.unchanged
        same = [
            value.shape == right.shape and bool(np.allclose(value, right, 1e-12, 1e-15))
            for _, value in self.singles
        ]
        return np.flatnonzero(~np.array(same, dtype=bool))

    @cached_property
    def _apart(self) -> Mask:
        """Tell which slips can be made together: no two ways of one rule at one line."""
        places = [{(slip.rule, edit.line) for edit in slip.edits} for slip in self.slips]
        table = [[not one & other for other in places] for one in places]
        return np.array(table, dtype=bool).reshape(len(places), len(places))


def ranked(found: Iterable[Made], lines: Lines) -> tuple[Explanation, ...]:
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
