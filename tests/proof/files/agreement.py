"""What one solution says in several forms is the same: page, JSON, scripts, and `check`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import numpy as np

import gradcalc
from gradcalc.algebra.formula.names import gradient_parts
from gradcalc.errors import ProblemError
from gradcalc.problem.solution import Solution
from gradcalc.report.scripts.numpy_script import NUMPY, numpy_script
from gradcalc.report.scripts.numpy_script import OWN as NUMPY_OWN
from gradcalc.report.scripts.script import Script
from gradcalc.report.scripts.torch_script import torch_script
from gradcalc.report.solution.record import solution_line
from gradcalc.report.steps.view import View
from tests.report.scripts import identifiers, run
from tests.report.test_torchscript import names_of

try:
    import torch
except ImportError:
    torch = None  # type: ignore[assignment]


def differences(solution: Solution) -> Iterator[tuple[str, str]]:
    """Yield where two forms of a solution differ: which forms, and how."""
    if not solution.values:
        return
    yield from (("page", text) for text in page(solution))
    yield from (("json", text) for text in record(solution))
    yield from (("numpy", text) for text in numpy(solution))
    if torch is not None:
        try:
            yield from (("torch", text) for text in autograd(solution))
        except Exception as error:
            yield "torch", f"{type(error).__name__}: {error}"
    yield from (("check", text) for text in checked(solution))


def page(solution: Solution) -> Iterator[str]:
    """Yield values that are printed otherwise than they are."""
    for step in gradcalc.steps(solution):
        value = solution.values.get(step.name)
        if step.texts is None or value is None:
            continue
        for text, own in zip(step.texts, np.ravel(value).tolist(), strict=True):
            top, _, bottom = text.partition("/")
            try:
                shown = float(top) / float(bottom or 1)
            except ValueError:
                yield f"{step.name} is printed as {text}"
                continue
            if abs(shown - own) > 1e-4 * abs(own) + 1e-9 * (1 + np.abs(value).max()):
                yield f"{step.name} is {own}, printed as {text}"


def record(solution: Solution) -> Iterator[str]:
    """Yield values that differ in JSON."""
    found = json.loads(solution_line(View(solution)))
    yield from _differing(found["values"], {name: name for name in found["values"]}, solution)


def numpy(solution: Solution) -> Iterator[str]:
    """Yield values that the NumPy script computes otherwise."""
    try:
        text = numpy_script(solution)
    except ProblemError:
        return
    names = identifiers(Script(solution, NUMPY, NUMPY_OWN))
    with np.errstate(all="ignore"):
        found = run(text)
    if solution.training is None:
        yield from _differing(found, names, solution)


def autograd(solution: Solution) -> Iterator[str]:
    """Yield gradients that PyTorch finds otherwise."""
    try:
        text = torch_script(solution)
    except ProblemError:
        return
    names = names_of(solution)
    found = run(text, "Answer" if solution.training is None else "Training")
    values = {
        name: each.detach().numpy()
        for name, each in found.items()
        if isinstance(each, torch.Tensor)
    }
    exact = solution
    if solution.exact is not None:
        exact = Solution(solution.problem, solution.exact)
    problem = solution.problem
    computed = {name for name in names if gradient_parts(name) or name not in problem.data}
    own = {name: each for name, each in names.items() if name in computed}
    if problem.descent is None:
        yield from _differing(values, own, exact)


def _differing(
    found: Mapping[str, object], names: Mapping[str, str], solution: Solution
) -> Iterator[str]:
    largest = max((float(np.abs(v).max(initial=0)) for v in solution.values.values()), default=0)
    for name, key in names.items():
        if name not in solution.values or key not in found:
            continue
        value, other = solution.values[name], np.asarray(found[key], dtype=float)
        if other.shape != value.shape:
            yield f"{name} has the shape {other.shape}, not {value.shape}"
        elif not np.allclose(other, value, rtol=1e-8, atol=1e-10 * (1 + largest)):
            yield f"{name} is {other.tolist()}, not {value.tolist()}"


def checked(solution: Solution) -> Iterator[str]:
    """Yield printed values that `check` does not find right."""
    problem = solution.problem
    lines = []
    for step in gradcalc.steps(solution):
        if step.texts is None or step.phase == "known" or step.name not in solution.values:
            continue
        shape = solution.values[step.name].shape
        lines.append(f"{problem.names.shown(step.name)} = {_typed(step.texts, shape)}")
    if not lines:
        return
    review = gradcalc.check(problem, "\n".join(lines) + "\n")
    for verdict in review.verdicts:
        if not verdict.right and verdict.status != "missing":
            yield f"{verdict.name}{list(verdict.index or ())} = {verdict.given}: {verdict.status}"


def _typed(texts: tuple[str, ...], shape: tuple[int, ...]) -> str:
    if not shape:
        return texts[0]
    if len(shape) == 1:
        return f"[{', '.join(texts)}]"
    columns = shape[-1]
    rows = (", ".join(texts[at : at + columns]) for at in range(0, len(texts), columns))
    return f"[{', '.join(f'[{row}]' for row in rows)}]"
