"""Run a script that gradcalc has written, and read what it has computed."""

from __future__ import annotations

import contextlib
import io
import warnings

import numpy as np

from gradcalc.problem.solution import Solution
from gradcalc.report.scripts.script import Script

Values = dict[str, np.ndarray]


def run(text: str, until: str | None = None) -> dict[str, object]:
    """Return the names of a script after it has run, or after its lines before `until`."""
    space: dict[str, object] = {}
    execute(text.partition(f"\n# {until} ")[0] if until else text, space)
    return space


def execute(text: str, space: dict[str, object]) -> str:
    """Run a script, or a part of one, among names; return what it prints. A warning is raised."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), warnings.catch_warnings():
        warnings.simplefilter("error")
        exec(compile(text, "script", "exec"), space)
    return said.getvalue()


def identifiers(script: Script) -> dict[str, str]:
    """Return the identifier of each quantity in a script."""
    formulas = [step.formula for step in script.steps if step.formula is not None]
    return script.names(script.helpers(formulas).values())


def assert_agrees(found: dict[str, object], names: dict[str, str], solution: Solution) -> int:
    """Check every value of a script to ten digits; returns how many there were."""
    values = solution.values
    checked = [name for name in names if name in values and names[name] in found]
    for name in checked:
        value = np.asarray(found[names[name]], dtype=float)
        assert value.shape == values[name].shape, name
        np.testing.assert_allclose(value, values[name], rtol=1e-10, atol=1e-10, err_msg=name)
    return len(checked)
