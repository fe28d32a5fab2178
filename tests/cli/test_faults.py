"""A fault of the program: one line that can be reported, in every command; never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import gradcalc
from gradcalc.cli import run
from gradcalc.cli.output import OWN_FAULT
from tests.shown import ROOT

RELU = str(ROOT / "problems" / "relu-squared-loss.yaml")
COMMANDS = {
    "solve": ["solve", RELU],
    "check": ["check", RELU, "-a", "L = 1"],
    "options": ["options", RELU],
    "lint": ["lint", RELU],
    "graph": ["graph", RELU],
    "numbers": ["numbers", RELU, "4711"],
}


def deep(*_: object) -> int:
    return deep() + 1


def divided(*_: object) -> object:
    with np.errstate(all="raise"):
        return np.float64(1) / np.float64(0)


def warned(*_: object) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.warn("a warning", RuntimeWarning, stacklevel=2)


def nameless(*_: object) -> None:
    raise KeyError


def told(*_: object) -> None:
    raise ValueError("one line\nand \x1b[2J another " + "long " * 99)


FAULTS = {
    "RecursionError": deep,
    "FloatingPointError": divided,
    "RuntimeWarning": warned,
    "KeyError": nameless,
    "ValueError": told,
}


def spoilt(monkeypatch: pytest.MonkeyPatch, put_in: object) -> None:
    """Let the reading of every problem file fail."""
    monkeypatch.setattr("gradcalc.problem.reading.loader.check_keys", put_in)


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("name", COMMANDS)
def test_a_fault_is_one_line(
    kind: str, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spoilt(monkeypatch, FAULTS[kind])
    assert run(COMMANDS[name]) == OWN_FAULT == 70
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    place = "gradcalc/problem/reading/loader.py"
    assert said.err.startswith(
        f"error: a fault of gradcalc {gradcalc.__version__}: {kind} at {place}:"
    )
    assert f"command: gradcalc {name} {RELU}" in said.err
    assert "please report this line" in said.err
    assert "GRADCALC_TRACEBACK=1" in said.err
    assert len(said.err) < 900
    assert said.err.rstrip("\n").isprintable()


def test_the_traceback_is_shown_where_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spoilt(monkeypatch, told)
    monkeypatch.setenv("GRADCALC_TRACEBACK", "1")
    assert run(["solve", RELU]) == OWN_FAULT
    first, second, *rest = capsys.readouterr().err.splitlines()
    assert first.startswith("error: a fault of gradcalc")
    assert second == "Traceback (most recent call last):"
    assert any("check_keys" in line for line in rest)
    assert all(line.isprintable() for line in rest)


def test_from_python_a_fault_is_its_own_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    spoilt(monkeypatch, nameless)
    with pytest.raises(KeyError):
        gradcalc.load(RELU)


@pytest.mark.parametrize(
    ("where", "arguments"),
    [
        ("gradcalc.report.page.Page.plain", ["solve", RELU]),
        ("gradcalc.report.page.visible", ["check", RELU, "-a", "L = 1"]),
        ("gradcalc.report.solution.record.solution_line", ["solve", RELU, "--format", "json"]),
        ("gradcalc.cli.output.render", ["solve", "nothing.yaml"]),
    ],
)
def test_a_fault_while_something_is_shown(
    where: str,
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(where, told)
    assert run(arguments) == OWN_FAULT
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: a fault of gradcalc")
    assert said.err.count("\n") == 1


SPOILT = """
import gradcalc.grading.classes.assignment as assignment

def read(self, share=0, shares=1):
    raise FloatingPointError("in another process")

assignment.Assignment.read = read
"""


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_fault_in_another_process(processes: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(SPOILT)
    (tmp_path / "class.csv").write_text("student,L\na,1\nb,2\n")
    found = subprocess.run(
        [sys.executable, "-m", "gradcalc", "grade", RELU, "class.csv", "--processes", processes],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert found.returncode == OWN_FAULT, found.stderr
    assert found.stderr.count("\n") == 1
    assert "FloatingPointError" in found.stderr
    assert "in another process" in found.stderr
    assert " at gradcalc/cli/grade_run.py:" in found.stderr
