"""The layers of a problem as nn.Sequential, and its loss as a criterion of torch.nn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gradcalc.algebra.expr import ZERO, Apply, Expr, Number, Symbol
from gradcalc.algebra.inference import reduction_of
from gradcalc.algebra.shapes import Shape
from gradcalc.algebra.table import TABLE
from gradcalc.report.codedialect import is_own
from gradcalc.report.codeformula import FormulaWriter
from gradcalc.report.codelayout import folded, returned
from gradcalc.report.codenames import identifiers
from gradcalc.report.codescript import Script
from gradcalc.report.codetorch import CRITERIA, MODULES

if TYPE_CHECKING:
    from gradcalc.problem.model import Layer

_I = "    "
_OF_PROBABILITIES = ("binary_cross_entropy",)
"""Losses whose criterion refuses other numbers, and bounds the logarithm of 0."""


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
