"""Reports as text: on a page, as GitHub-flavoured Markdown, and as the text of a file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Literal, TypeAlias

from gradcalc.errors import TIED, visible, width
from gradcalc.report.blocks import (
    ANYWHERE,
    Across,
    Alternatives,
    Document,
    Entries,
    Bar,
    Bars,
    Facts,
    Figures,
    Formula,
    Items,
    Paragraph,
    Part,
    Place,
    ReportTable,
    Section,
    TableCell,
    Title,
    longest_bar,
)
from gradcalc.report.formats.report_html import html_file
from gradcalc.report.formats.text_table import TablePrinter, bar
from gradcalc.report.mathematics.unicode import aligned
from gradcalc.report.page import Page, heading, wrapped

INDENT = 5
DEEPER = 4
"""Columns by which a line that goes on stands to the right."""

LENGTH = 20
"""Signs of the longest bar."""
_MARKUP = re.compile(r"[\\`*_\[\]<>|~&$#]")
_ADDRESS = re.compile(r"(?i)(www)(?=\.)|:(?=//)|(?<=mailto):|(?<=xmpp):")
_START = re.compile(r"\A(?:([-+=])(?=[-+=\s]|\Z)|(\d{1,9})([.)])(?=\s|\Z))")
_JOINER = "\u2060"
"""Nothing to be seen; it keeps an address from becoming a link."""

ReportForm: TypeAlias = Literal["html", "md", "txt"]
COLUMNS = 80


def write_document(page: Page, document: Document) -> Page:
    """Write a document onto a page and return it."""
    heading(page, document.title, document.cite)
    return write_parts(page, document.blocks)  # type: ignore[arg-type]


def write_parts(page: Page, parts: Iterable[Part]) -> Page:
    """Write parts onto a page and return it."""
    printer = _Printer(page)
    before: Part | None = None
    for part in parts:
        place = place_of(part)
        if place.spare:
            continue
        page.blank(_gap(before, part) if place.gap is None else place.gap)
        printer.write(part)
        before = part
    return page


def _gap(before: Part | None, part: Part) -> int:
    """Return how many lines are left empty between two parts."""
    if isinstance(before, Title | Section | None) or isinstance(part, Section):
        return 0
    return 0 if isinstance(before, Paragraph) and _plain(part) else 1


def _plain(part: Part) -> bool:
    return isinstance(part, Paragraph) and not part.remark


def place_of(part: Part) -> Place:
    """Return where a page of text puts a part."""
    return getattr(part, "place", ANYWHERE)


@dataclass
class _Printer:
    page: Page
    indent: int = 0

    def write(self, part: Part) -> None:
        """Write one part."""
        page, place = self.page, place_of(part)
        indent = self.indent if place.indent is None else place.indent
        match part:
            case Title():
                heading(page, part.text, part.kind)
            case Section():
                page.band(part.text)
                self.indent = INDENT
            case Facts():
                self.facts(part, indent)
            case Figures():
                said = "    ".join(f"{label} {value}" for label, value in part.rows)
                page.paragraph(said, indent)
            case Paragraph():
                self.paragraph(part, indent)
            case Formula():
                self.formula(part, indent)
            case Bars():
                self.bars(part)
            case ReportTable():
                TablePrinter(page, part, indent).write()
                page.blank(bool(part.notes))
                for note in part.notes:
                    page.paragraph(note, self.indent, "note")
            case Items():
                self.items(part, indent)

    def paragraph(self, part: Paragraph, indent: int) -> None:
        page, place = self.page, part.place
        if part.lead and place.margin:
            self.in_margin(part, indent)
            return
        hang = place.hang
        lead = f"{part.lead}  ".ljust(hang or 0) if part.lead else ""
        gap = page.columns - indent - width(part.text) - width(part.remark)
        if place.flow and gap <= 2:
            page.paragraph(f"{part.text}  {part.remark}", indent, part.tone)
        elif part.remark or part.tone == "heading":
            hang = INDENT if hang is None else hang
            page.beside(lead + part.text, part.remark, part.tone, indent, hang)
        else:
            page.paragraph(lead + part.text, indent, part.tone, hang or 0)

    def in_margin(self, part: Paragraph, indent: int) -> None:
        """Write what leads a paragraph, and the paragraph to the right of it."""
        page, wide = self.page, part.place.hang or 0
        start, *rest = wrapped(page.prose(part.text), page.columns - indent - wide)
        if width(part.lead) < wide:
            lead = part.lead + " " * (wide - width(part.lead))
            page.lines.append(((" " * indent, "plain"), (lead, "heading"), (start, part.tone)))
        else:
            page.text(part.lead, "heading", indent)
            rest = [start, *rest]
        for line in rest:
            page.text(line, part.tone, indent + wide)

    def formula(self, part: Formula, indent: int) -> None:
        """Write lines as they are, or broken where they may hang."""
        for line in part.lines:
            if part.place.hang is None:
                self.page.text(line, part.tone, indent)
            elif line.startswith("= "):
                self.page.paragraph(line, indent + DEEPER, part.tone, 2)
            else:
                self.page.paragraph(line, indent, part.tone, part.place.hang)

    def facts(self, part: Facts, indent: int) -> None:
        """Write words in a column beside their labels."""
        rows = part.rows[: len(part.rows) - part.spare]
        texts = [text for _, text in rows]
        texts = aligned(texts) if part.numbers else texts
        wide = max(width(label) for label, _ in rows) + part.between
        for n, ((label, _), text) in enumerate(zip(rows, texts, strict=True)):
            lines = wrapped(text, self.page.columns - indent - wide)
            if part.numbers:
                lines = [text.rstrip()]
            for at, line in enumerate(lines):
                lead = label if not at else ""
                lead += " " * (wide - width(lead))
                if part.remark and n == len(rows) - 1 and line is lines[-1]:
                    self.page.beside(lead + line, part.remark, "plain", indent)
                else:
                    self.page.text(lead + line, "plain", indent)

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

    def items(self, part: Items, indent: int) -> None:
        """Write a list, its leading cells under each other, numbers flush right."""
        if part.rows and part.rows[0].brief:
            self.in_rows(part, indent)
            return
        columns = list(zip(*(item.cells for item in part.rows), strict=True))
        sizes = [max(map(width, column)) for column in columns]
        for item in part.rows:
            lead = "".join(
                (cell.rjust(size) if cell[:1].isdigit() else cell.ljust(size)) + "   "
                for cell, size in zip(item.cells, sizes, strict=True)
            )
            hang = min(width(lead), self.page.columns // 3)
            self.page.beside(lead + item.text, item.remark, "plain", indent, hang)

    def in_rows(self, part: Items, indent: int) -> None:
        """Write like things of a list one after the other."""
        wide = part.place.hang or 0
        for (cells, remark), items in groupby(part.rows, lambda item: (item.cells, item.remark)):
            lead = "  ".join(cells).ljust(wide)
            said = "   ".join(dict.fromkeys(item.brief for item in items))
            self.page.beside(lead + said, remark, "plain", indent, wide)


def aligned_pairs(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Return ranges as texts of one width, ends under each other."""
    low, high = aligned([a for a, _ in pairs]), aligned([b or " " for _, b in pairs])
    return [
        f"{a} – {b}" if pair[1] else f"{a}   {' ' * width(b)}"
        for a, b, pair in zip(low, high, pairs, strict=True)
    ]


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
            lines = [f"**{escaped(a)}** {escaped(b)}" if a else escaped(b) for a, b in part.rows]
            lines[-1] += f" — {escaped(part.remark)}" if part.remark else ""
            return _listed(lines)
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
    if part.lead and part.tone != "heading":
        text = f"**{escaped(part.lead)}** {text}"
    elif part.tone == "heading":
        text = f"**{escaped(part.lead)} {text}**" if part.lead else f"**{text}**"
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
    most = [longest_bar(part, at) for at in range(len(titles))]
    rows = [
        [row.text, *[""] * (len(titles) - 2), row.last]
        if isinstance(row, Across)
        else [_cell(cell, most[at]) for at, cell in enumerate(row)]
        for row in part.rows
    ]
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
    return worded(cell)


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
