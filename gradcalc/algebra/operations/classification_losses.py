"""Rows of the table: losses of classes, and of a score for targets −1 and 1.

The target is one-hot, or a distribution. Crammer, Singer 2001 (categorical_hinge);
Szegedy et al. 2016 (label smoothing); Lin et al. 2017 (focal).

Rosenblatt 1958 (perceptron); Cortes, Vapnik 1995 (hinge); Zhang 2004 (modified Huber).
"""

from __future__ import annotations

from gradcalc.algebra.formula import shapes
from gradcalc.algebra.operations.operation import loss

_FAMILY = "of classes"
_K = "sum(1 + 0*y, axis=-1, keepdims=1)"
_SMOOTHED = f"((1 - epsilon)*t + epsilon/{_K})"
_SCORE = "sum(t*y, axis=-1, keepdims=1)"
_OVER = f"(margin + y - {_SCORE})"
_SLOPE = f"(1 - t)*where({_OVER} > 0, p*max(0, {_OVER})^(p - 1), 0)/{_K}"
_RIVAL = "amax(1 - t + y, axis=-1, keepdims=1)"
_LARGEST = f"(1 - t + y == {_RIVAL})"
_SHARE = f"{_LARGEST}/sum({_LARGEST}, axis=-1, keepdims=1)"

CLASSES = (
    loss(
        "binary_cross_entropy",
        "cross-entropy of probabilities, two classes",
        "-(xlogy(t, y) + xlogy(1 - t, 1 - y))",
        ("(y - t)/(y*(1 - y))", "log(1 - y) - log(y)"),
        "batchmean",
        family=_FAMILY,
        limits=("xdivy(1 - t, 1 - y) - xdivy(t, y)", None),
        domain=("y > 0", "y < 1"),
        aliases=("bce", "BCELoss(reduction=mean)", "binary_crossentropy"),
    ),
    loss(
        "binary_cross_entropy_with_logits",
        "cross-entropy of logits, two classes",
        "softplus(y) - t*y",
        ("sigmoid(y) - t", "-y"),
        "batchmean",
        family=_FAMILY,
        variants=(("pos_weight", "weighted_bce_with_logits"),),
        aliases=(
            "bce_with_logits",
            "BCEWithLogitsLoss(reduction=mean)",
            "sigmoid_binary_cross_entropy",
            "sigmoid_cross_entropy",
            "multilabel_soft_margin(reduction=mean)",
            "multilabel_soft_margin_loss(reduction=mean)",
            "MultiLabelSoftMarginLoss(reduction=mean)",
        ),
    ),
    loss(
        "weighted_bce_with_logits",
        "cross-entropy of logits, two classes, class 1 with a weight w",
        "softplus(y) - t*y + (w - 1)*t*softplus(-y)",
        (
            "sigmoid(y) - t - (w - 1)*t*sigmoid(-y)",
            "-y + (w - 1)*softplus(-y)",
        ),
        "batchmean",
        family=_FAMILY,
        defaults=(("w", "1.0"),),
        parameter_names=(("pos_weight", "w"),),
    ),
    loss(
        "cross_entropy",
        "cross-entropy of probabilities",
        "-xlogy(t, y)",
        ("-xdivy(t, y)", "-log(y)"),
        "batchmean",
        family=_FAMILY,
        shape=shapes.row_loss,
        per_sample=True,
        domain=("y > 0",),
        aliases=("categorical_crossentropy", "categorical_cross_entropy"),
    ),
    loss(
        "softmax_cross_entropy",
        "cross-entropy of logits",
        "-t*log_softmax(y)",
        ("softmax(y)*sum(t, axis=-1, keepdims=1) - t", "-log_softmax(y)"),
        "batchmean",
        family=_FAMILY,
        shape=shapes.class_loss,
        per_sample=True,
        variants=(("label_smoothing", "smoothed_cross_entropy"),),
        aliases=(
            "CrossEntropyLoss",
            "cross_entropy_with_logits",
            "softmax_crossentropy",
            "softmax_cross_entropy_loss",
            "softmax_cross_entropy_with_integer_labels",
            "torch.cross_entropy",
        ),
    ),
    loss(
        "smoothed_cross_entropy",
        "cross-entropy of logits, the target mixed with ε of all classes alike",
        f"-{_SMOOTHED}*log_softmax(y)",
        (
            "softmax(y)*((1 - epsilon)*sum(t, axis=-1, keepdims=1) + epsilon)"
            f" - (1 - epsilon)*t - epsilon/{_K}",
            "-(1 - epsilon)*log_softmax(y)",
        ),
        "batchmean",
        family=_FAMILY,
        shape=shapes.class_loss,
        per_sample=True,
        defaults=(("epsilon", "0.1"),),
        parameter_names=(("label_smoothing", "epsilon"),),
    ),
    loss(
        "nll",
        "negative log-likelihood: cross-entropy of log-probabilities",
        "-t*y",
        ("-t", "-y"),
        "batchmean",
        family=_FAMILY,
        shape=shapes.class_loss,
        per_sample=True,
        aliases=("nll_loss", "NLLLoss", "negative_log_likelihood", "NegativeLogLikelihoodLoss"),
    ),
    loss(
        "kl_divergence",
        "Kullback-Leibler divergence of the target from probabilities",
        "xlogy(t, t) - xlogy(t, y)",
        ("-xdivy(t, y)", "log(t) + 1 - log(y)"),
        "batchmean",
        family=_FAMILY,
        domain=("y > 0", "t > 0"),
        aliases=(
            "keras.kl_divergence(reduction=batchmean)",
            "keras.KLDivergence(reduction=batchmean)",
        ),
    ),
    loss(
        "kl_divergence_log",
        "Kullback-Leibler divergence of the target from log-probabilities",
        "xlogy(t, t) - t*y",
        ("-t", "log(t) + 1 - y"),
        "batchmean",
        family=_FAMILY,
        domain=("t > 0",),
        aliases=(
            "KLDivLoss(reduction=mean)",
            "torch.kl_div(reduction=mean)",
            "optax.kl_divergence(reduction=batchmean)",
        ),
    ),
    loss(
        "js_divergence",
        "Jensen-Shannon divergence of target and probabilities",
        "1/2*xlogy(t, t) + 1/2*xlogy(y, y) - xlogy((y + t)/2, (y + t)/2)",
        ("1/2*(log(y) - log((y + t)/2))", "1/2*(log(t) - log((y + t)/2))"),
        "batchmean",
        family=_FAMILY,
        limits=("-1/2*log((1 + xdivy(t, y))/2)", "-1/2*log((1 + xdivy(y, t))/2)"),
        domain=("y > 0", "t > 0"),
        aliases=("js", "jensen_shannon"),
    ),
    loss(
        "multi_margin",
        "each other class that comes within the margin of the right one, over the classes",
        f"(1 - t)*max(0, {_OVER})^p/{_K}",
        (
            f"{_SLOPE} - t*sum({_SLOPE}, axis=-1, keepdims=1)",
            f"-max(0, {_OVER})^p/{_K} - y*sum({_SLOPE}, axis=-1, keepdims=1)",
        ),
        family=_FAMILY,
        shape=shapes.class_loss,
        per_sample=True,
        defaults=(("p", "1"), ("margin", "1.0")),
        whole=("p",),
        positive=("p",),
        kinks=(f"where(t == 1, 1, {_OVER})",),
        kink="a class just at the margin counts {}",
        aliases=("MultiMarginLoss(reduction=mean)",),
    ),
    loss(
        "categorical_hinge",
        "hinge loss of the right class against the best other one",
        f"{_RIVAL} - {_SCORE}",
        (f"{_SHARE} - t", f"-{_SHARE} - y"),
        family=_FAMILY,
        shape=shapes.class_loss,
        per_sample=True,
        kinks=(f"where({_LARGEST}*(sum({_LARGEST}, axis=-1, keepdims=1) > 1), 0, 1)",),
        kink="classes that tie share the derivative",
        aliases=("multiclass_hinge", "multiclass_hinge_loss", "crammer_singer"),
    ),
    loss(
        "focal",
        "cross-entropy of logits, two classes, sure samples with less weight",
        "alpha*t*sigmoid(-y)^gamma*softplus(-y) + (1 - alpha)*(1 - t)*sigmoid(y)^gamma*softplus(y)",
        (
            "(1 - alpha)*(1 - t)*sigmoid(y)^gamma*(gamma*sigmoid(-y)*softplus(y) + sigmoid(y))"
            " - alpha*t*sigmoid(-y)^gamma*(gamma*sigmoid(y)*softplus(-y) + sigmoid(-y))",
            "alpha*sigmoid(-y)^gamma*softplus(-y) - (1 - alpha)*sigmoid(y)^gamma*softplus(y)",
        ),
        family=_FAMILY,
        defaults=(("alpha", "0.25"), ("gamma", "2")),
        aliases=("focal_loss", "sigmoid_focal_loss", "binary_focal_crossentropy"),
    ),
)

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
