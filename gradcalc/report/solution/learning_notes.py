"""What the numbers of a solution say about learning: sentences under the answer.

Units that are off, gradients that shrink from layer to layer, saturated units, shares of
a softmax close to 0 or 1: each where it occurs, with the numbers that show it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from gradcalc.algebra.formula.expr import Apply, Symbol
from gradcalc.algebra.formula.expr import parts as all_parts
from gradcalc.algebra.formula.names import gradient_name
from gradcalc.algebra.operations.operation import Operation, formula
from gradcalc.report.mathematics.names import SENTENCE_DIGITS, figure, spelled
from gradcalc.report.solution.entries import FEWEST as TABLED_FROM
from gradcalc.report.solution.entries import MOST as TABLED_TO
from gradcalc.report.steps.view import View

if TYPE_CHECKING:
    from gradcalc.algebra.operations.kernels import Array
    from gradcalc.engine.graph import Node
    from gradcalc.problem.model import Layer

MOST = 3
"""Notes on a page."""
NAMED = 3
"""Units that are named; more are counted."""
SATURATED = 0.01
"""Slope of a sigmoid (|z| > 4.6) or tanh (|z| > 3) below which a unit is saturated."""
STEP = 0.5
"""Each layer's largest gradient is at most this times that of the layer after it …"""
WHOLE = 0.02
"""… and that of the first layer at most this times that of the last,"""
LAYERS = 3
"""in a network of at least so many layers: the gradient vanishes."""
SHARE = 1e-3
"""A share of a softmax that is as close as this to 0 or 1 is remarked on."""
DIGITS = 3


def notes(view: View) -> tuple[str, ...]:
    """Return at most three sentences, the gravest first; none for a problem in letters.

    Nor is there one where lines have no value.
    """
    if not view.values or view.solution.gaps:
        return ()
    found = (*_off(view), *_vanishing(view), *_saturated(view), *_shares(view))
    return tuple(text if view.unicode else spelled(text) for text in found[:MOST])


def _applied(view: View) -> Iterator[tuple[Node, Operation, str]]:
    """Yield the lines that apply an activation to a named quantity, its row and operand."""
    for node in view.problem.visible.forward:
        expr = node.expr
        if isinstance(expr, Apply) and isinstance(expr.args[0], Symbol):
            row = view.problem.table[expr.op]
            if row.kind == "activation" and expr.args[0].name in view.values:
                yield node, row, expr.args[0].name


def _slope(view: View, node: Node, operand: str) -> Array | None:
    """Return the local derivative of a line, entry by entry."""
    name = gradient_name(node.name, operand)
    values = view.solution.values
    if name not in values or values[name].shape != values[operand].shape:
        return None
    return values[name]


def _short(view: View, value: float) -> str:
    return view.notation.number(figure(value, digits=DIGITS))


# --- units that are off -----------------------------------------------------------


def _off(view: View) -> Iterator[str]:
    """Say which units of a layer learn nothing, for one input or for all of a batch."""
    layers = {layer.z: layer for layer in view.problem.layers}
    for node, row, operand in _applied(view):
        slope = _slope(view, node, operand)
        layer = layers.get(operand)
        if slope is None or layer is None or not _rectifies(view, row) or slope.ndim not in (1, 2):
            continue
        off = (slope == 0).all(axis=0) if slope.ndim == 2 else slope == 0
        off &= _untouched(view, layer)
        if slope.ndim == 1 and TABLED_FROM <= slope.size <= TABLED_TO:
            continue  # the table of the entries says it
        if off.any():
            yield _units_off(view, layer, np.flatnonzero(off).tolist(), slope.shape)


def _rectifies(view: View, row: Operation) -> bool:
    """Tell whether a function is a ReLU, or one of the file's own that is made of it."""
    if row.name == "relu":
        return True
    if row.definition is None or row.family:
        return False
    inner = all_parts(formula(row.definition))
    return any(isinstance(part, Apply) and part.op == "relu" for part in inner)


def _untouched(view: View, layer: Layer) -> Array:
    """Return for each unit whether the gradients of its weights and bias are 0."""
    values, loss = view.values, view.problem.loss
    gradient = values.get(gradient_name(loss, layer.weight))
    if gradient is None or gradient.ndim != 2:
        return np.zeros(1, dtype=bool)
    by_unit = gradient if view.problem.layout != "inputs_by_units" else gradient.T
    found = (by_unit == 0).all(axis=1)
    bias = values.get(gradient_name(loss, layer.bias)) if layer.bias else None
    if bias is not None and bias.shape == found.shape:
        found &= bias == 0
    return np.asarray(found)


def _units_off(view: View, layer: Layer, units: Sequence[int], shape: tuple[int, ...]) -> str:
    notation, loss = view.notation, view.problem.loss
    numbers = [str(unit + 1) for unit in units]
    one, every = len(numbers) == 1, len(numbers) == shape[-1]
    z, weight = notation.name(layer.z), notation.name(gradient_name(loss, layer.weight))
    line = "column" if view.problem.layout == "inputs_by_units" else "row"
    if every:
        who = f"The unit of {z} is" if one else f"All {len(numbers)} units of {z} are"
        what = weight
    elif len(numbers) > NAMED:
        who, what = f"{len(numbers)} of {shape[-1]} units of {z} are", f"their {line}s of {weight}"
    else:
        listed = " and ".join(filter(None, (", ".join(numbers[:-1]), numbers[-1])))
        who = f"Unit {listed} of {z} is" if one else f"Units {listed} of {z} are"
        what = f"{line}{'' if one else 's'} {listed} of {weight}"
    verb = "is" if (every or one) else "are"
    learns = "learns" if one else "learn"
    if len(shape) == 1:
        return f"{who} off for this input and {learns} nothing from it: {what} {verb} 0."
    dead = "it on, the unit is dead" if one else "them on, the units are dead"
    return (
        f"{who} off for all {shape[0]} samples and {learns} nothing from them: {what} {verb} 0."
        f" If no other sample switches {dead}; a slope below 0 keeps a unit learning"
        " (leaky_relu, elu, softplus; gradcalc ops relu)."
    )


# --- gradients that shrink --------------------------------------------------------


def _vanishing(view: View) -> Iterator[str]:
    """Say how the gradient shrinks from the last layer to the first."""
    layers, loss = view.problem.layers, view.problem.loss
    names = [gradient_name(loss, layer.z) for layer in layers]
    if len(layers) < LAYERS or any(name not in view.values for name in names):
        return
    largest = [float(np.abs(view.values[name]).max()) for name in names]
    if largest[0] == 0 or largest[0] > WHOLE * largest[-1]:
        return
    if any(before > STEP * after for before, after in pairwise(largest)):
        return
    slopes = {layer.activation.partition("(")[0] for layer in layers}
    bound = {"sigmoid": "σ′ ≤ 1/4", "tanh": "tanh′ ≤ 1"}
    factor = bound.get(next(iter(slopes)), "") if len(slopes) == 1 else ""
    first, last = (view.notation.name(names[at]) for at in (0, -1))
    listed = ", ".join(_short(view, value) for value in reversed(largest))
    entry = "the largest entry is " if any(view.values[name].size > 1 for name in names) else ""
    times = view.notation.number(figure(round(largest[-1] / largest[0]), digits=DIGITS))
    yield (
        f"The gradient vanishes from {last} back to {first}: {entry}{listed} in size. That is"
        f" {times} times less at the first layer; each layer multiplies it by its weights and by"
        f" the slope of its activation{f' ({factor})' if factor else ''}."
    )


# --- saturated units --------------------------------------------------------------


def _saturated(view: View) -> Iterator[str]:
    """Name the most saturated sigmoid or tanh that holds a gradient back."""
    best: tuple[float, str, str, tuple[int, ...]] | None = None
    count = 0
    for node, row, operand in _applied(view):
        slope = _slope(view, node, operand)
        upstream = view.solution.values.get(gradient_name(view.problem.loss, node.name))
        if row.name not in ("sigmoid", "tanh") or slope is None or upstream is None:
            continue
        if _cancels(view, node.name):
            continue
        held = np.where((slope < SATURATED) & (upstream != 0), slope, np.inf)
        count += int(np.isfinite(held).sum())
        index = tuple(int(i) for i in np.unravel_index(int(np.argmin(held)), held.shape))
        if held[index] < (best[0] if best else np.inf):
            best = float(slope[index]), node.name, operand, index
    if best is None:
        return
    least, output, operand, at = best
    notation, loss = view.notation, view.problem.loss

    def shown(name: str) -> str:
        value = float(view.values[name][at])
        return f"{notation.entry_name(name, at)} = {notation.number(_figure(value))}"

    others = f" {count - 1} more {'is' if count == 2 else 'are'}, too." if count > 1 else ""
    yield (
        f"{shown(output)} is saturated: its slope is {_short(view, least)}, and little passes:"
        f" {shown(gradient_name(loss, output))}, but {shown(gradient_name(loss, operand))}.{others}"
    )


def _figure(value: float) -> str:
    return figure(value, digits=SENTENCE_DIGITS)


def _cancels(view: View, name: str) -> bool:
    """Tell whether a loss of probabilities reads a name: its derivative undoes the slope."""
    for node in view.problem.visible.forward:
        expr = node.expr
        if isinstance(expr, Apply) and expr.args[0] == Symbol(name):
            row = view.problem.table[expr.op]
            if row.kind == "loss" and row.domain:
                return True
    return False


# --- shares of a softmax ----------------------------------------------------------


def _shares(view: View) -> Iterator[str]:
    """Say of the first softmax with a share close to 0 or 1 that it is neither."""
    for node, row, operand in _applied(view):
        value = view.values.get(node.name)
        if row.name not in ("softmax", "tempered_softmax") or value is None or value.shape[-1] < 2:
            continue
        if node.name in view.solution.fixed:
            continue
        distance = np.minimum(np.abs(value), np.abs(1 - value))
        if float(distance.min()) > SHARE:
            continue
        index = tuple(int(i) for i in np.unravel_index(int(np.argmax(value)), value.shape))
        if abs(1 - float(value[index])) > SHARE:
            least = int(np.argmin(value))
            index = tuple(int(i) for i in np.unravel_index(least, value.shape))
        near = round(float(value[index]))
        text = (
            view.texts[node.name][int(np.ravel_multi_index(index, value.shape))]
            if (node.name in view.texts)
            else _figure(float(value[index]))
        )
        name, z = view.notation.entry_name(node.name, index), view.notation.name(operand)
        number = view.notation.number(text)
        start = f"{name} = {number} is close to {near}, but not {near}"
        if float(text) == near:
            start = f"{name} prints as {number} and is not: the digits run out"
        yield (
            f"{start}. exp({z}) is above 0 in every entry, so no share is 0 and none is the whole"
            " (gradcalc ops softmax)."
        )
        return
