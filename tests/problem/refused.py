"""What the tests of this folder share: a small network, and the error of a bad file."""

from __future__ import annotations

import re

import gradcalc
from gradcalc.errors import Source

NETWORK = """\
inputs: {x: [1, 2]}
targets: {y: 1}
weights:
  W1: [[1, 2], [3, 4]]
  b1: [0.1, 0.2]
  W2: [[1, 2]]
activations: [relu, identity]
loss: mse
"""


def load(text: str) -> gradcalc.Problem:
    return gradcalc.load(Source("p.yaml", text))


def solve(text: str) -> gradcalc.Solution:
    return gradcalc.solve(load(text))


def refused(text: str, message: str, place: str = "", hint: str = "") -> gradcalc.ProblemError:
    """Load and solve a text, and check what its error says; `place` is line:column."""
    try:
        solve(text)
    except gradcalc.ProblemError as error:
        assert re.search(message, error.message), str(error)
        if place:
            assert error.span is not None, str(error)
            assert f"{error.span.line}:{error.span.column}" == place, str(error)
        shown = f"{error.label} {error.hint or ''}"
        assert re.search(hint, shown), str(error)
        assert str(error).startswith("error: ")
        return error
    raise AssertionError(f"not refused: {text!r}")


def changed(old: str, new: str) -> str:
    """Return the network with one part of its text changed."""
    assert old in NETWORK
    return NETWORK.replace(old, new)
