"""Rows of the table: losses of the directions and distances of vectors, one a sample.

Frameworks differ in the sign of a cosine; each row says its own.
"""

from gradcalc.algebra import shapes
from gradcalc.algebra.losses_row import loss

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
