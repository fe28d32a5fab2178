"""A problem as a PyTorch script: the forward pass is written, autograd does the backward pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradcalc.algebra.expr import Apply, Symbol
from gradcalc.algebra.names import gradient_parts
from gradcalc.report.codeformula import FormulaWriter
from gradcalc.report.codelayout import array, assignment, band, quoted
from gradcalc.report.torchmodel import class_lines, model_lines, own_classes
from gradcalc.report.torchparts import TorchParts, leaves, parts_of
from gradcalc.report.torchpasses import backward_lines, pass_lines, starts
from gradcalc.report.torchtraining import iteration, training

if TYPE_CHECKING:
    from gradcalc.problem.model import Data, Solution


def torch_script(solution: Solution) -> str:
    """Return the script: data, model, criterion, both passes, what is asked, training steps.

    Layers become nn.Sequential where they are one; the loss a criterion of torch.nn where
    there is one. Raises ProblemError for what PyTorch cannot be told.
    """
    parts = parts_of(solution)
    script, writer = parts.script, parts.writer
    classes = own_classes(script) if parts.model else {}
    functions = [line for op in writer.functions for line in ["", "", *_helper(writer, op)]]
    for op, (param, words) in classes.items():
        assert parts.model is not None
        functions += ["", "", *class_lines(parts.model.classes[op], param, words, writer)]
    body = [*_data(parts), *_model(parts), *band("Forward pass"), *pass_lines(parts)]
    body += [*backward_lines(parts), *_answer(parts)]
    body += training(parts, pass_lines(parts, whole=True), starts(parts))
    if parts.model is not None and script.problem.descent is None:
        body += iteration(script, writer, parts.losses)
    lines = script.heading("Forward and backward pass in PyTorch")
    if solution.problem.rounding is not None:
        lines.append("# PyTorch rounds nothing: these are the values before rounding.")
    code = [line.partition("#")[0] for line in (*functions, *body)]
    used = "\n".join(code)
    lines += ["", "import math"] if "math." in used else []
    lines += ["", "import torch"]
    lines += ["import torch.nn.functional as F"] if "F." in used else []
    lines += ["from torch import nn"] if "nn." in used else []
    lines += ["", "torch.set_default_dtype(torch.float64)"]
    return "\n".join([*lines, *functions, *([""] if functions else []), *body]) + "\n"


def _helper(writer: FormulaWriter, op: str) -> list[str]:
    return writer.helper(op).split("\n")


def _data(parts: TorchParts) -> list[str]:
    """Return what is known, and what is differentiated by."""
    script, problem = parts.script, parts.problem
    found = band("Data" if script.numeric else "Sizes and random numbers: change them")
    found += script.sizes(parts.writer)
    if not script.numeric:
        found.append("torch.manual_seed(0)")
    inside = parts.model.parameters if parts.model else {}
    for name, data in problem.data.items():
        if name not in inside:
            found += _known(parts, name, data, name in parts.paths.moved)
    for name in problem.upstream_names:
        found += _known(parts, name, problem.given[name], False)
    return found


def _known(parts: TorchParts, name: str, data: Data, moved: bool) -> list[str]:
    script, writer = parts.script, parts.writer
    grad = ", requires_grad=True" if moved else ""
    if not data.known:
        sizes = script.shape(writer, data.shape)
        rows = script.row_numbers(writer).get(name)
        if rows is not None:
            return [f"{writer.names[name]} = torch.randint(1, {rows}, {sizes}).double()"]
        draw = "rand" if script.random(data) else "randn"
        return [f"{writer.names[name]} = torch.{draw}({sizes}{grad})"]
    value = data.array
    for line in parts.problem.visible.forward:  # a criterion wants operands of one shape
        if line.name in parts.losses and isinstance(line.expr, Apply):
            y, t = line.expr.args
            shapes = parts.problem.visible.shapes
            if isinstance(y, Symbol) and t == Symbol(name) and shapes[y.name] == (1,):
                value = value.reshape(1)
    return array(writer.names[name], value, "torch.tensor", more=grad)


def _model(parts: TorchParts) -> list[str]:
    """Return the model and the criterion."""
    found: list[str] = []
    if parts.model is not None:
        found += [*band("Model"), *model_lines(parts.script, parts.writer, parts.model)]
    for name, (label, call, _) in parts.losses.items():
        note = f"of {parts.problem.names.shown(name)}" if len(parts.losses) > 1 else ""
        found += [*([] if found else band("Loss")), *assignment(label, [call], note)]
    rest = [node for node in parts.problem.visible.forward if not _in_model(parts, node.name)]
    read = {leaf.name for node in rest for leaf in leaves(node.expr) if isinstance(leaf, Symbol)}
    read |= {name for name, _, _ in parts.script.asked()}
    turned = ".T" if parts.problem.layout == "inputs_by_units" else ""
    for name, parameter in (parts.model.parameters if parts.model else {}).items():
        if name in read:
            end = turned if parameter.endswith("weight") else ""
            found += assignment(parts.writer.names[name], [f"{parameter}{end}"])
    return found


def _in_model(parts: TorchParts, name: str) -> bool:
    return parts.model is not None and name in parts.model.lines


def _answer(parts: TorchParts) -> list[str]:
    found = band("Answer")
    for name, label, index in parts.script.asked():
        known = parts.writer.names.get(name)
        pair = gradient_parts(name)
        if known is None or (pair is not None and pair[0] != parts.problem.loss):
            continue  # a local derivative, which autograd does not keep
        place = f"[{', '.join(map(str, index))}]" if index else ""
        wide = not index and len(parts.problem.visible.shapes.get(name, ())) > 1
        text = f"print({quoted(label + ' =')}, {known}{place}"
        found.append(text + (', sep="\\n")' if wide else ")"))
        found += parts.script.warning(name)
    return found
