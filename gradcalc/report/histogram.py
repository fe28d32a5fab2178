"""Scores of a class in bins."""

from __future__ import annotations

import numpy as np

from gradcalc.grading.tally import Tally
from gradcalc.report.classwords import points_text

BINS = 11


def histogram(tally: Tally) -> list[tuple[tuple[str, str], int]]:
    """Return the bins of the scores with their counts; the full score stands alone."""
    most = tally.most
    values = np.array(list(tally.scores))
    counts = np.array(list(tally.scores.values()))
    if most <= 0:
        return [(("0", ""), int(counts.sum()))]
    unit = next((u for u in (1.0, 0.5) if np.allclose(values / u, np.round(values / u))), 0.0)
    step = max(_step(most), unit)
    found: list[tuple[tuple[str, str], int]] = []
    for low in np.arange(0.0, most - 1e-9, step):
        high = min(low + step, most)
        inside = (values >= low - 1e-9) & (values < high - 1e-9)
        last = points_text(high - unit) if unit else f"<{points_text(high)}"
        alone = unit and high - unit <= low + 1e-9
        found.append(((points_text(low), "" if alone else last), int(counts[inside].sum())))
    found.append(((points_text(most), ""), int(counts[values >= most - 1e-9].sum())))
    return found


def _step(most: float) -> float:
    raw = most / (BINS - 1)
    power = 10.0 ** np.floor(np.log10(raw))
    return float(next(s * power for s in (1, 2, 2.5, 5, 10) if s * power >= raw - 1e-12))
