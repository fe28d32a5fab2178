"""Rows of the table: losses of an error, of a distribution, of directions and distances.

Huber 1964; Koenker, Bassett 1978 (pinball).

The guards of frameworks against the logarithm of 0 (eps) are left out.

Frameworks differ in the sign of a cosine; each row says its own.
"""

from __future__ import annotations

from gradcalc.algebra.formula import shapes
from gradcalc.algebra.operations.operation import loss

_FAMILY = "of an error"
_AT_ZERO = "the derivative at ŷ = y is taken as {}"

ERRORS = (
    loss(
        "squared_error",
        "squared error, summed",
        "(y - t)^2",
        ("2*(y - t)", "-2*(y - t)"),
        family=_FAMILY,
        aliases=("sse", "sum_squared_error", "MSELossSum(reduction=sum)", "optax.squared_error"),
    ),
    loss(
        "half_squared_error",
        "half the squared error, summed",
        "1/2*(y - t)^2",
        ("y - t", "t - y"),
        family=_FAMILY,
        aliases=("half_sse", "l2", "l2_loss"),
    ),
    loss(
        "mse",
        "squared error, averaged over the entries",
        "(y - t)^2",
        ("2*(y - t)", "-2*(y - t)"),
        "mean",
        family=_FAMILY,
        aliases=("mean_squared_error", "MSELoss"),
    ),
    loss(
        "half_mse",
        "half the squared error, averaged over the entries",
        "1/2*(y - t)^2",
        ("y - t", "t - y"),
        "mean",
        family=_FAMILY,
        aliases=("half_mean_squared_error",),
    ),
    loss(
        "rmse",
        "root of the mean squared error",
        "sqrt(mean((y - t)^2))",
        ("xdivy(y - t, size(y)*L)", "xdivy(t - y, size(y)*L)"),
        "whole",
        family=_FAMILY,
        kinks=("L",),
        kink="the derivative at L = 0 is taken as {}",
        aliases=("root_mean_squared_error",),
    ),
    loss(
        "l1",
        "absolute error, summed",
        "abs(y - t)",
        ("sign(y - t)", "-sign(y - t)"),
        family=_FAMILY,
        kinks=("y - t",),
        kink=_AT_ZERO,
        at_kink=("c", "-c"),
        aliases=(
            "absolute_error",
            "L1Loss(reduction=mean)",
            "mae(reduction=mean)",
            "mean_absolute_error(reduction=mean)",
        ),
    ),
    loss(
        "huber",
        "Huber loss: quadratic up to δ, linear beyond",
        "where(abs(y - t) <= delta, 1/2*(y - t)^2, delta*(abs(y - t) - delta/2))",
        (
            "where(abs(y - t) <= delta, y - t, delta*sign(y - t))",
            "where(abs(y - t) <= delta, t - y, -delta*sign(y - t))",
        ),
        family=_FAMILY,
        defaults=(("delta", "1.0"),),
        positive=("delta",),
        kinks=("abs(y - t) - delta",),
        aliases=("HuberLoss(reduction=mean)",),
    ),
    loss(
        "smooth_l1",
        "absolute error, rounded off within β",
        "where(abs(y - t) < beta, (y - t)^2/(2*beta), abs(y - t) - beta/2)",
        (
            "where(abs(y - t) < beta, (y - t)/beta, sign(y - t))",
            "where(abs(y - t) < beta, (t - y)/beta, -sign(y - t))",
        ),
        family=_FAMILY,
        defaults=(("beta", "1.0"),),
        positive=("beta",),
        kinks=("abs(y - t) - beta",),
        aliases=("SmoothL1Loss(reduction=mean)",),
    ),
    loss(
        "log_cosh",
        "logarithm of the hyperbolic cosine of the error",
        "lncosh(y - t)",
        ("tanh(y - t)", "-tanh(y - t)"),
        family=_FAMILY,
        aliases=("logcosh_error", "keras.LogCosh(reduction=mean)"),
    ),
    loss(
        "msle",
        "squared difference of the logarithms of 1 + y and 1 + t, averaged",
        "(log(1 + y) - log(1 + t))^2",
        (
            "2*(log(1 + y) - log(1 + t))/(1 + y)",
            "-2*(log(1 + y) - log(1 + t))/(1 + t)",
        ),
        "mean",
        family=_FAMILY,
        domain=("y > -1", "t > -1"),
        aliases=("mean_squared_logarithmic_error",),
    ),
    loss(
        "mape",
        "absolute error in percent of the target, averaged",
        "100*abs((y - t)/t)",
        ("100*sign(y - t)/abs(t)", "-100*sign(y - t)/abs(t) - 100*abs(y - t)*sign(t)/t^2"),
        "mean",
        family=_FAMILY,
        domain=("abs(t) > 0",),
        kinks=("y - t",),
        kink=_AT_ZERO,
        at_kink=("c", "-c"),
        aliases=("mean_absolute_percentage_error",),
    ),
    loss(
        "pinball",
        "quantile loss: τ for an error below the target, 1 − τ above",
        "max(tau*(t - y), (tau - 1)*(t - y))",
        (
            "where(t > y, -tau, where(t < y, 1 - tau, 1/2 - tau))",
            "where(t > y, tau, where(t < y, tau - 1, tau - 1/2))",
        ),
        family=_FAMILY,
        defaults=(("tau", "0.5"),),
        parameter_names=(("quantile", "tau"), ("q", "tau"), ("alpha", "tau")),
        kinks=("y - t",),
        kink=_AT_ZERO,
        kink_value="½ − τ",
        at_kink=("c", "-c"),
        aliases=("quantile", "quantile_loss"),
    ),
)

_LIKELIHOODS = "of a distribution"

LIKELIHOODS = (
    loss(
        "poisson_nll",
        "Poisson distribution, from the logarithm of its rate",
        "exp(y) - t*y",
        ("exp(y) - t", "-y"),
        family=_LIKELIHOODS,
        aliases=("PoissonNLLLoss(reduction=mean)",),
    ),
    loss(
        "poisson",
        "Poisson distribution, from its rate",
        "y - xlogy(t, y)",
        ("1 - xdivy(t, y)", "-log(y)"),
        family=_LIKELIHOODS,
        domain=("y > 0",),
        aliases=("poisson_rate", "keras.Poisson"),
    ),
    loss(
        "gaussian_nll",
        "normal distribution of mean y and variance v",
        "1/2*(log(v) + (y - t)^2/v)",
        ("(y - t)/v", "(t - y)/v", "1/2*(1/v - (y - t)^2/v^2)"),
        family=_LIKELIHOODS,
        params=("y", "t", "v"),
        domain=("v > 0",),
        aliases=("GaussianNLLLoss(reduction=mean)",),
    ),
)

_DIRECTIONS = "of directions and distances"


def _length(name: str) -> str:
    return f"norm({name}, axis=-1, keepdims=1)"


def _dot(a: str, b: str) -> str:
    return f"sum({a}*{b}, axis=-1, keepdims=1)"


def _cosine(a: str, b: str) -> str:
    return f"{_dot(a, b)}/({_length(a)}*{_length(b)})"


def _cosine_slope(a: str, b: str) -> str:
    """Return the derivative of the cosine of a and b by a."""
    return f"({b}/({_length(a)}*{_length(b)}) - {_cosine(a, b)}*{a}/{_length(a)}^2)"


_NEAR, _FAR = _length("a - p + eps"), _length("a - n + eps")
_ACTIVE = f"{_NEAR} - {_FAR} + margin >= 0"
_T = "expand(t, axis=-1)"
_COS = _cosine("a", "b")
_PAIR = f"(where({_COS} >= margin, 1/2*(1 - {_T}), 0) - 1/2*(1 + {_T}))"

DISTANCES = (
    loss(
        "cosine_loss",
        "minus the component of the target along the prediction: −t·y/‖y‖",
        f"-t*y/{_length('y')}",
        (f"{_dot('t', 'y')}*y/{_length('y')}^3 - t/{_length('y')}", f"-y/{_length('y')}"),
        family=_DIRECTIONS,
        shape=shapes.sample_loss,
        per_sample=True,
    ),
    loss(
        "negative_cosine",
        "minus the cosine of the angle, as in Keras",
        f"-{_cosine('y', 't')}",
        (f"-{_cosine_slope('y', 't')}", f"-{_cosine_slope('t', 'y')}"),
        family=_DIRECTIONS,
        shape=shapes.sample_loss,
        per_sample=True,
        aliases=("keras.CosineSimilarity",),
    ),
    loss(
        "cosine_distance",
        "1 minus the cosine of the angle",
        f"1 - {_cosine('y', 't')}",
        (f"-{_cosine_slope('y', 't')}", f"-{_cosine_slope('t', 'y')}"),
        family=_DIRECTIONS,
        shape=shapes.sample_loss,
        per_sample=True,
    ),
    loss(
        "cosine_embedding",
        "1 − cos of a and b for t = 1, what exceeds the margin for t = −1",
        f"1/2*(1 + {_T})*(1 - {_COS}) + 1/2*(1 - {_T})*max(0, {_COS} - margin)",
        (
            f"{_PAIR}*{_cosine_slope('a', 'b')}",
            f"{_PAIR}*{_cosine_slope('b', 'a')}",
            f"1/2*sum(1 - {_COS} - max(0, {_COS} - margin), axis=-1)",
        ),
        family=_DIRECTIONS,
        params=("a", "b", "t"),
        shape=shapes.pair_loss,
        per_sample=True,
        defaults=(("margin", "0"),),
        kinks=(f"where({_T} == 1, 1, {_COS} - margin)",),
        kink="a pair just at the margin counts",
        aliases=("CosineEmbeddingLoss(reduction=mean)",),
    ),
    loss(
        "triplet",
        "anchor a nearer to p than to n by the margin",
        f"max(0, {_NEAR} - {_FAR} + margin)",
        (
            f"where({_ACTIVE}, xdivy(a - p + eps, {_NEAR}) - xdivy(a - n + eps, {_FAR}), 0)",
            f"where({_ACTIVE}, -xdivy(a - p + eps, {_NEAR}), 0)",
            f"where({_ACTIVE}, xdivy(a - n + eps, {_FAR}), 0)",
        ),
        family=_DIRECTIONS,
        params=("a", "p", "n"),
        shape=shapes.sample_loss,
        per_sample=True,
        defaults=(("margin", "1.0"), ("eps", "0")),
        kinks=(f"{_NEAR} - {_FAR} + margin", _NEAR, _FAR),
        kink="a triplet just at the margin counts; the derivative of a distance of 0 is 0",
        aliases=(
            "triplet_loss",
            "TripletMarginLoss(eps=1e-6, reduction=mean)",
        ),
    ),
)
