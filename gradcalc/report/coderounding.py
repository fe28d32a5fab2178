"""Rounding in a script: the function, and where it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradcalc.problem.model import Problem

_DECIMALS = """\
def rounded(x, decimals):
    # {what}
    scaled = np.abs(x) * 10.0**decimals
    return np.copysign({whole} / 10.0**decimals, x)"""
_DIGITS = """\
def rounded(x, digits):
    # {what}
    magnitude = np.where(x == 0, 1.0, np.abs(x))
    scale = 10.0 ** (digits - 1 - np.floor(np.log10(magnitude) + 1e-15))
    scaled = np.abs(x) * scale
    return np.copysign({whole} / scale, x)"""
_MODES = {
    "half_up": ("np.floor(scaled + 0.5 + 1e-10)", "halves away from 0, as on paper"),
    "half_even": ("np.round(np.round(scaled, 9))", "halves to the even digit"),
    "truncate": ("np.floor(scaled + 1e-10)", "further digits cut off"),
}
ROUNDING = {
    (mode, significant): (_DIGITS if significant else _DECIMALS)
    .format(whole=whole, what=what)
    .split("\n")
    for mode, (whole, what) in _MODES.items()
    for significant in (False, True)
}
"""Mode, and whether significant digits are kept → the function."""


def rounded(problem: Problem, name: str, terms: list[str]) -> list[str]:
    """Return the terms of a line, rounded where the problem rounds its name."""
    rounding = problem.rounding
    if rounding is None or name in problem.visible.names.values():  # of a part of an equation
        return terms
    places = rounding.named.get(name, rounding.decimals)
    places = rounding.significant if places is None else places
    return terms if places is None else [f"rounded({' '.join(terms)}, {places})"]
