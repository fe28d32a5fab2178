"""One submission of a class as a sheet of its own: what is shown to its writer."""

from __future__ import annotations

import numpy as np

from gradcalc.grading.answers import Answer, Sheet
from gradcalc.grading.block import NUMBER, UNREADABLE, Block
from gradcalc.grading.lines import Lines
from gradcalc.grading.submissions_cells import written_in
from gradcalc.grading.written import Written


def sheet_of(block: Block, row: int, lines: Lines) -> Sheet:
    """Return the answers of one submission in the order of the solution, one a quantity."""
    order = {name: at for at, name in enumerate((*lines.inputs, *lines.by_name))}
    names = sorted(block.quantities, key=lambda name: order.get(name, len(order)))
    answers = [
        _answer(block, row, name, line, tuple(int(dim) for dim in lines.shapes[name]))
        if name in lines.shapes
        else _unknown(block, row, name, line)
        for line, name in enumerate(names, start=1)
    ]
    return Sheet(f"{block.ids[row]}", tuple(answers))


def _answer(block: Block, row: int, name: str, line: int, shape: tuple[int, ...]) -> Answer:
    columns = {block.columns[at].index: at for at in block.quantities[name]}
    places = list(np.ndindex(shape))
    cells = tuple(_cell(block, row, columns[at]) if at in columns else None for at in places)
    unread = {
        at: (block.text(row, column).strip(), block.reason(row, column))
        for at, column in columns.items()
        if block.state[row, column] == UNREADABLE
    }
    text = " ".join(
        unread[at][0] if at in unread else "_" if cell is None else cell.text
        for at, cell in zip(places, cells, strict=True)
        if at in columns
    )
    absent = frozenset(places) - columns.keys()
    return Answer(name, None, line, text, shape, cells, unread=unread, absent=absent)


def _unknown(block: Block, row: int, name: str, line: int) -> Answer:
    """Return the answer to a quantity that is not judged."""
    text = " ".join(block.text(row, column).strip() for column in block.quantities[name])
    return Answer(name, None, line, text)


def _cell(block: Block, row: int, column: int) -> Written | None:
    if block.state[row, column] != NUMBER:
        return None
    return written_in(block.text(row, column), comma=True)
