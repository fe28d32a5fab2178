"""Rows of the table: losses of a score y and a target t of −1 or 1, and of pairs of scores.

Rosenblatt 1958 (perceptron); Cortes, Vapnik 1995 (hinge); Zhang 2004 (modified Huber).
"""

from gradcalc.algebra.losses_row import loss

_MARGINS = "of a score, for targets −1 and 1"

MARGINS = (
    loss(
        "hinge",
        "hinge loss for targets −1 and 1",
        "max(0, 1 - t*y)",
        ("where(t*y < 1, -t, 0)", "where(t*y < 1, -y, 0)"),
        family=_MARGINS,
        kinks=("1 - t*y",),
        kink="the derivative at t ŷ = 1 is taken as {}",
        at_kink=("-c*t", "-c*y"),
        aliases=("hinge_loss", "keras.Hinge"),
    ),
    loss(
        "squared_hinge",
        "square of the hinge loss",
        "max(0, 1 - t*y)^2",
        ("-2*t*max(0, 1 - t*y)", "-2*y*max(0, 1 - t*y)"),
        family=_MARGINS,
        aliases=("squared_hinge_loss",),
    ),
    loss(
        "modified_huber",
        "square of the hinge loss, a straight line for t y < −1",
        "where(t*y >= -1, max(0, 1 - t*y)^2, -4*t*y)",
        (
            "where(t*y >= -1, -2*t*max(0, 1 - t*y), -4*t)",
            "where(t*y >= -1, -2*y*max(0, 1 - t*y), -4*y)",
        ),
        family=_MARGINS,
    ),
    loss(
        "perceptron",
        "perceptron loss: 0 where the sign is right",
        "max(0, -t*y)",
        ("where(t*y < 0, -t, 0)", "where(t*y < 0, -y, 0)"),
        family=_MARGINS,
        kinks=("t*y",),
        kink="the derivative at t ŷ = 0 is taken as {}",
        at_kink=("-c*t", "-c*y"),
        aliases=("perceptron_loss",),
    ),
    loss(
        "logistic_loss",
        "logistic loss: ln(1 + exp(−t y))",
        "softplus(-t*y)",
        ("-t*sigmoid(-t*y)", "-y*sigmoid(-t*y)"),
        family=_MARGINS,
        aliases=("soft_margin", "SoftMarginLoss(reduction=mean)"),
    ),
    loss(
        "exponential_loss",
        "exponential loss, as in AdaBoost",
        "exp(-t*y)",
        ("-t*exp(-t*y)", "-y*exp(-t*y)"),
        family=_MARGINS,
        aliases=("adaboost_loss",),
    ),
    loss(
        "hinge_embedding",
        "a distance y for t = 1, what it lacks of the margin for t = −1",
        "1/2*(1 + t)*y + 1/2*(1 - t)*max(0, margin - y)",
        (
            "1/2*(1 + t) - where(y <= margin, 1/2*(1 - t), 0)",
            "1/2*y - 1/2*max(0, margin - y)",
        ),
        family=_MARGINS,
        defaults=(("margin", "1.0"),),
        kinks=("where(t == 1, 1, margin - y)",),
        kink="the derivative at the margin is taken as {}",
        kink_value="−1",
        at_kink=("c", ""),
        aliases=("HingeEmbeddingLoss(reduction=mean)",),
    ),
    loss(
        "margin_ranking",
        "score a above score b by the margin for t = 1, below for t = −1",
        "max(0, margin - t*(a - b))",
        (
            "where(margin - t*(a - b) >= 0, -t, 0)",
            "where(margin - t*(a - b) >= 0, t, 0)",
            "where(margin - t*(a - b) >= 0, b - a, 0)",
        ),
        family=_MARGINS,
        params=("a", "b", "t"),
        defaults=(("margin", "0"),),
        kinks=("margin - t*(a - b)",),
        kink="the derivative at the margin is taken as {}",
        kink_value="−t",
        at_kink=("-c*t", "c*t", "c*(b - a)"),
        aliases=("MarginRankingLoss(reduction=mean)",),
    ),
)
