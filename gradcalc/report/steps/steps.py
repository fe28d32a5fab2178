"""The lines of a worked solution: formula, numbers put in, value; and which lines are shown.

A step is data; every format prints the same steps.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gradcalc.algebra.formula.expr import Expr, Symbol, symbols
from gradcalc.algebra.formula.names import gradient_parts
from gradcalc.algebra.formula.shapes import Index, Shape, size
from gradcalc.algebra.rewriting.entries import TooLongError, has_entries, indices
from gradcalc.errors import ProblemError, listed, suggestion
from gradcalc.report.mathematics.names import figures
from gradcalc.report.steps.remarks import RemarkRule, remark
from gradcalc.report.steps.substitution import substituted
from gradcalc.report.steps.view import LARGEST_LITERAL, View

if TYPE_CHECKING:
    from gradcalc.algebra.operations.kernels import Array
    from gradcalc.engine.graph import Node
    from gradcalc.problem.solution import Solution

DETAILS = ("brief", "steps", "entries")
LONGEST_ENTRY = 120

_RANGE = re.compile(r"(\d{1,6})(?:\s*[-–]\s*(\d{1,6})?)?\Z")
PASSES = ("forward", "backward")


@dataclass(frozen=True)
class EntryLine:
    """The scalar line of one entry: formula, with numbers, value."""

    index: Index
    formula: Expr
    substitution: Expr | None
    value: str | None


@dataclass(frozen=True)
class Step:
    """One line of a worked solution.

    phase: known, forward, backward, or update: then the name takes a new value. formula:
    None for what is known.
    substitution: the formula with numbers at the leaves. worked: what the
    substitution comes to, one stage further. texts: the entries of the value as
    printed, in row order. note: a few words. group: the layer it belongs to. unwritten: its
    entries are too long to be written out.
    """

    name: str
    phase: str
    shape: Shape
    formula: Expr | None = None
    substitution: Expr | None = None
    worked: Expr | None = None
    value: Array | None = None
    texts: tuple[str, ...] | None = None
    note: str | None = None
    number: int | None = None
    group: str | None = None
    given: bool = False
    entries: tuple[EntryLine, ...] = ()
    unwritten: bool = False


def steps(
    solution: Solution,
    detail: str = "steps",
    *,
    decimals: int | None = None,
    jacobians: bool = False,
) -> tuple[Step, ...]:
    r"""Return the lines of the worked solution.

    detail: `brief` leaves out substitutions, `entries` adds the line of each entry.
    decimals: of computed values. jacobians: local derivatives as whole matrices.

    >>> from gradcalc import load, solve
    >>> found = steps(solve(load("inputs: {x: 3}\nequations: y = x^2\n")))
    >>> [(step.name, step.texts) for step in found]
    [('x', ('3',)), ('y', ('9',)), ('dy/dx', ('6',))]
    """
    return build_steps(View(solution, decimals, jacobians), detail)


def build_steps(view: View, detail: str = "steps") -> tuple[Step, ...]:
    """Return the steps of a view; see `steps`."""
    found = [*known_steps(view)]
    said: set[RemarkRule] = set()
    for phase, lines in (("forward", view.forward), ("backward", view.backward)):
        for number, node in enumerate(lines, start=1 + (0 if phase == "forward" else view.turn)):
            step = _step(view, node, phase, detail)
            step = replace(step, number=number, group=_group(view, node.name, phase))
            found.append(replace(step, note=remark(view, node, said)))
    return tuple(found)


def known_steps(view: View) -> list[Step]:
    """Return what is known: the quantities of the file, and gradients handed in."""
    problem = view.problem
    found = [
        Step(
            name,
            "known",
            data.shape,
            value=data.array if data.known else None,
            texts=view.texts.get(name) or data.texts,
        )
        for name, data in problem.data.items()
    ]
    shapes = problem.backward.graph.shapes
    for name in problem.upstream_names:
        value, texts = _value(view, name)
        found.append(Step(name, "known", shapes[name], value=value, texts=texts, given=True))
    return found


def _group(view: View, name: str, phase: str) -> str | None:
    """Return the layer in whose backward pass a line stands."""
    layers = view.problem.layers
    parts = gradient_parts(name)
    if phase != "backward" or parts is None or len(layers) < 2:
        return None
    for layer in layers:
        if parts[1] == layer.before and parts[0] == view.problem.loss:
            return f"layer {layer.number}"
        if parts[1] in (layer.z, layer.weight, layer.bias):
            return f"layer {layer.number}"
    return None


def _step(view: View, node: Node, phase: str, detail: str) -> Step:
    return line_step(view, node, phase, detail, *_value(view, node.name))


def _value(view: View, name: str) -> tuple[Array | None, tuple[str, ...] | None]:
    """Return the value of a line and its printed entries; without numbers only a given one's."""
    if not view.values and name in view.solution.fixed:
        given = view.problem.given[name]
        return given.array, given.texts
    return view.values.get(name), view.texts.get(name)


def line_step(
    view: View,
    node: Node,
    phase: str,
    detail: str,
    value: Array | None,
    texts: tuple[str, ...] | None,
) -> Step:
    """Return the step of one line: what it reads is in the view, what it comes to is `value`."""
    given = node.name in view.solution.fixed
    formula = view.defined(node.expr)
    if value is not None and texts is None and value.size <= LARGEST_LITERAL:
        texts = figures(value, view.decimals)
    substitution = worked = None
    if value is not None and not given and detail != "brief" and not isinstance(formula, Symbol):
        substitution, worked = substituted(view, node, formula)
    entries: tuple[EntryLine, ...] | None = ()
    if detail == "entries" and not given and not isinstance(formula, Symbol):
        entries = _entry_lines(view, node.shape, formula, texts)
    return Step(
        node.name,
        phase,
        node.shape,
        formula,
        substitution,
        worked,
        value,
        texts,
        given=given,
        entries=entries or (),
        unwritten=entries is None,
    )


def _entry_lines(
    view: View, shape: Shape, formula: Expr, texts: tuple[str, ...] | None
) -> tuple[EntryLine, ...] | None:
    """Return the scalar line of each entry, None where one is too long to be written out."""
    count = size(shape)
    if count is None or count == 1 or count > LARGEST_LITERAL:
        return ()
    if not has_entries(formula, view.problem.table):
        return ()
    known = symbols(formula) and all(name in view.texts for name in symbols(formula))
    found = []
    for at, index in enumerate(indices(shape)):
        try:
            written = view.entry(formula, index, numbers=False)
        except TooLongError:
            return None
        if written.size > LONGEST_ENTRY:
            return None
        filled = view.entry(formula, index, numbers=True) if known else None
        found.append(EntryLine(index, written, filled, texts[at] if texts else None))
    return tuple(found)


def chosen(view: View, steps: Sequence[Step], wanted: str) -> tuple[Step, ...]:
    """Return the lines that a text names: `1-3, 7-`, `backward`, `dL/dW1`.

    Raises ProblemError for a part that names no line.
    """
    lines = [step for step in steps if step.number]
    kept: set[int] = set()
    for part in (part.strip() for part in wanted.split(",")):
        numbers = _numbers(view, lines, part)
        if not numbers:
            raise ProblemError(
                f"--steps {part or wanted}: no line of the solution",
                hint=suggestion(
                    part,
                    [*PASSES, *(step.name for step in lines)],
                    f"lines are 1 to {len(lines)}, {listed(step.name for step in lines)}",
                ),
            )
        kept |= numbers
    return tuple(step for step in lines if step.number in kept)


def _numbers(view: View, lines: Sequence[Step], part: str) -> set[int]:
    numbered = {step.number or 0: step for step in lines}
    found = _RANGE.match(part)
    if found:
        first = int(found[1])
        open_end = "-" in part or "–" in part
        last = int(found[2]) if found[2] else max(numbered, default=0) if open_end else first
        return {number for number in numbered if first <= number <= last}
    if part in PASSES:
        return {number for number, step in numbered.items() if step.phase == part}
    ref = view.problem.lexicon.read(part)
    return {number for number, step in numbered.items() if ref and step.name == ref.name}
