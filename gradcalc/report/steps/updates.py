"""The equations of an optimiser's first step as lines of the solution, with their numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gradcalc.algebra.formula.expr import Expr, Symbol, substitute
from gradcalc.algebra.formula.names import gradient_name
from gradcalc.algebra.formula.shapes import Shape
from gradcalc.algebra.optimisers import GRADIENT, PARAMETER, SETTINGS, STEP, letters
from gradcalc.engine.graph import Node
from gradcalc.report.mathematics.names import figures
from gradcalc.report.mathematics.notation import Notation
from gradcalc.report.steps.steps import Step, line_step
from gradcalc.report.steps.view import LARGEST_LITERAL, View

if TYPE_CHECKING:
    from gradcalc.algebra.operations.kernels import Array
    from gradcalc.problem.model import Descent


@dataclass(frozen=True)
class UpdateView(View):
    """A view in which one equation of an update stands: its letters have values, too."""

    own: Mapping[str, Array] = field(default_factory=dict)
    own_shapes: Mapping[str, Shape] = field(default_factory=dict)
    own_texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def values(self) -> Mapping[str, Array]:
        """Return the values that the equation reads and has."""
        return self.own

    @cached_property
    def shapes(self) -> Mapping[str, Shape]:
        """Return the shapes of the problem's names and of the letters."""
        return {**self.problem.visible.shapes, **self.own_shapes}

    @cached_property
    def texts(self) -> dict[str, tuple[str, ...]]:
        """Return the printed entries of what the equation reads and has."""
        return dict(self.own_texts)


@dataclass(frozen=True)
class UpdateLine:
    """One equation of the first step, and the view that it is printed in."""

    view: UpdateView
    step: Step


@dataclass(frozen=True)
class Letters:
    """What the letters of the rules are called beside the names of a problem."""

    view: View
    descent: Descent

    @cached_property
    def names(self) -> dict[str, str]:
        """Return the letter that is printed for each letter of the rules."""
        problem = self.view.problem
        used = {*problem.visible.shapes, *problem.names.taken}
        return letters(self.descent.assignments, used)

    def shown(self, letter: str, parameter: str) -> str:
        """Return the name that stands for a letter in the lines of one parameter."""
        own = {PARAMETER: parameter, GRADIENT: gradient_name(self.descent.loss, parameter)}
        return own.get(letter) or self.names.get(letter, letter)

    def formula(self, expr: Expr, parameter: str) -> Expr:
        """Return a formula of the rules in the lines of one parameter."""
        renamed = {PARAMETER, GRADIENT, *self.names}
        return substitute(expr, {n: Symbol(self.shown(n, parameter)) for n in renamed})

    @cached_property
    def settings(self) -> dict[str, str]:
        """Return the numbers of the settings by the letters of the rules, as written."""
        found = {
            row.letter: self.descent.texts[row.key]
            for row in SETTINGS
            if row.key in self.descent.settings and not row.switch
        }
        return {**found, "eta": self.descent.rates[0].text, STEP: "1"}

    def notation(self, parameter: str) -> Notation:
        """Return how the lines of a parameter are written."""
        return replace(self.view.notation, shapes=self.shapes(parameter))

    def shapes(self, parameter: str) -> dict[str, Shape]:
        """Return the shapes of the problem's names and of the letters."""
        shape = self.view.problem.data[parameter].shape
        own = {
            shown: () if letter in self.settings else shape for letter, shown in self.names.items()
        }
        return {**self.view.shapes, **own}


def update_lines(view: View, detail: str = "steps") -> tuple[UpdateLine, ...]:
    """Return the equations of the first step, parameter by parameter, numbered on.

    Without numbers, or where the first step has none, the formulas alone.
    """
    descent = view.problem.descent
    if descent is None:
        return ()
    names = Letters(view, descent)
    count = view.turn + len(view.backward)
    found: list[UpdateLine] = []
    for parameter in descent.parameters:
        for own, step in _lines(view, names, parameter, detail):
            number = count + len(found) + 1
            found.append(UpdateLine(own, replace(step, number=number, group=parameter)))
    return tuple(found)


def update_steps(view: View, detail: str = "steps") -> tuple[Step, ...]:
    """Return the equations of the first step as steps of the solution."""
    return tuple(line.step for line in update_lines(view, detail))


def _lines(
    view: View, names: Letters, parameter: str, detail: str
) -> Iterator[tuple[UpdateView, Step]]:
    descent, training = names.descent, view.solution.training
    first = training.updates[0] if training and training.updates else None
    shapes = names.shapes(parameter)
    shape = shapes[parameter]
    values: dict[str, Array] = {}
    texts: dict[str, tuple[str, ...]] = {}

    def put(name: str, value: Array, written: tuple[str, ...] | None = None) -> None:
        values[name] = value
        if value.size <= LARGEST_LITERAL:
            texts[name] = written or figures(value, view.decimals)
        else:
            texts.pop(name, None)

    if first is not None:
        for letter, text in names.settings.items():
            number = float(text) if "/" not in text else _fraction(text)
            put(names.names.get(letter, letter), np.asarray(number), (text,))
        gradient = gradient_name(descent.loss, parameter)
        put(parameter, first.before[parameter], view.texts.get(parameter))
        put(gradient, first.gradients[gradient], view.texts.get(gradient))
        for letter, value in first.entered[parameter].items():
            put(names.names[letter], value, ("0",) * value.size)
    for at, line in enumerate(descent.assignments):
        name = names.shown(line.name, parameter)
        node = Node(name, names.formula(line.at(1), parameter), shape)
        own = UpdateView(
            view.solution,
            view.decimals,
            unicode=view.unicode,
            full=view.full,
            typeset=view.typeset,
            own=dict(values),
            own_shapes=shapes,
            own_texts=dict(texts),
        )
        if first is None:
            yield own, line_step(own, node, "update", detail, None, None)
            continue
        put(name, first.assigned[parameter][at])
        yield own, line_step(own, node, "update", detail, values[name], texts.get(name))


def _fraction(text: str) -> float:
    over, _, under = text.partition("/")
    return float(over) / float(under)
