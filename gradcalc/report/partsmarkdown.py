"""Parts of a report as GitHub-flavoured Markdown, in which no text becomes markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from gradcalc.errors import visible
from gradcalc.report.page import TIED
from gradcalc.report.parts import (
    Bar,
    Bars,
    Facts,
    Figures,
    Formula,
    Items,
    Paragraph,
    Part,
    ReportTable,
    Section,
    TableCell,
    Title,
)
from gradcalc.report.partspage import bar

LENGTH = 20
"""Signs of the longest bar."""
_MARKUP = re.compile(r"[\\`*_\[\]<>|~&$#]")
_ADDRESS = re.compile(r"(?i)(www)(?=\.)|:(?=//)|(?<=mailto):|(?<=xmpp):")
_START = re.compile(r"\A(?:([-+=])(?=[-+=\s]|\Z)|(\d{1,9})([.)])(?=\s|\Z))")
_JOINER = "\u2060"
"""Nothing to be seen; it keeps an address from becoming a link."""


def markdown(parts: Iterable[Part]) -> str:
    """Return parts as Markdown."""
    return "\n".join(_part(part) for part in parts)


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


def _part(part: Part) -> str:
    match part:
        case Title():
            return f"# {escaped(part.text)}\n\n{escaped(part.kind)}\n"
        case Section():
            return f"## {escaped(part.text)}\n"
        case Facts():
            return _listed(
                f"**{escaped(a)}** {escaped(b)}" if a else escaped(b) for a, b in part.rows
            )
        case Figures():
            return ", ".join(f"{escaped(a)} **{escaped(b)}**" for a, b in part.rows) + "\n"
        case Paragraph():
            return _paragraph(part)
        case Formula():
            return "".join(f"    {visible(line)}\n" for line in part.lines)
        case Bars():
            return _bars(part)
        case ReportTable():
            return _table(part)
        case Items():
            return _listed(
                " — ".join(escaped(each) for each in (*item.cells, item.text, item.remark) if each)
                for item in part.rows
            )


def _paragraph(part: Paragraph) -> str:
    text = escaped(part.text)
    if part.tone == "heading":
        text = f"**{text}**"
    elif part.tone == "note":
        text = f"*{text}*"
    return f"{text} — {escaped(part.remark)}\n" if part.remark else f"{text}\n"


def _listed(lines: Iterable[str]) -> str:
    return "".join(f"- {line}\n" for line in lines)


def _bars(part: Bars) -> str:
    most = max(1, *(count for *_, count in part.rows))
    rows = [
        (f"{low} – {high}" if high else low, str(count), bar(count / most * LENGTH))
        for low, high, count in part.rows
    ]
    return grid(("score", part.counted, ""), ("---:", "---:", ":---"), rows)


def _table(part: ReportTable) -> str:
    titles = [column.long or column.title for column in part.columns]
    aligns = ["---:" if column.align == "right" else ":---" for column in part.columns]
    most = [_most(part.rows, at) for at in range(len(titles))]
    rows = [[_cell(cell, most[at]) for at, cell in enumerate(row)] for row in part.rows]
    for at, largest in enumerate(most):
        aligns[at] = ":---" if largest else aligns[at]
    if part.foot is not None:
        words, place, text = part.foot
        last = [""] * len(titles)
        last[0], last[place] = words, text
        rows.append(last)
    table = grid(titles, aligns, rows)
    return f"{escaped(part.caption)}\n\n{table}" if part.caption else table


def _most(rows: Sequence[Sequence[TableCell]], at: int) -> float:
    cells = [row[at] for row in rows]
    return max((cell.value for cell in cells if isinstance(cell, Bar)), default=0)


def _cell(cell: TableCell, most: float) -> str:
    if isinstance(cell, Bar):
        return f"{cell.text} {bar(cell.value / most * LENGTH) if most else ''}".rstrip()
    return cell


def grid(titles: Sequence[str], aligns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of texts."""
    lines = [[escaped(title) for title in titles], aligns]
    lines += [[escaped(cell) for cell in row] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
