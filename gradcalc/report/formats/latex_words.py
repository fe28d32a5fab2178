"""Words as LaTeX: every sign stands for itself, mathematics between them is set as such."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import groupby
from math import fsum

from gradcalc.errors import TIED, visible
from gradcalc.report.blocks import Text, runs
from gradcalc.report.mathematics.latex import latex
from gradcalc.report.mathematics.tree import extent

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
_RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁽⁾", "0123456789-()", strict=True)) | {"ᵀ": r"\top"}
_LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉ᵢⱼ", "0123456789ij", strict=True))
_HALVES = dict(
    zip("½¼¾⅓⅔⅕⅖⅛", ("1/2", "1/4", "3/4", "1/3", "2/3", "1/5", "2/5", "1/8"), strict=True)
)
_MATHEMATICS = {
    **{sign: rf"\tfrac{{{both[0]}}}{{{both[2]}}}" for sign, both in _HALVES.items()},
    "−": "-",
    "·": r"\cdot ",
    "⊙": r"\odot ",
    "×": r"\times ",
    "≤": r"\le ",
    "≥": r"\ge ",
    "≈": r"\approx ",
    "≠": r"\ne ",
    "∈": r"\in ",
    "Σ": r"\sum ",
    "∑": r"\sum ",
    "∂": r"\partial ",
    "∇": r"\nabla ",
    "⋮": r"\vdots ",
    "←": r"\leftarrow ",
    "→": r"\to ",
    "‖": r"\Vert ",
    "∞": r"\infty ",
    "⊤": r"\top ",
    "′": "{}'",
    "√": r"\surd ",
    "σ": r"\sigma ",
    "α": r"\alpha ",
    "β": r"\beta ",
    "γ": r"\gamma ",
    "δ": r"\delta ",
    "ε": r"\epsilon ",
    "η": r"\eta ",
    "θ": r"\theta ",
    "λ": r"\lambda ",
    "μ": r"\mu ",
    "φ": r"\phi ",
    "ω": r"\omega ",
    "ρ": r"\rho ",
    "τ": r"\tau ",
    "ξ": r"\xi ",
    "ŷ": r"\hat y",
    "ℝ": r"\mathrm{R}",
    "✓": r"\surd ",
    "✗": r"\times ",
    "∘": r"\circ ",
    "≙": r"\doteq ",
}
"""Signs of mathematics between words, each by itself."""
_SIGNS = re.compile(f"([{''.join((*_MATHEMATICS, *_RAISED, *_LOWERED))}]+)")


@lru_cache(maxsize=4096, typed=True)
def words(text: Text) -> str:
    """Return a text that stands for itself in LaTeX, mathematics in it set as such."""
    return "".join(
        plain(part) if isinstance(part, str) else f"${latex(part)}$" for part in runs(text)
    )


def plain(content: str) -> str:
    """Return words in which nothing is a formula; signs of mathematics stand for themselves."""
    tied = TIED.join(visible(part) for part in content.split(TIED))
    parts = _SIGNS.split(unicodedata.normalize("NFC", tied))
    return "".join(
        f"${_signs(part)}$" if at % 2 else "".join(map(_sign, part))
        for at, part in enumerate(parts)
    )


def _signs(run: str) -> str:
    """Return signs of mathematics beside each other, what stands above or below together."""
    found = ""
    for level, group in groupby(run, key=lambda sign: (sign in _RAISED) - (sign in _LOWERED)):
        if level:
            inner = "".join(_RAISED.get(sign) or _LOWERED[sign] for sign in group)
            found += f"{{}}{'^' if level > 0 else '_'}{{{inner}}}"
        else:
            found += "".join(_MATHEMATICS[sign] for sign in group)
    return found


def length(text: Text) -> float:
    """Return about how many digits a text is as wide as."""
    if isinstance(text, str):
        return len(text)
    return fsum(len(part) if isinstance(part, str) else extent(part) for part in text)


def _sign(sign: str) -> str:
    known = _SPECIAL.get(sign) or _LETTERS.get(sign)
    if known is not None:
        return known
    if sign.isascii():
        return sign
    if sign == "…":
        return r"\dots{}"
    apart = unicodedata.normalize("NFD", sign)
    letter, marks = apart[0], apart[1:]
    if letter.isascii() and len(marks) == 1 and marks[0] in _ACCENTS:
        dotless = {"i": r"\i", "j": r"\j"}.get(letter, letter)
        return f"\\{_ACCENTS[marks[0]]}{{{dotless}}}"
    return rf"\other{{{sign}}}{{U+{ord(sign):04X}}}"
