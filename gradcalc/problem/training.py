"""Unroll a descent: one pass forward and backward a step, then every parameter at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from gradcalc.algebra.expr import Expr, Symbol, substitute
from gradcalc.algebra.kernels import Array
from gradcalc.algebra.names import gradient_name
from gradcalc.algebra.optimisers import GRADIENT, PARAMETER, SETTINGS, STEP
from gradcalc.algebra.shapes import Shape
from gradcalc.engine.evaluate import EvaluationError, Program
from gradcalc.engine.graph import Node
from gradcalc.problem.descent import Descent
from gradcalc.problem.existence import located
from gradcalc.problem.model import Problem, Solution

Values = Mapping[str, Array]


@dataclass(frozen=True)
class Update:
    """One step: the values before it, the gradients there, the values after it.

    loss: before the step, None for an upstream gradient that is handed in. assigned:
    parameter → the value of each equation of the step, in their order. state: parameter →
    what the equations kept from the step before. entered: parameter → the state before.
    """

    number: int
    rate: float
    loss: Array | None
    before: Values
    gradients: Values
    entered: Mapping[str, Values]
    assigned: Mapping[str, tuple[Array, ...]]
    state: Mapping[str, Values]
    after: Values


@dataclass(frozen=True)
class Training:
    """The steps of a descent.

    loss, gradients: after the last step; none where they have no value. stopped: in words,
    why and after which step. begun: the gradients of the first step exist.
    """

    descent: Descent
    updates: tuple[Update, ...]
    loss: Array | None
    gradients: Values
    stopped: str | None = None
    begun: bool = True

    @property
    def values(self) -> Values:
        """Return the parameters after the last step."""
        return self.updates[-1].after if self.updates else {}


def train(solution: Solution) -> Training:
    """Return the steps that `descent:` asks for, from the values of a solution.

    The first step has the gradients of the solution, given values in force; later ones
    follow from the parameters alone. Every value is rounded as the problem rounds. A step
    whose values are not finite numbers ends the descent.
    """
    problem = solution.problem
    descent = problem.descent
    assert descent is not None
    rules = {name: _Rules(descent, name, problem) for name in descent.parameters}
    values = {name: data.array for name, data in problem.data.items()}
    values |= {name: problem.given[name].array for name in problem.upstream_names}
    kept: dict[str, Values] = {
        name: {letter: np.zeros(values[name].shape) for letter in descent.state}
        for name in descent.parameters
    }
    found: list[Update] = []
    current: Values = solution.values
    stopped, begun = None, True
    for number in range(1, descent.steps + 1):
        before = {name: values[name] for name in descent.parameters}
        gradients = {name: current[name] for name in descent.gradients}
        lost = [name for name, value in gradients.items() if np.isnan(value).any()]
        if lost:
            stopped = f"Step {number} cannot be taken: {lost[0]} does not exist"
            begun = False
            break
        try:
            assigned = {
                name: rule.run(number, before[name], gradients[rule.gradient], kept[name])
                for name, rule in rules.items()
            }
        except EvaluationError as error:
            stopped = f"Step {number} has no value: {_reason(error)}"
            break
        after = {name: _last(descent, assigned[name], PARAMETER) for name in rules}
        entered, kept = kept, {name: _state(descent, assigned[name]) for name in rules}
        loss = current.get(problem.loss)
        rate = descent.rate(number).value
        found.append(Update(number, rate, loss, before, gradients, entered, assigned, kept, after))
        values |= after
        if problem.upstream:
            current = {}
            break
        try:
            current = _passes(problem, values)
        except EvaluationError as error:
            said = located(problem, error)
            stopped = f"After step {number}, {said.message}"
            current = {}
            break
    ends = {name: current[name] for name in descent.gradients if name in current}
    return Training(descent, tuple(found), current.get(problem.loss), ends, stopped, begun)


def _passes(problem: Problem, values: Values) -> Values:
    """Return the values of both passes under the names that people see."""
    found = problem.program.run(values, {}, problem.rounding)
    new = {name: found[old] for old, name in problem.visible.names.items() if old in found}
    return {name: np.asarray(np.add(value, 0.0)) for name, value in {**found, **new}.items()}


def _reason(error: EvaluationError) -> str:
    if "overflow" in error.reason:
        return "the gradient is too large to compute with"
    return "a division by 0" if "divide" in error.reason else "0/0, or a root of less than 0"


def _last(descent: Descent, assigned: tuple[Array, ...], letter: str) -> Array:
    pairs = zip(descent.assignments, assigned, strict=True)
    return [value for line, value in pairs if line.name == letter][-1]


def _state(descent: Descent, assigned: tuple[Array, ...]) -> Values:
    return {letter: _last(descent, assigned, letter) for letter in descent.state}


class _Rules:
    """The equations of one parameter, compiled: once for the first step, once for the rest."""

    def __init__(self, descent: Descent, parameter: str, problem: Problem) -> None:
        self.descent, self.problem, self.parameter = descent, problem, parameter
        self.gradient = gradient_name(descent.loss, parameter)
        self.rows = [row for row in SETTINGS if row.key in descent.settings and not row.switch]
        shape = problem.data[parameter].shape
        inputs: dict[str, Shape] = {row.letter: () for row in self.rows}
        inputs |= {STEP: (), GRADIENT: shape, PARAMETER: shape}
        inputs |= dict.fromkeys(descent.state, shape)
        self.inputs, self.shape = inputs, shape
        self.programs = [self.compiled(1), self.compiled(2)]

    def compiled(self, step: int) -> Program:
        nodes = [Node(name, expr, self.shape) for name, expr in self.versions(step)]
        return Program(nodes, self.inputs, self.problem.table)

    def versions(self, step: int) -> Iterator[tuple[str, Expr]]:
        """Yield the equations with a name of its own for each value that a letter takes."""
        newest: dict[str, Symbol] = {}
        for at, line in enumerate(self.descent.assignments):
            yield _version(at, line.name), substitute(line.at(step), newest)
            newest[line.name] = Symbol(_version(at, line.name))

    def run(self, step: int, value: Array, gradient: Array, kept: Values) -> tuple[Array, ...]:
        """Return the value of each equation in one step."""
        settings = {row.letter: self.descent.settings[row.key] for row in self.rows}
        settings["eta"] = self.descent.rate(step).value
        numbers = {letter: np.asarray(number) for letter, number in settings.items()}
        inputs = {**numbers, STEP: np.asarray(float(step)), GRADIENT: gradient}
        program = self.programs[min(step, 2) - 1]
        found = program.run({**inputs, PARAMETER: value, **kept}, {}, self.adjust)
        names = [name for name, _ in program.names]
        return tuple(np.asarray(found[name]) for name in names)

    @property
    def adjust(self) -> Callable[[str, Array], Array] | None:
        """Return what rounds the value of an equation; only the parameter goes by its name."""
        rounding = self.problem.rounding
        if rounding is None:
            return None
        own = {
            _version(at, PARAMETER): self.parameter for at in range(len(self.descent.assignments))
        }
        return lambda name, value: rounding(own.get(name, name), value)


def _version(at: int, letter: str) -> str:
    return f"{letter}:{at}"
