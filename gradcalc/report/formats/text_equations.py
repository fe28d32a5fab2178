"""Words and equations on a page of text: labels with words beside them, steps with their rules."""

from __future__ import annotations

from gradcalc.errors import width
from gradcalc.report.blocks import Either, Equalities, Equation, Facts, Text
from gradcalc.report.mathematics.rows import box_of, row_text, whole_box
from gradcalc.report.mathematics.tree import Math
from gradcalc.report.mathematics.unicode import Box, aligned, beside, text
from gradcalc.report.page import Page, wrapped

EQUALS = " = "


def one_row(content: Text, *, unicode: bool = True) -> str:
    """Return a text as one row, the mathematics in it printed as rows."""
    if isinstance(content, str):
        return content
    parts = (part if isinstance(part, str) else row_text(part, unicode=unicode) for part in content)
    return "".join(parts)


def equation_row(shown: Equation, *, unicode: bool = True) -> str:
    """Return an equation in one row."""
    name, *sides = (row_text(each, unicode=unicode) for each in (shown.name, *shown.sides))
    return f"{name} {shown.sign} {EQUALS.join(sides)}" if sides else name


def write_facts(page: Page, block: Facts, indent: int) -> None:
    """Write words in a column beside their labels."""
    rows = block.rows[: len(block.rows) - block.spare]
    labels = [one_row(label, unicode=page.unicode) for label, _ in rows]
    wide = max(block.least, *map(width, labels)) + block.between
    room = page.columns - indent - wide
    found = [_lines(page, said, room) for _, said in rows]
    if block.numbers:
        found = [[number] for number in aligned([" ".join(lines) for lines in found])]
    for label, lines in zip(labels, found, strict=True):
        for at, line in enumerate(lines):
            lead = label if not at else ""
            lead = " " * indent + lead + " " * (wide - width(lead))
            page.lines.append(((lead, block.head), (line, block.tone)))
    remark = one_row(block.remark, unicode=page.unicode)
    if remark:
        last = "".join(said for said, _ in page.lines.pop())
        page.beside(last[indent:].rstrip(), remark, block.tone, indent)


def _lines(page: Page, said: Text | Equation | Either, room: int) -> list[str]:
    """Return what stands beside a label in rows; cases in two where there is room."""
    unicode = page.unicode
    if isinstance(said, Either):
        first = one_row(said.text, unicode=unicode)
        said = said.text if width(first) <= room else said.otherwise
    if not isinstance(said, Equation):
        return wrapped(one_row(said, unicode=unicode), room)
    if len(said.sides) == 1:
        lead = text(f"{row_text(said.name, unicode=unicode)} {said.sign} ")
        whole = beside([lead, whole_box(said.sides[0], unicode=unicode)])
        if whole.height > 1 and whole.width <= room:
            return [row.rstrip() for row in whole.rows]
    return wrapped(equation_row(said, unicode=unicode), room)


def write_equalities(page: Page, block: Equalities, indent: int) -> None:
    """Write what a name equals, a row each, words flush right or under it."""
    name = row_text(block.name, unicode=page.unicode)
    for at, (side, said) in enumerate(block.rows):
        lead = (" " * width(name) if at else name) + EQUALS
        box = _fitting(page, side, page.columns - indent - width(lead))
        words = one_row(said, unicode=page.unicode)
        if box.height > 1:
            _tall(page, " " * indent + lead, box, words)
        else:
            _broken(page, lead, box.rows[0], words, indent)


def _fitting(page: Page, shown: Math, room: int) -> Box:
    """Return a formula, one by cases in two rows where the page is wide enough for them."""
    box = whole_box(shown, unicode=page.unicode)
    if box.height > 1 and box.width > room:
        return box_of(shown, unicode=page.unicode)
    return box


def _broken(page: Page, lead: str, row: str, words: str, indent: int) -> None:
    """Write a row, broken where it is too long."""
    rows = wrapped(row, page.columns - indent - width(lead))
    for at, each in enumerate(rows):
        start = " " * indent + (" " * width(lead) if at else lead)
        if at == len(rows) - 1:
            _ended(page, start + each, words)
        else:
            page.text(start + each)


def _tall(page: Page, lead: str, box: Box, words: str) -> None:
    for at, row in enumerate(box.rows):
        content = (lead if at == box.base else " " * width(lead)) + row.rstrip()
        if at == len(box.rows) - 1:
            _ended(page, content, words)
        else:
            page.text(content)


def _ended(page: Page, content: str, words: str) -> None:
    """Write the last row of a formula with words flush right, or under it."""
    gap = page.columns - width(content) - width(words)
    if not words:
        page.text(content)
    elif gap >= 2:
        page.lines.append(((content + " " * gap, "plain"), (words, "note")))
    else:
        page.text(content)
        for row in wrapped(words, page.columns - 8):
            page.lines.append(((" " * (page.columns - width(row)), "plain"), (row, "note")))
