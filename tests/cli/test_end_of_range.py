"""Numbers at the end of the range: a result or a clear error, and no warning of NumPy's."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

import gradcalc
from gradcalc.cli import run

FILES = {
    "identity": "inputs: {x: 1e308}\nequations: y = x\n",
    "sum": "inputs: {x: [1e308, 2]}\nweights: {w: [1e-3, 1e308]}\nequations: y = sum(w*x)\n",
    "half": "inputs: {x: 1.7e308}\nequations: y = 0.5*x\n",
    "square": "inputs: {x: 1e308}\nequations: y = x^2\n",
    "last": "inputs: {x: 1.7976931348623157e308}\nequations: y = relu(x)\n",
    "first": "inputs: {x: -1.7976931348623157e308}\nequations: y = tanh(x)\n",
    "relu": "inputs: {x: [1e308, -1e308]}\nequations: y = sum(relu(x))\n",
    "cube": "inputs: {x: 1e-200}\nweights: {w: 1e200}\nequations: y = (w*x)^3\n",
    "scale": "inputs: {x: 9e307}\nweights: {w: 1.5}\nequations: y = w*x\n",
    "network": "inputs: {x: [1e308, 1e308]}\ntargets: {t: 1}\nweights: {W1: [[1e-308, 1]], b1: 1}\n"
    "activations: [sigmoid]\nequations: y = a1*2\n",
    "rounded": "inputs: {x: 1.7e308}\nequations: y = x*1\nrounding: {significant: 1}\n",
    "steps": "inputs: {x: 1}\nequations: y = x^2\nfind: dy/dx\n"
    "descent: {learning_rate: 1e308, steps: 5}\n",
    "options": "inputs: {x: [1e308, 1]}\nequations: y = sum(3*x)\nfind: dy/dx\n"
    "options: {a: [3, 3], b: [1e308, -1e308], c: [1.7e308, 0]}\n",
}
CALLS = (
    ("solve", "p.yaml"),
    ("solve", "p.yaml", "--format", "json"),
    ("solve", "p.yaml", "--format", "html", "--detail", "entries"),
    ("solve", "p.yaml", "--format", "torch"),
    ("check", "p.yaml", "-a", "y = 1e308"),
    ("check", "p.yaml", "-a", "y = -1.7e308"),
    ("grade", "p.yaml", "a.csv", "-o", "o.csv"),
    ("lint", "p.yaml"),
    ("options", "p.yaml"),
    ("plot", "p.yaml"),
    ("graph", "p.yaml", "--detail"),
)
EVERY = list(itertools.product(FILES, CALLS))


@pytest.mark.parametrize(("name", "call"), EVERY, ids=[f"{n}-{c[0]}" for n, c in EVERY])
def test_no_command_warns(
    name: str,
    call: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.yaml").write_text(FILES[name], encoding="utf-8")
    Path("a.csv").write_text("student,y\na,1e308\nb,-1.7e308\nc,\n", encoding="utf-8")
    assert run(call) in (0, 1, 2)
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    assert "inf %" not in shown.out
    assert max(map(len, shown.out.split(" "))) < 400 or call[0] == "options" or "--format" in call


@pytest.mark.parametrize("number", ["1.7976931348623157e308", "1.79769e308", "1.7e308"])
@pytest.mark.parametrize("formula", ["x", "0.5*x", "relu(x)", "log(x)", "sqrt(x)", "x - 1e308"])
@pytest.mark.parametrize("sign", ["", "-"])
def test_a_line_at_the_end_of_the_range_is_proved(number: str, formula: str, sign: str) -> None:
    formula = formula.replace("x", f"({sign}x)")
    found = gradcalc.solve(
        gradcalc.load(f"inputs: {{x: {sign}{number}}}\nequations: y = {formula}\n")
    )
    assert found.check is not None
    assert not found.check.failed
    assert found.check.max_error < 1e-6
