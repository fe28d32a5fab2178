"""What the checks say of the source documents: the options, and the printed solutions."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import gradcalc
from gradcalc.grading.marking.verdict import Review, Verdict
from gradcalc.grading.mistakes.diagnosis import Finding

ROOT = Path(__file__).parents[2]
PROBLEMS = ROOT / "problems"
ANSWERS = Path(__file__).parent / "answers"

SIGN, FACTOR, RELU, TARGET = "loss-sign", "loss-factor-2", "act-skipped", "loss-target-dropped"
OPTIONS = {
    "a": (TARGET, SIGN),
    "b": (SIGN,),
    "c": (SIGN, RELU),
    "d": (SIGN, FACTOR),
    "e": (SIGN, FACTOR, RELU),
    "f": (FACTOR, RELU),
    "g": (FACTOR,),
    "h": (RELU,),
    "i": None,
    "j": (TARGET,),
}
CLASSIFIER = """\
inputs:  {x: {shape: 2}}
targets: {y: {shape: 1}}
units: [3, 1]
activations: [relu, sigmoid]
loss: binary_cross_entropy
names: {x: [x1, x2], a1: [h1, h2, h3], W2: [[v1, v2, v3]], b2: c}
"""
LOST_MINUS = "(y/yhat - (1-y)/(1-yhat))"


def checked(problem: str, answers: str | Path) -> Review:
    """Return what is found in answers to a shipped problem, or to the text of one."""
    known = PROBLEMS / f"{problem}.yaml"
    loaded = gradcalc.load(known if "\n" not in problem else problem)
    text = answers.read_text(encoding="utf-8") if isinstance(answers, Path) else answers
    return gradcalc.check(loaded, text)


def statuses(review: Review) -> list[tuple[str, str]]:
    return [(verdict.name, verdict.status) for verdict in review.verdicts]


def only(findings: tuple[Finding, ...]) -> Finding:
    (finding,) = findings
    return finding


def wrong(review: Review) -> list[Verdict]:
    return [verdict for verdict in review.verdicts if not verdict.right]


# --- document 000: a multiple-choice question --------------------------------------------


def test_the_options_of_document_000() -> None:
    review = gradcalc.check_options(gradcalc.load(PROBLEMS / "relu-squared-loss.yaml"))
    assert review.key == ("i",)
    assert review.warnings == ()
    found = {
        option.label: option.explanations[0].rules if option.explanations else None
        for option in review.options
    }
    assert found == OPTIONS
    assert all((option.verdict == "correct") == (option.label == "i") for option in review.options)


def test_the_options_of_document_000_as_a_process() -> None:
    found = subprocess.run(
        [sys.executable, "-m", "gradcalc", "check", "problems/relu-squared-loss.yaml", "--options"],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        check=False,
    )
    assert found.returncode == 0
    assert found.stderr == ""


# --- document 001: a solution with one wrong line ----------------------------------------


def test_the_printed_solution_of_document_001() -> None:
    review = checked("relu-network-given-values", ANSWERS / "001-printed.txt")
    finding = only(review.findings)
    assert (finding.name, finding.lines) == ("dL/da1", (6,))
    assert finding.entries == ((0,), (1,))
    assert not finding.explained
    assert finding.ids == ()
    accused = wrong(review)
    assert [(v.name, v.index, v.status, v.given) for v in accused] == [
        ("dL/da1", (0,), "incorrect", "-4.54"),
        ("dL/da1", (1,), "incorrect", "-5.18"),
    ]
    assert [v.own for v in accused] == pytest.approx([-3.7, -4.16])
    differences = [(v.value or 0) - (v.own or 0) for v in accused]
    assert differences == pytest.approx([-0.84, -1.02])
    assert [(v.name, v.status) for v in review.verdicts if v.status != "correct"] == [
        *[("dL/da1", "incorrect")] * 2,
        *[("dL/dz1", "follows")] * 2,
    ]
    assert review.first_wrong == "dL/da1"
    assert [warning.split(" = ")[0] for warning in review.warnings] == [
        "the given a1",
        "the given a2",
        "the given yhat",
    ]
    assert all("contradicts the equations" in warning for warning in review.warnings)


def test_two_lines_of_document_001_are_enough() -> None:
    review = checked("relu-network-given-values", "dL/dz3 = -2\ndL/da1 = -4.54 -5.18\n")
    assert statuses(review) == [
        ("dL/dz3", "correct"),
        ("dL/da1", "incorrect"),
        ("dL/da1", "incorrect"),
    ]
    assert not only(review.findings).explained


def test_the_right_gradients_of_document_001() -> None:
    review = checked(
        "relu-network-given-values",
        "dL/da1 = -3.7 -4.16\ndL/dz1 = -3.7 -4.16\ndL/dW3 = -12 -14\n",
    )
    assert review.right
    assert review.findings == ()


# --- document 002: formulas in letters ---------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        f"dL/dyhat = {LOST_MINUS[1:-1]}",
        f"dL/dv1 = {LOST_MINUS}*sigmoid'(z2)*h1",
        f"dL/dv3 = {LOST_MINUS}*yhat*(1-yhat)*h3",
        f"dL/dc = {LOST_MINUS}*sigmoid'(z2)",
        f"dL/dW1[1,2] = {LOST_MINUS}*sigmoid'(z2)*v1*relu'(z1[1])*x2",
        f"dL/dW1[3,1] = {LOST_MINUS}*sigmoid'(z2)*v3*relu'(z1[3])*x1",
        f"dL/db1[2] = {LOST_MINUS}*sigmoid'(z2)*v2*relu'(z1[2])",
    ],
)
def test_the_lost_minus_of_document_002(line: str) -> None:
    review = checked(CLASSIFIER, line)
    assert [verdict.status for verdict in review.verdicts] == ["incorrect"]
    assert only(review.findings).ids == ("loss-sign",)


@pytest.mark.parametrize(
    "line",
    [
        "dL/dyhat = -(y/yhat - (1-y)/(1-yhat))",
        "dL/dyhat = (yhat - y)/(yhat*(1 - yhat))",
        "dL/dz2 = yhat - y",
        "dL/dv1 = (yhat - y)*h1",
        "dL/dW2 = (yhat - y) @ a1.T",
        "dL/dc = yhat - y",
        "dL/dW1[1,2] = (yhat - y)*v1*relu'(z1[1])*x2",
        "dL/db1[2] = (yhat - y)*v2*relu'(z1[2])",
    ],
)
def test_right_formulas_for_document_002(line: str) -> None:
    review = checked(CLASSIFIER, line)
    assert [verdict.status for verdict in review.verdicts] == ["correct"]


def test_the_partial_derivatives_of_document_002() -> None:
    review = checked(
        "polynomial-partials-letters",
        "df/dx = -3*x^2 - 200*(y^2 - x)\ndf/dy = 400 * y * (y^2 - x)\n",
    )
    assert statuses(review) == [("df/dx", "correct"), ("df/dy", "correct")]


# --- document 003: a mean over K outputs -------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "dL/dyhat = (yhat - y)/(yhat*(1 - yhat))",
        "dL/dyhat[1] = (yhat[1] - y[1])/(yhat[1]*(1 - yhat[1]))",
        "dL/dyhat[2] = (yhat[2] - y[2])/(yhat[2]*(1 - yhat[2]))",
        "dL/dz2 = yhat - y",
    ],
)
def test_the_lost_mean_of_document_003(line: str) -> None:
    review = checked("tanh-sigmoid-cross-entropy", line)
    assert [verdict.status for verdict in review.verdicts] == ["incorrect"]
    assert only(review.findings).ids == ("loss-reduction",)


@pytest.mark.parametrize(
    "line",
    [
        "dL/dyhat = (yhat - y)/(2*yhat*(1 - yhat))",
        "dL/dyhat[1] = 1/2*(yhat[1] - y[1])/(yhat[1]*(1 - yhat[1]))",
        "dL/dz2 = (yhat - y)/2",
        "dyhat/dz2 = yhat*(1 - yhat)",
        "da1/dz1 = 1 - tanh(z1)^2",
        "dL/dz2 = dL/dyhat * dyhat/dz2",
        "dL/dW2 = dL/dz2 @ a1.T",
        "dL/dz1 = (W2.T @ dL/dz2) * (1 - a1^2)",
        "dL/dW1 = dL/dz1 @ x.T",
        "dL/db1 = dL/dz1",
    ],
)
def test_right_formulas_for_document_003(line: str) -> None:
    review = checked("tanh-sigmoid-cross-entropy", line)
    assert [verdict.status for verdict in review.verdicts] == ["correct"]


def test_the_squared_error_of_document_003_in_letters() -> None:
    review = checked("scaled-relu-letters", "dL/dyhat = 2*(yhat - y)\ndL/dyhat = yhat - y\n")
    assert statuses(review) == [("dL/dyhat", "correct"), ("dL/dyhat", "incorrect")]
    assert only(review.findings).ids == ("loss-factor-2",)


# --- document 004: a calculation by hand, rounded on the way -----------------------------


def test_the_printed_solution_of_document_004() -> None:
    review = checked("hand-calculation", ANSWERS / "004-printed.txt")
    sign, copied = review.findings
    assert (sign.name, sign.entries, sign.ids) == ("dL/dW1", ((0, 0),), ("sign-slip",))
    assert (copied.name, copied.entries, copied.ids) == ("x", ((2,),), ("digit-slip",))
    assert [(v.name, v.index, v.line, v.given, v.status) for v in wrong(review)] == [
        ("dL/dW1", (0, 0), 13, "0.0043", "incorrect"),
        ("dL/dW1", (0, 0), 21, "0.0043", "incorrect"),
        ("x", (2,), 22, "1.31", "incorrect"),
    ]
    assert wrong(review)[-1].own == 1.34
    assert all(v.status == "correct" for v in review.verdicts if v.right)
    assert review.warnings == ()
    assert review.first_wrong == "dL/dW1"


def test_right_gradients_of_document_004_are_accepted_however_far_off() -> None:
    review = checked("hand-calculation", ANSWERS / "004-printed.txt")
    off = {
        (v.name, v.index): abs((v.value or 0) / (v.expected or 1) - 1)
        for v in review.verdicts
        if v.name in ("dL/dW1", "dL/db1", "dL/dW2", "dL/db2") and v.right
    }
    gradients = [at for at in off if at[0] != "dL/dW1" or at[1] != (0, 0)]
    assert len(gradients) == len(off) == 10
    assert max(off.values()) == pytest.approx(0.0415, abs=2e-4)


def test_the_same_gradients_with_nothing_in_between_are_not_all_right() -> None:
    """Without the rounded a1 and yhat nothing says where 4 % come from."""
    review = checked("hand-calculation", "dL/dW1[2,1] = -0.0579\ndL/dW1[2,2] = 0.1555\n")
    assert statuses(review) == [("dL/dW1", "incorrect"), ("dL/dW1", "correct")]


def test_a_sigmoid_forgotten_in_both_layers() -> None:
    review = checked("hand-calculation", ANSWERS / "004-sigma-forgotten.txt")
    assert [(f.name, f.ids) for f in review.findings] == [
        ("dL/dz2", ("act-derivative-missing",)),
        ("dL/dz1", ("act-derivative-missing",)),
    ]
    assert {v.name for v in wrong(review)} == {"dL/dz2", "dL/dz1"}
    assert {v.name for v in review.verdicts if v.status == "follows"} == {
        "dL/dW2",
        "dL/db2",
        "dL/da1",
        "dL/dW1",
        "dL/db1",
    }
