"""`gradcalc solve` on letters: numbers put for them, layouts of Jacobians, JSON."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.shown import ROOT

FILE = "problems/scaled-relu-letters.yaml"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gradcalc", "solve", *arguments],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        check=False,
    )


@pytest.mark.parametrize(
    "arguments",
    [("--set", "N=3", "--set", "K=2", "--set", "M=4"), ("--set", "N=3,K=2, M = 4")],
)
def test_numbers_stand_for_letters(arguments: tuple[str, ...]) -> None:
    found = run(FILE, *arguments).stdout
    assert "x ∈ ℝ^3    W⁽¹⁾ ∈ ℝ^{4×3}" in found
    assert "y ∈ ℝ^2    W⁽²⁾ ∈ ℝ^{2×4}" in found


def test_one_letter_alone_and_each_entry_of_its_sizes() -> None:
    found = run(FILE, "--set", "K=2", "--detail", "entries").stdout
    assert "W⁽²⁾ ∈ ℝ^{2×M}" in found
    assert "z⁽²⁾₂ = Σᵢ W⁽²⁾₂ᵢ a⁽¹⁾ᵢ + b⁽²⁾₂\n" in found
    assert "L = (ŷ₁ − y₁)² + (ŷ₂ − y₂)²\n" in found


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--set", "x=3"), "error: x is a value and not the letter of a dimension\n"),
        (("--set", "Q=3"), "error: no dimension of the file is called Q\n"),
        (("--set", "N"), "error: --set 'N' names no letter\n"),
        (("--set", "=3"), "error: --set '=3' names no letter\n"),
        (("--set", ""), "error: --set '' names no letter\n"),
        (("--set", "N=0"), "error: --set N: 0 is not a whole number from 1\n"),
        (("--set", "N=2.5"), "error: --set N: 2.5 is not a whole number from 1\n"),
        (
            ("--set", "N=99999999999"),
            "error: --set N: 99999999999 is more than 999999, the largest",
        ),
        (("--set", "N="), "error: --set N: nothing is not a whole number from 1\n"),
        (("--set", "N=3", "--set", "N=4"), "error: --set N is given two numbers\n"),
        (("--set", "\x1b[31m=4"), "error: --set '\\x1b[31m=4' names no letter\n"),
    ],
)
def test_what_is_no_number_for_a_letter_is_refused(
    arguments: tuple[str, ...], message: str
) -> None:
    found = run(FILE, *arguments)
    assert found.returncode == 2
    assert found.stdout == ""
    assert found.stderr.startswith(message)
    assert "Traceback" not in found.stderr


def test_sizes_that_cannot_fit_are_named_with_both_places() -> None:
    text = "inputs: {x: {shape: N}}\ntargets: {y: {shape: N}}\nunits: [M, K]\n"
    found = subprocess.run(
        [sys.executable, "-m", "gradcalc", "solve", "-", "--set", "N=2,K=3"],
        input=text + "activations: [relu, identity]\nloss: squared_error\n",
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        check=False,
    )
    assert found.returncode == 2
    assert "error: the last layer has 3 units, y has 2 entries\n" in found.stderr
    assert ":3:12\n" in found.stderr
    assert "y in line 2\n" in found.stderr


def test_large_sizes_take_no_time_and_no_room() -> None:
    found = run(FILE, "--set", "N=999999,M=999999,K=999999", "--detail", "entries", "--jacobians")
    assert found.returncode == 0
    assert found.stdout.count("\n") < 150


def test_the_layout_of_jacobians_is_chosen_and_stated() -> None:
    numerator, denominator = (
        run(FILE, "--jacobian-layout", layout).stdout for layout in ("numerator", "denominator")
    )
    assert "numerator layout" in " ".join(numerator.replace("\n", " ").split())
    assert "denominator layout" in " ".join(denominator.replace("\n", " ").split())
    assert "= (∂L/∂ŷᵀ ∂ŷ/∂z⁽²⁾ W⁽²⁾ ∂a⁽¹⁾/∂z⁽¹⁾)ᵀ xᵀ\n" in numerator
    assert "= ∂a⁽¹⁾/∂z⁽¹⁾ W⁽²⁾ᵀ ∂ŷ/∂z⁽²⁾ ∂L/∂ŷ xᵀ\n" in denominator
    assert numerator == run(FILE, "--jacobians").stdout
    assert "Jacobians" not in run(FILE).stdout
    assert run(FILE, "--jacobian-layout", "rows").returncode == 2


def test_the_file_chooses_the_layout_and_the_option_overrides_it() -> None:
    text = (ROOT / FILE).read_text(encoding="utf-8") + "jacobian_layout: denominator\n"
    for arguments, due in (
        (("--jacobians",), "denominator layout"),
        (("--jacobian-layout", "numerator"), "numerator layout"),
    ):
        found = subprocess.run(
            [sys.executable, "-m", "gradcalc", "solve", "-", *arguments],
            input=text,
            capture_output=True,
            encoding="utf-8",
            cwd=ROOT,
            check=True,
        )
        assert due in " ".join(found.stdout.split())


def test_the_json_object_in_letters() -> None:
    found = json.loads(run(FILE, "--format", "json").stdout)
    assert found["find"][0] == {
        "name": "dL/dW1",
        "value": None,
        "shape": ["M", "N"],
        "chain": [["dL/dyhat", "dyhat/dz2", "dz2/da1", "da1/dz1", "dz1/dW1"]],
        "formula": "outer(10*(W2.T @ (yhat - y))*relu'(z1), x)",
    }
    assert found["values"] == {}
    assert found["check"] is None
