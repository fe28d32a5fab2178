"""What pages print of a problem, as it would be typed into a sheet; and random problems."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from gradcalc.algebra.formula.expr import Symbol
from gradcalc.algebra.formula.names import alike
from gradcalc.problem.model import Problem
from gradcalc.problem.names import is_hidden
from gradcalc.problem.reading.loader import load
from gradcalc.problem.solution import Solution
from gradcalc.problem.solve import solve
from gradcalc.report.mathematics.latex import latex
from gradcalc.report.steps.steps import Step, build_steps
from gradcalc.report.steps.value_boxes import value_box
from gradcalc.report.steps.view import View


@dataclass(frozen=True)
class Typed:
    """One printed line: what is named, how, and the value beside it; known: data."""

    quantity: str
    name: str
    value: str
    known: bool = False

    @property
    def line(self) -> str:
        return f"{self.name} = {self.value}"


def printed(solution: Solution, *, unicode: bool = True, typeset: bool = False) -> list[Typed]:
    """Return every quantity of a page, whole and entry by entry, as it is printed.

    typeset: names as LaTeX documents have them.
    """
    view = View(solution, unicode=unicode, full=True)
    names = View(solution, typeset=True).notation if typeset else view.notation
    found: list[Typed] = []
    for step in build_steps(view, "brief"):
        if step.value is None or step.texts is None or is_hidden(step.name):
            continue
        known = step.phase == "known"
        name = names.name(step.name)
        if typeset:
            name = latex(names.box(Symbol(step.name)).math)
        found.append(Typed(step.name, name, _whole(view, step), known))
        if step.formula is not None and not step.given:
            row = view.notation.line(step.formula)
            if _is_number(row):
                found.append(Typed(step.name, name, row, known))
        if step.value.size > 1 and not typeset:
            for at, index in enumerate(np.ndindex(step.value.shape)):
                entry = view.notation.entry_name(step.name, index)
                value = view.notation.number(step.texts[at])
                found.append(Typed(step.name, entry, value, known))
    return found


def _whole(view: View, step: Step) -> str:
    box = value_box(view, step.value, step.texts)
    if box.height == 1:
        return box.rows[0]
    texts = [view.notation.number(each) for each in step.texts]
    step_of = len(texts) // step.shape[0]
    rows = [texts[at : at + step_of] for at in range(0, len(texts), step_of)]
    return "; ".join(" ".join(row) for row in rows)


def _is_number(row: str) -> bool:
    return all(sign in "0123456789.−-/½⅓⅔¼¾⅕⅖⅛" for sign in row)


WORDS = [
    *("alpha", "beta", "gamma", "delta", "epsilon", "eta", "theta", "lam", "mu", "sigma", "phi"),
    *("omega", "rho", "tau", "xi", "psi", "pi", "Delta", "Theta", "α", "δ", "λ", "σ", "ψ"),
    *("h", "s", "o", "u", "q", "E", "J", "C", "Z", "A", "hidden", "out", "net", "é", "ж", "cost"),
    *("ŷ", "xhat", "ubar", "wtilde", "q̂", "h_1", "s_a", "net_j", "dh", "d", "T", "e", "p"),
]
ENDS = ["", "", "", "1", "2", "3", "12", "₁", "₂", "₁₂", "⁽¹⁾", "⁽²⁾", "⁽¹⁾₂"]


def letter(chance: random.Random, taken: set[str]) -> str | None:
    """Return a name that nothing printed alike has, None after many that are refused."""
    for _ in range(20):
        name = chance.choice(WORDS) + chance.choice(ENDS)
        if name[-1:] in "0123456789" and "_" in name:
            continue
        key = _key(name)
        if key not in taken:
            taken.add(key)
            return name
    return None


def _key(name: str) -> str:
    from gradcalc.algebra.formula.names import canonical

    return alike(canonical(name))


def network_text(chance: random.Random) -> str:
    """Return a random network or random equations, its quantities under random names."""
    return _network(chance) if chance.random() < 0.6 else _equations(chance)


def _number(chance: random.Random) -> str:
    return str(round(chance.uniform(-1.5, 1.5), chance.choice((1, 2))) or 0.3)


def _vector(chance: random.Random, count: int) -> str:
    return "[" + ", ".join(_number(chance) for _ in range(count)) + "]"


def _matrix(chance: random.Random, rows: int, columns: int) -> str:
    return "[" + ", ".join(_vector(chance, columns) for _ in range(rows)) + "]"


def _network(chance: random.Random) -> str:
    sizes = [chance.randint(1, 4) for _ in range(chance.randint(2, 4))]
    if chance.random() < 0.1:
        sizes[0] = 11
    weights, shapes = [], {"x": (sizes[0],)}
    for at, (before, after) in enumerate(pairwise(sizes), start=1):
        weights.append(f"W{at}: {_matrix(chance, after, before)}")
        shapes |= {f"W{at}": (after, before), f"z{at}": (after,), f"a{at}": (after,)}
        if chance.random() < 0.8:
            weights.append(f"b{at}: {_vector(chance, after)}")
            shapes[f"b{at}"] = (after,)
    count = len(sizes) - 1
    del shapes[f"a{count}"]
    shapes |= {"yhat": (sizes[-1],), "y": (sizes[-1],), "L": ()}
    functions = [chance.choice(("sigmoid", "tanh", "relu", "softplus")) for _ in range(count)]
    if sizes[-1] > 1 and chance.random() < 0.3:
        functions[-1] = "softmax"
    return (
        f"inputs: {{x: {_vector(chance, sizes[0])}}}\n"
        f"targets: {{y: {_vector(chance, sizes[-1])}}}\n"
        f"weights: {{{', '.join(weights)}}}\n"
        f"activations: [{', '.join(functions)}]\n"
        f"loss: {chance.choice(('half_squared_error', 'squared_error', 'mse'))}\n"
        + _names(chance, shapes)
    )


def _equations(chance: random.Random) -> str:
    count = chance.randint(1, 5)
    x, w, h = chance.sample(["x", "w", "h", "v", "u1", "u2", "s", "g", "c3"], 3)
    end = chance.choice(
        [
            f"sum({h})",
            f"mean({h})",
            f"{h} @ {h} / 2",
            f"sum({h}) + 0*sum({w})",
            f"sum({h}^2)",
            f"sum({h}) / 3",
        ]
    )
    first = chance.choice([f"{w} * {x}", f"tanh({w}) + {x}", f"{w} + {x}", f"sigmoid({x}*{w})"])
    shapes = {x: (count,), w: (count,), h: (count,), "f": ()}
    return (
        f"inputs: {{{x}: {_vector(chance, count)}}}\n"
        f"weights: {{{w}: {_vector(chance, count)}}}\n"
        f"equations: |\n  {h} = {first}\n  f = {end}\n" + _names(chance, shapes)
    )


def _names(chance: random.Random, shapes: dict[str, tuple[int, ...]]) -> str:
    """Return a section `names:` for some of the quantities."""
    taken = {_key(name) for name in shapes}
    said = []
    for name, shape in shapes.items():
        draw = chance.random()
        if draw < 0.45:
            continue
        if draw < 0.8 or not shape:
            own = letter(chance, taken)
            said += [f"{name}: {own}"] if own else []
            continue
        stem = chance.choice(["w", "m", "theta", "k", "v", "eta"])
        keys = [f"{stem}{at}" for at in range(1, int(np.prod(shape)) + 1)]
        if any(_key(key) in taken for key in keys):
            continue
        taken.update(map(_key, keys))
        rows = [keys[at : at + shape[-1]] for at in range(0, len(keys), shape[-1])]
        lists = [f"[{', '.join(row)}]" for row in rows]
        said.append(f"{name}: {lists[0] if len(shape) == 1 else '[' + ', '.join(lists) + ']'}")
    return f"names: {{{', '.join(said)}}}\n" if said else ""


def random_problems(count: int, seed: int) -> Iterator[Problem]:
    """Yield so many random problems."""
    chance = random.Random(seed)
    for _ in range(count):
        yield load(network_text(chance))


def solved(problem: Problem) -> Solution:
    return solve(problem)
