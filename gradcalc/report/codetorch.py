"""How formulas are written with PyTorch: functions, modules, criteria, optimisers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradcalc.report.codedialect import Dialect
from gradcalc.report.coderows import TORCH_ROWS

if TYPE_CHECKING:
    from gradcalc.problem.descent import Descent

_SAME = ("exp", "log", "sqrt", "abs", "sign", "sin", "cos", "arctan", "tanh", "sigmoid", "relu")
HELPERS = {
    "heaviside": """\
def _(x):
    return torch.where(x > 0, 1.0, torch.where(x < 0, 0.0, 0.5))""",
    "scaled_softplus": """\
def _(x, beta=1.0):
    return torch.logaddexp(beta * x, torch.zeros_like(x)) / beta""",
    "softplus": """\
def _(x):
    return torch.logaddexp(x, torch.zeros_like(x))""",
    "selu": """\
def _(x, scale=1.0507009873554805, rate=1.7580993408473766):
    return torch.where(x > 0, scale * x, rate * torch.expm1(torch.clamp(x, max=0)))""",
    "lncosh": """\
def _(x):
    return torch.logaddexp(x, -x) - math.log(2)""",
    "hardsigmoid": """\
def _(x, alpha=1 / 6, beta=1 / 2):
    return F.hardtanh(alpha * x + beta, 0.0, 1.0)""",
    "sparse_sigmoid": """\
def _(x):
    return F.hardtanh((x + 1) / 2, 0.0, 1.0)""",
    "normal_pdf": """\
def _(x):
    return torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)""",
    "xlogy": """\
def _(a, b):
    return a * torch.log(torch.where((a == 0) & (b <= 0), 1.0, b))  # 0 where a is 0""",
    "xdivy": """\
def _(a, b):
    return a / torch.where((a == 0) & (b == 0), 1.0, b)  # 0 where both are 0""",
    "tempered_softmax": """\
def _(x, tau=1.0):
    return torch.softmax(x / tau, dim=-1)""",
    "sparsemax": """\
def _(x):
    above = torch.cumsum(torch.sort(x, dim=-1, descending=True)[0], dim=-1) - 1
    count = torch.arange(1, x.shape[-1] + 1)
    falling = torch.sort(x, dim=-1, descending=True)[0]
    kept = torch.sum(count * falling > above, dim=-1, keepdim=True)
    return torch.relu(x - torch.gather(above, -1, kept - 1) / kept)""",
    "first_half": """\
def _(x):
    return x[..., : x.shape[-1] // 2]""",
    "second_half": """\
def _(x):
    return x[..., x.shape[-1] // 2 :]""",
    **TORCH_ROWS,
}
"""Functions that a script defines where the plain formula overflows, or there is none."""

TORCH = Dialect(
    "torch",
    "torch.tensor",
    "dim",
    "keepdim",
    "torch.unsqueeze({0}, {1})",
    "torch.broadcast_to({0}, {1})",
    {
        "sum": "torch.sum",
        "mean": "torch.mean",
        "norm": "torch.linalg.vector_norm",
        "amax": "torch.amax",
    },
    {
        **{name: f"torch.{name}({{0}})" for name in _SAME},
        "torch.detach": "{0}.detach()",
        "torch.clamp": "torch.clamp({0}, min=0)",
        "max": "torch.maximum({0}, {1})",
        "min": "torch.minimum({0}, {1})",
        "outer": "torch.outer({0}, {1})",
        "dot": "torch.dot({0}, {1})",
        "diag": "torch.diag({0})",
        "concat": "torch.cat({list})",
        "stack": "torch.stack({list})",
        "flatten": "torch.flatten({0})",
        "reshape": "torch.reshape({0}, {sizes})",
        "join": "torch.cat([{0}, {1}], dim=-1)",
        "erf": "torch.erf({0})",
        "normal_cdf": "torch.special.ndtr({0})",
        "leaky_relu": "F.leaky_relu({0}, {alpha})",
        "relu6": "F.relu6({0})",
        "elu": "F.elu({0}, {alpha})",
        "celu": "F.celu({0}, {alpha})",
        "gelu": "F.gelu({0})",
        "gelu_tanh": 'F.gelu({0}, approximate="tanh")',
        "silu": "F.silu({0})",
        "mish": "F.mish({0})",
        "log_sigmoid": "F.logsigmoid({0})",
        "softsign": "F.softsign({0})",
        "tanhshrink": "F.tanhshrink({0})",
        "hardtanh": "F.hardtanh({0}, {low}, {high})",
        "hardswish": "F.hardswish({0})",
        "softshrink": "F.softshrink({0}, {lambda_})",
        "hardshrink": "F.hardshrink({0}, {lambda_})",
        "threshold": "F.threshold({0}, {theta}, {value})",
        "softmax": "torch.softmax({0}, dim=-1)",
        "log_softmax": "torch.log_softmax({0}, dim=-1)",
        "softmin": "F.softmin({0}, dim=-1)",
        "glu": "F.glu({0}, dim=-1)",
    },
    HELPERS,
    constants={name: f"math.{name}({{0}})" for name in ("exp", "log", "sqrt", "sin", "cos")},
    number="torch.tensor({0})",
)

MODULES = {
    "sigmoid": "nn.Sigmoid()",
    "tanh": "nn.Tanh()",
    "relu": "nn.ReLU()",
    "leaky_relu": "nn.LeakyReLU({alpha})",
    "relu6": "nn.ReLU6()",
    "elu": "nn.ELU({alpha})",
    "celu": "nn.CELU({alpha})",
    "gelu": "nn.GELU()",
    "gelu_tanh": 'nn.GELU(approximate="tanh")',
    "silu": "nn.SiLU()",
    "mish": "nn.Mish()",
    "log_sigmoid": "nn.LogSigmoid()",
    "softsign": "nn.Softsign()",
    "tanhshrink": "nn.Tanhshrink()",
    "hardtanh": "nn.Hardtanh({low}, {high})",
    "hardswish": "nn.Hardswish()",
    "softshrink": "nn.Softshrink({lambda_})",
    "hardshrink": "nn.Hardshrink({lambda_})",
    "threshold": "nn.Threshold({theta}, {value})",
    "softmax": "nn.Softmax(dim=-1)",
    "log_softmax": "nn.LogSoftmax(dim=-1)",
    "softmin": "nn.Softmin(dim=-1)",
    "glu": "nn.GLU(dim=-1)",
}
"""Activation → the module of a layer."""

CRITERIA = {
    "squared_error": ("MSELoss", (), ""),
    "half_squared_error": ("MSELoss", (), " / 2"),
    "mse": ("MSELoss", (), ""),
    "half_mse": ("MSELoss", (), " / 2"),
    "l1": ("L1Loss", (), ""),
    "huber": ("HuberLoss", (("delta", "delta"),), ""),
    "smooth_l1": ("SmoothL1Loss", (("beta", "beta"),), ""),
    "binary_cross_entropy": ("BCELoss", (), ""),
    "binary_cross_entropy_with_logits": ("BCEWithLogitsLoss", (), ""),
    "softmax_cross_entropy": ("CrossEntropyLoss", (), ""),
    "smoothed_cross_entropy": ("CrossEntropyLoss", (("epsilon", "label_smoothing"),), ""),
    "poisson_nll": ("PoissonNLLLoss", (), ""),
    "kl_divergence_log": ("KLDivLoss", (), ""),
}
"""Loss → class of torch.nn, our parameters under its names, and what it is divided by."""

OPTIMISERS = {
    "sgd": ("SGD", ("momentum", "dampening", "nesterov")),
    "rmsprop": ("RMSprop", ("alpha", "eps", "momentum", "centered")),
    "adam": ("Adam", ("beta1", "beta2", "eps", "amsgrad")),
    "adamw": ("AdamW", ("beta1", "beta2", "eps", "amsgrad")),
    "adagrad": ("Adagrad", ("lr_decay", "eps")),
}
"""Optimiser → class of torch.optim, and which of our settings it takes under their names."""
EVERYWHERE = ("learning_rate", "weight_decay", "decoupled", "maximise")
"""Settings that any of the classes can be given."""


def is_written_out(plan: Descent) -> bool:
    """Tell whether torch.optim has no class for an optimiser, or none with these settings."""
    if plan.optimiser.name not in OPTIMISERS:
        return True
    known = {*OPTIMISERS[plan.optimiser.name][1], *EVERYWHERE}
    return any(value for key, value in plan.settings.items() if key not in known)
