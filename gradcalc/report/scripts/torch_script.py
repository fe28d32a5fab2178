"""A problem as a PyTorch script: the forward pass is written, autograd does the backward pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradcalc.algebra.formula.expr import Apply, Expr, Number, Symbol, substitute
from gradcalc.algebra.formula.names import gradient_name, gradient_parts
from gradcalc.report.scripts.code_layout import array, assignment, band, folded, quoted
from gradcalc.report.scripts.dialect import is_own, meaning
from gradcalc.report.scripts.torch_dialect import class_lines, model_lines, own_classes
from gradcalc.report.scripts.torch_parts import TorchParts, defined, leaves, parts_of, slope_of
from gradcalc.report.scripts.torch_training import iteration, training

if TYPE_CHECKING:
    from gradcalc.engine.graph import Node
    from gradcalc.problem.model import Data, Problem
    from gradcalc.problem.solution import Solution

_I = "    "


def pass_lines(parts: TorchParts, *, whole: bool = False) -> list[str]:
    """Return the forward pass; with `whole` as it stands in a loop, the model in one call."""
    found: list[str] = []
    indent = _I if whole else ""
    inside = parts.model.lines if parts.model else frozenset()
    last = parts.problem.layers[-1].after if parts.model else ""
    at_once = whole and not _reads_inside(parts, last)
    for node in parts.problem.visible.forward:
        if not (at_once and node.name in inside):
            found += _line(parts, node, indent)
        elif node.name == last:
            fed = parts.writer.names[parts.problem.layers[0].before]
            found.append(f"{indent}{parts.writer.names[last]} = model({fed})")
        if node.name in parts.paths.leaves and not whole:
            found.append(f"{parts.writer.names[node.name]}.requires_grad_()  # followed from here")
    return found


def _line(parts: TorchParts, node: Node, indent: str) -> list[str]:
    """Return one line of the forward pass."""
    names, model = parts.writer.names, parts.model
    name = names[node.name]
    modules = {module.name: at for at, module in enumerate(model.modules)} if model else {}
    if model is not None and node.name in modules:
        at = modules[node.name]
        fed = names[model.modules[at].before]
        return assignment(name, [f"model[{at}]({fed})"], indent=indent)
    if node.name in parts.losses:
        label, _, factor = parts.losses[node.name]
        assert isinstance(node.expr, Apply)
        operands = ", ".join(parts.writer.text(arg) for arg in node.expr.args)
        return assignment(name, [f"{label}({operands}){factor}"], indent=indent)
    if node.name in parts.script.solution.fixed:
        return _given(parts, node)
    expr = defined(parts.script, node.expr)
    terms = parts.script.line(parts.writer, node.shape, expr)
    of = _itself(parts, expr)
    if of is not None and _shares(parts, node.name, of):
        terms = [f"{terms[0]}.clone()"]
    return assignment(name, terms, indent=indent)


def _itself(parts: TorchParts, expr: Expr) -> str | None:
    """Return the quantity whose own tensor PyTorch returns for a formula, None for a new one."""
    if isinstance(expr, Symbol):
        return expr.name
    if not isinstance(expr, Apply):
        return None
    row = parts.script.table[expr.op]
    if expr.op == "flatten" and len(parts.script.view.shape_of(expr.args[0])) == 1:
        return _itself(parts, expr.args[0])
    if not is_own(row) and row.definition is not None:
        inner = substitute(meaning(row), dict(zip(row.params, expr.args, strict=True)))
        return _itself(parts, inner)
    return None


def _shares(parts: TorchParts, name: str, of: str) -> bool:
    """Tell whether a value under another name needs a gradient of its own."""
    readers = [
        node.name
        for node in parts.problem.visible.forward
        if any(leaf == Symbol(of) for leaf in leaves(node.expr))
    ]
    given = gradient_name(parts.problem.loss, of) in parts.script.solution.fixed
    return name in parts.wanted and (given or readers != [name])


def _reads_inside(parts: TorchParts, last: str) -> bool:
    """Tell whether a line after the model reads a value inside of it."""
    lines = parts.model.lines if parts.model else frozenset()
    return any(
        leaf.name in lines and leaf.name != last
        for node in parts.problem.visible.forward
        if node.name not in lines
        for leaf in leaves(node.expr)
        if isinstance(leaf, Symbol)
    )


def _given(parts: TorchParts, node: Node) -> list[str]:
    """Return a given value through which the gradient flows on, as through a computed one."""
    name, writer = parts.writer.names[node.name], parts.writer
    value = parts.problem.given[node.name].array
    found = array(name, value, "torch.tensor", note="given; its gradient goes on as computed")
    if node.name not in parts.paths.carried:
        return array(name, value, "torch.tensor", note="given")
    slope, expr = slope_of(parts.script, node), defined(parts.script, node.expr)
    if isinstance(slope, Number):
        inner, factor = writer.text(expr), ""
    else:
        assert isinstance(expr, Apply)
        inner = writer.text(expr.args[0])
        factor = f"{writer.child(slope, 'mul', True)} * "
    if not inner.isidentifier():
        inner = f"({inner})"
    return [*found, *assignment(name, [name, f"+ {factor}({inner} - {inner}.detach())"])]


def starts(parts: TorchParts) -> list[str]:
    """Return the call that starts the backward pass; none where the loss is a constant."""
    problem, names = parts.problem, parts.writer.names
    ends = {*(problem.upstream or (problem.loss,))}
    if not ends <= parts.paths.carried | parts.paths.leaves:
        return []
    if problem.upstream:
        return [
            f"{names[name]}.backward({names[gradient_name(problem.loss, name)]})"
            if len(problem.upstream) == 1
            else f"{names[name]}.backward({names[gradient_name(problem.loss, name)]}, "
            "retain_graph=True)"
            for name in problem.upstream
        ]
    loss = names[problem.loss]
    whole = "" if problem.visible.shapes[problem.loss] == () else ".sum()"
    return [f"{loss}{whole}.backward()"]


def backward_lines(parts: TorchParts) -> list[str]:
    problem, names = parts.problem, parts.writer.names
    aliases = parts.model.aliases if parts.model else {}
    same = {name for name, of in aliases.items() if not _shares(parts, name, of)}
    lines = [node for node in problem.visible.backward if _by(problem, node) is not None]
    kept = [
        names[node.name]
        for node in problem.visible.forward
        if node.name in (parts.wanted & parts.paths.carried) - parts.paths.flat - same
        and node.name != problem.loss
    ]
    found = band("Backward pass")
    if kept:
        found += ["# PyTorch keeps gradients of parameters only, unless it is told"]
        comma = "," if len(kept) == 1 else ""
        found += folded(f"for value in ({', '.join(kept)}{comma})", "", ":")
        found += [f"{_I}value.retain_grad()"]
    given = {
        node.name: f"torch.tensor({problem.given[node.name].array.tolist()!r})"
        for node in lines
        if node.name in parts.script.solution.fixed
    }
    for node in lines:
        by = _by(problem, node) or ""
        if node.name in given and by not in parts.paths.flat:
            found += folded(f"{names[by]}.register_hook(lambda _: {given[node.name]})", "")
    found += starts(parts)
    for node in lines:
        by = _by(problem, node) or ""
        own = _parameter(parts, by) or names[by]
        flat = given.get(node.name, f"torch.zeros_like({own})")
        text = flat if by in parts.paths.flat else f"{own}.grad"
        if parts.model and _parameter(parts, by).endswith("weight"):
            text += ".T" if problem.layout == "inputs_by_units" else ""
        found += assignment(names.get(node.name, node.name), [text])
    return found


def _by(problem: Problem, node: Node) -> str | None:
    pair = gradient_parts(node.name)
    known = pair is not None and pair[0] == problem.loss and pair[1] != problem.loss
    return pair[1] if pair and known else None


def _parameter(parts: TorchParts, name: str) -> str:
    return parts.model.parameters.get(name, "") if parts.model else ""


def torch_script(solution: Solution) -> str:
    """Return the script: data, model, criterion, both passes, what is asked, training steps.

    Layers become nn.Sequential where they are one; the loss a criterion of torch.nn where
    there is one. Raises ProblemError for what PyTorch cannot be told.
    """
    parts = parts_of(solution)
    script, writer = parts.script, parts.writer
    classes = own_classes(script) if parts.model else {}
    functions = [
        line for op in writer.functions for line in ["", "", *writer.helper(op).split("\n")]
    ]
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
