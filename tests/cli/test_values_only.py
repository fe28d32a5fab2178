"""Marking by values alone, against a plain loop over the same table."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path

import pytest
from click.testing import CliRunner

from gradcalc.cli.grade import command
from gradcalc.grading.evaluation.lines import lines_of
from gradcalc.problem.reading.loader import load

PROBLEM = "problems/hand-calculation.yaml"
ASKED = ("z2", "yhat", "dL/dyhat", "dL/dz2", "dL/dW1[2,1]")
OTHERS = ("", "n/a", "1/3", "--", "1e999", "0,5x")


def due() -> list[float]:
    values = lines_of(load(PROBLEM)).values
    return [float(values[name.partition("[")[0]].ravel()[2 * ("[" in name)]) for name in ASKED]


def near(cell: str, value: float, measure: str, amount: float) -> bool:
    """Compare as one would by hand; every spoiled cell is wrong."""
    try:
        distance = abs(float(cell) - value)
    except ValueError:
        return False
    if measure == "abs":
        return distance <= amount
    if measure == "rel":
        return distance <= amount * abs(value)
    return distance <= 0.5 * 10**-amount and float(cell) * value >= 0


@pytest.mark.parametrize("processes", ["1", "2"])
@pytest.mark.parametrize(
    ("measure", "amount"), [("abs", 0.013), ("rel", 0.021), ("decimals", 2)], ids=str
)
def test_points_are_those_of_a_plain_loop(
    measure: str, amount: float, processes: str, tmp_path: Path
) -> None:
    chance, right = random.Random(5), due()
    rows = []
    for at in range(5000):
        cells = [f"{value + chance.choice([0, 0.011, -0.02, 0.3]):.5f}" for value in right]
        if chance.random() < 0.05:
            cells[chance.randrange(len(cells))] = chance.choice(OTHERS)
        rows.append([f"s{at}", *cells])
    table, book, results = (tmp_path / name for name in ("a.csv", "book.csv", "r.jsonl"))
    with table.open("w", newline="") as file:
        csv.writer(file).writerows([["student_id", *ASKED], *rows])
    call = [PROBLEM, table, "--values-only", f"--{measure}", amount, "-o", book]
    call += ["--results", results, "--processes", processes]
    run = CliRunner().invoke(command, [str(each) for each in call])
    assert run.exception is None, run.exception
    with book.open() as file:
        found = {row["student"]: float(row["score"]) for row in csv.DictReader(file)}
    for name, *cells in rows:
        plain = ["0.33333333333" if cell == "1/3" else cell for cell in cells]
        hits = [near(c, v, measure, amount) for c, v in zip(plain, right, strict=True)]
        assert found[name] == sum(hits), (name, cells)
    words = {
        verdict
        for line in results.read_text().splitlines()
        for verdict in json.loads(line)["status"]
    }
    assert words == {"correct", "incorrect", "missing", "unreadable"}


def test_the_report_says_how_values_were_compared(tmp_path: Path) -> None:
    table = tmp_path / "a.csv"
    table.write_text("student_id,z2,yhat\ns1,0.3,0.57\ns2,0.29,0.6\n")
    for option, amount, words in (
        ("--abs", "0.02", "within 0.02"),
        ("--rel", "0.05", "within 5 %"),
        ("--significant", "1", "to 1 significant digit."),
        ("--decimals", "2", "to 2 decimals."),
    ):
        run = CliRunner().invoke(command, [PROBLEM, str(table), option, amount])
        text = " ".join(run.output.split())
        assert words in text and "No tolerance was set" not in text


def test_without_a_tolerance_the_own_digits_count(tmp_path: Path) -> None:
    table = tmp_path / "a.csv"
    table.write_text("student_id,z2,yhat\ns1,0.29,0.5721\ns2,0.290,0.6\ns3,0.291,0.57\n")
    book = tmp_path / "book.csv"
    CliRunner().invoke(command, [PROBLEM, str(table), "--values-only", "-o", str(book)])
    with book.open() as file:
        assert [row["score"] for row in csv.DictReader(file)] == ["2", "2", "1"]
