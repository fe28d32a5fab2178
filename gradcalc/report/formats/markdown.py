"""Documents as Markdown that GitHub, Jupyter and Obsidian render alike.

Mathematics stands in `$$` blocks, each on lines of its own between blank lines; words and
cells of tables are Unicode, so that nothing in a line of text is taken for markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

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
from gradcalc.report.formats.latex import flowing, rows_of, together
from gradcalc.report.formats.report_text import escaped, grid
from gradcalc.report.mathematics.names import BLANK

ROOM = 96

_NAMED = re.compile(r"\\mathit\{([A-Za-z]+)\}_")


def markdown_document(documents: Sequence[Document]) -> str:
    """Return problems as one Markdown text."""
    found: list[str] = []
    if len(documents) > 1:
        found.append("# Contents\n")
        found.append("".join(f"{at}. {escaped(d.title)}\n" for at, d in enumerate(documents, 1)))
    for document in documents:
        found.append(f"# {escaped(document.title)}\n")
        if document.cite:
            found.append(f"*{escaped(document.cite)}*\n")
        found += [text for block in document.blocks for text in _block(block)]
    return "\n".join(found)


def _block(block: DocumentBlock) -> Iterator[str]:
    match block:
        case Labelled():
            yield f"**{escaped(block.label)}** {escaped(block.words)}\n"
        case EquationList():
            if block.label:
                yield f"**{escaped(block.label)}**\n"
            for row in flowing(block, ROOM):
                first, said = row[0][0], row[-1][1]
                beside = f" \\qquad \\text{{{_word(said)}}}" if said else ""
                several = len(row) > 1
                yield _shown(together(row) + beside) if several else _display(first, said)
        case Band():
            yield f"## {escaped(block.title)}\n"
        case LayerHeading():
            yield f"### {escaped(block.title)}\n"
        case SolutionLine():
            yield from _line(block)
        case Listing():
            yield _listing(block)
        case Saying():
            mark = "**!** " if block.tone == "warning" else ""
            yield f"{mark}{escaped(block.text)}\n"
        case Boxed():
            beside = f"\\qquad \\text{{{_word(block.beside)}}}" if block.beside else ""
            inner = together([(block.equation, "")]).strip()
            yield _shown(f"\\boxed{{{inner}}}{beside}")
        case Drawing():
            return


def _line(line: SolutionLine) -> Iterator[str]:
    note = f" *{escaped(line.note)}*" if line.note else ""
    yield f"**({line.number})**{note}\n"
    yield _display(line.equation)
    if line.unfolded:
        yield from map(_display, line.entries)


def _listing(block: Listing) -> str:
    rows = list(zip(*block.columns, strict=True))
    cells = [[cell.replace(BLANK, "      ") for cell in row] for row in rows]
    table = grid(cells[0], [":---"] * len(cells[0]), cells[1:])
    return f"{escaped(block.caption)}\n\n{table}" if block.caption else table


def _word(text: str) -> str:
    """Return a few words for the inside of a formula, without any sign of markup."""
    plain = (
        sign if sign.isascii() and (sign.isalnum() or sign in ",;.") else " "
        for sign in text.replace("×", "x")
    )
    return " ".join("".join(plain).split())


def _display(shown: Equation, said: str = "") -> str:
    rows = rows_of(shown, ROOM)
    beside = f" \\qquad \\text{{{_word(said)}}}" if said else ""
    if len(rows) == 1:
        return _shown(rows[0].replace("&", "", 1) + beside)
    inner = "\\\\\n".join([rows[0] + beside, *rows[1:]])
    return _shown(f"\\begin{{aligned}}\n{inner}\n\\end{{aligned}}")


def _shown(inner: str) -> str:
    inner = inner.replace("<", r"\lt ").replace(">", r"\gt ")  # no tags
    plain = _NAMED.sub(r"\1_", inner.strip())  # two `}_` may be taken for emphasis
    return f"$$\n{plain}\n$$\n"
