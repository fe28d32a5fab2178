"""How formulas are written with NumPy."""

from __future__ import annotations

from gradcalc.report.codedialect import Dialect
from gradcalc.report.coderows import NUMPY_ROWS

_ERFC = "np.frompyfunc(math.erfc, 1, 1)"
HELPERS = {
    "sigmoid": """\
def _(x):
    e = np.exp(-np.abs(x))  # at most 1: no overflow
    return np.where(x >= 0, 1.0, e) / (1 + e)""",
    "softplus": """\
def _(x):
    return np.logaddexp(0, x)""",
    "scaled_softplus": """\
def _(x, beta=1.0):
    return np.logaddexp(0, beta * x) / beta""",
    "relu": """\
def _(x):
    return np.maximum(x, 0)""",
    "elu": """\
def _(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))""",
    "selu": """\
def _(x, scale=1.0507009873554805, rate=1.7580993408473766):
    return np.where(x > 0, scale * x, rate * np.expm1(np.minimum(x, 0)))""",
    "celu": """\
def _(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0) / alpha))""",
    "lncosh": """\
def _(x):
    return np.abs(x) + np.log1p(np.exp(-2 * np.abs(x))) - np.log(2)""",
    "erf": f"""\
def _(x):
    return 1 - np.asarray({_ERFC}(x), dtype=float)""",
    "normal_cdf": f"""\
def _(x):
    twice = {_ERFC}(-x / math.sqrt(2))
    return np.asarray(twice, dtype=float) / 2""",
    "normal_pdf": """\
def _(x):
    return np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)""",
    "xlogy": """\
def _(a, b):
    return a * np.log(np.where(a == 0, 1.0, b))  # 0 where a is 0""",
    "xdivy": """\
def _(a, b):
    return a / np.where(a == 0, 1.0, b)  # 0 where a is 0""",
    "softmax": """\
def _(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)""",
    "tempered_softmax": """\
def _(x, tau=1.0):
    e = np.exp((x - np.max(x, axis=-1, keepdims=True)) / tau)
    return e / np.sum(e, axis=-1, keepdims=True)""",
    "softmin": """\
def _(x):
    e = np.exp(np.min(x, axis=-1, keepdims=True) - x)
    return e / np.sum(e, axis=-1, keepdims=True)""",
    "log_softmax": """\
def _(x):
    shifted = x - np.max(x, axis=-1, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))""",
    "sparsemax": """\
def _(x):
    falling = -np.sort(-x, axis=-1)
    above = np.cumsum(falling, axis=-1) - 1
    count = np.arange(1, x.shape[-1] + 1)
    kept = np.sum(count * falling > above, axis=-1, keepdims=True)
    level = np.take_along_axis(above, kept - 1, axis=-1) / kept
    return np.maximum(x - level, 0)""",
    "first_half": """\
def _(x):
    return x[..., : x.shape[-1] // 2]""",
    "second_half": """\
def _(x):
    return x[..., x.shape[-1] // 2 :]""",
    "join": """\
def _(a, b):
    return np.concatenate([a, b], axis=-1)""",
    **NUMPY_ROWS,
}
"""Functions that a script defines where the plain formula overflows, or there is none."""

NUMPY = Dialect(
    "np",
    "np.array",
    "axis",
    "keepdims",
    "np.expand_dims({0}, {1})",
    "np.full({1}, {0})",
    {"sum": "np.sum", "mean": "np.mean", "norm": "np.linalg.norm", "amax": "np.max"},
    {
        **{name: f"np.{name}({{0}})" for name in ("exp", "log", "sqrt", "abs", "sign", "sin")},
        **{name: f"np.{name}({{0}})" for name in ("cos", "arctan", "tanh", "diag")},
        "heaviside": "np.heaviside({0}, 0.5)",
        "max": "np.maximum({0}, {1})",
        "min": "np.minimum({0}, {1})",
        "outer": "np.outer({0}, {1})",
        "dot": "np.dot({0}, {1})",
        "concat": "np.concatenate({list})",
        "stack": "np.stack({list})",
        "flatten": "np.ravel({0})",
        "reshape": "np.reshape({0}, {sizes})",
        "flip": "np.flip({0})",
    },
    HELPERS,
)
