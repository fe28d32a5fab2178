"""Pages, verdicts and scripts where something is zero or equal in decimals, not in floats.

Every file of `in_decimals/` has its page in tests/golden.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import gradcalc
from gradcalc.grading.evaluation.lines import lines_of
from gradcalc.problem.authoring.draw_student import of_student
from gradcalc.problem.reading.loader import load
from tests.report.test_without_a_value import called
from tests.shown import GOLDEN, golden

HERE = Path(__file__).parent
FILES = sorted((HERE / "in_decimals").glob("*.yaml"))
FORMS = ("latex", "markdown", "html")


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(HERE)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_zero_or_equal_in_decimals_is_so_on_the_page(path: Path) -> None:
    code, text, told = called("solve", str(path))
    assert (code, told) == (0, "")
    golden(GOLDEN / "in-decimals" / f"{path.stem}.txt", text)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("form", FORMS)
def test_no_noise_in_any_form(path: Path, form: str) -> None:
    _, text, _ = called("solve", str(path), "--format", form)
    assert "10^{-1" not in text
    assert "e-1" not in text
    assert "⁻¹⁶" not in text


def test_the_object_has_zeros() -> None:
    _, text, _ = called("solve", "in_decimals/unit-at-zero.yaml", "--format", "json")
    values = json.loads(text)["values"]
    assert values["z1"] == [0]
    assert values["da1/dz1"] == [0]
    assert values["dL/dW1"] == [[0, 0, 0]]


@pytest.mark.parametrize(("answer", "code"), [("0 0 0", 0), ("-0.2 -0.4 -0.6", 1)])
def test_zeros_are_the_right_answer(tmp_path: Path, answer: str, code: int) -> None:
    sheet = tmp_path / "answers.txt"
    sheet.write_text(f"z1 = 0\ndL/dW1 = {answer}\n", encoding="utf-8")
    assert called("check", "in_decimals/unit-at-zero.yaml", str(sheet))[0] == code


def test_a_class_meets_the_kinks_that_its_students_meet_alone() -> None:
    problem = load(HERE / "in_decimals" / "drawn.yaml")
    lines = lines_of(problem)
    names = [str(number) for number in range(10, 25)]
    alone = [gradcalc.solve(of_student(problem, name, name)).values for name in names]
    thirds = np.array([values["x"] for values in alone])
    together = lines.program.run({**lines.start, "x": thirds})
    on = [float(values["z1"][0]) == 0 for values in alone]
    assert any(on)
    assert not all(on)
    for row, values in enumerate(alone):
        for name in ("z1", "da1/dz1", "dL/dW1", "L"):
            assert np.array_equal(together[name][row], values[name])


def test_lint_sees_the_kink() -> None:
    _, text, _ = called("lint", "in_decimals/drawn.yaml")
    golden(GOLDEN / "in-decimals" / "drawn-lint.txt", text)


@pytest.mark.parametrize("form", ["numpy", "torch"])
def test_scripts_say_where_they_differ(form: str) -> None:
    _, text, _ = called("solve", "in_decimals/unit-at-zero.yaml", "--format", form)
    said = [line for line in text.splitlines() if line.startswith("# Floats are binary")]
    assert len(said) == 1
    _, text, _ = called("solve", str(HERE.parents[1] / "problems/l1-loss.yaml"), "--format", form)
    assert "Floats are binary" not in text


def test_the_script_does_differ() -> None:
    """What the comment says is so: the floats of the script take the other side."""
    _, text, _ = called("solve", "in_decimals/unit-at-zero.yaml", "--format", "numpy")
    done = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, check=True, timeout=60
    )
    assert "[[0. 0. 0.]]" not in done.stdout.replace("-", "")
