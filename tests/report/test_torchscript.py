"""PyTorch scripts: autograd finds every gradient that the solution shows."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import gradcalc
from gradcalc.algebra import optimisers
from gradcalc.algebra.formula.names import gradient_parts
from gradcalc.algebra.operations.table import TABLE
from gradcalc.algebra.optimisers import SGD, Optimiser, UpdateRule
from gradcalc.errors import ProblemError
from gradcalc.problem.solution import Solution
from gradcalc.report.scripts.torch_parts import parts_of
from gradcalc.report.scripts.torch_script import torch_script
from tests.report.scripts import assert_agrees, execute, run
from tests.report.test_numpyscript import (
    ACTIVATIONS,
    AWKWARD,
    ELEMENTARY,
    LOSSES,
    OPTIMISERS,
    STABLE,
    WRITTEN,
    every_problem,
    solved,
)
from tests.shown import GOLDEN, PROBLEMS, golden

SHOWN = (
    "hand-calculation",
    "relu-network-given-values",
    "weight-decay-step",
    "scaled-relu-letters",
    "softmax-cross-entropy-logits",
    "weight-decay",
    "attention-head",
)


def names_of(solution: Solution) -> dict[str, str]:
    return dict(parts_of(solution).writer.names)


def gradients(solution: Solution) -> list[str]:
    """Return the names of all gradients of the loss that the solution shows."""
    loss = solution.problem.loss
    pairs = ((step.name, gradient_parts(step.name)) for step in gradcalc.steps(solution))
    return [name for name, pair in pairs if pair and pair[0] == loss]


def assert_gradients(solution: Solution, text: str) -> None:
    """Run a script; compare the forward pass and every gradient with the solution."""
    torch = pytest.importorskip("torch")
    names = names_of(solution)
    found = run(text, "Answer")
    tensors = {name: each for name, each in found.items() if isinstance(each, torch.Tensor)}
    values = {name: each.detach().numpy() for name, each in tensors.items()}
    computed = {name for name in names if gradient_parts(name) or name not in solution.problem.data}
    own = {name: text for name, text in names.items() if name in computed}
    exact = solution
    if solution.exact is not None:
        exact = Solution(solution.problem, solution.exact)
    assert assert_agrees(values, own, exact)
    missing = [name for name in gradients(solution) if names[name] not in values]
    assert not missing
    run(text)


@every_problem
def test_autograd_finds_every_gradient(path: Path) -> None:
    solution = solved(path)
    text = torch_script(solution)
    if solution.values:
        assert_gradients(solution, text)
        return
    pytest.importorskip("torch")
    found, names = run(text), names_of(solution)
    assert all(names[name] in found for name in gradients(solution))


@every_problem
def test_torch_takes_the_steps_of_the_descent(path: Path) -> None:
    solution = solved(path)
    if solution.training is None:
        assert "optimizer.step()" not in run_lines(torch_script(solution))
        return
    assert_descent(solution)


def run_lines(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))


def assert_descent(solution: Solution) -> None:
    pytest.importorskip("torch")
    found, names = run(torch_script(solution)), names_of(solution)
    assert solution.training is not None
    for name, value in solution.training.values.items():
        moved = found[names[name]].detach().numpy()
        np.testing.assert_allclose(moved, value, rtol=1e-10, err_msg=name)


@pytest.mark.parametrize("descent", OPTIMISERS)
@pytest.mark.parametrize("layer", [False, True])
def test_every_optimiser_is_that_of_torch(descent: str, layer: bool) -> None:
    network = "weights: {W1: [[0.7, 0.2]], b1: [0.1]}\nactivations: [tanh]\nloss: mse\n"
    line = (
        "weights: {w: 0.7, b: 0.1}\nequations: |\n  y = w*x + b\n  L = half_squared_error(y, t)\n"
    )
    inputs = "[[1, 2.5], [0.5, -1]]" if layer else "[1, 2.5]"
    targets = "[[2], [3.7]]" if layer else "[2, 3.7]"
    if layer:
        descent = descent.replace("[w]", "[W1]")
    text = f"inputs: {{x: {inputs}}}\ntargets: {{t: {targets}}}\n{network if layer else line}"
    assert_descent(solved(f"{text}descent: {descent}"))


def test_a_function_without_a_formula_is_refused() -> None:
    path = next(path for path in PROBLEMS if path not in WRITTEN)
    with pytest.raises(ProblemError, match="g has no formula"):
        torch_script(solved(path))


@pytest.mark.parametrize("name", SHOWN)
def test_scripts_read_well(name: str) -> None:
    path = next(path for path in PROBLEMS if path.stem == name)
    golden(GOLDEN / "scripts" / f"{name}.torch.txt", torch_script(solved(path)))


def test_scripts_are_clean_and_formatted(tmp_path: Path) -> None:
    for path in WRITTEN:
        name = path.stem.replace("-", "_")
        (tmp_path / f"{name}.py").write_text(torch_script(solved(path)), encoding="utf-8")
    for call in (["check"], ["format", "--check"]):
        ran = subprocess.run(
            [sys.executable, "-m", "ruff", *call, "--isolated", "--no-cache", str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("name", [*ACTIVATIONS, *ELEMENTARY])
@pytest.mark.parametrize("numbers", ["[0.2, 0.7, 1.9, 0.4]", "[[0.2, 0.7], [5.9, 0.4]]"])
def test_every_function_of_the_table_is_written(name: str, numbers: str) -> None:
    more = "".join(", 0.3" for _ in TABLE[name].params[1:])
    text = f"inputs: {{z: {numbers}}}\nequations: |\n  h = {name}(z{more})\n  L = sum(h*h)\n"
    solution = solved(text)
    assert_gradients(solution, torch_script(solution))


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if len(TABLE[name].params) == 1])
def test_every_activation_of_a_layer_is_a_module(name: str) -> None:
    solution = solved(
        "inputs: {x: [[1, -2], [0.5, 3]]}\ntargets: {t: [[1], [0]]}\nactivations: "
        f"[{name}, identity]\nloss: mse\nweights:\n  W1: [[0.4, -0.3], [0.2, 0.9]]\n"
        f"  b1: [0.1, 0.3]\n  W2: {'[[0.7]]' if name == 'glu' else '[[0.7, -0.2]]'}\n"
    )
    text = torch_script(solution)
    assert "nn.Sequential" in text
    assert_gradients(solution, text)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("reduction", ["", "mean", "sum", "batchmean"])
@pytest.mark.parametrize("batch", [False, True])
def test_every_loss_of_the_table_is_written(name: str, reduction: str, batch: bool) -> None:
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
    if not batch:
        first = {"[1, -1]": "1"}
        rows = {
            key: first.get(text) or text[1:].partition("]")[0] + "]" for key, text in rows.items()
        }
    operands = list(zip("ytv", rows.values(), strict=True))[: len(row.params)]
    call = ", ".join(letter for letter, _ in operands)
    setting = f", reduction={reduction}" if reduction else ""
    inputs = "".join(f"\n  {letter}: {numbers}" for letter, numbers in operands)
    for find in ("dL/dy", "[" + ", ".join(f"dL/d{letter}" for letter, _ in operands) + "]"):
        lines = f"\nequations: |\n  L = {name}({call}{setting})\nfind: {find}"
        solution = solved(f"inputs:{inputs}{lines}")
        assert_gradients(solution, torch_script(solution))


@pytest.mark.parametrize("name", STABLE)
def test_functions_of_a_script_do_not_overflow(name: str) -> None:
    lines = f"inputs: {{z: {STABLE[name]}}}\nequations: |\n  h = {name}(z)\n  L = sum(h)"
    solution = solved(lines)
    assert_gradients(solution, torch_script(solution))


KINKED = ("relu", "leaky_relu", "elu", "hardtanh", "relu6", "softshrink", "abs", "hardswish")


@pytest.mark.parametrize("name", KINKED)
def test_derivatives_at_kinks_are_the_same(name: str) -> None:
    solution = solved(
        f"inputs: {{z: [0, 1, -1, 3, -3, 6, 0.5]}}\nequations: |\n  h = {name}(z)\n  L = sum(h)"
    )
    assert_gradients(solution, torch_script(solution))


def test_texts_and_names_of_a_file_are_never_code() -> None:
    solution = solved(AWKWARD)
    assert_gradients(solution, torch_script(solution))


GIVEN = """\
inputs: {x: [1, 2]}
targets: {t: 1}
weights: {W1: [[0.3, -0.2]], b1: [0.1], W2: [[0.5]], b2: [0.2]}
activations: [%s, identity]
loss: half_squared_error
given: {%s}
"""


@pytest.mark.parametrize(
    ("activation", "given"),
    [
        ("sigmoid", "a1: 0.7"),
        ("tanh", "a1: 0.3, yhat: 2"),
        ("elu", "a1: -0.4"),
        ("relu", "z1: 0.5"),
        ("relu", "a1: 0.5, dL/da1: 3"),
        ("sigmoid", "dL/dyhat: 0.4, L: 3"),
    ],
)
@pytest.mark.parametrize("kinks", ["", "kinks: {relu: 0.5, elu: 1}\n"])
def test_given_values_take_part(activation: str, given: str, kinks: str) -> None:
    solution = solved(GIVEN % (activation, given) + kinks)
    assert_gradients(solution, torch_script(solution))


CANCELLED = """
weights: {x: [[2, 0.4], [0.5, 1]]}
equations: |
  a = rmse(x, x)
  b = mse(x, x, reduction=batchmean)
  h = sum(x^2)
  L = a + b + h
"""
KEPT = """
weights: {x: [[2, 0.4], [0.5, 1]]}
equations: |
  a = sum(x + 1, keepdims=0) + mean(x, keepdims=0)
  b = mean(x, keepdims=1) + sum(x, keepdims=1)
  L = a + sum(b^2)
"""
WITHOUT_GRADIENT = """
inputs: {x: [2, 0.5], s: 0.7}
equations: |
  a = x
  c = a
  h = 2*sum(c) + 0*sum(a)
  L = 3*h + (s > 1)
given: {dL/da: [0.25, 1], dL/ds: 2}
"""


ONE_TENSOR = """
weights: {w: [2, 0.5]}
equations: |
  f(z) = z
  a = w^2
  b = flatten(a)
  c = f(f(b))
  L = sum(a^2) + 2*sum(b) + sum(c^3)
find: [dL/da, dL/db, dL/dc, dL/dw]
"""
NUMBER_AS_TARGET = """
weights: {w: [2, 0.5], v: [0.4]}
equations: |
  h = sum(w)
  L = smooth_l1(v, h)
"""
SMOOTHED = """
weights: {w: [2, 0.5]}
targets: {t: [1, 0]}
equations: L = smoothed_cross_entropy(w, t, epsilon=%s)
"""


@pytest.mark.parametrize(
    "text",
    [
        CANCELLED,
        KEPT,
        WITHOUT_GRADIENT,
        ONE_TENSOR,
        NUMBER_AS_TARGET,
        *(SMOOTHED % epsilon for epsilon in (0.1, 3, -1)),
    ],
)
def test_autograd_follows_what_is_written(text: str) -> None:
    solution = solved(text)
    assert_gradients(solution, torch_script(solution))


@pytest.mark.parametrize("asked", ["'W1[2,1]'", "'b1[2]'", "W1"])
def test_a_weight_that_is_asked_for_is_printed(asked: str) -> None:
    text = "inputs: {x: [1]}\ntargets: {t: [1, 2]}\nweights: {W1: [[0.3], [7]], b1: [0.1, 7]}\n"
    solution = solved(f"{text}activations: [gelu]\nloss: mse\nfind: [{asked}, dL/dW1]\n")
    script = torch_script(solution)
    assert_gradients(solution, script)
    assert "7." in execute(script, {})


def test_a_given_value_stands_in_letters() -> None:
    torch = pytest.importorskip("torch")
    solution = solved(
        "inputs: {x: {shape: 3}}\ntargets: {y: {shape: 3}}\nunits: [3]\n"
        "activations: [tanh]\nloss: mse\ngiven: {L: 0.3}\n"
    )
    loss = run(torch_script(solution), "Answer")["L"]
    assert isinstance(loss, torch.Tensor)
    assert loss.item() == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "weights: {w: 2}\nequations: |\n  h = w^3\n  L = w + (h > 1)\n"
            "find: [dL/dh, dL/dw]\ngiven: {dL/dh: 5}\n",
            "passes no gradient to h",
        ),
        (GIVEN % ("gelu", "da1/dz1: 0.5"), "da1/dz1 is given"),
        (GIVEN % ("softmax", "a1: 0.5"), "a1 is given"),
        (GIVEN % ("relu", "a1: 0.5") + "descent: {steps: 2}", "first step only"),
    ],
)
def test_what_pytorch_has_no_words_for_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ProblemError) as caught:
        torch_script(solved(text))
    assert reason in caught.value.message
    assert "--format numpy" in (caught.value.hint or "")


def test_a_refusal_is_said_and_the_next_file_is_written(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GIVEN % ("gelu", "da1/dz1: 0.5"))
    (tmp_path / "b.yaml").write_text("inputs: {x: 3}\nequations: y = x^2\n")
    call = [sys.executable, "-m", "gradcalc", "solve", str(tmp_path), "--format", "torch"]
    ran = subprocess.run(
        call, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 2
    assert ran.stderr.startswith("error: this problem cannot be a PyTorch script")
    assert "Traceback" not in ran.stderr
    assert "y = x**2" in ran.stdout


LION = Optimiser(
    "lion",
    "Lion",
    "a step of the sign of a mean",
    (
        UpdateRule("w", "w - eta*lam*w", ("weight_decay", "decoupled")),
        UpdateRule("c", "beta1*m + (1 - beta1)*g"),
        UpdateRule("m", "beta2*m + (1 - beta2)*g"),
        UpdateRule("w", "w - eta*sign(c)"),
    ),
    (
        ("learning_rate", "0.1"),
        ("beta1", "0.9"),
        ("beta2", "0.99"),
        ("weight_decay", "0.5"),
        ("decoupled", "1"),
    ),
)
NADAM = Optimiser(
    "own_nadam",
    "Nadam",
    "two means, freed from their start by the number of the step",
    (
        UpdateRule("m", "beta1*m + (1 - beta1)*g", first="g"),
        UpdateRule("u", "max(beta2*u, abs(g))"),
        UpdateRule("r", "sqrt(1 - beta2^t)"),
        UpdateRule("w", "w - eta*r/(1 - beta1^t)*(beta1*m + (1 - beta1)*g)/(u + epsilon)"),
    ),
    (("learning_rate", "0.1"), ("beta1", "0.9"), ("beta2", "0.99"), ("eps", "1e-8")),
)
CENTRED_SGD = replace(
    SGD,
    rules=(*SGD.rules[:-1], UpdateRule("w", "w - eta*relu(g)", ("centered",))),
    defaults=(*SGD.defaults, ("centered", "0")),
)


@pytest.mark.parametrize("row", [LION, NADAM], ids=lambda row: row.name)
@pytest.mark.parametrize("rates", ["0.1, steps: 3", "[0.1, 0.05, 0.2]"])
@pytest.mark.parametrize("layout", ["units_by_inputs", "inputs_by_units", ""])
def test_an_optimiser_that_torch_lacks_is_written_out(
    row: Optimiser, rates: str, layout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(optimisers, "OPTIMISERS", (*optimisers.OPTIMISERS, row))
    data = "inputs: {x: [1, 2.5]}\ntargets: {t: 0.3}\n"
    network = f"weights_layout: {layout}\nactivations: [tanh, identity]\nloss: mse\nweights:\n"
    network += "  W1: [[0.7, 0.2], [-0.3, 0.1]]\n  b1: [0, 0.1]\n"
    network += "  W2: [[0.5, -1]]\n" if layout == "units_by_inputs" else "  W2: [[0.5], [-1]]\n"
    lines = "weights: {w: [0.7, 0.3], eta: 0.5}\nequations: L = half_squared_error(eta*w*x, t*x)\n"
    text = f"{data}{network if layout else lines}descent: {{method: {row.name}, "
    solution = solved(f"{text}learning_rate: {rates}}}")
    script = torch_script(solution)
    assert "torch.optim." not in script
    assert "torch.no_grad()" in script
    assert_descent(solution)


def test_a_setting_that_torch_lacks_is_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optimisers, "OPTIMISERS", (CENTRED_SGD,))
    line = "weights: {w: 0.7}\ninputs: {x: 2}\nequations: L = (w*x - 1)^2\n"
    plain = solved(f"{line}descent: {{learning_rate: 0.1, momentum: 0.5, steps: 2}}")
    assert "torch.optim.SGD" in torch_script(plain)
    centred = solved(
        f"{line}descent: {{method: sgd, learning_rate: 0.1, centered: true, steps: 2}}"
    )
    assert "torch.optim.SGD" not in torch_script(centred)
    assert_descent(centred)
