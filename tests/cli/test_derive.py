"""`gradcalc derive` as people call it: formulas, letters, mistakes, hostile input."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.processes import SECONDS, spent_by_children
from tests.shown import ROOT


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gradcalc", "derive", *arguments],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **settings},
        timeout=SECONDS,
        check=False,
    )


def test_a_formula_of_one_letter_needs_no_wrt() -> None:
    found = run("x^2*sin(x)")
    assert found.returncode == 0
    assert "product rule" in found.stdout
    assert "typed: x*(2*sin(x) + x*cos(x))" in found.stdout
    assert "central" in found.stdout


def test_several_letters() -> None:
    found = run("x^2*sin(y)", "--wrt", "x", "--wrt", "y", "--wrt", "x")
    assert found.stdout.count("Derivative by") == 2
    assert "typed: 2*x*sin(y)" in found.stdout
    assert "typed: x^2*cos(y)" in found.stdout


def test_brief_has_no_steps() -> None:
    found = run("x^2*sin(x)", "--detail", "brief")
    assert "product rule" not in found.stdout
    assert "typed: " in found.stdout


def test_a_formula_that_begins_with_a_minus() -> None:
    assert "typed: -2*x" in run("-x^2").stdout
    assert "softmax(z)ⱼ" in run("--wrt", "z", "--", "-sum(t*log(softmax(z)))").stdout


def test_names_of_frameworks_and_greek() -> None:
    assert "derivative of σ" in run("expit(x)").stdout
    assert run("ŷ^2", "--wrt", "yhat").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message", "place"),
    [
        (("x +* 2",), "a value expected", "EXPRESSION:1:4"),
        (("sigmod(x)",), "did you mean sigmoid?", "EXPRESSION:1:1"),
        (("2*foo(x)",), "foo is not a function", "EXPRESSION:1:3"),
        (("x = 2",), "a second '='", "EXPRESSION:1:3"),
        (("",), "the formula ends too early", "EXPRESSION:1:1"),
        (("W @ x", "--wrt", "x"), "two vectors only", "EXPRESSION:1:1"),
        (("outer(x, y)", "--wrt", "x"), "outer is not derived", "EXPRESSION:1:1"),
        (("sum(x^2, axis=1)",), "sum is not derived entry by entry", "EXPRESSION:1:1"),
        (("x[1]^2",), "lists and entries", "EXPRESSION:1:1"),
        (("a*b",), "derive by which letter? --wrt one of a, b", ""),
        (("a*b", "--wrt", "c"), "--wrt c is not a letter of the expression: a, b", ""),
        (("3 + 4",), "no letter", ""),
        (("leaky_relu(x, slope=2)",), "slope is not a parameter", "EXPRESSION:1:1"),
        (("elu(x, alpha=x)",), "alpha takes a number", "EXPRESSION:1:1"),
        (("x\x1b[31m",), "control character", "EXPRESSION:1:2"),
        (("1e99999*x",), "more digits than are read", "EXPRESSION:1:1"),
        (("(" * 100 + "x" + ")" * 100,), "nested more than", "EXPRESSION:1:"),
        (("+".join(["x"] * 1000),), "the longest that is derived", "EXPRESSION:1:1"),
        (("x+" * 3000,), "the longest that is read", "EXPRESSION:1:1"),
        (("*".join(f"sin({n}*x)" for n in range(70)),), "more parts", ""),
    ],
)
def test_what_cannot_be_derived(arguments: tuple[str, ...], message: str, place: str) -> None:
    found = run(*arguments)
    assert found.returncode == 2
    assert found.stdout == ""
    assert message in found.stderr
    assert place in found.stderr
    assert "Traceback" not in found.stderr
    assert "\x1b" not in found.stderr


@pytest.mark.parametrize(
    "text",
    [
        "tanh(" * 12 + "x" + ")" * 12,
        "sqrt(1 + " * 12 + "x" + ")" * 12,
        "*".join(f"(x + {n})" for n in range(20)),
        "/".join(["(x + 1)"] * 20),
        "(((x^2 + 1)^9 + 1)^9 + 1)^9",
        "x^1e300",
        "x^x^x^x",
        "(1 + x + a + b + c + d + e + f)^6/(1 + x + a)^5",
        "max(max(max(x, 1), min(x, 2)), abs(x))",
        "+".join(f"exp({n}*x)" for n in range(40)),
        "+".join(f"{n}*x^{n}*sin(x)" for n in range(20)),
    ],
)
def test_time_is_bounded(text: str) -> None:
    start = spent_by_children()
    found = run(text, "--wrt", "x")
    assert spent_by_children() - start < 20
    assert found.returncode in (0, 2), found.stdout + found.stderr
    assert "Traceback" not in found.stderr


def test_ascii_and_narrow() -> None:
    plain = run("softmax(x)", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert plain.stdout.isascii()
    assert "delta[i,j]" in plain.stdout
    narrow = run("huber(y, t)", "--wrt", "y", COLUMNS="40")
    assert max(map(len, narrow.stdout.splitlines())) <= 40
