"""Say where a wrong answer comes from: rules, patterns, an operand copied wrongly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from gradcalc.algebra.kernels import Array
from gradcalc.grading.comparison import Tolerance, Typed, leading
from gradcalc.grading.diagnosing import LESS_LUCK, Way, chance, diagnose
from gradcalc.grading.earlier import Earlier, Mask, Own
from gradcalc.grading.following import Style
from gradcalc.grading.library import RULES
from gradcalc.grading.lines import Lines, lines_of
from gradcalc.grading.patterns import Pattern, pattern
from gradcalc.grading.search import Diagnosis, Explanation, Search
from gradcalc.grading.transcription import as_if
from gradcalc.grading.verdict import Finding
from gradcalc.problem.naming import Reference

MOST_EXPLAINED = 200
"""Slips on one sheet whose mistakes are searched for."""
READINGS = 200
"""Misreadings of one number, about: each may match by chance."""

RARE = frozenset(("act-wrong-argument", "act-local-wrong"))
"""Rules with so many ways to go wrong that one misread digit is likelier."""


@dataclass(frozen=True)
class Wrong:
    """A wrong answer with all that is known of its writer.

    entries: the wrong ones; due: what the own operands give; earlier: what was put down
    before; trivial: it would follow only since earlier values are all 0.
    """

    name: str
    written: Typed
    entries: Mask
    due: Array
    earlier: Earlier
    style: Style | None = None
    trivial: bool = False


def explained(
    lines: Lines, wrong: Wrong, tolerance: Tolerance, line: int, *, searched: bool
) -> Finding:
    """Return where a wrong answer comes from; not searched, or trivial, it is only noted."""
    if wrong.trivial or not searched:
        found = noted(wrong, line)
        return replace(found, trivial=wrong.trivial, unsearched=not searched)
    return explain(lines, wrong, tolerance, line)


def noted(wrong: Wrong, line: int) -> Finding:
    """Return a slip without a search for where it comes from."""
    entries = tuple(tuple(int(i) for i in at) for at in np.argwhere(wrong.entries))
    return Finding(wrong.name, entries, (line,))


def explain(lines: Lines, wrong: Wrong, tolerance: Tolerance, line: int) -> Finding:
    """Return what a wrong answer comes from: the first of rule, pattern, misread operand."""
    finding = noted(wrong, line)
    if wrong.name in lines.start:
        found = pattern(wrong.written, wrong.due, wrong.entries, tolerance)
        return _with(finding, pattern=found)
    if wrong.name in lines.given and _recomputed(lines, wrong, tolerance):
        return _with(finding, pattern=Pattern("given-value-conflict", finding.entries))
    own = wrong.earlier.own
    search = Search(lines, wrong.name, own)
    way = Way(wrong.style or style_of(wrong.written), wrong.earlier.halves)
    diagnosis = diagnose(search, wrong.written, tolerance, way)
    found = _difference(lines, wrong, tolerance)
    if diagnosis.explanations and not _pen(found, wrong, diagnosis):
        return _with(finding, diagnosis=diagnosis, tells=telling(search, diagnosis))
    if found is None or found.id == "arithmetic-slip":
        read = as_if(lines, wrong.name, own, wrong.earlier.decimals, wrong.written, tolerance)
        if (
            read is not None
            and chance(search, wrong.written, tolerance=tolerance) * READINGS < LESS_LUCK
        ):
            return _with(finding, as_if=read, pattern=found)
    return _with(finding, pattern=found)


def style_of(written: Typed) -> Style:
    """Return how the entries of one answer are rounded."""
    known = written.mask & (written.half > 0) & (written.value != 0)
    if not known.any():
        return Style(0, 0)
    decimals = -np.floor(np.log10(2 * written.half[known]) + 0.5)
    first = leading(written.value[known])
    return Style(int(decimals.max()), int((first + 1 + decimals).max()))


def _difference(lines: Lines, wrong: Wrong, tolerance: Tolerance) -> Pattern | None:
    """Return the pattern of a difference from what is due, or from the value itself."""
    found = pattern(wrong.written, wrong.due, wrong.entries, tolerance)
    exact = lines.values[wrong.name]
    if (found is None or found.id == "arithmetic-slip") and exact.shape == wrong.due.shape:
        other = pattern(wrong.written, exact, wrong.entries, tolerance)
        found = other if other is not None and other.id != "arithmetic-slip" else found
    return found


def _with(finding: Finding, **changes: object) -> Finding:
    known = {name: getattr(finding, name) for name in ("name", "entries", "lines")}
    return Finding(**{**known, **changes})


def _pen(found: Pattern | None, wrong: Wrong, diagnosis: Diagnosis) -> bool:
    """Tell whether a slip of the pen is simpler than several mistakes together."""
    if found is None or found.id not in ("sign-slip", "decimal-slip", "digit-slip"):
        return False
    simplest = min(len(set(each.rules)) for each in diagnosis.explanations)
    if found.id != "digit-slip":
        return simplest > 1
    rare = all(set(each.rules) <= RARE for each in diagnosis.explanations)
    one = len(found.entries) == 1 and bool(wrong.written.value[wrong.entries].all())
    return one and (rare or simplest > 1)


def _recomputed(lines: Lines, wrong: Wrong, tolerance: Tolerance) -> bool:
    """Tell whether a given value was computed although it is given."""
    others = (
        lines.computed[wrong.name],
        lines_of(lines.problem, recompute=True).values[wrong.name],
    )
    written = wrong.written
    return any(
        other.shape == written.value.shape
        and bool(written.agrees(other, tolerance)[written.mask].all())
        for other in others
    )


def slips_within(
    lines: Lines, name: str, own: Mapping[str, Own], middle: Array, reach: Array
) -> Mask:
    """Tell for which entries the value that some slip gives is as near as what is written."""
    search = Search(lines, name, own)
    found = np.zeros(middle.shape, dtype=bool)
    for _, value in search.singles:
        if value.shape == middle.shape:
            differs = np.abs(value - middle) > 1e-9 * np.abs(middle)
            with np.errstate(invalid="ignore"):
                found |= differs & (np.abs(value - middle) <= reach)
    return found


def telling(search: Search, diagnosis: Diagnosis) -> Reference | None:
    """Return the one further quantity whose value would tell equal explanations apart."""
    explanations = diagnosis.explanations
    if len(explanations) < 2:
        return None
    best: tuple[int, int, str] | None = None
    lines = search.lines
    for name in lines.visible:
        if name == search.target or name in search.own or name in lines.given:
            continue
        other = Search(lines, name, search.own)
        values = [
            b"" if value is None else np.round(value, 9).tobytes()
            for _, value in other.effects([each.slips for each in explanations])
        ]
        kinds = len(set(values))
        size = int(np.prod([int(dim) for dim in lines.shapes[name]], dtype=int))
        if kinds > 1 and (best is None or (-kinds, size) < best[:2]):
            best = (-kinds, size, name)
    return Reference(best[2]) if best else None


def convention(explanations: tuple[Explanation, ...], accepted: tuple[str, ...]) -> str | None:
    """Return the accepted convention under which an answer is right, if there is one."""
    for explanation in explanations:
        keys = {RULES[rule].convention for rule in explanation.rules}
        if len(keys) == 1:
            (key,) = keys
            if key is not None and key in accepted:
                return key
    return None
