"""Every activation and loss beside PyTorch: value and gradient, kinks and far values included.

Where PyTorch has no such function the formula stands here in PyTorch's own operations,
and its automatic derivative is the oracle.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradcalc.algebra.formula.expr import Apply, Symbol
from gradcalc.algebra.formula.syntax import parse
from gradcalc.algebra.operations.kernels import Array
from gradcalc.algebra.operations.table import TABLE
from gradcalc.engine.autodiff import differentiate
from gradcalc.engine.evaluate import Program
from gradcalc.engine.graph import Line, build

torch = pytest.importorskip("torch")
F = torch.nn.functional
Function = Callable[..., Any]

RANDOM = np.random.default_rng(5)
POINTS = np.concatenate(
    [RANDOM.normal(0, 2, 20), [-6, -3, -2, -1, -0.5, 0, 0.5, 1, 2, 3, 6], [-1000, -30, 30, 1000]]
)

ACTIVATIONS: dict[str, Function] = {
    "identity(x)": lambda x: x * 1,
    "sigmoid(x)": torch.sigmoid,
    "tanh(x)": torch.tanh,
    "relu(x)": F.relu,
    "leaky_relu(x)": F.leaky_relu,
    "leaky_relu(x, alpha=0.2)": lambda x: F.leaky_relu(x, 0.2),
    "rrelu(x)": lambda x: F.rrelu(x, training=False),
    "relu6(x)": F.relu6,
    "squared_relu(x)": lambda x: F.relu(x) ** 2,
    "elu(x)": F.elu,
    "elu(x, alpha=2)": lambda x: F.elu(x, 2.0),
    "selu(x)": F.selu,
    "celu(x)": F.celu,
    "celu(x, alpha=1/2)": lambda x: F.celu(x, 0.5),
    "gelu(x)": F.gelu,
    "gelu_tanh(x)": lambda x: F.gelu(x, approximate="tanh"),
    "quick_gelu(x)": lambda x: x * torch.sigmoid(1.702 * x),
    "silu(x)": F.silu,
    "swish(x)": F.silu,
    "swish(x, beta=1.5)": lambda x: x * torch.sigmoid(1.5 * x),
    "mish(x)": F.mish,
    "softplus(x)": lambda x: F.softplus(x, threshold=100),
    "scaled_softplus(x, beta=3)": lambda x: F.softplus(x, 3, threshold=100),
    "softsign(x)": F.softsign,
    "hardtanh(x)": F.hardtanh,
    "hardtanh(x, low=-3, high=2)": lambda x: F.hardtanh(x, -3, 2),
    "hardsigmoid(x)": lambda x: F.relu6(x + 3) / 6,  # F.hardsigmoid has 1/6 to 8 digits
    "hardswish(x)": F.hardswish,
    "log_sigmoid(x)": F.logsigmoid,
    "softshrink(x)": F.softshrink,
    "hardshrink(x)": F.hardshrink,
    "hardshrink(x, lambda=1)": lambda x: F.hardshrink(x, 1.0),
    "tanhshrink(x)": F.tanhshrink,
    "threshold(x, theta=0.5, value=3)": lambda x: F.threshold(x, 0.5, 3),
    "squareplus(x)": lambda x: (x + torch.sqrt(x**2 + 4)) / 2,
    "sparse_plus(x)": lambda x: torch.where(
        x >= 1, x, torch.where(x > -1, (x + 1) ** 2 / 4, 0 * x)
    ),
    "sparse_sigmoid(x)": lambda x: F.hardtanh((x + 1) / 2, 0, 1),
    "lecun_tanh(x)": lambda x: 1.7159 * torch.tanh(2 * x / 3),
    "bent_identity(x)": lambda x: (torch.sqrt(x**2 + 1) - 1) / 2 + x,
    "square(x)": torch.square,
    "cube(x)": lambda x: x**3,
    "snake(x)": lambda x: x + torch.sin(x) ** 2,
    "snake(x, a=2)": lambda x: x + torch.sin(2 * x) ** 2 / 2,
    "gaussian(x)": lambda x: torch.exp(-(x**2)),
    "abs(x)": torch.abs,
    "sign(x)": torch.sign,
    "atan(x)": torch.atan,
    "erf(x)": torch.erf,
    "normal_cdf(x)": torch.special.ndtr,
    "normal_pdf(x)": lambda x: torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi),
    "lncosh(x)": lambda x: torch.logaddexp(x, -x) - math.log(2),
    "heaviside(x)": lambda x: torch.heaviside(x.detach(), torch.tensor(0.5, dtype=x.dtype)) + 0 * x,
}


def sparsemax(x: Any) -> Any:
    """Return the projection on the simplex by bisection of its threshold, then exactly."""
    low, high = x.detach().amax(-1, keepdim=True) - 1, x.detach().amax(-1, keepdim=True)
    for _ in range(80):
        middle = (low + high) / 2
        over = torch.relu(x.detach() - middle).sum(-1, keepdim=True) > 1
        low, high = torch.where(over, middle, low), torch.where(over, high, middle)
    on = (x.detach() - high > 1e-12).to(x.dtype)
    level = ((x * on).sum(-1, keepdim=True) - 1) / on.sum(-1, keepdim=True)
    return (x - level) * on


VECTORS: dict[str, Function] = {
    "softmax(x)": lambda x: F.softmax(x, -1),
    "tempered_softmax(x, tau=2)": lambda x: F.softmax(x / 2, -1),
    "softmin(x)": lambda x: F.softmin(x, -1),
    "log_softmax(x)": lambda x: F.log_softmax(x, -1),
    "sparsemax(x)": sparsemax,
    "glu(x)": F.glu,
    "l2_normalize(x)": lambda x: F.normalize(x, dim=-1),
    "amax(x)": torch.amax,
    "amax(x, axis=-1)": lambda x: torch.amax(x, -1),
    "norm(x)": torch.linalg.vector_norm,
    "join(first_half(x), second_half(x))": lambda x: x * 1,
}
ROWS_OF_NUMBERS = [
    RANDOM.normal(0, 1, (5, 6)),
    np.array([[1000.0, -1000, 0, 3, 3, 2], [0.5, 0.25, 0.25, -1, 0, -1]]),
    np.array([2.0, 2, -1, 2]),
]


def ours(text: str, values: dict[str, Array]) -> tuple[Array, dict[str, Array]]:
    """Return value and d(Σ weight ⊙ value) by each operand."""
    shapes = {name: value.shape for name, value in values.items()}
    line = build([Line("out", parse(text))], shapes, TABLE)
    own = line.shapes["out"]
    weight = np.linspace(0.5, 1.5, max(1, math.prod(map(int, own)))).reshape([*map(int, own)])
    lines = [Line("out", parse(text)), Line("L", parse("sum(weight*out)"))]
    graph = build(lines, {**shapes, "weight": own}, TABLE)
    backward = differentiate(graph, tuple(values), TABLE, loss="L").graph
    found = Program([*graph.nodes, *backward.nodes], graph.inputs, TABLE).run(
        {**values, "weight": weight}
    )
    return found["out"], {name: found[f"dL/d{name}"] for name in values}


def theirs(
    function: Function, values: dict[str, Array], only: tuple[str, ...]
) -> tuple[Array, dict[str, Array]]:
    tensors = {
        name: torch.tensor(value, requires_grad=name in only) for name, value in values.items()
    }
    value = function(*tensors.values())
    weight = torch.linspace(0.5, 1.5, max(1, value.numel()), dtype=torch.float64)
    (weight.reshape(value.shape) * value).sum().backward()
    zero = {name: np.zeros_like(values[name]) for name in values}
    grads = {n: t.grad.numpy() if t.grad is not None else zero[n] for n, t in tensors.items()}
    return value.detach().numpy(), grads


def compare(
    text: str, function: Function, values: dict[str, Array], only: tuple[str, ...] = ()
) -> None:
    value, gradients = ours(text, values)
    expected, slopes = theirs(function, values, only or tuple(values))
    np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-13, err_msg=text)
    for name in only or values:
        np.testing.assert_allclose(
            gradients[name], slopes[name], rtol=1e-12, atol=2e-13, err_msg=f"{text} by {name}"
        )


@pytest.mark.parametrize("text", ACTIVATIONS)
def test_an_activation(text: str) -> None:
    compare(text, ACTIVATIONS[text], {"x": POINTS})


@pytest.mark.parametrize("text", VECTORS)
@pytest.mark.parametrize("values", ROWS_OF_NUMBERS, ids=["random", "far and tied", "ties"])
def test_a_function_of_a_vector(text: str, values: Array) -> None:
    compare(text, VECTORS[text], {"x": values})


@pytest.mark.parametrize("slopes", [np.array(0.25), np.full(4, 0.1) * [1, 2, 3, 4]])
def test_a_learned_slope(slopes: Array) -> None:
    x = np.concatenate([RANDOM.normal(0, 1, (3, 4)), np.zeros((1, 4))])
    compare("prelu(x, p)", lambda x, p: F.prelu(x, p.reshape(-1)), {"x": x, "p": slopes})


# --- losses -----------------------------------------------------------------------

SHAPE = (5, 4)
NUMBERS = RANDOM.normal(0, 1, SHAPE)
TARGETS = np.round(RANDOM.normal(0, 1, SHAPE), 1)
SIGNS = RANDOM.choice([-1.0, 1.0], SHAPE)
BINARY = RANDOM.choice([0.0, 1.0], SHAPE)
CHANCES = RANDOM.uniform(0.05, 0.95, SHAPE)
PARTS = CHANCES / CHANCES.sum(-1, keepdims=True)
OTHERS = RANDOM.dirichlet(np.ones(4), 5)
LABELS = np.array([1, 0, 3, 2, 1])
HOT = np.eye(4)[LABELS]
FAR = np.array([[1000.0, -1000, 0, 30], [-30.0, 0.5, 1, -1]])
KINK = np.array([[1.0, 2, -1, 0], [0.5, -0.5, 1, 0]])


def reduced(function: Function) -> Function:
    """Return a loss of entries with PyTorch's reductions."""

    def loss(*args: Any, reduction: str = "mean") -> Any:
        value = function(*args)
        return value if reduction == "none" else getattr(value, reduction)()

    return loss


def indexed(function: Function, **settings: Any) -> Function:
    """Return a loss of class numbers, which are those of the one-hot target."""
    return lambda y, t, reduction: function(y, t.argmax(-1), reduction=reduction, **settings)


def hinge(y: Any, t: Any) -> Any:
    return F.relu(1 - t * y)


def focal(y: Any, t: Any) -> Any:
    p = torch.sigmoid(y)
    right = p * t + (1 - p) * (1 - t)
    entries = F.binary_cross_entropy_with_logits(y, t, reduction="none")
    return (0.25 * t + 0.75 * (1 - t)) * (1 - right) ** 2 * entries


def cosine(y: Any, t: Any) -> Any:
    return F.cosine_similarity(y, t, dim=-1)


def best_rival(y: Any, t: Any) -> Any:
    others = torch.where(t == 1, -torch.inf, y)
    return F.relu(1 + others.amax(-1) - (t * y).sum(-1))


Losses = dict[str, tuple[Function, tuple[Array, ...]]]
LOSSES: Losses = {
    "squared_error(y, t)": (F.mse_loss, (NUMBERS, TARGETS)),
    "mse(y, t)": (F.mse_loss, (NUMBERS, TARGETS)),
    "half_squared_error(y, t)": (reduced(lambda y, t: (y - t) ** 2 / 2), (NUMBERS, TARGETS)),
    "half_mse(y, t)": (reduced(lambda y, t: (y - t) ** 2 / 2), (NUMBERS, TARGETS)),
    "l1(y, t)": (F.l1_loss, (TARGETS, np.sort(TARGETS))),
    "huber(y, t)": (F.huber_loss, (NUMBERS, TARGETS)),
    "huber(y, t, delta=1/2)": (
        lambda y, t, reduction: F.huber_loss(y, t, reduction=reduction, delta=0.5),
        (KINK, 0 * KINK),
    ),
    "smooth_l1(y, t)": (F.smooth_l1_loss, (KINK, 0 * KINK)),
    "smooth_l1(y, t, beta=1/2)": (
        lambda y, t, reduction: F.smooth_l1_loss(y, t, reduction=reduction, beta=0.5),
        (NUMBERS, TARGETS),
    ),
    "log_cosh(y, t)": (
        reduced(lambda y, t: torch.logaddexp(y - t, t - y) - math.log(2)),
        (NUMBERS, TARGETS),
    ),
    "msle(y, t)": (
        reduced(lambda y, t: (torch.log1p(y) - torch.log1p(t)) ** 2),
        (CHANCES, PARTS),
    ),
    "mape(y, t)": (reduced(lambda y, t: 100 * torch.abs((y - t) / t)), (NUMBERS, CHANCES)),
    "pinball(y, t, tau=0.9)": (
        reduced(lambda y, t: torch.maximum(0.9 * (t - y), -0.1 * (t - y))),
        (TARGETS, np.sort(TARGETS)),
    ),
    "binary_cross_entropy(y, t)": (F.binary_cross_entropy, (CHANCES, BINARY)),
    "binary_cross_entropy_with_logits(y, t)": (
        F.binary_cross_entropy_with_logits,
        (NUMBERS, CHANCES),
    ),
    "binary_cross_entropy_with_logits(y, t, pos_weight=3)": (
        lambda y, t, reduction: F.binary_cross_entropy_with_logits(
            y, t, reduction=reduction, pos_weight=torch.tensor(3.0)
        ),
        (NUMBERS, BINARY),
    ),
    "multilabel_soft_margin(y, t)": (F.multilabel_soft_margin_loss, (NUMBERS, BINARY)),
    "kl_divergence(y, t)": (
        lambda y, t, reduction: F.kl_div(torch.log(y), t, reduction=reduction),
        (PARTS, OTHERS),
    ),
    "kl_divergence_log(y, t)": (F.kl_div, (np.log(PARTS), OTHERS)),
    "js_divergence(y, t)": (
        reduced(
            lambda y, t: (
                (
                    F.kl_div(torch.log((y + t) / 2), y, reduction="none")
                    + F.kl_div(torch.log((y + t) / 2), t, reduction="none")
                )
                / 2
            )
        ),
        (PARTS, OTHERS),
    ),
    "hinge(y, t)": (reduced(hinge), (KINK, np.where(KINK < 0, -1.0, 1.0))),
    "squared_hinge(y, t)": (reduced(lambda y, t: hinge(y, t) ** 2), (NUMBERS, SIGNS)),
    "modified_huber(y, t)": (
        reduced(lambda y, t: torch.where(t * y >= -1, hinge(y, t) ** 2, -4 * t * y)),
        (2 * NUMBERS, SIGNS),
    ),
    "perceptron(y, t)": (reduced(lambda y, t: F.relu(-t * y)), (KINK, SIGNS[:2])),
    "logistic_loss(y, t)": (F.soft_margin_loss, (NUMBERS, SIGNS)),
    "exponential_loss(y, t)": (reduced(lambda y, t: torch.exp(-t * y)), (NUMBERS, SIGNS)),
    "hinge_embedding(y, t)": (F.hinge_embedding_loss, (KINK, SIGNS[:2])),
    "margin_ranking(a, b, t, margin=1/2)": (
        lambda a, b, t, reduction: F.margin_ranking_loss(a, b, t, 0.5, reduction=reduction),
        (KINK, KINK[::-1].copy(), SIGNS[:2]),
    ),
    "margin_ranking(a, b, t)": (F.margin_ranking_loss, (KINK, KINK[::-1].copy(), SIGNS[:2])),
    "poisson_nll(y, t)": (F.poisson_nll_loss, (NUMBERS, CHANCES)),
    "poisson(y, t)": (
        lambda y, t, reduction: F.poisson_nll_loss(
            y, t, log_input=False, eps=0.0, reduction=reduction
        ),
        (CHANCES, BINARY),
    ),
    "gaussian_nll(y, t, v)": (F.gaussian_nll_loss, (NUMBERS, TARGETS, CHANCES)),
    "focal(y, t)": (reduced(focal), (NUMBERS, BINARY)),
}
SAMPLE_LOSSES: Losses = {
    "cross_entropy(y, t)": (
        lambda y, t, reduction: F.nll_loss(torch.log(y), t.argmax(-1), reduction=reduction),
        (PARTS, HOT),
    ),
    "softmax_cross_entropy(y, t)": (indexed(F.cross_entropy), (NUMBERS, HOT)),
    "softmax_cross_entropy(2*y, t/2)": (
        lambda y, t, reduction: F.cross_entropy(2 * y, t / 2, reduction=reduction),
        (NUMBERS, OTHERS),
    ),
    "softmax_cross_entropy(y, t, label_smoothing=0.2)": (
        indexed(F.cross_entropy, label_smoothing=0.2),
        (NUMBERS, HOT),
    ),
    "smoothed_cross_entropy(y, t)": (
        lambda y, t, reduction: F.cross_entropy(y, t, reduction=reduction, label_smoothing=0.1),
        (NUMBERS, OTHERS),
    ),
    "nll(y, t)": (indexed(F.nll_loss), (np.log(PARTS), HOT)),
    "multi_margin(y, t)": (indexed(F.multi_margin_loss), (np.round(NUMBERS), HOT)),
    "multi_margin(y, t, p=2, margin=1/2)": (
        indexed(F.multi_margin_loss, p=2, margin=0.5),
        (NUMBERS, HOT),
    ),
    "categorical_hinge(y, t)": (reduced(best_rival), (NUMBERS, HOT)),
    "cosine_loss(y, t)": (
        reduced(lambda y, t: -(y * t).sum(-1) / torch.linalg.vector_norm(y, dim=-1)),
        (NUMBERS, TARGETS),
    ),
    "negative_cosine(y, t)": (reduced(lambda y, t: -cosine(y, t)), (NUMBERS, TARGETS)),
    "cosine_distance(y, t)": (reduced(lambda y, t: 1 - cosine(y, t)), (NUMBERS, TARGETS)),
    "cosine_embedding(a, b, t, margin=1/4)": (
        lambda a, b, t, reduction: F.cosine_embedding_loss(a, b, t, 0.25, reduction=reduction),
        (NUMBERS, TARGETS, np.array([1.0, -1, -1, 1, -1])),
    ),
    "triplet(a, p, n, eps=1e-6)": (F.triplet_margin_loss, (NUMBERS, TARGETS, CHANCES)),
    "triplet(a, p, n, margin=2)": (
        lambda a, p, n, reduction: F.triplet_margin_loss(a, p, n, 2.0, 2, 0.0, reduction=reduction),
        (KINK, NUMBERS[:2], TARGETS[:2]),
    ),
}


def operands(text: str, arrays: tuple[Array, ...]) -> dict[str, Array]:
    names = [arg.strip() for arg in text.partition("(")[2].rstrip(")").split(",") if "=" not in arg]
    return dict(zip((n.strip("2*/") for n in names), map(np.array, arrays), strict=True))


def differentiated(text: str, values: dict[str, Array]) -> tuple[str, ...]:
    """Return the operands by which both are differentiated: not by a class number or a label."""
    labels = np.isin(values["t"], (-1, 0, 1)).all() if "t" in values else False
    return tuple(name for name in values if not (name == "t" and labels))


def with_reduction(text: str, reduction: str) -> str:
    return f"{text[:-1]}, reduction={reduction})"


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides")
@pytest.mark.parametrize("reduction", ["sum", "mean", "none"])
@pytest.mark.parametrize("text", [*LOSSES, *SAMPLE_LOSSES])
def test_a_loss(text: str, reduction: str) -> None:
    function, arrays = (LOSSES | SAMPLE_LOSSES)[text]
    values = operands(text, arrays)
    only = differentiated(text, values)
    if text == "multilabel_soft_margin(y, t)" and reduction != "mean":
        pytest.skip("PyTorch averages over the classes of a sample first")
    compare(
        with_reduction(text, reduction),
        lambda *args: function(*args, reduction=reduction),
        values,
        only,
    )


def test_the_mean_over_samples() -> None:
    compare(
        "kl_divergence_log(y, t)",
        lambda y, t: F.kl_div(y, t, reduction="batchmean"),
        {"y": np.log(PARTS), "t": OTHERS},
    )


def test_the_root_of_the_mean() -> None:
    compare("rmse(y, t)", lambda y, t: F.mse_loss(y, t).sqrt(), {"y": NUMBERS, "t": TARGETS})
    value, gradients = ours("rmse(y, t)", {"y": TARGETS, "t": TARGETS})
    assert value == 0
    assert not gradients["y"].any()


@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("binary_cross_entropy_with_logits(y, t)", F.binary_cross_entropy_with_logits),
        ("softmax_cross_entropy(y, t)", F.cross_entropy),
        (
            "logistic_loss(y, 2*t - 1)",  # F.soft_margin_loss overflows
            lambda y, t, reduction: F.softplus((1 - 2 * t) * y, threshold=100).sum(),
        ),
        ("huber(y, t)", F.huber_loss),
        ("smooth_l1(y, t)", F.smooth_l1_loss),
    ],
)
def test_far_out(text: str, function: Function) -> None:
    values = {"y": FAR, "t": np.array([[0.0, 1, 0, 0], [0.0, 0, 1, 0]])}
    compare(
        with_reduction(text, "sum"), lambda y, t: function(y, t, reduction="sum"), values, ("y",)
    )


def test_weights_are_put_to_what_is_not_reduced() -> None:
    weight, classes = np.array([1.0, 2, 0.5, 3, 1]), np.array([1.0, 2, 0.5, 4])
    values = {"y": NUMBERS, "t": HOT, "w": classes}
    compare(
        "sum(softmax_cross_entropy(y, w*t, reduction=none))/sum(w*t)",
        lambda y, t, w: F.cross_entropy(y, t.argmax(-1), weight=w.detach()),
        values,
        ("y",),
    )
    compare(
        "mean(w*binary_cross_entropy(sum(y, axis=-1), t, reduction=none))",
        lambda y, t, w: F.binary_cross_entropy(y.sum(-1), t, weight=w.detach()),
        {"y": PARTS * 0.7, "t": BINARY[:, 0], "w": weight},
        ("y",),
    )


def test_every_activation_and_loss_stands_beside_pytorch() -> None:
    calls = [parse(text) for text in [*ACTIVATIONS, *VECTORS, *LOSSES, *SAMPLE_LOSSES]]
    found = {TABLE.resolve(call.op).op for call in calls if isinstance(call, Apply)}  # type: ignore[union-attr]
    missing = {row.name for row in TABLE if row.kind in ("activation", "loss")} - found
    assert missing == {"prelu", "rmse", "weighted_bce_with_logits"}  # tests of their own
    assert Symbol("x") in parse("relu(x)").args  # type: ignore[union-attr]
