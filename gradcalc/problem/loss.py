"""Read the loss of a problem file, and refuse a loss that does not go with its network."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from gradcalc.algebra.expr import Apply, Number, Symbol
from gradcalc.algebra.operations import Table
from gradcalc.algebra.syntax import LEVEL
from gradcalc.engine.graph import Graph, Line
from gradcalc.errors import ProblemError, Span, listed
from gradcalc.problem.calls import read_call
from gradcalc.problem.document import MappingNode, ScalarNode
from gradcalc.problem.model import Data

_INSIDE = {
    "softmax_cross_entropy": ("softmax", "cross_entropy"),
    "smoothed_cross_entropy": ("softmax", "cross_entropy"),
    "binary_cross_entropy_with_logits": ("sigmoid", "binary_cross_entropy"),
    "weighted_bce_with_logits": ("sigmoid", "binary_cross_entropy"),
    "focal": ("sigmoid", "binary_cross_entropy"),
}

_PROBABILITIES = {
    "cross_entropy": ("softmax", "softmax_cross_entropy"),
    "binary_cross_entropy": ("sigmoid", "binary_cross_entropy_with_logits"),
}
_EQUATION = re.compile(r"\s*[A-Za-z_]\w*\s*=(?!=)")
_ONE_NUMBER = re.compile(r"\b(sum|mean|dot|norm|\w*(error|entropy)\w*|mse|l1|huber|hinge)\(")
SHOWN = 40


def read_loss(
    root: MappingNode, lines: Sequence[Line], data: Mapping[str, Data], table: Table, layers: int
) -> Line | None:
    """Return the line `L = loss(prediction, target)`, or None where the file names no loss.

    The prediction is yhat, or the last equation; `layers` are those of the network.
    Raises ProblemError for an unknown loss, and where there is not one prediction and one
    target.
    """
    node = root.get("loss")
    if node is None:
        return None
    assert isinstance(node, ScalarNode)
    text, span = node.only_line()
    _refuse_formula(text, span, layers)
    call = loss_call(text, span, table)
    defined = [line.name for line in lines]
    if "L" in defined:
        raise ProblemError(
            "L is defined by an equation and by loss",
            span,
            hint="give the equation another name, or remove loss",
        )
    if not defined:
        raise ProblemError(
            "there is no prediction for the loss",
            span,
            hint="give weights with activations, or equations",
        )
    prediction = "yhat" if "yhat" in defined else defined[-1]
    args = (Symbol(prediction), Symbol(_target(root, data, layers)))
    return Line("L", Apply(call.op, args, call.attrs, (0, len(text))), span)


def as_equation(text: str, layers: int) -> str:
    """Return a loss as an equation reads it: there yhat is a<n>, the last layer's value."""
    return "L = " + (re.sub(r"\byhat\b", f"a{layers}", text) if layers else text)


def _refuse_formula(text: str, span: Span, layers: int) -> None:
    """Refuse a formula, or a whole equation, in place of the name of a loss."""
    equation = _EQUATION.match(text)
    call = None if equation else read_call(text, span)
    if isinstance(call, Number):
        what, hint = "a number", "name one, as in loss: half_squared_error"
    elif equation or (isinstance(call, Apply) and call.op in LEVEL):
        what = "an equation" if equation else "a formula"
        formula = text[equation.end() :].strip() if equation else text.strip()
        if layers and not _ONE_NUMBER.search(formula):
            formula = f"sum({formula})"  # the output of a layer is a list
        shown = as_equation(formula if len(formula) <= SHOWN else "…", layers)
        hint = f"write it under equations and remove the loss key: {shown}"
        if layers and re.search(r"\byhat\b", formula):
            hint += f"; yhat is called a{layers} there"
    else:
        return
    message = f"loss: is the name of a loss, and this is {what}"
    raise ProblemError(message, span.within(0, len(text)), hint=hint)


def loss_call(text: str, span: Span, table: Table) -> Apply:
    """Return the loss that a name or a call such as huber(delta=0.5) means."""
    call = read_call(text, span)
    name = call.op if isinstance(call, Apply) and call.op not in LEVEL else text
    found = table.resolve(name)
    choices = table.refusal(name)
    if choices:
        raise ProblemError(
            f"{name} means different things", span.within(0, len(text)), hint=choices
        )
    if not isinstance(call, Apply) or found is None or table[found.op].kind != "loss":
        near = table.nearest(name, ("loss",))
        known = listed((row.name for row in table if row.kind == "loss"), room=60)
        raise ProblemError(
            f"{name} is not a loss that gradcalc knows",
            span.within(0, len(text)),
            hint=f"{name} is an activation"
            if found is not None and table[found.op].kind == "activation"
            else f"did you mean {near}?"
            if near
            else f"known are {known}; see `gradcalc ops`",
        )
    _check_for_a_file(call, found, table, span.within(0, len(text)))
    if call.args:
        raise ProblemError(
            f"loss names a loss; {found.op} finds its operands itself",
            span.within(0, len(text)),
            hint="write the name alone, or the whole line under equations",
        )
    return call


def _check_for_a_file(call: Apply, found: Apply, table: Table, span: Span) -> None:
    """Refuse a loss that does not make one number of a prediction and a target."""
    row = table[found.op]
    if len(row.params) != 2:
        operands = ", ".join(row.params)
        raise ProblemError(
            f"{row.name} takes {operands}",
            span,
            hint=f"write it under equations: L = {row.name}({operands})",
        )
    if {**dict(found.attrs), **dict(call.attrs)}.get("reduction") == Symbol("none"):
        raise ProblemError(
            "reduction=none leaves a loss for each entry or sample",
            span,
            hint="reduction=sum or mean; weighted, write it under equations:"
            f" l = {row.name}(…, reduction=none), then L = mean(w*l)",
        )


def _target(root: MappingNode, data: Mapping[str, Data], layers: int) -> str:
    targets = [name for name, quantity in data.items() if quantity.role == "target"]
    if len(targets) == 1:
        return targets[0]
    key = root.key("targets") or root.key("loss")
    assert key is not None
    raise ProblemError(
        "a loss compares with one target; there "
        + (f"are {len(targets)}: {', '.join(targets)}" if targets else "is none"),
        key.span,
        hint="in place of loss:, write the loss as an equation: "
        + as_equation(f"squared_error(yhat, {targets[0]})", layers)
        if targets
        else "targets: {y: 10}",
    )


def domain_hint(forward: Graph, line: str) -> str | None:
    """Return a way out where the output in a cross-entropy is no probability."""
    ops = {node.name: node.expr.op for node in forward.nodes if isinstance(node.expr, Apply)}
    node = forward.node(line)
    if node is None or not node.operands:
        return None
    probability, logits = _PROBABILITIES.get(ops.get(line, ""), ("", ""))
    before = node.operands[0]
    if not probability or before != "yhat" or ops.get(before) in ("sigmoid", "softmax"):
        return None
    return f"{before} is to be a probability: use {probability} for the output, or loss: {logits}"


def refuse_doubled(forward: Graph) -> None:
    """Refuse softmax in front of a loss that has softmax inside; sigmoid likewise."""
    ops = {node.name: node.expr.op for node in forward.nodes if isinstance(node.expr, Apply)}
    for node in forward.nodes:
        doubled, plain = _INSIDE.get(ops.get(node.name, ""), ("", ""))
        logits = node.operands[0] if node.operands else ""
        if doubled and ops.get(logits) == doubled:
            raise ProblemError(
                f"{ops[node.name]} has {doubled} inside and takes logits; "
                f"{logits} is a {doubled} already",
                node.span,
                hint=f"use {plain}, or identity as the last activation",
            )
