"""Read how a hand calculation rounds."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from gradcalc.errors import ProblemError, suggestion
from gradcalc.problem.document import MappingNode, ScalarNode, Value
from gradcalc.problem.numbers import read_number
from gradcalc.problem.vocabulary import Vocabulary

if TYPE_CHECKING:
    from gradcalc.algebra.expr import Number
    from gradcalc.engine.rounding import Rounding

MODES = ("half_up", "half_even", "truncate")
SETTINGS = ("decimals", "significant", "mode")
MAX_DIGITS = 15
LARGEST = 10**308
"""Numbers above are too large to compute with, and are refused where they are."""


def read_rounding(
    section: Value | None, vocabulary: Vocabulary, data: Collection[str]
) -> Rounding | None:
    """Return how the problem rounds, or None; `data` are the quantities of the file.

    Raises ProblemError for digits out of range and for a name that is not computed.
    """
    if not isinstance(section, MappingNode):
        return None
    settings: dict[str, int] = {}
    named: dict[str, int] = {}
    mode = "half_up"
    for key, value in section.pairs:
        if key.text == "mode":
            mode = _mode(value)
        elif key.text in ("decimals", "significant"):
            settings[key.text] = _digits(value, key.text, least=int(key.text == "significant"))
        else:
            name = vocabulary.whole(key, more=SETTINGS)
            if name in data:
                raise ProblemError(
                    f"{name} stands in the file and is not rounded",
                    key.span,
                    hint="only computed values are rounded",
                )
            if name in named:
                raise ProblemError(f"{name} is rounded twice", key.span)
            named[name] = _digits(value, key.text, least=0)
    if len(settings) > 1:
        raise ProblemError(
            "decimals and significant exclude each other", section.span, hint="keep one of them"
        )
    if not settings and not named:
        raise ProblemError(
            "rounding names no digits",
            section.span,
            hint="{decimals: 2}, {significant: 3}, or decimals by name: {a1: 2}",
        )
    from gradcalc.engine.rounding import Rounding  # noqa: PLC0415 - letters need no NumPy

    return Rounding(settings.get("decimals"), settings.get("significant"), named, mode)


def moves(rounding: Rounding | None, name: str, number: Number) -> bool:
    """Tell whether rounding makes another number of a line whose formula is a number."""
    if rounding is None or abs(number.value) > LARGEST:
        return False
    import numpy as np  # noqa: PLC0415 - letters need no NumPy

    exact = np.asarray(float(number.value))
    return bool(rounding(name, exact) != exact)


def _mode(value: Value) -> str:
    mode = value.text.strip() if isinstance(value, ScalarNode) else ""
    if mode not in MODES:
        raise ProblemError(
            f"{mode or 'this'} is not a way of rounding",
            value.span,
            hint=suggestion(mode, MODES, "known are " + ", ".join(MODES)),
        )
    return mode


def _digits(value: Value, what: str, least: int) -> int:
    digits = read_number(value, what)
    if digits.value != int(digits.value) or not least <= digits.value <= MAX_DIGITS:
        raise ProblemError(
            f"{what}: a whole number from {least} to {MAX_DIGITS} is due", digits.span
        )
    return int(digits.value)
