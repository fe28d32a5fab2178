"""What people see of every shipped problem, kept in golden files."""

from __future__ import annotations

from pathlib import Path

import pytest

import gradcalc
from gradcalc.report.record import record
from gradcalc.report.terminal import page
from gradcalc.report.view import View
from tests.shown import GOLDEN, PROBLEMS, matches, steady

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
every = pytest.mark.parametrize("path", PROBLEMS, ids=lambda path: path.stem)
some = pytest.mark.parametrize("path", SOME, ids=lambda path: path.stem)


def solved(path: Path) -> gradcalc.Solution:
    return gradcalc.solve(gradcalc.load(path))


@every
def test_the_page_at_80_columns(path: Path) -> None:
    text = page(View(solved(path))).plain()
    assert matches(GOLDEN / "solve" / f"{path.stem}.txt", steady(text))


@some
def test_every_entry_on_a_line_of_its_own(path: Path) -> None:
    text = page(View(solved(path)), "entries").plain()
    assert matches(GOLDEN / "entries" / f"{path.stem}.txt", steady(text))


@some
def test_the_page_in_ascii(path: Path) -> None:
    text = page(View(solved(path), unicode=False)).plain()
    assert text.isascii()
    assert matches(GOLDEN / "ascii" / f"{path.stem}.txt", steady(text))


@some
def test_the_page_at_40_columns(path: Path) -> None:
    text = page(View(solved(path)), columns=40).plain()
    assert matches(GOLDEN / "narrow" / f"{path.stem}.txt", steady(text))


@some
def test_jacobians_as_matrices(path: Path) -> None:
    text = page(View(solved(path), jacobians=True)).plain()
    assert matches(GOLDEN / "jacobians" / f"{path.stem}.txt", steady(text))


@every
def test_the_texts_of_the_json_object(path: Path) -> None:
    found = record(View(solved(path)))
    lines = [
        f"{step['phase']:8}  {step['name']} = {step['formula']}\n"
        f"          {step['substitution']}\n          {step['note']}\n"
        for step in found["steps"]
    ]
    head = [f"{name}: {text}\n" for name, text in found["conventions"].items()]
    assert matches(GOLDEN / "json" / f"{path.stem}.txt", "".join(head + lines))
