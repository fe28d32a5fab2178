"""What people see of every shipped problem, kept in golden files."""

from __future__ import annotations

from pathlib import Path

import pytest

import gradcalc
from gradcalc.report.solution.page import page
from gradcalc.report.solution.record import record
from gradcalc.report.steps.view import View
from tests.shown import GOLDEN, PROBLEMS, ROOT, golden

SOME = [
    path
    for path in PROBLEMS
    if path.stem
    in (
        "relu-squared-loss",
        "relu-network-given-values",
        "hand-calculation-rounded",
        "batch-mean",
        "softmax-cross-entropy",
        "polynomial-partials",
        "huber-within",
        "momentum-steps",
        "adam-steps",
    )
]
IN_LETTERS = [path for path in PROBLEMS if path.stem.endswith("-letters")]
every = pytest.mark.parametrize("path", PROBLEMS, ids=lambda path: path.stem)
some = pytest.mark.parametrize("path", SOME, ids=lambda path: path.stem)
in_letters = pytest.mark.parametrize("path", IN_LETTERS, ids=lambda path: path.stem)


def solved(path: Path) -> gradcalc.Solution:
    return gradcalc.solve(gradcalc.load(path))


@every
def test_the_page_at_80_columns(path: Path) -> None:
    text = page(View(solved(path))).plain()
    golden(GOLDEN / "solve" / f"{path.stem}.txt", text)


@some
def test_every_entry_on_a_line_of_its_own(path: Path) -> None:
    text = page(View(solved(path)), "entries").plain()
    golden(GOLDEN / "entries" / f"{path.stem}.txt", text)


@some
def test_the_page_in_ascii(path: Path) -> None:
    text = page(View(solved(path), unicode=False)).plain()
    assert text.isascii()
    golden(GOLDEN / "ascii" / f"{path.stem}.txt", text)


@some
def test_the_page_at_40_columns(path: Path) -> None:
    text = page(View(solved(path)), columns=40).plain()
    golden(GOLDEN / "narrow" / f"{path.stem}.txt", text)


@some
def test_jacobians_as_matrices(path: Path) -> None:
    text = page(View(solved(path), jacobians=True)).plain()
    golden(GOLDEN / "jacobians" / f"{path.stem}.txt", text)


@every
def test_the_texts_of_the_json_object(path: Path) -> None:
    found = record(View(solved(path)))
    lines = [
        f"{step['phase']:8}  {step['name']} = {step['formula']}\n"
        f"          {step['substitution']}\n          {step['note']}\n"
        for step in found["steps"]
    ]
    head = [f"{name}: {text}\n" for name, text in found["conventions"].items()]
    golden(GOLDEN / "json" / f"{path.stem}.txt", "".join(head + lines))


@in_letters
def test_any_entry_in_letters(path: Path) -> None:
    text = page(View(solved(path)), "entries").plain()
    golden(GOLDEN / "letters" / f"{path.stem}-entries.txt", text)


@in_letters
@pytest.mark.parametrize("layout", ["numerator", "denominator"])
def test_jacobians_in_letters(path: Path, layout: str) -> None:
    text = page(View(solved(path), jacobians=True, turned=layout)).plain()
    golden(GOLDEN / "letters" / f"{path.stem}-{layout}.txt", text)


@in_letters
def test_a_page_in_letters_in_ascii(path: Path) -> None:
    text = page(View(solved(path), jacobians=True, unicode=False), "entries").plain()
    assert text.isascii()
    golden(GOLDEN / "letters" / f"{path.stem}-ascii.txt", text)


def test_letters_beside_numbers() -> None:
    problem = gradcalc.load(
        (ROOT / "problems" / "scaled-relu-letters.yaml").read_text(encoding="utf-8"),
        {"N": 3, "K": 2},
    )
    text = page(View(gradcalc.solve(problem), jacobians=True), "entries").plain()
    golden(GOLDEN / "letters" / "scaled-relu-letters-n3-k2.txt", text)
