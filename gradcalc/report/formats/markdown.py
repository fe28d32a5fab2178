"""Documents as Markdown that GitHub, Jupyter and Obsidian render alike.

Mathematics stands in `$$` blocks, each on lines of its own between blank lines; words and
cells of tables are Unicode, so that nothing in a line of text is taken for markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from gradcalc.errors import TIED, visible
from gradcalc.report.blocks import (
    Across,
    Bar,
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
    TableCell,
    Text,
    longest_bar,
    worded,
)
from gradcalc.report.formats.latex_equations import equality_rows, flowing, rows_of, together
from gradcalc.report.formats.text_equations import equation_row, one_row
from gradcalc.report.formats.text_table import bar

ROOM = 96

LENGTH = 20
"""Signs of the longest bar."""
_NAMED = re.compile(r"\\mathit\{([A-Za-z]+)\}_")
_MARKUP = re.compile(r"[\\`*_\[\]<>|~&$#]")
_ADDRESS = re.compile(r"(?i)(www)(?=\.)|:(?=//)|(?<=mailto):|(?<=xmpp):")
_START = re.compile(r"\A(?:([-+=])(?=[-+=\s]|\Z)|(\d{1,9})([.)])(?=\s|\Z))")
_JOINER = "\u2060"
"""Nothing to be seen; it keeps an address from becoming a link."""


def markdown_document(documents: Sequence[Document]) -> str:
    """Return documents as one Markdown text, with a list of them where there are several."""
    found: list[str] = []
    if len(documents) > 1:
        found.append("# Contents\n")
        found.append("".join(f"{at}. {_named(each)}\n" for at, each in enumerate(documents, 1)))
    for document in documents:
        if document.title:
            found.append(f"# {escaped(document.title)}\n")
        if document.kind:
            found.append(f"{escaped(document.kind)}\n")
        if document.cite:
            found.append(f"*{escaped(document.cite)}*\n")
        found += [text for block in document.blocks for text in _block(block, document)]
    return "\n".join(found)


def _named(document: Document) -> str:
    return escaped(" – ".join(filter(None, (document.title, document.kind))))


def _block(  # noqa: PLR0912 - a kind of block a case
    block: DocumentBlock, document: Document
) -> Iterator[str]:
    match block:
        case Section():
            yield f"{'#' * (block.level + 1)} {_words(block.text)}\n"
        case Facts():
            yield from _facts(block, document)
        case Figures():
            yield ", ".join(f"{_words(a)} **{_words(b)}**" for a, b in block.rows) + "\n"
        case Paragraph():
            yield _paragraph(block)
        case Formula():
            yield "".join(f"    {visible(line)}\n" for line in block.lines)
        case Bars():
            yield _bars(block)
        case ReportTable():
            yield _table(block)
        case Items():
            yield _listed(
                " — ".join(_words(each) for each in (*item.cells, item.text, item.remark) if each)
                for item in block.rows
            )
        case EquationList():
            yield from _equations(block)
        case Equalities():
            yield _equalities(block)
        case SolutionLine():
            yield from _line(block)
        case Boxed():
            beside = f"\\qquad \\text{{{_word(block.beside)}}}" if block.beside else ""
            inner = together([(block.equation, "")]).strip()
            yield _shown(f"\\boxed{{{inner}}}{beside}")
        case Drawing():
            return


def _words(text: Text) -> str:
    return escaped(one_row(text))


@lru_cache(maxsize=4096)
def escaped(text: str) -> str:
    r"""Return text that stands for itself anywhere in Markdown.

    >>> print(escaped("[x](javascript:y) <b> a|b `c`"))
    \[x\](javascript:y) \<b\> a\|b \`c\`
    """
    text = " ".join(visible(text.replace(TIED, " ")).split())
    text = _MARKUP.sub(r"\\\g<0>", text)
    text = _ADDRESS.sub(lambda found: found[0] + _JOINER, text).replace("@", "@" + _JOINER)
    return _START.sub(lambda m: f"\\{m[1]}" if m[1] else f"{m[2]}\\{m[3]}", text)


def _facts(block: Facts, document: Document) -> Iterator[str]:
    """Yield words with their labels: each by itself between equations, else as a list.

    Numbers stand in one row.
    """
    rows = [f"**{_words(a)}** {_said(b)}" if a else _said(b) for a, b in block.rows]
    rows[-1] += f" — {_words(block.remark)}" if block.remark else ""
    if block.numbers:
        rows = [", ".join(rows)]
    if document.worked or block.numbers:
        yield from (f"{row}\n" for row in rows)
    else:
        yield _listed(rows)


def _said(said: Text | Equation | Either) -> str:
    """Return what stands beside a label."""
    if isinstance(said, Equation):
        return escaped(equation_row(said))
    return _words(said.text if isinstance(said, Either) else said)


def _paragraph(block: Paragraph) -> str:
    text = _words(block.text)
    lead = _words(block.mark)
    if block.tone == "heading":
        text = f"**{' '.join(filter(None, (lead, text)))}**"
    else:
        text = f"*{text}*" if block.tone == "note" else text
        text = f"**{lead}** {text}" if lead else text
    return f"{text} — {_words(block.remark)}\n" if block.remark else f"{text}\n"


def _listed(lines: Iterable[str]) -> str:
    return "".join(f"- {line}\n" for line in lines)


def _bars(block: Bars) -> str:
    most = max(1, *(count for *_, count in block.rows))
    rows = [
        (f"{low} – {high}" if high else low, str(count), bar(count / most * LENGTH))
        for low, high, count in block.rows
    ]
    return grid(("score", block.counted, ""), ("---:", "---:", ":---"), rows)


def _table(block: ReportTable) -> str:
    titles = [column.long or one_row(column.title) for column in block.columns]
    aligns = [":---" if column.align == "left" else "---:" for column in block.columns]
    most = [longest_bar(block, at) for at in range(len(titles))]
    rows = [
        [one_row(row.text), *[""] * (len(titles) - 2), one_row(row.last)]
        if isinstance(row, Across)
        else [_cell(cell, most[at]) for at, cell in enumerate(row)]
        for row in block.rows
    ]
    for at, largest in enumerate(most):
        aligns[at] = ":---" if largest else aligns[at]
    if block.foot is not None:
        words, place, text = block.foot
        last = [""] * len(titles)
        last[0], last[place] = words, text
        rows.append(last)
    table = grid(titles, aligns, rows)
    return f"{_words(block.caption)}\n\n{table}" if block.caption else table


def _cell(cell: TableCell, most: float) -> str:
    if isinstance(cell, Bar):
        return f"{cell.text} {bar(cell.value / most * LENGTH) if most else ''}".rstrip()
    return one_row(worded(cell))


def grid(titles: Sequence[str], aligns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of texts."""
    lines = [[escaped(title) for title in titles], aligns]
    lines += [[escaped(cell) for cell in row] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _equations(block: EquationList) -> Iterator[str]:
    if block.label:
        yield f"**{_words(block.label)}**\n"
    for row in flowing(block, ROOM):
        first, said = row[0][0], row[-1][1]
        beside = f" \\qquad \\text{{{_word(said)}}}" if said else ""
        yield _shown(together(row) + beside) if len(row) > 1 else _display(first, said)


def _equalities(block: Equalities) -> str:
    rows = [
        row + (f" \\qquad \\text{{{_word(said)}}}" if said else "")
        for row, said in equality_rows(block, ROOM)
    ]
    if len(rows) == 1:
        return _shown(rows[0].replace("&", "", 1))
    inner = "\\\\\n".join(rows)
    return _shown(f"\\begin{{aligned}}\n{inner}\n\\end{{aligned}}")


def _line(line: SolutionLine) -> Iterator[str]:
    note = f" *{_words(line.note)}*" if line.note else ""
    yield f"**({line.number})**{note}\n"
    yield _display(line.equation)
    if line.unfolded:
        yield from map(_display, line.entries)


def _word(text: Text) -> str:
    """Return a few words for the inside of a formula, without any sign of markup."""
    plain = (
        sign if sign.isascii() and (sign.isalnum() or sign in ",;.") else " "
        for sign in one_row(text).replace("×", "x")
    )
    return " ".join("".join(plain).split())


def _display(shown: Equation, said: Text = "") -> str:
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
