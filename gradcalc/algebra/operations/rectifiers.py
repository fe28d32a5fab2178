"""Rows of the table: rectifiers, exponential linear units, activations of straight pieces.

Nair, Hinton 2010 (relu); Maas et al. 2013 (leaky); He et al. 2015 (prelu); Xu et al.
2015 (rrelu); Clevert et al. 2016 (elu); Klambauer et al. 2017 (selu); Barron 2017 (celu).

The value of the derivative at a kink is PyTorch's; where PyTorch lacks the function it is
that of its nearest relative.
"""

from __future__ import annotations

from typing import Any

from gradcalc.algebra.operations.operation import Operation


def _rectifier(name: str, text: str, symbol: str, definition: str, **rest: Any) -> Operation:
    found: dict[str, Any] = {"params": ("x",), "kinks": ("x",), **rest}
    params = found.pop("params")
    return Operation(
        name,
        params,
        "activation",
        text,
        symbol,
        definition=definition,
        family="rectifiers",
        **found,
    )


RECTIFIERS = (
    _rectifier(
        "relu",
        "rectified linear unit",
        "ReLU",
        "where(x > 0, x, 0)",
        derivative=("where(x > 0, 1, 0)",),
        given="relu'(y)",
        kernel="kernels.relu",
        rational="linear",
        prime=True,
        when="1 where {} > 0, otherwise 0",
        kink="ReLU′(0) = {}",
        aliases=("rectifier", "ramp"),
        remark="A unit with x below 0 is off: it passes 0 on and gets the gradient 0, so this"
        " sample does not change its weights. Off for all samples it never changes: it is dead."
        " leaky_relu, prelu, elu, gelu and softplus keep a slope below 0; smaller steps and"
        " biases that start above 0 make it rarer. Above 0 the slope is 1 however large x is, so"
        " gradients do not shrink there as they do at a saturated sigmoid or tanh.",
    ),
    _rectifier(
        "leaky_relu",
        "rectified linear unit with slope α below 0",
        "LeakyReLU",
        "where(x > 0, x, alpha*x)",
        derivative=("where(x > 0, 1, alpha)",),
        given="leaky_relu'(y, alpha=alpha)",
        defaults=(("alpha", "0.01"),),
        parameter_names=(("negative_slope", "alpha"),),
        prime=True,
        when="1 where {} > 0, otherwise α",
        kink="LeakyReLU′(0) = {}",
        kink_value="α",
        aliases=("lrelu", "keras.LeakyReLU(alpha=0.2)"),
        remark="The slope α below 0 is small but not 0: a unit that is off still gets a gradient"
        " and can come back. It is a cure for units that are dead with relu; the kink stays.",
    ),
    _rectifier(
        "prelu",
        "rectified linear unit with a slope below 0 that is learned",
        "PReLU",
        "where(x > 0, x, alpha*x)",
        params=("x", "alpha"),
        derivative=("where(x > 0, 1, alpha)", "where(x > 0, 0, x)"),
        kink="PReLU′(0) = {}",
        kink_value="α",
        at_kink=("c", ""),
        aliases=("parametric_relu",),
    ),
    _rectifier(
        "rrelu",
        "leaky rectifier with the mean of its random slopes, as in evaluation",
        "RReLU",
        "where(x > 0, x, (lower + upper)/2*x)",
        derivative=("where(x > 0, 1, (lower + upper)/2)",),
        defaults=(("lower", "1/8"), ("upper", "1/3")),
        prime=True,
        when="1 where {} > 0, otherwise (lower + upper)/2",
        kink="RReLU′(0) = {}",
        kink_value="the slope below 0",
        aliases=("randomized_relu",),
    ),
    _rectifier(
        "relu6",
        "rectified linear unit, cut off at 6",
        "ReLU6",
        "min(max(0, x), 6)",
        derivative=("where((x > 0)*(x < 6), 1, 0)",),
        given="relu6'(y)",
        prime=True,
        when="1 where 0 < {} < 6, otherwise 0",
        kinks=("x", "x - 6"),
        kink="ReLU6′(0) = ReLU6′(6) = {}",
    ),
    _rectifier(
        "squared_relu",
        "square of the rectified linear unit",
        "ReLU²",
        "max(0, x)^2",
        derivative=("2*max(0, x)",),
        kinks=(),
        aliases=("relu_squared", "relu2"),
    ),
    _rectifier(
        "elu",
        "exponential linear unit",
        "ELU",
        "where(x > 0, x, alpha*(exp(x) - 1))",
        derivative=("where(x > 0, 1, y + alpha)",),
        given="where(y > 0, 1, y + alpha)",
        defaults=(("alpha", "1.0"),),
        kernel="kernels.elu",
        kinks=("where(alpha == 1, 1, x)",),
        kink="ELU′(0) = {}",
        kink_value="α",
        remark="Below 0 the slope is α exp(x), never 0: a unit that is off still learns, though"
        " slowly far below 0, where the value levels out at −α. With α = 1 there is no kink.",
    ),
    _rectifier(
        "selu",
        "exponential linear unit that normalises itself",
        "SELU",
        "where(x > 0, scale*x, rate*(exp(x) - 1))",
        derivative=("where(x > 0, scale, y + rate)",),
        given="where(y > 0, scale, y + rate)",
        defaults=(("scale", "1.0507009873554805"), ("rate", "1.7580993408473766")),
        kernel="kernels.selu",
        kink="SELU′(0) = {}",
        kink_value="rate",
    ),
    _rectifier(
        "celu",
        "exponential linear unit without a kink",
        "CELU",
        "max(0, x) + min(0, alpha*(exp(x/alpha) - 1))",
        derivative=("where(x > 0, 1, 1 + y/alpha)",),
        given="where(y > 0, 1, 1 + y/alpha)",
        defaults=(("alpha", "1.0"),),
        positive=("alpha",),
        kernel="kernels.celu",
        kinks=(),
    ),
)


def _pieces(
    name: str, text: str, definition: str, derivative: str, kinks: tuple[str, ...], **rest: Any
) -> Operation:
    return Operation(
        name,
        ("x",),
        "activation",
        text,
        definition=definition,
        derivative=(derivative,),
        prime=True,
        kinks=kinks,
        family="pieces",
        **rest,
    )


PIECES = (
    _pieces(
        "hardtanh",
        "identity, cut off below and above",
        "min(max(x, low), high)",
        "where((x > low)*(x < high), 1, 0)",
        ("x - low", "x - high"),
        given="hardtanh'(y, low=low, high=high)",
        defaults=(("low", "-1"), ("high", "1")),
        when="1 where low < {} < high, otherwise 0",
        kink="hardtanh′ = {} at both kinks",
        parameter_names=(
            ("min_val", "low"),
            ("max_val", "high"),
            ("min", "low"),
            ("max", "high"),
        ),
        aliases=("hard_tanh", "clip", "clamp", "onnx.Clip"),
    ),
    _pieces(
        "hardsigmoid",
        "straight line in place of the logistic function",
        "min(max(alpha*x + beta, 0), 1)",
        "where((alpha*x + beta > 0)*(alpha*x + beta < 1), alpha, 0)",
        ("alpha*x + beta", "alpha*x + beta - 1"),
        given="where((y > 0)*(y < 1), alpha, 0)",
        defaults=(("alpha", "1/6"), ("beta", "1/2")),
        when="α where 0 < α {} + β < 1, otherwise 0",
        kink="hardsigmoid′ = {} at both kinks",
        aliases=(
            "hard_sigmoid",
            "onnx.HardSigmoid(alpha=0.2, beta=0.5)",
            "keras2.hard_sigmoid(alpha=0.2, beta=0.5)",
        ),
    ),
    _pieces(
        "hardswish",
        "x times the hard sigmoid",
        "x*min(max(x/6 + 1/2, 0), 1)",
        "where(x <= -3, 0, where(x < 3, x/3 + 1/2, 1))",
        ("x + 3", "x - 3"),
        when="0 up to −3, {}/3 + ½ between, 1 from 3 on",
        kink="hardswish′ = {} at −3 and 3",
        kink_value="0, 1",
        aliases=("hard_swish", "hard_silu", "hardsilu"),
    ),
    _pieces(
        "softshrink",
        "nearer to 0 by λ",
        "sign(x)*max(abs(x) - lambda, 0)",
        "where(abs(x) > lambda, 1, 0)",
        ("abs(x) - lambda",),
        given="where(abs(y) > 0, 1, 0)",
        defaults=(("lambda", "0.5"),),
        parameter_names=(("lambd", "lambda"), ("lam", "lambda"), ("threshold", "lambda")),
        when="1 where |{}| > λ, otherwise 0",
        kink="softshrink′(±λ) = {}",
        aliases=("soft_shrink", "soft_threshold"),
    ),
    _pieces(
        "hardshrink",
        "0 up to λ from 0",
        "where(abs(x) > lambda, x, 0)",
        "where(abs(x) > lambda, 1, 0)",
        ("abs(x) - lambda",),
        given="where(abs(y) > 0, 1, 0)",
        defaults=(("lambda", "0.5"),),
        parameter_names=(("lambd", "lambda"), ("lam", "lambda"), ("threshold", "lambda")),
        when="1 where |{}| > λ, otherwise 0",
        kink="hardshrink′(±λ) = {}, where it jumps",
        aliases=("hard_shrink", "onnx.Shrink"),
    ),
    _pieces(
        "threshold",
        "x above θ, a fixed value elsewhere",
        "where(x > theta, x, value)",
        "where(x > theta, 1, 0)",
        ("x - theta",),
        defaults=(("theta", "1.0"), ("value", "0")),
        parameter_names=(("threshold", "theta"), ("alpha", "theta")),
        when="1 where {} > θ, otherwise 0",
        kink="threshold′(θ) = {}",
        aliases=("thresholded_relu",),
    ),
    _pieces(
        "sparse_plus",
        "0, a parabola, and x",
        "where(x >= 1, x, where(x > -1, 1/4*(x + 1)^2, 0))",
        "where(x >= 1, 1, where(x > -1, 1/2*(x + 1), 0))",
        (),
        when="0 up to −1, ({} + 1)/2 between, 1 from 1 on",
    ),
    _pieces(
        "sparse_sigmoid",
        "straight line from 0 at −1 to 1 at 1",
        "min(max(1/2*(x + 1), 0), 1)",
        "where((x > -1)*(x < 1), 1/2, 0)",
        ("x + 1", "x - 1"),
        given="where((y > 0)*(y < 1), 1/2, 0)",
        when="½ where −1 < {} < 1, otherwise 0",
        kink="sparse_sigmoid′(±1) = {}",
    ),
)
