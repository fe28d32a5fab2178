"""Tables and bars as HTML."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from gradcalc.errors import escaped
from gradcalc.report.blocks import (
    Across,
    Bar,
    Bars,
    ReportTable,
    TableColumn,
    Text,
    longest_bar,
    worded,
)

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
    most = [longest_bar(block, at) for at in range(len(block.columns))]
    sides = [
        "" if column.align == "left" or most[at] else ' class="right"'
        for at, column in enumerate(block.columns)
    ]
    head = []
    for column, side in zip(block.columns, sides, strict=True):
        head.append(f'<th scope="col"{side}>{_title(column, words)}</th>')
    rows = []
    values = all(column.name for column in block.columns)
    name = ' class="whole"' if block.columns[0].name and not values else sides[0]
    kind = ' class="values"' if values else ""
    tones = iter(block.tones)
    for row in block.rows:
        tone = next(tones, "plain")
        tone = row.tone if isinstance(row, Across) else tone
        start = f'<tr class="{tone}">' if tone != "plain" else "<tr>"
        if isinstance(row, Across):
            over = f'<th scope="row" colspan="{len(sides) - 1}">{words(row.text)}</th>'
            rows.append(f"{start}{over}<td{sides[-1]}>{words(row.last)}</td></tr>\n")
            continue
        cells = [f'<th scope="row"{name}>{words(worded(row[0]))}</th>']
        for at, cell in enumerate(row[1:], start=1):
            if isinstance(cell, Bar):
                cells.append(_drawn(cell, most[at]))
            else:
                cells.append(f"<td{sides[at]}>{words(worded(cell))}</td>")
        rows.append(f"{start}{''.join(cells)}</tr>\n")
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
    kind = ' class="bar"' if longest_bar(block, place) else ' class="right"'
    last = f'<td colspan="{rest}"></td>' if rest else ""
    return (
        f'<tfoot><tr><th scope="row" colspan="{place}">{escaped(words)}</th>'
        f"<td{kind}><span>{escaped(text)}</span></td>{last}</tr></tfoot>\n"
    )


def _title(column: TableColumn, words: WordsMarkup) -> str:
    """Return a title; where it is short, what it stands for is an explanation of it."""
    if not column.title:
        return escaped(column.long)
    title = words(column.title)
    return f'<abbr title="{escaped(column.long)}">{title}</abbr>' if column.long else title
