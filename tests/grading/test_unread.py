"""What of a class's submissions is not read is said, with what was meant where that is plain."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from gradcalc.cli import gradcalc
from gradcalc.grading.classes.assignment import preview
from gradcalc.problem.reading.loader import load

PROBLEM = """
inputs: {x: [2, -1]}
targets: {y: 1}
weights: {W1: [[0.5, 0.3]], b1: 0.1}
activations: [sigmoid]
loss: half_squared_error
find: [z1, yhat, dL/dz1]
"""
VALUES = {"z1": "0.8", "yhat": "0.68997", "dL/dz1": "-0.066317"}


@dataclass(frozen=True)
class Run:
    code: int
    stdout: str
    stderr: str


def graded(folder: Path, source: str) -> tuple[Run, list[dict[str, str]]]:
    """Return the run over a source, and the rows of problems.csv."""
    (folder / "p.yaml").write_text(PROBLEM)
    book, report = folder / "book.csv", folder / "report.md"
    call = [str(folder / "p.yaml"), str(folder / source), "-o", str(book), "--report", str(report)]
    result = CliRunner().invoke(gradcalc, ["grade", *call], standalone_mode=False)
    run = Run(int(result.return_value or 0), result.stdout, result.stderr)
    path = folder / "problems.csv"
    rows = list(csv.DictReader(path.read_text().splitlines())) if path.exists() else []
    return run, rows


def wide(folder: Path, names: list[str], values: list[str]) -> str:
    text = ",".join(["student_id", *names]) + "\n" + ",".join(["1", *values]) + "\n"
    (folder / "a.csv").write_text(text)
    return "a.csv"


def long(folder: Path, names: list[str], values: list[str]) -> str:
    rows = [f"1,{name},{value}\n" for name, value in zip(names, values, strict=True)]
    (folder / "a.csv").write_text("student_id,quantity,value\n" + "".join(rows))
    return "a.csv"


def lines(folder: Path, names: list[str], values: list[str]) -> str:
    answers = dict(zip(names, values, strict=True))
    (folder / "a.jsonl").write_text(json.dumps({"student_id": "1", "answers": answers}) + "\n")
    return "a.jsonl"


def sheets(folder: Path, names: list[str], values: list[str]) -> str:
    (folder / "in").mkdir(exist_ok=True)
    text = "".join(f"{name} = {value}\n" for name, value in zip(names, values, strict=True))
    (folder / "in" / "1.txt").write_text(text)
    return "in"


LAYOUTS = [wide, long, lines, sheets]
Layout = Callable[[Path, list[str], list[str]], str]


def meanings(folder: Path) -> dict[str, str]:
    """Return what each column was taken for."""
    (source,) = preview([str(folder / "a.csv")], load(PROBLEM), rows=0).sources
    return {" ".join(name.split()): meaning for name, meaning in source.meanings}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("typed", "meant"), [("yhta", "yhat"), ("dL/dz2", "dL/dz1"), ("dL/dW9", "dL/dW1")]
)
def test_a_name_that_is_not_read_is_said_everywhere(
    layout: Layout, typed: str, meant: str, tmp_path: Path
) -> None:
    source = layout(tmp_path, [*VALUES, typed], [*VALUES.values(), "0.7"])
    result, rows = graded(tmp_path, source)
    for said in (result.stderr, result.stdout, (tmp_path / "report.md").read_text()):
        flat = " ".join(said.split()).replace("\\", "")
        assert f"{typed}" in flat
        assert f"did you mean {meant}?" in flat
    assert result.code == 1
    assert any(row["quantity"] == typed and meant in row["reason"] for row in rows)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("change", [str.upper, str.lower, str.swapcase])
def test_a_name_that_differs_in_case_only_is_understood(
    layout: Layout, change: Callable[[str], str], tmp_path: Path
) -> None:
    source = layout(tmp_path, [change(name) for name in VALUES], list(VALUES.values()))
    result, rows = graded(tmp_path, source)
    assert (result.code, rows) == (0, [])
    assert "1,3,3,1,1,1,marked," in (tmp_path / "book.csv").read_text()


@pytest.mark.parametrize("layout", [wide, long, lines])
def test_no_guess_where_two_columns_could_be_meant(layout: Layout, tmp_path: Path) -> None:
    source = layout(tmp_path, [*VALUES, "Z1"], [*VALUES.values(), "7"])
    result, rows = graded(tmp_path, source)
    assert "1,3,3,1,1,1,marked," in (tmp_path / "book.csv").read_text()
    assert [row["quantity"] for row in rows] == ["Z1"]
    assert "could mean z1" in rows[0]["reason"]
    assert "Z1" in result.stderr


def test_columns_about_students_are_listed_and_not_said_aloud(tmp_path: Path) -> None:
    about = ["First Name", "Section", "Group", "Total Score", "View Count", "Comment", "Text"]
    filled = ["Anna", "3", "4", "10", "2", "fine", "words"]
    result, rows = graded(tmp_path, wide(tmp_path, [*about, *VALUES], [*filled, *VALUES.values()]))
    assert result.code == 0
    assert "warning" not in result.stderr
    assert "Not read" not in result.stdout
    assert [row["quantity"] for row in rows] == about
    assert {(row["line"], row["student"]) for row in rows} == {("1", "")}


def test_a_column_of_numbers_is_said_aloud(tmp_path: Path) -> None:
    result, rows = graded(tmp_path, wide(tmp_path, [*VALUES, "foo"], [*VALUES.values(), "0.5"]))
    assert "the column foo is not read" in result.stderr
    assert "--columns" in result.stderr
    assert result.code == 0
    assert [row["quantity"] for row in rows] == ["foo"]


def test_every_name_out_of_many_is_read_or_said(tmp_path: Path) -> None:
    chance = random.Random(3)
    known = [*VALUES, "L", "dL/dW1[1,1]", "dL/db1", "dL/dyhat"]
    for _ in range(60):
        name = chance.choice(known)
        at = chance.randrange(len(name))
        typed = name[:at] + chance.choice("xqzL1/ ") + name[at + 1 :]
        if not typed.strip():  # rows are then too long, which is said
            continue
        source = wide(tmp_path, ["z1", f'"{typed}"'], ["0.8", "0.5"])
        (tmp_path / "problems.csv").unlink(missing_ok=True)
        _, rows = graded(tmp_path, source)
        shown = " ".join(typed.split())
        if meanings(tmp_path)[shown] == "not read":
            assert any(row["quantity"] == shown for row in rows), typed


def test_problems_name_the_line_within_a_sheet(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "s1.txt").write_text("z1 = 0.8\n\nyhat = abc\ndL/dz1 = -0.066317\n")
    (folder / "s2.txt").write_text("z1 = 0.8\nhello\nyhta = 0.7\n")
    (folder / "s3.yaml").write_text("answers:\n  z1: 0.8\n  yhat: x8\n  dL/dz1: yhat*\n")
    (folder / "s4.json").write_text('{"z1": 0.8,\n "yhat": [1, 2]}\n')
    (folder / "s5.txt").write_text("")
    _, rows = graded(tmp_path, "in")
    found = {(Path(row["source"]).name, row["line"], row["quantity"]) for row in rows}
    assert {
        ("s1.txt", "3", "yhat[1]"),
        ("s2.txt", "2", ""),
        ("s2.txt", "3", "yhta"),
        ("s3.yaml", "3", "yhat[1]"),
        ("s3.yaml", "4", "dL/dz1[1]"),
        ("s4.json", "2", "yhat[1]"),
        ("s5.txt", "", ""),
    } <= found


def test_problems_name_the_line_of_a_row_of_a_long_table(tmp_path: Path) -> None:
    _, rows = graded(tmp_path, long(tmp_path, [*VALUES], ["0.8", "x8", "-0.066317"]))
    assert [(row["line"], row["quantity"]) for row in rows] == [("3", "yhat[1]")]


def test_names_stand_in_the_order_of_the_file(tmp_path: Path) -> None:
    names = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"]
    text = "".join(f"{name}: [1, 2]\n" for name in names)
    (tmp_path / "sheet.yaml").write_text(f"{text}yhat: 0.68997\n")
    _, rows = graded(tmp_path, "sheet.yaml")
    assert [row["quantity"] for row in rows if row["quantity"] in names] == names
