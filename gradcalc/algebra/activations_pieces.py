"""Rows of the table: activations of straight pieces, and those that shrink towards 0.

The value of the derivative at a kink is PyTorch's; where PyTorch lacks the function it is
that of its nearest relative.
"""

from typing import Any

from gradcalc.algebra.operations import Operation


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
