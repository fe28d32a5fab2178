"""Read how a hand calculation rounds, what holds at kinks, and the keys of other commands."""

from __future__ import annotations

import re
from collections.abc import Collection
from fractions import Fraction
from typing import TYPE_CHECKING

from gradcalc.algebra.formula.expr import Number
from gradcalc.algebra.formula.shapes import describe
from gradcalc.algebra.operations.operation import Operation, Table, slopes_at_kink, with_slopes
from gradcalc.errors import ProblemError, listed, suggestion
from gradcalc.problem.model import sized
from gradcalc.problem.reading.vocabulary import Vocabulary
from gradcalc.problem.text.numbers import read_array, read_number
from gradcalc.problem.text.yaml_nodes import MappingNode, ScalarNode, SequenceNode, Value

if TYPE_CHECKING:
    from gradcalc.engine.rounding import Rounding

MODES = ("half_up", "half_even", "truncate")
SETTINGS = ("decimals", "significant", "mode")
MAX_DIGITS = 15
LARGEST = 10**308
"""Numbers above are too large to compute with, and are refused where they are."""

KEPT = ("options", "answer", "expect", "marking")
_FORMULA = re.compile(r"[^\W\d_].*[-+*/(@^']|[*(@^'].*[^\W\d_]")
_NOT_FINITE = re.compile(r"[+-]?(?:\.?(?:nan|inf(?:inity)?)|[\d.]+e\d+)\Z", re.IGNORECASE)


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


def with_kinks(section: MappingNode | None, table: Table) -> Table:
    """Return the table with the derivatives that a file chooses: `kinks: {relu: 1}`.

    One number holds at all kinks of a function, a list has one for each. Raises
    ProblemError for a function that has no kink, or whose derivative there is settled.
    """
    changed = [
        with_slopes(row, slopes)
        for key, value in (section.pairs if section else ())
        for row in [_row(key, table)]
        for slopes in [_slopes(row, value)]
    ]
    return table.extended(changed) if changed else table


def _row(key: ScalarNode, table: Table) -> Operation:
    name = key.text.strip()
    found = table.resolve(name)
    if found is None:
        near = table.nearest(name)
        raise ProblemError(
            f"{name} is not a function that gradcalc knows",
            key.span,
            hint=f"did you mean {near}?" if near else "`gradcalc ops` lists the functions",
        )
    row = table[found.op]
    if not slopes_at_kink(row):
        known = listed(each.name for each in table if slopes_at_kink(each))
        raise ProblemError(
            f"the derivative of {row.name} at a kink cannot be chosen"
            if row.kinks
            else f"{row.name} has no kink",
            key.span,
            row.kink_note,
            f"it can for {known}",
        )
    return row


def _slopes(row: Operation, value: Value) -> list[Number]:
    items = value.items if isinstance(value, SequenceNode) else (value,)
    if isinstance(value, SequenceNode) and len(items) != len(row.kinks):
        raise ProblemError(
            f"{row.name} has {len(row.kinks)} kink{'' if len(row.kinks) == 1 else 's'}",
            value.span,
            hint="one number for all, or a list with one for each",
        )
    cells = [read_number(item, f"the derivative of {row.name} at a kink") for item in items]
    return [Number(Fraction(cell.text), cell.text) for cell in cells]


def read_extras(root: MappingNode, vocabulary: Vocabulary) -> dict[str, Value]:
    """Return the keys that other commands read, once they are well formed."""
    _check_options(root.get("options"), root.get("answer"))
    _check_expected(root.get("expect"), vocabulary)
    return {key: value for key in KEPT if (value := root.get(key)) is not None}


def _check_options(options: Value | None, answer: Value | None) -> None:
    pairs = options.pairs if isinstance(options, MappingNode) else ()
    if isinstance(options, MappingNode) and not pairs:
        raise ProblemError("options is empty", options.span, hint="options: {a: [1, 2], b: [2, 1]}")
    for label, value in pairs:
        if isinstance(value, ScalarNode) and value.empty:
            raise ProblemError(f"option {label.text} is empty", label.span)
        if not isinstance(value, ScalarNode) or _NOT_FINITE.match(value.text.strip()):
            read_array(value, f"option {label.text}")
    if not isinstance(answer, ScalarNode):
        return
    if not pairs:
        raise ProblemError(
            "answer without options", answer.span, hint="options: {a: [1, 2], b: [2, 1]}"
        )
    labels = [label.text for label, _ in pairs]
    if answer.text.strip() not in labels:
        raise ProblemError(
            f"{answer.text.strip()} is not the letter of an option",
            answer.span,
            hint="the options are " + listed(labels),
        )


def _check_expected(expect: Value | None, vocabulary: Vocabulary) -> None:
    for key, value in expect.pairs if isinstance(expect, MappingNode) else ():
        due = vocabulary.shape(vocabulary.read(key))
        if isinstance(value, ScalarNode) and _FORMULA.search(value.text):
            continue  # `check` reads formulas
        found = read_array(value, key.text).shape
        single = all(dim == 1 for dim in (*found, *due))
        letters = any(isinstance(dim, str) for dim in due)
        if found != due and not single and not letters:
            raise ProblemError(f"{sized(key.text, due)}, here: {describe(found)}", value.span)
