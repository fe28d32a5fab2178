"""The letter of an option in a class's table: it stands for the numbers of that option."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from gradcalc.grading.block import Column
from gradcalc.grading.cells import read_cells
from gradcalc.grading.written import Written
from gradcalc.problem.document import MappingNode, ScalarNode, SequenceNode, Value
from gradcalc.problem.model import Problem

_LETTER = re.compile(r"\W{0,2}(\w{1,8})\W{0,2}\Z")


def option_texts(problem: Problem) -> dict[str, str]:
    """Return the numbers of each option by its letter, those without numbers as they stand.

    What is shorter than the longest of all options has lost its zeros and gets them back.
    """
    section = problem.extras.get("options")
    if not isinstance(section, MappingNode) or len(problem.find) != 1:
        return {}
    texts = {label.text.strip().casefold(): text_of(node) for label, node in section.pairs}
    rows: dict[str, list[list[Written | None]]] = {}
    for label, text in texts.items():
        try:
            rows[label] = [list(row) for row in read_cells(text).rows]
        except ValueError:
            continue
    cells = [cell for found in rows.values() for row in found for cell in row if cell is not None]
    places = max((cell.decimals for cell in cells), default=0)
    return texts | {
        label: "; ".join(" ".join(_padded(cell, places) for cell in row) for row in found)
        for label, found in rows.items()
    }


def _padded(cell: Written | None, places: int) -> str:
    if cell is None:
        return "_"
    plain = cell.rounded and 0 <= cell.decimals < places
    return f"{cell.value:.{places}f}" if plain else cell.text


def asked_by_letter(problem: Problem, columns: Sequence[Column]) -> bool:
    """Tell whether some entries are what the options are values of."""
    (asked,) = problem.find
    names = {column.name for column in columns}
    return names == {asked.name} and (
        asked.index is None or [column.index for column in columns] == [asked.index]
    )


def spelled_out(text: str, options: Mapping[str, str]) -> str:
    """Return the numbers that a cell stands for where it is the letter of an option.

    >>> spelled_out("(B)", {"b": "0.5 1"}), spelled_out("0.5", {"b": "0.5 1"})
    ('0.5 1', '0.5')
    """
    letter = _LETTER.match(text.strip())
    return options.get(letter[1].casefold(), text) if letter else text


def text_of(node: Value) -> str:
    """Return an option as it is written, lists with brackets and commas."""
    if isinstance(node, ScalarNode):
        return node.text.strip()
    assert isinstance(node, SequenceNode)
    return "[" + ", ".join(text_of(item) for item in node.items) + "]"
