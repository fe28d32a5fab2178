"""Rows of the table: activations of a whole vector, along the last axis.

Bridle 1990 (softmax); Martins, Astudillo 2016 (sparsemax); Dauphin et al. 2017 (glu).
"""

from typing import Any

from gradcalc.algebra import shapes
from gradcalc.algebra.operations import Operation


def _vector(name: str, text: str, symbol: str, vjp: str, **rest: Any) -> Operation:
    found: dict[str, Any] = {"shape": shapes.vector, **rest}
    return Operation(
        name, ("x",), "activation", text, symbol, vjp=(vjp,), family="of a vector", **found
    )


_INSIDE = "g - sum(g*y, axis=-1, keepdims=1)"
_ON = "(y > 0)"
_COUNT = f"sum({_ON}, axis=-1, keepdims=1)"

VECTORS = (
    _vector(
        "softmax",
        "softmax along the last axis",
        "softmax",
        f"y*({_INSIDE})",
        definition="exp(x)/sum(exp(x), axis=-1, keepdims=1)",
        jacobian="diag(y) - outer(y, y)",
        given="y",
        kernel="kernels.softmax",
        variants=(("temperature", "tempered_softmax"), ("tau", "tempered_softmax")),
        remark="No entry is exactly 0 or 1: exp(x) is above 0 for every x, and below the sum, which"
        " has the other entries in it, too. A computer rounds: with two entries more than 37 apart"
        " the larger is stored as 1, more than 746 apart the smaller as 0. Close to 0 and 1 the"
        " Jacobian is close to 0 and little of a gradient passes; a cross-entropy makes up for it.",
    ),
    _vector(
        "tempered_softmax",
        "softmax of x over a temperature τ",
        "softmax",
        f"y*({_INSIDE})/tau",
        definition="exp(x/tau)/sum(exp(x/tau), axis=-1, keepdims=1)",
        jacobian="1/tau*(diag(y) - outer(y, y))",
        given="y",
        defaults=(("tau", "1.0"),),
        positive=("tau",),
        parameter_names=(("temperature", "tau"),),
        kernel="kernels.tempered_softmax",
    ),
    _vector(
        "softmin",
        "softmax of −x",
        "softmin",
        f"-y*({_INSIDE})",
        definition="exp(-x)/sum(exp(-x), axis=-1, keepdims=1)",
        jacobian="outer(y, y) - diag(y)",
        given="y",
        kernel="kernels.softmin",
    ),
    _vector(
        "log_softmax",
        "logarithm of softmax along the last axis",
        "ln softmax",
        "g - softmax(x)*sum(g, axis=-1, keepdims=1)",
        definition="log(exp(x)/sum(exp(x), axis=-1, keepdims=1))",
        kernel="kernels.log_softmax",
        aliases=("logsoftmax",),
    ),
    _vector(
        "sparsemax",
        "nearest probabilities, some of them 0",
        "sparsemax",
        f"{_ON}*(g - sum(g*{_ON}, axis=-1, keepdims=1)/{_COUNT})",
        given="y",
        kernel="kernels.sparsemax",
        kinks=(f"x - (sum(x*{_ON}, axis=-1, keepdims=1) - 1)/{_COUNT}",),
        kink="an entry that is just 0 counts as off",
    ),
    _vector(
        "glu",
        "first half times the logistic function of the second half",
        "GLU",
        "join(g*sigmoid(second_half(x)),"
        " g*first_half(x)*sigmoid(second_half(x))*(1 - sigmoid(second_half(x))))",
        shape=shapes.halved,
        definition="first_half(x)*sigmoid(second_half(x))",
        aliases=("gated_linear_unit",),
    ),
    _vector(
        "l2_normalize",
        "vector of length 1 in the same direction",
        "normalize",
        "(g - y*sum(g*y, axis=-1, keepdims=1))/norm(x, axis=-1, keepdims=1)",
        definition="x/norm(x, axis=-1, keepdims=1)",
        aliases=("normalize", "unit_vector", "unit_norm"),
    ),
)
