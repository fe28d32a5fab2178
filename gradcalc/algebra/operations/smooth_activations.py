"""Rows of the table: smooth activations, of an entry and of a whole vector.

Hendrycks, Gimpel 2016 (gelu); Ramachandran et al. 2017 (swish); Misra 2019 (mish);
Barron 2021 (squareplus); LeCun et al. 1998 (lecun_tanh); Ziyin et al. 2020 (snake).

Bridle 1990 (softmax); Martins, Astudillo 2016 (sparsemax); Dauphin et al. 2017 (glu).
"""

from __future__ import annotations

from typing import Any

from gradcalc.algebra.formula import shapes
from gradcalc.algebra.operations.operation import Operation


def _smooth(
    name: str,
    text: str,
    symbol: str,
    definition: str,
    derivative: str,
    family: str = "smooth units",
    **rest: Any,
) -> Operation:
    return Operation(
        name,
        ("x",),
        "activation",
        text,
        symbol,
        definition=definition,
        derivative=(derivative,),
        family=family,
        **rest,
    )


def _sigmoid(
    name: str, text: str, symbol: str, definition: str, derivative: str, **rest: Any
) -> Operation:
    return _smooth(name, text, symbol, definition, derivative, "sigmoids", **rest)


_TANH = "tanh(0.7978845608028654*(x + 0.044715*x^3))"

SMOOTH = (
    _sigmoid(
        "identity",
        "no activation",
        "",
        "x",
        "1",
        aliases=("linear", "none"),
        remark="Layers with nothing in between are together one linear layer: a matrix times a"
        " matrix is a matrix. What is not linear has to come in between.",
    ),
    _sigmoid(
        "sigmoid",
        "logistic function",
        "σ",
        "1/(1 + exp(-x))",
        "y*(1 - y)",
        given="y*(1 - y)",
        kernel="kernels.sigmoid",
        aliases=("logistic", "expit", "σ"),
        remark="The slope is at most 1/4, at x = 0, and small where the unit is saturated: 0.0066"
        " at x = 5 and −5. Every layer multiplies the gradient by such a slope, so in a deep"
        " network little of it reaches the first layers: it vanishes. relu has the slope 1 above 0."
        " In front of a cross-entropy it does no harm: the slope cancels.",
    ),
    _sigmoid(
        "tanh",
        "hyperbolic tangent",
        "tanh",
        "(exp(x) - exp(-x))/(exp(x) + exp(-x))",
        "1 - y^2",
        given="1 - y^2",
        kernel="numpy.tanh",
        remark="The slope is 1 at x = 0 and small where the unit is saturated: 0.00018 at x = 5 and"
        " −5. Over many layers the gradient vanishes, if more slowly than with sigmoid, whose slope"
        " is at most 1/4.",
    ),
    _sigmoid(
        "log_sigmoid",
        "logarithm of the logistic function",
        "ln σ",
        "-softplus(-x)",
        "sigmoid(-x)",
        given="1 - exp(y)",
    ),
    _sigmoid(
        "softsign",
        "x over 1 + |x|",
        "softsign",
        "x/(1 + abs(x))",
        "1/(1 + abs(x))^2",
        given="(1 - abs(y))^2",
        aliases=("soft_sign",),
    ),
    _sigmoid(
        "lecun_tanh",
        "hyperbolic tangent that maps ±1 to ±1",
        "",
        "1.7159*tanh(2/3*x)",
        "1.7159*2/3*(1 - tanh(2/3*x)^2)",
    ),
    _sigmoid("tanhshrink", "x minus tanh x", "", "x - tanh(x)", "tanh(x)^2"),
    _smooth(
        "softplus",
        "smooth rectifier",
        "softplus",
        "log(1 + exp(x))",
        "sigmoid(x)",
        given="1 - exp(-y)",
        kernel="kernels.softplus",
        variants=(("beta", "scaled_softplus"),),
        remark="A relu without the kink. The slope σ(x) is never 0, so no unit is dead, but small"
        " far below 0: 0.0067 at x = −5.",
    ),
    _smooth(
        "scaled_softplus",
        "smooth rectifier of sharpness β",
        "softplus",
        "log(1 + exp(beta*x))/beta",
        "sigmoid(beta*x)",
        given="1 - exp(-beta*y)",
        defaults=(("beta", "1.0"),),
        positive=("beta",),
        kernel="kernels.scaled_softplus",
    ),
    _smooth(
        "squareplus",
        "smooth rectifier with a square root",
        "",
        "(x + sqrt(x^2 + b))/2",
        "1/2*(1 + x/sqrt(x^2 + b))",
        defaults=(("b", "4"),),
        positive=("b",),
    ),
    _smooth(
        "gelu",
        "Gaussian error linear unit, exact",
        "GELU",
        "x*normal_cdf(x)",
        "normal_cdf(x) + x*normal_pdf(x)",
        aliases=("gelu_exact",),
        remark="Smooth, with its lowest point at x = −0.75. Unlike relu it is not flat below 0, so"
        " a unit there still gets a gradient; far below 0 next to none (−0.0000071 at x = −5).",
    ),
    _smooth(
        "gelu_tanh",
        "Gaussian error linear unit, approximated with tanh",
        "GELU",
        f"1/2*x*(1 + {_TANH})",
        f"1/2*(1 + {_TANH}) + 1/2*x*(1 - {_TANH}^2)*0.7978845608028654*(1 + 0.134145*x^2)",
        aliases=("gelu_new", "gelu_approximate", "jax.gelu"),
    ),
    _smooth(
        "quick_gelu",
        "Gaussian error linear unit, approximated with σ",
        "GELU",
        "x*sigmoid(1.702*x)",
        "sigmoid(1.702*x) + 1.702*y*(1 - sigmoid(1.702*x))",
    ),
    _smooth(
        "silu",
        "x times the logistic function",
        "SiLU",
        "x*sigmoid(x)",
        "sigmoid(x)*(1 + x*(1 - sigmoid(x)))",
        variants=(("beta", "swish"),),
    ),
    _smooth(
        "swish",
        "x times the logistic function of βx",
        "swish",
        "x*sigmoid(beta*x)",
        "sigmoid(beta*x)*(1 + beta*x*(1 - sigmoid(beta*x)))",
        defaults=(("beta", "1.0"),),
        parameter_names=(("alpha", "beta"),),
    ),
    _smooth(
        "mish",
        "x times tanh of softplus",
        "mish",
        "x*tanh(softplus(x))",
        "tanh(softplus(x)) + x*sigmoid(x)*(1 - tanh(softplus(x))^2)",
    ),
    _smooth(
        "bent_identity",
        "identity that bends at 0",
        "",
        "(sqrt(x^2 + 1) - 1)/2 + x",
        "x/(2*sqrt(x^2 + 1)) + 1",
    ),
    _smooth("square", "square", "", "x^2", "2*x", "powers and waves"),
    _smooth("cube", "cube", "", "x^3", "3*x^2", "powers and waves"),
    _smooth(
        "snake",
        "x with a wave on it",
        "",
        "x + sin(a*x)^2/a",
        "1 + sin(2*a*x)",
        "powers and waves",
        defaults=(("a", "1.0"),),
        positive=("a",),
        parameter_names=(("alpha", "a"),),
    ),
    _smooth("gaussian", "bell curve", "", "exp(-x^2)", "-2*x*y", "powers and waves"),
)


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
