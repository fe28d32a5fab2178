"""A solution as a JSON object: `gradcalc/solution/1`, stable names, full precision."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcalc.algebra.formula.expr import Expr
from gradcalc.algebra.formula.names import gradient_name, gradient_parts
from gradcalc.algebra.formula.shapes import size
from gradcalc.algebra.formula.syntax import format
from gradcalc.problem.traps import traps
from gradcalc.report.solution.learning_notes import notes
from gradcalc.report.solution.sample_band import shares
from gradcalc.report.steps.chain import closed_form, paths
from gradcalc.report.steps.conventions import conventions
from gradcalc.report.steps.steps import Step, build_steps
from gradcalc.report.steps.updates import update_steps
from gradcalc.report.steps.view import View

if TYPE_CHECKING:
    from gradcalc.algebra.operations.kernels import Array
    from gradcalc.engine.differences import Check
    from gradcalc.problem.model import Descent
    from gradcalc.problem.names import Reference
    from gradcalc.problem.solution import Training, Update

MOST_ENTRIES = 10_000
MOST_UPDATED = 100_000
"""Entries times steps above which single steps of a descent are left out."""
SCHEMA = "gradcalc/solution/1"


def record(view: View, detail: str = "steps") -> dict[str, Any]:
    """Return the object that `--format json` prints.

    values: name → number, list or nested list, with rounding as replayed; what does not
    exist is null, and undefined says why, name → sentence. warnings: what was probably not
    meant, with what mends it. exact: the
    unrounded values, only where the problem rounds. samples: with detail `entries`, the loss of
    each sample of a small batch, and its gradient under the name of the whole one, which is
    scale × their sum + rest; otherwise null. student: whose numbers these are, null
    for the file's own, only where every student has numbers of their own.
    """
    solution, problem = view.solution, view.problem
    found: dict[str, Any] = {
        "schema": SCHEMA,
        "title": problem.title,
        "conventions": conventions(view),
        "values": _values(view, solution.values),
    }
    if problem.individual is not None:
        found["student"] = problem.student
    if solution.exact is not None:
        found["exact"] = _values(view, solution.exact)
    steps = (*build_steps(view, detail), *update_steps(view, detail))
    found["steps"] = [_step(step) for step in steps]
    found["samples"] = _samples(view) if detail == "entries" else None
    found["descent"] = _descent(problem.descent, solution.training)
    found["given"] = [
        {
            "name": comparison.name,
            "given": plain(comparison.given),
            "computed": plain(comparison.computed),
            "recomputed": plain(comparison.recomputed),
        }
        for comparison in solution.comparisons
    ]
    found["find"] = [
        {"name": str(ref), "value": _asked(solution.values, ref)} | _in_letters(view, ref)
        for ref in problem.find
    ]
    found["notes"] = list(notes(view))
    found["warnings"] = [trap.text for trap in traps(problem)]
    found["undefined"] = {gap.name: f"does not exist {gap.told}" for gap in solution.gaps.values()}
    check = solution.check
    found["check"] = {"max_error": _bound(check), "kinks": list(check.kinks)} if check else None
    return found


def _bound(check: Check) -> float:
    """Return what the largest error is below; where a line fails, that error to one digit."""
    return float(f"{check.max_error:.0e}") if check.failed else check.bound


def solution_line(view: View, detail: str = "steps", *, ascii_only: bool = False) -> str:
    """Return the object as one line of JSON."""
    return json.dumps(record(view, detail), ensure_ascii=ascii_only, allow_nan=False)


def plain(value: Array) -> Any:
    """Return an array as a number or nested lists of numbers, without −0.

    What does not exist is null.
    """
    number = np.asarray(np.asarray(value) + 0.0)
    missing = np.isnan(number)
    if missing.any():
        known: Any = number.astype(object)
        known[missing] = None
        return known.tolist() if known.ndim else None
    return number.tolist()


def _values(view: View, values: Mapping[str, Array]) -> dict[str, Any]:
    """Return the values by name; Jacobians that are too large to read are left out."""
    shapes = view.problem.backward.graph.shapes
    late = {name for name in view.problem.jacobians if (size(shapes[name]) or 0) > MOST_ENTRIES}
    return {name: plain(values[name]) for name in values if name not in late}


def _asked(values: Mapping[str, Array], ref: Reference) -> Any:
    if ref.name not in values:
        return None
    return plain(values[ref.name] if ref.index is None else values[ref.name][ref.index])


def _samples(view: View) -> dict[str, Any] | None:
    """Return the losses and gradients of single samples; null without a batch of a few."""
    found = shares(view)
    if found is None:
        return None
    samples, loss = found.samples, view.problem.loss
    return {
        "count": found.batch.count,
        "losses": plain(samples.losses),
        "scale": float(samples.scale),
        "parts": {gradient_name(loss, name): plain(v) for name, v in samples.parts.items()},
        "rest": {gradient_name(loss, name): plain(v) for name, v in samples.rest.items()},
    }


def _in_letters(view: View, ref: Reference) -> dict[str, Any]:
    """Return what a page in letters says of a gradient: dimensions, chain rule, closed form."""
    shape = view.problem.visible.shapes.get(ref.name)
    if view.problem.numeric or shape is None:
        return {}
    parts = gradient_parts(ref.name)
    chains = paths(view, parts[1]) if parts and parts[0] == view.problem.loss else ()
    return {
        "shape": list(shape),
        "chain": [list(path.factors) for path in chains],
        "formula": _text(closed_form(view, ref.name)),
    }


def _descent(plan: Descent | None, training: Training | None) -> dict[str, Any] | None:
    """Return the steps of a descent, null without one; `steps` is empty in letters."""
    if plan is None:
        return None
    return {
        "method": plan.optimiser.name,
        "settings": dict(plan.settings),
        "parameters": list(plan.parameters),
        "steps": _updates(training) if training else [],
        "loss": None if training is None or training.loss is None else plain(training.loss),
        "stopped": training.stopped if training else None,
    }


def _updates(training: Training) -> list[dict[str, Any]]:
    """Return the steps; of very many numbers only those after the last step."""
    updates = training.updates
    entries = sum(value.size for value in training.values.values())
    whole = entries * len(updates) <= MOST_UPDATED
    return [_update(update, whole, whole or update is updates[-1]) for update in updates]


def _update(update: Update, whole: bool, ends: bool) -> dict[str, Any]:
    state = {name: _plain(values) for name, values in update.state.items()} if whole else None
    return {
        "step": update.number,
        "learning_rate": update.rate,
        "loss": None if update.loss is None else plain(update.loss),
        "before": _plain(update.before) if whole else None,
        "gradients": _plain(update.gradients) if whole else None,
        "state": state,
        "after": _plain(update.after) if ends else None,
    }


def _plain(values: Mapping[str, Array]) -> dict[str, Any]:
    return {name: plain(value) for name, value in values.items()}


def _step(step: Step) -> dict[str, Any]:
    return {
        "name": step.name,
        "phase": step.phase,
        "formula": _text(step.formula),
        "substitution": _text(step.substitution),
        "value": None if step.value is None else plain(step.value),
        "note": step.note,
    }


def _text(expr: Expr | None) -> str | None:
    return None if expr is None else format(expr)
