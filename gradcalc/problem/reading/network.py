"""Read the network of a problem file, and the loss at its end."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from gradcalc.algebra.formula.expr import Apply, Number, Symbol
from gradcalc.algebra.formula.names import canonical
from gradcalc.algebra.formula.shapes import Dim, describe
from gradcalc.algebra.formula.syntax import LEVEL
from gradcalc.algebra.operations.operation import Table
from gradcalc.engine.graph import Graph, Line
from gradcalc.errors import ProblemError, Span, listed, suggestion
from gradcalc.problem.model import Data, sized
from gradcalc.problem.reading.data import fit, read_dims
from gradcalc.problem.reading.dense_layers import WEIGHT, Network, activation, network, read_call
from gradcalc.problem.reading.keys import items_of, text_of
from gradcalc.problem.text.yaml_nodes import MappingNode, ScalarNode, SequenceNode, Value

_GAP = re.compile(r"\s*([\w.]+(?:\([^()]*\))?)(\s+)([A-Za-z][\w.]*(?:\([^()]*\))?)")

_INSIDE = {
    "softmax_cross_entropy": ("softmax", "cross_entropy"),
    "smoothed_cross_entropy": ("softmax", "cross_entropy"),
    "binary_cross_entropy_with_logits": ("sigmoid", "binary_cross_entropy"),
    "weighted_bce_with_logits": ("sigmoid", "binary_cross_entropy"),
    "focal": ("sigmoid", "binary_cross_entropy"),
}
_EQUATION = re.compile(r"\s*[A-Za-z_]\w*\s*=(?!=)")
_ONE_NUMBER = re.compile(r"\b(sum|mean|dot|norm|\w*(error|entropy)\w*|mse|l1|huber|hinge)\(")
SHOWN = 40


def read_network(
    root: MappingNode, data: Mapping[str, Data], table: Table, layout: str
) -> tuple[Network, dict[str, Data]]:
    """Return the layers that weights (or units) and activations make, and the data with them.

    Units become weights of letters, and a number as the input a list of one. Raises
    ProblemError where a layer lacks its weight or its activation.
    """
    data = dict(data)
    activations, units = root.get("activations"), root.get("units")
    if activations is None:
        if units is not None:
            raise _without_activations(root)
        _refuse_idle_layers(root, data)
        return Network((), ()), data
    functions = []
    for item in items_of(activations):
        text, span = item.only_line()
        if isinstance(activations, SequenceNode) and text.count("(") != text.count(")"):
            raise ProblemError(
                "the activation was cut at its comma",
                span,
                "brackets do not balance",
                "put it in quotes, as in ['clip(low=0, high=1)', identity]",
            )
        gap = _GAP.match(text)
        if gap:
            raise ProblemError(
                f"a comma is missing between {gap[1]} and {gap[3]}",
                span.within(gap.start(2), gap.end(2)),
                hint=f"activations: [{gap[1]}, {gap[3]}]",
            )
        functions.append((activation(text, table, span), span))
    start = _network_input(root, data)
    if units is not None:
        data |= _unit_weights(units, len(functions), data, start, layout)
    _check_weights(data, len(functions), activations)
    if units is not None:
        _check_target(units, functions[-1][0], data, start, root, table)
    if not data[start].shape:
        data[start] = fit(data[start], (1,), "a list of one")
    return network(data, start, functions, layout, root.get("loss") is not None, table), data


def _without_activations(root: MappingNode) -> ProblemError:
    key = root.key("units")
    assert key is not None
    return ProblemError("units without activations", key.span, hint="activations: [relu, identity]")


def _refuse_idle_layers(root: MappingNode, data: Mapping[str, Data]) -> None:
    """Refuse W1, W2, … that no activation makes layers of, where there are no equations."""
    idle = [quantity for name, quantity in data.items() if WEIGHT.match(name)]
    if idle and root.get("equations") is None:
        raise ProblemError(
            f"{', '.join(quantity.name for quantity in idle)} without activations",
            idle[0].span,
            hint="activations: [relu, identity], one for each layer",
        )


def _check_weights(data: Mapping[str, Data], layers: int, activations: Value) -> None:
    """Check that there are weights W1, W2, … as many as activations."""
    found = sorted(int(match[1]) for match in map(WEIGHT.match, data) if match)
    if found == list(range(1, layers + 1)):
        return
    for name, quantity in data.items():
        if name.startswith("w") and name[1:].isdigit() and int(name[1:]) not in found:
            raise ProblemError(
                f"{name} is not the weight of a layer",
                quantity.span,
                hint=f"did you mean W{name[1:]}?",
            )
    missing = next((number for number in range(1, layers + 1) if number not in found), None)
    beyond = next((number for number in found if missing is not None and number > missing), None)
    if beyond is not None:
        raise ProblemError(
            f"there is W{beyond}, but no W{missing}",
            data[f"W{beyond}"].span,
            hint="the weights of the layers are W1, W2, … in order",
        )
    have = ", ".join(f"W{number}" for number in found) or "no W1"
    due = "W1 is" if layers == 1 else f"W1 to W{layers} are"
    if layers > len(found):
        raise ProblemError(
            f"{layers} activation{'s' if layers != 1 else ''}, but {have} under weights",
            activations.span,
            "one activation a layer",
            f"{due} due, or fewer activations",
        )
    raise ProblemError(
        f"{len(found)} activations are due, {layers} given",
        activations.span,
        f"one a layer: {have}",
        "write one for each layer, the last for the output; identity for none",
    )


def _layers(count: int) -> str:
    return f"{count} layer{'s' if count != 1 else ''}"


def _unit_weights(
    units: Value, layers: int, data: Mapping[str, Data], start: str, layout: str
) -> dict[str, Data]:
    """Return weights of letters in place of numbers: `units: [M, K]`."""
    dims = read_dims(units)
    if len(dims) != layers:
        raise ProblemError(
            f"units for {_layers(len(dims))}, activations for {_layers(layers)}",
            units.span,
            "one of each a layer",
        )
    shape = data[start].shape
    width: Dim = shape[-1] if shape else 1
    found: dict[str, Data] = {}
    for index, size in enumerate(dims, start=1):
        pair = (size, width) if layout == "units_by_inputs" else (width, size)
        for name, dim in ((f"W{index}", pair), (f"b{index}", (size,))):
            if name in data:
                raise ProblemError(
                    f"{name} comes from units and from weights",
                    data[name].span,
                    f"units in line {units.span.line}",
                    "units stand in place of weights",
                )
            found[name] = Data(name, "weight", dim, units.span)
        width = size
    return found


def _check_target(
    units: Value,
    function: Apply,
    data: Mapping[str, Data],
    start: str,
    root: MappingNode,
    table: Table,
) -> None:
    """Check that the target of `loss:` has an entry a unit of the last layer, a row a sample."""
    targets = [quantity for quantity in data.values() if quantity.role == "target"]
    row = table[function.op]
    same = row.is_elementwise or row.jacobian is not None
    if root.get("loss") is None or len(targets) != 1 or not same:
        return
    (target,) = targets
    fed = data[start]
    if len(fed.shape) == len(target.shape) == 2 and fed.shape[0] != target.shape[0]:
        raise ProblemError(
            f"{start} has {fed.shape[0]} samples, {target.name} has {target.shape[0]}",
            target.span,
            f"{start} in line {fed.span.line}",
            "one sample a row, in both",
        )
    last = read_dims(units)[-1]
    due = target.shape[-1] if target.shape else 1
    if last == due:
        return
    item = units.items[-1] if isinstance(units, SequenceNode) else units
    ways = f"make {target.name} {describe((last,))}, or the last of units {due}"
    letters = [dim for dim in (last, due) if isinstance(dim, str)]
    if len(letters) == 2:
        ways = f"{last} and {due} are two letters: write one for both"
    raise ProblemError(
        f"the last layer has {last} unit{'' if last == 1 else 's'}, {sized(target.name, (due,))}",
        item.span,
        f"{target.name} in line {target.span.line}",
        ways,
    )


def _network_input(root: MappingNode, data: Mapping[str, Data]) -> str:
    """Return the name of the input that feeds the first layer."""
    node = root.get("network_input")
    inputs = [name for name, quantity in data.items() if quantity.role == "input"]
    if node is not None:
        name = canonical(text_of(node, "network_input") or "")
        if name not in inputs:
            raise ProblemError(
                f"{name} is not an input",
                node.span,
                hint=suggestion(
                    name, inputs, "the inputs are " + listed(inputs) if inputs else None
                ),
            )
        return name
    if len(inputs) == 1:
        return inputs[0]
    place = root.key("inputs") or root.key("activations")
    assert place is not None
    raise ProblemError(
        "a network is fed by one input" + ("" if inputs else "; there is none"),
        place.span,
        hint=f"network_input: {inputs[0]}" if inputs else "inputs: {x: [1, 2]}",
    )


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
