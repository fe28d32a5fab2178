"""Read one number as it was written: its exact value and how far it was rounded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

MAX_TEXT = 60
MAX_EXPONENT = 400
SHOWN = 40
LARGEST = 1e16
"""Whole numbers from here on are no longer told apart by floats."""
NO_DECIMALS = -999
"""What stands for the decimals of a fraction such as 1/3, and of what is no number."""

_DECIMAL = re.compile(
    r"(?P<sign>[+-]?)(?:(?P<whole>\d+)(?:\.(?P<part>\d*)|,(?P<tail>\d+))?|[.,](?P<bare>\d+))"
    r"(?:[eE](?P<exponent>[+-]?\d+)"
    r"|[*·×x⋅∙]10(?:\^|\*\*)[({]?(?P<power>[+-]?\d+)[)}]?"
    r"|[*·×x⋅∙]10(?P<raised>[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+))?\Z",
    re.ASCII,
)
_FRACTION = re.compile(r"([+-]?\d{1,30})/(\d{1,30})\Z", re.ASCII)
_TENS = re.compile(r"10{1,}\Z")
_POWER = re.compile(r"[+-]?10(?:\^|\*\*|[⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹])", re.ASCII)
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}\Z", re.ASCII)
_MINUS = re.compile(r"[–‐‑](?=[\d.,])", re.ASCII)
_AROUND = re.compile(r"\s{0,9}([*·×x⋅∙/^])\s{0,9}")
_RAISED = str.maketrans("⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹", "-+0123456789")
_PARTS = {"½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4"} | {
    **{"⅕": "1/5", "⅖": "2/5", "⅗": "3/5", "⅘": "4/5", "⅙": "1/6", "⅚": "5/6", "⅛": "1/8"},
    **{"⅜": "3/8", "⅝": "5/8", "⅞": "7/8"},
}

NOISE = 1e-12
"""Relative to the value: what the order of additions may change."""


@dataclass(frozen=True)
class Written:
    """One number as it was written.

    text: as written, a true minus for every sign of one, no blanks. decimals: digits
    after the point, the exponent counted. significant: digits from the first that is
    not 0. rounded: False for a fraction such as 1/3, which has no last digit, and for a
    calculation; room: how far the rounding of its numbers moves that.
    """

    text: str
    value: float
    exact: Fraction
    decimals: int
    significant: int
    rounded: bool
    room: float = 0.0

    @property
    def unit(self) -> Fraction:
        """Return one unit of the last written digit; 0 where the number is exact."""
        return Fraction(10) ** -self.decimals if self.rounded else Fraction(0)


def read_written(text: str, *, comma: bool = False) -> Written:
    """Return the number that a text spells.

    comma: a comma is known to be a decimal one, also where it could mean thousands.
    Raises ValueError, with the reason in plain words, for all that is not one finite
    number of bounded length.

    >>> read_written("−0.310").decimals, read_written("2e-3").unit
    (3, Fraction(1, 1000))
    """
    tidy = _tidy(text)
    if len(tidy) <= MAX_TEXT:
        match = _DECIMAL.match(tidy)
        if match and (comma or not _GROUPED.match(tidy)):
            return _decimal(tidy, match)
        fraction = _FRACTION.match(tidy)
        if fraction and int(fraction[2]):
            exact = Fraction(int(fraction[1]), int(fraction[2]))
            if _TENS.match(fraction[2]):  # 138/1000 is 0.138
                digits = len(fraction[1].lstrip("+-0"))
                return Written(tidy, float(exact), exact, len(fraction[2]) - 1, digits, True)
            return Written(tidy, float(exact), exact, 0, 0, False)
        if _POWER.match(tidy) and (match := _DECIMAL.match(_with_factor(tidy))):
            return _decimal(tidy, match)
    raise ValueError(_reason(tidy))


def digits_text(value: float, decimals: int) -> str:
    """Return a number with its decimals, nothing where it has no plain digits.

    However a number was spelled, it reads the same: .5, 0,5 and 5e-1 as 0.5.

    >>> digits_text(-0.5, 2), digits_text(1e30, -30)
    ('-0.50', '')
    """
    plain = 0 <= decimals <= MAX_TEXT and abs(value) < LARGEST
    return f"{value:.{decimals}f}" if plain else ""


def _tidy(text: str) -> str:
    """Return a text with one sign for minus and without blanks that part nothing."""
    if len(text) > 4 * MAX_TEXT:
        return text.strip()[: 4 * MAX_TEXT]
    text = _MINUS.sub("-", text.strip().replace("−", "-"))
    if text[:1] in "+-":
        text = text[:1] + text[1:].lstrip()
    if text[-1:] in _PARTS and text[:-1] in ("", "+", "-"):
        text = text[:-1] + _PARTS[text[-1]]
    return _AROUND.sub(r"\1", text) if len(text.split()) > 1 else text


def _with_factor(text: str) -> str:
    """Return `10^-3` as `1*10^-3`."""
    lead = 1 if text[0] in "+-" else 0
    return f"{text[:lead]}1*{text[lead:]}"


def _decimal(text: str, match: re.Match[str]) -> Written:
    """Return the number of a decimal, with or without a power of ten."""
    sign, whole, part, tail, bare, exponent, power, raised = match.groups()
    behind = part or tail or bare or ""
    digits = (whole or "") + behind
    shift = exponent or power or (raised.translate(_RAISED) if raised else "")
    by = int(shift) if shift else 0
    if abs(by) > MAX_EXPONENT:
        raise ValueError(f"{text} has an exponent of more than {MAX_EXPONENT}")
    decimals = len(behind) - by
    count = int(sign + digits)
    exact = Fraction(count, 10**decimals) if decimals > 0 else Fraction(count * 10**-decimals)
    try:
        value = float(exact)
    except OverflowError:
        raise ValueError(f"{text} is larger than any number gradcalc computes with") from None
    if exact and not value:
        raise ValueError(f"{text} is smaller than any number gradcalc computes with")
    return Written(text, value, exact, decimals, len(digits.lstrip("0")), True)


_REASONS: tuple[tuple[str, str], ...] = (
    (r"[+-]?(nan|n/a|#n/a)", "{} is not a number that can be compared"),
    (r"[+-]?(inf|infinity|∞)", "{} is not a number that can be compared"),
    (r"[^%]*[\d.]\s*\\?%", "{} is a percentage: write it as a number, 5% is 0.05"),
    (r"[+-]?\d{1,3}(,\d{3})+", "{} may have a decimal comma or mean thousands: write a point"),
    (r"[+-]?\d{1,3}(,\d{3})+\.\d*", "{} has commas: write the digits without them"),
    (r"[+-]?\d+/0+", "{} divides by 0"),
    (r"0[xob][0-9a-f]+", "{} is not a decimal number"),
    (r"[\d.]+(_[\d.]+)+", "{} has an underscore: write the digits alone"),
    (r"\.{3}|…", "numbers are left out here"),
    (r"[—―]\s*[\d.].*", "{} begins with a dash, not a minus"),
    (r".*[-+*/^@()=<>].*", "{} is a formula, not a number"),
)


def _reason(text: str) -> str:
    """Return why a text is no number, on one line."""
    if not text:
        return "a number is missing"
    if len(text) > MAX_TEXT:
        number = text[:SHOWN].lstrip("+-").replace(".", "", 1).replace(",", "", 1).isdigit()
        return f"a {'number' if number else 'word'} of more than {MAX_TEXT} characters"
    text = " ".join(text.split())
    shown = text if len(text) <= SHOWN else text[:SHOWN] + "…"
    if any(ch.isdigit() and not ch.isascii() for ch in text):
        return f"{shown} has digits other than 0 to 9"
    words = text.split()
    if len(words) > 1 and all(_DECIMAL.match(word) for word in words):
        return f"{shown} is {len(words)} numbers, one is due"
    for pattern, reason in _REASONS:
        if re.fullmatch(pattern, text, re.IGNORECASE | re.ASCII):
            return reason.format(shown)
    return f"{shown} is not a number"
