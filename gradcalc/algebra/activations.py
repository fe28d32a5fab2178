"""Rows of the table: activations.

Formulas and values at the kinks as in PyTorch 2.13; see the aliases for the names
and defaults of other frameworks.
"""

from gradcalc.algebra import shapes
from gradcalc.algebra.operations import Operation

ACTIVATIONS = (
    Operation("identity", ("x",), "activation", "no activation", "",
              definition="x", derivative=("1",), aliases=("linear", "none")),
    Operation("sigmoid", ("x",), "activation", "logistic function", "σ",
              definition="1/(1 + exp(-x))", derivative=("y*(1 - y)",),
              given="y*(1 - y)", kernel="kernels.sigmoid", aliases=("logistic", "expit")),
    Operation("tanh", ("x",), "activation", "hyperbolic tangent", "tanh",
              definition="(exp(x) - exp(-x))/(exp(x) + exp(-x))", derivative=("1 - y^2",),
              given="1 - y^2", kernel="numpy.tanh"),
    Operation("relu", ("x",), "activation", "rectified linear unit", "ReLU",
              definition="where(x > 0, x, 0)", derivative=("where(x > 0, 1, 0)",),
              given="relu'(y)", kernel="kernels.relu", prime=True, when="1 where {} > 0, otherwise 0",
              kinks=("x",), kink_note="ReLU′(0) = 0"),
    Operation("leaky_relu", ("x",), "activation", "rectified linear unit with slope α below 0",
              "LeakyReLU", definition="where(x > 0, x, alpha*x)",
              derivative=("where(x > 0, 1, alpha)",), given="leaky_relu'(y)",
              defaults=(("alpha", "0.01"),), prime=True,
              when="1 where {} > 0, otherwise α", kinks=("x",), kink_note="LeakyReLU′(0) = α",
              aliases=("lrelu", "keras.LeakyReLU(alpha=0.2)")),
    Operation("softplus", ("x",), "activation", "smooth rectifier", "softplus",
              definition="log(1 + exp(x))", derivative=("sigmoid(x)",), kernel="kernels.softplus"),
    Operation("softmax", ("x",), "activation", "softmax along the last axis", "softmax",
              shape=shapes.vector,
              definition="exp(x)/sum(exp(x), axis=-1, keepdims=1)",
              vjp=("y*(g - sum(g*y, axis=-1, keepdims=1))",),
              jacobian="diag(y) - outer(y, y)", given="y", kernel="kernels.softmax"),
    Operation("log_softmax", ("x",), "activation", "logarithm of softmax along the last axis",
              "ln softmax", shape=shapes.vector,
              definition="log(exp(x)/sum(exp(x), axis=-1, keepdims=1))",
              vjp=("g - softmax(x)*sum(g, axis=-1, keepdims=1)",), kernel="kernels.log_softmax",
              aliases=("logsoftmax",)),
)
