"""Find what solves without an error and is another model than the one that was meant.

Each row of TRAPS looks for one such trap; what it finds is said at the head of the pages
of `solve` and `check` and in `lint`, with the one line that would mend it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from math import fsum
from typing import TypeAlias

from gradcalc.algebra.formula.expr import Apply, Expr, Symbol, symbols
from gradcalc.algebra.formula.shapes import Shape
from gradcalc.algebra.formula.syntax import format
from gradcalc.algebra.operations.operation import Operation
from gradcalc.engine.graph import Node
from gradcalc.errors import listed
from gradcalc.problem.model import Problem
from gradcalc.problem.names import is_hidden

SOFTMAX = ("softmax", "tempered_softmax", "softmin")
SHARES = (*SOFTMAX, "sparsemax")
"""Functions whose values are the probabilities of classes."""
PROBABILITIES = (*SHARES, "sigmoid", "hardsigmoid", "sparse_sigmoid", "normal_cdf")
"""Functions whose values lie between 0 and 1."""
LINEAR = ("add", "neg", "mul", "matmul", "dot", "outer", "sum", "transpose", "identity")
LOGITS = {
    "binary_cross_entropy": "binary_cross_entropy_with_logits",
    "cross_entropy": "softmax_cross_entropy",
}
OF_LOGITS = (
    *("softmax_cross_entropy", "smoothed_cross_entropy", "focal"),
    *("binary_cross_entropy_with_logits", "weighted_bce_with_logits"),
)
TWO_CLASSES = (
    *("binary_cross_entropy", "binary_cross_entropy_with_logits"),
    *("weighted_bce_with_logits", "focal"),
)
CLASSES = (
    *("cross_entropy", "softmax_cross_entropy", "smoothed_cross_entropy"),
    *("nll", "kl_divergence", "kl_divergence_log"),
)
OF_LOGARITHMS = {"nll": "cross_entropy", "kl_divergence_log": "kl_divergence"}
SIGNED = (
    *("hinge", "squared_hinge", "modified_huber", "perceptron"),
    *("logistic_loss", "exponential_loss", "hinge_embedding"),
)
"""Losses whose targets are −1 and 1."""
ONE = 1e-6
"""How far a distribution may sum up beside 1, as 0.333333 three times does."""
FEW = 8
"""Numbers of a target that are written out."""


@dataclass(frozen=True)
class Trap:
    """What was probably not meant, at which line, and the line of the file that mends it."""

    id: str
    at: str
    what: str
    mend: str

    @property
    def text(self) -> str:
        """Return it in a sentence or two."""
        return f"{self.what}. {self.mend}"


Found: TypeAlias = Iterator[tuple[str, str, str]]
"""The line, what is wrong with it, and what mends it."""


@dataclass(frozen=True)
class TrapRule:
    """One trap: its name, and what finds it."""

    id: str
    find: Callable[[_File], Found]


def traps(problem: Problem) -> tuple[Trap, ...]:
    """Return what was probably not meant, each once, in the order of TRAPS."""
    file = _File(problem)
    found = [Trap(row.id, *each) for row in TRAPS for each in row.find(file)]
    return tuple({trap.text: trap for trap in found}.values())


@dataclass(frozen=True)
class _Loss:
    """The line of a loss: its operation, what it compares, and with what."""

    node: Node
    expr: Apply
    row: Operation

    @property
    def prediction(self) -> Expr:
        return self.expr.args[0]

    @property
    def target(self) -> Expr:
        return self.expr.args[1]


@dataclass(frozen=True)
class _File:
    """What the rows ask of a problem."""

    problem: Problem

    @cached_property
    def nodes(self) -> dict[str, Node]:
        return {node.name: node for node in self.problem.forward.nodes}

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        return self.problem.forward.shapes

    @cached_property
    def losses(self) -> list[_Loss]:
        """Return the losses of a prediction and a target."""
        found = []
        for node in self.nodes.values():
            expr = node.expr
            if isinstance(expr, Apply) and expr.op in self.problem.table and len(expr.args) == 2:
                row = self.problem.table[expr.op]
                if row.kind == "loss":
                    found.append(_Loss(node, expr, row))
        return found

    def op(self, expr: Expr) -> str:
        """Return the operation that makes a value, "" for a quantity of the file."""
        node = self.nodes.get(expr.name) if isinstance(expr, Symbol) else None
        return node.expr.op if node and isinstance(node.expr, Apply) else ""

    def shown(self, expr: Expr) -> str:
        """Return what a value is called, or the formula that it stands for."""
        node = self.nodes.get(expr.name) if isinstance(expr, Symbol) else None
        if node is None or not node.hidden:
            return format(expr)
        return format(self.written(node.expr))

    def written(self, expr: Expr) -> Expr:
        """Return a formula with hidden lines written into it."""
        if isinstance(expr, Symbol):
            node = self.nodes.get(expr.name)
            return self.written(node.expr) if node is not None and node.hidden else expr
        if isinstance(expr, Apply):
            return Apply(expr.op, tuple(map(self.written, expr.args)), expr.attrs)
        return expr

    def owner(self, name: str) -> str:
        """Return the line with a name that a hidden one belongs to."""
        node = self.nodes[name]
        span = [n.name for n in self.nodes.values() if n.span == node.span and not n.hidden]
        return name if not is_hidden(name) else span[0] if span else self.problem.loss

    def size(self, expr: Expr) -> object:
        """Return how many entries the last axis of a value has."""
        shape = self.shapes.get(expr.name, ()) if isinstance(expr, Symbol) else (0,)
        return shape[-1] if shape else 1

    def numbers(self, expr: Expr) -> tuple[float, ...]:
        """Return the numbers of a quantity of the file, none where it has none."""
        data = self.problem.data.get(expr.name) if isinstance(expr, Symbol) else None
        if data is None or not data.known or data.role == "weight":
            return ()
        return tuple(data.array.ravel().tolist())

    def is_score(self, expr: Expr) -> bool:
        """Tell whether a value is a sum of products with a weight, which is no probability."""
        if isinstance(expr, Symbol):
            data, node = self.problem.data.get(expr.name), self.nodes.get(expr.name)
            if node is None:
                return data is not None and data.role == "weight"
            return self.is_score(node.expr)
        return isinstance(expr, Apply) and expr.op in LINEAR and any(map(self.is_score, expr.args))

    # --- what mends ---------------------------------------------------------------

    def activations(self, last: str) -> str | None:
        """Return the line of the activations with another one in the last layer."""
        layers = self.problem.layers
        if not layers:
            return None
        names = [*(layer.activation for layer in layers[:-1]), last]
        return f"Write activations: [{', '.join(names)}]"

    def with_loss(self, loss: _Loss, op: str, prediction: str = "") -> str:
        """Return the line of a loss with another one in its place."""
        span = loss.node.span
        text = span.source.line(span.line).lstrip() if span else ""
        if text.startswith("loss") and text[4:].lstrip().startswith(":"):
            return f"Write loss: {op}"
        operands = f"{prediction or self.shown(loss.prediction)}, {self.shown(loss.target)}"
        own = "" if loss.node.hidden else f"{loss.node.name} = "
        return f"Write {own}{op}({operands})"

    def with_function(self, node: Node, op: str) -> str:
        """Return the line of a function with another one in its place."""
        layers = self.problem.layers
        if layers and node.name == layers[-1].after:
            return self.activations(op) or ""
        assert isinstance(node.expr, Apply)
        own = "" if node.hidden else f"{node.name} = "
        return f"Write {own}{op}({self.shown(node.expr.args[0])})"


# --- outputs ---------------------------------------------------------------------------


def _one_share(file: _File) -> Found:
    for node in file.nodes.values():
        expr = node.expr
        if not isinstance(expr, Apply):
            continue
        name = file.owner(node.name)
        if expr.op in (*SHARES, "log_softmax") and file.size(expr.args[0]) == 1:
            value = 0 if expr.op == "log_softmax" else 1
            what = f"{name}: {expr.op} of one unit is {value} whatever the unit is, and passes"
            mend = file.with_function(node, "sigmoid")
            for loss in file.losses:
                if loss.expr.op == "cross_entropy" and loss.prediction == Symbol(node.name):
                    own = file.with_loss(loss, "binary_cross_entropy", "…" * node.hidden)
                    mend += f", and {own.removeprefix('Write ')}"
            yield name, f"{what} nothing back", mend


def _one_probability(file: _File) -> Found:
    for loss in file.losses:
        if loss.expr.op != "cross_entropy":
            continue
        shown, own = file.shown(loss.prediction), file.op(loss.prediction)
        t = file.shown(loss.target)
        if file.size(loss.prediction) == 1 and own not in SHARES:
            what = f"cross_entropy of one probability is −{t} ln({shown}) and misses"
            rest = f"{what} (1 − {t}) ln(1 − {shown}): a target of 0 costs nothing"
            new = "binary_cross_entropy"
            new = LOGITS[new] if own == "identity" or file.is_score(loss.prediction) else new
            yield loss.node.name, rest, file.with_loss(loss, new)
        elif own == "sigmoid":
            what = f"cross_entropy of sigmoids leaves out units whose target is 0: {shown} is"
            rest = f"{what} no distribution over classes"
            yield loss.node.name, rest, file.with_loss(loss, "binary_cross_entropy")


def _no_logarithms(file: _File) -> Found:
    for loss in file.losses:
        plain = OF_LOGARITHMS.get(loss.expr.op)
        if plain is None:
            continue
        own, shown = file.op(loss.prediction), file.shown(loss.prediction)
        above = any(number > 0 for number in file.numbers(loss.prediction))
        if own in PROBABILITIES or above:
            what = f"{loss.expr.op} takes logarithms of probabilities, and {shown}"
            are = f"is a {own}" if own else "has numbers above 0, which no logarithm of one is"
            mend = file.with_loss(loss, plain)
            yield loss.node.name, f"{what} {are}: there is no logarithm in the loss", mend


def _no_probability(file: _File) -> Found:
    for loss in file.losses:
        logits = LOGITS.get(loss.expr.op)
        own = file.op(loss.prediction)
        if logits is None or own in PROBABILITIES or own == "":
            continue
        named = own in file.problem.table and file.problem.table[own].kind == "activation"
        if loss.expr.op == "cross_entropy" and file.size(loss.prediction) == 1:
            continue
        if own == "identity" or file.is_score(loss.prediction):
            what = "is a score of any size"
        elif named:
            what = f"is a {own}"
        else:
            continue
        shown = file.shown(loss.prediction)
        text = f"{loss.expr.op} takes a probability, and {shown} {what}"
        mend = file.with_loss(loss, logits)
        if what.startswith("is a score"):
            yield loss.node.name, text, mend
            continue
        last = "sigmoid" if loss.expr.op == "binary_cross_entropy" else "softmax"
        node = file.nodes[loss.prediction.name] if isinstance(loss.prediction, Symbol) else None
        yield loss.node.name, text, file.with_function(node, last) if node else mend


def _squeezed_logits(file: _File) -> Found:
    for loss in file.losses:
        own = file.op(loss.prediction)
        if loss.expr.op not in OF_LOGITS or own not in (*PROBABILITIES, "log_sigmoid"):
            continue
        shown = file.shown(loss.prediction)
        what = f"{loss.expr.op} takes logits of any size, and {shown} is a {own}"
        node = file.nodes[loss.prediction.name] if isinstance(loss.prediction, Symbol) else None
        if node is not None and file.problem.layers and node.name == file.problem.layers[-1].after:
            yield loss.node.name, what, file.activations("identity") or ""
        elif node is not None and isinstance(node.expr, Apply):
            inner = file.shown(node.expr.args[0])
            yield loss.node.name, what, file.with_loss(loss, loss.expr.op, inner)


# --- targets ---------------------------------------------------------------------------


def _swapped(file: _File) -> Found:
    for loss in file.losses:
        first, second = loss.expr.args
        roles = [
            file.problem.data[arg.name].role
            if isinstance(arg, Symbol) and arg.name in file.problem.data
            else ""
            for arg in (first, second)
        ]
        apart = loss.expr.op in (*LOGITS, *OF_LOGITS, *CLASSES, *SIGNED, "poisson")
        if apart and roles[0] == "target" and roles[1] != "target":
            what = f"{loss.expr.op} takes the prediction first, and {file.shown(first)} is a target"
            own = "" if loss.node.hidden else f"{loss.node.name} = "
            operands = f"{file.shown(second)}, {file.shown(first)}"
            yield loss.node.name, what, f"Write {own}{loss.expr.op}({operands})"


def _labels(file: _File) -> Found:
    for loss in file.losses:
        numbers = file.numbers(loss.target)
        name = file.shown(loss.target)
        if loss.expr.op in TWO_CLASSES and any(not 0 <= number <= 1 for number in numbers):
            what = f"{loss.expr.op} takes targets from 0 to 1, and {name} has others"
            yield loss.node.name, what, _target(file, loss, {-1.0: 0, 1.0: 1})
        elif loss.expr.op in SIGNED and any(number not in (-1.0, 1.0) for number in numbers):
            what = f"{loss.expr.op} takes targets −1 and 1, and {name} has others"
            yield loss.node.name, what, _target(file, loss, {0.0: -1, 1.0: 1})


def _target(file: _File, loss: _Loss, new: dict[float, int]) -> str:
    """Return the line of a target with other labels, where there is one for each."""
    name, numbers = file.shown(loss.target), file.numbers(loss.target)
    labels = listed([str(number) for number in sorted(new.values())])
    if len(numbers) > FEW or any(number not in new for number in numbers):
        return f"Write {name} with the labels {labels}"
    texts = [str(new[number]) for number in numbers]
    shape = [int(dim) for dim in file.shapes[name]]
    if not shape:
        return f"Write targets: {{{name}: {texts[0]}}}"
    if len(shape) == 1:
        return f"Write targets: {{{name}: [{', '.join(texts)}]}}"
    step = shape[1]
    rows = [", ".join(texts[at : at + step]) for at in range(0, len(texts), step)]
    return f"Write targets: {{{name}: [[{'], ['.join(rows)}]]}}"


def _distribution(file: _File) -> Found:
    for loss in file.losses:
        numbers, width = file.numbers(loss.target), file.size(loss.target)
        if loss.expr.op not in CLASSES or not numbers or not isinstance(width, int) or width < 2:
            continue
        rows = [numbers[at : at + width] for at in range(0, len(numbers), width)]
        wrong = [
            at
            for at, row in enumerate(rows, start=1)
            if min(row) < 0 or abs(fsum(row) - 1) > ONE * width
        ]
        if wrong:
            name = file.shown(loss.target)
            which = f"row {wrong[0]} of {name}" if len(rows) > 1 else name
            total = f"{fsum(rows[wrong[0] - 1]):.6g}"
            what = f"{loss.expr.op} takes targets that are a distribution, and {which}"
            sums = "has numbers below 0" if min(rows[wrong[0] - 1]) < 0 else f"sums to {total}"
            mend = f"Write a 1 at the right class and 0 elsewhere, as in {{class: 2, of: {width}}}"
            yield loss.node.name, f"{what} {sums}", mend


# --- equations -------------------------------------------------------------------------


def _unread(file: _File) -> Found:
    problem = file.problem
    read = {name for node in file.nodes.values() for name in symbols(node.expr)}
    asked = {ref.name for ref in problem.find}
    ends = {problem.loss, *problem.upstream, *problem.given, *asked}
    for node in file.nodes.values():
        if node.hidden or node.name in read or node.name in ends:
            continue
        what = f"nothing reads {node.name}: {problem.loss} does not depend on it"
        if node.shape:
            mend = f"Take the line out, or ask for it: find: [{node.name}]"
        else:
            mend = f"Take the line out, or count it in: J = {problem.loss} + {node.name}"
        yield node.name, what, mend


TRAPS = (
    TrapRule("softmax of one unit", _one_share),
    TrapRule("cross_entropy of one probability", _one_probability),
    TrapRule("no logarithms", _no_logarithms),
    TrapRule("no probability", _no_probability),
    TrapRule("squeezed logits", _squeezed_logits),
    TrapRule("operands in the other order", _swapped),
    TrapRule("labels", _labels),
    TrapRule("no distribution", _distribution),
    TrapRule("unread equation", _unread),
)
"""What solves without an error and is probably not meant."""
