"""Classes made up by a script: students who round, slip and leave blanks, with what they did."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np

from gradcalc.engine.evaluate import Program
from gradcalc.engine.graph import Node
from gradcalc.engine.rounding import round_decimals, round_significant
from gradcalc.grading.answers.written import read_written
from gradcalc.grading.evaluation.lines import Lines
from gradcalc.grading.mistakes.library import slips_of
from gradcalc.grading.mistakes.rule import Slip, rewritten
from gradcalc.grading.submissions.block import NUMBER, Block, Column


@dataclass(frozen=True)
class Student:
    """What a student hands in, entry by entry as text, and which slip is behind it."""

    answers: dict[str, list[str]]
    slip: Slip | None
    blanks: int


def quantities(lines: Lines) -> list[str]:
    """Return the lines that students are asked for: no local derivatives."""
    loss = lines.problem.loss
    own = f"d{loss}/d{loss}"
    return [
        name
        for name in lines.visible
        if name != own and ("/" not in name or name.startswith(f"d{loss}/"))
    ]


def student(
    lines: Lines, chance: random.Random, slips: float = 0.5, blanks: float = 0.05, pen: float = 0.03
) -> Student:
    """Return a student who makes a slip or none, rounds, and leaves things out."""
    while True:
        slip = chance.choice(slips_of(lines)) if chance.random() < slips else None
        found = _hand_in(lines, chance, slip, blanks, pen)
        if found is not None:
            return found


def _hand_in(
    lines: Lines, chance: random.Random, slip: Slip | None, blanks: float, pen: float
) -> Student | None:
    formulas = {}
    for name in {edit.line for edit in slip.edits} if slip else ():
        expr = rewritten(lines, name, [edit for edit in slip.edits if edit.line == name])
        if expr is not None:
            formulas[name] = expr
    digits, significant = chance.choice([2, 3, 4]), chance.random() < 0.4
    carried = chance.random() < 0.5

    def rounded(value: np.ndarray) -> np.ndarray:
        return round_significant(value, digits) if significant else round_decimals(value, digits)

    def adjust(name: str, value: np.ndarray) -> np.ndarray:
        value = lines.given.get(name, value)
        return rounded(value) if carried and name in lines.visible else value

    nodes = [
        Node(n.name, formulas.get(n.name, n.expr), n.shape, n.span, n.hidden) for n in lines.nodes
    ]
    try:
        program = Program(nodes, lines.inputs, lines.problem.table)
        values = program.run(lines.start, adjust=adjust, strict=False)
    except (ValueError, KeyError):  # a transposed gradient does not fit its line
        return None
    answers, empty = {}, 0
    for name in quantities(lines):
        if chance.random() < blanks:
            empty += 1
            continue
        value = rounded(values[name])
        if value.shape != tuple(lines.shapes[name]) or not np.isfinite(value).all():
            return None
        style = f".{digits}{'g' if significant else 'f'}"
        cells = [f"{number:{style}}" for number in np.ravel(value)]
        if chance.random() < pen:
            cells[0] = f"{-float(cells[0]):{style}}"
        answers[name] = cells
    return Student(answers, slip, empty)


def sheet_text(lines: Lines, answers: dict[str, list[str]]) -> str:
    """Return the answers as a sheet for `gradcalc check`."""
    rows = []
    for name, cells in answers.items():
        shape = lines.shapes[name]
        step = int(shape[-1]) if shape else 1
        parts = [" ".join(cells[at : at + step]) for at in range(0, len(cells), step)]
        rows.append(f"{name} = {'; '.join(parts) if len(shape) == 2 else ' '.join(cells)}")
    return "\n".join(rows) + "\n"


def block_of(lines: Lines, students: list[Student]) -> Block:
    """Return the students as a block."""
    columns = tuple(
        Column(name, tuple(int(i) for i in at))
        for name in quantities(lines)
        for at in np.ndindex(tuple(int(dim) for dim in lines.shapes[name]))
    )
    shape = (len(students), len(columns))
    value, state = np.zeros(shape), np.zeros(shape, dtype=np.uint8)
    decimals, significant = np.zeros(shape, dtype=np.int16), np.zeros(shape, dtype=np.int16)
    texts: dict[tuple[int, int], str] = {}
    for row, each in enumerate(students):
        for at, column in enumerate(columns):
            cells = each.answers.get(column.name)
            if cells is None:
                continue
            own = tuple(int(dim) for dim in lines.shapes[column.name])
            text = cells[int(np.ravel_multi_index(column.index, own)) if own else 0]
            number = read_written(text)
            value[row, at], state[row, at] = number.value, NUMBER
            decimals[row, at], significant[row, at] = number.decimals, number.significant
            texts[(row, at)] = text
    return Block(
        "class.csv",
        columns,
        tuple(f"s{row}" for row in range(len(students))),
        tuple(range(2, len(students) + 2)),
        value,
        decimals,
        significant,
        state,
        lambda row, at: texts.get((row, at), ""),
        lambda row, at: "",
    )
