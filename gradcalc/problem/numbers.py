"""Read numbers and arrays of numbers, exactly as they are written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from gradcalc.algebra.shapes import describe
from gradcalc.errors import ProblemError, Span
from gradcalc.problem.document import Mapping, Scalar, Sequence, Value

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?\Z", re.ASCII)
_FRACTION = re.compile(r"([+-]?\d{1,30})/(\d{1,30})\Z", re.ASCII)
_NOT_FINITE = {"nan", "inf", "infinity", ".nan", ".inf"}
MAX_TEXT = 60


@dataclass(frozen=True)
class Cell:
    """One number: its value, and the text that it was written as."""

    value: float
    text: str
    span: Span


def read_number(node: Value, what: str) -> Cell:
    """Return the number that a value spells; `what` names it in an error.

    U+2212 is a minus, `1/3` a fraction. Raises ProblemError for everything that is
    not a finite number.
    """
    if not isinstance(node, Scalar):
        raise ProblemError(f"{what} holds a number here", node.span, "a list stands here"
                           if isinstance(node, Sequence) else "a mapping stands here")
    text = node.text.strip().replace("−", "-")
    if len(text) > MAX_TEXT and _NUMBER.match(text):
        raise ProblemError(f"a number of more than {MAX_TEXT} characters", node.span)
    if _NUMBER.match(text):
        value = float(text)
        if value in (float("inf"), float("-inf")):
            raise ProblemError(f"{text} is larger than any number gradcalc computes with",
                               node.span)
        return Cell(value, _tidy(text), node.span)
    fraction = _FRACTION.match(text)
    if fraction and int(fraction[2]):
        return Cell(float(Fraction(int(fraction[1]), int(fraction[2]))), text, node.span)
    message, hint = _refusal(node, text)
    raise ProblemError(f"{what}: {message}", node.span, "not a number", hint)


def _tidy(text: str) -> str:
    """Return the digits as written, without a plus and with a zero before the point."""
    sign, digits = ("-", text[1:]) if text[0] == "-" else ("", text.lstrip("+"))
    whole, dot, rest = digits.partition(".")
    whole = whole.lstrip("0") or "0" if whole.isdigit() else whole or "0"
    if dot and (not rest or not rest[0].isdigit()):
        dot = ""
    return sign + whole + dot + rest


def _refusal(node: Scalar, text: str) -> tuple[str, str | None]:
    if node.empty:
        return "a number is missing", "write 0 where 0 is meant"
    bare = text.lstrip("+-").casefold()
    if bare in _NOT_FINITE:
        return f"{text} is not a finite number", None
    if all(_NUMBER.match(part) for part in text.split()) and len(text.split()) > 1:
        return f"{text!r} is several numbers", "a comma is missing between them"
    if re.fullmatch(r"[+-]?\d+,\d+", text):
        return f"{text!r} has a decimal comma", f"write {text.replace(',', '.')}"
    if text.endswith("%"):
        return f"{text!r} is a percentage", "write it as a number: 5% is 0.05"
    if "_" in text and _NUMBER.match(text.replace("_", "")):
        return f"{text!r} has an underscore", f"write {text.replace('_', '')}"
    if bare in ("true", "false", "yes", "no", "on", "off"):
        return f"{text!r} is not a number", "write 1 or 0"
    if "**" in text or "^" in text or "*" in text:
        return f"{text!r} is a formula", "data are numbers; put formulas under equations"
    return f"{text!r} is not a number", None


@dataclass(frozen=True)
class Cells:
    """An array of numbers: shape, entries in row order, place."""

    shape: tuple[int, ...]
    cells: tuple[Cell, ...]
    span: Span


def read_array(node: Value, what: str) -> Cells:
    """Return the number, vector, matrix or deeper array that a value spells.

    Raises ProblemError for empty or ragged lists and for anything but numbers.
    """
    if isinstance(node, Mapping):
        raise ProblemError(f"{what} holds numbers", node.span, "a mapping stands here")
    if isinstance(node, Scalar):
        return Cells((), (read_number(node, what),), node.span)
    if not node.items:
        raise ProblemError(f"{what} is empty", node.span, "at least one number is due")
    rows = [read_array(item, what) for item in node.items]
    for item, row in zip(node.items, rows, strict=True):
        if row.shape != rows[0].shape:
            raise ProblemError(
                f"{what}: the rows differ in length", item.span,
                f"{describe(row.shape)} here, {describe(rows[0].shape)} in the first row",
                _comma_hint(node.span),
            )
    cells = tuple(cell for row in rows for cell in row.cells)
    return Cells((len(rows), *rows[0].shape), cells, node.span)


def _comma_hint(span: Span) -> str | None:
    return "0,1 is two numbers in YAML; write 0.1" if decimal_comma(span) else None


def decimal_comma(span: Span) -> bool:
    """Tell whether the line looks as if it had decimal commas: `[0,1, -0,1]`."""
    return bool(re.search(r"\d,\d[^\]]*,\s+[-−]?\d+,\d", span.source.line(span.line)))
