"""A sign that groups digits is read alike wherever a number stands, and never as two numbers."""

from __future__ import annotations

import json
import random

import pytest

from gradcalc.errors import Source
from gradcalc.grading.answers.sheet import Answer, read_assignments, read_sheet
from gradcalc.grading.submissions.block import read_whole
from gradcalc.grading.submissions.column_layout import read
from gradcalc.grading.submissions.named_answers import read_value
from gradcalc.problem.model import Problem
from gradcalc.problem.reading.loader import load

ONE = load("inputs: {x: 2057}\nequations: z1 = x/2\n")
TWO = load("inputs: {x: [2057, 4]}\nequations: |\n  z1 = x/2\n  L = sum(z1)\n")


def routes(text: str, problem: Problem, shape: tuple[int, ...]) -> list[list[float] | None]:
    """Return what each way of reading makes of a text: numbers in the due shape, or nothing."""

    def own(answer: Answer) -> list[float] | None:
        fits = answer.reason is None and answer.shape == shape
        return [cell.value for cell in answer.cells if cell] if fits else None

    sheets = (
        read_sheet(Source("a.txt", f"z1 = {text}\n"), problem),
        read_sheet(Source("a.yaml", f"answers:\n  z1: {text}\n"), problem),
        read_sheet(Source("a.json", json.dumps({"z1": text})), problem),
        read_assignments([f"z1 = {text}"], problem),
    )
    cells = [read_whole(text, shape), [read(each) for each in read_value(text, shape)]]
    return [own(sheet.answers[0]) for sheet in sheets] + [
        [cell.value for cell in row] if all(cell.state == 1 for cell in row) else None
        for row in cells
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(
            ("1,028.5", 1028.5),
            ("-1,028.50", -1028.5),
            ("−1,028.5", -1028.5),
            ("[1,028.5]", 1028.5),
        ),
        *(("1,234,567", 1234567), ("1,234,567.5", 1234567.5), ("1.234.567", 1234567)),
        *(("1.028,5", 1028.5), ("1.234.567,5", 1234567.5), ("1'028.5", 1028.5)),
        *(("1’028.5", 1028.5), ("1\u202f028,5", 1028.5), ("1\u2009028.5", 1028.5)),
        *(("1 028.5", 1028.5), ("1\u00a0028,5", 1028.5), ("1,028.5e3", 1028500)),
        *(("1,028", 1.028), ("0,028", 0.028), ("10,285", 10.285), ("½", 0.5), ("−¼", -0.25)),
        *(("12,34.5", None), ("1,28.5", None), ("1,028,5", None), ("1 028", None)),
        *(("1_028.5", None), ("1, 028.5", None)),
    ],
)
def test_one_number(text: str, value: float | None) -> None:
    due = None if value is None else [value]
    assert routes(text, ONE, ()) == [due] * 6


@pytest.mark.parametrize(
    ("text", "values"),
    [
        *(("[1,028.5, 2]", [1028.5, 2]), ("1,028.5 2", [1028.5, 2]), ("1,028.5; 2", [1028.5, 2])),
        *(("1,028.5,2", [1028.5, 2]), ("1,250.5, 2", [1250.5, 2]), ("1.028,5 2", [1028.5, 2])),
        *(("[1.028,5; 2]", [1028.5, 2]), ("1'028.5 2", [1028.5, 2]), ("1,250.5", [1, 250.5])),
        *(("1,028.5 2,000", [1028.5, 2000]), ("1,028 2,500", [1.028, 2.5])),
        *(("1 028.5, 2", [1028.5, 2]), ("[1,028, 2]", [1.028, 2])),
    ],
)
def test_lists(text: str, values: list[float]) -> None:
    assert routes(text, TWO, (2,)) == [values] * 6


def test_numbers_of_any_size_in_any_style_are_read_alike() -> None:
    chance = random.Random(5)
    for _ in range(300):
        value = round(chance.uniform(-3e6, 3e6), chance.choice((1, 2, 4)))
        text = f"{value:,.{chance.choice((1, 2, 4))}f}"
        group, point = chance.choice([",.", ".,", " .", " ,", "'.", "\u202f,"])
        text = text.replace(",", "\0").replace(".", point).replace("\0", group)
        found = routes(text, ONE, ())
        assert all(each == found[0] for each in found), text
        due = float(text.replace(group, "").replace(point, "."))
        assert found[0] == [due], text
