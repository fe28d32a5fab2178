"""Hold scripts to pages: `python -m tests.report.held_to_pages [COUNT [FIRST]]`.

COUNT random problems at kinks are solved, their scripts run, and every value is compared
with the page's. What differs is printed with its seed; the exit code is 1 if anything does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import gradcalc
from gradcalc.algebra.formula.names import gradient_parts
from gradcalc.errors import ProblemError
from gradcalc.problem.solution import Solution
from gradcalc.report.scripts.numpy_script import NUMPY, OWN, numpy_script
from gradcalc.report.scripts.script import Script
from gradcalc.report.scripts.torch_parts import parts_of
from gradcalc.report.scripts.torch_script import torch_script
from tests.report.problems_at_kinks import problem
from tests.report.scripts import execute, identifiers

Write = Callable[[Solution], str]


def solved(seed: int) -> Solution | None:
    """Return the solution of a random problem, None where it has none."""
    try:
        found = gradcalc.solve(gradcalc.load(problem(seed)))
    except ProblemError:
        return None
    return None if found.training is not None and found.training.stopped else found


def numpy_differs(solution: Solution) -> str | None:
    """Return in what a NumPy script differs from the page, None for nothing."""
    script = Script(solution, NUMPY, OWN)
    due = {step.name for step in script.steps}
    return _differs(numpy_script(solution), identifiers(script), solution, solution.values, due)


def torch_differs(solution: Solution) -> str | None:
    """Return in what a PyTorch script differs from the page, None for nothing or a refusal."""
    try:
        text = torch_script(solution)
    except ProblemError:
        return None
    parts, loss = parts_of(solution), solution.problem.loss
    exact = solution.values if solution.exact is None else solution.exact
    due = {node.name for node in solution.problem.visible.forward}
    lines = (step.name for step in parts.script.steps)
    due |= {name for name in lines if (gradient_parts(name) or ("",))[0] == loss}
    return _differs(text, parts.writer.names, solution, exact, due)


def _differs(
    text: str,
    names: Mapping[str, str],
    solution: Solution,
    values: Mapping[str, Any],
    due: set[str],
) -> str | None:
    space: dict[str, object] = {}
    moved = solution.training.values if solution.training is not None else {}
    passes, _, rest = text.partition("\n# Answer ")
    quiet = {"all": "ignore"} if solution.gaps else {}
    try:
        with np.errstate(**quiet):
            execute(passes, space)
        faults = [_unlike(name, space.get(names[name]), values[name]) for name in due & {*values}]
        faults.append("None is printed" if "None" in execute(f"# {rest}", space) else "")
        faults += [_unlike(name, space.get(names[name]), value) for name, value in moved.items()]
    except Exception as error:  # whatever a script raises is a fault
        faults = [f"{type(error).__name__}: {error}"]
    said = "; ".join(filter(None, faults))
    return f"{said}\n{text}" if said else None


def _unlike(name: str, found: Any, value: Any) -> str:
    if found is None:
        return f"{name} is not there"
    own = np.asarray(found.detach().numpy() if hasattr(found, "detach") else found, dtype=float)
    there = ~np.isnan(value)  # what does not exist has no number that a script could get wrong
    scale = max(1.0, float(np.max(np.abs(value), where=there, initial=0)))
    if own.shape == value.shape:
        apart = np.where(there, own, 0.0), np.where(there, value, 0.0)
        if np.allclose(*apart, rtol=1e-9, atol=1e-10 * scale):
            return ""
    return f"{name} is {own.tolist()} for {value.tolist()}"


def main(count: int, first: int = 0) -> int:
    """Hold the scripts of random problems to their pages; return the exit code."""
    tried = faults = 0
    for seed in range(first, first + count):
        solution = solved(seed)
        if solution is None:
            continue
        tried += 1
        for differs in (numpy_differs, torch_differs):
            fault = differs(solution)
            if fault:
                faults += 1
                print(f"{seed}: {fault}\n{problem(seed)}", flush=True)
    print(f"{count} problems, {tried} with a solution, {faults} scripts that differ")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])) if sys.argv[1:] else main(2000))
