"""What says nothing earns nothing; what is rounded as its sheet shows is right all the same."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path
from random import Random

import numpy as np
import pytest
from click.testing import CliRunner

from gradcalc.cli import gradcalc as command
from gradcalc.grading.evaluation.comparison import Tolerance
from gradcalc.grading.evaluation.lines import Lines, lines_of
from gradcalc.grading.marking.mark_sheet import check
from gradcalc.problem.reading.loader import load
from tests.proof.sheets import network

NETWORK = """
inputs: {x: [0.5, 0.8]}
targets: {t: 1}
weights: {W1: [[0.1, 0.2], [0.3, 0.4]], b1: [0.1, 0.1], W2: [[0.5, 0.6]], b2: 0.1}
activations: [relu, sigmoid]
loss: half_squared_error
"""  # yhat = 0.64497, dL/dyhat = -0.35503, dL/dz2 = -0.0813, dL/dz1 = (-0.04065, -0.04878)
DEAD = """
inputs: {x: 1}
targets: {y: 2}
weights: {W1: 0.3, W2: 1.5}
equations: |
  z = W1*x
  a = relu(z)
  v = W2*a
  L = (v - y)^2
"""


def statuses(problem: str, answers: str, tolerance: Tolerance | None = None) -> list[str]:
    return [each.status for each in check(load(problem), answers, tolerance).verdicts]


@pytest.mark.parametrize(
    "answers",
    [
        "yhat = 1\ndL/dyhat = 0\ndL/dz2 = 0\ndL/db2 = 0",
        "yhat = 1.0\ndL/dyhat = 0.0\ndL/dz2 = 0.0\ndL/db2 = 0.00",
        "yhat = 1\ndyhat/dz2 = 0\ndL/dz2 = 0",
        "yhat = 0\nL = 0",
        "yhat = 1\nL = 0\ndL/dW1 = [0 0; 0 0]",
        "dL/dz2 = 0\ndL/dz1 = 0 0\ndL/dW1 = [0 0; 0 0]",
        "dL/dz2 = 0.00\ndL/dz1 = 0.00 0.00",
        "yhat = 1\nL = 0.5",
    ],
)
def test_a_sheet_that_says_nothing_earns_nothing(answers: str) -> None:
    found = statuses(NETWORK, answers)
    assert set(found) == {"incorrect"}, found


@pytest.mark.parametrize("measure", ["rounding", "measure", "other lines"])
def test_a_zero_that_is_rounded_is_right_with_a_remark(measure: str) -> None:
    problem = NETWORK + "rounding: {decimals: 1}\n" * (measure == "rounding")
    tolerance = Tolerance("decimals", 1) if measure == "measure" else None
    answers = "dL/dz1 = 0.0 0.0\n" + "yhat = 0.6\n" * (measure == "other lines")
    verdicts = check(load(problem), answers, tolerance).verdicts
    assert [each.status for each in verdicts[:2]] == ["correct", "correct"]
    assert all(each.rounds_to_zero for each in verdicts[:2])


def test_remarks_are_printed(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("p.yaml", "s.txt")]
    paths[0].write_text(NETWORK)
    paths[1].write_text("yhat = 0.6\ndL/dz1 = 0.0 0.0\n")
    page = CliRunner().invoke(command, ["check", *map(str, paths)]).output
    assert "0: not 0 itself" in page
    assert "1: right, but a single digit says little" in page
    record = CliRunner().invoke(command, ["check", *map(str, paths), "--format", "json"]).output
    assert '"remarks": ["0 once it is rounded"]' in record
    assert '"remarks": ["one digit only"]' in record


@pytest.mark.parametrize("text", ["2", "0.25", "-0.5"])
def test_nothing_is_said_of_a_digit_that_is_the_whole_value(text: str) -> None:
    (verdict,) = check(load(f"inputs: {{x: {text}}}\nequations: y = 1*x\n"), f"y = {text}").verdicts
    assert (verdict.status, verdict.one_digit, verdict.rounds_to_zero) == ("correct", False, False)


def test_a_unit_that_a_wrong_value_turns_off_stays_off() -> None:
    found = statuses(DEAD, "z = -0.3\na = 0\nv = 0\ndL/da = -6\ndL/dz = 0\ndL/dW1 = 0")
    assert found == ["incorrect", "follows", "follows", "follows", "follows", "follows"]
    found = statuses(DEAD, "z = 0\na = 0\ndL/dz = 0")
    assert found == ["incorrect"] * 3


def test_the_page_shows_as_many_digits_as_are_written(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(NETWORK)
    call = ["check", str(path), "-a", "yhat = 0.6449724112345678", "-a", "dL/dyhat = -0.35504"]
    page = CliRunner().invoke(command, call).output
    right = lines_of(load(NETWORK)).values["yhat"].item()
    assert f"should be  {right:.16g}" in page
    rows = [line for line in page.splitlines() if line.rstrip().endswith(("✗ 1", "✗ 2"))]
    assert len(rows) == 2
    assert all("%" in row for row in rows)


# --- drawn networks --------------------------------------------------------------------------


def drawn(seed: int) -> tuple[str, Lines] | None:
    """Return a drawn network with finite values, or None."""
    text = network(Random(seed))
    lines = lines_of(load(text))
    fine = all(np.isfinite(value).all() for value in lines.values.values())
    return (text, lines) if fine and not {"given:", "individual:"} & set(text.split()) else None


def told(lines: Lines, name: str, spell: object) -> str:
    """Return the line of a sheet, each entry as `spell` writes it."""
    value = lines.values[name]
    rows = [" ".join(map(spell, row)) for row in np.atleast_2d(value)]  # type: ignore[arg-type]
    return f"{name} = [{'; '.join(rows)}]" if value.ndim else f"{name} = {rows[0]}"


def empty_sheet(lines: Lines) -> list[str]:
    """Return a sheet on which every value is rounded to what says nothing: 1, -1 or 0."""
    gradients = [name for name in lines.visible if name.startswith("dL/d") and name != "dL/dL"]
    names = ["yhat", "L", *gradients]

    def nothing(value: float) -> str:
        return f"{np.sign(value):.0f}" if 0.5 < abs(value) < 0.95 else "0"

    return [told(lines, name, nothing if name == "yhat" else lambda _: "0") for name in names]


def test_drawn_sheets_that_say_nothing_earn_nothing(tmp_path: Path) -> None:
    tried = 0
    for seed in range(60):
        found = drawn(seed)
        if found is None:
            continue
        text, lines = found
        sheet = empty_sheet(lines)
        for each in check(lines.problem, "\n".join(sheet)).verdicts:
            tried += 1
            due = lines.values[each.name][each.index]
            assert (each.status == "correct") == (due == 0), (text, each)
            assert each.status != "follows"
        if seed % 6 == 0:
            assert graded(tmp_path, text, sheet) == graded_by_hand(lines, sheet)
    assert tried > 400


def graded(folder: Path, text: str, sheet: list[str]) -> float:
    """Return the score of one sheet in a class."""
    paths = [folder / name for name in ("p.yaml", "s1.txt", "book.csv")]
    paths[0].write_text(text)
    paths[1].write_text("\n".join(sheet) + "\n")
    run = CliRunner().invoke(command, ["grade", *map(str, paths[:2]), "-o", str(paths[2])])
    assert run.exit_code in (0, 1), run.output
    (row,) = csv.DictReader(paths[2].read_text().splitlines())
    return float(row["score"])


def graded_by_hand(lines: Lines, sheet: list[str]) -> object:
    """Return the points of the values that are 0: a point a quantity."""
    names = [line.partition(" = ")[0] for line in sheet]
    return pytest.approx(sum(float((lines.values[name] == 0).mean()) for name in names))


@pytest.mark.parametrize("way", ["rounded", "cut off", "significant", "mixed"])
def test_drawn_sheets_of_right_numbers_are_right(way: str) -> None:
    tried = 0
    for seed in range(40):
        found = drawn(seed)
        if found is None:
            continue
        text, lines = found
        chance = Random(seed)
        digits = chance.randint(2, 6)

        def spell(value: float, chance: Random = chance, digits: int = digits) -> str:
            value = float(f"{value:.12g}") + 0.0
            if way == "mixed":
                return f"{value:.{chance.choice((digits, 6))}f}"
            if way == "significant":
                return f"{value:.{digits}g}"
            if way == "rounded":
                return f"{value:.{digits}f}"
            whole, _, rest = f"{Decimal(repr(value)):.20f}".partition(".")
            return f"{whole}.{rest[:digits]}"

        names = [name for name in lines.visible if chance.random() < (0.4, 1)[seed % 2]]
        review = check(lines.problem, "\n".join(told(lines, name, spell) for name in names))
        wrong = [each for each in review.verdicts if each.status != "correct"]
        assert not wrong, (text, wrong)
        tried += len(review.verdicts)
    assert tried > 400
