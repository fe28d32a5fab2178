"""Say where a wrong answer comes from: rules, patterns, an operand copied wrongly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from gradcalc.algebra.kernels import Array
from gradcalc.grading.comparison import Mask, Tolerance, Typed
from gradcalc.grading.following import Style, radius
from gradcalc.grading.library import RULES
from gradcalc.grading.lines import Lines, lines_of
from gradcalc.grading.patterns import Pattern, pattern
from gradcalc.grading.search import Diagnosis, Explanation, Own, Search
from gradcalc.grading.transcription import as_if
from gradcalc.grading.verdict import Finding
from gradcalc.problem.naming import Index, Reference

LUCK = 0.3
"""Matches by chance above which a search would prove nothing."""
WIDER = 2.0
"""Radii that a mistaken value may be off, since the writer rounded on the way to it."""


@dataclass(frozen=True)
class Wrong:
    """A wrong answer with all that is known of its writer.

    own, halves: the writer's values of other names, and their half units; texts: the
    operands as they are written; due: what the own operands give; entries: the wrong ones.
    """

    name: str
    written: Typed
    entries: Mask
    due: Array
    own: Mapping[str, Own]
    halves: Mapping[str, Array] = field(default_factory=dict)
    texts: Mapping[tuple[str, Index], str] = field(default_factory=dict)
    style: Style | None = None


def explain(lines: Lines, wrong: Wrong, tolerance: Tolerance, line: int) -> Finding:
    """Return what a wrong answer comes from: the first of rule, pattern, misread operand."""
    entries = tuple(tuple(int(i) for i in at) for at in np.argwhere(wrong.entries))
    finding = Finding(wrong.name, entries, (line,))
    if wrong.name in lines.start:
        found = pattern(wrong.written, wrong.due, wrong.entries, tolerance)
        return _with(finding, pattern=found)
    if wrong.name in lines.given and _recomputed(lines, wrong, tolerance):
        return _with(finding, pattern=Pattern("given-value-conflict", entries))
    search = Search(lines, wrong.name, wrong.own)
    diagnosis = diagnose(search, wrong.written, tolerance)
    if not diagnosis.explanations and wrong.style is not None:
        around = radius(lines, wrong.name, wrong.own, wrong.halves, wrong.style)
        if around is not None and np.isfinite(around[1]).all():
            diagnosis = diagnose(search, wrong.written, tolerance, WIDER * around[1])
    found = pattern(wrong.written, wrong.due, wrong.entries, tolerance)
    if diagnosis.explanations and not _pen(found, wrong, diagnosis):
        return _with(finding, diagnosis=diagnosis, tells=telling(search, diagnosis))
    if found is None or found.id == "arithmetic-slip":
        read = as_if(lines, wrong.name, wrong.own, wrong.texts, wrong.written, tolerance)
        if read is not None and chance(search, wrong.written) * 200 < LUCK:
            return _with(finding, as_if=read, pattern=found)
    return _with(finding, pattern=found)


def _with(finding: Finding, **changes: object) -> Finding:
    known = {name: getattr(finding, name) for name in ("name", "entries", "lines")}
    return Finding(**{**known, **changes})  # type: ignore[arg-type]


def _pen(found: Pattern | None, wrong: Wrong, diagnosis: Diagnosis) -> bool:
    """Tell whether a slip of the pen is simpler than several mistakes together."""
    simplest = min(len(set(each.rules)) for each in diagnosis.explanations)
    return found is not None and found.id in ("sign-slip", "decimal-slip") and simplest > 1


def _recomputed(lines: Lines, wrong: Wrong, tolerance: Tolerance) -> bool:
    """Tell whether a given value was computed although it is given."""
    others = (
        lines.computed[wrong.name],
        lines_of(lines.problem, recompute=True).values[wrong.name],
    )
    return any(
        bool(wrong.written.agrees(other, tolerance)[wrong.written.mask].all()) for other in others
    )


def diagnose(
    search: Search, written: Typed, tolerance: Tolerance, further: Array | float = 0.0
) -> Diagnosis:
    """Return the simplest mistakes that give what is written, as far as it can prove any."""

    def match(values: Array) -> Mask:
        if values.shape[1:] != written.value.shape:
            return np.zeros(len(values), dtype=bool)
        same = written.agrees(values, tolerance, further) | ~written.mask
        return np.asarray(same.reshape(len(values), -1).all(axis=1))

    luck = chance(search, written, further)
    return search.diagnose(match, int(min(LUCK / max(luck, 1e-300), 1e9)))


def chance(search: Search, written: Typed, further: Array | float = 0.0) -> float:
    """Return the probability that a value which has nothing to do with it would match.

    Entries that move together under all mistakes count once.
    """
    effects = [
        value.ravel()
        for _, value in search.effects([(slip,) for slip in search.slips])
        if value is not None and value.shape == written.value.shape
    ]
    mask = written.mask.ravel()
    own = written.value.ravel()[mask]
    table = np.array([effect[mask] for effect in effects] + [own])
    spread = table.max(axis=0) - table.min(axis=0) + 2 * np.abs(own).max(initial=0.0)
    room = 2 * (written.half + further).ravel()[mask]
    with np.errstate(invalid="ignore", divide="ignore"):
        parts = np.minimum(1.0, np.where(spread > 0, room / spread, 1.0))
    if not effects:
        return float(np.prod(parts))
    centred = table - table.mean(axis=0)
    values = np.linalg.svd(centred / np.where(spread > 0, spread, 1.0), compute_uv=False)
    independent = max(1, int((values > 0.02 * values.max(initial=0.0)).sum()))
    parts = np.maximum(parts, 1e-12)
    return float(np.prod(np.sort(parts)[:independent]))


def slips_within(
    lines: Lines, name: str, own: Mapping[str, Own], middle: Array, reach: Array
) -> Mask:
    """Tell for which entries the value that some slip gives is as near as what is written."""
    search = Search(lines, name, own)
    found = np.zeros(middle.shape, dtype=bool)
    for _, value in search.effects([(slip,) for slip in search.slips]):
        if value is not None and value.shape == middle.shape:
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
