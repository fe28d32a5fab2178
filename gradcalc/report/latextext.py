"""Words as LaTeX: nothing in them is a command, and mathematics in them is set as such."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from gradcalc.errors import visible
from gradcalc.report.glyphs import read
from gradcalc.report.lettering import FRACTIONS
from gradcalc.report.mathlatex import SIGNS, latex

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    "`": r"\textasciigrave{}",
    "-": "{-}",
    "'": "{'}",
    "\u00a0": "~",
    "—": "---",
    "–": "--",
    "“": "``",
    "”": "''",
    "’": "'",
    "‘": "`",
}
_ACCENTS = {
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0304": "=",
    "\u0307": ".",
    "\u0308": '"',
    "\u030a": "r",
    "\u030b": "H",
    "\u030c": "v",
    "\u0327": "c",
}
_LETTERS = {
    "ß": r"\ss{}",
    "ø": r"\o{}",
    "Ø": r"\O{}",
    "æ": r"\ae{}",
    "Æ": r"\AE{}",
    "œ": r"\oe{}",
    "Œ": r"\OE{}",
    "ł": r"\l{}",
    "Ł": r"\L{}",
    "ı": r"\i{}",
}
_SIGNS = frozenset(sign for sign in SIGNS if not sign.isascii() and sign != "…") | set(
    "²³⁰¹⁴⁵⁶⁷⁸⁹⁻⁽⁾₀₁₂₃₄₅₆₇₈₉ᵢⱼᵀ√σαβγδεηθλμφωρτξŷ" + "".join(FRACTIONS.values())
)
"""Signs that make a word mathematics."""


@lru_cache(maxsize=4096)
def words(content: str) -> str:
    """Return a text that stands for itself in LaTeX."""
    pieces = re.split(r"( +)", " ".join(visible(content.replace("\u00a0", " ")).split()))
    return "".join(_piece(piece) for piece in pieces)


def _piece(piece: str) -> str:
    core = piece.strip(",.;:")
    if not core or not _SIGNS & set(unicodedata.normalize("NFC", core)) or _foreign(core):
        return plain(piece)
    before, _, after = piece.partition(core)
    return f"{plain(before)}${latex(read(core, inline=True))}${plain(after)}"


def _foreign(core: str) -> bool:
    """Tell whether letters of a word are neither plain nor Greek nor accented."""
    base = (unicodedata.normalize("NFD", sign)[0] for sign in core if sign.isalpha())
    return any(not sign.isascii() and sign not in _SIGNS for sign in base)


def plain(content: str) -> str:
    """Return words without mathematics."""
    return "".join(map(_sign, unicodedata.normalize("NFC", content)))


def _sign(sign: str) -> str:
    known = _SPECIAL.get(sign) or _LETTERS.get(sign)
    if known is not None:
        return known
    if sign.isascii():
        return sign
    if sign == "…":
        return r"\dots{}"
    if sign in _SIGNS:
        return f"${latex(read(sign, inline=True))}$"
    letter, *marks = unicodedata.normalize("NFD", sign)
    if letter.isascii() and len(marks) == 1 and marks[0] in _ACCENTS:
        dotless = {"i": r"\i", "j": r"\j"}.get(letter, letter)
        return f"\\{_ACCENTS[marks[0]]}{{{dotless}}}"
    return rf"\other{{{sign}}}{{U+{ord(sign):04X}}}"
