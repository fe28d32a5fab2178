"""Run a script that gradcalc has written, and read what it has computed."""

from __future__ import annotations

import contextlib
import io

import numpy as np

from gradcalc.problem.model import Solution
from gradcalc.report.codescript import Script

Values = dict[str, np.ndarray]


def run(text: str, until: str | None = None) -> dict[str, object]:
    """Return the names of a script after it has run, or after its lines before `until`."""
    space: dict[str, object] = {}
    lines = text.partition(f"\n# {until} ")[0] if until else text
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(lines, "script", "exec"), space)
    return space


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
