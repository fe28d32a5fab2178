"""Both passes of a PyTorch script: the forward lines, and the gradients that autograd keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradcalc.algebra.expr import Apply, Expr, Number, Symbol, substitute
from gradcalc.algebra.names import gradient_name, gradient_parts
from gradcalc.report.codedialect import is_own, meaning
from gradcalc.report.codelayout import array, assignment, band, folded
from gradcalc.report.torchparts import TorchParts, defined, leaves, slope_of

if TYPE_CHECKING:
    from gradcalc.engine.graph import Node
    from gradcalc.problem.model import Problem

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
