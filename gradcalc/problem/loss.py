"""Read the loss of a problem file, and refuse a loss that does not go with its network."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from collections.abc import Sequence

from gradcalc.algebra.expr import Apply, Symbol
from gradcalc.algebra.operations import Table
from gradcalc.algebra.syntax import parse
from gradcalc.engine.graph import Graph, Line
from gradcalc.errors import ProblemError, Span
from gradcalc.problem.document import Mapping, Scalar
from gradcalc.problem.model import Data

_INSIDE = {
    "softmax_cross_entropy": ("softmax", "cross_entropy"),
    "binary_cross_entropy_with_logits": ("sigmoid", "binary_cross_entropy"),
}


def read_loss(
    root: Mapping, lines: Sequence[Line], data: Dict[str, Data], table: Table
) -> Line | None:
    """Return the line `L = loss(prediction, target)`, or None where the file names no loss.

    The prediction is yhat, or the last equation. Raises ProblemError for an unknown loss,
    and where there is not one prediction and one target.
    """
    node = root.get("loss")
    if node is None:
        return None
    assert isinstance(node, Scalar)
    text, span = node.only_line()
    call = _call(text, span, table)
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
    args = (Symbol(prediction), Symbol(_target(root, data)))
    return Line("L", Apply(call.op, args, call.attrs, (0, len(text))), span)


def _call(text: str, span: Span, table: Table) -> Apply:
    """Return the loss that a name or a call such as huber(delta=0.5) means."""
    call = parse(text, span)
    if isinstance(call, Symbol):
        call = Apply(call.name, (), (), (0, len(text)))
    name = call.op if isinstance(call, Apply) else text
    found = table.resolve(name)
    if not isinstance(call, Apply) or found is None or table[found.op].kind != "loss":
        near = table.nearest(name, ("loss",))
        known = ", ".join(row.name for row in table if row.kind == "loss")
        raise ProblemError(
            f"{name} is not a loss that gradcalc knows",
            span.within(0, len(text)),
            hint=f"{name} is an activation"
            if found is not None and table[found.op].kind == "activation"
            else f"did you mean {near}?"
            if near
            else f"known are {known}",
        )
    if call.args:
        raise ProblemError(
            f"loss names a loss; {found.op} finds its operands itself",
            span.within(0, len(text)),
            hint="write the name alone, or the whole line under equations",
        )
    return call


def _target(root: Mapping, data: Dict[str, Data]) -> str:
    targets = [name for name, quantity in data.items() if quantity.role == "target"]
    if len(targets) == 1:
        return targets[0]
    key = root.key("targets") or root.key("loss")
    assert key is not None
    raise ProblemError(
        "a loss compares with one target" + ("" if targets else "; there is none"),
        key.span,
        hint="write the loss as an equation: L = squared_error(yhat, y)"
        if targets
        else "targets: {y: 10}",
    )


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
