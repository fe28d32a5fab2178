"""Mistakes at the loss: sign, factor, target, reduction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from gradcalc.algebra.formula.expr import ONE, ZERO, Apply, Expr, Number, Symbol, parts, symbols
from gradcalc.algebra.formula.shapes import size
from gradcalc.algebra.operations.inference import reduction_factor, shape_finder
from gradcalc.algebra.operations.operation import formula
from gradcalc.grading.evaluation.lines import Lines
from gradcalc.grading.mistakes.rule import (
    Change,
    Edit,
    Rule,
    Slip,
    forward_nodes,
    gradient_of,
    negated,
    role,
    row_of,
    scaled,
    shape_of,
    term_of,
    tidy,
    times,
)

HALF = Fraction(1, 2)


@dataclass(frozen=True)
class LossLine:
    """The line of the derivative of a loss by what it compares: dL/dyhat."""

    line: str
    operand: str
    node: str
    formula: Expr
    whole: bool


def loss_lines(lines: Lines) -> Iterator[LossLine]:
    """Yield the lines that differentiate a loss by the named values it is computed from."""
    losses = {node.name for node in forward_nodes(lines) if _is_loss(lines, node.name)}
    for edge in lines.edges:
        if edge.node in losses and edge.local in lines.by_name and role(lines, edge.operand) == "":
            local = edge.local or ""
            yield LossLine(local, edge.operand, edge.node, lines.written_out(local), True)
    for name in lines.shapes:
        ends = _ends(lines, name)
        line = gradient_of(lines, name)
        direct = all(end == lines.problem.loss for end in ends)
        if not ends or not direct or line not in lines.by_name or lines.by_name[line].hidden:
            continue
        if role(lines, name) != "target" and name != lines.problem.loss:
            yield LossLine(line, name, lines.problem.loss, lines.written_out(line), True)


def _is_loss(lines: Lines, name: str) -> bool:
    row = row_of(lines, lines.by_name[name])
    return row is not None and row.kind == "loss" and name != lines.problem.loss


def _ends(lines: Lines, name: str) -> set[str]:
    """Return the visible lines that a named value is read by, hidden lines passed through."""
    if name in lines.by_name and lines.by_name[name].hidden:
        return set()
    found: set[str] = set()
    waiting = [name]
    forward = list(forward_nodes(lines))
    while waiting:
        read = waiting.pop()
        for node in forward:
            if read in symbols(node.expr):
                if node.hidden:
                    waiting.append(node.name)
                else:
                    found.add(node.name)
    return found


def _slip(rule: str, loss: LossLine, change: Change, variant: str = "", **words: Expr) -> Slip:
    changed = change(loss.formula)
    assert changed is not None
    known = {"right": loss.formula, "wrong": changed, "line": Symbol(loss.line), **words}
    edit = Edit(loss.line, change, whole=loss.whole)
    return Slip(rule, loss.line, (edit,), known, variant)


def _scaling(lines: Lines, top: int, bottom: int = 1) -> Change:
    """Return the change that multiplies a formula by a fraction."""
    return lambda expr: scaled(lines, expr, top, bottom)


def find_target_dropped(lines: Lines) -> Iterator[Slip]:
    """Put 0 for the target."""
    for loss in loss_lines(lines):
        targets = [name for name in symbols(loss.formula) if role(lines, name) == "target"]
        for target in targets:

            def change(expr: Expr, target: str = target) -> Expr | None:
                if target not in symbols(expr):
                    return None
                return tidy(lines, expr, {target: ZERO})

            if change(loss.formula) not in (ZERO, None):
                yield _slip("loss-target-dropped", loss, change, t=Symbol(target))


def find_sign(lines: Lines) -> Iterator[Slip]:
    """Take the difference the wrong way round."""
    for loss in loss_lines(lines):
        yield _slip("loss-sign", loss, negated)


def find_factor(lines: Lines) -> Iterator[Slip]:
    """Lose the 2 that comes down from the square, or bring it where ½ cancels it."""
    for loss in loss_lines(lines):
        square, half = _square(lines, loss.node)
        if not square:
            continue
        if half:
            yield _slip("loss-factor-2", loss, _scaling(lines, 2), "doubled")
        else:
            yield _slip("loss-factor-2", loss, _scaling(lines, 1, 2), "dropped")


def _square(lines: Lines, node: str) -> tuple[bool, bool]:
    """Tell whether a loss squares something, and whether it takes half of that."""
    found = [lines.written_out(node)]
    for part in list(parts(found[0])):
        if isinstance(part, Apply):
            row = lines.problem.table[part.op]
            if row.kind == "loss" and row.definition:
                found.append(formula(row.definition))
    every = [part for expr in found for part in parts(expr)]
    square = any(
        isinstance(part, Apply) and part.op == "pow" and part.args[1] == Number(Fraction(2))
        for part in every
    )
    half = any(isinstance(part, Number) and part.value == HALF for part in every) or any(
        isinstance(part, Apply) and part.op == "div" and part.args[1] == Number(Fraction(2))
        for part in every
    )
    return square, half


def find_reduction(lines: Lines) -> Iterator[Slip]:
    """Lose the 1/n of a mean, or average what is summed."""
    for loss in loss_lines(lines):
        own = _divisor(lines, loss.node)
        shape = lines.shapes[loss.operand]
        count, rows = size(shape) or 1, shape[0] if len(shape) == 2 else 1
        if own > 1:
            n = Number(Fraction(own))
            yield _slip("loss-reduction", loss, _scaling(lines, own), "lost", n=n)
            continue
        for n_over in dict.fromkeys((count, int(rows))):
            if n_over > 1:
                yield _slip(
                    "loss-reduction",
                    loss,
                    _scaling(lines, 1, n_over),
                    f"over {n_over}",
                    n=Number(Fraction(n_over)),
                )


def _divisor(lines: Lines, node: str) -> int:
    """Return the number of entries that a loss averages over, or 1."""
    written = lines.written_out(node)
    total = 1
    find = shape_finder(lines.shapes, lines.problem.table)
    for part in parts(written):
        if not isinstance(part, Apply):
            continue
        row = lines.problem.table[part.op]
        if row.kind == "loss":
            factor = reduction_factor(part, row, find(part.args[0]))
            if isinstance(factor, Number) and factor != ONE:
                total *= int(1 / factor.value)
        elif part.op == "mean":
            whole, left = size(find(part.args[0])) or 1, size(find(part)) or 1
            total *= whole // left
    return total


def find_reduction_twice(lines: Lines) -> Iterator[Slip]:
    """Divide by the number of samples at a parameter although the loss has done so."""
    for loss in loss_lines(lines):
        shape = lines.shapes[loss.operand]
        rows = int(shape[0]) if len(shape) == 2 else 1
        if rows < 2 or _divisor(lines, loss.node) < rows:
            continue
        for data in lines.problem.roles("weight"):
            line = gradient_of(lines, data.name)
            if line in lines.by_name and shape_of(lines, Symbol(line)) is not None:
                yield Slip(
                    "reduction-twice",
                    line,
                    (Edit(line, _scaling(lines, 1, rows), whole=True),),
                    {"n": Number(Fraction(rows)), "line": Symbol(line)},
                )
        return


def find_loss_shortcut(lines: Lines) -> Iterator[Slip]:
    """Multiply by the activation's derivative although the combined loss contains it."""
    inside = {
        "softmax_cross_entropy": "softmax",
        "smoothed_cross_entropy": "softmax",
        "binary_cross_entropy_with_logits": "sigmoid",
    }
    for edge in lines.edges:
        node = lines.by_name[edge.node]
        if not isinstance(node.expr, Apply) or node.expr.op not in inside:
            continue
        place = term_of(lines, edge)
        if place is None or node.expr.args[0] != Symbol(edge.operand):
            continue
        s = Apply(inside[node.expr.op], (Symbol(edge.operand),))
        slope = Apply("mul", (s, Apply("add", (ONE, Apply("neg", (s,))))))
        yield Slip(
            "act-derivative-extra",
            place[0],
            (Edit(place[0], times(slope), place[1]),),
            {"f": s, "local": slope, "line": Symbol(place[0])},
            "logits",
        )


LOSS_RULES = (
    Rule(
        "loss-target-dropped",
        "target",
        "{t} is lost: {wrong} stands where {right} is due.",
        "The derivative is that of the loss with the target set to 0: the student"
        " differentiates the square of the prediction and not of the error.",
        "relu-squared-loss.yaml, options a and j",
        find_target_dropped,
    ),
    Rule(
        "loss-sign",
        "sign",
        "The difference is taken the wrong way round: {wrong} for {right}. The gradient"
        " then points downhill, and a descent step climbs.",
        "Target minus prediction is the error that older texts and the delta rule use with"
        " a plus in the update; mixed with a descent step it has the wrong sign. For"
        " cross-entropy it is the minus in front of the sum that gets lost.",
        "relu-squared-loss.yaml, options a to e; a worksheet on cross-entropy",
        find_sign,
    ),
    Rule(
        "loss-factor-2",
        "factor",
        "The factor 2 of the square is {variant}: {wrong} for {right}.",
        "Whether the 2 stays depends on the ½ in the declared loss; the answer is that of"
        " the other convention.",
        "relu-squared-loss.yaml, options d to g",
        find_factor,
        "half",
    ),
    Rule(
        "loss-reduction",
        "mean",
        "A sum and a mean are mixed up: {wrong} for {right}; they differ by the factor {n}.",
        "The declared reduction divides by the number of entries or samples, or does not;"
        " the answer does the other thing.",
        "Homework 1 (CSCI-GA 2572, Fall 2024), question 1.3",
        find_reduction,
        "reduction",
    ),
    Rule(
        "reduction-twice",
        "1/n twice",
        "{line} is divided by {n} once more, although the loss is a mean already.",
        "The 1/m of the mean is applied at the output and again at the parameter.",
        "DeepLearning.AI forum, threads 63071 and 221994",
        find_reduction_twice,
    ),
)
