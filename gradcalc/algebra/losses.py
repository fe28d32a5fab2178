"""Rows of the table: losses of a prediction `y` and a target `t`.

`definition` is the loss of one entry; `reduction` says how entries become one number
where a file does not: `sum` adds all, `mean` averages over all entries, `batchmean`
adds within a sample (a row) and averages over the samples. For rows that are
`per_sample` (the classes of one sample are one loss) `mean` is `batchmean`.
Formulas as in Goodfellow, Bengio, Courville, Deep Learning (2016), and PyTorch 2.13.
"""

from typing import Any

from gradcalc.algebra import shapes
from gradcalc.algebra.operations import Operation


def _loss(
    name: str,
    text: str,
    entry: str,
    derivative: tuple[str, ...],
    reduction: str = "sum",
    shape: shapes.ShapeRule = shapes.loss,
    **rest: Any,
) -> Operation:
    return Operation(
        name,
        ("y", "t"),
        "loss",
        text,
        shape=shape,
        definition=entry,
        derivative=derivative,
        output="L",
        reduction=reduction,
        **rest,
    )


LOSSES = (
    _loss(
        "squared_error",
        "squared error, summed",
        "(y - t)^2",
        ("2*(y - t)", "-2*(y - t)"),
        aliases=("sse", "sum_squared_error", "MSELossSum(reduction=sum)"),
    ),
    _loss(
        "half_squared_error",
        "half the squared error, summed",
        "1/2*(y - t)^2",
        ("y - t", "t - y"),
        aliases=("half_sse", "l2", "l2_loss"),
    ),
    _loss(
        "mse",
        "squared error, averaged over the entries",
        "(y - t)^2",
        ("2*(y - t)", "-2*(y - t)"),
        "mean",
        aliases=("mean_squared_error", "MSELoss", "mse_loss"),
    ),
    _loss(
        "l1",
        "absolute error, summed",
        "abs(y - t)",
        ("sign(y - t)", "-sign(y - t)"),
        kinks=("y - t",),
        kink_note="the derivative at ŷ = y is taken as 0",
        aliases=(
            "absolute_error",
            "L1Loss(reduction=mean)",
            "mae(reduction=mean)",
            "mean_absolute_error(reduction=mean)",
        ),
    ),
    _loss(
        "huber",
        "Huber loss: quadratic up to δ, linear beyond",
        "where(abs(y - t) <= delta, 1/2*(y - t)^2, delta*(abs(y - t) - delta/2))",
        (
            "where(abs(y - t) <= delta, y - t, delta*sign(y - t))",
            "where(abs(y - t) <= delta, t - y, -delta*sign(y - t))",
        ),
        defaults=(("delta", "1.0"),),
        positive=("delta",),
        kinks=("abs(y - t) - delta",),
        aliases=("HuberLoss(reduction=mean)",),
    ),
    _loss(
        "hinge",
        "hinge loss for targets −1 and 1",
        "max(0, 1 - t*y)",
        ("where(t*y < 1, -t, 0)", "where(t*y < 1, -y, 0)"),
        kinks=("1 - t*y",),
        kink_note="the derivative at t ŷ = 1 is taken as 0",
        aliases=("hinge_loss",),
    ),
    _loss(
        "binary_cross_entropy",
        "cross-entropy of probabilities, two classes",
        "-(t*log(y) + (1 - t)*log(1 - y))",
        ("(y - t)/(y*(1 - y))", "log(1 - y) - log(y)"),
        "batchmean",
        domain=("y > 0", "y < 1"),
        aliases=("bce", "BCELoss(reduction=mean)", "binary_crossentropy"),
    ),
    _loss(
        "binary_cross_entropy_with_logits",
        "cross-entropy of logits, two classes",
        "softplus(y) - t*y",
        ("sigmoid(y) - t", "-y"),
        "batchmean",
        aliases=(
            "bce_with_logits",
            "BCEWithLogitsLoss(reduction=mean)",
            "sigmoid_binary_cross_entropy",
            "sigmoid_cross_entropy",
        ),
    ),
    _loss(
        "cross_entropy",
        "cross-entropy of probabilities",
        "-xlogy(t, y)",
        ("-xdivy(t, y)", "-log(y)"),
        "batchmean",
        per_sample=True,
        domain=("y > 0",),
        aliases=("categorical_crossentropy", "categorical_cross_entropy"),
    ),
    _loss(
        "softmax_cross_entropy",
        "cross-entropy of logits",
        "-t*log_softmax(y)",
        ("softmax(y)*sum(t, axis=-1, keepdims=1) - t", "-log_softmax(y)"),
        "batchmean",
        shapes.class_loss,
        per_sample=True,
        aliases=("CrossEntropyLoss", "cross_entropy_with_logits", "softmax_crossentropy"),
    ),
)
