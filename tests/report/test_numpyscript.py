"""NumPy scripts compute what the solution says, line by line, and read well."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import gradcalc
from gradcalc.algebra.operations.table import TABLE
from gradcalc.errors import ProblemError
from gradcalc.problem.solution import Solution
from gradcalc.report.scripts.dialect import identifiers as identifiers_of
from gradcalc.report.scripts.numpy_script import NUMPY, OWN, numpy_script
from gradcalc.report.scripts.script import Script
from tests.report.scripts import assert_agrees, identifiers, run
from tests.shown import GOLDEN, PROBLEMS, golden

SHOWN = (
    "hand-calculation-rounded",
    "relu-network-given-values",
    "momentum-steps",
    "scaled-relu-letters",
    "softmax-batch",
    "weight-decay",
)
WRITTEN = [path for path in PROBLEMS if path.stem != "chain-rule-letters"]
every_problem = pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.stem)


def solved(text: str | Path) -> Solution:
    return gradcalc.solve(gradcalc.load(text))


def names_of(solution: Solution) -> dict[str, str]:
    return identifiers(Script(solution, NUMPY, OWN))


@every_problem
def test_every_line_of_a_script_agrees_with_the_solution(path: Path) -> None:
    solution = solved(path)
    text, names = numpy_script(solution), names_of(solution)
    found = run(text, "Answer")
    steps = gradcalc.steps(solution)
    if solution.values:
        assert assert_agrees(found, names, solution) == len(steps)
    else:
        for step in steps:
            dims = tuple(found[names[d]] if isinstance(d, str) else d for d in step.shape)
            assert np.shape(found[names[step.name]]) == dims, step.name
    run(text)


@every_problem
def test_the_loop_of_a_script_takes_the_steps_of_the_descent(path: Path) -> None:
    solution = solved(path)
    if solution.training is None:
        assert "def passes" not in numpy_script(solution)
        return
    found, names = run(numpy_script(solution)), names_of(solution)
    for name, value in solution.training.values.items():
        np.testing.assert_allclose(found[names[name]], value, rtol=1e-10, err_msg=name)


def test_every_problem_without_numbers_agrees_with_central_differences() -> None:
    for path in WRITTEN:
        solution = solved(path)
        if solution.values:
            continue
        names, text = names_of(solution), numpy_script(solution)
        found = run(text, "Answer")
        code = ast.unparse(
            [
                line
                for line in ast.parse(text.partition("\n# Backward")[0]).body
                if not (isinstance(line, ast.Assign) and ast.unparse(line).count("rng"))
            ]
        )
        for ref in solution.problem.find:
            of, by = (names[part] for part in ref.name[1:].split("/d"))
            point = np.array(found[by], dtype=float)
            slope = np.empty((*np.shape(found[of]), *point.shape))
            for at in np.ndindex(point.shape):
                ends = []
                for move in (1e-6, -1e-6):
                    space = {key: value for key, value in found.items() if key != "__builtins__"}
                    space[by] = point.copy()
                    space[by][at] += move
                    exec(compile(code, path.name, "exec"), space)
                    ends.append(np.array(space[of], dtype=float))
                slope[(..., *at)] = (ends[0] - ends[1]) / 2e-6
            np.testing.assert_allclose(found[names[ref.name]], slope, rtol=1e-5, atol=1e-6)


def test_a_function_without_a_formula_is_refused() -> None:
    path = next(path for path in PROBLEMS if path not in WRITTEN)
    with pytest.raises(ProblemError) as caught:
        numpy_script(solved(path))
    assert "g has no formula" in caught.value.message
    assert "give it one" in (caught.value.hint or "")


@pytest.mark.parametrize("name", SHOWN)
def test_scripts_read_well(name: str) -> None:
    path = next(path for path in PROBLEMS if path.stem == name)
    golden(GOLDEN / "scripts" / f"{name}.numpy.txt", numpy_script(solved(path)))


def test_scripts_are_clean_and_formatted(tmp_path: Path) -> None:
    for path in WRITTEN:
        name = path.stem.replace("-", "_")
        (tmp_path / f"{name}.py").write_text(numpy_script(solved(path)), encoding="utf-8")
    for call in (["check"], ["format", "--check"]):
        ran = subprocess.run(
            [sys.executable, "-m", "ruff", *call, "--isolated", "--no-cache", str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr


ACTIVATIONS = [row.name for row in TABLE if row.kind == "activation"]
LOSSES = [row.name for row in TABLE if row.kind == "loss"]
ELEMENTARY = [row.name for row in TABLE if row.kind == "elementwise" and len(row.params) == 1]


@pytest.mark.parametrize("name", [*ACTIVATIONS, *ELEMENTARY])
def test_every_function_of_the_table_is_written(name: str) -> None:
    row = TABLE[name]
    more = "".join(", 0.3" for _ in row.params[1:])
    text = (
        "inputs: {z: [0.2, 0.7, 1.9, 0.4]}\n"
        f"equations: |\n  h = {name}(z{more})\n  L = sum(h*h)\n"
    )
    solution = solved(text)
    assert assert_agrees(run(numpy_script(solution)), names_of(solution), solution) >= 4
    batch = solved(text.replace("[0.2, 0.7, 1.9, 0.4]", "[[0.2, 0.7], [5.9, 0.4], [0.1, 3]]"))
    assert assert_agrees(run(numpy_script(batch)), names_of(batch), batch) >= 4


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("reduction", ["", "mean", "sum", "batchmean"])
def test_every_loss_of_the_table_is_written(name: str, reduction: str) -> None:
    row = TABLE[name]
    if reduction and row.reduction == "whole":
        return
    rows = {
        "y": "[[0.2, 0.5, 0.3], [0.6, 0.1, 0.3]]",
        "t": "[[0.1, 0.7, 0.2], [0.2, 0.4, 0.4]]",
        "third": "[[0.5, 0.3, 0.9], [0.4, 0.8, 0.1]]",
    }
    if name == "cosine_embedding":
        rows["third"] = "[1, -1]"
    operands = list(zip("ytv", rows.values(), strict=True))[: len(row.params)]
    call = ", ".join(letter for letter, _ in operands)
    setting = f", reduction={reduction}" if reduction else ""
    inputs = "".join(f"\n  {letter}: {numbers}" for letter, numbers in operands)
    find = "[" + ", ".join(f"dL/d{letter}" for letter, _ in operands) + "]"
    solution = solved(f"inputs:{inputs}\nequations: |\n  L = {name}({call}{setting})\nfind: {find}")
    found = run(numpy_script(solution))
    assert assert_agrees(found, names_of(solution), solution) >= 2 * len(operands)


STABLE = {
    "sigmoid": "[-800, 0, 800]",
    "softplus": "[-800, 0, 800]",
    "softmax": "[-800, 0, 900]",
    "log_softmax": "[-800, 0, 900]",
    "elu": "[-800, 0.5, 800]",
    "silu": "[-800, 0.5, 800]",
    "gelu": "[-40, 0.5, 40]",
}


@pytest.mark.parametrize("name", STABLE)
@pytest.mark.filterwarnings("error")
def test_functions_of_a_script_do_not_overflow(name: str) -> None:
    solution = solved(f"inputs: {{z: {STABLE[name]}}}\nequations: |\n  h = {name}(z)\n  L = sum(h)")
    assert assert_agrees(run(numpy_script(solution)), names_of(solution), solution) >= 3


OPTIMISERS = (
    "{learning_rate: 0.1, steps: 3}",
    "{learning_rate: [0.1, 0.05, 0.02], momentum: 0.9, dampening: 0.1, weight_decay: 0.2}",
    "{method: nesterov, learning_rate: 0.1, steps: 4}",
    "{method: sgd, weight_decay: 0.1, decoupled: true, maximise: true, steps: 3}",
    "{method: rmsprop, centered: true, momentum: 0.5, steps: 3}",
    "{method: adam, amsgrad: true, betas: [0.8, 0.95], steps: 5}",
    "{method: adamw, steps: 3, parameters: [w]}",
    "{method: adagrad, lr_decay: 0.1, steps: 3}",
)


@pytest.mark.parametrize("descent", OPTIMISERS)
@pytest.mark.parametrize("rounding", ["", "rounding: {decimals: 3}", "rounding: {w: 2, y: 1}"])
def test_every_optimiser_is_written(descent: str, rounding: str) -> None:
    solution = solved(
        "inputs: {x: [1, 2.5]}\ntargets: {t: [2, 3.7]}\nweights: {w: 0.7, b: 0.1}\n"
        "equations: |\n  y = w*x + b\n  L = half_squared_error(y, t)\n"
        f"descent: {descent}\n{rounding}"
    )
    found, names = run(numpy_script(solution)), names_of(solution)
    assert solution.training is not None
    for name, value in solution.training.values.items():
        np.testing.assert_allclose(found[names[name]], value, rtol=1e-9, err_msg=name)


@pytest.mark.parametrize("mode", ["half_up", "half_even", "truncate"])
@pytest.mark.parametrize("digits", ["decimals: 2", "significant: 2", "decimals: 0"])
def test_rounding_is_replayed(mode: str, digits: str) -> None:
    solution = solved(
        "inputs: {x: [0.125, -2.345, 1.005, 0, 17.5]}\nweights: {w: 1, v: 0.75}\n"
        "equations: |\n  a = w*x\n  h = v*a\n  L = sum(h^2)\n"
        f"rounding: {{{digits}, mode: {mode}}}"
    )
    assert assert_agrees(run(numpy_script(solution)), names_of(solution), solution) >= 8


def test_names_never_clash_and_are_identifiers() -> None:
    names = ["np", "print", "lambda", "rounded", "sigmoid", "dL_dW", "dL/dW", "ŷ", "yhat_", "λ"]
    found = identifiers_of([(name, name) for name in names], OWN)
    assert len(set(found.values())) == len(names)
    assert all(name.isidentifier() and name.isascii() for name in found.values())
    assert not {*found.values()} & {*OWN, "print", "lambda"}


AWKWARD = """\
title: "x\\n__import__('os').abort()\\u2028\\"\\"\\" coding: utf-7"
source: "'''\\r\\nraise SystemExit"
inputs: {np: [1, 2], print: 3, λ: 0.5, η_ß: 2}
equations: |
  sigmoid_ = sigmoid(np*print)
  passes = sum(sigmoid_)*λ*η_ß
names: {passes: rounded}
find: [dpasses/dnp, dpasses/dλ, "dpasses/dnp[2]"]
"""


def test_texts_and_names_of_a_file_are_never_code() -> None:
    solution = solved(AWKWARD)
    text = numpy_script(solution)
    assert assert_agrees(run(text), names_of(solution), solution) >= 7
    told = [line for line in text.split("\n") if "abort" in line or "SystemExit" in line]
    assert len(told) == 2
    assert all(line.startswith("# ") and line.isprintable() for line in told)
    assert text.split("\n").index(told[0]) >= 2  # an encoding may be named in lines 1 and 2
    assert "abort" not in ast.dump(ast.parse(text))


def test_a_given_value_may_be_set_aside() -> None:
    path = next(path for path in PROBLEMS if path.stem == "relu-network-given-values")
    solution = gradcalc.solve(gradcalc.load(path), "recompute")
    text = numpy_script(solution)
    assert "given" not in text
    assert_agrees(run(text), names_of(solution), solution)


def test_long_lines_are_folded() -> None:
    numbers = ", ".join(str(i / 7) for i in range(60))
    solution = solved(f"inputs: {{x: [{numbers}]}}\nequations: L = sum(x^2)")
    text = numpy_script(solution)
    assert max(map(len, text.splitlines())) <= 88
    assert_agrees(run(text), names_of(solution), solution)


def test_the_command_writes_a_script_that_runs(tmp_path: Path) -> None:
    path = next(path for path in PROBLEMS if path.stem == "hand-calculation")
    call = [sys.executable, "-m", "gradcalc", "solve", str(path), "--format", "numpy"]
    written = subprocess.run(
        [*call, "-o", "h.py"], cwd=tmp_path, env=_here(), capture_output=True, check=False
    )
    assert (written.returncode, written.stdout, written.stderr) == (0, b"", b"")
    ran = subprocess.run(
        [sys.executable, "h.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("dE/dW1 =\n[[")
    shown = subprocess.run(
        call, cwd=tmp_path, env=_here("ascii"), capture_output=True, text=True, check=False
    )
    assert shown.stdout.isascii() and shown.stdout.endswith("\n")


def _here(encoding: str = "utf-8") -> dict[str, str]:
    root = str(Path(__file__).parents[2])
    return {**os.environ, "PYTHONPATH": root, "PYTHONIOENCODING": encoding}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a.yaml", "-o", "a.pyc"], "the file is to end in one of"),
        (["a.yaml", "b.yaml", "--format", "numpy", "-o", "a.py"], "takes one problem file"),
        ([".", "--format", "numpy", "-o", "a.py"], "takes one problem file"),
    ],
)
def test_what_cannot_be_written_is_said(arguments: list[str], said: str) -> None:
    from click.testing import CliRunner

    from gradcalc.cli.solve import command

    found = CliRunner().invoke(command, arguments)
    assert found.exit_code == 2
    assert said in found.output
