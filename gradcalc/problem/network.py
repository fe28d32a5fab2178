"""Read the network of a problem file: weights or units, activations, the input."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gradcalc.algebra.expr import Apply
from gradcalc.algebra.names import canonical
from gradcalc.algebra.operations import Table
from gradcalc.algebra.shapes import Dim, describe
from gradcalc.errors import ProblemError, listed, suggestion
from gradcalc.problem.data import fit, read_dims
from gradcalc.problem.document import MappingNode, SequenceNode, Value
from gradcalc.problem.layers import WEIGHT, Network, activation, network
from gradcalc.problem.model import Data, sized
from gradcalc.problem.schema import items_of, text_of

_GAP = re.compile(r"\s*([\w.]+(?:\([^()]*\))?)(\s+)([A-Za-z][\w.]*(?:\([^()]*\))?)")


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
