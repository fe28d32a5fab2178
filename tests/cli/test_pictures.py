"""`gradcalc plot` and `gradcalc graph` as they are typed."""

from __future__ import annotations

import builtins
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from gradcalc.cli import run
from tests.shown import ROOT

PATHS = str(ROOT / "problems" / "two-paths.yaml")
NEURON = str(ROOT / "problems" / "logistic-unit.yaml")
ASCII = {"PYTHONIOENCODING": "ascii", "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = run(arguments)
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_a_plot_and_its_file_agree(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, _ = said(capsys, "plot", "relu", "softplus")
    assert code == 0 and "ReLU′(x)" in out
    target = tmp_path / "plot.svg"
    assert said(capsys, "plot", "relu", "softplus", "-o", str(target)) == (0, "", "")
    text = target.read_text(encoding="utf-8")
    assert ElementTree.fromstring(text).tag.endswith("svg")
    assert "ReLU′(x)" in text
    first = target.read_bytes()
    said(capsys, "plot", "relu", "softplus", "-o", str(target))
    assert target.read_bytes() == first


def test_without_matplotlib_a_png_says_what_to_install(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def absent(name: str, *rest: Any, **named: Any) -> Any:
        if name.partition(".")[0] == "matplotlib":
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", absent)
    target = tmp_path / "plot.png"
    code, _, err = said(capsys, "plot", "relu", "-o", str(target))
    assert code == 2 and "pip install 'gradcalc[plot]'" in err
    assert not list(tmp_path.iterdir())


def test_no_derivative_no_marks(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = said(capsys, "plot", "relu", "--no-derivative")
    assert "○" not in out and "′" not in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["rellu"], "did you mean relu?"),
        (["relu", "--from", "3", "--to", "1"], "to the left of"),
        (["relu", "--to", "nan"], "numbers up to"),
        (["mse", "--target", "one"], "is not a number"),
        (["relu", "-o", "x.jpg"], "end in .svg or .png"),
        (["relu", "--width", "5"], "between 20 and 200"),
        (["relu", "-o", "x.svg", "--height", "9999"], "between 120 and 4000"),
        (["log", "--from", "-4", "--to", "-1"], "no value there"),
        (["relu"] * 13, "13 functions are too many"),
        (["x+y"], "letters x, y"),
    ],
)
def test_a_plot_that_cannot_be(
    capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    code, out, err = said(capsys, "plot", *arguments)
    assert (code, out) == (2, "") and says in err


@pytest.mark.parametrize(
    ("ending", "begins"),
    [("svg", "<svg"), ("dot", "digraph"), ("gv", "digraph"), ("mmd", "flowchart"), ("txt", "The")],
)
def test_the_ending_of_a_file_says_its_format(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, ending: str, begins: str
) -> None:
    target = tmp_path / f"graph.{ending}"
    assert said(capsys, "graph", PATHS, "-o", str(target)) == (0, "", "")
    assert target.read_text(encoding="utf-8").startswith(begins)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([PATHS, "--network"], "no layers"),
        ([NEURON, "--network", "--detail"], "--detail is for"),
        ([PATHS, "-o", "graph.jpg"], "end in .svg"),
        (["nowhere.yaml"], "nowhere.yaml"),
    ],
)
def test_a_graph_that_cannot_be(
    capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    code, out, err = said(capsys, "graph", *arguments)
    assert (code, out) == (2, "") and says in err


@pytest.mark.parametrize("arguments", [["graph", PATHS], ["plot", "relu"]], ids=["graph", "plot"])
def test_a_file_that_cannot_be_written(arguments: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "graph.svg"
    folder.mkdir()
    command = [sys.executable, "-m", "gradcalc", *arguments, "-o", str(folder)]
    found = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=ROOT, check=False)
    assert found.returncode == 3
    assert "could not be written" in found.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["plot", "relu", "mse"],
        ["graph", PATHS],
        ["graph", NEURON, "--network"],
        ["graph", NEURON],
        ["graph", NEURON, "--format", "svg"],
        ["graph", NEURON, "--format", "dot"],
        ["graph", NEURON, "--format", "mermaid"],
    ],
)
def test_a_stream_of_plain_ascii(arguments: list[str]) -> None:
    found = subprocess.run(
        [sys.executable, "-m", "gradcalc", *arguments],
        capture_output=True,
        env=ASCII,
        cwd=ROOT,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    text = found.stdout.decode("ascii")
    assert "?" not in text
    if "svg" in arguments:
        ElementTree.fromstring(text)


def test_colour_is_an_addition(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = said(capsys, "plot", "relu")[1]
    monkeypatch.setenv("FORCE_COLOR", "1")
    painted = said(capsys, "plot", "relu")[1]
    assert "\x1b[31m" in painted and "\x1b[34m" in painted
    monkeypatch.setenv("NO_COLOR", "1")
    assert said(capsys, "plot", "relu")[1] == plain
