"""Rows of the table: negative log-likelihoods, without their constants.

The guards of frameworks against the logarithm of 0 (eps) are left out.
"""

from gradcalc.algebra.losses_row import loss

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
