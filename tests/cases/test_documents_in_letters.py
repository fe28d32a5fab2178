"""What documents 002 and 003 print in letters, reproduced; and why they err where they err.

The documents call the values out′, H, out (002) and z₁, z₂, z₃, ŷ (003); ours are z⁽¹⁾, a⁽¹⁾,
z⁽²⁾, ŷ. What they print is evaluated as matrices: where shapes do not multiply, that is seen.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import gradcalc
from gradcalc.report.solution.page import page
from gradcalc.report.steps.view import View
from tests.oracle import needs_torch, torch

PROBLEMS = Path(__file__).parents[2] / "problems"
REGRESSION = "scaled-relu-letters"
TANH = "tanh-sigmoid-regression-letters"
MEAN = "tanh-sigmoid-cross-entropy-letters"
N, M, K = 3, 4, 2


def rows(name: str, detail: str = "steps", **settings: object) -> list[str]:
    """Return the lines of a page, without numbers and remarks, blanks made single."""
    view = View(gradcalc.solve(gradcalc.load(PROBLEMS / f"{name}.yaml")), **settings)  # type: ignore[arg-type]
    text = page(view, detail, columns=160).plain()
    return [re.sub(r"^ *\d* +|\s+", " ", line).strip() for line in text.splitlines()]


def line(found: list[str], name: str) -> str:
    """Return the first line of a name."""
    return next(row for row in found if row.startswith(f"{name} = "))


def after(found: list[str], row: str) -> str:
    """Return the line under another one."""
    return found[found.index(row) + 1]


# --- document 002 --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "printed",
    [  # 1.2: ŷ = σ(h₁v₁ + h₂v₂ + h₃v₃ + c₁), hᵢ = ReLU(x₁w₁ᵢ + x₂w₂ᵢ + bᵢ)
        "out = v₁ h₁ + v₂ h₂ + v₃ h₃ + c",
        "p = σ(out) ∈ ℝ^1 ",
        "h₁ = ReLU(z₁)",
        "h₂ = ReLU(z₂)",
        "h₃ = ReLU(z₃)",
        "z₁ = w₁₁ x₁ + w₂₁ x₂ + b₁",
        "z₂ = w₁₂ x₁ + w₂₂ x₂ + b₂",
        "z₃ = w₁₃ x₁ + w₂₃ x₂ + b₃",
    ],
)
def test_the_equations_of_document_002(printed: str) -> None:
    assert printed.strip() in rows("relu-classifier-indexed-letters", "entries")


@pytest.mark.parametrize(
    ("name", "chain"),
    [  # 3.1, with z⁽²⁾ for out, h for H, z⁽¹⁾ for out′
        ("V", "∂L/∂ŷ · ∂ŷ/∂z⁽²⁾ · ∂z⁽²⁾/∂V"),
        ("c", "∂L/∂ŷ · ∂ŷ/∂z⁽²⁾ · ∂z⁽²⁾/∂c"),
        ("W⁽¹⁾", "∂L/∂ŷ · ∂ŷ/∂z⁽²⁾ · ∂z⁽²⁾/∂h · ∂h/∂z⁽¹⁾ · ∂z⁽¹⁾/∂W⁽¹⁾"),
        ("b⁽¹⁾", "∂L/∂ŷ · ∂ŷ/∂z⁽²⁾ · ∂z⁽²⁾/∂h · ∂h/∂z⁽¹⁾ · ∂z⁽¹⁾/∂b⁽¹⁾"),
    ],
)
def test_the_chains_of_document_002(name: str, chain: str) -> None:
    assert f"∂L/∂{name} = {chain}" in rows("relu-classifier-letters")


def test_the_closed_forms_for_document_002() -> None:
    found = rows("relu-classifier-letters")
    closed = {
        "W⁽¹⁾": "= (Vᵀ (ŷ − y) ⊙ ReLU′(z⁽¹⁾)) xᵀ ∈ ℝ^{3×2}",
        "b⁽¹⁾": "= Vᵀ (ŷ − y) ⊙ ReLU′(z⁽¹⁾) ∈ ℝ^3",
        "V": "= (ŷ − y) hᵀ ∈ ℝ^{1×3}",
        "c": "= ŷ − y ∈ ℝ^1",
    }
    for name, form in closed.items():
        chain = next(row for row in found if re.match(rf"∂L/∂{re.escape(name)} = .* · ", row))
        assert after(found, chain) == form


@pytest.mark.parametrize(
    "printed",
    [  # one for each entry: what the document writes as a sum over i and j
        "∂L/∂w₂₁ = (p − y) v₁ ReLU′(z₁)·x₂",
        "∂L/∂w₁₃ = (p − y) v₃ ReLU′(z₃)·x₁",
        "∂L/∂b₂ = (p − y) v₂ ReLU′(z₂)",
        "∂L/∂v₃ = (p − y) h₃",
        "∂L/∂c = ∂L/∂p · ∂p/∂out · ∂out/∂c",
    ],
)
def test_the_indexed_forms_for_document_002(printed: str) -> None:
    assert printed in rows("relu-classifier-indexed-letters", "entries")


@pytest.mark.parametrize(
    ("name", "sizes", "count"),
    [
        ("relu-classifier-indexed-letters", None, 12),
        (REGRESSION, {"N": 2, "M": 3, "K": 2}, 17),
        (TANH, {"N": 2, "M": 2, "K": 2}, 12),
        (MEAN, {"N": 2, "M": 3, "K": 2}, 17),
    ],
)
def test_the_printed_entries_are_right_answers_to_their_own_problem(
    name: str, sizes: dict[str, int] | None, count: int
) -> None:
    problem = gradcalc.load(PROBLEMS / f"{name}.yaml", sizes)
    view = View(gradcalc.solve(problem), unicode=False)
    text = page(view, "entries", columns=400).plain().partition("Answer")[2]
    printed = [row.strip() for row in text.splitlines() if row.startswith(" " * 7 + "dL/d")]
    assert len(printed) == count
    review = gradcalc.check(problem, "\n".join(printed) + "\n")
    assert [verdict.status for verdict in review.verdicts] == ["correct"] * count


def test_the_partial_derivatives_of_document_002() -> None:
    found = rows("polynomial-partials-letters")
    assert line(found, "∂f/∂x").startswith("∂f/∂x = −3 x² − 200 (y² − x) ∈ ℝ")
    assert line(found, "∂f/∂y").startswith("∂f/∂y = 400 y (y² − x) ∈ ℝ")


@needs_torch
def test_why_document_002_has_the_wrong_sign() -> None:
    """BCE is −[y ln ŷ + (1 − y) ln(1 − ŷ)]; the document differentiates without the minus.

    As it prints them, all four gradients are the negatives of the right ones, entry by
    entry; and read literally, its sum over i and j is one number, not a gradient of 2×3.
    """
    torch.manual_seed(2)
    x, w, b, v, c = (
        torch.randn(shape, dtype=torch.float64, requires_grad=True)
        for shape in ((2,), (2, 3), (3,), (3,), ())
    )
    y = torch.tensor(1.0, dtype=torch.float64)
    inner = x @ w + b
    out = torch.relu(inner) @ v + c
    p = torch.sigmoid(out)
    torch.nn.functional.binary_cross_entropy(p, y).backward()
    with torch.no_grad():
        lost = (y / p - (1 - y) / (1 - p)) * p * (1 - p)
        printed = {
            "c": lost,
            "v": lost * torch.relu(inner),
            "b": lost * v * (inner > 0),
            "w": torch.outer(x, lost * v * (inner > 0)),
        }
    for name, parameter in (("c", c), ("v", v), ("b", b), ("w", w)):
        torch.testing.assert_close(printed[name], -parameter.grad)
    assert (w.grad != 0).any()
    assert printed["w"].sum().shape != w.shape


# --- document 003, 1.2 ---------------------------------------------------------------------


def test_the_forward_pass_of_document_003() -> None:  # 1.2 (b), (c)
    found = rows(REGRESSION)
    assert line(found, "z⁽¹⁾") == "z⁽¹⁾ = W⁽¹⁾ x + b⁽¹⁾ ∈ ℝ^M"
    assert line(found, "a⁽¹⁾") == "a⁽¹⁾ = f(z⁽¹⁾) ∈ ℝ^M"
    assert line(found, "z⁽²⁾") == "z⁽²⁾ = W⁽²⁾ a⁽¹⁾ + b⁽²⁾ ∈ ℝ^K"
    assert line(found, "ŷ") == "ŷ = z⁽²⁾ ∈ ℝ^K"
    assert line(found, "L") == "L = Σ (ŷ − y)² ∈ ℝ"


def test_the_dimensions_of_document_003() -> None:  # 1.2 (d)
    found = "\n".join(rows(REGRESSION, jacobians=True))
    for printed in (
        "x ∈ ℝ^N",
        "y ∈ ℝ^K",
        "W⁽¹⁾ ∈ ℝ^{M×N}",
        "b⁽¹⁾ ∈ ℝ^M",
        "W⁽²⁾ ∈ ℝ^{K×M}",
        "b⁽²⁾ ∈ ℝ^K",
        "∂a⁽¹⁾/∂z⁽¹⁾ = diag(5 ReLU′(z⁽¹⁾)) ∈ ℝ^{M×M}",
        "∂ŷ/∂z⁽²⁾ = diag(1) ∈ ℝ^{K×K}",
        "∂L/∂ŷ = 2 (ŷ − y) ∈ ℝ^K",
        "5 where z⁽¹⁾ > 0, otherwise 0",
    ):
        assert printed in found


def test_the_jacobians_of_document_003_are_drawn() -> None:  # 1.2 (d), 1.3 (a)
    found = rows(REGRESSION, jacobians=True)
    relu = found[found.index("⎡ 5 ReLU′(z⁽¹⁾₁) 0 … 0 ⎤") :]
    assert relu[1:4] == [
        "= ⎢ 0 5 ReLU′(z⁽¹⁾₂) … 0 ⎥",
        "⎢ ⋮ ⋮ ⋱ ⋮ ⎥",
        "⎣ 0 0 … 5 ReLU′(z⁽¹⁾_M) ⎦",
    ]
    ones = found[found.index("⎡ 1 0 … 0 ⎤") :]
    assert ones[1:4] == ["= ⎢ 0 1 … 0 ⎥", "⎢ ⋮ ⋮ ⋱ ⋮ ⎥", "⎣ 0 0 … 1 ⎦"]
    found = rows(TANH, jacobians=True)
    tanh = found[found.index("⎡ 1 − a⁽¹⁾₁² 0 … 0 ⎤") :]
    assert tanh[3] == "⎣ 0 0 … 1 − a⁽¹⁾_M² ⎦"
    sigmoid = found[found.index("⎡ ŷ₁ (1 − ŷ₁) 0 … 0 ⎤") :]
    assert sigmoid[3] == "⎣ 0 0 … ŷ_K (1 − ŷ_K) ⎦"


@pytest.mark.parametrize("name", [REGRESSION, TANH, MEAN])
@pytest.mark.parametrize(
    ("by", "chain", "multiplied"),
    [  # 1.2 (c); the same in 1.3 (a) and (b). The document orders as in the third column
        # but for x and a⁽¹⁾, which it puts last and untransposed.
        ("W⁽²⁾", "∂ŷ/∂z⁽²⁾ · ∂z⁽²⁾/∂W⁽²⁾", "(∂L/∂ŷᵀ ∂ŷ/∂z⁽²⁾)ᵀ a⁽¹⁾ᵀ"),
        ("b⁽²⁾", "∂ŷ/∂z⁽²⁾ · ∂z⁽²⁾/∂b⁽²⁾", "(∂L/∂ŷᵀ ∂ŷ/∂z⁽²⁾)ᵀ"),
        (
            "W⁽¹⁾",
            "∂ŷ/∂z⁽²⁾ · ∂z⁽²⁾/∂a⁽¹⁾ · ∂a⁽¹⁾/∂z⁽¹⁾ · ∂z⁽¹⁾/∂W⁽¹⁾",
            "(∂L/∂ŷᵀ ∂ŷ/∂z⁽²⁾ W⁽²⁾ ∂a⁽¹⁾/∂z⁽¹⁾)ᵀ xᵀ",
        ),
        (
            "b⁽¹⁾",
            "∂ŷ/∂z⁽²⁾ · ∂z⁽²⁾/∂a⁽¹⁾ · ∂a⁽¹⁾/∂z⁽¹⁾ · ∂z⁽¹⁾/∂b⁽¹⁾",
            "(∂L/∂ŷᵀ ∂ŷ/∂z⁽²⁾ W⁽²⁾ ∂a⁽¹⁾/∂z⁽¹⁾)ᵀ",
        ),
    ],
)
def test_the_chains_of_document_003(name: str, by: str, chain: str, multiplied: str) -> None:
    found = rows(name, jacobians=True)
    assert after(found, f"∂L/∂{by} = ∂L/∂ŷ · {chain}") == f"= {multiplied}"
    assert "∂z⁽²⁾/∂a⁽¹⁾ = W⁽²⁾ ∈ ℝ^{K×M}" in found


def test_why_the_shapes_of_document_003_do_not_multiply() -> None:
    """The document writes ∂L/∂W₁ = ∂L/∂ŷ ∂ŷ/∂z₃ W₂ ∂z₂/∂z₁ x.

    From the left this is 1×K · K×K · K×M · M×M = 1×M, a row, and x is N×1: M columns meet N
    rows. The entry i, j is δᵢ xⱼ, so the two stand as a column and a row: (row)ᵀ xᵀ.
    """
    rng = np.random.default_rng(3)
    loss, g, w2, f, x = (
        rng.normal(size=shape) for shape in ((1, K), (K, K), (K, M), (M, M), (N, 1))
    )
    row = loss @ g @ w2 @ f
    with pytest.raises(ValueError, match="mismatch"):
        row @ x
    right = row.T @ x.T
    assert right.shape == (M, N)
    assert right[1, 2] == row[0, 1] * x[2, 0]


@needs_torch
def test_why_document_003_has_two_losses_for_one() -> None:
    """ℓ = ‖ŷ − y‖² is a sum; nn.MSELoss(), the code of 1.2 (a), is its K-th part.

    Gradient 2(ŷ − y), as 1.2 (d) prints, belongs to the sum.
    """
    torch.manual_seed(5)
    yhat = torch.randn(K, dtype=torch.float64, requires_grad=True)
    y = torch.randn(K, dtype=torch.float64)
    (mean,) = torch.autograd.grad(torch.nn.MSELoss()(yhat, y), yhat)
    (whole,) = torch.autograd.grad(((yhat - y) ** 2).sum(), yhat)
    torch.testing.assert_close(whole, 2 * (yhat.detach() - y))
    torch.testing.assert_close(mean * K, whole)
    text = (PROBLEMS / f"{REGRESSION}.yaml").read_text(encoding="utf-8")
    problem = gradcalc.load(text.replace("loss: squared_error", "loss: MSELoss"))
    view = View(gradcalc.solve(problem))
    (node,) = (node for node in view.backward if node.name == "dL/dyhat")
    assert view.notation.line(node.expr) == "2 (ŷ − y) / K"
    assert line(rows(REGRESSION), "∂L/∂ŷ").startswith("∂L/∂ŷ = 2 (ŷ − y) ∈ ℝ^K")


# --- document 003, 1.3 ---------------------------------------------------------------------


@pytest.mark.parametrize("name", [TANH, MEAN])
def test_the_forward_pass_with_tanh_and_sigmoid(name: str) -> None:
    found = rows(name)
    assert line(found, "a⁽¹⁾") == "a⁽¹⁾ = tanh(z⁽¹⁾) ∈ ℝ^M"
    assert line(found, "ŷ") == "ŷ = σ(z⁽²⁾) ∈ ℝ^K"
    z = np.linspace(-4, 4, 33)  # the document writes tanh and σ out
    np.testing.assert_allclose(2 / (1 + np.exp(-2 * z)) - 1, np.tanh(z), atol=1e-15)


def test_the_gradient_of_1_3_a_by_the_output_is_that_of_1_2() -> None:
    assert line(rows(TANH), "∂L/∂ŷ") == line(rows(REGRESSION), "∂L/∂ŷ")


@needs_torch
def test_why_document_003_has_lost_the_mean_of_bce() -> None:
    """ℓ = 1/K Σ −[…]; the document's (ŷᵢ − yᵢ)/(ŷᵢ(1 − ŷᵢ)), K times as large, is of the sum."""
    assert line(rows(MEAN), "∂L/∂ŷ").startswith("∂L/∂ŷ = (ŷ − y) / (K ŷ ⊙ (1 − ŷ)) ∈ ℝ^K")
    found = rows(MEAN, "entries")
    assert "∂L/∂ŷᵢ = (ŷᵢ − yᵢ) / (K ŷᵢ (1 − ŷᵢ)) for each i" in found
    yhat = torch.tensor([0.2, 0.7], dtype=torch.float64, requires_grad=True)
    y = torch.tensor([1.0, 0.0], dtype=torch.float64)
    torch.nn.functional.binary_cross_entropy(yhat, y).backward()
    with torch.no_grad():
        printed = (yhat - y) / (yhat * (1 - yhat))
    torch.testing.assert_close(yhat.grad * K, printed)


# --- document 003, 1.4 ---------------------------------------------------------------------


def test_softmax_has_the_jacobian_of_1_4() -> None:
    found = rows("softmax-letters", jacobians=True)
    assert line(found, "∂p/∂z").startswith("∂p/∂z = diag(p) − p pᵀ ∈ ℝ^{K×K}")
    assert after(found, "∂L/∂z = ∂L/∂p · ∂p/∂z") == "= (∂L/∂pᵀ ∂p/∂z)ᵀ"
    drawn = found[found.index("⎡ p₁ (1 − p₁) −p₁ p₂ … −p₁ p_K ⎤") :]
    assert drawn[3] == "⎣ −p_K p₁ −p_K p₂ … p_K (1 − p_K) ⎦"
    assert "pᵢ = exp(zᵢ) / Σⱼ exp(zⱼ) for each i" in rows("softmax-letters", "entries")


@needs_torch
@pytest.mark.parametrize("count", [2, 3, 7])
def test_softmax_is_between_0_and_1_and_sums_to_1(count: int) -> None:  # 1.4 (a)
    z = np.random.default_rng(count).normal(scale=4, size=count).round(3)
    lines = "equations: |\n  p = softmax(z)\n  f = sum(p^2)\nfind: df/dz\n"
    text = f"inputs: {{z: {z.tolist()}}}\n{lines}"
    values = gradcalc.solve(gradcalc.load(text)).values
    assert ((values["p"] > 0) & (values["p"] < 1)).all()
    assert values["p"].sum() == pytest.approx(1, abs=1e-12)
    jacobian = torch.autograd.functional.jacobian(
        lambda t: torch.softmax(t, -1), torch.tensor(z)
    ).numpy()
    np.testing.assert_allclose(values["dp/dz"], jacobian, atol=1e-12)


def test_softmax_rounds_to_1_in_floating_point() -> None:  # 1.4 (a), the last point
    text = "inputs: {z: [0, 60]}\nequations: |\n  p = softmax(z)\n  f = sum(p^2)\nfind: df/dz\n"
    assert gradcalc.solve(gradcalc.load(text)).values["p"][1] == 1


@needs_torch
def test_the_derivatives_of_1_4_are_those_of_pytorch() -> None:  # 1.4 (c), (d)
    values = gradcalc.solve(gradcalc.load(PROBLEMS / "activation-derivatives.yaml")).values
    functional = torch.nn.functional
    for of, function in {
        "r": torch.relu,
        "l": functional.leaky_relu,
        "s": functional.softplus,
        "g": functional.gelu,
    }.items():
        x = torch.tensor(values["x"], requires_grad=True)
        function(x).sum().backward()
        np.testing.assert_allclose(values[f"d{of}/dx"], x.grad.numpy(), atol=1e-12)
    left = values["x"] < 0
    assert (values["dr/dx"][left] == 0).all()  # ReLU: a unit that is off stays off
    assert (values["dl/dx"][left] == 0.01).all()  # LeakyReLU: α passes
    assert (values["ds/dx"] > 0).all()  # Softplus: never 0
    assert values["ds/dx"][2] == 0.5  # and smooth where ReLU has its kink
