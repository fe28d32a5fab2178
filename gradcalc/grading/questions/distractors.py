"""Make the options of a question: the key, and wrong ones that each come from a mistake."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from string import ascii_lowercase

import numpy as np

from gradcalc.algebra.operations.kernels import Array
from gradcalc.engine.rounding import round_decimals
from gradcalc.errors import ProblemError
from gradcalc.grading.evaluation.comparison import leading
from gradcalc.grading.evaluation.lines import lines_of
from gradcalc.grading.mistakes.library import RULES
from gradcalc.grading.mistakes.rule import Slip
from gradcalc.grading.mistakes.search import Explanation, Search
from gradcalc.problem.model import Problem
from gradcalc.problem.names import Reference

MOST = len(ascii_lowercase)
MOST_ENTRIES = 64
DIGITS = 3
FURTHER = 4
"""Decimals that are tried where the key would do with fewer, but its wrong options not."""
LOSS = 0.02
"""Largest part of a value that rounding may take off."""
COMMON = (
    "loss-sign",
    "act-derivative-missing",
    "loss-factor-2",
    "act-skipped",
    "loss-target-dropped",
    "weight-not-transposed",
    "act-wrong-argument",
    "loss-reduction",
    "raw-error-propagated",
    "weight-missing",
)
"""Rules that make the first wrong options: what people do most."""


@dataclass(frozen=True)
class MadeOption:
    """One option as it is to be printed; no explanation for the key."""

    label: str
    texts: tuple[str, ...]
    shape: tuple[int, ...]
    explanation: Explanation | None


@dataclass(frozen=True)
class MadeOptions:
    """Options that all differ as they are printed."""

    find: Reference
    decimals: int
    options: tuple[MadeOption, ...]

    @property
    def key(self) -> str:
        """Return the label of the key."""
        return next(option.label for option in self.options if option.explanation is None)


@np.errstate(over="ignore", invalid="ignore")  # numbers near the end of the range
def make_options(
    problem: Problem,
    find: Reference,
    count: int,
    decimals: int | None = None,
    seed: int = 1,
) -> MadeOptions:
    """Return `count` options for one quantity, the key among them at a drawn place.

    decimals: digits after the point; without it, as many as the key needs, at most 3
    significant digits. Raises ProblemError where there are not so many mistakes that
    show at that precision, or what is asked for cannot be an option.
    """
    where = problem.source.name
    if not problem.numeric:
        raise ProblemError("options of numbers need a problem with numbers", where=where)
    if not 2 <= count <= MOST:
        raise ProblemError(f"a question has 2 to {MOST} options", where=where)
    lines = lines_of(problem)
    if find.name not in lines.by_name:
        raise ProblemError(f"{find} is no line of this problem", where=where)
    search = Search(lines, find.name)
    right = _entry(search.unchanged, find)
    if right.size > MOST_ENTRIES:
        raise ProblemError(
            f"{find.name} has {right.size} entries, too many for an option",
            where=where,
            hint="ask for one entry, as in dL/dW1[1,1]",
        )
    first = _places(right) if decimals is None else decimals
    candidates = list(_wrong(search, find))
    for places in range(first, first + 1 if decimals is not None else max(first, FURTHER) + 1):
        wrong = _distinct(candidates, right, places, count - 1)
        if len(wrong) == count - 1:
            break
    if len(wrong) < count - 1:
        known = "1 mistake changes" if len(wrong) == 1 else f"{len(wrong)} mistakes change"
        known = known if wrong else "no mistake changes"
        raise ProblemError(
            f"{'only ' * bool(wrong)}{known} {find} at {places} decimals",
            where=where,
            hint=(f"ask for {len(wrong) + 1} options or fewer, for" if wrong else "ask for")
            + " more decimals, or change the numbers: `gradcalc lint` says which",
        )
    made: list[tuple[tuple[str, ...], Explanation | None]] = [*wrong]
    made.insert(random.Random(seed).randrange(count), (_texts(right, places), None))
    return MadeOptions(
        find,
        places,
        tuple(
            MadeOption(label, texts, right.shape, explanation)
            for label, (texts, explanation) in zip(ascii_lowercase, made, strict=False)
        ),
    )


def _distinct(
    candidates: Sequence[tuple[Explanation, Array]], right: Array, places: int, count: int
) -> list[tuple[tuple[str, ...], Explanation]]:
    """Return so many wrong options that all differ, and that rounding leaves what they are."""
    seen = {_texts(right, places)}
    found: list[tuple[tuple[str, ...], Explanation]] = []
    for explanation, value in candidates:
        if len(found) == count:
            break
        if value.shape != right.shape or not np.isfinite(value).all():
            continue
        lost = np.abs(round_decimals(value, places) - value).max(initial=0.0)
        texts = _texts(value, places)
        if texts not in seen and lost <= LOSS * np.abs(value).max(initial=0.0):
            seen.add(texts)
            found.append((texts, explanation))
    return found


def _entry(value: Array, find: Reference) -> Array:
    return value if find.index is None else np.asarray(value[find.index])


def _places(value: Array) -> int:
    """Return the decimals at which the key is exact, or has three significant digits."""
    for places in range(7):
        if np.allclose(round_decimals(value, places), value, rtol=1e-12, atol=1e-12):
            return places
    smallest = np.abs(value[value != 0]).min(initial=1.0)
    return int(max(1, DIGITS - 1 - float(leading(np.asarray(smallest)))))


def _texts(value: Array, places: int) -> tuple[str, ...]:
    rounded = round_decimals(value, places) + 0.0
    found = []
    for number in rounded.ravel().tolist():
        text = f"{number:.{places}f}"
        found.append(text.lstrip("-") if not text.strip("-0.") else text)
    return tuple(_short(text) for text in found)


def _short(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _wrong(search: Search, find: Reference) -> Iterator[tuple[Explanation, Array]]:
    """Yield wrong values, each of one mistake, then of two, the commonest first."""
    order = {name: at for at, name in enumerate(dict.fromkeys((*COMMON, *RULES)))}
    slips = [slip for slip in search.slips if RULES[slip.rule].convention != "relu_at_zero"]
    slips.sort(key=lambda slip: (slip.systematic, order[slip.rule]))
    first: dict[str, None] = {}
    ahead: list[Slip] = []
    behind: list[Slip] = []
    for slip in slips:  # each rule once before any rule twice
        (behind if slip.rule in first else ahead).append(slip)
        first[slip.rule] = None
    singles = [(slip,) for slip in (*ahead, *behind)]
    pairs = [pair for pair in combinations(ahead, 2) if not any(slip.systematic for slip in pair)][
        :200
    ]
    for slips_, value in search.effects([*singles, *pairs]):
        if value is not None and value.shape == search.unchanged.shape:
            placed = sorted(slips_, key=lambda slip: search.lines.place[slip.at])
            yield Explanation(tuple(placed)), _entry(value, find)
