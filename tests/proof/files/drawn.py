"""Random problem files over every key of the format, valid as far as can be foreseen."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

import numpy as np
import yaml

import gradcalc
from gradcalc.algebra.formula.expr import Symbol
from gradcalc.algebra.operations.table import TABLE
from gradcalc.algebra.optimisers import OPTIMISERS, setting
from gradcalc.errors import Source
from gradcalc.grading.classes.scheme import MISTAKES
from gradcalc.problem.model import Problem
from gradcalc.problem.reading.keys import ACCEPT, EXAMPLES, KEYS
from gradcalc.problem.solution import Solution
from tests.proof.files.formulas import ROWS, Lines, array, value

Content = dict[str, Any]
ACTIVATIONS = tuple(row for row in TABLE if row.kind == "activation" and len(row.params) == 1)
LOSSES = tuple(row for row in TABLE if row.kind == "loss" and len(row.params) == 2)
ELEMENTARY = ("sin", "exp", "tanh", "relu", "sigmoid", "abs", "cos", "softplus")
NONE = Symbol("none")
OWN_KEYS = ("inputs", "targets", "weights", "constants", "activations", "units", "equations")
"""Keys that the kinds of files have by themselves."""


@dataclass
class Drawn:
    """A file: what it holds, files beside it, and what it was drawn from."""

    content: Content
    beside: dict[str, bytes] = field(default_factory=dict)
    operations: frozenset[str] = frozenset()
    solution: Solution | None = None

    @property
    def text(self) -> str:
        """Return the file as it is written by hand."""
        return written(self.content)


def written(content: Mapping[str, Any]) -> str:
    """Return a file's text: equations as a block, everything else on a line of its own."""
    parts = []
    for key, held in content.items():
        if key == "equations" and isinstance(held, str) and "\n" in held.strip():
            lines = "".join(f"  {line}\n" for line in held.rstrip("\n").split("\n"))
            parts.append(f"equations: |\n{lines}")
        else:
            text = yaml.safe_dump(
                held, allow_unicode=True, width=10**9, sort_keys=False, default_flow_style=True
            )
            parts.append(f"{_key(key)}: {text.removesuffix('...' + chr(10))}")
    return "".join(parts)


def _key(key: Any) -> str:
    return str(yaml.safe_dump(key, allow_unicode=True)).removesuffix("...\n").rstrip("\n")


# --- kinds of files --------------------------------------------------------------------------


def of_operations(random: Random, first: int) -> tuple[Content, set[str]]:
    """Return a file of equations; the first line applies the row at this place of the table."""
    lines = Lines(random)
    row = ROWS[first % len(ROWS)]
    if lines.apply(row) is None:
        lines.apply(TABLE["sin"])
    for _ in range(random.choice([0, 0, 1, 1, 2, 3])):
        lines.apply(random.choice(ROWS))
    lines.closed()
    positive, shares = random.random() < 0.6, random.random() < 0.25
    content: Content = {}
    for name in lines.data:
        role = random.choice(["inputs", "inputs", "weights", "weights", "constants", "targets"])
        numbers = array(random, lines.shapes[name], positive=positive)
        if row.name in ("embed", "one_hot") or random.random() < 0.03:
            numbers = _each(numbers, lambda number: int(abs(number)) + 1)
        elif shares:
            numbers = _each(numbers, lambda _: random.randint(1, 9) / 10)
        content.setdefault(role, {})[name] = numbers
    content["equations"] = "\n".join(lines.texts)
    return content, lines.operations


def _each(numbers: Any, change: Callable[[float], Any]) -> Any:
    if isinstance(numbers, list):
        return [_each(each, change) for each in numbers]
    return change(numbers)


def network(random: Random, first: int) -> tuple[Content, set[str]]:
    """Return a network, in numbers or in letters, alone or with equations after it."""
    layers = random.choice([1, 1, 2, 2, 3])
    sizes = [random.choice([1, 2, 3, 4]) for _ in range(layers + 1)]
    batch = random.choice([None, None, None, 2, 3])
    turned = random.random() < 0.3
    rows = [random.choice(ACTIVATIONS) for _ in range(layers)]
    loss = LOSSES[first % len(LOSSES)]
    rows[0] = ACTIVATIONS[first % len(ACTIVATIONS)]
    content: Content = {}
    letters = random.random() < 0.15
    if letters:
        names = ["N", "M", "H", "K"]
        kept = [random.choice([names[at], sizes[at]]) for at in range(layers)]
        content["inputs"] = {"x": {"shape": kept[0] if batch is None else [batch, kept[0]]}}
        units = [*kept[1:], random.choice(["K", sizes[-1]])]
        content["targets"] = {"y": {"shape": units[-1] if batch is None else [batch, units[-1]]}}
        content["units"] = units
    else:
        shape = (sizes[0],) if batch is None else (batch, sizes[0])
        target = (sizes[-1],) if batch is None else (batch, sizes[-1])
        content["inputs"] = {"x": array(random, shape)}
        content["targets"] = {"y": _target(random, target)}
        content["weights"] = _weights(random, sizes, turned)
    if turned:
        content["weights_layout"] = "inputs_by_units"
    content["activations"] = [_call(random, row) for row in rows]
    content["loss"] = _call(random, loss)
    if random.random() < 0.15 and not letters:
        content["constants"] = {"lam": 0.1}
        last = f"{loss.name}(a{layers}, y)"
        content["equations"] = f"R = lam/2*sum(W1^2)\nL = {last} + R"
        del content["loss"]
    return content, {row.name for row in rows} | {loss.name}


def _weights(random: Random, sizes: list[int], turned: bool) -> Content:
    weights: Content = {}
    for n in range(1, len(sizes)):
        inputs, units = sizes[n - 1], sizes[n]
        weights[f"W{n}"] = array(random, (inputs, units) if turned else (units, inputs))
        if random.random() < 0.8:
            shape = (units,) if random.random() < 0.8 else ()
            weights[f"b{n}"] = array(random, shape)
    return weights


def _target(random: Random, shape: tuple[int, ...]) -> Any:
    kind = random.random()
    if kind < 0.3 and shape[-1] > 1:
        count = shape[-1]
        if len(shape) == 1:
            return {"class": random.randint(1, count), "of": count}
        return {"class": [random.randint(1, count) for _ in range(shape[0])], "of": count}
    if kind < 0.5:
        one = [[int(at == row % shape[-1]) for at in range(shape[-1])] for row in range(shape[0])]
        return one if len(shape) == 2 else one[0]
    return array(random, shape, positive=random.random() < 0.5)


def _call(random: Random, row: Any) -> str:
    """Return a function as it is named under activations and loss."""
    lines = Lines(random)
    attrs = ", ".join(
        f"{name}={held.name if hasattr(held, 'name') else held.text or held.value}"
        for name, held in lines.parameters(row)
        if name != "reduction" or (random.random() < 0.8 and held != NONE)
    )
    plain = [alias for alias in row.aliases if "(" not in alias]
    name = random.choice(plain) if plain and random.random() < 0.2 else row.name
    return f"{name}({attrs})" if attrs else str(name)


def formula(random: Random, names: list[str], depth: int) -> str:
    """Return a formula of numbers."""
    if depth == 0:
        return random.choice([*names, *names, str(abs(value(random)))])
    a, b, c, d = (formula(random, names, depth - 1) for _ in range(4))
    return random.choice([
        f"({a} + {b})", f"({a} - {b})", f"{a}*{b}", f"({a})^2", f"-{a}", f"({a})^3",
        f"where({a} > {b}, {c}, {d})", f"max({a}, {b})", f"({a})/(1 + ({b})^2)",
        f"{random.choice(ELEMENTARY)}({a})", f"sqrt(1 + ({a})^2)", f"log(2 + ({a})^2)",
        f"2^({a})", f"min({a}, {b})",
    ])  # fmt: skip


def of_indices(random: Random, first: int) -> tuple[Content, set[str]]:
    """Return entries, rows, columns and slices of quantities."""
    n, m = random.choice([2, 3]), random.choice([2, 3])
    content: Content = {
        "inputs": {"v": array(random, (n,)), "X": array(random, (m, n))},
        "targets": {"y": array(random, (n,))},
    }
    terms = [
        f"v[{random.randint(1, n)}]", f"X[{random.randint(1, m)},{random.randint(1, n)}]",
        f"y[{random.randint(1, n)}]", f"sum(X[{random.randint(1, m)}])",
        f"sum(X[:,{random.randint(1, n)}])", f"sum(v[1:{n}])", f"sum(v[2:{n}]*y[2:{n}])",
    ]  # fmt: skip
    one, two, three = (random.choice(terms) for _ in range(3))
    content["equations"] = random.choice([
        f"E = ({one} - {two})^2",
        f"h = {one}*{two}\nE = h + {three}^2",
        f"h = v*X[{random.randint(1, m)}]\nE = sum((h - y)^2) + {three}",
        f"h = sigmoid(X @ v)\nE = h[1]*{three} - h[2]",
        f"p = softmax(v)\nE = -log(p[{random.randint(1, n)}])",
    ])  # fmt: skip
    return content, set()


def of_steps(random: Random, first: int) -> tuple[Content, set[str]]:
    """Return repeated lines: a recurrence, forwards or backwards."""
    steps, size = random.randint(1, 3), random.choice([1, 2, 3])
    back = random.random() < 0.2
    row = random.choice(["tanh", "sigmoid", "relu", "sin"])
    content: Content = {
        "inputs": {"x": array(random, (steps, 2)), "h0": array(random, (size,))},
        "targets": {"y": array(random, (size,))},
        "weights": {"U": array(random, (size, 2)), "W": array(random, (size, size))},
    }
    if back:
        del content["inputs"]["h0"]
        content["inputs"][f"h{steps + 1}"] = array(random, (size,))
        loop = f"for t = {steps}..1:\n  h[t] = {row}(U @ x[t] + W @ h[t+1])"
        last = "h[1]"
    else:
        loop = f"for t = 1..{steps}:\n  h[t] = {row}(U @ x[t] + W @ h[t-1])"
        last = f"h[{steps}]"
    content["equations"] = f"{loop}\nL = half_squared_error({last}, y)"
    return content, {"half_squared_error", row}


def of_own_functions(random: Random, first: int) -> tuple[Content, set[str]]:
    """Return functions that the file defines, with and without a formula."""
    param = random.choice(["z", "x", "y", "s"])
    body = formula(random, [param], random.randint(1, 2))
    count = random.choice([None, 2, 3])
    shape = () if count is None else (count,)
    content: Content = {
        "inputs": {"u": array(random, shape)},
        "targets": {"t": array(random, shape)},
    }
    last = random.choice([
        "L = squared_error(f(u), t)", "h = f(u)\nL = mse(h, t)", "L = sum(f(u)*t)",
        "h = f(u*w)\nL = half_squared_error(h, t)", "L = sum(f(f(u)))",
    ])  # fmt: skip
    if "w" in last:
        content["weights"] = {"w": value(random)}
    content["equations"] = f"f({param}) = {body}\n{last}"
    if random.random() < 0.15:
        content = {
            "inputs": {"w": value(random)} if random.random() < 0.5 else {"w": {"shape": []}},
            "equations": "g(w)\n" + random.choice(["f = sigmoid(g(w))", "f = g(w)^2*w"]),
            "find": "df/dw",
        }
        if "shape" in str(content["inputs"]):
            del content["inputs"]
    return content, set()


def of_letters(random: Random, first: int) -> tuple[Content, set[str]]:
    """Return equations without numbers, of numbers or of vectors."""
    if random.random() < 0.4:
        shape: Any = random.choice([1, 2, "N"])
        content: Content = {
            "inputs": {"a": {"shape": shape}},
            "equations": f"b = {formula(random, ['a'], 1)}\nL = 3*sum(b)",
        }
    else:
        text = formula(random, ["a", "b"], 2)
        found = [f"df/d{name}" for name in "ab" if re.search(rf"\b{name}\b", text)]
        content = {"equations": f"f = {text}", "find": found or "df/da"}
    return content, set()


KINDS: tuple[Callable[[Random, int], tuple[Content, set[str]]], ...] = (
    of_operations, of_operations, of_operations, network, network, of_indices, of_steps,
    of_own_functions, of_letters,
)  # fmt: skip


# --- further keys ----------------------------------------------------------------------------


def short(array_: Any, digits: int = 2) -> Any:
    """Return numbers rounded as a question prints them."""
    return np.round(np.asarray(array_, dtype=float), digits).tolist()


def _names(random: Random, problem: Problem) -> list[str]:
    return [name for name in problem.visible.shapes if "_" not in name]


def _shape(problem: Problem, name: str) -> tuple[Any, ...]:
    return tuple(problem.visible.shapes[name])


def _title(random: Random, file: Drawn) -> Any:
    return random.choice(["A network", "A: b # c", "[bold]x[/] & <i>y</i> $z$ _u_", "=1+1", "ŷ 🙂"])


def _find(random: Random, file: Drawn) -> Any:
    assert file.solution is not None
    names = _names(random, file.solution.problem)
    loss = file.solution.problem.loss
    wanted = [*names, *(f"d{loss}/d{name}" for name in file.solution.problem.data)]
    found = random.sample(wanted, min(len(wanted), random.choice([1, 1, 2, 3])))
    return found[0] if len(found) == 1 else [_entry(random, file, name) for name in found]


def _entry(random: Random, file: Drawn, name: str) -> str:
    """Return a name, or one of its entries."""
    assert file.solution is not None
    shape = file.solution.problem.visible.shapes.get(name, ())
    if not shape or random.random() < 0.7 or any(isinstance(dim, str) for dim in shape):
        return name
    return f"{name}[{','.join(str(random.randint(1, int(dim))) for dim in shape)}]"


def _values(random: Random, file: Drawn, count: int) -> dict[str, Any]:
    assert file.solution is not None
    problem = file.solution.problem
    lines = [name for name in file.solution.values if name not in problem.data]
    lines = [name for name in lines if file.solution.values[name].size <= 30]
    chosen = random.sample(lines, min(len(lines), count))
    return {name: short(file.solution.values[name]) for name in lines if name in chosen}


def _given(random: Random, file: Drawn) -> Any:
    assert file.solution is not None
    if file.solution.values:
        return _values(random, file, random.choice([1, 1, 2]))
    problem = file.solution.problem
    names = [node.name for node in problem.visible.forward]
    name = random.choice(names)
    shape = _shape(problem, name)
    return {name: array(random, [2 if isinstance(dim, str) else dim for dim in shape])}


def _author_names(random: Random, file: Drawn) -> Any:
    assert file.solution is not None
    problem = file.solution.problem
    names = [name for name in _names(random, problem) if "/" not in name]
    letters = iter(random.sample([*"abcefgijklmnorsw", "alpha", "E_1", "theta", "out"], 20))
    found: Content = {}
    for name in random.sample(names, min(len(names), 2)):
        shape = _shape(problem, name)
        if len(shape) == 1 and isinstance(shape[0], int) and shape[0] < 4 and random.random() < 0.5:
            found[name] = [next(letters) for _ in range(shape[0])]
        else:
            found[name] = next(letters)
    return found


def _rounding(random: Random, file: Drawn) -> Any:
    mode = {"mode": random.choice(["half_up", "half_even", "truncate"])}
    some = mode if random.random() < 0.4 else {}
    kind = random.random()
    if kind < 0.35:
        return {"decimals": random.choice([1, 2, 3, 4]), **some}
    if kind < 0.6:
        return {"significant": random.choice([2, 3, 4]), **some}
    assert file.solution is not None
    names = [n for n in file.solution.values if n not in file.solution.problem.data]
    return {name: random.choice([1, 2, 3]) for name in random.sample(names, min(3, len(names)))}


def _kinks(random: Random, file: Drawn) -> Any:
    rows = [row for row in TABLE if row.at_kink]
    used = [row for row in rows if row.name in file.text] or rows
    row = random.choice(used)
    slopes = [random.choice([0, 0.5, 1]) for _ in row.kinks]
    return {row.name: slopes if len(slopes) > 1 else slopes[0]}


def _accept(random: Random, file: Drawn) -> Any:
    return random.sample(ACCEPT, random.randint(1, len(ACCEPT)))


def _choices(random: Random, file: Drawn) -> Content:
    """Return options for the one quantity that is asked for, and the letter of the right one."""
    found = _values(random, file, 1)
    if not found:
        return {}
    ((name, right),) = found.items()
    wrong = [
        (np.asarray(right) * factor + more).tolist() for factor, more in ((-1, 0), (2, 0), (1, 0.1))
    ]
    options: Content = dict(zip("abcd", [*wrong, right], strict=True))
    if random.random() < 0.3:
        options["e"] = "None of these"
    return {"find": name, "options": options, "answer": "d"}


def _options(random: Random, file: Drawn) -> Any:
    found = _choices(random, file)
    file.content |= {key: held for key, held in found.items() if key != "options"}
    return found.get("options") or {"a": 1, "b": 2}


def _answer(random: Random, file: Drawn) -> Any:
    found = _choices(random, file)
    file.content |= {key: held for key, held in found.items() if key != "answer"}
    return found.get("answer", "a")


def _expect(random: Random, file: Drawn) -> Any:
    found = _values(random, file, random.choice([1, 2, 4]))
    if found and random.random() < 0.5:
        name = random.choice(list(found))
        found[name] = (-np.asarray(found[name])).tolist()
    return found


def _marking(random: Random, file: Drawn) -> Any:
    assert file.solution is not None
    names = [n for n in file.solution.values if n not in file.solution.problem.data]
    found: Content = {_entry(random, file, name): random.choice([1, 2, 0.5]) for name in names[:2]}
    more: Content = {"points": 2, "follows": 0.5, "convention": 0.9, "blank": 0, "cap": 10}
    for key in random.sample(list(more), 2):
        found[key] = more[key]
    if random.random() < 0.5:
        found["deduct"] = {random.choice(MISTAKES): 0.5}
    return found


def _descent(random: Random, file: Drawn) -> Any:
    optimiser = random.choice(OPTIMISERS)
    found: Content = {"method": optimiser.name, "steps": random.choice([1, 2, 3, 5])}
    for key, _ in optimiser.defaults:
        if random.random() < 0.3:
            known = setting(key)
            switch = known is not None and known.switch
            found[key] = True if switch else random.choice([0.1, 0.5, 0.9, 0.01])
    if random.random() < 0.2:
        found["learning_rate"] = [0.1] * found["steps"]
    assert file.solution is not None
    data = [d.name for d in file.solution.problem.data.values() if d.role in ("weight", "input")]
    if data and random.random() < 0.4:
        found["parameters"] = random.sample(data, 1)
    return found


def _individual(random: Random, file: Drawn) -> Any:
    assert file.solution is not None
    found: Content = {"seed": random.choice(["spring", 1])}
    data = [each for each in file.solution.problem.data.values() if each.known]
    for each in random.sample(data, min(len(data), 2)):
        kind = random.random()
        drawn: Any = {"from": 1, "to": 3, "step": 0.5}
        if kind < 0.3:
            drawn = [0.25, 0.5, 2]
        elif kind < 0.5:
            drawn = {"from": -2, "to": 2, "step": 1, "without": [0]}
        found[_entry(random, file, each.name)] = drawn
    return found


def _layout(random: Random, file: Drawn) -> Any:
    return random.choice(["numerator", "denominator"])


def _network_input(random: Random, file: Drawn) -> Any:
    inputs = file.content.get("inputs")
    return next(iter(inputs)) if isinstance(inputs, dict) and inputs else "x"


def _loss(random: Random, file: Drawn) -> Any:
    """Return a loss; equations that had one of their own end before it, at a target's shape."""
    lines = str(file.content.get("equations", "")).split("\n")
    if "loss" in file.content or file.solution is None:
        return file.content.get("loss", "mse")
    values = file.solution.values
    before = lines[-2].partition(" =")[0] if len(lines) > 1 else ""
    if before in values and lines[-1].startswith("L ="):
        file.content["equations"] = "\n".join(lines[:-1])
        file.content["targets"] = {"t": array(random, values[before].shape)}
    return random.choice(LOSSES).name


FURTHER: dict[str, Callable[[Random, Drawn], Any]] = {
    "title": _title,
    "source": _title,
    "find": _find,
    "given": _given,
    "names": _author_names,
    "rounding": _rounding,
    "kinks": _kinks,
    "accept": _accept,
    "options": _options,
    "answer": _answer,
    "expect": _expect,
    "marking": _marking,
    "descent": _descent,
    "update": _descent,
    "individual": _individual,
    "jacobian_layout": _layout,
    "network_input": _network_input,
    "loss": _loss,
}
"""Keys that go with any kind of file; a key that stands nowhere here is drawn as its example."""


def beside(random: Random, file: Drawn) -> None:
    """Put the numbers of one quantity into a file beside the problem."""
    places = [
        (role, name)
        for role in ("inputs", "weights", "constants", "targets")
        for name, held in (file.content.get(role) or {}).items()
        if isinstance(held, list)
    ]
    if not places:
        return
    role, name = random.choice(places)
    numbers = np.atleast_1d(np.asarray(file.content[role][name], dtype=float))
    rows = numbers if numbers.ndim == 2 else numbers[None]
    text = "\n".join(",".join(map(repr, row)) for row in rows.tolist()) + "\n"
    file.beside[f"{name}.csv"] = text.encode()
    file.content[role][name] = {"file": f"{name}.csv"}


def draw(seed: int) -> Drawn:
    """Return a file, the same for the same seed; seeds in a row go through table and keys."""
    random = Random(seed)
    content, operations = KINDS[seed % len(KINDS)](random, seed // len(KINDS))
    file = Drawn(content, operations=frozenset(operations))
    solve(file)
    if file.solution is not None:
        keys = [key for key in KEYS if key not in OWN_KEYS]
        first = keys[(seed // len(KINDS)) % len(keys)]
        more = [key for key in keys if random.random() < 0.07]
        for key in dict.fromkeys((first, *more)):
            known = FURTHER.get(key)
            found = known(random, file) if known else yaml.safe_load(EXAMPLES[key])
            if found not in ({}, []) and (key in FURTHER or key not in content):
                file.content[key] = found
    if random.random() < 0.06:
        beside(random, file)
    return file


def solve(file: Drawn) -> None:
    """Keep the solution of a file; none where it is refused, or fails as it will in a command."""
    with contextlib.suppress(Exception):
        file.solution = gradcalc.solve(gradcalc.load(Source("p.yaml", file.text)))
