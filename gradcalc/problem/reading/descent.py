"""Read which optimiser moves which parameters, with which settings, how many steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gradcalc.algebra.formula.names import canonical
from gradcalc.algebra.formula.shapes import size
from gradcalc.algebra.optimisers import (
    OPTIMISERS,
    SETTINGS,
    SGD,
    Optimiser,
    Setting,
    nearest,
    resolve,
    setting,
)
from gradcalc.errors import ProblemError, listed, suggestion
from gradcalc.problem.model import Data, Descent
from gradcalc.problem.names import Names
from gradcalc.problem.reading.keys import items_of
from gradcalc.problem.text.numbers import Numeral, read_number
from gradcalc.problem.text.yaml_nodes import MappingNode, ScalarNode, SequenceNode, Value

MAX_STEPS = 10_000
MAX_NUMBERS = 1_000_000
"""Entries of parameters times steps: what is kept of a descent."""
OWN = ("method", "steps", "parameters", "betas")
_YES = {"true": 1.0, "yes": 1.0, "false": 0.0, "no": 0.0}


def read_descent(root: MappingNode) -> Descent | None:
    """Return what `descent:` or `update:` says, its parameters not yet looked up.

    Raises ProblemError for a setting that the optimiser does not have or that is out of
    range, and for a number of steps that does not fit the learning rates.
    """
    keys = [key for name in ("descent", "update") if (key := root.key(name)) is not None]
    if not keys:
        return None
    if len(keys) > 1:
        raise ProblemError(
            "descent and update are one key", keys[1].span, hint="put both under descent"
        )
    section = root.get(keys[0].text)
    assert isinstance(section, MappingNode)
    optimiser, preset = _method(section.get("method"))
    cells: dict[str, Numeral] = {}
    rates: tuple[Numeral, ...] = ()
    steps: Numeral | None = None
    for key, value in section.pairs:
        if key.text == "steps":
            steps = _steps(value)
        elif key.text == "betas":
            _put(cells, _betas(value, optimiser, key), key)
        elif key.text not in OWN:
            row = _setting(key, optimiser)
            if row.key == "learning_rate":
                rates = _rates(row, value)
                _put(cells, {row.key: rates[0]}, key)
            else:
                _put(cells, {row.key: _number(row, value)}, key)
    texts = {**dict(optimiser.defaults), **dict(preset)}
    texts |= {key: cell.text for key, cell in cells.items()}
    settings = {key: float(text) for key, text in texts.items() if key not in cells}
    settings |= {key: cell.value for key, cell in cells.items()}
    _check_nesterov(optimiser, settings, section)
    if not rates:
        rates = (Numeral(settings["learning_rate"], texts["learning_rate"], section.span),)
    if steps is not None and len(rates) > 1 and len(rates) != int(steps.value):
        raise ProblemError(
            f"{len(rates)} learning rates for {int(steps.value)} "
            + ("step" if steps.value == 1 else "steps"),
            steps.span,
            hint="one rate for all steps, or one a step",
        )
    return Descent(
        optimiser,
        settings,
        texts,
        rates,
        int(steps.value) if steps else len(rates),
        keys[0].span,
        items_of(section.get("parameters")),
        place=steps.span if steps else keys[0].span,
    )


def moved(plan: Descent | None, names: Names, data: Mapping[str, Data]) -> tuple[str, ...]:
    """Return the quantities that `parameters:` lists.

    Raises ProblemError for what is no quantity of the file, or one that is not to be moved.
    """
    found: dict[str, None] = {}
    known = {name: each for name, each in data.items() if each.role in ("weight", "input")}
    for node in plan.named if plan else ():
        name = canonical(node.text.strip())
        taken = names.taken.get(name)
        name = taken.name if taken is not None and taken.index is None else name
        if name not in known:
            role = f"a {data[name].role}" if name in data else "no quantity that the file gives"
            raise ProblemError(
                f"{node.text.strip()} is {role}, and cannot be moved",
                node.span,
                hint=suggestion(name, known, "parameters are " + listed(known)),
            )
        found[name] = None
    return tuple(name for name in data if name in found)


def settled(
    plan: Descent | None,
    listed_ones: tuple[str, ...],
    wanted: tuple[str, ...],
    data: Mapping[str, Data],
    loss: str,
    *,
    upstream: bool,
) -> Descent | None:
    """Return what `descent:` says with the parameters that are moved.

    Without `parameters:` these are the weights, or where there are none, the inputs that
    are differentiated by. Raises ProblemError where there is nothing to move, where the
    steps are too many to keep, and where there is only an upstream gradient.
    """
    if plan is None:
        return None
    weights = tuple(name for name in wanted if name in data and data[name].role == "weight")
    inputs = tuple(name for name in wanted if name in data and data[name].role == "input")
    parameters = listed_ones or weights or inputs
    if not parameters:
        raise ProblemError(
            "descent has nothing to move", plan.span, hint="name them: parameters: [x]"
        )
    if upstream and plan.steps > 1:
        raise ProblemError(
            "an upstream gradient that is handed in is that of one step",
            plan.place,
            hint="steps: 1, or a loss instead of the gradient",
        )
    entries = sum(size(data[name].shape) or 0 for name in parameters)
    if entries * plan.steps > MAX_NUMBERS:
        raise ProblemError(
            f"{plan.steps} steps of {entries} numbers are too many to keep",
            plan.place,
            hint=f"at most {MAX_NUMBERS // entries} steps here"
            if entries <= MAX_NUMBERS
            else f"at most {MAX_NUMBERS} numbers can be moved",
        )
    return replace(plan, parameters=parameters, loss=loss)


def _method(node: Value | None) -> tuple[Optimiser, tuple[tuple[str, str], ...]]:
    if node is None:
        return SGD, ()
    name = node.text.strip() if isinstance(node, ScalarNode) else ""
    found = resolve(name) if name else None
    if found is None:
        near = nearest(name)
        raise ProblemError(
            f"{name or 'this'} is not an optimiser that gradcalc knows",
            node.span,
            hint=f"did you mean {near}?"
            if near
            else "known are " + listed(row.name for row in OPTIMISERS),
        )
    return found


def _setting(key: ScalarNode, optimiser: Optimiser) -> Setting:
    """Return the setting that a key means, if this optimiser has it."""
    row, own = setting(key.text), dict(optimiser.defaults)
    if row is not None and row.key in own:
        return row
    others = [each.name for each in OPTIMISERS if row and row.key in dict(each.defaults)]
    words = {word: each.key for each in SETTINGS for word in (each.key, *each.aliases)}
    near = suggestion(key.text, [*OWN, *(w for w, k in words.items() if k in own)])
    raise ProblemError(
        f"{key.text} is not a setting of {'descent' if row is None else optimiser.name}",
        key.span,
        hint=f"method: {' or '.join(others)} has it"
        if others
        else near
        or listed(dict.fromkeys(("learning_rate", "steps", "method", "parameters", *own))),
    )


def _put(cells: dict[str, Numeral], new: Mapping[str, Numeral], key: ScalarNode) -> None:
    """Keep settings; refuse one that another key has set."""
    for name in new:
        if name in cells:
            raise ProblemError(f"{name} is set twice", key.span, hint="remove one of the two")
    cells |= new


def _number(row: Setting, node: Value) -> Numeral:
    """Return the value of a setting within its bounds."""
    if row.switch:
        word = node.text.strip().casefold() if isinstance(node, ScalarNode) else ""
        if word not in _YES:
            raise ProblemError(f"{row.key} is true or false", node.span)
        return Numeral(_YES[word], word, node.span)
    cell = read_number(node, row.key)
    if cell.value < 0 or (row.above and cell.value == 0):
        least = "larger than 0" if row.above else "at least 0"
        climbs = row.key == "learning_rate" and cell.value < 0
        hint = "to climb instead, write maximise: true" if climbs else None
        what = "a learning rate" if row.key == "learning_rate" else row.key
        raise ProblemError(f"{what} is {least}", node.span, hint=hint)
    if row.below is not None and cell.value >= row.below:
        raise ProblemError(f"{row.key} is at least 0 and less than {row.below:g}", node.span)
    return cell


def _rates(row: Setting, node: Value) -> tuple[Numeral, ...]:
    if not isinstance(node, SequenceNode):
        return (_number(row, node),)
    if not 1 <= len(node.items) <= MAX_STEPS:
        raise ProblemError(f"1 to {MAX_STEPS} learning rates are due", node.span)
    return tuple(_number(row, item) for item in node.items)


def _betas(node: Value, optimiser: Optimiser, key: ScalarNode) -> dict[str, Numeral]:
    if "beta1" not in dict(optimiser.defaults):
        raise ProblemError(
            f"betas is not a setting of {optimiser.name}",
            key.span,
            hint="method: adam or adamw has it",
        )
    if not isinstance(node, SequenceNode) or len(node.items) != 2:
        raise ProblemError("betas are two numbers", node.span, hint="betas: [0.9, 0.999]")
    rows = [row for row in SETTINGS if row.key in ("beta1", "beta2")]
    return {row.key: _number(row, item) for row, item in zip(rows, node.items, strict=True)}


def _steps(node: Value) -> Numeral:
    cell = read_number(node, "steps")
    if cell.value != int(cell.value) or not 1 <= cell.value <= MAX_STEPS:
        raise ProblemError(f"steps is a whole number from 1 to {MAX_STEPS}", cell.span)
    return cell


def _check_nesterov(
    optimiser: Optimiser, settings: Mapping[str, float], section: MappingNode
) -> None:
    """Refuse Nesterov's momentum without momentum, or with dampening."""
    if not settings.get("nesterov"):
        return
    if not settings["momentum"] or settings["dampening"]:
        key = section.key("nesterov") or section.key("method")
        raise ProblemError(
            "Nesterov's momentum needs a momentum and no dampening",
            key.span if key else section.span,
            hint="momentum: 0.9" if not settings["momentum"] else "remove dampening",
        )
