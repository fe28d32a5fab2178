"""What a PyTorch script is written from: model, criteria, names, what autograd follows.

PyTorch has derivatives of its own at kinks: of torch.maximum ½ each at a tie, of
torch.relu 0, of torch.clamp 1. Losses are written with the one that agrees; where a file
chooses a derivative, the function is a straight line of that slope at the kink alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gradcalc.algebra.formula.expr import (
    ONE,
    ZERO,
    Apply,
    Expr,
    Number,
    Symbol,
    add,
    mul,
    rebuild,
    substitute,
    symbols,
)
from gradcalc.algebra.formula.names import gradient_parts
from gradcalc.algebra.formula.syntax import format
from gradcalc.algebra.operations.operation import Operation, Table, applied, chosen_slopes, formula
from gradcalc.algebra.operations.table import TABLE
from gradcalc.algebra.rewriting.simplify import simplify
from gradcalc.errors import ProblemError
from gradcalc.report.scripts.dialect import free, is_own, meaning, plain
from gradcalc.report.scripts.formulas import FormulaWriter
from gradcalc.report.scripts.script import Script, update_formulas
from gradcalc.report.scripts.torch_dialect import (
    TORCH,
    Model,
    criterion,
    is_stack,
    is_written_out,
    model_of,
    own_classes,
)

if TYPE_CHECKING:
    from gradcalc.engine.graph import Node
    from gradcalc.problem.model import Problem
    from gradcalc.problem.solution import Solution

DETACH, CLAMP = "torch.detach", "torch.clamp"
_CALLS = tuple(Operation(name, ("x",), "call", "a call of the library") for name in (DETACH, CLAMP))
_OFF_AT_MARGIN = ("hinge", "perceptron", "multi_margin")
"""Losses whose max(0, …) has no slope at 0, as torch.relu has none."""
_ON_AT_MARGIN = ("hinge_embedding", "margin_ranking", "cosine_embedding", "triplet")
"""Losses whose max(0, …) has its slope at 0, as torch.clamp has."""
_WRITTEN = {"rmse": "norm(y - t)/sqrt(size(y))"}
"""Losses whose root has no derivative at 0 in PyTorch, and the norm, which has 0."""
_AT_LIMITS = {"binary_cross_entropy": "-xlogy(t, y) - xlogy(1 - t, 1 - y)"}
"""Losses that PyTorch clamps where a probability is 0 or 1."""

_BLIND = ("lt", "le", "gt", "ge", "eq", "heaviside", "one_hot", "max_mask", DETACH)
"""Operations through whose values PyTorch passes no gradient, not even 0."""
_FOLLOWED = {"where": slice(1, None), "embed": slice(0, 1), "unpool": slice(0, 1)}
"""Operations that pass one to some of their operands only."""

OWN = ("torch", "nn", "F", "math", "model", "criterion", "optimizer", "step", "rate", "rates")
"""Identifiers that a script uses itself."""


def for_autograd(problem: Problem) -> Problem:
    """Return the problem with formulas whose derivatives autograd takes as the page does."""
    chosen = [row for row in problem.table if is_own(row) and _is_chosen(row)]
    renamed = {row.name: _free(f"{row.name}_at_kink", problem.table) for row in chosen}
    rows = [*_CALLS, *_losses()]
    table = problem.table.extended(rows)
    for row in chosen:
        rows += _at_kinks(table[row.name], row, renamed[row.name])
    rows += [
        replace(table[name], definition=text)
        for name, text in _AT_LIMITS.items()
        if table[name].derivative != TABLE[name].derivative
    ]
    calls = {name: new for name, new in renamed.items() if table[name].kind != "loss"}
    rows += [
        replace(row, definition=format(_called(formula(row.definition), calls)))
        for row in problem.table
        if not is_own(row) and row.definition is not None
    ]
    lines = tuple(replace(node, expr=_called(node.expr, calls)) for node in problem.visible.forward)
    seen = replace(problem.visible, forward=lines)
    return replace(problem, table=problem.table.extended(rows), visible=seen)


def _is_chosen(row: Operation) -> bool:
    """Tell whether a file chooses the derivative of a row at a kink."""
    return bool(row.kinks) and row.derivative != TABLE[row.name].derivative


def _called(expr: Expr, names: dict[str, str]) -> Expr:
    """Return a formula with functions under other names."""

    def change(part: Expr) -> Expr:
        if isinstance(part, Apply) and part.op in names:
            return replace(part, op=names[part.op])
        return part

    return rebuild(expr, change) if names else expr


def _losses() -> Iterator[Operation]:
    """Yield the losses whose derivative at a kink depends on how they are written."""
    for name in (*_OFF_AT_MARGIN, *_ON_AT_MARGIN):
        row = TABLE[name]
        assert row.definition is not None
        op = "relu" if name in _OFF_AT_MARGIN else CLAMP

        def change(part: Expr, op: str = op) -> Expr:
            if isinstance(part, Apply) and part.op == "max" and part.args[0] == ZERO:
                return Apply(op, part.args[1:])
            return part

        yield replace(row, definition=format(rebuild(formula(row.definition), change)))
    for name, text in _WRITTEN.items():
        yield replace(TABLE[name], definition=text)


def _at_kinks(written: Operation, row: Operation, name: str) -> list[Operation]:
    """Return the function that is a line at each kink, and the loss that reads it.

    written: the row as it is written where no kink is met.
    """
    attrs = tuple((key, Symbol(key)) for key in row.attributes)
    operands = tuple(Symbol(param) for param in row.params)
    if row.kind == "loss":
        assert written.definition is not None
        value = formula(written.definition)
    else:
        value = Apply(row.name, operands, attrs)
    found: Expr = value
    for kink, slopes in chosen_slopes(row):
        held = {param: Apply(DETACH, (Symbol(param),)) for param in slopes}
        line = [
            simplify(mul(slope, add(Symbol(param), Apply("neg", (held[param],)))))
            for param, slope in slopes.items()
        ]
        there = add(substitute(value, held), *(term for term in line if term != ZERO))
        found = Apply("where", (Apply("eq", (kink, ZERO)), there, found))
    made = Operation(
        name,
        row.params,
        "elementwise",
        f"{row.name}, with the derivatives of the page at its kinks",
        definition=format(found),
        defaults=row.defaults,
        remark="where a kink is met, a straight line with the chosen slope",
    )
    call = format(Apply(name, operands, attrs))
    return [made, replace(written, definition=call)] if row.kind == "loss" else [made]


def _free(name: str, table: Table) -> str:
    while name in table:
        name += "_"
    return name


@dataclass(frozen=True)
class Paths:
    """What autograd is told to follow.

    moved: quantities of the file that it follows. carried: lines computed from what it
    follows. leaves: lines that are not, and that it follows from there. reached: what the
    loss depends on. flat: names whose gradient is 0, or that no gradient reaches.
    """

    moved: frozenset[str]
    carried: frozenset[str]
    leaves: frozenset[str]
    reached: frozenset[str]
    flat: frozenset[str]


def paths_of(
    problem: Problem,
    followed: Mapping[str, Expr],
    wanted: frozenset[str],
    parameters: frozenset[str],
    fixed: Collection[str],
) -> Paths:
    """Return what autograd has to follow for the gradients by the wanted names.

    followed: the lines as they are written, whose terms may have cancelled. parameters:
    those of the model, which it follows in any case. fixed: lines and gradients whose
    given value is in force.
    """
    lines = {name: _read(expr, problem.table) for name, expr in followed.items()}
    reached = _backwards(lines, set(problem.upstream or (problem.loss,)))
    zero = {
        pair[1]
        for node in problem.visible.backward
        if (pair := gradient_parts(node.name)) and pair[0] == problem.loss
        if node.expr == ZERO and node.name not in fixed
    }
    flat = frozenset(name for name in wanted if name in zero or name not in reached)
    sought = wanted - flat
    moved = {name for name in problem.data if name in sought}
    moved |= set(problem.descent.parameters) if problem.descent else set()
    for name in sought:
        above = _backwards(lines, {name}) & {*problem.data}
        if not above & (moved | parameters):
            moved |= above
    carried: set[str] = set()
    leaves: set[str] = set()
    for name, read in lines.items():
        if read & (moved | parameters | carried | leaves):
            carried.add(name)
        elif name in sought:
            leaves.add(name)
    return Paths(
        frozenset(moved - parameters), frozenset(carried), frozenset(leaves), reached, flat
    )


def _backwards(lines: dict[str, set[str]], ends: set[str]) -> frozenset[str]:
    """Return the names that some ends are computed from, the ends among them."""
    found = {*ends}
    for name in reversed(lines):
        if name in found:
            found |= lines[name]
    return frozenset(found)


def _read(expr: Expr, table: Table) -> set[str]:
    """Return the names that a formula passes a gradient on to."""
    return {*_names(expr, table)}


def _names(expr: Expr, table: Table) -> Iterator[str]:
    if isinstance(expr, Symbol):
        yield expr.name
    if not isinstance(expr, Apply) or expr.op in _BLIND:
        return
    args = expr.args[_FOLLOWED.get(expr.op, slice(None))]
    row = table[expr.op]
    if not is_own(row) and row.definition is not None and row.kind != "loss":
        passed = _read(meaning(row), table)
        args = tuple(
            arg for param, arg in zip(row.params, expr.args, strict=True) if param in passed
        )
    for arg in args:
        yield from _names(arg, table)


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
