"""Solve a problem: evaluate both passes, check every backward line, unroll a descent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal, TypeAlias

import numpy as np

from gradcalc.algebra.formula.expr import Expr, Symbol, substitute
from gradcalc.algebra.formula.names import gradient_name
from gradcalc.algebra.formula.shapes import Shape
from gradcalc.algebra.operations.kernels import Array
from gradcalc.algebra.optimisers import GRADIENT, PARAMETER, SETTINGS, STEP
from gradcalc.engine.evaluate import EvaluationError, Program
from gradcalc.engine.graph import Node
from gradcalc.engine.rounding import Rounding
from gradcalc.engine.undefined_values import tolerant
from gradcalc.errors import ProblemError
from gradcalc.problem.evaluation_errors import located
from gradcalc.problem.model import Descent, Problem
from gradcalc.problem.solution import Comparison, Gap, Solution, Training, Update, Values
from gradcalc.problem.undefined_lines import Evaluation, gaps, refuse_nothing, run

Given: TypeAlias = Literal["trust", "recompute", "fail"]


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


class SolvedValues(Mapping[str, Array]):
    """Values by name; a Jacobian is built when it is read."""

    def __init__(self, ready: dict[str, Array], late: dict[str, Callable[[], Array]]) -> None:
        self._ready, self._late = ready, late
        self._names = (*ready, *late)

    def __getitem__(self, name: str) -> Array:
        if name not in self._ready:
            self._ready[name] = self._late[name]()
        return self._ready[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def solve(problem: Problem, given: Given = "trust") -> Solution:
    r"""Return all values of both passes, checked against central differences.

    given: `trust` uses the file's given values, `recompute` what the equations make
    of the inputs, `fail` refuses values that contradict the equations.

    What does not exist is NaN, and the solution's `gaps` say why. Raises ProblemError, at
    the line of the file where that begins, if nothing exists of what is asked for.

    >>> from gradcalc.problem.reading.loader import load
    >>> solution = solve(load("inputs: {x: 3}\nequations: y = x^2\n"))
    >>> float(solution.values["dy/dx"])
    6.0
    """
    if not problem.numeric:
        return Solution(problem, {})
    start = {name: data.array for name, data in problem.data.items()}
    start |= {name: problem.given[name].array for name in problem.upstream_names}
    fixed = {name: data.array for name, data in problem.given.items() if name not in start}
    trusted = {} if given == "recompute" else fixed
    unrounded = _run(problem, start, trusted, rounded=False)
    found = _run(problem, start, trusted, rounded=True) if problem.rounding else unrounded
    nodes = (*problem.forward.nodes, *problem.backward.graph.nodes)
    more = "unrounded it has a value; keep more digits under rounding"
    refuse_nothing(problem, found, nodes, "" if unrounded.first else more)
    exact, values = unrounded.values, found.values
    recomputed = _run(problem, start, {}, rounded=False).values if fixed else None
    as_given = exact
    if trusted is not fixed:
        as_given = _run(problem, start, fixed, rounded=False).values
    comparisons = tuple(
        Comparison(name, fixed[name], _computed(problem, name, as_given), (recomputed or {})[name])
        for name in fixed
    )
    if given == "fail":
        _refuse(problem, comparisons)
    proof = None
    if problem.backward.edges:
        proof = problem.proof.run(exact)
        checked = tuple(name for name in proof.unchecked if not unrounded.absent(name))
        proof = replace(proof, unchecked=checked)
    return Solution(
        problem,
        _named(problem, values, rounded=True),
        _named(problem, exact) if problem.rounding else None,
        _named(problem, recomputed) if recomputed is not None else None,
        comparisons,
        proof,
        trusted=given != "recompute",
        gaps=_gaps(problem, found, unrounded, nodes),
        train=train,
    )


def _gaps(
    problem: Problem, found: Evaluation, unrounded: Evaluation, nodes: Sequence[Node]
) -> dict[str, Gap]:
    """Return why lines have no value; where only rounding is to blame, that is said, too."""
    old = {new: name for name, new in problem.visible.names.items()}

    def told(gap: Gap) -> Gap:
        rounds = gap.on is None and not unrounded.absent(old.get(gap.name, gap.name))
        return replace(gap, why=f"{gap.why}; unrounded it exists") if rounds else gap

    return {name: told(gap) for name, gap in gaps(problem, found, nodes).items()}


def inner(solution: Solution) -> Mapping[str, Array]:
    """Return the values in force of all lines, those without a name included."""
    problem = solution.problem
    start = {name: data.array for name, data in problem.data.items()}
    start |= {name: problem.given[name].array for name in problem.upstream_names}
    fixed = {n: problem.given[n].array for n in solution.fixed if n not in start}
    return _run(problem, start, fixed, rounded=True).values


def without(solution: Solution, name: str) -> Mapping[str, Array]:
    """Return all values with one given value computed instead, the others trusted."""
    problem = solution.problem
    upstream = problem.upstream_names
    start = {known: data.array for known, data in problem.data.items()}
    start |= {known: problem.given[known].array for known in upstream}
    kept = [known for known in problem.given if known != name and known not in upstream]
    given = {
        known: np.broadcast_to(problem.given[known].array, solution.values[known].shape)
        for known in kept
    }
    return _named(problem, _run(problem, start, given, rounded=True).values, rounded=True)


def _run(
    problem: Problem, start: Mapping[str, Array], given: Mapping[str, Array], *, rounded: bool
) -> Evaluation:
    try:
        adjust = problem.rounding if rounded else None
        return run(problem.program, problem.loss, start, given, adjust)
    except OverflowError:  # numbers of the formulas, multiplied exactly, exceed a float
        node = problem.forward.node(problem.loss)
        raise ProblemError(
            "the numbers of the equations are too large to compute with",
            node.span if node else None,
            "larger than 1.8e308",
        ) from None


def _computed(problem: Problem, name: str, values: Mapping[str, Array]) -> Array:
    """Return what the line of a given value makes of the operands in force."""
    node = problem.forward.node(name) or problem.backward.graph.node(name)
    assert node is not None
    shapes = {**problem.forward.shapes, **problem.backward.graph.shapes}
    known = {key: shapes[key] for key in values if key in shapes and key != name}
    value = tolerant(node, values, known, problem.table)
    return np.broadcast_to(value, tuple(int(dim) for dim in node.shape))


def _refuse(problem: Problem, comparisons: tuple[Comparison, ...]) -> None:
    for comparison in comparisons:
        if comparison.differs:
            text = np.array2string(comparison.computed, separator=", ", precision=6)
            raise ProblemError(
                f"the given {comparison.name} contradicts the equations",
                problem.given[comparison.name].span,
                f"the equations give {text}",
                "--given trust uses it as it stands, --given recompute does without",
            )


def _named(problem: Problem, values: Mapping[str, Array], *, rounded: bool = False) -> SolvedValues:
    """Return the named values in the order of the solution, read-only and without −0.

    rounded: whether they are; a Jacobian then is, too.
    """
    rounding = problem.rounding if rounded else None
    ready: dict[str, Array] = {}
    renamed = {new: old for old, new in problem.visible.names.items()}
    late: dict[str, Callable[[], Array]] = {}
    for name in problem.named:
        if name in problem.jacobians:
            late[name] = _jacobian(problem, name, values, rounding)
            continue
        value = np.asarray(np.add(values[renamed.get(name, name)], 0.0))
        value.flags.writeable = False
        ready[name] = value
    own = f"d{problem.loss}/d{problem.loss}"
    if own in values and own not in ready:
        ready[own] = values[own]
    return SolvedValues(ready, late)


def _jacobian(
    problem: Problem, name: str, values: Mapping[str, Array], rounding: Rounding | None
) -> Callable[[], Array]:
    node = problem.backward.graph.node(name)
    assert node is not None
    shapes = problem.forward.shapes

    def made() -> Array:
        value = tolerant(node, values, shapes, problem.table)
        return value if rounding is None else rounding(name, value)

    return made
