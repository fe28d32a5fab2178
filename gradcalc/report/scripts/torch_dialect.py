"""How formulas, layers and losses are written with PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gradcalc.algebra.formula.expr import ZERO, Apply, Expr, Number, Symbol
from gradcalc.algebra.formula.shapes import Shape
from gradcalc.algebra.operations.inference import reduction_of
from gradcalc.algebra.operations.table import TABLE
from gradcalc.report.scripts.code_layout import folded, returned
from gradcalc.report.scripts.dialect import TORCH_ROWS, Dialect, identifiers, is_own
from gradcalc.report.scripts.formulas import FormulaWriter
from gradcalc.report.scripts.script import Script

if TYPE_CHECKING:
    from gradcalc.problem.model import Descent, Layer

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

_I = "    "
_OF_PROBABILITIES = ("binary_cross_entropy",)
"""Losses whose criterion refuses other numbers, and bounds the logarithm of 0."""


def is_written_out(plan: Descent) -> bool:
    """Tell whether torch.optim has no class for an optimiser, or none with these settings."""
    if plan.optimiser.name not in OPTIMISERS:
        return True
    known = {*OPTIMISERS[plan.optimiser.name][1], *EVERYWHERE}
    return any(value for key, value in plan.settings.items() if key not in known)


@dataclass(frozen=True)
class Module:
    """One module of a model: what makes it, the line that it computes, and its layer."""

    call: str
    name: str
    before: str
    layer: Layer | None = None


@dataclass(frozen=True)
class Model:
    """The modules of nn.Sequential; aliases: lines that are another value as it is.

    classes: activations that torch.nn does not have, operation → name of the class.
    """

    modules: tuple[Module, ...]
    aliases: Mapping[str, str]
    classes: Mapping[str, str]

    @property
    def lines(self) -> frozenset[str]:
        """Return the names that the model computes."""
        return frozenset((*(module.name for module in self.modules), *self.aliases))

    @property
    def parameters(self) -> dict[str, str]:
        """Return the parameter of the model for each weight and bias of the problem."""
        found = {}
        for at, module in enumerate(self.modules):
            if module.layer is not None:
                found[module.layer.weight] = f"model[{at}].weight"
                if module.layer.bias is not None:
                    found[module.layer.bias] = f"model[{at}].bias"
        return found


def is_stack(script: Script) -> bool:
    """Tell whether the layers are what nn.Sequential makes of nn.Linear and activations."""
    problem = script.problem
    shapes = problem.visible.shapes
    if not problem.layers or script.solution.fixed:
        return False
    lines = {node.name: node.expr for node in problem.visible.forward}
    return bool(shapes[problem.layers[0].before]) and all(
        len(shapes[layer.weight]) == 2
        and (layer.bias is None or shapes[layer.bias] == (shapes[layer.z] or ("",))[-1:])
        and layer.z in lines
        and layer.after in lines
        and _applied(lines[layer.after], layer.z) is not None
        for layer in problem.layers
    )


def _applied(expr: Expr, operand: str) -> Apply | None:
    """Return an activation of one operand."""
    if isinstance(expr, Symbol):
        expr = Apply("identity", (expr,))
    return expr if isinstance(expr, Apply) and expr.args == (Symbol(operand),) else None


def model_of(script: Script, writer: FormulaWriter, classes: Mapping[str, str]) -> Model:
    """Return the model of a stack of layers."""
    problem = script.problem
    lines = {node.name: node.expr for node in problem.visible.forward}
    modules: list[Module] = []
    aliases: dict[str, str] = {}
    for layer in problem.layers:
        shape: Shape = problem.visible.shapes[layer.weight]
        units, inputs = shape if problem.layout == "units_by_inputs" else shape[::-1]
        sizes = [writer.names[dim] if isinstance(dim, str) else str(dim) for dim in (inputs, units)]
        bias = "" if layer.bias else ", bias=False"
        call = f"nn.Linear({', '.join(sizes)}{bias})"
        modules.append(Module(call, layer.z, layer.before, layer))
        function = _applied(lines[layer.after], layer.z)
        assert function is not None
        if function.op == "identity":
            aliases[layer.after] = layer.z
        else:
            modules.append(Module(_module(function, writer, classes), layer.after, layer.z))
    return Model(tuple(modules), aliases, classes)


def own_classes(script: Script) -> dict[str, tuple[str, Expr]]:
    """Return the activations of a stack that torch.nn does not have.

    Operation → the name of its operand, and what it computes.
    """
    found = {}
    lines = {node.name: node.expr for node in script.problem.visible.forward}
    for layer in script.problem.layers:
        function = _applied(lines[layer.after], layer.z)
        assert function is not None
        row = script.table[function.op]
        known = function.op in MODULES and row.definition == TABLE[function.op].definition
        if function.op != "identity" and not known:
            param = row.params[0]
            call = Apply(function.op, (Symbol(param),), function.attrs)
            helper = function.op in script.dialect.helpers
            meaning = None if helper else row.expand(call)
            found[function.op] = param, meaning or call
    return found


def _module(function: Apply, writer: FormulaWriter, classes: Mapping[str, str]) -> str:
    row = writer.table[function.op]
    settings = {**row.attributes, **dict(function.attrs)}
    texts = {key: writer.text(value) for key, value in settings.items()}
    if function.op not in classes:
        if "lambda" in texts:
            texts["lambda_"] = texts.pop("lambda")
        return MODULES[function.op].format(**texts)
    return f"{classes[function.op]}()"


def class_lines(name: str, param: str, meaning: Expr, writer: FormulaWriter) -> list[str]:
    """Return a module that computes an activation which torch.nn does not have."""
    own = identifiers([(param, param)])
    inner = FormulaWriter(writer.dialect, writer.table, own, writer.functions)
    return [
        f"class {name}(nn.Module):",
        f"{_I}def forward(self, {own[param]}):",
        *returned(inner.terms(meaning), _I * 2),
    ]


def model_lines(script: Script, writer: FormulaWriter, model: Model) -> list[str]:
    """Return the model and, where there are numbers, its weights."""
    problem = script.problem
    found = ["model = nn.Sequential("]
    found += [f"{_I}{module.call}," for module in model.modules]
    found.append(")")
    if not script.numeric:
        return found
    turned = problem.layout == "inputs_by_units"
    if turned:
        found.append("# nn.Linear has a row for each unit, the problem a column: .T")
    found.append("with torch.no_grad():")
    for name, parameter in model.parameters.items():
        numbers = problem.data[name].array.tolist()
        end = ".T" if turned and parameter.endswith("weight") else ""
        lines = folded(f"{parameter}.copy_(torch.tensor({numbers!r}){end})", _I)
        short = len(lines) == 1 and len(lines[0]) + len(name) + 4 <= 88
        found += (
            [f"{lines[0]}  # {writer.names[name]}"]
            if short
            else [
                f"{_I}# {writer.names[name]}",
                *lines,
            ]
        )
    return found


def criterion(script: Script, expr: Expr, wanted: frozenset[str]) -> tuple[str, str] | None:
    """Return the criterion of torch.nn for a loss, and what its value is divided by.

    None where torch.nn has none of this reduction, where the operands differ in shape,
    and where the target is differentiated by.
    """
    if not isinstance(expr, Apply) or expr.op not in CRITERIA or len(expr.args) != 2:
        return None
    row, shapes = script.table[expr.op], script.problem.visible.shapes
    if not is_own(row) or (expr.op in _OF_PROBABILITIES and not _probable(script, expr)):
        return None
    y, t = expr.args
    if not (isinstance(y, Symbol) and isinstance(t, Symbol)) or t.name in wanted:
        return None
    shape = shapes[y.name]
    reshaped = shape == (1,) and shapes[t.name] == () and t.name in script.problem.data
    if shapes[t.name] != shape and not reshaped:
        return None
    name, parameters, factor = CRITERIA[expr.op]
    settings = {**row.attributes, **dict(expr.attrs)}
    smoothed = settings.get("epsilon", ZERO)
    if not (isinstance(smoothed, Number) and 0 <= smoothed.value <= 1):
        return None  # a criterion refuses other shares
    given = [
        f"{theirs}={_number(settings[ours])}" for ours, theirs in parameters if ours in settings
    ]
    reduction, divided = _reduced(reduction_of(expr, row, shape), shape, per_sample=row.per_sample)
    if (name == "KLDivLoss" and reduction == "mean") or (divided and isinstance(shape[0], str)):
        return None  # PyTorch warns of the one; the other has no number to divide by
    if reduction != "mean":
        given.append(f'reduction="{reduction}"')
    return f"nn.{name}({', '.join(given)})", factor + divided


def _probable(script: Script, expr: Apply) -> bool:
    """Tell whether the prediction lies between 0 and 1, and the target does or is at one."""
    solution = script.solution
    values = solution.values if solution.exact is None else solution.exact
    y, t = (values.get(arg.name) if isinstance(arg, Symbol) else None for arg in expr.args)
    inside = y is None or bool(((y > 0) & (y < 1)).all())
    return inside and (t is None or bool(((t >= 0) & (t <= 1)).all()))


def _reduced(reduction: str, shape: Shape, *, per_sample: bool) -> tuple[str, str]:
    """Return the reduction of a criterion, and what the sum is divided by besides."""
    if reduction != "batchmean" or per_sample:
        return ("mean" if reduction == "batchmean" else reduction), ""
    samples = f" / {shape[0]}" if len(shape) == 2 else ""
    return "sum", samples


def _number(value: Number | Symbol) -> str:
    return repr(float(value.value)) if isinstance(value, Number) else value.name
