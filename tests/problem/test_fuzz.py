"""Whatever a file holds, it is solved or refused in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gradcalc
from gradcalc.errors import Source
from gradcalc.problem.reading.keys import KEYS
from tests.hangs import Late, bounded
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
        with bounded():
            problem = gradcalc.load(Source("p.yaml", text))
            solution = gradcalc.solve(problem)
    except Late:
        pytest.fail(f"takes too long: {text!r}")
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


Edit = Callable[[st.DrawFn, str], str]
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_PAIR = re.compile(r"([\w/]+): *([^,:{}\n]+)")
ODD_NUMBERS = st.sampled_from([
    "0", "-0", "1e308", "-1e308", "1e-308", "5e-324", "1e999", "nan", "1/3", "1/0", "0,5", "١",
    "9" * 40, "1e-9999", "-", "--1", "1.", ".5", "007", "1_0", "true", "null", "0x10", "1:30",
])  # fmt: skip
ODD_SIGNS = st.sampled_from(
    "\t\xa0\u200b\u202e\x85\u2028\ufeff\x00\x1b\x7f'\"`|>#&*!%@?:{}[](),=²ŷ∂−"
)


def _place(draw: st.DrawFn, text: str) -> int:
    return draw(st.integers(0, max(0, len(text) - 1)))


def _lines(draw: st.DrawFn, text: str) -> tuple[list[str], int, int]:
    lines = text.splitlines(keepends=True) or [""]
    places = st.integers(0, len(lines) - 1)
    return lines, draw(places), draw(places)


def drop_sign(draw: st.DrawFn, text: str) -> str:
    at = _place(draw, text)
    return text[:at] + text[at + 1 :]


def double_sign(draw: st.DrawFn, text: str) -> str:
    at = _place(draw, text)
    return text[: at + 1] + text[at:]


def swap_signs(draw: st.DrawFn, text: str) -> str:
    at = _place(draw, text)
    return text[:at] + text[at : at + 2][::-1] + text[at + 2 :]


def insert_sign(draw: st.DrawFn, text: str) -> str:
    at = _place(draw, text)
    return text[:at] + draw(ODD_SIGNS) + text[at:]


def drop_line(draw: st.DrawFn, text: str) -> str:
    lines, at, _ = _lines(draw, text)
    return "".join(lines[:at] + lines[at + 1 :])


def double_line(draw: st.DrawFn, text: str) -> str:
    lines, at, to = _lines(draw, text)
    return "".join([*lines[:to], lines[at], *lines[to:]])


def swap_lines(draw: st.DrawFn, text: str) -> str:
    lines, one, two = _lines(draw, text)
    lines[one], lines[two] = lines[two], lines[one]
    return "".join(lines)


def indent(draw: st.DrawFn, text: str) -> str:
    lines, at, _ = _lines(draw, text)
    lines[at] = draw(st.sampled_from(["", " ", "   ", "\t", "\xa0"])) + lines[at].lstrip(" ")
    return "".join(lines)


def cut_short(draw: st.DrawFn, text: str) -> str:
    return text[: _place(draw, text)]


def _one_match(draw: st.DrawFn, pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = list(pattern.finditer(text))
    return draw(st.sampled_from(found)) if found else None


def other_number(draw: st.DrawFn, text: str) -> str:
    found = _one_match(draw, _NUMBER, text)
    return text[: found.start()] + draw(ODD_NUMBERS) + text[found.end() :] if found else text


def swap_key_and_value(draw: st.DrawFn, text: str) -> str:
    found = _one_match(draw, _PAIR, text)
    return (
        text[: found.start()] + f"{found[2]}: {found[1]}" + text[found.end() :] if found else text
    )


def swap_words(draw: st.DrawFn, text: str) -> str:
    words = re.split(r"(\w+)", text)
    places = st.integers(0, len(words) // 2 - 1) if len(words) > 2 else st.just(0)
    one, two = 2 * draw(places) + 1, 2 * draw(places) + 1
    if two < len(words) and one < len(words):
        words[one], words[two] = words[two], words[one]
    return "".join(words)


EDITS: tuple[Edit, ...] = (
    drop_sign, double_sign, swap_signs, insert_sign, drop_line, double_line, swap_lines, indent,
    cut_short, other_number, swap_key_and_value, swap_words,
)  # fmt: skip


@st.composite
def edited(draw: st.DrawFn) -> str:
    """A shipped file as slips of the hand leave it."""
    text = draw(st.sampled_from(FILES))
    for edit in draw(st.lists(st.sampled_from(EDITS), min_size=1, max_size=4)):
        text = edit(draw, text)
    return text


@settings(QUICK, max_examples=600)
@given(edited())
def test_slips_of_the_hand_are_solved_or_refused(text):
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
