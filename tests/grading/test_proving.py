"""Nothing is judged by a line that fails its numerical proof; everything else is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import gradcalc
from gradcalc.algebra.operations.table import TABLE
from gradcalc.cli import run
from gradcalc.cli.output import OWN_FAULT
from gradcalc.engine.gradient_check import Proof
from gradcalc.errors import UnprovedError
from gradcalc.grading.evaluation.lines import lines_of
from gradcalc.grading.questions.distractors import make_options
from gradcalc.problem.model import Problem
from tests.report.random_problems import problem as random_problem
from tests.shown import PROBLEMS

NEURON = """\
inputs: {x: [2, -1]}
targets: {y: 1}
weights: {W1: [[0.5, 0.3]], b1: 0.1}
activations: [sigmoid]
loss: half_squared_error
find: dL/dW1
options: {a: [[-0.1326, 0.0663]], b: [[0.1326, -0.0663]]}
"""
LETTERS = """\
inputs: {x: {shape: n}, u: {shape: m}}
equations: |
  c = concat(x, u)
  L = sum(sigmoid(c)^2)
find: [dL/dx, dL/du]
"""


@pytest.fixture
def wrong_sigmoid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a wrong derivative into the table: σ′ = σ(1 + σ)."""
    monkeypatch.setitem(
        TABLE._rows, "sigmoid", replace(TABLE["sigmoid"], derivative=("y*(1 + y)",))
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of two problems, one of them with a sigmoid, and answers to both."""
    (tmp_path / "hw").mkdir()
    (tmp_path / "hw" / "bent.yaml").write_text(NEURON)
    (tmp_path / "hw" / "straight.yaml").write_text(NEURON.replace("sigmoid", "identity"))
    (tmp_path / "answers.csv").write_text("id,bent:yhat,straight:yhat\ns1,0.69,0.8\n")
    (tmp_path / "own.csv").write_text("id,yhat\ns1,0.69\n")
    return tmp_path


def judge(problem: Problem) -> object:
    return gradcalc.check(problem, "yhat = 0.69")


def options(problem: Problem) -> object:
    return make_options(problem, problem.find[0], 3, None, 1)


@pytest.mark.usefixtures("wrong_sigmoid")
@pytest.mark.parametrize("use", [judge, options, gradcalc.lint, gradcalc.check_options])
def test_nothing_is_judged_by_a_wrong_line(use: Callable[[Problem], object]) -> None:
    with pytest.raises(UnprovedError, match="fails its numerical proof") as error:
        use(gradcalc.load(NEURON))
    assert error.value.message == (
        "dL/dz1[1] fails its numerical proof: computed -0.361502,"
        " central differences give -0.0663175"
    )
    assert error.value.span is not None
    assert error.value.span.line == 4
    assert "nothing was judged" in (error.value.hint or "")


@pytest.mark.usefixtures("wrong_sigmoid")
@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "hw/bent.yaml", "-a", "yhat = 0.69"),
        ("check", "hw/bent.yaml", "--options"),
        ("lint", "hw/bent.yaml"),
        ("options", "hw/bent.yaml"),
        ("grade", "hw/bent.yaml", "own.csv"),
        ("grade", "hw/bent.yaml", "own.csv", "--only", "s1"),
    ],
    ids=" ".join,
)
def test_commands_refuse_with_the_line_and_a_code_of_its_own(
    arguments: tuple[str, ...],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folder)
    assert run(arguments) == OWN_FAULT
    out, err = capsys.readouterr()
    assert out == ""
    assert "error: dL/dz1[1] fails its numerical proof" in err
    assert "bent.yaml:4" in err


@pytest.mark.usefixtures("wrong_sigmoid")
def test_the_other_problems_of_a_folder_are_judged(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    assert run(["grade", "hw", "answers.csv", "-o", "book.csv"]) == OWN_FAULT
    assert "fails its numerical proof" in capsys.readouterr().err
    head, first = (folder / "book.csv").read_text().splitlines()[:2]
    assert "straight" in head or "score" in head
    assert "bent" not in head
    assert first.startswith("s1,1")
    assert run(["lint", "hw"]) == OWN_FAULT
    assert capsys.readouterr().out


@pytest.mark.usefixtures("wrong_sigmoid")
def test_letters_are_proved_with_drawn_numbers() -> None:
    with pytest.raises(UnprovedError):
        gradcalc.check(gradcalc.load(LETTERS), "dL/dx = 0")


def test_sums_of_letters_have_the_numbers_of_their_letters() -> None:
    verdicts = gradcalc.check(gradcalc.load(LETTERS), "dL/dc = 2*sigmoid(c)").verdicts
    assert [verdict.status for verdict in verdicts] == ["incorrect"]


def test_a_proof_is_made_once_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Proof] = []
    whole = Proof.run
    monkeypatch.setattr(Proof, "run", lambda self, values: made.append(self) or whole(self, values))
    problem = gradcalc.load(NEURON)
    for _ in range(3):
        judge(problem)
        gradcalc.lint(problem)
    assert len(made) == 1


def test_a_class_with_numbers_of_its_own_is_proved_on_those_of_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made: list[int] = []
    whole = Proof.run

    def counted(self: Proof, values: object) -> object:
        made.append(1)
        return whole(self, values)  # type: ignore[arg-type]

    monkeypatch.setattr(Proof, "run", counted)
    (tmp_path / "p.yaml").write_text(
        NEURON + "individual: {seed: a, x: {from: -3, to: 3, step: 0.5}}\n"
    )
    rows = "".join(f"s{i},0.5\n" for i in range(40))
    (tmp_path / "a.csv").write_text(f"id,yhat\n{rows}")
    assert run(["grade", str(tmp_path / "p.yaml"), str(tmp_path / "a.csv")]) in (0, 1)
    assert len(made) == 1


@pytest.mark.parametrize(
    "text",
    [
        "inputs: {x: 1e-12}\nequations: L = tanh(1e9*x)\n",
        "inputs: {x: 1e150}\nequations: L = x^2\n",
        "inputs: {x: 0}\nequations: L = relu(x) + abs(x)\n",
        "inputs: {x: 3e-7}\nequations: |\n  f(z) = 5*relu(z)\n  L = f(x)^2\n",
        "inputs: {x: [40, -700, 3]}\ntargets: {t: [0, 0, 1]}\n"
        "equations: L = softmax_cross_entropy(x, t)\n",
        "inputs: {x: [[1, 1], [1, 1]]}\nequations: L = sum(batch_norm(x)^2)\n",
        "inputs: {x: 0.001}\nequations: L = sin(1/x)\n",
        "inputs: {x: 2}\ngiven: {a: 7}\nequations: |\n  a = x^2\n  L = exp(a)\n",
    ],
)
def test_what_differences_cannot_tell_is_judged(text: str) -> None:
    assert lines_of(gradcalc.load(text)).values


@pytest.mark.parametrize("path", PROBLEMS, ids=lambda path: path.stem)
def test_every_shipped_problem_may_be_judged_by(path: Path) -> None:
    lines_of(gradcalc.load(path))


def test_random_problems_may_be_judged_by() -> None:
    proved = 0
    for seed in range(60):
        try:
            problem = gradcalc.load(random_problem(seed))
        except gradcalc.ProblemError:
            continue
        lines_of(problem)
        proved += 1
    assert proved >= 20


def test_a_large_network_is_proved_along_directions(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    for name, shape in (("x", 784), ("W1", (256, 784)), ("W2", (10, 256))):
        np.save(tmp_path / f"{name}.npy", generator.normal(0, 0.05, shape))
    (tmp_path / "p.yaml").write_text(
        "inputs: {x: {file: x.npy}}\n"
        "targets: {y: {class: 3, of: 10}}\n"
        "weights: {W1: {file: W1.npy}, W2: {file: W2.npy}}\n"
        "activations: [relu, softmax]\nloss: cross_entropy\n"
    )
    problem = gradcalc.load(tmp_path / "p.yaml")
    lines = lines_of(problem)
    assert problem.proof.run(lines.values).sampled
