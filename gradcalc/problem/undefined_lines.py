"""Say which lines have a value, and of those that have none where that begins, and why.

A line that reads one without a value has none either. Where the output itself has none,
no derivative of it exists. A file is refused only if nothing that it asks for exists.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from gradcalc.algebra.formula.expr import symbols
from gradcalc.algebra.formula.names import gradient_parts
from gradcalc.algebra.operations.kernels import Array
from gradcalc.engine.evaluate import Adjust, EvaluationError, Program
from gradcalc.engine.graph import Node
from gradcalc.engine.undefined_values import traced
from gradcalc.problem.evaluation_errors import located, reason
from gradcalc.problem.model import Problem
from gradcalc.problem.names import Reference, is_hidden
from gradcalc.problem.solution import Gap


@dataclass(frozen=True)
class Evaluation:
    """The value of every line, NaN where it does not exist.

    faults: the lines at which that begins; first: the first of them, None where every
    value exists.
    """

    values: dict[str, Array]
    faults: Mapping[str, EvaluationError] = field(default_factory=dict)
    first: EvaluationError | None = None

    @property
    def missing(self) -> int:
        """Return how many entries of lines with names do not exist."""
        values = (value for name, value in self.values.items() if not is_hidden(name))
        return sum(int(np.isnan(value).sum()) for value in values)

    def absent(self, name: str) -> bool:
        """Tell whether some entry of a line has no value."""
        value = self.values.get(name)
        return value is not None and bool(np.isnan(value).any())

    def has(self, ref: Reference, name: str | None = None) -> bool:
        """Tell whether something of a quantity, or the entry that is meant, has a value."""
        value = self.values.get(name or ref.name)
        if value is None:
            return False
        own = value if ref.index is None else value[ref.index]
        return bool(np.isfinite(own).any()) or not np.size(own)


def run(
    program: Program,
    loss: str,
    start: Mapping[str, Array],
    given: Mapping[str, Array],
    adjust: Adjust | None = None,
) -> Evaluation:
    """Return the values of all lines; where the output has none, its derivatives have none."""
    try:
        return Evaluation(program.run(start, given, adjust))
    except EvaluationError as error:
        first = error
    values, faults = traced(program, start, given, adjust)
    own = values.get(loss)
    if own is not None and np.isnan(own).all():
        for name, value in values.items():
            made = gradient_parts(name)
            if made and made[0] == loss and name not in start and name not in given:
                values[name] = np.full(value.shape, np.nan)
    return Evaluation(
        values, faults, first if any(np.isnan(v).any() for v in values.values()) else None
    )


def refuse_nothing(
    problem: Problem, found: Evaluation, nodes: Iterable[Node], hint: str = ""
) -> None:
    """Raise ProblemError where nothing exists of what a problem asks for."""
    if found.first is None:
        return
    old = {new: name for name, new in problem.visible.names.items()}
    asked = [(ref, old.get(ref.name, ref.name)) for ref in problem.find]
    known = [(ref, name if name in found.values else ref.name) for ref, name in asked]
    if not known or not any(found.has(ref, name) for ref, name in known):
        error = located(problem, found.first, _sufferer(problem, found, nodes), found.values)
        error.hint = error.hint or hint or None
        raise error


def _sufferer(problem: Problem, found: Evaluation, nodes: Iterable[Node]) -> str | None:
    """Return the first line with a name that has no value."""
    names = problem.visible.names
    for node in nodes:
        if (not node.hidden or node.name in names) and found.absent(node.name):
            return names.get(node.name, node.name)
    return None


def gaps(problem: Problem, found: Evaluation, nodes: Iterable[Node]) -> dict[str, Gap]:
    """Return why each line with a name has no value in some entry, by the name that is shown."""
    if found.first is None:
        return {}
    return _Gaps(problem, found, {node.name: node for node in nodes}).all()


@dataclass(frozen=True)
class _Gaps:
    problem: Problem
    found: Evaluation
    lines: Mapping[str, Node]

    def all(self) -> dict[str, Gap]:
        result = {}
        for name, node in self.lines.items():
            shown = self.shown(name)
            if shown is not None and self.found.absent(name):
                missing = np.isnan(self.found.values[name])
                entries = tuple(tuple(int(i) for i in at) for at in np.argwhere(missing))
                on, why, label = self.cause(node)
                whole = bool(missing.all())
                result[shown] = Gap(shown, whole, entries if missing.ndim else (), on, why, label)
        return result

    def shown(self, name: str) -> str | None:
        """Return the name under which a line is shown, None for a hidden one."""
        new = self.problem.visible.names.get(name, name)
        return None if is_hidden(new) else new

    def cause(self, node: Node) -> tuple[str | None, str, str]:
        """Return the line that one rests on, or what is wrong in it itself."""
        error = self.found.faults.get(node.name)
        if error is not None:
            return (None, *reason(self.problem, error, self.found.values))
        for name in symbols(node.expr):
            if not self.found.absent(name):
                continue
            shown = self.shown(name)
            return (shown, "", "") if shown else self.cause(self.lines[name])
        return self.problem.loss, "", ""
