"""The worked solutions of the source documents, each marked as one student's work of a class."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from math import exp
from pathlib import Path

import pytest

from gradcalc.cli import run

SHEETS = Path("tests/cases/answers")


@dataclass(frozen=True)
class Graded:
    """What a class came to: the gradebook by student, the results, the pages."""

    code: int
    book: dict[str, dict[str, str]]
    results: dict[str, dict]
    page: str
    only: str
    feedback: str


@pytest.fixture
def graded(tmp_path, capsys):
    """Return what marks a class and looks at one student of it."""

    def called(problem: str, source: Path, student: str = "author") -> Graded:
        book, results = tmp_path / "book.csv", tmp_path / "results.jsonl"
        folder = tmp_path / "feedback"
        call = ["grade", f"problems/{problem}.yaml", str(source)]
        outputs = ["-o", str(book), "--results", str(results), "--feedback", str(folder)]
        code = run([*call, *outputs])
        page = capsys.readouterr().out
        assert run([*call, "--only", student]) == 0
        only = capsys.readouterr().out
        rows = {row["student"]: row for row in csv.DictReader(book.read_text().splitlines())}
        lines = [json.loads(line) for line in results.read_text().splitlines()]
        by_student = {line["student"]: line for line in lines}
        feedback = (folder / f"{student}.md").read_text()
        return Graded(code, rows, by_student, page, only, feedback)

    return called


def table(path: Path, heads: list[str], *rows: list[str]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([heads, *rows])
    return path


def wrong(result: dict) -> list[tuple[str, list[int] | None, str, list[str]]]:
    """Return the entries that are incorrect, as given, with the mistakes that are named."""
    return [
        (each["quantity"], each["index"], each["given"], each["mistakes"])
        for each in result["verdicts"]
        if each["status"] == "incorrect"
    ]


def entries(result: dict, name: str) -> list[tuple[str, float]]:
    """Return status and points of the entries of a quantity that are not simply correct."""
    found = [each for each in result["verdicts"] if each["quantity"] == name]
    return [(each["status"], each["points"]) for each in found]


# --- document 000: every line that the notebook prints is right; option i is the answer -----


def test_document_000_in_a_table(tmp_path, graded):
    heads = ["student_id", "y", "L", "dL/dy", "dL/dz"]
    y, upstream = "[0.1 0.  0.4 0.7 0. ]", "[ 0.2  0.  -1.2  1.4  0. ]"
    author = ["author", y, "0.8599999999999999", upstream, "[0.2, 0, -1.2, 1.4, 0]"]
    option_g = ["g", y, "0.86", "0.1 0 -0.6 0.7 0", "0.1 0 -0.6 0.7 0"]
    no_relu = "0.2, -0.2, -1.2, 1.4, -0.4"
    option_h = ["h", "0.1 -0.1 0.4 0.7 -0.2", "0.91", no_relu, no_relu]
    source = table(tmp_path / "c.csv", heads, author, option_g, option_h)
    found = graded("relu-squared-loss", source)
    assert found.code == 0
    assert found.results["author"]["status"] == {"correct": 16}
    assert {name: row["score"] for name, row in found.book.items()} == {
        "author": "4",
        "g": "3.4",  # 2 of 5 entries of dL/dy are right as they are, dL/dz follows
        "h": "2.6",  # 3 of 5 entries of y are right; h is a wrong option of dL/dz
    }
    assert found.book["g"]["note"] == "first wrong: dL/dy (loss-factor-2)"
    assert found.book["h"]["note"].startswith("first wrong: y (act-skipped")
    assert [(name, index, text) for name, index, text, _ in wrong(found.results["h"])] == [
        ("y", [2], "-0.1"),
        ("y", [5], "-0.2"),
        ("dL/dz", [2], "-0.2"),
        ("dL/dz", [5], "-0.4"),
    ]
    assert "All 16 numbers are right." in found.only and "4 of 4" in found.feedback


# --- document 001: dL/da1 = W2ᵀ dL/dz2 is worked out wrongly ---------------------------------
# By hand: 0.7·(−2.2) + 0.9·(−2.4) = −3.7 and 0.8·(−2.2) + 1.0·(−2.4) = −4.16; the document has
# −4.54 and −5.18, which no slip explains, and copies them into dL/dz1 (both units are active).

LINES_001 = ["z3", "dL/dyhat", "dL/dz3", "dL/da2", "dL/dz2", "dL/da1", "dL/dz1"]
PRINTED_001 = ["15.5", "-2", "-2", "[-2.2; -2.4]", "[-2.2; -2.4]", "[-4.54; -5.18]", "-4.54 -5.18"]
RIGHT_001 = [*PRINTED_001[:5], "[-3.7, -4.16]", "[-3.7, -4.16]"]


def holds_001(found: Graded, most: int) -> None:
    assert found.code == 0
    author, right, begun = (found.book[name] for name in ("author", "right", "begun"))
    assert (author["score"], author["max_score"]) == (str(most - 1), str(most))
    assert author["dL/da1"] == "0" and author["dL/dz1"] == "1"
    assert author["note"] == "first wrong: dL/da1"
    result = found.results["author"]
    assert wrong(result) == [("dL/da1", [1], "-4.54", []), ("dL/da1", [2], "-5.18", [])]
    expected = [(each["expected"], each["expected_from_own"]) for each in result["verdicts"]]
    assert expected == [
        (pytest.approx(-3.7), pytest.approx(-3.7)),
        (pytest.approx(-4.16), pytest.approx(-4.16)),
        (pytest.approx(-3.7), -4.54),
        (pytest.approx(-4.16), -5.18),
    ]
    assert entries(result, "dL/dz1") == [("follows", 0.5), ("follows", 0.5)]
    assert right["score"] == str(most) and not found.results["right"]["verdicts"]
    assert begun["note"] == "4 not answered"
    assert found.results["begun"]["status"]["missing"] == 4
    for page in (found.only, found.feedback):
        assert "One slip, in 2 of the" in page and "the given yhat = 8 contradicts" in page
        assert "No known mistake gives this" in page
        assert "∂L/∂a⁽¹⁾ = W⁽²⁾ᵀ ∂L/∂z⁽²⁾" in page
        assert f"{most - 1} of {most}" in page
    assert "−3.7" in found.only and "−3.7" not in found.feedback  # nothing is given away
    assert "1 student keeps 1 point for lines that follow" in found.page


def test_document_001_in_a_table(tmp_path, graded):
    rows = [["author", *PRINTED_001], ["right", *RIGHT_001], ["begun", *RIGHT_001[:5], "", ""]]
    found = graded(
        "relu-network-given-values", table(tmp_path / "c.csv", ["student_id", *LINES_001], *rows)
    )
    holds_001(found, 7)


def test_document_001_in_a_folder(tmp_path, graded):
    sheets = tmp_path / "sheets"
    sheets.mkdir()
    (sheets / "author.txt").write_bytes((SHEETS / "001-printed.txt").read_bytes())
    named = list(zip(LINES_001[1:], RIGHT_001[1:], strict=True))
    (sheets / "right.yaml").write_text("".join(f"{name}: '{v}'\n" for name, v in named))
    answers = json.dumps({"answers": dict(named[:4])})
    (sheets / "begun.json").write_text(answers)
    holds_001(graded("relu-network-given-values", sheets), 6)


# --- document 004: a sign is lost in dL/dW1[1,1]; all else is rounded, and right -------------
# (−0.11)(0.68)(0.32)(0.18) is −0.0043; the document has 0.0043, twice.

LINES_004 = ["z1", "a1", "z2", "yhat", "L", "dL/dyhat", "dL/dW2", "dL/db2", "dL/da1", "dL/dW1"]
LINES_004 += ["dL/db1"]
PRINTED_004 = [
    *("[0.7384, -0.8796]", "[0.68, 0.29]", "0.2872", "0.57", "1.73", "1.86", "[0.31; 0.13]"),
    *("0.46", "-0.11 0.31", "0.0043 0.0115; -0.0579 0.1544; -0.0321 0.0855", "-0.0239 0.0638"),
]


def exact_004() -> list[str]:
    """Work document 004 out with nothing rounded, entry by entry."""
    x, t = (0.18, 2.42, 1.34), -1.29
    z = [
        -0.36 - 0.1 * x[0] + 0.19 * x[1] + 0.49 * x[2],
        -0.04 - 0.15 * x[0] - 0.07 * x[1] - 0.48 * x[2],
    ]
    h = [1 / (1 + exp(-each)) for each in z]
    z2 = 0.26 - 0.25 * h[0] + 0.68 * h[1]
    o = 1 / (1 + exp(-z2))
    delta = (o - t) * o * (1 - o)
    upstream = [-0.25 * delta, 0.68 * delta]
    own = [u * each * (1 - each) for u, each in zip(upstream, h, strict=True)]
    values = [z, h, [z2], [o], [(o - t) ** 2 / 2], [o - t], [delta * each for each in h], [delta]]
    values += [upstream, [each * u for each in x for u in own], own]
    found = [" ".join(f"{each:.6f}" for each in row) for row in values]
    rows = found[-2].split()
    found[-2] = "; ".join(" ".join(rows[at : at + 2]) for at in (0, 2, 4))
    return found


def holds_004(found: Graded) -> None:
    assert found.code == 0
    author = found.results["author"]
    assert wrong(author) == [("dL/dW1", [1, 1], "0.0043", ["sign-slip"])]
    assert author["status"] == {"correct": 20, "incorrect": 1}
    assert author["points"] == {
        name: pytest.approx(5 / 6, abs=1e-6) if name == "dL/dW1" else 1 for name in LINES_004
    }
    row = found.book["author"]
    assert (row["score"], row["max_score"], row["dL/dW1"]) == ("10.8333", "11", "0.8333")
    assert row["note"] == "first wrong: dL/dW1 (sign-slip)"
    (verdict,) = author["verdicts"]
    assert verdict["expected"] == pytest.approx(-0.0044882, abs=1e-7)
    assert verdict["expected_from_own"] == pytest.approx(-0.11 * 0.68 * 0.32 * 0.18)
    assert found.results["exact"]["status"] == {"correct": 21}
    assert found.book["exact"]["score"] == "11"
    assert "One slip, in 1 of the 21 numbers" in found.only
    assert "0.18·(−0.11)·0.68 (1 − 0.68) = −0.00430848" in found.only
    assert "∂E/∂w₁: the sign is lost." in found.feedback
    assert re.search(r"one sign +sign-slip +1  50 %", found.page)


@pytest.mark.parametrize("problem", ["hand-calculation", "hand-calculation-rounded"])
def test_document_004_in_a_table(tmp_path, graded, problem):
    rows = [["author", *PRINTED_004], ["exact", *exact_004()]]
    holds_004(graded(problem, table(tmp_path / "c.csv", ["student_id", *LINES_004], *rows)))


@pytest.mark.parametrize("problem", ["hand-calculation", "hand-calculation-rounded"])
def test_document_004_in_a_folder(tmp_path, graded, problem):
    sheets = tmp_path / "sheets"
    sheets.mkdir()
    (sheets / "author.txt").write_bytes((SHEETS / "004-printed.txt").read_bytes())
    named = zip(LINES_004, exact_004(), strict=True)
    (sheets / "exact.yaml").write_text("".join(f"{name}: '{v}'\n" for name, v in named))
    holds_004(graded(problem, sheets))


def test_document_004_with_the_derivative_forgotten(tmp_path, graded):
    sheets = tmp_path / "sheets"
    sheets.mkdir()
    (sheets / "author.txt").write_bytes((SHEETS / "004-sigma-forgotten.txt").read_bytes())
    found = graded("hand-calculation", sheets)
    assert [(name, mistakes) for name, _, _, mistakes in wrong(found.results["author"])] == [
        ("dL/dz2", ["act-derivative-missing"]),
        *[("dL/dz1", ["act-derivative-missing"])] * 2,
    ]
    assert found.results["author"]["status"] == {"correct": 8, "follows": 13, "incorrect": 3}
    assert (found.book["author"]["score"], found.book["author"]["max_score"]) == ("11", "13")
