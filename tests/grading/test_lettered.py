"""Letters of options in a class's table stand for the numbers of their options."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from gradcalc.cli.grade import command
from gradcalc.grading.answers.sheet import option_texts, spelled_out
from gradcalc.problem.reading.loader import load

PROBLEM = "problems/relu-squared-loss.yaml"
SCALAR = """
inputs: {z: [0.1, -0.1]}
targets: {t: [0, 1]}
equations: |
  y = relu(z)
  L = squared_error(y, t)
find: dL/dz[1]
options: {a: 0.2, b: 0.10, c: -0.2, d: 2}
"""


def scores(problem: str, table: Path, tmp_path: Path) -> dict[str, str]:
    book = tmp_path / "book.csv"
    run = CliRunner().invoke(command, [problem, str(table), "-o", str(book)])
    assert run.exception is None, run.exception
    with book.open() as file:
        return {row["student"]: row["score"] for row in csv.DictReader(file)}


def test_options_are_padded_to_the_longest() -> None:
    texts = option_texts(load(PROBLEM))
    assert texts["i"] == "0.2 0.0 -1.2 1.4 0.0"


@pytest.mark.parametrize("written", ["i", "(i)", "I", " i. ", "[0.2, 0, -1.2, 1.4, 0]"])
def test_a_letter_is_its_option(written: str, tmp_path: Path) -> None:
    table = tmp_path / "class.csv"
    with table.open("w", newline="") as file:
        csv.writer(file).writerows([["student_id", "answer"], ["1", written], ["2", "g"]])
    assert scores(PROBLEM, table, tmp_path) == {"1": "1", "2": "0"}


def test_an_option_of_one_number_and_no_option(tmp_path: Path) -> None:
    problem = tmp_path / "p.yaml"
    problem.write_text(SCALAR)
    table = tmp_path / "class.jsonl"
    rows = [{"student_id": str(at), "answers": {"answer": x}} for at, x in enumerate("abcdz")]
    table.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert scores(str(problem), table, tmp_path) == dict(zip("01234", "10000", strict=True))


def test_words_that_are_no_letter_stay() -> None:
    assert spelled_out("0.5", {"b": "1"}) == "0.5"
    assert spelled_out("b c", {"b": "1"}) == "b c"
