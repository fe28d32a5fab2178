"""Text blocks with a baseline, put side by side as mathematics is set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gradcalc.errors import width


@dataclass(frozen=True)
class Box:
    """Rows of equal width; `base` is the row that stands on the line of text."""

    rows: tuple[str, ...]
    base: int = 0

    @property
    def width(self) -> int:
        """Return the number of columns."""
        return width(self.rows[0])

    @property
    def height(self) -> int:
        """Return the number of rows."""
        return len(self.rows)


def text(content: str) -> Box:
    """Return a box of one row."""
    return Box((content,))


def beside(boxes: Sequence[Box]) -> Box:
    """Return the boxes side by side, baselines in one row."""
    boxes = [box for box in boxes if box.width]
    if not boxes:
        return text("")
    if all(box.height == 1 for box in boxes):
        return text("".join(box.rows[0] for box in boxes))
    base = max(box.base for box in boxes)
    below = max(box.height - box.base for box in boxes)
    rows = []
    for row in range(base + below):
        cells = []
        for box in boxes:
            at = row - base + box.base
            cells.append(box.rows[at] if 0 <= at < box.height else " " * box.width)
        rows.append("".join(cells))
    return Box(tuple(rows), base)


def joined(boxes: Sequence[Box], between: str) -> Box:
    """Return the boxes side by side with the same text between each two."""
    spread: list[Box] = []
    for box in boxes:
        if spread:
            spread.append(text(between))
        spread.append(box)
    return beside(spread)


def aligned(cells: Sequence[str]) -> list[str]:
    """Return texts padded to one width, decimal points under each other."""
    if all(_numeric(cell) for cell in cells):
        parts = [cell.partition(".") for cell in cells]
        left = max(width(whole) for whole, _, _ in parts)
        right = max(len(dot + rest) for _, dot, rest in parts)
        return [
            " " * (left - width(whole)) + whole + (dot + rest).ljust(right)
            for whole, dot, rest in parts
        ]
    widest = max(width(cell) for cell in cells)
    return [cell + " " * (widest - width(cell)) for cell in cells]


def _numeric(cell: str) -> bool:
    return all(ch in "0123456789.-−⋮…" for ch in cell)


def matrix(cells: Sequence[Sequence[str]], gap: str = "  ") -> Box:
    """Return a matrix in brackets: ⎡ ⎤ ⎣ ⎦, one row in [ ]."""
    columns = [aligned([row[j] for row in cells]) for j in range(len(cells[0]))]
    lines = [gap.join(column[i] for column in columns) for i in range(len(cells))]
    return bracketed(lines)


def bracketed(lines: Sequence[str]) -> Box:
    """Return rows of one width in square brackets as high as they are."""
    last = len(lines) - 1
    if last == 0:
        return text(f"[ {lines[0]} ]")
    rows = []
    for i, line in enumerate(lines):
        left, right = ("⎡", "⎤") if i == 0 else ("⎣", "⎦") if i == last else ("⎢", "⎥")
        rows.append(f"{left} {line} {right}")
    return Box(tuple(rows), last // 2)


def round_brackets(box: Box) -> Box:
    """Return a box in round brackets as high as it is."""
    if box.height == 1:
        return text(f"({box.rows[0]})")
    last = box.height - 1
    rows = []
    for i, row in enumerate(box.rows):
        left, right = ("⎛", "⎞") if i == 0 else ("⎝", "⎠") if i == last else ("⎜", "⎟")
        rows.append(f"{left}{row}{right}")
    return Box(tuple(rows), box.base)
