"""At kinks and ties, and where there are numbers alone, scripts compute what the page says."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path
from random import Random

import pytest

import gradcalc
from gradcalc.algebra.operations.operation import slopes_at_kink
from gradcalc.algebra.operations.table import TABLE
from gradcalc.algebra.optimisers import OPTIMISERS, SETTINGS
from gradcalc.problem.solution import Solution
from gradcalc.report.scripts.numpy_script import numpy_script
from gradcalc.report.scripts.torch_script import torch_script
from tests.report.held_to_pages import numpy_differs, solved, torch_differs

SEEDS = range(270)


@cache
def with_solutions() -> tuple[tuple[int, Solution], ...]:
    pairs = ((seed, solved(seed)) for seed in SEEDS)
    return tuple((seed, solution) for seed, solution in pairs if solution is not None)


def test_enough_of_the_random_problems_have_a_solution() -> None:
    assert len(with_solutions()) >= 200


def test_numpy_scripts_of_random_problems_agree_with_their_pages() -> None:
    for seed, solution in with_solutions():
        assert numpy_differs(solution) is None, seed


def test_torch_scripts_of_random_problems_agree_with_their_pages() -> None:
    pytest.importorskip("torch")
    for seed, solution in with_solutions():
        assert torch_differs(solution) is None, seed


def test_scripts_of_random_problems_are_clean(tmp_path: Path) -> None:
    for seed, solution in with_solutions()[:120]:
        for kind, write in (("numpy", numpy_script), ("torch", torch_script)):
            try:
                text = write(solution)
            except gradcalc.ProblemError:
                continue
            (tmp_path / f"{kind}_{seed}.py").write_text(text, encoding="utf-8")
    own = "B002,PLR0124,PLR0133"  # -(-x), x == x and 1 > 2, where a problem says so
    call = [sys.executable, "-m", "ruff", "check", "--ignore", own, "--isolated", "--no-cache"]
    ran = subprocess.run([*call, str(tmp_path)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


CHOOSABLE = [row.name for row in TABLE if slopes_at_kink(row)]
TIES = "x: [0, 1, -1, 0.5, 6, -3, 2, 1], t: [1, -1, 1, 0.5, 2, 1, 0.5, 1]"
PLACES = {
    "hardsigmoid": "x: [-3, 3, 0, 1], t: [1, 1, 1, 1]",
    "hinge_embedding": "x: [1, 1, 0.5, 2], t: [-1, 1, -1, -1]",
    "margin_ranking": "x: [1, 2, 0, 1], t: [1, 1, 0.5, 2]",
}


def at_kinks(name: str, slope: str = "") -> Solution:
    """Return a problem that reads a row of the table at its kinks."""
    row = TABLE[name]
    operands = ["x", "t", "[1, -1, 1, 1]"][: len(row.params)]
    text = f"inputs: {{{PLACES.get(name, TIES)}}}\nequations: |\n"
    setting = ", alpha=2" if name == "elu" else ""  # with α = 1 it has no kink
    call = f"{name}({', '.join(operands)}{setting})"
    text += f"  h = {call}\n  L = sum(h)\n" if row.kind != "loss" else f"  L = {call}\n"
    wanted = ["dL/dx", "dL/dt"][: len(row.params)]
    text += f"find: [{', '.join(wanted)}]\n"
    return gradcalc.solve(gradcalc.load(text + (f"kinks: {{{name}: {slope}}}\n" if slope else "")))


@pytest.mark.parametrize("name", CHOOSABLE)
def test_a_slope_that_a_file_chooses_is_that_of_both_scripts(name: str) -> None:
    plain, chosen = at_kinks(name, "0.5"), at_kinks(name, "0.375")
    assert any((plain.values[key] != chosen.values[key]).any() for key in plain.values)
    assert numpy_differs(chosen) is None
    pytest.importorskip("torch")
    assert torch_differs(plain) is None
    assert torch_differs(chosen) is None
    torch_script(chosen)


def test_a_choice_for_a_function_is_none_for_what_the_table_makes_of_it() -> None:
    solution = gradcalc.solve(
        gradcalc.load(
            "inputs: {x: [0, 1, -1], t: [0, 1, 1]}\nequations: |\n"
            "  L = l1(x, t) + hinge(x, t) + sum(sparse_sigmoid(x)) + sum(abs(x) + max(x, t))\n"
            "find: [dL/dx, dL/dt]\nkinks: {abs: 1, max: 1, min: 0.25, relu: 1}\n"
        )
    )
    assert numpy_differs(solution) is None
    pytest.importorskip("torch")
    assert torch_differs(solution) is None


WHOLE = {
    "a tie with a number": ("weights: {w: 0}\ninputs: {x: 3}", "L = max(w*x, 0)", "w"),
    "a tie in a loss": (
        "weights: {w: 0}\ninputs: {x: 3}\ntargets: {t: 1}",
        "L = perceptron(w*x, t)",
        "w",
    ),
    "a function of a number": ("weights: {w: 2}", "h = relu(2)\n  L = h*w + sigmoid(1/3)", "w"),
    "a norm of 0": ("weights: {w: [0, 0]}", "L = rmse(w, [0, 0]) + norm(w)", "w"),
    "a constant loss": ("weights: {w: 2}", "u = 3\n  h = w*0\n  L = u^2", "u"),
    "steps without a loss": ("weights: {w: [2, 1]}", "h = sum(w)\n  L = (h > 2)*5", "w"),
    "a line that is another": ("inputs: {x: [1, 2]}", "h = x\n  L = sum(h*x)", "h"),
    "a function that reads nothing": ("inputs: {x: [1, 2]}", "f(z) = 2\n  L = sum(f(x)*x)", "x"),
    "whole numbers in a list": ("inputs: {x: [1, 2]}", "L = sum([2, 4]^(-1)*x)", "x"),
    "one sample": ("inputs: {x: [[1, 2]]}", "L = sum(batch_norm(x)*[[1, 2]])", "x"),
    "a target that is no probability": (
        "inputs: {p: [0.5, 0.25]}\ntargets: {t: [2, -1]}",
        "L = binary_cross_entropy(p, t)",
        "p",
    ),
}


@pytest.mark.parametrize("case", WHOLE)
def test_what_a_framework_has_other_words_for_is_as_on_the_page(case: str) -> None:
    data, lines, by = WHOLE[case]
    moved = "descent: {learning_rate: 0.5, momentum: 0.5, weight_decay: 0.5, steps: 2}\n"
    text = f"{data}\nequations: |\n  {lines}\nfind: dL/d{by}\n{moved if 'weights' in data else ''}"
    solution = gradcalc.solve(gradcalc.load(text))
    assert numpy_differs(solution) is None
    pytest.importorskip("torch")
    torch_script(solution)
    assert torch_differs(solution) is None


def steps_of(seed: int) -> Solution:
    """Return a problem that an optimiser of random settings and rates moves."""
    random = Random(seed)
    row = random.choice(OPTIMISERS)
    keys = [key for key, _ in row.defaults if key not in ("learning_rate", "nesterov")]
    drawn = random.sample(keys, random.randint(0, len(keys)))
    switches = {each.key for each in SETTINGS if each.switch}
    chosen = {
        key: random.choice(["true", "false"] if key in switches else ["0", "0.5", "0.9", "0.1"])
        for key in drawn
    }
    if row.name == "sgd" and chosen.get("momentum", "0") != "0" and "dampening" not in chosen:
        chosen["nesterov"] = random.choice(["true", "false"])
    chosen["learning_rate"] = random.choice(["0.1", "[0.1, 0.05, 0.2]", "[0.3]"])
    if "," not in chosen["learning_rate"] and "[" not in chosen["learning_rate"]:
        chosen["steps"] = "3"
    said = ", ".join(f"{key}: {value}" for key, value in chosen.items())
    return gradcalc.solve(
        gradcalc.load(
            "inputs: {x: [1, 2.5]}\ntargets: {t: [2, 3.7]}\nweights: {w: 0.7, b: [0.1, 0], k: 1}\n"
            "equations: |\n  y = w*x + b\n  L = half_squared_error(y, t) + 0*sum(relu(k))\n"
            f"descent: {{method: {row.name}, {said}}}\n"
        )
    )


@pytest.mark.parametrize("part", range(4))
def test_settings_and_rates_of_every_optimiser_are_those_of_the_page(part: int) -> None:
    solutions = [steps_of(seed) for seed in range(part, 120, 4)]
    kept = [each for each in solutions if each.training and not each.training.stopped]
    assert len(kept) >= 20
    for solution in kept:
        assert numpy_differs(solution) is None
    pytest.importorskip("torch")
    for solution in kept:
        torch_script(solution)
        assert torch_differs(solution) is None
