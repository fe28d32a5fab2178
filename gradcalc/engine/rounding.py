"""Round as people do on paper: halves of the shortest decimal, away from zero."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from gradcalc.algebra.operations.kernels import Array

MODES = ("half_up", "half_even", "truncate")
TIE = 8 * np.finfo(float).eps
NEAR = 1e-10
"""Of the last digit kept: what cancellation may have left between a value and its tie."""
LARGEST = 2.0**53
"""Floats from here on are whole numbers."""


@dataclass(frozen=True)
class Rounding:
    """How many decimals or significant digits are kept, of which names, and how.

    decimals, significant: for every named value; named: decimals of single names.
    """

    decimals: int | None = None
    significant: int | None = None
    named: Mapping[str, int] = field(default_factory=dict)
    mode: str = "half_up"

    def __call__(self, name: str, value: Array) -> Array:
        """Return the value of a line as it is written down and carried on."""
        if not self.rounds(name):
            return value
        places = self.named.get(name, self.decimals)
        if places is not None:
            return round_decimals(value, places, self.mode)
        assert self.significant is not None
        return round_significant(value, self.significant, self.mode)

    def rounds(self, name: str) -> bool:
        """Tell whether a line is rounded; a part of a line, which has no name, is not."""
        if name.startswith("_") or "/d_" in name or name.startswith("d_"):
            return False
        return name in self.named or self.decimals is not None or self.significant is not None


def round_decimals(value: Array, places: int | Array, mode: str = "half_up") -> Array:
    """Return the value rounded to decimals, a tie within a few ulp being a tie.

    A value that has no more digits than are kept stays as it is.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        scale = 10.0 ** np.abs(places)
        scaled = np.abs(np.where(np.asarray(places) >= 0, value * scale, value / scale))
        whole = _whole(scaled, mode)
        result = np.where(np.asarray(places) >= 0, whole / scale, whole * scale)
    rounded = np.where(whole == 0, 0.0, np.copysign(result, value))
    return np.where(scaled < LARGEST, rounded, value)


def _whole(magnitude: Array, mode: str) -> Array:
    slack = np.minimum(np.maximum(TIE * magnitude, NEAR), 1 / 8)
    floor = np.floor(magnitude + slack)
    if mode == "truncate":
        return np.asarray(floor)
    rest = magnitude - floor
    up = rest > 0.5 - slack
    if mode == "half_even":
        tie = np.abs(rest - 0.5) <= slack
        up = np.where(tie, floor % 2 == 1, up)
    return np.asarray(floor + up)


def round_significant(value: Array, digits: int | Array, mode: str = "half_up") -> Array:
    """Return the value rounded to significant digits."""
    magnitude = np.where(value == 0, 1.0, np.abs(value))
    leading = np.floor(np.log10(magnitude) + TIE)
    return round_decimals(value, np.asarray(digits - 1 - leading), mode)
