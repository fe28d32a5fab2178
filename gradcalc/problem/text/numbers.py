"""Read numbers and arrays of numbers, exactly as they are written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from gradcalc.algebra.formula.expr import plainly
from gradcalc.algebra.formula.shapes import describe
from gradcalc.errors import ProblemError, Span
from gradcalc.problem.text.yaml_nodes import MappingNode, ScalarNode, SequenceNode, Value

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?\Z", re.ASCII)
_FRACTION = re.compile(r"([+-]?\d{1,30})/(\d{1,30})\Z", re.ASCII)
_DECIMAL_COMMAS = re.compile(r"\[\s*[-+−]?\d+,\d+(?:,\s+[-+−]?\d+,\d+)+\s*\]", re.ASCII)
MAX_TEXT = 60
SHOWN = 40


@dataclass(frozen=True)
class Numeral:
    """One number: its value, and the text that it was written as."""

    value: float
    text: str
    span: Span


def read_number(node: Value, what: str) -> Numeral:
    """Return the number that a value spells; `what` names it in an error.

    U+2212 is a minus, `1/3` a fraction. Raises ProblemError for everything that is
    not a finite number.
    """
    if not isinstance(node, ScalarNode):
        raise ProblemError(
            f"{what} holds a number here",
            node.span,
            "a list stands here" if isinstance(node, SequenceNode) else "a mapping stands here",
        )
    text = node.text.strip().replace("−", "-")
    if len(text) > MAX_TEXT and _NUMBER.match(text):
        raise ProblemError(
            f"{what}: a number of more than {MAX_TEXT} characters",
            node.span,
            hint="17 digits are as many as gradcalc computes with",
        )
    if _NUMBER.match(text):
        value = float(text)
        if value in (float("inf"), float("-inf")):
            raise ProblemError(
                f"{what}: {text} is larger than any number gradcalc computes with",
                node.span,
                "larger than 1.8e308",
            )
        return Numeral(value, _tidy(text), node.span)
    fraction = _FRACTION.match(text)
    if fraction and int(fraction[2]):
        return Numeral(float(Fraction(int(fraction[1]), int(fraction[2]))), text, node.span)
    message, hint = _refusal(node, text)
    raise ProblemError(f"{what}: {message}", node.span, "not a number", hint)


def _tidy(text: str) -> str:
    """Return the digits as written, without a plus and with a zero before the point."""
    text = plainly(text)
    sign, digits = ("-", text[1:]) if text[0] == "-" else ("", text.lstrip("+"))
    whole, dot, rest = digits.partition(".")
    whole = whole.lstrip("0") or "0" if whole.isdigit() else whole or "0"
    if dot and (not rest or not rest[0].isdigit()):
        dot = ""
    return sign + whole + dot + rest


_REFUSALS: tuple[tuple[str, str, str], ...] = (
    (r"[+-]?\.?(nan|inf|infinity)", "is not a finite number", ""),
    (r"[+-]?\d+,\d+", "has a decimal comma", "a decimal point is due, as in 0.5"),
    (r".*\d\s*%", "is a percentage", "write it as a number: 5% is 0.05"),
    (r"[+-]?\d{1,3}(,\d{3})+\.\d*", "has commas", "write the digits without them: 1000.5"),
    (r"[+-]?[\d.]+e[+-]?\d{5,}", "has an exponent of more than 4 digits", ""),
    (r".+\.(npy|csv)", "is the name of a file", "write {{file: {0}}}"),
    (
        r"[+-]?[\d.]+(\s+[+-]?[\d.]+)*\s*;.*",
        "has a semicolon",
        "a matrix is a list of rows: [[1, 2], [3, 4]]",
    ),
    (r"\(.*", "begins with a parenthesis", "a list stands in brackets: [1, 2]"),
    (r"[+-]?[\d.]+(_[\d.]+)+", "has an underscore", "write the digits alone"),
    (r"\d+(:\d+)+(\.\d*)?", "has a colon", "write minutes and hours as one number"),
    (r"true|false|yes|no|on|off", "is not a number", "write 1 or 0"),
    (r"[+-]?\d+/0+", "divides by 0", ""),
    (r"0[xob][0-9a-f]+", "is not a decimal number", "write its decimal digits"),
    (r".*[*^@()].*", "is a formula", "data are numbers; put formulas under equations"),
    (r"[+-]?[\d.]+(e[+-]?\d+)?\s+\S.*", "is not a number", "write the number alone"),
)
_LONG_DASH = re.compile(r"[\u2010-\u2015]\s*[\d.]")
_SPELLINGS = "a number is written as 2, -0.5, 1e-3 or 1/3"


def _refusal(node: ScalarNode, text: str) -> tuple[str, str | None]:
    """Return what is wrong with a text that is no number, and the way out."""
    if node.empty or not text:
        return "a number is missing", "write 0 where 0 is meant"
    shown = repr(text if len(text) <= SHOWN else text[:SHOWN] + "…")
    if text.isdecimal() and not text.isascii():
        return f"{shown} is not a number", "write the digits 0 to 9"
    if _LONG_DASH.match(text):
        return f"{shown} begins with a dash, not a minus", "write - before the digits"
    words = text.split()
    if len(words) > 1 and all(_NUMBER.match(word) for word in words):
        return f"{shown} is several numbers", "a comma is missing between them"
    for pattern, message, hint in _REFUSALS:
        if re.fullmatch(pattern, text, re.IGNORECASE | re.ASCII):
            return f"{shown} {message}", hint.format(text) or None
    return f"{shown} is not a number", _SPELLINGS


@dataclass(frozen=True)
class NumeralArray:
    """An array of numbers: shape, entries in row order, place."""

    shape: tuple[int, ...]
    cells: tuple[Numeral, ...]
    span: Span


def read_array(node: Value, what: str) -> NumeralArray:
    """Return the number, vector, matrix or deeper array that a value spells.

    Raises ProblemError for empty or ragged lists and for anything but numbers.
    """
    if isinstance(node, MappingNode):
        raise ProblemError(f"{what} holds numbers", node.span, "a mapping stands here")
    if isinstance(node, ScalarNode):
        return NumeralArray((), (read_number(node, what),), node.span)
    _refuse_decimal_commas(node, what)
    if not node.items:
        raise ProblemError(f"{what} is empty", node.span, "at least one number is due")
    rows = [read_array(item, what) for item in node.items]
    for item, row in zip(node.items, rows, strict=True):
        if row.shape != rows[0].shape:
            raise ProblemError(
                f"{what}: the rows differ in length",
                item.span,
                f"{describe(row.shape)} here, {describe(rows[0].shape)} in the first row",
            )
    cells = tuple(cell for row in rows for cell in row.cells)
    return NumeralArray((len(rows), *rows[0].shape), cells, node.span)


def _refuse_decimal_commas(node: SequenceNode, what: str) -> None:
    """Refuse `[0,1, -0,1]`, where every other comma looks like a decimal one."""
    start = node.span.column - 1
    text = node.span.source.line(node.span.line)[start : start + node.span.length]
    found = _DECIMAL_COMMAS.match(text)
    if found:
        raise ProblemError(
            f"{what}: are these decimal commas, or twice as many numbers?",
            node.span,
            hint="a number has a decimal point, as in 0.1; in a list of whole numbers put a"
            " space after every comma",
        )
