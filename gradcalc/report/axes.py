"""Ranges and ticks of a plot: round numbers, and a cut where a curve goes to infinity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, isfinite, log10

import numpy as np

from gradcalc.algebra.expr import Number
from gradcalc.report.curve import STEEP, Curve
from gradcalc.report.figures import figure
from gradcalc.report.lettering import Lettering

PAD = 0.06
LONGEST = 40
FARTHEST, FINEST = 1e9, 1e-6


@dataclass(frozen=True)
class Panel:
    """One pair of axes and the curves in it."""

    curves: tuple[Curve, ...]
    low: float
    high: float
    bottom: float
    top: float

    @property
    def letter(self) -> str:
        """Return the letter of the horizontal axis."""
        letters = {curve.function.letter for curve in self.curves}
        return letters.pop() if len(letters) == 1 else ""


def panel(curves: Sequence[Curve]) -> Panel:
    """Return axes that have room for these curves."""
    low, high = min(c.low for c in curves), max(c.high for c in curves)
    bottom, top = _heights(curves)
    if top - bottom <= 1e-9 * max(abs(top), abs(bottom), 1e-300):
        around = abs(top) or 1.0
        bottom, top = bottom - around / 2, top + around / 2
    pad = PAD * (top - bottom)
    return Panel(tuple(curves), low, high, bottom - pad, top + pad)


def _heights(curves: Sequence[Curve]) -> tuple[float, float]:
    """Return the lowest and highest value to draw; what goes to infinity is cut."""
    traces = [trace for curve in curves for trace in curve.traces if trace.pieces]
    values = np.concatenate([trace.heights for trace in traces])
    points = [j.value for t in traces for j in t.jumps if np.isfinite(j.value)]
    bottom, top = float(values.min()), float(values.max())
    fifth, most = (float(q) for q in np.percentile(values, [10, 90]))
    inner = (most - fifth) or 1.0
    if top > most + STEEP * inner:
        top = most + inner / 2
    if bottom < fifth - STEEP * inner:
        bottom = fifth - inner / 2
    inside = [y for y in points if bottom - inner < y < top + inner]
    return min([bottom, *inside]), max([top, *inside])


def ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    """Return at most about `most` round numbers between two others, as they are written.

    >>> [text for _, text in ticks(-4.2, 4.2, 5)]
    ['-4', '-2', '0', '2', '4']
    """
    rough = (high - low) / max(most, 1)
    power = 10.0 ** floor(log10(rough))
    step = next(s * power for s in (1, 2, 5, 10) if s * power >= rough * 0.999)
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [(k * step, figure(k * step)) for k in range(first, last + 1)]


def shown(text: str, *, unicode: bool) -> str:
    """Return the text of a tick with a typographic minus."""
    return Lettering({}, unicode=unicode).number(text)


def letter_of(panel: Panel, *, unicode: bool) -> str:
    """Return the letter of the horizontal axis as it is printed."""
    return Lettering({}, unicode=unicode).name(panel.letter) if panel.letter else ""


def number_of(text: str) -> Number:
    """Return a number of the command line as an exact one; raises ValueError."""
    try:
        value = Fraction(text.replace("−", "-"))
        finite = isfinite(float(value))
    except (ValueError, ZeroDivisionError, OverflowError):
        finite = False
    if not finite or len(text) > LONGEST:
        raise ValueError(f"{text[:LONGEST]!r} is not a number")
    return Number(value, text)


def interval(low: float | None, high: float | None) -> None:
    """Check the ends of an axis; raises ValueError with the reason."""
    start, stop = -4.0 if low is None else low, 4.0 if high is None else high
    if not (isfinite(start) and isfinite(stop) and max(abs(start), abs(stop)) <= FARTHEST):
        raise ValueError(f"--from and --to are to be numbers up to {FARTHEST:g}")
    if stop - start <= FINEST * max(abs(start), abs(stop), 1e-9):
        raise ValueError(f"--from {start:g} has to lie to the left of --to {stop:g}")
