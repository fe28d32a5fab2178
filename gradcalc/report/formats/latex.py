"""Documents as LaTeX: a complete article or a fragment, with amsmath and nothing else."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from math import fsum

from gradcalc.errors import visible
from gradcalc.report.blocks import (
    Band,
    Boxed,
    Document,
    DocumentBlock,
    Drawing,
    Equation,
    EquationList,
    Labelled,
    LayerHeading,
    Listing,
    Saying,
    SolutionLine,
)
from gradcalc.report.mathematics.latex import latex
from gradcalc.report.mathematics.readback import SIGNS, cell, pieces, read
from gradcalc.report.mathematics.tree import extent, lines, tall

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

ROOM = 78
"""Digits that fit beside each other on a line of the article."""
WIDEST = 1e9
SMALLEST = 1.9
"""How many times what fits the page in normal type fits it in the smallest."""
SIZES = ((1.0, "normalsize"), (1.25, "footnotesize"), (1.6, "scriptsize"), (99.0, "tiny"))
PREAMBLE = r"""\documentclass[10pt,fleqn,leqno]{article}
\usepackage{amsmath}
\setlength{\textwidth}{16.5cm}\setlength{\oddsidemargin}{-0.3cm}
\setlength{\textheight}{23.5cm}\setlength{\topmargin}{-1.2cm}
\setlength{\mathindent}{3em}\setlength{\parindent}{0pt}\setlength{\parskip}{4pt}\raggedbottom
\setcounter{MaxMatrixCols}{200}\allowdisplaybreaks[1]
"""
SKIPS = r"""\abovedisplayskip=3pt\belowdisplayskip=3pt
\abovedisplayshortskip=3pt\belowdisplayshortskip=3pt
"""
OTHER = r"""\ifdefined\XeTeXversion\DeclareRobustCommand{\other}[2]{#1}\else
\ifdefined\directlua\DeclareRobustCommand{\other}[2]{#1}\else
\DeclareRobustCommand{\other}[2]{[#2]}\fi\fi
"""
"""How a sign is printed that pdfLaTeX has no font for."""


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


def article(documents: Sequence[Document]) -> str:
    """Return problems as a complete article, with a table of contents where there are several."""
    contents = "\\tableofcontents\n\n" if len(documents) > 1 else ""
    body = "\n\\clearpage\n".join(map(fragment, documents))
    return f"{PREAMBLE}{OTHER}\\begin{{document}}\n{SKIPS}{contents}{body}\\end{{document}}\n"


def fragment(document: Document) -> str:
    r"""Return one problem from its `\section` on, to be put into an article."""
    head = f"\\section*{{{plain(document.title)}}}\n"
    head += f"\\addcontentsline{{toc}}{{section}}{{{plain(document.title)}}}\n"
    if document.cite:
        head += f"\\emph{{{plain(document.cite)}}}\n\n"
    return head + "".join(text for block in document.blocks for text in _block(block))


def fragments(documents: Iterable[Document]) -> str:
    """Return problems without a preamble."""
    needs = "% needs \\usepackage{amsmath}\n\\providecommand{\\other}[2]{[#2]}\n"
    return needs + "\n".join(map(fragment, documents))


def _block(block: DocumentBlock) -> Iterator[str]:
    match block:
        case Labelled():
            yield f"\\textbf{{{words(block.label)}}}\\quad {words(block.words)}\n\n"
        case EquationList():
            label = f"\\textbf{{{words(block.label)}}}\n" if block.label else ""
            yield label + _flow(block)
        case Band():
            yield f"\\subsection*{{{words(block.title)}}}\n"
        case LayerHeading():
            yield f"\\paragraph{{{words(block.title)}}}\n"
        case SolutionLine():
            yield _display(block.equation, block.note, f"({block.number})")
            if block.unfolded:
                yield from (_display(each) for each in block.entries)
        case Listing():
            yield _listing(block)
        case Saying():
            mark = "\\textbf{!}\\quad " if block.tone == "warning" else ""
            yield f"{mark}{words(block.text)}\n\n"
        case Boxed():
            beside = f"\\qquad\\text{{{words(block.beside)}}}" if block.beside else ""
            inner = f"& \\boxed{{{together([(block.equation, '')])}}}{beside}"
            yield _aligned([inner], _wide(block.equation))
        case Drawing():
            return


def rows_of(shown: Equation, room: float) -> list[str]:
    """Return an equation in one row where it fits, else a row for each of its sides."""
    sign = r"\leftarrow" if shown.sign == "←" else "="
    name = latex(shown.name)
    if not shown.sides:
        return [f"& {name}"]
    whole = extent(shown.name) + fsum(extent(side) + 3 for side in shown.sides)
    if room == WIDEST or (whole <= room * 0.8 and sum(map(tall, shown.sides)) < 4):
        return [f"{name} &{sign} {' = '.join(map(latex, shown.sides))}"]
    rows = []
    for at, side in enumerate(shown.sides):
        lead = f"{name} &{sign} " if at == 0 else "&= "
        first, *more = lines(side, room - extent(shown.name) - 3, large=True)
        rows.append(lead + latex(first))
        rows += [f"&\\qquad {{}}{latex(each)}" for each in more]
    return rows


def flowing(shown: EquationList, room: float) -> list[list[tuple[Equation, str]]]:
    """Return equations in rows, as many in each as there is room for; words end a row."""
    found: list[list[tuple[Equation, str]]] = []
    used = 0.0
    for each, said in shown.rows:
        wide = extent(each.name) + fsum(extent(side) + 3 for side in each.sides) + len(said) + 4
        if not found or used + wide > room or found[-1][-1][1]:
            found.append([])
            used = 0.0
        found[-1].append((each, said))
        used += wide
    return found


def together(row: list[tuple[Equation, str]]) -> str:
    """Return equations beside each other, without signs to align them at."""
    shown = (rows_of(each, WIDEST)[0].replace("&", "", 1).strip() for each, _ in row)
    return r"\qquad ".join(shown)


def _flow(block: EquationList) -> str:
    """Return equations with a label."""
    found = []
    for row in flowing(block, ROOM):
        first, said = row[0][0], row[-1][1]
        beside = _aligned([f"& {together(row)}"], _wide(first), said)
        found.append(beside if len(row) > 1 else _display(first, said))
    return "".join(found)


def _display(shown: Equation, said: str = "", number: str = "") -> str:
    """Return an equation with its number, words beside its first row or over it."""
    shown = _fitting(shown)
    rows = rows_of(shown, ROOM)
    first = extent(shown.name) + 3 + (extent(shown.sides[0]) if shown.sides else 0)
    if len(rows) == 1:
        first = extent(shown.name) + fsum(extent(side) + 3 for side in shown.sides)
    beside = first + 0.85 * len(said) + 4 <= ROOM
    over = (
        ""
        if beside or not said
        else f"\\hspace*{{\\mathindent}}{{\\small {words(said)}}}\\nopagebreak\n"
    )
    return over + _aligned(rows, _wide(shown), said if beside else "", number)


def _aligned(rows: list[str], wide: float, said: str = "", number: str = "") -> str:
    tag = f"\\tag*{{{number}}}" if number else ""
    beside = f"\\qquad\\text{{\\small {words(said)}}}" if said else ""
    inner = "\\\\\n".join([f"{rows[0]}{beside}{tag}", *rows[1:]])
    return _sized(f"\\begin{{align*}}\n{inner}\n\\end{{align*}}\n", wide)


def _fitting(shown: Equation) -> Equation:
    """Return an equation without what stands between and fits the page in no type."""
    first, *between = shown.sides[:-1] or (None,)
    room = SMALLEST * ROOM
    kept = [
        side
        for side in between
        if side is not None and max(map(extent, lines(side, ROOM, large=True))) <= room
    ]
    return shown if first is None else replace(shown, sides=(first, *kept, shown.sides[-1]))


def _wide(shown: Equation) -> float:
    """Return how wide an equation is that is broken wherever it can be."""
    room = ROOM - extent(shown.name) - 3
    sides = [extent(each) for side in shown.sides for each in lines(side, room, large=True)]
    return extent(shown.name) + 3 + max(sides, default=0)


def _sized(body: str, wide: float) -> str:
    """Return a formula in smaller type where it is too wide for the page."""
    size = next(name for factor, name in SIZES if wide <= factor * ROOM or factor > 50)
    return body if size == "normalsize" else f"{{\\{size}\n{body}}}\n"


def _listing(block: Listing) -> str:
    cells = [
        [_cell(text, row == 0 or at == 0) for row, text in enumerate(column)]
        for at, column in enumerate(block.columns)
    ]
    rows = [" & ".join(row) + r" \\" for row in zip(*cells, strict=True)]
    rows.insert(1, "\\hline")
    wide = sum(max(map(len, column)) + 2 for column in block.columns)
    inner = "\n".join(rows)
    table = f"\\begin{{tabular}}{{{'l' * len(cells)}}}\n{inner}\n\\end{{tabular}}"
    caption = f"{words(block.caption)}\n\n" if block.caption else ""
    return caption + _sized(f"\\begin{{center}}\n{table}\n\\end{{center}}\n", wide * 0.95)


def _cell(content: str, head: bool) -> str:
    found = cell(content, head=head)
    return words(found) if isinstance(found, str) else f"${latex(found)}$"
