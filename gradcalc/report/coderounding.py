"""Rounding in a script: the function, and where it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradcalc.problem.model import Problem

_DECIMALS = """\
def rounded(x, decimals):
    # {what}
    scaled = np.minimum(np.abs(x), 2.0**53) * 10.0**decimals
    near = np.copysign({whole} / 10.0**decimals, x)
    return np.where(scaled < 2.0**53, near, x)  # from there on no digit is left"""
_DIGITS = """\
def rounded(x, digits):
    # {what}
    magnitude = np.where(x == 0, 1.0, np.abs(x))
    places = digits - 1 - np.floor(np.log10(magnitude) + 1e-15)
    scale = 10.0 ** np.minimum(places, 308)
    scaled = np.abs(x) * scale
    near = np.copysign({whole} / scale, x)
    return np.where(places <= 308, near, x)  # 10**309 is no float"""
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
