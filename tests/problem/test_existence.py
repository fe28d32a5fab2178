"""What exists and what does not: limits, reasons, refusals, against PyTorch and fractions."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import log

import numpy as np
import pytest

import gradcalc
from gradcalc.problem.solution import Solution


def solved(text: str) -> Solution:
    return gradcalc.solve(gradcalc.load(text))


def told(text: str) -> str:
    with pytest.raises(gradcalc.ProblemError) as caught:
        solved(text)
    return caught.value.message


# --- limits ------------------------------------------------------------------------------


def slope(p: Fraction, t: Fraction) -> Fraction | None:
    """Return −t/p + (1 − t)/(1 − p), a term with factor 0 being none; None where there is none."""
    if (t and not p) or (t != 1 and p == 1):
        return None
    left = -t / p if t else Fraction(0)
    return left + ((1 - t) / (1 - p) if t != 1 else 0)


@pytest.mark.parametrize(
    ("p", "t"),
    list(product(("0", "1", "1/2", "1/4"), ("0", "1", "1/2"))),
    ids=str,
)
def test_binary_cross_entropy_at_the_ends(p: str, t: str) -> None:
    due = slope(Fraction(p), Fraction(t))
    text = f"inputs: {{p: {p}}}\ntargets: {{t: {t}}}\nequations: L = bce(p, t)\n"
    if due is None:
        assert "log(0) has no value" in told(text)
        return
    found = solved(text)
    assert float(found.values["dL/dp"]) == pytest.approx(float(due), rel=1e-12)
    assert found.gaps == {}
    q, s = float(Fraction(p)), float(Fraction(t))
    loss = -sum(a * log(b) for a, b in ((s, q), (1 - s, 1 - q)) if a)
    assert float(found.values["L"]) == pytest.approx(loss, abs=1e-15)


POWERS = {  # x, n → f, df/dx, df/dn; None: does not exist
    (0, 2): (0, 0, 0),
    (0, 1): (0, 1, 0),
    (0, 3): (0, 0, 0),
    (0, 0.5): (0, None, 0),
    (0, 0): (1, 0, None),
    (0, 1.5): (0, 0, 0),
    (-2, 3): (-8, 12, None),
    (-2, 0): (1, 0, None),
    (2, 0): (1, 0, log(2)),
    (2, 3): (8, 12, 8 * log(2)),
}


@pytest.mark.parametrize(("at", "due"), list(POWERS.items()), ids=str)
def test_a_power_of_two_variables(at: tuple[float, float], due: tuple[float | None, ...]) -> None:
    found = solved(f"inputs: {{x: {at[0]}, n: {at[1]}}}\nequations: f = x^n\n")
    for name, value in zip(("f", "df/dx", "df/dn"), due, strict=True):
        if value is None:
            assert np.isnan(found.values[name])
            assert "has no derivative by" in found.gaps[name].why
        else:
            assert float(found.values[name]) == pytest.approx(value, abs=1e-15)
            assert name not in found.gaps


@pytest.mark.parametrize(
    ("formula", "loss", "slopes"),
    [
        ("-sum(p*log(p))", log(2), (None, log(2) - 1, log(2) - 1)),
        ("sum(xlogy(p, p))", -log(2), (None, 1 - log(2), 1 - log(2))),
        ("-sum(t*log(p))", log(2), (0, -2, 0)),
        ("cross_entropy(p, t)", log(2), (0, -2, 0)),
        ("kl_divergence(p, t)", log(2), (0, -2, 0)),
        ("poisson(p, t)", 1 + log(2), (1, -1, 1)),
        (
            "js_divergence(p, t)",
            0.5 * log(2) * (0.5 + 1.0) - 0.25 * log(0.5) - 0.75 * log(0.75),
            (0.5 * log(2), 0.5 * (log(0.5) - log(0.75)), 0.5 * log(2)),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_0_ln_0_is_0(formula: str, loss: float, slopes: tuple[float | None, ...]) -> None:
    used = ", t" in formula or "t*" in formula
    targets = "targets: {t: [0, 1, 0]}\n" if used else ""
    found = solved(f"inputs: {{p: [0, 0.5, 0.5]}}\n{targets}equations: L = {formula}\n")
    got = found.values["dL/dp"]
    assert [None if np.isnan(x) else x for x in got] == [
        None if each is None else pytest.approx(each, abs=1e-12) for each in slopes
    ]
    if "js" not in formula:
        assert float(found.values["L"]) == pytest.approx(loss, abs=1e-12)


@pytest.mark.parametrize(
    "text",
    [
        "inputs: {p: [-0.5, 1]}\ntargets: {t: [0, 1]}\nequations: L = cross_entropy(p, t)\n",
        "inputs: {p: [-0.5, 1]}\ntargets: {t: [0, 1]}\nequations: L = -sum(t*log(p))\n",
        "inputs: {p: 1.5}\ntargets: {t: 1}\nequations: L = bce(p, t)\n",
    ],
)
def test_0_times_the_logarithm_of_a_negative_number_is_none(text: str) -> None:
    assert "log(-0.5) has no value" in told(text)


# --- refusals ----------------------------------------------------------------------------


def test_a_file_is_refused_only_if_nothing_exists_that_it_asks_for() -> None:
    text = "inputs: {x: [0, 1], y: 3}\nequations: |\n  u = log(x)\n  L = y^2\nfind: "
    assert told(text + "u[1]\n") == "u: log(0) has no value"
    for asked in ("u", "u[2]", "['u[1]', dL/dy]"):
        assert solved(text + asked + "\n").gaps.keys() == {"u"}


def test_a_derivative_is_refused_by_its_own_words() -> None:
    assert told("inputs: {x: 1}\nequations: f = sqrt((x - 1)^2)\n") == (
        "df/dx does not exist: sqrt(u) has no derivative at u = 0"
    )


def test_no_derivative_exists_of_an_output_that_does_not() -> None:
    text = "inputs: {x: 0, y: 3}\nequations: |\n  v = y^2\n  L = log(x) + v\nfind: [v, dL/dy]\n"
    found = solved(text)
    assert float(found.values["v"]) == 9
    assert np.isnan(found.values["dL/dy"])
    assert (found.gaps["dL/dy"].on, found.gaps["dL/dv"].on) == ("dL/dv", "L")
    assert "log(0) has no value" in told(text.replace("[v, dL/dy]", "dL/dy"))


def test_a_case_that_does_not_apply_is_passed_over() -> None:
    found = solved("inputs: {x: -1}\nequations: L = where(x > 0, log(x), x^2)\n")
    assert (float(found.values["L"]), float(found.values["dL/dx"])) == (1, -2)


def test_a_comparison_with_what_does_not_exist_does_not_exist() -> None:
    found = solved(
        "inputs: {x: 0, y: 2}\nequations: |\n  u = log(x)\n  v = u > 1\n  L = y^2\n"
        "find: [u, v, dL/dy]\n"
    )
    assert np.isnan(found.values["v"])
    assert found.gaps["v"].on == "u"


# --- against PyTorch ---------------------------------------------------------------------

UNARY = ("sqrt({})", "({})^2", "relu({})", "exp({})", "{}^0.5", "{}^1.5", "abs({})")
BINARY = ("{}*{}", "{} + {}", "{} - {}")


def drawn(generator: np.random.Generator) -> list[str]:
    lines, names = [], ["x"]
    for at in range(int(generator.integers(2, 6))):
        if generator.random() < 0.6:
            form = UNARY[int(generator.integers(len(UNARY)))]
            formula = form.format(names[int(generator.integers(len(names)))])
        else:
            form = BINARY[int(generator.integers(len(BINARY)))]
            formula = form.format(*(names[int(generator.integers(len(names)))] for _ in "ab"))
        names.append(f"u{at}")
        lines.append(f"u{at} = {formula}")
    return [*lines, f"L = sum({names[-1]})"]


def test_what_does_not_exist_has_no_number_in_pytorch() -> None:
    torch = pytest.importorskip("torch")
    generator = np.random.default_rng(5)
    met = whole = 0
    for _ in range(400):
        lines = drawn(generator)
        x = generator.choice([0.0, 1.0, 4.0, 0.25], size=3)
        text = f"inputs: {{x: {x.tolist()}}}\nequations: |\n  " + "\n  ".join(lines) + "\n"
        names = {"x": torch.tensor(x, requires_grad=True)}
        for line in lines:
            name, _, formula = line.partition(" = ")
            calls = {
                "sqrt": torch.sqrt,
                "relu": lambda z: z * (z > 0),
                "exp": torch.exp,
                "abs": torch.abs,
            }
            names[name] = eval(formula.replace("^", "**"), {**calls, "sum": torch.sum}, names)
        names["L"].backward()
        due = names["x"].grad
        due = np.zeros(3) if due is None else due.numpy()
        try:
            found = solved(text).values["dL/dx"]
        except gradcalc.ProblemError:
            assert not np.isfinite(due).any() or not np.isfinite(names["L"].item()), text
            whole += 1
            continue
        kept = np.isfinite(found)
        assert not np.isfinite(due[~kept]).any(), text
        np.testing.assert_allclose(found[kept], due[kept], rtol=1e-9, err_msg=text)
        met += int((~kept).any())
    assert met > 30
    assert whole > 3
