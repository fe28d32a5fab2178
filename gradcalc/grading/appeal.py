"""One submission of a class as a sheet of its own: what is shown to its writer."""

from __future__ import annotations

from gradcalc.grading.answers import Answer, Sheet
from gradcalc.grading.block import BLANK, NUMBER, Block
from gradcalc.grading.lines import Lines
from gradcalc.grading.submissions_cells import written_in
from gradcalc.grading.written import Written


def sheet_of(block: Block, row: int, lines: Lines) -> Sheet:
    """Return the answers of one submission in the order of the solution.

    A quantity that is there whole is one answer; otherwise each entry is one.
    """
    order = {name: at for at, name in enumerate((*lines.inputs, *lines.by_name))}
    answers: list[Answer] = []
    names = sorted(block.quantities, key=lambda name: order.get(name, len(order)))
    for line, name in enumerate(names, start=1):
        columns = block.quantities[name]
        shape = tuple(int(dim) for dim in lines.shapes.get(name, ()))
        count = 1
        for dim in shape:
            count *= dim
        readable = all(block.state[row, column] in (NUMBER, BLANK) for column in columns)
        if len(columns) == count and readable:
            ordered = sorted(columns, key=lambda column: block.columns[column].index)
            cells = tuple(_cell(block, row, column) for column in ordered)
            text = " ".join("_" if cell is None else cell.text for cell in cells)
            answers.append(Answer(name, None, line, text, shape, cells))
            continue
        answers += [_single(block, row, column, line) for column in columns]
    return Sheet(f"{block.ids[row]}", tuple(answers))


def _single(block: Block, row: int, column: int, line: int) -> Answer:
    place = block.columns[column]
    text = block.text(row, column).strip()
    index = place.index or None
    if block.state[row, column] in (NUMBER, BLANK):
        return Answer(place.name, index, line, text, (), (_cell(block, row, column),))
    return Answer(place.name, index, line, text, reason=block.reason(row, column))


def _cell(block: Block, row: int, column: int) -> Written | None:
    if block.state[row, column] == BLANK:
        return None
    return written_in(block.text(row, column), comma=True)
