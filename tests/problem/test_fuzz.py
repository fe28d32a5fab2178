"""Whatever a file holds, it is solved or refused in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gradcalc
from gradcalc.errors import Source
from gradcalc.problem.schema import KEYS
from tests.problem.refused import NETWORK

FILES = [
    path.read_text(encoding="utf-8")
    for path in sorted((Path(__file__).parents[2] / "problems").glob("*.yaml"))
]
FRAGMENTS = st.sampled_from([
    "0", "1", "-1", "1e308", "1e-400", "nan", "1/3", "1/0", "x", "W1", "b1", "yhat", "L", "dL/dW1",
    "dL/dx", "[", "]", "{", "}", "(", ")", ":", ": ", ",", ", ", "\n", "\n  ", "|", ">", "#", " #",
    "&a ", "*a", "!t ", "'", '"', "-", "- ", "=", "==", "^", "@", ".T", "*", "/", "relu", "softmax",
    "log", "f(z) = z\n", "_1", "", " ", "\t", "−", "ŷ", "∂", "\u202e", "\x85", "%", "?", "? ",
    "[[1]]", "[1, 2]", "{shape: N}", "{file: w.npy}", "[]", "{}", "~",
    *(f"\n{key}: " for key in KEYS),
])  # fmt: skip
QUICK = settings(
    max_examples=400, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


def settled(text: str) -> None:
    """Solve a text; any error but ProblemError fails the test."""
    try:
        problem = gradcalc.load(Source("p.yaml", text))
        solution = gradcalc.solve(problem)
    except gradcalc.ProblemError as error:
        assert error.message
        assert str(error).isprintable() or "\n" in str(error)
        assert all(line.isprintable() for line in str(error).split("\n"))
        if error.span is not None:
            assert 1 <= error.span.line <= text.count("\n") + 2
        return
    for name, value in solution.values.items():
        assert np.isfinite(value).all(), name


@st.composite
def broken(draw: st.DrawFn) -> str:
    """A shipped file with a few stretches of its text replaced."""
    text = draw(st.sampled_from(FILES))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        text = text[:start] + draw(FRAGMENTS) + text[end:]
    return text


@QUICK
@given(broken())
def test_a_damaged_file_is_solved_or_refused(text):
    settled(text)


@QUICK
@given(st.lists(st.sampled_from([*NETWORK.splitlines(), *FILES[0].splitlines()]), max_size=12))
def test_lines_in_any_order_are_solved_or_refused(lines):
    settled("\n".join(lines) + "\n")


@QUICK
@given(st.sampled_from(sorted(KEYS)), st.text(max_size=30))
def test_any_text_under_any_key(key, text):
    settled(f"{NETWORK}{key}: {text}\n")


@QUICK
@given(st.sampled_from(sorted(KEYS)), st.lists(FRAGMENTS, max_size=8).map("".join))
def test_any_fragments_under_any_key(key, text):
    kept = [line for line in NETWORK.splitlines() if not line.startswith(f"{key}:")]
    settled("\n".join([*kept, f"{key}: {text}"]) + "\n")


@QUICK
@given(st.lists(FRAGMENTS, min_size=1, max_size=12).map("".join))
def test_any_equation(text):
    settled(f"inputs: {{x: [1, 2], u: 3}}\nequations: |\n  h = x*u\n  y = {text}\n")


@QUICK
@given(st.binary(max_size=200))
def test_any_bytes(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(data)
    try:
        gradcalc.load(path)
    except gradcalc.ProblemError as error:
        assert all(line.isprintable() for line in str(error).split("\n"))
