"""Mistakes at a bias: left out, multiplied, not summed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gradcalc.algebra.formula.expr import Apply, Expr, Symbol, mul
from gradcalc.engine.autodiff import Edge
from gradcalc.engine.graph import Node
from gradcalc.grading.evaluation.lines import Lines
from gradcalc.grading.mistakes.layer import products
from gradcalc.grading.mistakes.rule import (
    Edit,
    Rule,
    Slip,
    fits,
    forward_nodes,
    instead,
    is_leaf,
    role,
    shape_of,
    shown_line,
    term_of,
    times,
)


@dataclass(frozen=True)
class Bias:
    """A parameter that is added to a line, and the edge back to it."""

    node: Node
    name: str
    edge: Edge | None


def biases(lines: Lines) -> Iterator[Bias]:
    """Yield every weight that is added to a matrix product."""
    for node in forward_nodes(lines):
        if not isinstance(node.expr, Apply) or node.expr.op != "add":
            continue
        for arg in node.expr.args:
            if isinstance(arg, Symbol) and role(lines, arg.name) == "weight":
                edges = [e for e in lines.edges if (e.node, e.operand) == (node.name, arg.name)]
                yield Bias(node, arg.name, edges[0] if edges else None)


def find_bias_forgotten(lines: Lines) -> Iterator[Slip]:
    """Leave a bias out of the forward pass."""
    for bias in biases(lines):
        assert isinstance(bias.node.expr, Apply)
        rest = tuple(arg for arg in bias.node.expr.args if arg != Symbol(bias.name))
        new = rest[0] if len(rest) == 1 else Apply("add", rest)
        if rest and fits(lines, bias.node.name, new):
            at = shown_line(lines, bias.node.name)
            words = {"line": Symbol(at), "b": Symbol(bias.name)}
            yield Slip("bias-forgotten", at, (Edit(bias.node.name, instead(new)),), words)


def find_bias_times(lines: Lines) -> Iterator[Slip]:
    """Multiply the gradient of a bias by the bias, or by what enters the layer."""
    entering = {p.node.name: p.entering for p in products(lines)}
    for bias in biases(lines):
        place = term_of(lines, bias.edge) if bias.edge else None
        if place is None or bias.edge is None:
            continue
        others = [bias.name]
        others += [entering[name] for name in bias.node.operands if name in entering]
        for other in others:
            new = mul(bias.edge.contribution, Symbol(other))
            same = shape_of(lines, new) == lines.by_name[place[0]].shape
            if same or is_leaf(lines, place[0]):
                words = {"b": Symbol(bias.name), "other": Symbol(other), "line": Symbol(place[0])}
                if shape_of(lines, new) is not None:
                    edit = Edit(place[0], times(Symbol(other)), place[1])
                    yield Slip("bias-times-input", place[0], (edit,), words, other)


def find_bias_not_summed(lines: Lines) -> Iterator[Slip]:
    """Leave out the sum over the samples, or over the units that share a bias."""
    for bias in biases(lines):
        place = term_of(lines, bias.edge) if bias.edge else None
        if place is None or bias.edge is None or not is_leaf(lines, place[0]):
            continue
        term = bias.edge.contribution
        if isinstance(term, Apply) and term.op == "sum":
            words: dict[str, Expr] = {"b": Symbol(bias.name), "line": Symbol(place[0])}
            words["right"] = term
            edit = Edit(place[0], instead(term.args[0]), place[1])
            yield Slip("bias-not-summed", place[0], (edit,), words)
            shape = shape_of(lines, term.args[0]) or ()
            if len(shape) == 2:
                mean = Apply("mean", term.args, term.attrs)
                edit = Edit(place[0], instead(mean), place[1])
                yield Slip("bias-not-summed", place[0], (edit,), words, "mean")


BIAS_RULES = (
    Rule(
        "bias-forgotten",
        "bias",
        "{b} is left out of {line}.",
        "The bias is not added on the way forward.",
        "NLP course, pull request 70",
        find_bias_forgotten,
    ),
    Rule(
        "bias-times-input",
        "bias gradient",
        "{line} is multiplied by {other}; a bias is multiplied by 1, so δ is all there is.",
        "The rule for weights is applied to a bias.",
        "NLP course, pull request 70 and issue 62",
        find_bias_times,
    ),
    Rule(
        "bias-not-summed",
        "bias sum",
        "{line} is not summed: every sample and unit that {b} is added to counts.",
        "A bias is shared by all samples of a batch; its gradient is the sum over them.",
        "DeepLearning.AI forum 536725; Data Science Stack Exchange 20139",
        find_bias_not_summed,
    ),
)
