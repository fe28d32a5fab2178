"""Documents as LaTeX: a complete article or a fragment, with amsmath and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gradcalc.report.document import (
    Band,
    Block,
    Boxed,
    Document,
    Drawing,
    Equation,
    Equations,
    Group,
    Labelled,
    Line,
    Listing,
    Saying,
)
from gradcalc.report.glyphs import read
from gradcalc.report.latextext import words
from gradcalc.report.mathlatex import latex
from gradcalc.report.mathtree import Math, extent, lines, tall

ROOM = 78
"""Digits that fit beside each other on a line of the article."""
SIZES = ((1.0, "normalsize"), (1.25, "footnotesize"), (1.6, "scriptsize"), (99.0, "tiny"))
PREAMBLE = r"""\documentclass[10pt]{article}
\usepackage{amsmath}
\setlength{\textwidth}{16.5cm}\setlength{\oddsidemargin}{-0.3cm}
\setlength{\textheight}{23.5cm}\setlength{\topmargin}{-1.2cm}
\setlength{\parindent}{0pt}\setlength{\parskip}{4pt}\raggedbottom
\setcounter{MaxMatrixCols}{200}\allowdisplaybreaks[1]
"""
OTHER = r"""\ifdefined\XeTeXversion\DeclareRobustCommand{\other}[2]{#1}\else
\ifdefined\directlua\DeclareRobustCommand{\other}[2]{#1}\else
\DeclareRobustCommand{\other}[2]{[#2]}\fi\fi
"""
"""How a sign is printed that pdfLaTeX has no font for."""


def article(documents: Sequence[Document]) -> str:
    """Return problems as a complete article, with a table of contents where there are several."""
    contents = "\\tableofcontents\n\n" if len(documents) > 1 else ""
    body = "\n\\clearpage\n".join(map(fragment, documents))
    return f"{PREAMBLE}{OTHER}\\begin{{document}}\n{contents}{body}\\end{{document}}\n"


def fragment(document: Document) -> str:
    r"""Return one problem from its `\section` on, to be put into an article."""
    head = f"\\section*{{{words(document.title)}}}\n"
    head += f"\\addcontentsline{{toc}}{{section}}{{{words(document.title)}}}\n"
    if document.cite:
        head += f"\\emph{{{words(document.cite)}}}\n"
    return "\n".join([head, *(text for block in document.blocks for text in _block(block))])


def fragments(documents: Iterable[Document]) -> str:
    """Return problems without a preamble."""
    needs = "% needs \\usepackage{amsmath}\n\\providecommand{\\other}[2]{[#2]}\n"
    return needs + "\n".join(map(fragment, documents))


def _block(block: Block) -> Iterator[str]:
    match block:
        case Labelled():
            yield f"\\textbf{{{words(block.label)}}}\\quad {words(block.words)}\n"
        case Equations():
            label = f"\\textbf{{{words(block.label)}}}\n" if block.label else ""
            yield label + "".join(_display(each, said) for each, said in block.rows)
        case Band():
            yield f"\\subsection*{{{words(block.title)}}}\n"
        case Group():
            yield f"\\paragraph{{{words(block.title)}}}\n"
        case Line():
            yield _display(block.equation, block.note, f"({block.number})")
            if block.unfolded:
                yield from (_display(each) for each in block.entries)
        case Listing():
            yield _listing(block)
        case Saying():
            mark = "\\textbf{!}\\quad " if block.tone == "warning" else ""
            yield f"{mark}{words(block.text)}\n"
        case Boxed():
            boxed = f"\\boxed{{{equation(block.equation, ROOM)}}}"
            beside = f"\\qquad\\text{{{words(block.beside)}}}" if block.beside else ""
            yield _sized(f"\\[\n{boxed}{beside}\n\\]\n", _wide(block.equation))
        case Drawing():
            return


def equation(shown: Equation, room: float) -> str:
    r"""Return an equation in one line where it fits, else aligned at its signs."""
    sign = r"\leftarrow" if shown.sign == "←" else "="
    name = latex(shown.name)
    if not shown.sides:
        return name
    whole = extent(shown.name) + sum(extent(side) + 3 for side in shown.sides)
    if whole <= room * 0.8 and sum(map(tall, shown.sides)) < 4:
        rest = " = ".join(map(latex, shown.sides))
        return f"{name} {sign} {rest}"
    rows = []
    for at, side in enumerate(shown.sides):
        lead = f"{name} &{sign} " if at == 0 else "&= "
        first, *more = lines(side, room - extent(shown.name) - 3)
        rows.append(lead + latex(first))
        rows += [f"&\\qquad {{}}{latex(each)}" for each in more]
    inner = "\\\\\n".join(rows)
    return f"\\begin{{aligned}}\n{inner}\n\\end{{aligned}}"


def _display(shown: Equation, said: str = "", number: str = "") -> str:
    tag = f"\\tag*{{{number}}}" if number else ""
    words_of = f"\\hfill\\emph{{{words(said)}}}\\par\\nopagebreak\n" if said and number else ""
    beside = f"\\qquad\\text{{{words(said)}}}" if said and not number else ""
    body = f"\\begin{{equation*}}\n{equation(shown, ROOM)}{beside}{tag}\n\\end{{equation*}}\n"
    return words_of + _sized(body, _wide(shown))


def _wide(shown: Equation) -> float:
    """Return how wide an equation is that is broken wherever it can be."""
    room = ROOM - extent(shown.name) - 3
    sides = [extent(each) for side in shown.sides for each in lines(side, room)]
    return extent(shown.name) + 3 + max(sides, default=0)


def _sized(body: str, wide: float) -> str:
    """Return a formula in smaller type where it is too wide for the page."""
    size = next(name for factor, name in SIZES if wide <= factor * ROOM or factor > 50)
    return body if size == "normalsize" else f"{{\\{size}\n{body}}}\n"


def _listing(block: Listing) -> str:
    cells = [[cell_of(text, at > 0) for at, text in enumerate(column)] for column in block.columns]
    rows = [" & ".join(row) + r" \\" for row in zip(*cells, strict=True)]
    rows.insert(1, "\\hline")
    wide = sum(max(map(len, column)) + 2 for column in block.columns)
    inner = "\n".join(rows)
    table = f"\\begin{{tabular}}{{{'l' * len(cells)}}}\n{inner}\n\\end{{tabular}}"
    caption = f"{words(block.caption)}\n\n" if block.caption else ""
    return caption + _sized(f"\\begin{{center}}\n{table}\n\\end{{center}}\n", wide * 0.95)


def cell_of(text: str, shown: bool) -> str:
    """Return a cell of a table: mathematics where it has a sign or a digit, else words."""
    if not text:
        return ""
    prose = sum(len(word) > 3 and word.isalpha() for word in text.split()) > 0
    return words(text) if prose or not shown and text.isalpha() and len(text) > 1 else _math(text)


def _math(text: str) -> str:
    tree: Math = read(text, inline=True)
    return f"${latex(tree)}$"
