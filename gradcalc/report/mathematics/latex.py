r"""Mathematics as LaTeX that amsmath, KaTeX and MathJax read alike.

Little that a Markdown reader takes for its own: no `\,` or `\{`, each row of a matrix on
a line of its own.
"""

from __future__ import annotations

import unicodedata

from gradcalc.algebra.formula.names import GREEK
from gradcalc.report.mathematics.tree import (
    GAP,
    Accent,
    Atom,
    Blank,
    Cases,
    Fenced,
    Fraction,
    Grid,
    Math,
    Quantity,
    Root,
    Row,
    Scripts,
    tall,
)

SIGNS = {
    "−": "-",
    "·": r"\cdot ",
    "⊙": r"\odot ",
    "×": r"\times ",
    "≤": r"\le ",
    "≥": r"\ge ",
    "<": "<",
    ">": ">",
    "∈": r"\in ",
    "Σ": r"\sum ",
    "∑": r"\sum ",
    "∂": r"\partial ",
    "∇": r"\nabla ",
    "…": r"\dots ",
    "⋮": r"\vdots ",
    "←": r"\leftarrow ",
    "→": r"\to ",
    "|": r"\vert ",
    "‖": r"\Vert ",
    "∞": r"\infty ",
    "⊤": r"\top ",
    "′": r"\prime ",
    "*": r"\ast ",
    "'": r"\prime ",
    "%": r"\%",
    "&": r"\&",
    "^": r"\wedge ",
    ",": ", ",
    "⟮": r"\Bigl(",
    "⟯": r"\Bigr)",
    "❨": r"\Biggl(",
    "❩": r"\Biggr)",
    "(": "(",
    "—": r"{\text{---}}",
    ")": ")",
    "[": "[",
    "]": "]",
    "{": r"\lbrace ",
    "}": r"\rbrace ",
}
FUNCTIONS = frozenset(
    ("exp", "ln", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "max", "min")
)
_GREEK = {sign: name for name, sign in GREEK.items() if name != "lam"}
_FENCES = {"(": ("(", ")"), "|": (r"\vert ", r"\vert "), "‖": (r"\Vert ", r"\Vert ")}
_SPECIAL = {"_": r"\_", "#": r"\#", "$": r"\$", "~": r"\sim ", "\\": r"\backslash ", "@": "@"}


def latex(part: Math) -> str:
    """Return mathematics as LaTeX, for the inside of a formula."""
    match part:
        case Atom():
            return _atom(part)
        case Blank():
            return r"\underline{\hspace{3em}}"
        case Accent():
            return rf"\{'hat' if part.sign == 'hat' else part.sign} {latex(part.base)}"
        case Row():
            return _row(part)
        case Scripts():
            return _script(part)
        case Fraction():
            command = "tfrac" if part.small else "frac"
            return rf"\{command}{{{latex(part.over)}}}{{{latex(part.under)}}}"
        case Root():
            return rf"\sqrt{{{latex(part.inner)}}}"
        case Fenced():
            left, right = _FENCES[part.left]
            inner = latex(part.inner)
            if tall(part.inner):
                return rf"\left{left}{inner}\right{right}"
            return f"{left}{inner}{right}"
        case Grid():
            return _grid(part)
        case Cases():
            return _cases(part)
        case Quantity():
            return latex(part.inner)


def _row(part: Row) -> str:
    """Return parts side by side; where TeX leaves a space of its own, none is added."""
    found: list[str] = []
    before: Math | None = None
    for each in part.parts:
        blank = each == Atom("space", " ")
        found.append("" if blank and _spaced(before) else latex(each))
        before = each
    return "".join(found)


def _spaced(before: Math | None) -> bool:
    if isinstance(before, Atom):
        return before.kind == "number" or before.text in ",∑Σ"
    return isinstance(before, Fraction) and before.small


def _atom(part: Atom) -> str:
    if part.kind == "space":
        return "~" if part.text == GAP else r"\thinspace "
    if part.kind == "sign":
        return "{-}"
    if part.kind in ("number", "operator", "bracket") and part.text in SIGNS:
        return SIGNS[part.text]
    if part.kind == "letter":
        return _letter(part.text)
    if part.kind == "function" and part.text in FUNCTIONS:
        return rf"\{part.text} "
    if part.kind in ("function", "word"):
        shape = "mathit" if part.kind == "word" else "mathrm"
        if shape == "mathrm" and "-" in part.text:
            shape = "operatorname"  # where a hyphen is no minus
        return rf"\{shape}{{{''.join(map(_letter, part.text))}}}"
    return "".join(map(_letter, part.text))


def _letter(sign: str) -> str:
    """Return one letter of a name; one that the fonts lack as the number of its sign."""
    if sign.isascii():
        return _SPECIAL.get(sign, SIGNS.get(sign, sign if sign != " " else r"\thinspace "))
    if sign in _GREEK:
        return rf"\{_GREEK[sign]} "
    plain = unicodedata.normalize("NFD", sign)[0]
    if plain.isascii() and plain.isalpha():
        return plain
    return rf"\mathrm{{U{ord(sign):04X}}}"


def _script(part: Scripts) -> str:
    base = latex(part.base).rstrip() if part.base is not None else "{}"
    if isinstance(part.base, Row | Root) or (isinstance(part.base, Fraction) and part.base.small):
        base = f"{{{base}}}"
    below = f"_{{{latex(part.below)}}}" if part.below is not None else ""
    if part.above is None:
        return base + below
    above = latex(part.above)
    if above == r"\prime ":
        return f"{base}'{below}"
    return f"{base}{below}^{{{above.strip()}}}"


def _grid(part: Grid) -> str:
    rows = "\\\\\n".join(" & ".join(map(latex, line)) for line in part.rows)
    return f"\\begin{{bmatrix}}\n{rows}\n\\end{{bmatrix}}"


def _cases(part: Cases) -> str:
    rows = []
    for value, words, condition in part.rows:
        shown = rf"\text{{ {words} }}" if condition is not None else rf"\text{{ {words}}}"
        rows.append(f"{latex(value)} & {shown}{latex(condition) if condition is not None else ''}")
    inner = "\\\\\n".join(rows)
    return f"\\begin{{cases}}\n{inner}\n\\end{{cases}}"
