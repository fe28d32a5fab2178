"""Tables and bars as HTML."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from gradcalc.errors import escaped
from gradcalc.report.blocks import Bar, Bars, ReportTable, TableCell, Text, longest_bar

WordsMarkup: TypeAlias = Callable[[Text], str]
"""What makes markup of a text."""


def bars(block: Bars) -> str:
    """Return a histogram."""
    most = max(1, *(count for *_, count in block.rows))
    rows = "".join(
        f'<tr><th scope="row" class="right">{escaped(f"{low} – {high}" if high else low)}</th>'
        f"{_drawn(Bar(count, str(count)), most)}</tr>\n"
        for low, high, count in block.rows
    )
    head = (
        '<thead><tr><th scope="col" class="right">score</th>'
        f'<th scope="col">{escaped(block.counted)}</th></tr></thead>\n'
    )
    return f"<figure>\n<table>\n{head}<tbody>\n{rows}</tbody>\n</table>\n</figure>\n"


def _drawn(cell: Bar, most: float) -> str:
    share = 100 * cell.value / most if most else 0
    picture = (
        '<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="{share:.1f}" height="10"></rect></svg>'
    ) * (share > 0)
    return f'<td class="bar"><span>{escaped(cell.text)}</span>{picture}</td>'


def table(block: ReportTable, words: WordsMarkup) -> str:
    """Return a table; one of quantities or values alone takes no more room than it needs."""
    most = [longest_bar(block.rows, at) for at in range(len(block.columns))]
    sides = [
        ' class="right"' if column.align == "right" and not most[at] else ""
        for at, column in enumerate(block.columns)
    ]
    head = []
    for column, side in zip(block.columns, sides, strict=True):
        title = words(column.title)
        if column.long:
            title = f'<abbr title="{escaped(column.long)}">{title}</abbr>'
        head.append(f'<th scope="col"{side}>{title}</th>')
    rows = []
    values = all(column.name for column in block.columns)
    name = ' class="whole"' if block.columns[0].name and not values else sides[0]
    kind = ' class="values"' if values else ""
    for row in block.rows:
        cells = [f'<th scope="row"{name}>{_text(row[0], words)}</th>']
        for at, cell in enumerate(row[1:], start=1):
            if isinstance(cell, Bar):
                cells.append(_drawn(cell, most[at]))
            else:
                cells.append(f"<td{sides[at]}>{_text(cell, words)}</td>")
        rows.append(f"<tr>{''.join(cells)}</tr>\n")
    caption = f"<caption>{words(block.caption)}</caption>\n" if block.caption else ""
    return (
        f'<div class="wide" tabindex="0">\n<table{kind}>\n{caption}'
        f"<thead><tr>{''.join(head)}</tr></thead>\n"
        f"<tbody>\n{''.join(rows)}</tbody>\n{_foot(block)}</table>\n</div>\n"
    )


def _foot(block: ReportTable) -> str:
    if block.foot is None:
        return ""
    words, place, text = block.foot
    rest = len(block.columns) - place - 1
    kind = ' class="bar"' if longest_bar(block.rows, place) else ' class="right"'
    last = f'<td colspan="{rest}"></td>' if rest else ""
    return (
        f'<tfoot><tr><th scope="row" colspan="{place}">{escaped(words)}</th>'
        f"<td{kind}><span>{escaped(text)}</span></td>{last}</tr></tfoot>\n"
    )


def _text(cell: TableCell, words: WordsMarkup) -> str:
    return escaped(cell.text) if isinstance(cell, Bar) else words(cell)
