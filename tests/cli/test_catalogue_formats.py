"""`lint`, `mistakes`, `ops` and `derive` with `--format` and `-o`."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcalc.cli import run
from tests.shown import ROOT

CALLS = {
    "lint": ("lint", str(ROOT / "problems/relu-squared-loss.yaml")),
    "mistakes": ("mistakes",),
    "a mistake": ("mistakes", "loss-sign"),
    "ops": ("ops",),
    "an operation": ("ops", "sigmoid"),
    "an optimiser": ("ops", "adam"),
    "derive": ("derive", "x^2*sin(y)", "--wrt", "x", "--wrt", "y"),
}
BEGIN = {
    "text": "",
    "markdown": "# ",
    "latex": "\\documentclass",
    "html": "<!DOCTYPE html>",
}
ENDINGS = {"text": "txt", "markdown": "md", "latex": "tex", "html": "html"}


@pytest.mark.parametrize("style", BEGIN)
@pytest.mark.parametrize("name", CALLS)
def test_a_file_has_what_the_format_writes(
    name: str, style: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run([*CALLS[name], "--format", style])
    shown = capsys.readouterr().out
    assert code == (1 if name == "lint" else 0)
    assert shown.startswith(BEGIN[style])
    path = tmp_path / f"sheet.{ENDINGS[style]}"
    assert run([*CALLS[name], "-o", str(path)]) == code
    assert capsys.readouterr().out == ""
    assert path.read_text(encoding="utf-8") == shown


def test_lint_does_not_write_over_what_it_reads(tmp_path: Path) -> None:
    path = tmp_path / "problem.yaml"
    path.write_text("inputs: {x: 3}\nequations: y = x^2\n", encoding="utf-8")
    assert run(["lint", str(path), "--format", "html", "-o", str(path)]) == 2
    assert path.read_text(encoding="utf-8").startswith("inputs")
