"""Write a problem file to start from: a dense network with numbers to work with by hand.

The numbers are drawn at random from a seed, unit by unit, until no unit lies near a
kink or is saturated; then the file is loaded, solved and checked like any other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from random import Random
from textwrap import wrap

import numpy as np

from gradcalc.algebra.formula.expr import Apply, Symbol
from gradcalc.algebra.operations.inference import resolve
from gradcalc.algebra.operations.kernels import Array
from gradcalc.algebra.operations.table import TABLE
from gradcalc.errors import ProblemError, Source, Span
from gradcalc.problem.authoring.draw_network import (
    BINARY,
    Attempt,
    NetworkNumbers,
    NoNumbersError,
    Settings,
    written,
)
from gradcalc.problem.reading.dense_layers import activation
from gradcalc.problem.reading.loader import load
from gradcalc.problem.reading.network import loss_call
from gradcalc.problem.solve import solve

MAX_UNITS = 20
MAX_SIZES = 8
MAX_DECIMALS = 3
NETWORKS, WIDTH, NARROW = 12, 80, 8
_ALIKE, _AS_BEFORE = ("sigmoid", "tanh"), "as in the layers before"
_OUTPUTS = {
    "binary_cross_entropy": ("sigmoid", "this loss takes a probability"),
    "binary_cross_entropy_with_logits": ("identity", "this loss has the sigmoid inside"),
    "weighted_bce_with_logits": ("identity", "this loss has the sigmoid inside"),
    "focal": ("identity", "this loss has the sigmoid inside"),
    "cross_entropy": ("softmax", "this loss takes the probabilities of classes"),
    "softmax_cross_entropy": ("identity", "this loss has the softmax inside"),
    "smoothed_cross_entropy": ("identity", "this loss has the softmax inside"),
    "hinge": ("identity", "this loss takes a score"),
}
_DOUBLED = {
    "weighted_bce_with_logits": ("sigmoid", "binary_cross_entropy"),
    "focal": ("sigmoid", "binary_cross_entropy"),
    "smoothed_cross_entropy": ("softmax", "cross_entropy"),
    "binary_cross_entropy_with_logits": ("sigmoid", "binary_cross_entropy"),
    "softmax_cross_entropy": ("softmax", "cross_entropy"),
}


def settings(
    sizes: Sequence[int], functions: str | None, loss: str, decimals: int, seed: int
) -> Settings:
    """Return checked settings; one activation is that of all hidden layers.

    Raises ProblemError for an unknown function, and for functions, sizes and a loss that
    do not go together.
    """
    call = _loss(loss)
    layers = len(sizes) - 1
    found = [_function(text) for text in split_calls(functions or "sigmoid")]
    why = ""
    if len(found) == 1 and (layers > 1 or functions is None):
        output, why = _output(found[0], call)
        found = [*found * (layers - 1), output]
        if why == _AS_BEFORE and layers == 1:
            why = "where no activation is asked for"
    if len(found) != layers:
        raise ProblemError(
            f"{len(found)} activations for {layers} layers",
            hint=f"one a layer, {layers} in all, or one for all hidden layers",
        )
    made = Settings(tuple(sizes), tuple(found), call, decimals, seed, why)
    _check_together(made)
    return made


def split_calls(text: str) -> list[str]:
    """Return the parts between the commas that stand outside of parentheses.

    >>> split_calls("relu, huber(delta=1, reduction=sum)")
    ['relu', 'huber(delta=1, reduction=sum)']
    """
    return [part.strip() for part in re.split(r",(?![^(]*\))", text)]


def _typed(option: str, text: str) -> Span:
    return Span(Source(option, text), 1, 1, max(1, len(text)))


def _function(text: str) -> Apply:
    if not text:
        raise ProblemError("an activation is missing", hint="relu,identity")
    span = _typed("--activation", text)
    found = activation(text, TABLE, span)
    row = TABLE[found.op]
    if len(row.params) != 1:
        raise ProblemError(f"{found.op} takes several operands and is no activation")
    if row.vjp is not None and row.shape(((2,),), row.attributes) != (2,):
        raise ProblemError(
            f"{found.op} hands on fewer values than its layer has units",
            hint="write such a file by hand; gradcalc ops shows how it is used",
        )
    if row.derivative == ("0",):
        raise ProblemError(f"{found.op} passes no gradient on: its derivative is 0")
    return _resolved(found, ("x",), span)


def _loss(text: str) -> Apply:
    span = _typed("--loss", text)
    return _resolved(loss_call(text, span, TABLE), ("y", "t"), span)


def _resolved(call: Apply, operands: tuple[str, ...], span: Span) -> Apply:
    """Return a call under the table's own name, its parameters checked."""
    args = tuple(Symbol(name) for name in operands)
    found = resolve(Apply(call.op, args, call.attrs), TABLE, span)
    assert isinstance(found, Apply)
    return Apply(found.op, (), found.attrs)


def _output(hidden: Apply, loss: Apply) -> tuple[Apply, str]:
    """Return the activation of the output that goes with the loss, and why."""
    if loss.op in _OUTPUTS:
        name, why = _OUTPUTS[loss.op]
        return Apply(name, ()), why
    if hidden.op in _ALIKE:
        return hidden, _AS_BEFORE
    return Apply("identity", ()), "so that the output can take any value"


def _check_together(made: Settings) -> None:
    """Refuse what has no gradient, or no value."""
    loss, last = made.loss.op, made.activations[-1].op
    doubled, plain = _DOUBLED.get(loss, ("", ""))
    if last == doubled:
        raise ProblemError(
            f"{loss} has {doubled} inside, and the output is a {doubled} already",
            hint=f"use {plain}, or identity for the output",
        )
    if TABLE[loss].domain and last not in ("sigmoid", "softmax"):
        due = _OUTPUTS.get(loss, ("sigmoid",))[0]
        raise ProblemError(
            f"{loss} takes probabilities, and {last} gives other numbers too"
            if loss in _OUTPUTS
            else f"{loss} takes numbers above 0, and {last} gives others too",
            hint=f"name {due} for the output",
        )
    if TABLE[loss].per_sample and made.sizes[-1] == 1:
        raise ProblemError(
            f"{loss} compares classes, and one output is one class",
            hint="two or more units in the last layer, or binary_cross_entropy",
        )
    for size, function in zip(made.sizes[1:], made.activations, strict=True):
        if size == 1 and TABLE[function.op].vjp is not None:
            raise ProblemError(
                f"{function.op} of one unit is always {0 if 'log' in function.op else 1}",
                hint="give that layer two or more units",
            )


# --- the file ------------------------------------------------------------------------------


def fresh(made: Settings) -> str:
    """Return the text of a problem file with comments, the same for the same settings.

    Raises ProblemError where no numbers are found, as for a step that passes no gradient.
    """
    rng = Random(made.seed)
    best: tuple[int, str] | None = None
    for _ in range(NETWORKS):
        try:
            numbers = Attempt(made, rng).numbers()
            body = _body(made, numbers)
            values = solve(load(body)).values
        except (NoNumbersError, ProblemError):
            continue
        lost = _lost(made, values)
        if best is None or lost < best[0]:
            best = lost, body + _suggestions(made, values)
        if not lost:
            break
    if best is None:
        raise ProblemError(
            "no numbers were found that suit this network",
            hint="try another --seed or --decimals, or smaller layers",
        )
    return best[1]


def places(made: Settings) -> int:
    """Return the decimals that the file suggests for a calculation by hand."""
    return max(3, made.decimals + 2)


def _lost(made: Settings, values: Mapping[str, Array]) -> int:
    """Return how many entries of gradients vanish when rounded; a whole gradient counts more."""
    lost = 0
    for number in range(1, len(made.sizes)):
        for letter in "Wb":
            gradient = values[f"dL/d{letter}{number}"]
            rounded = np.round(gradient, places(made))
            lost += int(np.count_nonzero((rounded == 0) & (gradient != 0)))
            lost += 0 if rounded.any() else 1000
    return lost


def _body(made: Settings, numbers: NetworkNumbers) -> str:
    """Return the keys with their comments."""
    sizes, calls = made.sizes, [written(call) for call in made.activations]
    names = [call.op for call in made.activations]
    shape, last = "-".join(map(str, sizes)), len(calls)
    lines = [
        "# A problem file to start from: gradcalc solve FILE shows the worked solution.",
        "# What follows a # is a comment. Change any number, size or name below.",
        f"# Made by gradcalc new {made.call}",
        "",
        "# shown above the solution",
        f"title: A {shape} network with {' and '.join(dict.fromkeys(names))}",
        "",
        "# one sample is a list; several samples are rows: [[1, 2], [3, 4]]",
        "inputs:",
        *_listed("x", numbers.inputs),
        "",
        f"# what the output is compared with; {_target_words(made)}",
        "targets:",
        *_listed("y", numbers.targets),
        "",
        "# a row of W1 is a unit, a column an input: z1 = W1 x + b1; W2, b2 make the next",
        "# layer, and so on; without a b1 the first layer has no bias",
        "weights:",
    ]
    for number, (weight, bias) in enumerate(zip(numbers.weights, numbers.biases, strict=True), 1):
        lines += [*_rows(f"W{number}", weight), *_listed(f"b{number}", bias, always=True)]
    quoted = ", ".join(f"'{text}'" if "," in text else text for text in calls)
    lines += ["", "# one a layer, the output's last (`gradcalc ops` lists them)"]
    if made.why:
        lines.append(f"# chosen for the output: {calls[-1]}, {made.why}")
    lines += [*_wrapped("activations: [", quoted.split(", "), "]"), ""]
    lines += [
        f"# L, of the output and the target: yhat is what layer {last} gives, y the target",
        f"loss: {written(made.loss)}",
    ]
    return "\n".join(lines) + "\n"


def _target_words(made: Settings) -> str:
    loss = made.loss.op
    if TABLE[loss].per_sample:
        return "1 for the right class, 0 for the others"
    if TABLE[loss].family == TABLE["hinge"].family:
        return "1 or -1"
    if loss.startswith(BINARY):
        return "1 or 0"
    return "one number an output"


def _suggestions(made: Settings, values: Mapping[str, Array]) -> str:
    """Return further keys as comments; each holds when its # is removed."""
    short = [name for name in ("a1", "yhat") if name in values and values[name].size <= NARROW]
    known = _short(values[short[0]]) if short else f"{values['L']:.3g}"
    bias = f"dL/db{len(made.sizes) - 1}"
    right = float(values[bias][0])
    letters = [
        f"{letter}: {number:.4g}"
        for letter, number in zip("abc", (right, -right, 2 * right), strict=True)
    ]
    lines = [
        "",
        "# More keys, to use without the # in front (problems/README.md explains all):",
        "",
        "# which way the weights are written; inputs_by_units: z = x W + b",
        "#weights_layout: units_by_inputs",
        "",
        "# values that the question prints: they are used as they stand",
        f"#given: {{{short[0] if short else 'L'}: {known}}}",
        "",
        "# every computed value rounded, as on paper",
        f"#rounding: {{decimals: {places(made)}}}",
        "",
        "# what is asked for; without it, all weights and biases",
        f"#find: '{bias}[1]'",
        "",
        "# answers to choose from, and the letter of the right one",
        f"#options: {{{', '.join(letters)}}}",
        "#answer: a",
    ]
    return "\n".join(lines) + "\n"


def _short(values: Array) -> str:
    """Return a vector as a question prints it: two decimals at most."""
    return "[" + ", ".join(f"{round(value, 2) + 0.0:g}" for value in values.tolist()) + "]"


def _listed(name: str, numbers: Sequence[Decimal], always: bool = False) -> list[str]:
    """Return a vector; one number stands without brackets."""
    if len(numbers) == 1 and not always:
        return [f"  {name}: {numbers[0]}"]
    return _wrapped(f"  {name}: [", [str(number) for number in numbers], "]")


def _rows(name: str, rows: Sequence[Sequence[Decimal]]) -> list[str]:
    lines: list[str] = []
    lead = f"  {name}: ["
    for index, row in enumerate(rows):
        start = lead if not index else " " * len(lead)
        end = "]" if index == len(rows) - 1 else ","
        lines += _wrapped(start + "[", [str(number) for number in row], "]" + end)
    return lines


def _wrapped(start: str, items: Sequence[str], end: str) -> list[str]:
    """Return a list on one line, or on more that stand under its first entry."""
    inner = wrap(
        ", ".join(items),
        WIDTH - len(start) - len(end),
        break_long_words=False,
        break_on_hyphens=False,
    )
    lines = [(start if not at else " " * len(start)) + part for at, part in enumerate(inner)]
    lines[-1] += end
    return lines
