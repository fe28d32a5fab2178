"""Reports as text: on a page, as GitHub-flavoured Markdown, and as the text of a file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, TypeAlias

from gradcalc.errors import TIED, visible, width
from gradcalc.report.blocks import (
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
    longest_bar,
)
from gradcalc.report.formats.report_html import html_file
from gradcalc.report.mathematics.unicode import aligned
from gradcalc.report.page import Page, heading, wrapped

INDENT = 5
BETWEEN = 3
LEAST_BAR = 4
EIGHTHS = " ▏▎▍▌▋▊▉"
FULL = "█"

LENGTH = 20
"""Signs of the longest bar."""
_MARKUP = re.compile(r"[\\`*_\[\]<>|~&$#]")
_ADDRESS = re.compile(r"(?i)(www)(?=\.)|:(?=//)|(?<=mailto):|(?<=xmpp):")
_START = re.compile(r"\A(?:([-+=])(?=[-+=\s]|\Z)|(\d{1,9})([.)])(?=\s|\Z))")
_JOINER = "\u2060"
"""Nothing to be seen; it keeps an address from becoming a link."""

ReportForm: TypeAlias = Literal["html", "md", "txt"]
COLUMNS = 80


def write_parts(page: Page, parts: Iterable[Part]) -> Page:
    """Write parts onto a page and return it."""
    printer = _Printer(page)
    before: Part | None = None
    for part in parts:
        first = isinstance(before, Title | Section | None) or isinstance(part, Section)
        text = isinstance(before, Paragraph) and isinstance(part, Paragraph)
        if not first and not (text and isinstance(part, Paragraph) and not part.remark):
            page.blank()
        printer.write(part)
        before = part
    return page


@dataclass
class _Printer:
    page: Page
    indent: int = 0

    def write(self, part: Part) -> None:
        """Write one part."""
        page = self.page
        match part:
            case Title():
                heading(page, part.text, part.kind)
            case Section():
                page.band(part.text)
                self.indent = INDENT
            case Facts():
                self.facts(part)
            case Figures():
                said = "    ".join(f"{label} {value}" for label, value in part.rows)
                page.paragraph(said, self.indent)
            case Paragraph():
                self.paragraph(part)
            case Formula():
                for line in part.lines:
                    page.text(line, "value", self.indent)
            case Bars():
                self.bars(part)
            case ReportTable():
                _TablePrinter(page, part, self.indent).write()
            case Items():
                self.items(part)

    def paragraph(self, part: Paragraph) -> None:
        if part.remark:
            self.page.beside(part.text, part.remark, part.tone, self.indent)
        else:
            self.page.paragraph(part.text, self.indent, part.tone)

    def facts(self, part: Facts) -> None:
        """Write words in a column beside their labels."""
        wide = max(width(label) for label, _ in part.rows) + BETWEEN
        for label, text in part.rows:
            for at, line in enumerate(wrapped(text, self.page.columns - self.indent - wide)):
                lead = label if not at else ""
                lead += " " * (wide - width(lead))
                self.page.text(lead + line, "plain", self.indent)

    def bars(self, part: Bars) -> None:
        page = self.page
        labels = aligned_pairs([(low, high) for low, high, _ in part.rows])
        most = max(1, *(count for *_, count in part.rows))
        counts = [str(count) for *_, count in part.rows]
        wide = max(map(width, counts))
        room = page.columns - self.indent - max(map(width, labels)) - wide - 4
        for label, (*_, count), text in zip(labels, part.rows, counts, strict=True):
            line = f"{label}  {bar(count / most * room, page.unicode).ljust(room)}  "
            page.text(line + text.rjust(wide), "plain", self.indent)

    def items(self, part: Items) -> None:
        """Write a list, its leading cells under each other, numbers flush right."""
        columns = list(zip(*(item.cells for item in part.rows), strict=True))
        sizes = [max(map(width, column)) for column in columns]
        for item in part.rows:
            lead = "".join(
                (cell.rjust(size) if cell[:1].isdigit() else cell.ljust(size)) + "   "
                for cell, size in zip(item.cells, sizes, strict=True)
            )
            hang = min(width(lead), self.page.columns // 3)
            self.page.beside(lead + item.text, item.remark, "plain", self.indent, hang)


@dataclass
class _TablePrinter:
    """Writes a table; columns that are spare go first where there is no room."""

    page: Page
    table: ReportTable
    indent: int

    def write(self) -> None:
        page, table = self.page, self.table
        room = page.columns - self.indent
        kept = list(range(len(table.columns)))
        sizes = self.sizes(kept)
        while self.used(kept, sizes) > room:
            spare = max((table.columns[at].spare, at) for at in kept)
            if not spare[0]:
                break
            kept.remove(spare[1])
            sizes = self.sizes(kept)
        over = self.used(kept, sizes) - room
        for at in kept:
            if table.columns[at].cut and over > 0:
                taken = min(over, max(0, sizes[at] - 8))
                sizes[at], over = sizes[at] - taken, over - taken
        barred = [at for at in kept if self.barred(at)]
        for at in barred if over > 0 else ():
            sizes[at] = self.number(at)
        for at in barred:  # what is left belongs to the bars
            left = (room - self.used(kept, sizes)) // len(barred)
            sizes[at] += max(0, left)
        head = self.head(kept, sizes)
        if table.caption:  # it stands where the titles of texts would
            free = width(head) - width(head.lstrip())
            if width(table.caption) + 2 <= free:
                head = table.caption + head[width(table.caption) :]
            else:
                page.paragraph(table.caption, self.indent)
                page.blank()
        page.text(head, "faint", self.indent)
        page.text("─" * room, "rule", self.indent)
        for row in table.rows:
            page.text(self.row(row, kept, sizes).rstrip(), "plain", self.indent)
        if table.foot is not None:
            self.foot(table.foot, kept, sizes)

    def barred(self, at: int) -> bool:
        return any(isinstance(row[at], Bar) for row in self.table.rows)

    def sizes(self, kept: Sequence[int]) -> list[int]:
        """Return what the widest cell of each column takes, and its title if it is alone."""
        found = []
        for at, column in enumerate(self.table.columns):
            cells = [row[at] for row in self.table.rows]
            wide = max((width(_text(cell)) for cell in cells), default=0)
            after = self.table.columns[at + 1 : at + 2] if at + 1 in kept else ()
            alone = not column.joined and not (after and after[0].joined)
            title = width(column.title) + self.barred(at) if alone else 0
            found.append(max(column.least, wide, title))
        return found

    def number(self, at: int) -> int:
        """Return what the numbers beside the bars of a column take."""
        cells = [_text(row[at]) for row in self.table.rows]
        return max(self.table.columns[at].least, *map(width, cells))

    def used(self, kept: Sequence[int], sizes: Sequence[int]) -> int:
        return sum(sizes[at] + self.table.columns[at].gap * bool(n) for n, at in enumerate(kept))

    def head(self, kept: Sequence[int], sizes: Sequence[int]) -> str:
        """Return the titles; one over two columns stands at the end of both."""
        text, ends = "", 0
        for n, at in enumerate(kept):
            column = self.table.columns[at]
            ends += sizes[at] + column.gap * bool(n)
            if kept[n + 1 : n + 2] and self.table.columns[kept[n + 1]].joined:
                continue
            title = self.table.columns[kept[n - 1]].title if column.joined else column.title
            last = n == len(kept) - 1
            if self.barred(at):
                room = max(sizes[at] - 1, self.page.columns - self.indent - ends + sizes[at] - 1)
                text = text.ljust(ends - sizes[at] + 1) + _cut(title, room if last else sizes[at])
            elif column.align == "left":
                text = text.ljust(ends - sizes[at]) + title * (not self.table.caption)
            else:
                text += " " * (ends - width(text) - width(title)) + title
        return text

    def row(self, row: Sequence[TableCell], kept: Sequence[int], sizes: Sequence[int]) -> str:
        text = ""
        for n, at in enumerate(kept):
            column, cell = self.table.columns[at], row[at]
            text += " " * (column.gap * bool(n))
            if isinstance(cell, Bar):
                text += self.bar(at, cell, sizes[at])
                continue
            cut = _cut(_text(cell), sizes[at])
            blank = " " * (sizes[at] - width(cut))
            text += cut + blank if column.align == "left" else blank + cut
        return text

    def bar(self, at: int, cell: Bar, size: int) -> str:
        """Return a number and its bar in `size` columns."""
        least = self.number(at)
        number = cell.text.rjust(least)
        room = size - least - 1
        if room < LEAST_BAR:
            return number.ljust(size)
        every = [row[at] for row in self.table.rows]
        most = max((each.value for each in every if isinstance(each, Bar)), default=0) or 1
        return f"{number} {bar(cell.value / most * room, self.page.unicode).ljust(room)}"

    def foot(self, foot: tuple[str, int, str], kept: Sequence[int], sizes: Sequence[int]) -> None:
        """Write the last row: words from the left, a number under the column it is of."""
        words, place, text = foot
        place = place if place in kept else kept[-1]
        before = kept[: kept.index(place) + 1]
        end = self.used(before, sizes)
        if self.barred(place):
            end += self.number(place) - sizes[place]
        gap = end - width(words) - width(text)
        if gap >= 1:
            self.page.text(words + " " * gap + text, "plain", self.indent)
            return
        self.page.paragraph(f"{words}: {text}", self.indent)


def aligned_pairs(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Return ranges as texts of one width, ends under each other."""
    low, high = aligned([a for a, _ in pairs]), aligned([b or " " for _, b in pairs])
    return [
        f"{a} – {b}" if pair[1] else f"{a}   {' ' * width(b)}"
        for a, b, pair in zip(low, high, pairs, strict=True)
    ]


def bar(length: float, unicode: bool = True) -> str:
    """Return a bar of eighths of a column, or of signs where a stream has only ASCII."""
    if not unicode:
        return "#" * round(length)
    whole, part = int(length), round((length - int(length)) * 8)
    if part == 8:
        whole, part = whole + 1, 0
    return FULL * whole + (EIGHTHS[part] if part else "")


def _text(cell: TableCell) -> str:
    return visible((cell.text if isinstance(cell, Bar) else cell).replace(TIED, " "))


def _cut(text: str, columns: int) -> str:
    if width(text) <= columns:
        return text
    kept = text
    while kept and width(kept) > columns - 1:
        kept = kept[:-1]
    return kept + "…"


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
    most = [longest_bar(part.rows, at) for at in range(len(titles))]
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


def _cell(cell: TableCell, most: float) -> str:
    if isinstance(cell, Bar):
        return f"{cell.text} {bar(cell.value / most * LENGTH) if most else ''}".rstrip()
    return cell


def grid(titles: Sequence[str], aligns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of texts."""
    lines = [[escaped(title) for title in titles], aligns]
    lines += [[escaped(cell) for cell in row] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


ENDINGS: dict[str, ReportForm] = {".html": "html", ".htm": "html", ".md": "md", ".markdown": "md"}


def ending(path: Path) -> ReportForm:
    """Return the form that a file's name asks for; text where it asks for no other."""
    return ENDINGS.get(path.suffix.lower(), "txt")


def printed(parts: Iterable[Part], form: ReportForm) -> str:
    """Return parts as the text of a file."""
    if form == "html":
        return html_file(parts)
    if form == "md":
        return markdown(parts)
    lines = write_parts(Page(COLUMNS), parts).plain().splitlines()
    return "".join(f"{visible(line)}\n" for line in lines)
