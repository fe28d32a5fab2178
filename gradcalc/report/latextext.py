"""Words as LaTeX: nothing in them is a command, and mathematics in them is set as such."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from gradcalc.errors import visible
from gradcalc.report.glyphs import read
from gradcalc.report.inline import SIGNS, pieces
from gradcalc.report.mathlatex import latex

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


@lru_cache(maxsize=4096)
def words(content: str) -> str:
    """Return a text that stands for itself in LaTeX, mathematics in it set as such."""
    return "".join(
        plain(piece) if isinstance(piece, str) else f"${latex(piece)}$" for piece in pieces(content)
    )


def plain(content: str) -> str:
    """Return words in which nothing is a formula."""
    return "".join(map(_sign, unicodedata.normalize("NFC", visible(content))))


def _sign(sign: str) -> str:
    known = _SPECIAL.get(sign) or _LETTERS.get(sign)
    if known is not None:
        return known
    if sign.isascii():
        return sign
    if sign == "…":
        return r"\dots{}"
    if sign in SIGNS:
        return f"${latex(read(sign, inline=True))}$"
    apart = unicodedata.normalize("NFD", sign)
    letter, marks = apart[0], apart[1:]
    if letter.isascii() and len(marks) == 1 and marks[0] in _ACCENTS:
        dotless = {"i": r"\i", "j": r"\j"}.get(letter, letter)
        return f"\\{_ACCENTS[marks[0]]}{{{dotless}}}"
    return rf"\other{{{sign}}}{{U+{ord(sign):04X}}}"
