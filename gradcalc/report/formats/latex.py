"""Documents as LaTeX: a complete article or a fragment, with amsmath and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gradcalc.errors import TIED
from gradcalc.report.blocks import (
    Bars,
    Boxed,
    Document,
    DocumentBlock,
    Drawing,
    Either,
    Equalities,
    Equation,
    EquationList,
    Facts,
    Figures,
    Formula,
    Items,
    Paragraph,
    ReportTable,
    Section,
    SolutionLine,
    Text,
)
from gradcalc.report.formats.latex_equations import (
    aligned_rows,
    display,
    equalities,
    equations,
    sized,
    together,
    widest,
)
from gradcalc.report.formats.latex_tables import bars, table
from gradcalc.report.formats.latex_words import plain, words

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


def article(documents: Sequence[Document]) -> str:
    """Return documents as a complete article, with a table of contents where there are several."""
    contents = "\\tableofcontents\n\n" if len(documents) > 1 else ""
    body = "\n\\clearpage\n".join(map(fragment, documents))
    return f"{PREAMBLE}{OTHER}\\begin{{document}}\n{SKIPS}{contents}{body}\\end{{document}}\n"


def fragment(document: Document) -> str:
    r"""Return one document from its `\section` on, to be put into an article."""
    listed = " -- ".join(map(plain, filter(None, (document.title, document.kind))))
    head = f"\\section*{{{plain(document.title)}}}\n"
    head += f"\\addcontentsline{{toc}}{{section}}{{{listed}}}\n"
    if document.kind:
        head += f"{plain(document.kind)}\n\n"
    if document.cite:
        head += f"\\emph{{{plain(document.cite)}}}\n\n"
    return head + "".join(text for block in document.blocks for text in _block(block))


def fragments(documents: Iterable[Document]) -> str:
    """Return documents without a preamble."""
    needs = "% needs \\usepackage{amsmath}\n\\providecommand{\\other}[2]{[#2]}\n"
    return needs + "\n".join(map(fragment, documents))


def _block(block: DocumentBlock) -> Iterator[str]:  # noqa: PLR0912 - a kind of block a case
    match block:
        case Section():
            name = "subsection*" if block.level == 1 else "paragraph"
            yield f"\\{name}{{{words(block.text)}}}\n"
        case Facts():
            yield from _facts(block)
        case Figures():
            rows = (f"{words(label)} \\textbf{{{words(value)}}}" for label, value in block.rows)
            yield "\\qquad ".join(rows) + "\n\n"
        case Paragraph():
            yield _paragraph(block)
        case Formula():
            yield _formula(block)
        case Items():
            yield _items(block)
        case ReportTable():
            yield table(block)
        case Bars():
            yield bars(block)
        case EquationList():
            label = f"\\textbf{{{words(block.label)}}}\n" if block.label else ""
            yield label + equations(block)
        case Equalities():
            yield equalities(block)
        case SolutionLine():
            yield from _line(block)
        case Boxed():
            beside = f"\\qquad\\text{{{words(block.beside)}}}" if block.beside else ""
            inner = f"& \\boxed{{{together([(block.equation, '')])}}}{beside}"
            yield aligned_rows([inner], widest(block.equation))
        case Drawing():
            return


def _facts(block: Facts) -> Iterator[str]:
    for at, (label, said) in enumerate(block.rows, start=1):
        lead = f"\\textbf{{{words(label)}}}" if label else ""
        remark = words(block.remark) if at == len(block.rows) else ""
        yield f"{lead}\\quad {_said(said)}" + f"\\hfill {remark}" * bool(remark) + "\n\n"


def _said(said: Text | Equation | Either) -> str:
    """Return what stands beside a label."""
    if isinstance(said, Equation):
        return f"${together([(said, '')])}$"
    return words(said.text if isinstance(said, Either) else said)


def _line(line: SolutionLine) -> Iterator[str]:
    yield display(line.equation, line.note, f"({line.number})")
    if line.unfolded:
        yield from (display(each) for each in line.entries)


def _paragraph(block: Paragraph) -> str:
    said = words(block.text)
    if block.tone == "heading":
        said = f"\\textbf{{{said}}}"
    elif block.tone == "note":
        said = f"{{\\small {said}}}"
    if block.mark:
        said = f"\\textbf{{{words(block.mark)}}}\\quad {said}"
    remark = f"\\hfill {words(block.remark)}" if block.remark else ""
    return f"{said}{remark}\n\n"


def _formula(block: Formula) -> str:
    r"""Return lines in type of one width, their blanks kept."""
    rows = (plain(line.replace(" ", TIED)) or "~" for line in block.lines)
    inner = "\\\\\n".join(f"\\mbox{{{row}}}" for row in rows)
    return sized(f"{{\\ttfamily\n{inner}\\par}}\n", max(map(len, block.lines), default=0)) + "\n"


def _items(block: Items) -> str:
    rows = []
    for item in block.rows:
        said = "\\quad ".join(words(each) for each in (*item.cells, item.text) if each)
        rows.append(f"\\item {{}}{said}" + f"\\hfill {words(item.remark)}" * bool(item.remark))
    inner = "\n".join(rows)
    return f"\\begin{{itemize}}\n{inner}\n\\end{{itemize}}\n"
