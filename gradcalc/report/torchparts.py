"""What the parts of a PyTorch script are written from: model, criteria, names, functions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gradcalc.algebra.expr import ONE, Apply, Expr, Number, Symbol, symbols
from gradcalc.algebra.names import gradient_parts
from gradcalc.algebra.operations import applied
from gradcalc.errors import ProblemError
from gradcalc.report.codedescent import update_formulas
from gradcalc.report.codedialect import plain
from gradcalc.report.codeformula import FormulaWriter
from gradcalc.report.codenames import free
from gradcalc.report.codescript import Script
from gradcalc.report.codetorch import TORCH, is_written_out
from gradcalc.report.torchkinks import for_autograd
from gradcalc.report.torchmodel import Model, criterion, is_stack, model_of, own_classes
from gradcalc.report.torchpaths import Paths, paths_of

if TYPE_CHECKING:
    from gradcalc.engine.graph import Node
    from gradcalc.problem.model import Problem, Solution

OWN = ("torch", "nn", "F", "math", "model", "criterion", "optimizer", "step", "rate", "rates")
"""Identifiers that a script uses itself."""


@dataclass(frozen=True)
class TorchParts:
    """What the parts of a script are written from.

    wanted: names that the loss is differentiated by. losses: line → its criterion, the
    name of that, and what it is divided by. paths: what autograd follows.
    """

    script: Script
    writer: FormulaWriter
    model: Model | None
    wanted: frozenset[str]
    losses: Mapping[str, tuple[str, str, str]]
    paths: Paths

    @property
    def problem(self) -> Problem:
        """Return the problem that the script computes."""
        return self.script.problem


def check(script: Script) -> None:
    """Refuse what PyTorch has no words for, with the reason."""
    problem, fixed = script.problem, script.solution.fixed
    for name in fixed:
        parts = gradient_parts(name)
        if parts and parts[0] != problem.loss:
            raise _refused(problem, f"{name} is given, and PyTorch shows no local derivatives")
        expr = _as_shown(script, name)
        if expr is not None and _by_output(script.solution.problem, expr):
            raise _refused(
                problem,
                f"{name} is given, and PyTorch would differentiate at the computed value",
                recompute=True,
            )
    if problem.descent is not None and set(fixed) - set(problem.upstream_names):
        raise _refused(problem, "given values count for the first step only", recompute=True)


def check_flat(problem: Problem, fixed: Collection[str], paths: Paths) -> None:
    """Refuse a given gradient that others are computed from, where autograd passes none."""
    read = {name for node in problem.visible.backward for name in symbols(node.expr)}
    for name in fixed:
        parts = gradient_parts(name)
        if parts and parts[1] in paths.flat and name in read:
            raise _refused(
                problem, f"{name} is given, and PyTorch passes no gradient to {parts[1]}"
            )


def _refused(problem: Problem, reason: str, *, recompute: bool = False) -> ProblemError:
    return ProblemError(
        f"this problem cannot be a PyTorch script: {reason}",
        where=problem.source.name,
        hint="--given recompute sets given values aside; --format numpy writes it as it is"
        if recompute
        else "--format numpy writes it as it is",
    )


def _as_shown(script: Script, name: str) -> Expr | None:
    """Return the formula of a forward line on the page, whose slope is the page's."""
    lines = script.solution.problem.visible.forward
    return next((plain(node.expr) for node in lines if node.name == name), None)


def _by_output(problem: Problem, expr: Expr) -> bool:
    """Tell whether the derivative of a given value's line is read off the value."""
    if not isinstance(expr, Apply):
        return False
    row = problem.table[expr.op]
    if row.given is not None and row.derivative is not None:
        return not isinstance(expr.args[0], Symbol)
    texts = [*(row.derivative or ()), *(row.vjp if isinstance(row.vjp, tuple) else ())]
    rules = [applied(text, {}) for text in texts if text and text != "others"]
    return any(
        isinstance(part, Symbol) and part.name == row.output and row.output not in row.params
        for rule in rules
        for part in leaves(rule)
    )


def leaves(expr: Expr) -> list[Expr]:
    if isinstance(expr, Apply):
        return [leaf for arg in expr.args for leaf in leaves(arg)]
    return [expr]


def parts_of(solution: Solution) -> TorchParts:
    """Return what is written: the lines that are not the model's, and the functions they need.

    Raises ProblemError for what PyTorch cannot be told.
    """
    problem = for_autograd(solution.problem)
    script = Script(solution, TORCH, OWN, problem)
    script.refuse_unknown()
    check(script)
    pairs = (gradient_parts(node.name) for node in problem.visible.backward)
    wanted = frozenset(pair[1] for pair in pairs if pair and pair[0] == problem.loss)
    stack = is_stack(script)
    own = own_classes(script) if stack else {}
    inside = {name for layer in problem.layers for name in (layer.z, layer.after)}
    rest = [node for node in problem.visible.forward if not (stack and node.name in inside)]
    fixed = script.solution.fixed
    found = {
        node.name: None if node.name in fixed else criterion(script, node.expr, wanted)
        for node in rest
    }
    formulas = [defined(script, node.expr) for node in rest if found[node.name] is None]
    formulas += [slope_of(script, node) for node in rest if node.name in fixed]
    followed = {node.name: node.expr for node in problem.visible.forward}
    followed |= {node.name: _followed(script, node) for node in rest if found[node.name] is None}
    plan = problem.descent
    formulas += update_formulas(solution) if plan and is_written_out(plan) else []
    writer = script.writer([*formulas, *(meaning for _, meaning in own.values())])
    used = {*writer.names.values(), *writer.functions.values(), *OWN}
    classes: dict[str, str] = {}
    for op in own:
        word = op.replace("_", " ").title().replace(" ", "")
        classes[op] = free(word if len(op) > 1 and op.isascii() else "Activation", used)
        used.add(classes[op])
    losses: dict[str, tuple[str, str, str]] = {}
    for name, pair in found.items():
        if pair is not None:
            label = "criterion" if not losses else free("criterion", used)
            used.add(label)
            losses[name] = (label, *pair)
    model = model_of(script, writer, classes) if stack else None
    parameters = frozenset(model.parameters if model else ())
    paths = paths_of(problem, followed, wanted, parameters, fixed)
    check_flat(problem, fixed, paths)
    return TorchParts(script, writer, model, wanted, losses, paths)


def defined(script: Script, expr: Expr) -> Expr:
    """Return a formula with losses written as what they are."""
    return plain(script.view.defined(expr))


def _followed(script: Script, node: Node) -> Expr:
    """Return what the value of a line is written from: of a given one, what its slope is by."""
    expr = defined(script, node.expr)
    if node.name not in script.solution.fixed or isinstance(slope_of(script, node), Number):
        return expr
    assert isinstance(expr, Apply)
    return expr.args[0]


def slope_of(script: Script, node: Node) -> Expr:
    """Return the derivative of a given value's line, read off the value; 1 for other lines."""
    expr, table = _as_shown(script, node.name), script.solution.problem.table
    row = table[expr.op] if isinstance(expr, Apply) else None
    if row is None or not isinstance(expr, Apply) or not row.given or row.derivative is None:
        return ONE
    return applied(row.given, {**row.bind(expr), row.output: Symbol(node.name)})
